#include "model/host/vmm/engine.hpp"

namespace lmsim::host::vmm {

std::string_view to_string(Call call) {
    constexpr std::string_view names[] = {
        "None",          "SetDeviceState", "ResetDevice",       "ResumeVcpus",
        "DirtyLogStart", "DirtyLogStop",   "QueryStopCopySize", "QueryPrecopyInfo",
        "RamSyncBitmap", "RamSendSlice",   "ReadDeviceBlock",   "SendDeviceBlock",
        "PauseVcpus",    "BlockFlush",     "SaveNonIterable",   "CloseChannel",
        "SendMessage",   "LoadRam",        "WriteDeviceBlock",  "LoadNonIterable",
        "ReleaseDevice", "StartThread",    "QueueDevicePacket", "SendState",
    };
    return names[static_cast<std::size_t>(call)];
}

std::string_view to_string(Message message) {
    constexpr std::string_view names[] = {
        "None", "Header", "Ram",   "DeviceData", "SwitchoverStart", "NonIterable", "End",
        "Ack",  "Shut",   "Begin", "Setup",      "State",           "Complete",    "Ok",
    };
    return names[static_cast<std::size_t>(message)];
}

/// Checkpoints have QEMU's names (trace vmstate_downtime_checkpoint).
std::string_view to_string(Report report) {
    constexpr std::string_view names[] = {
        "none",
        "setup-ends",
        "pending-estimate",
        "pending-exact",
        "window",
        "expected-downtime",
        "dirty-sync",
        "device-state",
        "cpu-throttle",
        "src-downtime-start",
        "src-vm-stopped",
        "src-iterable-saved",
        "src-non-iterable-saved",
        "src-flushed",
        "src-downtime-end",
        "total-time",
        "dst-precopy-loadvm-completed",
        "dst-precopy-bh-enter",
        "dst-precopy-bh-announced",
        "dst-precopy-bh-vm-started",
        "dst-vcpus-resumed",
        "first-error",
        "outcome",
        "finished",
    };
    return names[static_cast<std::size_t>(report)];
}

std::string_view to_string(Outcome outcome) {
    constexpr std::string_view names[] = {"none", "completed", "failed", "cancelled", "aborted"};
    return names[static_cast<std::size_t>(outcome)];
}

}  // namespace lmsim::host::vmm
