#include "model/wire/describe/command.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Command commands[] = {
    {Id::OpcodeNvmFlush, UsesNsid, {}},
    {Id::OpcodeNvmWrite,
     UsesNsidAndData | UsesMptr,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeNvmRead,
     UsesNsidAndData | UsesMptr,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeNvmCompare,
     UsesNsidAndData | UsesMptr,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
    {Id::OpcodeNvmWriteZeroes, UsesNsid, {}, {}, Id::Count, Id::Count, nullptr, Rest::Undescribed},
    {Id::OpcodeNvmDatasetManagement,
     UsesNsidAndData,
     {},
     {},
     Id::Count,
     Id::Count,
     nullptr,
     Rest::Undescribed},
};

}  // namespace

Span<Command> nvm_commands() { return commands; }

}  // namespace lmsim::wire::describe
