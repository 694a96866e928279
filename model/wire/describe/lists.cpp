#include "model/wire/describe/lists.hpp"

#include "model/wire/lba_status.hpp"
#include "model/wire/namespace_lists.hpp"
#include "model/wire/nvm.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

// An entry that is one number, whose width is the size of the entry.
constexpr Field nsid_field[] = {
    {"NSID", Id::Count, Style::Hex, nullptr, nullptr, Id::Count, {0, 32}}};
constexpr Block nsid_block = {"Namespace", Id::NamespaceListEntrySize, 0, nsid_field};
constexpr Field cntlid_field[] = {
    {"CNTLID", Id::Count, Style::Hex, nullptr, nullptr, Id::Count, {0, 16}}};
constexpr Block cntlid_block = {"Controller", Id::ControllerListEntrySize, 0, cntlid_field};
constexpr Field controller_count_field[] = {{"NUMCIDS", Id::ControllerListCount}};
constexpr Block controller_list_block = {"Controller List", Id::ControllerListHeaderSize, 0,
                                         controller_count_field};

constexpr Id nidt_rows[] = {Id::NidtEui64, Id::NidtNguid, Id::NidtUuid, Id::NidtCsi};
constexpr Codes nidt_codes = {nidt_rows};
void says_nidl(const Value& value, Text& text) {
    if (value.number == 0) text.add("ends the list");
}
constexpr Field descriptor_fields[] = {
    {"NIDT", Id::NidNidt, Style::Decimal, nullptr, &nidt_codes},
    {"NIDL", Id::NidNidl, Style::Decimal, says_nidl},
};
constexpr Block descriptor_block = {"Namespace Identification Descriptor", Id::NidHeaderSize, 0,
                                    descriptor_fields};

bool page_ends(Walker& walker) {
    const std::size_t page = walker.rules().value(Id::IdentifySize);
    return walker.at() >= page || walker.zeros_to(page);
}

constexpr Id cmpc_rows[] = {Id::CmpcMore, Id::CmpcWhole};
constexpr Codes cmpc_codes = {cmpc_rows};
constexpr Field status_fields[] = {
    {"NLSD", Id::LbaStatusNlsd},
    {"CMPC", Id::LbaStatusCmpc, Style::Decimal, nullptr, &cmpc_codes},
};
constexpr Field status_entry_fields[] = {{"DSLBA", Id::LbaStatusDslba}, {"NLB", Id::LbaStatusNlb}};

constexpr Field range_fields[] = {
    {"CATTR", Id::DsmRangeCattr, Style::Hex},
    {"NLB", Id::DsmRangeNlb},
    {"SLBA", Id::DsmRangeSlba},
};

}  // namespace

void walk_namespace_list(Walker& walker) {
    std::uint64_t last = 0;
    const std::uint64_t most = walker.rules().value(Id::NamespaceListMax);
    for (std::uint64_t i = 0; i < most && walker.at() < walker.end(); ++i) {
        const std::size_t at = walker.at();
        const std::size_t size = size_of(nsid_block, walker.rules());
        if (size == 0 || (walker.left() >= size && all_zero(walker.data() + at, size))) {
            break;  // 0 ends it
        }
        if (!walker.block(nsid_block, i)) {
            return;
        }
        const std::uint64_t nsid = load_bits(walker.data() + at, nsid_field[0].fixed);
        if (nsid <= last) {
            walker.stop(Error::NotAscending, at, Id::NamespaceListEntrySize,
                        "NSID {:#x} follows NSID {:#x}", nsid, last);
            return;
        }
        last = nsid;
    }
    page_ends(walker);
}

void namespace_list_evidence(const Input& input, Evidence& evidence) {
    const auto list = NamespaceListView::parse(input.data, input.size, *input.rules);
    if (!list || list->count() == 0) {
        evidence.points = -60;
        return evidence.because.add("{}", list ? "no namespaces" : to_string(list.error()));
    }
    const bool small = (*list)[list->count() - 1] < 0x10000;
    evidence.points = small ? 35 : 0;
    evidence.because.add("{} rising NSIDs", list->count());
}

