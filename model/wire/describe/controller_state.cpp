#include "model/wire/describe/controller_state.hpp"

#include <algorithm>
#include "model/wire/controller_state.hpp"
#include "model/wire/describe/state_body.hpp"
#include "model/wire/layout.hpp"
#include "model/wire/vendor_area.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr std::uint64_t smallest_page = 4096;  // CC.MPS is not part of the state

void says_cp(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "suspended while it was read: consistent"
                                     : "not suspended throughout: each field at its own moment");
}
void says_state_version(const Value& value, Text& text) {
    if (value.number != value.rules->value(Id::StateVersion)) text.add("unknown");
}
void says_nvme_version(const Value& value, Text& text) {
    if (value.number != value.rules->value(Id::NvmeStateVersion)) text.add("unknown");
}

constexpr Field header_fields[] = {
    {"VER", Id::StateVer, Style::Decimal, says_state_version},
    {"CSATTR.CP", Id::StateCp, Style::Flag, says_cp},
    {"NVMECSS", Id::StateNvmecss, Style::Decimal, says_dwords},
    {"VSS", Id::StateVss, Style::Decimal, says_dwords},
};
constexpr Field template_field[] = {{"Template", Id::StateTemplate, Style::Uuid}};

Block header_block(const spec::Rules& rules) {
    Block block{"Controller State header", Id::StateHeaderSize, 0, header_fields};
    if (rules.on(Id::Templates)) {
        block.more[0] = template_field;
    }
    return block;
}

constexpr Field nvme_fields[] = {
    {"VER", Id::NvmeStateVer, Style::Decimal, says_nvme_version},
    {"NIOSQ", Id::NvmeStateNiosq},
    {"NIOCQ", Id::NvmeStateNiocq},
};
constexpr Block nvme_block = {"NVMe Controller State header", Id::NvmeStateHeaderSize, 0,
                              nvme_fields};

constexpr Field count_fields[] = {
    {"NFEA", Id::NvmeStateNfea},
    {"NAER", Id::NvmeStateNaer},
};
constexpr Block whole_block = {"NVMe Controller State header",
                               Id::NvmeStateHeaderSize,
                               0,
                               nvme_fields,
                               Rest::Reserved,
                               nullptr,
                               {count_fields}};
constexpr Field version_fields[] = {{"VER", Id::NvmeStateVer, Style::Decimal, says_nvme_version}};
constexpr Block parts_block = {"NVMe Controller State header", Id::NvmeStateHeaderSize, 0,
                               version_fields};

constexpr Field sq_fields[] = {
    {"PRP1", Id::SqStatePrp1, Style::Hex},
    {"QSIZE", Id::SqStateQsize, Style::Decimal, says_zero_based},
    {"QID", Id::SqStateQid},
    {"CQID", Id::SqStateCqid},
    {"PC", Id::SqStatePc, Style::Flag},
    {"QPRIO", Id::SqStateQprio},
    {"HP", Id::SqStateHp},
    {"TP", Id::SqStateTp},
};
constexpr Field cq_fields[] = {
    {"PRP1", Id::CqStatePrp1, Style::Hex},
    {"QSIZE", Id::CqStateQsize, Style::Decimal, says_zero_based},
    {"QID", Id::CqStateQid},
    {"HP", Id::CqStateHp},
    {"TP", Id::CqStateTp},
    {"PC", Id::CqStatePc, Style::Flag},
    {"IEN", Id::CqStateIen, Style::Flag},
    {"S0PT", Id::CqStateS0pt, Style::Flag},
    {"IV", Id::CqStateIv},
};

// The rows of a queue state that both kinds have.
struct QueueRows {
    Id prp1, qsize, qid, hp, tp;
};
constexpr QueueRows sq_rows = {Id::SqStatePrp1, Id::SqStateQsize, Id::SqStateQid, Id::SqStateHp,
                               Id::SqStateTp};
constexpr QueueRows cq_rows = {Id::CqStatePrp1, Id::CqStateQsize, Id::CqStateQid, Id::CqStateHp,
                               Id::CqStateTp};

