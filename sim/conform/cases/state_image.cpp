#include "sim/conform/cases/state_image.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

Draft& store_header(Draft& draft, std::uint32_t dwords, std::uint32_t queues) {
    return draft.buffer("state", 4 * page_size)
        .buffer("data", page_size)
        .step(store("state", 0,
                    {field(Id::StateVer, oracle().value(Id::StateVersion)),
                     field(Id::StateNvmecss, dwords)}))
        .step(store("state", state_header,
                    {field(Id::NvmeStateVer, oracle().value(Id::NvmeStateVersion)),
                     field(Id::NvmeStateNiosq, queues), field(Id::NvmeStateNiocq, queues)}));
}

}  // namespace

void need_set_state(Draft& draft) {
    draft.need("formats.csvi", 1, "version 0 of the NVMe Controller State is not in CNS 20h");
}

Draft& store_empty_state(Draft& draft) { return store_header(draft, 2, 0); }

Draft& store_pair_state(Draft& draft) {
    const Value last("mc.entries1", std::uint64_t{0} - 1);
    return store_header(draft, 14, 1)
        .step(store("state", sq_at,
                    {field(Id::SqStatePrp1, "mc.sq1"), field(Id::SqStateQsize, last),
                     field(Id::SqStateQid, 1), field(Id::SqStateCqid, 1), field(Id::SqStatePc, 1)}))
        .step(store("state", cq_at,
                    {field(Id::CqStatePrp1, "mc.cq1"), field(Id::CqStateQsize, last),
                     field(Id::CqStateQid, 1), field(Id::CqStatePc, 1)}));
}

}  // namespace lmsim::sim::conform::cases
