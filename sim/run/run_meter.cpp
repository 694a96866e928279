#include "sim/run/run_meter.hpp"

#include <string>

#include "model/nvme/step.hpp"
#include "model/spec/codes.hpp"

namespace lmsim::sim {

using host::vmm::Call;
using host::vmm::Report;

namespace {

metrics::Side trace_side(VmmSide side) {
    return side == VmmSide::Source ? metrics::Side::Source : metrics::Side::Destination;
}

metrics::Device trace_device(std::uint16_t device) {
    return device == host::vmm::no_device ? metrics::no_device : metrics::Device{device};
}

/// What a call asks for, if its name does not say it.
std::string_view call_detail(const Effect& call) {
    switch (static_cast<Call>(call.token)) {
        case Call::SetDeviceState: return vfio::to_string(static_cast<vfio::MigState>(call.token2));
        case Call::SendMessage:
            return host::vmm::to_string(static_cast<host::vmm::Message>(call.token2));
        default: return {};
    }
}

}  // namespace

RunMeter::RunMeter(std::uint16_t vfs, std::uint16_t devices, trace::TraceSink* sink)
    : downtime_(devices, vfs), vfs_(vfs), sink_(sink), commands_(sink != nullptr ? vfs : 0) {
    for (std::size_t i = 0; i < 2; ++i) {
        sides_[i].meter = this;
        sides_[i].side = static_cast<VmmSide>(i);
        sides_[i].at_step.resize(vfs, host::FlowStep::Idle);
    }
}

void RunMeter::watch_link(metrics::Side side, std::string_view name, const Pipe& pipe) {
    if (sink_ != nullptr) {
        links_.add(side, name, pipe);
    }
}

// --- Guest --------------------------------------------------------------------------------------

void RunMeter::io_completed(const IoRecord& io) {
    guest_.completed(io.completed, io.submitted, io.length);
    failed_ += io.status != 0 ? 1 : 0;
}

/// Commands under way, for the trace: what is known of each before its completion.
trace::CommandRecord& RunMeter::record(std::uint16_t vf, std::uint16_t queue, std::uint16_t cid) {
    auto& queues = commands_[vf];
    if (queues.size() <= queue) {
        queues.resize(queue + std::size_t{1});
    }
    if (queues[queue].size() <= cid) {
        queues[queue].resize(cid + std::size_t{1});
    }
    return queues[queue][cid];
}

void RunMeter::command_submitted(Ps at, std::uint16_t vf, std::uint16_t queue, const wire::Sqe& sqe,
                                 std::uint64_t length) {
    if (monitor_ != nullptr) {
        monitor_->tell(at, observe_queue(check::What::Submitted, trace_side(downtime_.owner()), vf,
                                         queue, sqe.cid));
    }
    if (sink_ == nullptr) {
        return;
    }
    look(at);
    trace::CommandRecord& command = record(vf, queue, sqe.cid);
    command = {};
    command.submit = at;
    command.side = trace_side(downtime_.owner());
    command.vf = vf;
    command.qid = queue;
    command.cid = sqe.cid;
    command.opcode = sqe.opcode;
    command.length = static_cast<std::uint32_t>(length);
    command.slba = sqe.cdw10 | static_cast<std::uint64_t>(sqe.cdw11) << 32;
    sink_->submitted(at, command.side, command.vf, queue);
}

void RunMeter::command_completed(Ps at, std::uint16_t vf, std::uint16_t queue,
                                 const wire::Cqe& cqe) {
    if (monitor_ != nullptr) {
        monitor_->tell(at, observe_queue(check::What::Completed, trace_side(downtime_.owner()), vf,
                                         queue, cqe.cid));
    }
    if (sink_ == nullptr) {
        return;
    }
    look(at);
    trace::CommandRecord& command = record(vf, queue, cqe.cid);
    command.complete = at;
    command.status = cqe.status;
    sink_->command(command);
    command.submit = trace::not_reached;
}

void RunMeter::tell_open() {
    for (const auto& queues : commands_) {
        for (const auto& queue : queues) {
            for (const trace::CommandRecord& command : queue) {
                if (command.submit != trace::not_reached) {
                    sink_->command(command);
                }
            }
        }
    }
}

void RunMeter::duplicate_completion(Ps at, std::uint16_t vf, std::uint16_t /*queue*/) {
    ++duplicated_;
    if (sink_ != nullptr) {
        sink_->note(at, "VF " + std::to_string(vf) + ": a completion that nobody waits for");
    }
}

void RunMeter::commands_abandoned(Ps at, std::uint16_t vf) {
    if (monitor_ != nullptr) {
        monitor_->tell(at, observe_queue(check::What::Abandoned, trace_side(downtime_.owner()), vf,
                                         0, check::every_cid));
    }
}

// --- Logs of user data ---------------------------------------------------------------------------

void RunMeter::log_entry(Ps at, std::uint16_t vf, wire::Esa esa, const UserDataChange* change) {
    if (sink_ == nullptr) {
        return;
    }
    constexpr std::string_view places[] = {"ordinary", "first", "stopped", "suspended", "full"};
    trace::LogRecord record;
    record.at = at;
    record.vf = vf;
    record.what = change == nullptr ? "marker" : "range";
    record.place = places[static_cast<std::size_t>(esa)];
    if (change != nullptr) {
        record.nsid = change->nsid;
        record.slba = change->slba;
        record.blocks = change->blocks;
        record.deallocated = change->deallocated;
    }
    sink_->log(record);
}

void RunMeter::log_event(Ps at, std::uint16_t vf, wire::CdqEvent event) {
    if (sink_ != nullptr) {
        const bool full = event == wire::CdqEvent::FullError;
        sink_->log({at, metrics::Side::Source, vf, full ? "full event" : "tail event", {}});
    }
}

void RunMeter::log_lost(Ps at, std::uint16_t vf, bool restarted) {
    if (sink_ != nullptr) {
        sink_->log({at, metrics::Side::Source, vf, restarted ? "restarted" : "lost", {}});
    }
}

// --- VMM ----------------------------------------------------------------------------------------

void RunMeter::enter(Ps at, metrics::Window window) {
    guest_.enter(at, window);
    if (monitor_ != nullptr && window == metrics::Window::During) {
        monitor_->tell(at, observe(check::What::MigrationBegins, metrics::Side::Source));
    }
}

/// The vCPUs stand still once a call to pause them is made, and run once one to resume them is
/// done.
void RunMeter::watch_vcpus(Ps at, VmmSide side, Call call) {
    if (monitor_ == nullptr || (call != Call::PauseVcpus && call != Call::ResumeVcpus)) {
        return;
    }
    const bool runs = call == Call::ResumeVcpus;
    monitor_->tell(at,
                   observe(runs ? check::What::VmRuns : check::What::VmStops, trace_side(side)));
}

void RunMeter::vcpus_stop(Ps at, VmmSide side) {
    link_waited_ = channel_ != nullptr ? channel_->waited : 0;
    watch_vcpus(at, side, Call::PauseVcpus);
    if (guest_.under_way() != 0 || (has_io_ && has_io_())) {
        guest_.waits(at);
    }
}

Ps RunMeter::link_waited() const {
    return channel_ != nullptr && downtime_.blackout().begun() ? channel_->waited - link_waited_
                                                               : 0;
}

void RunMeter::paused_by_user(Ps at) {
    vcpus_stop(at, VmmSide::Source);
    downtime_.paused_by_user(at);
}

void RunMeter::call_began(Ps at, VmmSide side, const Effect& call) {
    look(at);
    if (static_cast<Call>(call.token) == Call::PauseVcpus && downtime_.vcpus_run()) {
        vcpus_stop(at, side);
    }
    open_call_[static_cast<std::size_t>(side)] = call;
    downtime_.call_began(at, side, call);
    tell({at, true, trace_side(side), trace_device(call.function),
          host::vmm::to_string(static_cast<Call>(call.token)), 0, 0, call_detail(call)});
}

void RunMeter::call_ended(Ps at, VmmSide side, std::int32_t error, std::uint64_t value) {
    look(at);
    const Effect& call = open_call_[static_cast<std::size_t>(side)];
    downtime_.call_ended(at, side);
    const auto what = static_cast<Call>(call.token);
    if (what == Call::ResumeVcpus) {
        watch_vcpus(at, side, what);
    }
    if (what == Call::RamSendSlice || what == Call::SendDeviceBlock || what == Call::SendState) {
        sent_bytes_ += value;
        if (!rounds_.empty()) {
            rounds_.back().sent_bytes += value;
        }
    }
    tell({at, false, trace_side(side), trace_device(call.function), host::vmm::to_string(what),
          error, value, call_detail(call)});
}

void RunMeter::thread_call_began(Ps at, VmmSide side, const Effect& call) {
    look(at);
    downtime_.thread_call_began(at, side, call);
    tell({at, true, trace_side(side), trace_device(call.function),
          host::vmm::to_string(static_cast<Call>(call.token)), 0, 0, call_detail(call)});
}

void RunMeter::thread_call_ended(Ps at, VmmSide side, const Effect& call, std::int32_t error,
                                 std::uint64_t value) {
    look(at);
    downtime_.thread_call_ended(at, side, call.function);
    if (static_cast<Call>(call.token) == Call::QueueDevicePacket) {
        sent_bytes_ += value;
        if (!rounds_.empty()) {
            rounds_.back().sent_bytes += value;
        }
    }
    tell({at, false, trace_side(side), trace_device(call.function),
          host::vmm::to_string(static_cast<Call>(call.token)), error, value, call_detail(call)});
}

void RunMeter::reported(Ps at, VmmSide side, const Effect& report) {
    switch (static_cast<Report>(report.token)) {
        case Report::DirtySync:
            rounds_.push_back({at, report.token3, 0});
            if (sink_ != nullptr) {
                sink_->round(
                    {at, static_cast<std::uint32_t>(report.token2), report.token3, sent_bytes_});
            }
            break;
        case Report::DstLoadvmCompleted:
            if (stream_loaded_ && report.token2 == 0) {
                stream_loaded_();
            }
            break;
        case Report::SrcFlushed: downtime_ms_ = report.token2; break;
        case Report::SrcDowntimeEnd: return_path_ms_ = report.token2; break;
        case Report::FirstError:
            if (!failure_) {
                failure_ = Failure{static_cast<Call>(report.token3),
                                   static_cast<std::int32_t>(report.token2), report.function, side};
            }
            if (side == VmmSide::Source) {
                downtime_.rolls_back(at);
            }
            break;
        default: break;
    }
    const trace::StateRecord record{at, trace_side(side), trace_device(report.function), "vmm",
                                    host::vmm::to_string(static_cast<Report>(report.token))};
    story_.take(record);
    if (sink_ != nullptr) {
        sink_->state(record);
    }
}

// --- One side -----------------------------------------------------------------------------------

void RunMeter::Side::state_entered(Ps at, std::uint16_t function, std::uint32_t state) {
    const bool migration = state >= nvme::migration_states;
    if (migration && function != 0) {
        const auto entered = static_cast<nvme::Migration>(state - nvme::migration_states);
        const auto vf = static_cast<std::uint16_t>(function - 1);
        meter->downtime_.controller_entered(at, side, vf, entered);
        if (side == VmmSide::Destination) {
            meter->vfs_.fetches(at, vf, entered == nvme::Migration::Operational);
        } else if (entered == nvme::Migration::Suspending) {
            meter->vfs_.stops(at, vf);
        }
    } else if (function != 0) {
        meter->downtime_.controller_lives(at, side, static_cast<std::uint16_t>(function - 1),
                                          static_cast<nvme::Life>(state) == nvme::Life::Ready);
    }
}

void RunMeter::Side::command_posted(Ps fetched, Ps posted, std::uint16_t function,
                                    std::uint16_t sqid, std::uint16_t cid, std::uint8_t /*opcode*/,
                                    std::uint16_t /*status*/) {
    if (meter->sink_ == nullptr || function == 0 || sqid == 0) {
        return;
    }
    trace::CommandRecord& command =
        meter->record(static_cast<std::uint16_t>(function - 1), sqid, cid);
    command.fetch = fetched;
    command.post = posted;
    command.side = trace_side(side);
}

void RunMeter::Side::interrupts_switched(Ps at, std::uint16_t function, bool on) {
    if (function != 0) {
        const auto vf = static_cast<std::uint16_t>(function - 1);
        meter->downtime_.interrupts_switched(at, side, vf, on);
        if (side == VmmSide::Destination) {
            meter->vfs_.interrupts(at, vf, on);
        }
    }
}

void RunMeter::Side::broke_suspension(Ps at, std::uint16_t function) {
    ++meter->suspended_activity_;
    if (meter->sink_ != nullptr) {
        meter->sink_->note(at, "VF " + std::to_string(function - 1) + " works while suspended");
    }
}

void RunMeter::Side::interrupt_lost(Ps at, std::uint16_t function) {
    ++meter->interrupts_lost_;
    if (meter->sink_ != nullptr) {
        meter->sink_->interrupt_lost(at, trace_side(side), metrics::Device{function} - 1);
    }
}

void RunMeter::Side::flow_step(Ps at, std::uint16_t vf, host::FlowStep step, bool well) {
    meter->downtime_.flow_step(at, side, vf, step);
    const bool loaded = at_step[vf] == host::FlowStep::LoadState && step == host::FlowStep::Idle;
    at_step[vf] = step;
    if (loaded && well && meter->state_loaded_) {
        meter->state_loaded_(vf);
    }
}

void RunMeter::Side::admin_asked(Ps at) {
    if (meter->sink_ != nullptr) {
        meter->look(at);
        meter->sink_->submitted(at, trace_side(side), metrics::no_device, 0);
    }
}

void RunMeter::Side::admin_rung(Ps /*at*/, std::int32_t vf, Ps waited) {
    if (vf >= 0 && meter->downtime_.blackout().begun()) {
        meter->vfs_.waited(static_cast<std::size_t>(side), static_cast<std::uint16_t>(vf), waited);
    }
}

void RunMeter::Side::admin_command(Ps submitted, Ps completed, const wire::Sqe& sqe,
                                   std::int32_t vf, std::uint16_t status) {
    if (meter->sink_ == nullptr) {
        return;
    }
    trace::CommandRecord command;
    command.submit = submitted;
    command.complete = completed;
    command.side = trace_side(side);
    command.cid = sqe.cid;
    command.opcode = sqe.opcode;
    command.cdw10 = sqe.cdw10;
    command.cdw11 = sqe.cdw11;
    command.for_vf = vf;
    command.status = status;
    meter->sink_->command(command);
}

}  // namespace lmsim::sim