void check_queue(Walker& walker, const View& view, const QueueRows& rows) {
    const std::uint64_t last = view.get(rows.qsize);
    if (view.get(rows.qid) == 0) {
        walker.broken(Id::SetStateQueueInvalid, view.where(rows.qid), "QID = 0 is the admin queue");
    }
    if (last == 0) {
        walker.broken(Id::SetStateQueueInvalid, view.where(rows.qsize),
                      "QSIZE = 0: one entry is no queue");
    }
    for (const Id pointer : {rows.hp, rows.tp}) {
        if (view.get(pointer) > last) {
            walker.broken(Id::SetStateQueueInvalid, view.where(pointer),
                          "{} = {} is beyond the last entry, {}", pointer == rows.hp ? "HP" : "TP",
                          view.get(pointer), last);
        }
    }
    if (view.get(rows.prp1) % smallest_page != 0) {
        walker.broken(Id::CreateQueuePrpOffset, view.where(rows.prp1),
                      "PRP1 is not aligned to a page: no command could have created this queue");
    }
}

void check_sq(Walker& walker, const View& view) { check_queue(walker, view, sq_rows); }

void check_cq(Walker& walker, const View& view) {
    check_queue(walker, view, cq_rows);
    if (view.get(Id::CqStateIen) == 0 && view.get(Id::CqStateIv) != 0) {
        walker.note(view.where(Id::CqStateIv), "IV = {} means nothing while IEN is 0",
                    view.get(Id::CqStateIv));
    }
}

constexpr Block sq_block = {"I/O SQ state", Id::SqStateSize, 0,
                            sq_fields,      Rest::Reserved,  check_sq};
constexpr Block cq_block = {"I/O CQ state", Id::CqStateSize, 0,
                            cq_fields,      Rest::Reserved,  check_cq};

// Describes `count` queue states; their QIDs must rise.
bool queues(Walker& walker, const Block& block, std::uint64_t count, Id qid, Id ascending) {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!walker.block(block, i)) {
            return false;
        }
        const std::uint64_t here = walker.last().get(qid);
        if (here <= last && here != 0) {
            walker.broken(ascending, walker.last().where(qid), "QID {} follows QID {}", here, last);
        }
        last = here;
    }
    return true;
}

// Every SQ's CQ is one of the CQs. Both lists have been described, so that they are all there.
void check_cqids(Walker& walker, std::size_t sqs_at, std::uint64_t sqs, std::uint64_t cqs) {
    const std::size_t sq_size = walker.rules().value(Id::SqStateSize);
    const std::size_t cq_size = walker.rules().value(Id::CqStateSize);
    const std::size_t cqs_at = sqs_at + sqs * sq_size;
    std::uint64_t there[65536 / 64] = {};
    for (std::uint64_t i = 0; i < cqs; ++i) {
        const std::size_t at = cqs_at + i * cq_size;
        const View view{walker.data() + at, cq_size, at, &walker.rules()};
        const std::uint64_t qid = view.get(Id::CqStateQid) & 0xFFFF;
        there[qid / 64] |= 1ULL << qid % 64;
    }
    for (std::uint64_t i = 0; i < sqs; ++i) {
        const std::size_t at = sqs_at + i * sq_size;
        const View view{walker.data() + at, sq_size, at, &walker.rules()};
        const std::uint64_t cqid = view.get(Id::SqStateCqid) & 0xFFFF;
        if ((there[cqid / 64] >> cqid % 64 & 1) == 0) {
            walker.broken(Id::SetStateQueueInvalid, view.where(Id::SqStateCqid),
                          "SQ {} completes into CQ {}, which the state does not have",
                          view.get(Id::SqStateQid), cqid);
        }
    }
}

/// The body of this state; version 0h may stand beside another.
StateBody body_of(const View& header) {
    const spec::Rules& rules = *header.rules;
    const bool version0 = header.get(Id::NvmeStateVer) == 0 && rules.on(Id::FormatsListVersion0);
    return state_body(version0, rules);
}

const Block& header_of(StateBody body) {
    return body == StateBody::Queues       ? nvme_block
           : body == StateBody::Controller ? whole_block
                                           : parts_block;
}