void walk_controller_list(Walker& walker) {
    if (!walker.block(controller_list_block)) {
        return;
    }
    const View header = walker.last();
    const std::uint64_t count = header.get(Id::ControllerListCount);
    if (count > walker.rules().value(Id::ControllerListMax)) {
        walker.stop(Error::TooMany, header.where(Id::ControllerListCount), Id::ControllerListMax,
                    "NUMCIDS = {}, at most {}", count, walker.rules().value(Id::ControllerListMax));
        return;
    }
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t at = walker.at();
        if (!walker.block(cntlid_block, i)) {
            return;
        }
        const std::uint64_t cntlid = load_bits(walker.data() + at, cntlid_field[0].fixed);
        if (i != 0 && cntlid <= last) {
            walker.broken(Id::NaListInvalid, at, "CNTLID {:#x} follows CNTLID {:#x}", cntlid, last);
        }
        last = cntlid;
    }
    page_ends(walker);
}

void controller_list_evidence(const Input& input, Evidence& evidence) {
    const auto list = ControllerListView::parse(input.data, input.size, *input.rules);
    if (!list || list->count() == 0) {
        evidence.points = -60;
        return evidence.because.add("{}", list ? "no controllers" : to_string(list.error()));
    }
    evidence.points = 25;
    evidence.because.add("{} rising CNTLIDs", list->count());
}

void walk_namespace_descriptors(Walker& walker) {
    const std::size_t page = walker.rules().value(Id::IdentifySize);
    for (std::size_t i = 0; walker.at() < walker.end() && walker.at() < page; ++i) {
        if (!walker.block(descriptor_block, i)) {
            return;
        }
        const View header = walker.last();
        const std::uint64_t length = header.get(Id::NidNidl);
        if (length == 0) {
            break;
        }
        const Field nid[] = {{"NID",
                              Id::Count,
                              length == 16 ? Style::Uuid : Style::Bytes,
                              nullptr,
                              nullptr,
                              Id::Count,
                              {0, static_cast<std::uint16_t>(length * 8)}}};
        Block body;
        body.title = "NID";
        body.size = static_cast<std::size_t>(length);
        body.fields = nid;
        if (size_of(descriptor_block, walker.rules()) == 0 || !walker.block(body)) {
            return;
        }
    }
    page_ends(walker);
}

void namespace_descriptors_evidence(const Input& input, Evidence& evidence) {
    const auto list = decode_namespace_descriptors(input.data, input.size, *input.rules);
    const bool some = list.ok() && (list->has_eui64 || list->has_nguid || list->has_uuid);
    evidence.points = some ? 40 : -60;
    evidence.because.add("{}", some        ? "identifiers of the right lengths"
                               : list.ok() ? "no identifiers"
                                           : to_string(list.error()));
}

const Block lba_status_block = {"LBA Status Descriptor List", Id::LbaStatusHeaderSize, 0,
                                status_fields};
const Block lba_status_entry_block = {"LBA Status Descriptor", Id::LbaStatusEntrySize, 0,
                                      status_entry_fields, Rest::Undescribed};

void lba_status_evidence(const Input& input, Evidence& evidence) {
    const auto list = LbaStatusView::parse(input.data, input.size, *input.rules);
    if (!list || list->count() == 0) {
        evidence.points = -60;
        return evidence.because.add("{}", list ? "no descriptors" : to_string(list.error()));
    }
    bool rising = true;
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < list->count(); ++i) {
        rising = rising && (*list)[i].slba >= next && (*list)[i].blocks != 0;
        next = (*list)[i].slba + (*list)[i].blocks;
    }
    evidence.points = rising ? 40 : -60;
    evidence.because.add("{} rising ranges", list->count());
}

const Block dsm_range_block = {"Dataset Management range", Id::DsmRangeSize, 0, range_fields};

void dsm_ranges_evidence(const Input& input, Evidence& evidence) {
    const std::size_t size = input.rules->value(Id::DsmRangeSize);
    const bool whole = size != 0 && input.size % size == 0 && input.size / size <= 256;
    bool sound = whole && input.size != 0;
    for (std::size_t at = 0; sound && at < input.size; at += size) {
        const DsmRange range = decode_dsm_range(input.data + at, *input.rules);
        sound = range.nlb != 0 && range.slba >> 48 == 0 && range.cattr >> 11 == 0;
    }
    evidence.points = sound ? 10 : -60;
    evidence.because.add("{}", sound ? "ranges with blocks" : "not only ranges with blocks");
}

}  // namespace lmsim::wire::describe
