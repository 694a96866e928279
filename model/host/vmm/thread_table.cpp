#include "model/host/vmm/table.hpp"

namespace lmsim::host::vmm {
namespace {

namespace save_thread {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(SaveThread, Idle);
LMSIM_VMM_STATE(SaveThread, Set);
LMSIM_VMM_STATE(SaveThread, Read);
LMSIM_VMM_STATE(SaveThread, Lock);
LMSIM_VMM_STATE(SaveThread, Queue);
LMSIM_VMM_STATE(SaveThread, Ended);
LMSIM_VMM_STATE(SaveThread, Failed);

// In Read: Next has data, Again nothing more but the configuration space.
struct Table {
    static constexpr std::string_view name = "vmm-save-thread";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<fsm::Row<Id::VmmThreadState, Idle, Begin, Set>,
                           fsm::Row<Id::VmmThreadRead, Idle, Begin, Read>,
                           fsm::Row<Id::VmmThreadRead, Set, Next, Read>,
                           fsm::Row<Id::VmmThreadQueue, Read, Next, Lock>,
                           fsm::Row<Id::VmmThreadConfig, Read, Again, Lock>,
                           fsm::Row<Id::VmmThreadEnds, Read, Skip, Ended>,
                           fsm::Row<Id::VmmThreadQueue, Lock, Next, Queue>,
                           fsm::Row<Id::VmmThreadRead, Queue, Next, Read>,
                           fsm::Row<Id::VmmThreadEnds, Queue, Skip, Ended>,
                           fsm::Row<Id::VmmThreadFails, Set, Fail, Failed>,
                           fsm::Row<Id::VmmThreadFails, Read, Fail, Failed>,
                           fsm::Row<Id::VmmThreadFails, Lock, Fail, Failed>,
                           fsm::Row<Id::VmmThreadFails, Queue, Fail, Failed>>;
};

}  // namespace save_thread

namespace load_thread {

using namespace table;  // NOLINT: rows read as a table

LMSIM_VMM_STATE(LoadThread, Idle);
LMSIM_VMM_STATE(LoadThread, Wait);
LMSIM_VMM_STATE(LoadThread, Write);
LMSIM_VMM_STATE(LoadThread, Late);
LMSIM_VMM_STATE(LoadThread, Lock);
LMSIM_VMM_STATE(LoadThread, Config);
LMSIM_VMM_STATE(LoadThread, Ended);
LMSIM_VMM_STATE(LoadThread, Failed);

// In Wait: Next writes a packet, Skip loads the configuration space, Again does so later.
struct Table {
    static constexpr std::string_view name = "vmm-load-thread";
    using Context = table::Context;
    using Initial = Idle;
    using Rows = fsm::Rows<fsm::Row<Id::VmmLoadThread, Idle, Begin, Wait>,
                           fsm::Row<Id::VmmLoadPacket, Wait, Next, Write>,
                           fsm::Row<Id::VmmLoadPacket, Write, Next, Wait>,
                           fsm::Row<Id::VmmLoadConfig, Wait, Skip, Lock>,
                           fsm::Row<Id::VmmLoadConfigLate, Wait, Again, Late>,
                           fsm::Row<Id::VmmLoadConfigLate, Late, Next, Lock>,
                           fsm::Row<Id::VmmLoadConfig, Lock, Next, Config>,
                           fsm::Row<Id::VmmLoadConfig, Config, Next, Ended>,
                           fsm::Row<Id::VmmLoadThreadFails, Wait, Fail, Failed>,
                           fsm::Row<Id::VmmLoadThreadFails, Write, Fail, Failed>,
                           fsm::Row<Id::VmmLoadThreadFails, Late, Fail, Failed>,
                           fsm::Row<Id::VmmLoadThreadFails, Lock, Fail, Failed>,
                           fsm::Row<Id::VmmLoadThreadFails, Config, Fail, Failed>>;
};

}  // namespace load_thread

}  // namespace

const fsm::Arc* advance_save_thread(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<save_thread::Table>(state, move, rules);
}

const fsm::Arc* advance_load_thread(std::uint8_t& state, Move move, const spec::Rules& rules) {
    return table::dispatch<load_thread::Table>(state, move, rules);
}

fsm::ArcList save_thread_arcs() { return fsm::Machine<save_thread::Table>::arcs(); }
fsm::ArcList load_thread_arcs() { return fsm::Machine<load_thread::Table>::arcs(); }

}  // namespace lmsim::host::vmm
