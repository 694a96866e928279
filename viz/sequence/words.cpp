#include "viz/sequence/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "model/host/vmm/engine.hpp"
#include "model/spec/codes.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/cdq.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/templates.hpp"
#include "model/wire/track.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/metrics/display.hpp"

namespace lmsim::viz {

using host::vmm::Call;
using sim::metrics::readable_bytes;
using sim::trace::Device;
using sim::trace::no_device;

namespace {

enum class Toward : std::uint8_t { Driver, Guest, Channel, Itself };

struct CallWords {
    Call call;
    Toward toward;
    const char* words;
    bool bytes;  // its amount is one
};

constexpr CallWords calls[] = {
    {Call::SetDeviceState, Toward::Driver, "SET", false},
    {Call::ResetDevice, Toward::Driver, "VFIO_DEVICE_RESET", false},
    {Call::ResumeVcpus, Toward::Guest, "resume vCPUs", false},
    {Call::DirtyLogStart, Toward::Driver, "start to log dirty memory", false},
    {Call::DirtyLogStop, Toward::Driver, "stop to log dirty memory", false},
    {Call::QueryStopCopySize, Toward::Driver, "MIG_DATA_SIZE", true},
    {Call::QueryPrecopyInfo, Toward::Driver, "MIG_GET_PRECOPY_INFO", true},
    {Call::RamSyncBitmap, Toward::Driver, "fetch the dirty bitmap", false},
    {Call::RamSendSlice, Toward::Channel, "RAM", true},
    {Call::ReadDeviceBlock, Toward::Driver, "read data_fd", true},
    {Call::SendDeviceBlock, Toward::Channel, "device data", true},
    {Call::PauseVcpus, Toward::Guest, "pause vCPUs", false},
    {Call::BlockFlush, Toward::Itself, "flush block devices", false},
    {Call::SaveNonIterable, Toward::Channel, "config space, CPUs, other devices", true},
    {Call::CloseChannel, Toward::Channel, "close the channel", false},
    {Call::SendMessage, Toward::Channel, "message", false},
    {Call::LoadRam, Toward::Itself, "load RAM", false},
    {Call::WriteDeviceBlock, Toward::Driver, "write data_fd", true},
    {Call::LoadNonIterable, Toward::Itself, "load config space, CPUs, other devices", false},
    {Call::ReleaseDevice, Toward::Driver, "release the device", false},
    {Call::StartThread, Toward::Itself, "start the device's thread", false},
    {Call::QueueDevicePacket, Toward::Channel, "packet of device state", true},
    {Call::SendState, Toward::Channel, "snapshot with device state", true},
};

const CallWords* call_words(const Step& step, const Names& names) {
    const std::string_view name = names.text(step.name);
    const auto* found = std::find_if(std::begin(calls), std::end(calls), [&](const CallWords& row) {
        return host::vmm::to_string(row.call) == name;
    });
    return found == std::end(calls) ? nullptr : found;
}

Who on(const Step& step, Who source, Who destination) {
    return is_source(step.side) ? source : destination;
}

Who vmm_of(const Step& step) { return on(step, Who::SourceVmm, Who::DestinationVmm); }
Who driver(const Step& step) { return on(step, Who::SourceDriver, Who::DestinationDriver); }
Who pf(const Step& step) { return on(step, Who::SourcePf, Who::DestinationPf); }
Who vf(const Step& step) { return on(step, Who::SourceVf, Who::DestinationVf); }

bool is_event(const Step& step, const Names& names) {
    const std::string_view what = names.text(step.name);
    return what == "tail event" || what == "full event";
}

Ends call_ends(const Step& step, const Names& names) {
    const CallWords* row = call_words(step, names);
    const Who self = vmm_of(step);
    switch (row == nullptr ? Toward::Itself : row->toward) {
        case Toward::Driver: return {self, driver(step)};
        case Toward::Guest: return {self, Who::Guest};
        case Toward::Channel: return {self, on(step, Who::DestinationVmm, Who::SourceVmm)};
        default: return {self, self};
    }
}

Ends state_ends(const Step& step, const Names& names) {
    constexpr std::string_view of_host[] = {"vfio", "memory-log", "user-data-log"};
    const std::string_view machine = names.text(step.name);
    if (std::find(std::begin(of_host), std::end(of_host), machine) != std::end(of_host)) {
        return {driver(step), driver(step)};
    }
    const Who of_device = step.vf == no_device ? pf(step) : vf(step);
    return {of_device, of_device};
}

// --- What a command asks for
// ----------------------------------------------------------------------

using spec::Id;
using spec::Rules;

std::string migration_send(const wire::Sqe& sqe, const Rules& rules) {
    const wire::MigrationSend command = wire::decode_migration_send(sqe, rules);
    const auto of = [&](const char* what) {
        return fmt::format("{}, CNTLID {}", what, command.cntlid);
    };
    switch (command.operation) {
        case wire::SendOperation::Suspend:
            return of(command.type == wire::SuspendType::Notification ? "Suspend Notification"
                                                                      : "Suspend");
        case wire::SendOperation::Resume: return of("Resume");
        case wire::SendOperation::SetControllerState: return of("Set Controller State");
        default: return fmt::format("SEL {:02X}h", command.sel);
    }
}

std::string migration_receive(const wire::Sqe& sqe, const Rules& rules) {
    const wire::MigrationReceive command = wire::decode_migration_receive(sqe, rules);
    return command.get_controller_state
               ? fmt::format("Get Controller State, CNTLID {}", command.cntlid)
               : fmt::format("SEL {:02X}h", command.sel);
}

/// Where an opcode says which operation it is (LM-VND-01), it has told it: whom for is left.
std::string own_opcode(const wire::Sqe& sqe, const Rules& rules) {
    const bool sends = wire::is_migration_send(sqe, rules);
    return fmt::format("CNTLID {}", sends ? wire::decode_migration_send(sqe, rules).cntlid
                                          : wire::decode_migration_receive(sqe, rules).cntlid);
}

std::string track_send(const wire::Sqe& sqe, const Rules& rules) {
    switch (wire::track_operation(sqe, rules)) {
        case wire::TrackOperation::LogUserDataChanges: {
            const wire::LogUserData command = wire::decode_log_user_data(sqe, rules);
            const bool start = command.action == wire::LogAction::Start;
            return fmt::format("{} Log User Data Changes, CDQID {}", start ? "Start" : "Stop",
                               command.cdqid);
        }
        case wire::TrackOperation::TrackMemoryChanges: {
            const wire::TrackMemory command = wire::decode_track_memory(sqe, rules);
            return fmt::format("{} Track Memory Changes, CNTLID {}",
                               command.start ? "Start" : "Stop", command.cntlid);
        }
        default: return "";
    }
}

std::string track_receive(const wire::Sqe& sqe, const Rules& rules) {
    const wire::TrackReceive command = wire::decode_track_receive(sqe, rules);
    return command.memory_changes ? fmt::format("Tracked Memory Changes, CNTLID {}", command.cntlid)
                                  : fmt::format("SEL {:02X}h", command.sel);
}

std::string data_queue(const wire::Sqe& sqe, const Rules& rules) {
    const wire::ControllerDataQueue command = wire::decode_cdq(sqe, rules);
    switch (command.operation) {
        case wire::CdqOperation::Create: return fmt::format("Create, CNTLID {}", command.cntlid);
        case wire::CdqOperation::Delete: return fmt::format("Delete, CDQID {}", command.cdqid);
        default: return fmt::format("SEL {:02X}h", command.sel);
    }
}

std::string virtualization(const wire::Sqe& sqe, const Rules& rules) {
    const wire::VirtualizationManagement command = wire::decode_virtualization(sqe, rules);
    constexpr const char* actions[] = {"Primary Flexible", "Secondary Offline", "Secondary Assign",
                                       "Secondary Online", "reserved"};
    return fmt::format("{}, CNTLID {}", actions[static_cast<std::size_t>(command.action)],
                       command.cntlid);
}

std::string template_command(const wire::Sqe& sqe, const Rules& rules) {
    if (!wire::is_known_template_operation(sqe, rules)) {
        return "reserved SEL";
    }
    return wire::is_template_receive(sqe, rules) ? "Get Template" : "Configure Template";
}

std::string identify(const wire::Sqe& sqe, const Rules& rules) {
    return fmt::format("CNS {:02X}h", wire::decode_identify(sqe, rules).cns);
}

std::string set_features(const wire::Sqe& sqe, const Rules& rules) {
    return fmt::format("FID {:02X}h", wire::decode_set_features(sqe, rules).fid);
}

std::string get_features(const wire::Sqe& sqe, const Rules& rules) {
    return fmt::format("FID {:02X}h", wire::decode_get_features(sqe, rules).fid);
}

struct Subject {
    Id opcode;
    std::string (*words)(const wire::Sqe& sqe, const Rules& rules);
};
constexpr Subject subjects[] = {
    {Id::OpcodeAdminTrackSend, track_send},     {Id::OpcodeAdminTrackReceive, track_receive},
    {Id::OpcodeAdminCdq, data_queue},           {Id::OpcodeAdminVirtualization, virtualization},
    {Id::OpcodeAdminIdentify, identify},        {Id::OpcodeAdminSetFeatures, set_features},
    {Id::OpcodeAdminGetFeatures, get_features},
};

std::string subject(const wire::Sqe& sqe, const Rules& rules) {
    if (wire::is_migration_send(sqe, rules)) {
        return migration_send(sqe, rules);
    }
    if (wire::is_migration_receive(sqe, rules)) {
        return migration_receive(sqe, rules);
    }
    if (wire::is_template_receive(sqe, rules) || wire::is_template_send(sqe, rules)) {
        return template_command(sqe, rules);
    }
    for (const Subject& row : subjects) {
        if (sqe.opcode == rules.value(row.opcode)) {
            return row.words(sqe, rules);
        }
    }
    return "";
}

std::string opcode_words(std::string_view name, std::uint8_t opcode) {
    return name == "unknown opcode" ? fmt::format("opcode {:02X}h", opcode) : std::string(name);
}

std::string command_words(const Step& step, const Rules& rules) {
    wire::Sqe sqe;
    sqe.opcode = step.opcode;
    sqe.cdw10 = step.cdw10;
    sqe.cdw11 = step.cdw11;
    const std::string name = opcode_words(spec::admin_opcode_name(step.opcode, rules), step.opcode);
    const bool moves =
        wire::is_migration_send(sqe, rules) || wire::is_migration_receive(sqe, rules);
    if (moves && rules.on(Id::VendorCommands)) {
        return name + ", " + own_opcode(sqe, rules);
    }
    const std::string what = subject(sqe, rules);
    return what.empty() ? name : name + ": " + what;
}

std::string call_text(const Step& step, const Names& names) {
    const std::string detail(names.text(step.detail));
    const CallWords* row = call_words(step, names);
    if (row == nullptr) {
        return std::string(names.text(step.name)) + (detail.empty() ? "" : " " + detail);
    }
    std::string text = row->words;
    if (row->call == Call::SaveNonIterable || row->call == Call::LoadNonIterable) {
        text = row->call == Call::LoadNonIterable ? "load " : "";
        text += step.vf == no_device ? "CPUs, other devices" : "config space";
    }
    return text + (detail.empty() ? "" : " " + detail);
}

std::string status_words(std::uint16_t status, const Rules& rules) {
    const std::uint16_t code = wire::status_code(status);
    if (code == 0) {
        return "Success";
    }
    const std::string_view name = spec::status_name(code, rules);
    return fmt::format("{} ({}/{:02X}h){}", name, code >> 8U, code & 0xFFU,
                       (status & wire::status_dnr) != 0 ? ", DNR" : "");
}

std::string log_words(const Step& step, const Names& names) {
    const bool many = step.times > 1;
    const std::string count = many ? grouped(step.times) + " x " : "";
    std::string text = fmt::format("log: {}{}", count, names.text(step.name));
    if (step.detail != 0) {
        text += fmt::format(", ESA {}", names.text(step.detail));
    }
    if (step.cdw10 != 0) {
        text += step.extra == 0
                    ? fmt::format(", all of NSID {}", step.cdw10)
                    : fmt::format(", NSID {}, {} blocks", step.cdw10, grouped(step.extra));
        text += step.extra == 0 || many ? "" : fmt::format(" from {}", grouped(step.amount));
        text += step.cdw11 != 0 ? ", deallocated" : "";
    }
    return text;
}

std::string state_words(const Step& step, const Names& names) {
    const std::string count = step.amount > 1 ? grouped(step.amount) + " x " : "";
    return fmt::format("{}{}: {}", count, names.text(step.name), names.text(step.detail));
}

}  // namespace

Ends ends_of(const Step& step, const Names& names) {
    switch (step.kind) {
        case StepKind::Call: return call_ends(step, names);
        case StepKind::Command: return {driver(step), pf(step)};
        case StepKind::Io: return {Who::Guest, vf(step)};
        case StepKind::State: return state_ends(step, names);
        case StepKind::Progress: return {vmm_of(step), vmm_of(step)};
        case StepKind::Round: return {Who::SourceVmm, Who::SourceVmm};
        case StepKind::Log:
            return is_event(step, names) ? Ends{pf(step), driver(step)}
                                         : Ends{driver(step), driver(step)};
        case StepKind::LostInterrupt: return {vf(step), Who::Guest};
        default: return {Who::SourceVmm, Who::DestinationVmm};
    }
}

bool answers(const Step& step, const Names& names) {
    if (step.kind != StepKind::Call) {
        return step.kind == StepKind::Command || step.kind == StepKind::Io;
    }
    const CallWords* row = call_words(step, names);
    return row != nullptr && (row->toward == Toward::Driver || row->toward == Toward::Guest);
}

bool is_bad(const Step& step) {
    return step.error != 0 || step.status != 0 || step.kind == StepKind::LostInterrupt;
}

std::string words(const Step& step, const Names& names, const spec::Rules& rules) {
    switch (step.kind) {
        case StepKind::Call: return call_text(step, names);
        case StepKind::Command: return command_words(step, rules);
        case StepKind::Io: {
            const std::string name = opcode_words(spec::nvm_opcode_name(step.opcode), step.opcode);
            return fmt::format("{} {}, SQ {}", name, readable_bytes(step.amount), step.qid);
        }
        case StepKind::State: return state_words(step, names);
        case StepKind::Progress: return std::string(names.text(step.detail));
        case StepKind::Round:
            return fmt::format("round {}: {} dirty", step.amount, readable_bytes(step.extra));
        case StepKind::Log: return log_words(step, names);
        case StepKind::LostInterrupt: return "interrupt lost";
        default: return std::string(names.text(step.name));
    }
}

std::string answer_words(const Step& step, const Names& names, const spec::Rules& rules) {
    if (step.kind == StepKind::Command || step.kind == StepKind::Io) {
        return step.end == sim::trace::not_reached ? "no completion"
                                                   : status_words(step.status, rules);
    }
    if (step.kind != StepKind::Call || step.end == sim::trace::not_reached) {
        return "";
    }
    if (step.error != 0) {
        const std::int64_t number = std::abs(std::int64_t{step.error});
        return number > 0xFFFF
                   ? fmt::format("error {}", step.error)
                   : fmt::format("{} ({})", vfio::to_string(static_cast<vfio::Errno>(number)),
                                 number);
    }
    const CallWords* row = call_words(step, names);
    const bool bytes = row != nullptr && row->bytes;
    if (answers(step, names)) {
        return bytes ? readable_bytes(step.amount) : "OK";
    }
    return bytes ? readable_bytes(step.amount) : "";
}

std::uint64_t likeness(const Step& step, Edge edge) {
    std::uint64_t hash = 0xCBF29CE484222325;
    const auto mix = [&hash](std::uint64_t value) {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 29U;
    };
    const bool told = edge != Edge::Begin;  // the answer
    mix(static_cast<std::uint64_t>(step.kind) << 8U | static_cast<std::uint64_t>(edge));
    mix(static_cast<std::uint64_t>(step.side));
    mix(step.vf == no_device ? 1 : 2);
    if (step.kind == StepKind::Idle) {
        mix(step.begun ? 1 : 2);
        return hash;
    }
    mix(std::uint64_t{step.name} << 32U | step.detail);
    if (step.kind == StepKind::Command || step.kind == StepKind::Io) {
        // The select field or what stands in its place; the rest is whom and how much.
        mix(std::uint64_t{step.opcode} << 8U | (step.cdw10 & 0xFFU));
    }
    if (told) {
        mix(std::uint64_t{step.status} << 32U | static_cast<std::uint32_t>(step.error));
    }
    return hash;
}

std::string vf_words(const std::vector<Device>& vfs, const sim::trace::DeviceNames& names) {
    return vfs.empty() ? "" : names.names(vfs) + ": ";
}

std::string grouped(std::uint64_t number) {
    std::string text = fmt::format("{}", number);
    for (std::size_t at = text.size(); at > 3; at -= 3) {
        text.insert(at - 3, " ");
    }
    return text;
}

std::string io_words(const IoSum& sum) {
    std::string text;
    const auto add = [&text](std::uint64_t count, const char* noun, bool plural) {
        if (count != 0) {
            text += (text.empty() ? "" : ", ") + grouped(count) + " " + noun;
            text += plural && count != 1 ? "s" : "";
        }
    };
    add(sum.reads, "read", true);
    add(sum.writes, "write", true);
    add(sum.others, "other", true);
    add(sum.failed, "of them failed", false);
    return text;
}

}  // namespace lmsim::viz
