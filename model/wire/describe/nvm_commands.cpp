#include "model/wire/bits.hpp"
#include "model/wire/describe/command.hpp"

// The NVM command set. Places of SLBA, NLB and FUA are fixed (model/wire/nvm.hpp).
namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr spec::Place slba_place = spec::bytes(40, 47);
constexpr spec::Place nlb_place = spec::cdw(12, 15, 0);

constexpr Field range_fields[] = {
    {"SLBA", Id::Count, Style::Decimal, nullptr, nullptr, Id::Count, slba_place},
    {"NLB", Id::Count, Style::Decimal, says_zero_based, nullptr, Id::Count, nlb_place},
    {"FUA", Id::Count, Style::Flag, nullptr, nullptr, Id::Count, spec::cdw(12, 30, 30)},
};
constexpr Field write_zeroes_fields[] = {
    {"SLBA", Id::Count, Style::Decimal, nullptr, nullptr, Id::Count, slba_place},
    {"NLB", Id::Count, Style::Decimal, says_zero_based, nullptr, Id::Count, nlb_place},
    {"FUA", Id::Count, Style::Flag, nullptr, nullptr, Id::Count, spec::cdw(12, 30, 30)},
    {"DEAC", Id::WriteZeroesDeac, Style::Flag},
};
constexpr Field dsm_fields[] = {
    {"NR", Id::DsmNr, Style::Decimal, says_zero_based},
    {"AD", Id::DsmAd, Style::Flag},
};

void check_nsid(Walker& walker, const View& view) {
    if (view.get(Id::SqeNsid) == 0) {
        walker.broken(Id::NamespaceInvalid, view.where(Id::SqeNsid), "NSID = 0 is no namespace");
    }
}

void check_range(Walker& walker, const View& view) {
    check_nsid(walker, view);
    const auto slba = load_bits(view.data, slba_place);
    const auto nlb = load_bits(view.data, nlb_place);
    if (slba + nlb < slba) {
        walker.broken(Id::RangeBeyondNamespace, view.at + slba_place.byte(),
                      "SLBA + NLB is greater than any namespace");
    }
}

constexpr Command commands[] = {
    command(Id::OpcodeNvmFlush, UsesNsid, {}, check_nsid),
    command(Id::OpcodeNvmWrite, UsesNsidAndData | UsesMptr, range_fields, check_range,
            Rest::Undescribed),
    command(Id::OpcodeNvmRead, UsesNsidAndData | UsesMptr, range_fields, check_range,
            Rest::Undescribed),
    command(Id::OpcodeNvmCompare, UsesNsidAndData | UsesMptr, range_fields, check_range,
            Rest::Undescribed),
    command(Id::OpcodeNvmWriteZeroes, UsesNsid, write_zeroes_fields, check_range,
            Rest::Undescribed),
    command(Id::OpcodeNvmDatasetManagement, UsesNsidAndData, dsm_fields, check_nsid,
            Rest::Undescribed),
};

}  // namespace

Span<Command> nvm_commands() { return commands; }

}  // namespace lmsim::wire::describe