bool part_of_queues(Walker& walker, bool submission) {
    const Block& block = submission ? sq_block : cq_block;
    return queues(walker, block, walker.left() / size_of(block, walker.rules()),
                  submission ? Id::SqStateQid : Id::CqStateQid,
                  submission ? Id::NvmeStateSqAscending : Id::NvmeStateCqAscending);
}

std::uint64_t nvme_size(const View& header) {
    const spec::Rules& rules = *header.rules;
    std::uint64_t own = 0;
    if (body_of(header) == StateBody::Controller) {
        own = rules.value(Id::OwnStateSize) +
              header.get(Id::NvmeStateNfea) * rules.value(Id::FeatureStateSize) +
              header.get(Id::NvmeStateNaer) * rules.value(Id::AerStateSize);
    }
    const std::uint64_t bytes = rules.value(Id::NvmeStateHeaderSize) + own +
                                header.get(Id::NvmeStateNiosq) * rules.value(Id::SqStateSize) +
                                header.get(Id::NvmeStateNiocq) * rules.value(Id::CqStateSize);
    return (bytes + 3) / 4 * 4;
}

// `dwords` is what the header around it announces; 0: there is none.
bool nvme_state(Walker& walker, std::uint64_t dwords) {
    const std::size_t begin = walker.at();
    const std::size_t room = walker.rules().value(Id::NvmeStateHeaderSize);
    const View ahead{walker.data() + begin, std::min(room, walker.left()), begin, &walker.rules()};
    const StateBody body = body_of(ahead);
    if (!walker.block(header_of(body))) {
        return false;
    }
    const View header = walker.last();
    const std::uint64_t version = header.get(Id::NvmeStateVer);
    const bool version0 = version == 0 && walker.rules().on(Id::FormatsListVersion0);
    if (version != walker.rules().value(Id::NvmeStateVersion) && !version0) {
        return walker.stop(Error::BadVersion, header.where(Id::NvmeStateVer), Id::NvmeStateVersion,
                           "VER = {}: no other version than {} is known",
                           header.get(Id::NvmeStateVer),
                           walker.rules().value(Id::NvmeStateVersion));
    }
    if (body == StateBody::Parts) {
        return walk_parts(walker, part_of_queues);
    }
    const std::uint64_t needed = nvme_size(header);
    if (dwords != 0 && needed != dwords * 4) {
        walker.broken(Id::SetStateIncomplete, header.where(Id::NvmeStateNiosq),
                      "{} SQ and {} CQ states take {} dwords, NVMECSS says {}",
                      header.get(Id::NvmeStateNiosq), header.get(Id::NvmeStateNiocq), needed / 4,
                      dwords);
    }
    const std::uint64_t sqs = header.get(Id::NvmeStateNiosq);
    const std::uint64_t cqs = header.get(Id::NvmeStateNiocq);
    if (body == StateBody::Controller &&
        !walk_own(walker, header.get(Id::NvmeStateNfea), header.get(Id::NvmeStateNaer))) {
        return false;
    }
    const std::size_t sqs_at = walker.at();
    if (!queues(walker, sq_block, sqs, Id::SqStateQid, Id::NvmeStateSqAscending) ||
        !queues(walker, cq_block, cqs, Id::CqStateQid, Id::NvmeStateCqAscending)) {
        return false;
    }
    check_cqids(walker, sqs_at, sqs, cqs);
    return walker.zeros_to(begin + needed);
}

bool vendor_data(Walker& walker, std::uint64_t dwords) {
    const std::size_t begin = walker.at();
    const std::uint64_t bytes = dwords * 4;
    if (bytes <= walker.left() && bytes >= vendor_area_header &&
        load_le<std::uint32_t>(walker.data() + begin) == vendor_area_magic) {
        const std::size_t before = walker.narrow(begin + bytes);
        walk_vendor_area(walker);
        if (!walker.stopped() && walker.left() != 0) {
            walker.skip_to(walker.end(), "Vendor specific data behind it");
        }
        walker.widen(before);
        return !walker.stopped();
    }
    return walker.skip_to(begin + bytes, "Vendor specific data");
}

