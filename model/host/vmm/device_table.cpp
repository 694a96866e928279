#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

namespace start {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(Start, Idle);
LMSIM_VMM_STATE(Start, Quiesced);
LMSIM_VMM_STATE(Start, Devices);
LMSIM_VMM_STATE(Start, Vcpus);
LMSIM_VMM_STATE(Start, Running);
LMSIM_VMM_STATE(Start, Failed);

// Without the rule of the first row the devices run one by one, unquiesced.
struct Table {
    static constexpr std::string_view name = "vmm-start";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<fsm::Row<Id::VmmStartQuiesced, Idle, Begin, Quiesced>,
                           fsm::Row<Id::VmmStartDevices, Idle, Begin, Devices>,
                           fsm::Row<Id::VmmStartQuiesced, Quiesced, More, Quiesced>,
                           fsm::Row<Id::VmmStartDevices, Quiesced, Next, Devices>,
                           fsm::Row<Id::VmmStartDevices, Devices, More, Devices>,
                           fsm::Row<Id::VmmStartVcpus, Devices, Next, Vcpus>,
                           fsm::Row<Id::VmmStartVcpus, Vcpus, Next, Running>,
                           fsm::Row<Id::VmmLoadFails, Quiesced, Fail, Failed>,
                           fsm::Row<Id::VmmLoadFails, Devices, Fail, Failed>>;
};

}  // namespace start

namespace set_state {

using namespace table;  // NOLINT: rows read as a table

// Not named after the enumerators: Recover is also an event.
template <SetState Value>
using Base = StateOf<SetState, Value>;
struct Idle : Base<SetState::Idle> {
    static constexpr std::string_view name = "Idle";
};
struct Setting : Base<SetState::Set> {
    static constexpr std::string_view name = "Set";
};
struct Recovering : Base<SetState::Recover> {
    static constexpr std::string_view name = "Recover";
};
struct Resetting : Base<SetState::Reset> {
    static constexpr std::string_view name = "Reset";
};
struct Aborted : Base<SetState::Aborted> {
    static constexpr std::string_view name = "Aborted";
};

struct Table {
    static constexpr std::string_view name = "vmm-set-state";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<fsm::Row<Id::VmmSetState, Idle, Begin, Setting>,
                           fsm::Row<Id::VmmSetState, Setting, Next, Idle>,
                           fsm::Row<Id::VmmRecoverState, Setting, Recover, Recovering>,
                           fsm::Row<Id::VmmResetDevice, Setting, Recover, Resetting>,
                           fsm::Row<Id::VmmResetDevice, Setting, Fail, Resetting>,
                           fsm::Row<Id::VmmRecoverState, Recovering, Next, Idle>,
                           fsm::Row<Id::VmmResetDevice, Recovering, Fail, Resetting>,
                           fsm::Row<Id::VmmResetDevice, Resetting, Next, Idle>,
                           fsm::Row<Id::VmmResetFails, Resetting, Fail, Aborted>>;
};

}  // namespace set_state

}  // namespace

const fsm::Arc* advance_start(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<start::Table>(state, move, rules);
}

const fsm::Arc* advance_set_state(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<set_state::Table>(state, move, rules);
}

fsm::ArcList start_arcs() { return fsm::Machine<start::Table>::arcs(); }
fsm::ArcList set_state_arcs() { return fsm::Machine<set_state::Table>::arcs(); }

}  // namespace lmsim::host::vmm
