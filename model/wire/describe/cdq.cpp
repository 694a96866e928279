#include "model/wire/describe/cdq.hpp"

#include "model/wire/cdq.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Id esa_rows[] = {Id::EsaOrdinary, Id::EsaFirst, Id::EsaStopped, Id::EsaSuspended,
                           Id::EsaFull};
constexpr Codes esa_codes = {esa_rows, Id::ReservedFieldValue};
constexpr Id lbacir_rows[] = {Id::LbacirRange, Id::LbacirNamespace, Id::LbacirNone};
constexpr Codes lbacir_codes = {lbacir_rows, Id::ReservedFieldValue};

void says_deallocated(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "deallocated" : "written or deallocated");
}

constexpr Field entry_fields[] = {
    {"NSID", Id::UdmqNsid, Style::Hex},
    {"NLB", Id::UdmqNlb, Style::Decimal, says_zero_based},
    {"SLBA", Id::UdmqSlba},
    {"CDQP", Id::UdmqCdqp, Style::Flag},
    {"ESA", Id::UdmqEsa, Style::Decimal, nullptr, &esa_codes},
    {"DLBA", Id::UdmqDlba, Style::Flag, says_deallocated},
    {"LBACIR", Id::UdmqLbacir, Style::Decimal, nullptr, &lbacir_codes},
};

void check_entry(Walker& walker, const View& view) {
    const spec::Rules& rules = *view.rules;
    const std::uint64_t lbacir = view.get(Id::UdmqLbacir);
    const bool range = lbacir == rules.value(Id::LbacirRange);
    if (view.get(Id::UdmqEsa) == rules.value(Id::EsaOrdinary) && !range) {
        walker.broken(Id::UdmqOrdinaryHasRange, view.where(Id::UdmqLbacir),
                      "ESA = 0 with LBACIR = {}", lbacir);
    }
    if (!range && view.get(Id::UdmqSlba) != 0) {
        walker.broken(Id::UdmqNoRangeNoSlba, view.where(Id::UdmqSlba), "SLBA = {} with LBACIR = {}",
                      view.get(Id::UdmqSlba), lbacir);
    }
    if (lbacir == rules.value(Id::LbacirNone) &&
        (view.get(Id::UdmqNsid) != 0 || view.get(Id::UdmqNlb) != 0)) {
        walker.broken(Id::UdmqNoneHasNoNamespace, view.where(Id::UdmqNsid),
                      "NSID = {:#x} and NLB = {} with LBACIR = {}", view.get(Id::UdmqNsid),
                      view.get(Id::UdmqNlb), lbacir);
    }
}

constexpr Block entry_block = {
    "LBA Migration Queue entry", Id::UdmqEntrySize, 0, entry_fields, Rest::Reserved, check_entry};

/// What the slots of one pass say together.
class Pass {
  public:
    explicit Pass(Walker& walker) : walker_(walker) {}

    void add(const View& view, std::size_t slot) {
        const spec::Rules& rules = *view.rules;
        const std::uint64_t esa = view.get(Id::UdmqEsa);
        if (after_last_ && esa != rules.value(Id::EsaFirst)) {
            walker_.broken(after_suspend_ ? Id::LogResumeIsFirst : Id::LogStartIsFirst,
                           view.where(Id::UdmqEsa), "slot {} follows a last entry with ESA = {}",
                           slot, esa);
        }
        after_suspend_ = esa == rules.value(Id::EsaSuspended);
        after_last_ =
            after_suspend_ || esa == rules.value(Id::EsaStopped) || esa == rules.value(Id::EsaFull);
        ++entries_;
        if (view.get(Id::UdmqLbacir) == rules.value(Id::LbacirRange)) {
            add_range(view);
        }
    }
    void tell(std::size_t at) const {
        if (entries_ != 0) {
            walker_.note(at,
                         "{} entries of this pass: {} ranges, {} blocks; {} ranges follow the "
                         "one before and could be merged with it",
                         entries_, ranges_, blocks_, mergeable_);
        }
    }

  private:
    void add_range(const View& view) {
        const std::uint64_t nsid = view.get(Id::UdmqNsid);
        const std::uint64_t slba = view.get(Id::UdmqSlba);
        const bool deallocated = view.get(Id::UdmqDlba) != 0;
        if (ranges_ != 0 && nsid == nsid_ && slba == next_ && deallocated == deallocated_) {
            ++mergeable_;
        }
        ++ranges_;
        blocks_ += view.get(Id::UdmqNlb) + 1;
        nsid_ = nsid;
        next_ = slba + view.get(Id::UdmqNlb) + 1;
        deallocated_ = deallocated;
    }