// 2^60 dwords: no input has them, and four times as many bytes still fit into 64 bits.
bool sane_size(Walker& walker, const View& header, Id row, const char* name) {
    const LayoutReader reader(header.data, header.size, walker.rules());
    if (reader.beyond_64_bits(row) || reader.get(row) >> 60 != 0) {
        return walker.stop(Error::OutOfRange, header.where(row), row, "{} of 2^60 dwords or more",
                           name);
    }
    return true;
}

}  // namespace

void walk_nvme_state(Walker& walker) { nvme_state(walker, 0); }

void walk_controller_state(Walker& walker) {
    if (!walker.block(header_block(walker.rules()))) {
        return;
    }
    const View header = walker.last();
    const spec::Rules& rules = walker.rules();
    if (header.get(Id::StateVer) != rules.value(Id::StateVersion)) {
        walker.stop(Error::BadVersion, header.where(Id::StateVer), Id::StateVersion,
                    "VER = {}: no other version than {} is known", header.get(Id::StateVer),
                    rules.value(Id::StateVersion));
        return;
    }
    if (!sane_size(walker, header, Id::StateNvmecss, "NVMECSS") ||
        !sane_size(walker, header, Id::StateVss, "VSS")) {
        return;
    }
    const std::uint64_t nvmecss = header.get(Id::StateNvmecss);
    const std::uint64_t vss = header.get(Id::StateVss);
    if (nvmecss != 0) {
        const std::size_t begin = walker.at();
        const bool all_there = nvmecss * 4 <= walker.left();
        const std::size_t before = walker.narrow(all_there ? begin + nvmecss * 4 : walker.end());
        if (nvme_state(walker, nvmecss) && walker.left() != 0 && all_there) {
            walker.skip_to(walker.end(), "NVMe Controller State, beyond its queue states");
        }
        if (!all_there && !walker.stopped()) {
            walker.skip_to(begin + nvmecss * 4, "NVMe Controller State");
        }
        walker.widen(before);
    }
    if (vss != 0 && !walker.stopped()) {
        vendor_data(walker, vss);
    }
}

void controller_state_evidence(const Input& input, Evidence& evidence) {
    const Result<StateHeader> header = decode_state_header(input.data, input.size, *input.rules);
    if (!header) {
        evidence.points = -80;
        return evidence.because.add("its header: {}", to_string(header.error()));
    }
    const std::size_t header_size = state_header_size(*input.rules);
    if (header->nvmecss == 0) {
        evidence.points = header->vss != 0 || input.size == header_size ? 10 : -40;
        return evidence.because.add("NVMECSS is 0, VSS {} dwords", header->vss);
    }
    const std::size_t nvme_header = input.rules->value(Id::NvmeStateHeaderSize);
    if (input.size < header_size + nvme_header) {
        evidence.points = 20;
        return evidence.because.add("a header with NVMECSS {}", header->nvmecss);
    }
    const View view{input.data + header_size, nvme_header, header_size, input.rules};
    if (body_of(view) == StateBody::Parts) {
        evidence.points = 20;
        return evidence.because.add("a header with NVMECSS {}", header->nvmecss);
    }
    const bool same = nvme_size(view) == header->nvmecss * 4;
    evidence.points = same ? 60 : 0;
    evidence.because.add("NVMECSS of {} dwords {} {} SQ and {} CQ states", header->nvmecss,
                         same ? "is just what it takes for" : "is not what it takes for",
                         view.get(Id::NvmeStateNiosq), view.get(Id::NvmeStateNiocq));
}

void nvme_state_evidence(const Input& input, Evidence& evidence) {
    const std::size_t header_size = input.rules->value(Id::NvmeStateHeaderSize);
    if (input.size < header_size) {
        evidence.points = -80;
        return evidence.because.add("it is shorter than the header");
    }
    const View view{input.data, header_size, 0, input.rules};
    const std::uint64_t queues = view.get(Id::NvmeStateNiosq) + view.get(Id::NvmeStateNiocq);
    const bool same = nvme_size(view) == input.size;
    evidence.points = same && queues != 0 ? 40 : -30;
    evidence.because.add("its size {} {} SQ and {} CQ states",
                         same ? "is that of" : "is not that of", view.get(Id::NvmeStateNiosq),
                         view.get(Id::NvmeStateNiocq));
}

}  // namespace lmsim::wire::describe