    Walker& walker_;
    bool after_last_ = false;
    bool after_suspend_ = false;
    std::uint64_t entries_ = 0;
    std::uint64_t ranges_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t mergeable_ = 0;
    std::uint64_t nsid_ = 0;
    std::uint64_t next_ = 0;
    bool deallocated_ = false;
};

constexpr Field feature_fields[] = {{"HP", Id::CdqGotHp}, {"TPT", Id::CdqGotTpt}};
constexpr Block feature_block = {"Controller Data Queue feature", Id::CdqFeatureSize, 0,
                                 feature_fields};
constexpr Block short_feature_block = {"Controller Data Queue feature, HP and TPT alone",
                                       Id::CdqFeatureShortSize, 0, feature_fields};

}  // namespace

void walk_cdq(Walker& walker) {
    const std::size_t size = size_of(entry_block, walker.rules());
    if (size == 0) {
        return;
    }
    Pass pass(walker);
    bool first_phase = false;
    std::size_t tail = no_index;  // where the other phase begins
    for (std::size_t slot = 0; walker.at() < walker.end(); ++slot) {
        const std::size_t at = walker.at();
        const std::size_t left = walker.left();
        if (left % size == 0 && left > size && all_zero(walker.data() + at, left) && slot != 0) {
            walker.note(at, "slots {} to {} are all 0", slot, slot + left / size - 1);
            walker.skip_to(walker.end(), "Slots never written");
            tail = tail == no_index && first_phase ? slot : tail;
            break;
        }
        if (!walker.block(entry_block, slot)) {
            return;
        }
        const View view = walker.last();
        const bool phase = view.get(Id::UdmqCdqp) != 0;
        if (slot == 0) {
            first_phase = phase;
        } else if (phase != first_phase && tail == no_index) {
            tail = slot;
        } else if (phase == first_phase && tail != no_index) {
            walker.broken(Id::CdqPhaseInverts, view.where(Id::UdmqCdqp),
                          "CDQP changes for the second time: slots {} to {} were another pass's",
                          tail, slot - 1);
            tail = no_index;
        }
        if (tail == no_index) {
            pass.add(view, slot);
        }
    }
    pass.tell(0);
    if (tail != no_index) {
        walker.note(tail * size, "CDQP changes here: slot {} is the tail", tail);
    }
}

void cdq_evidence(const Input& input, Evidence& evidence) {
    const std::size_t size = input.rules->value(Id::UdmqEntrySize);
    const auto view = UdmqView::parse(input.data, input.size, *input.rules);
    if (!view) {
        evidence.points = input.size > size ? -30 : -70;
        return evidence.because.add("its size is not a multiple of {} bytes", size);
    }
    std::size_t sound = 0;
    std::size_t marked = 0;
    const std::size_t looked_at = view->slots() < 4096 ? view->slots() : 4096;
    for (std::size_t slot = 0; slot < looked_at; ++slot) {
        const Result<UdmqEntry> entry = (*view)[slot];
        sound += entry.ok() ? 1 : 0;
        marked += entry.ok() && (entry->phase || entry->esa != Esa::Ordinary) ? 1 : 0;
    }
    evidence.points = sound == looked_at && marked != 0 ? 45 : sound == looked_at ? -10 : -50;
    evidence.because.add("{} of {} slots of {} bytes are sound entries, {} with CDQP or ESA", sound,
                         looked_at, size, marked);
}

void walk_cdq_feature(Walker& walker) {
    const bool whole = walker.left() > walker.rules().value(Id::CdqFeatureShortSize);
    walker.block(whole ? feature_block : short_feature_block);
}

void cdq_feature_evidence(const Input& input, Evidence& evidence) {
    const std::size_t used = input.rules->value(Id::CdqFeatureShortSize);
    const bool size = input.size == input.rules->value(Id::CdqFeatureSize) || input.size == used;
    const bool zeros = input.size >= used && all_zero(input.data + used, input.size - used);
    evidence.points = size && zeros ? 15 : -60;
    evidence.because.add("{} bytes, all 0 {} HP and TPT", input.size,
                         zeros ? "but" : "is not true of");
}

}  // namespace lmsim::wire::describe
