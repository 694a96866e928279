#include "sim/host/host_driver.hpp"

#include <algorithm>

#include "model/host/rfc/driver_rules.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/prp.hpp"
#include "model/wire/vendor_area.hpp"

namespace lmsim::sim {

namespace {

// Whose a request is, besides VFs (their index plus 1).
constexpr std::uint32_t pf_events = 0xffffffff;
constexpr std::uint32_t driver_part = 0xfffffffe;  // its `done` knows

}  // namespace

HostDriver::HostDriver(sc_core::sc_module_name name, Kernel& kernel, const HostTiming& timing,
                       DevicePort& pf, const std::vector<DevicePort*>& vfs,
                       const spec::Rules& rules)
    : Component(name, kernel),
      timing_(timing),
      rules_(host::driver_rules(rules)),
      architecture_(host::architecture_of(timing.architecture, rules_)),
      cdq_place_(host::cdq_place(architecture_, timing.cdq, rules_)),
      pf_(pf),
      memory_(pf.memory()),
      admin_(pf, timing.admin_depth),
      survey_(*this, pf, rules_),
      cpu_lane_(add_lane()),
      timer_lane_(add_lane()) {
    // One slot of the ring always stays empty.
    queue_.depth = static_cast<std::uint16_t>(timing.admin_depth - 1);
    queue_.reserved = host::tags_for_aers(queue_.depth, timing.reserved_aer, rules_);
    tag_owner_.resize(queue_.depth, 0);
    boot_page_ = pf.allocate(page_size);
    vfs_.resize(vfs.size());
    for (std::size_t i = 0; i < vfs.size(); ++i) {
        Vf& vf = vfs_[i];
        vf.device = vfio::make_device(timing.features, timing.log_ops);
        vf.port = vfs[i];
        vf.flow.piece = static_cast<std::uint32_t>(timing.mdts);
        vf.flow.limit = timing.state_limit;
        vf.buffer = pf.allocate(timing.state_limit);
        vf.list = pf.allocate(page_size);
    }
    const auto count = static_cast<std::uint16_t>(vfs.size());
    const std::string prefix = this->basename();
    AdminQueue& queue = *this;
    if (architecture_ == host::Architecture::VmmDirect) {
        passthrough_ =
            std::make_unique<Passthrough>((prefix + "_passthrough").c_str(), kernel, timing.ioctl,
                                          timing.program.pin, queue, rules_);
    }
    if (architecture_ == host::Architecture::Split) {
        media_path_ = std::make_unique<Passthrough>(
            (prefix + "_media").c_str(), kernel, timing.ioctl, timing.program.pin, queue, rules_);
    }
    const bool by_program =
        cdq_place_ == host::CdqPlace::User || cdq_place_ == host::CdqPlace::Kernel;
    if (timing.user_data.on && by_program) {
        program_ = std::make_unique<CdqProgram>((prefix + "_program").c_str(), kernel,
                                                program_timing(), queue, rules_);
    }
    if (timing.user_data.on) {
        AdminQueue& user_data = program_ ? static_cast<AdminQueue&>(*program_) : queue;
        log_ = std::make_unique<UserDataLog>((prefix + "_log").c_str(), kernel, user_data_timing(),
                                             user_data, pf, count, rules_);
    }
    if (timing.memory.on) {
        AdminQueue& memory = passthrough_ ? static_cast<AdminQueue&>(*passthrough_) : queue;
        for (std::uint16_t vm = 0; vm < timing.vms; ++vm) {
            trackers_.push_back(std::make_unique<MemoryTracker>(
                kernel, timing.memory, memory, pf, static_cast<std::uint16_t>(vfs_each()), rules_));
            trackers_.back()->set_first_vf(static_cast<std::uint16_t>(vm * vfs_each()));
        }
    }
    if (timing.probes_vfs) {
        probe_ = std::make_unique<VfProbe>((prefix + "_probe").c_str(), kernel, timing.ready_poll);
    }
}

// --- PF queue -----------------------------------------------------------------------------------

/// The PF's own events: as many requests outstanding as tags are kept for them (HO-ADM-01).
void HostDriver::submit_aers() {
    for (std::uint16_t i = 0; i < queue_.reserved; ++i) {
        submit(wire::encode(wire::Aer{}, rules_), pf_events, 0);
    }
}

void HostDriver::submit(const wire::Sqe& sqe, AdminDone done) {
    submit(sqe, driver_part, 0, std::move(done));
}

void HostDriver::submit(const wire::Sqe& sqe, std::uint32_t vf, std::uint32_t ticket,
                        AdminDone done) {
    if (free_requests_.empty()) {
        requests_.emplace_back();
        free_requests_.push_back(static_cast<std::uint32_t>(requests_.size()));
    }
    const std::uint32_t owner = free_requests_.back();
    free_requests_.pop_back();
    requests_[owner - 1] = {sqe, now(), 0, vf, ticket, true, {}, std::move(done)};
    if (pins_ != nullptr && vf_of(vf) >= 0) {
        requests_[owner - 1].effect = count_command(static_cast<std::uint16_t>(vf - 1));
    }
    if (observer_ != nullptr) {
        observer_->admin_asked(now());
    }
    host::PfEvent event;
    event.kind = vf == pf_events ? host::PfEvent::Kind::SubmitAer : host::PfEvent::Kind::Submit;
    event.owner = owner;
    pf_step(event);
}

void HostDriver::pf_step(const host::PfEvent& first) {
    host::PfEvent event = first;
    do {
        Effects effects;
        if (steps_ != nullptr) {
            steps_->before(now(), side_, trace::StepPart::Pf, 0, queue_);
        }
        host::step(queue_, event, static_cast<std::uint64_t>(timing_.admin_timeout), effects);
        if (steps_ != nullptr) {
            steps_->after(side_, trace::StepPart::Pf, 0, queue_);
            steps_->pf(now(), side_, event, effects);
        }
        for (const Effect& effect : effects) {
            pf_perform(effect);
        }
        event = {};
        event.kind = host::PfEvent::Kind::Continue;
    } while (queue_.more);
}

void HostDriver::pf_perform(const Effect& effect) {
    switch (effect.kind) {
        case EffectKind::Submit:
            tag_owner_[effect.token] = effect.ticket;
            requests_[effect.ticket - 1].sent = now();
            cpu_busy_ = std::max(cpu_busy_, now()) + timing_.submit;
            post(cpu_lane_, cpu_busy_, static_cast<std::uint32_t>(Kind::Ring), effect.ticket,
                 effect.token);
            break;
        case EffectKind::StartTimer:
            // All take the same time: most find their command done, one after the other.
            if (timing_.admin_timeout != 0) {
                post(timer_lane_, now() + static_cast<Ps>(effect.length),
                     static_cast<std::uint32_t>(Kind::Timer), effect.ticket);
            }
            break;
        case EffectKind::Reply: replied(effect); break;
        case EffectKind::Call: reset_pf(); break;
        default: LMSIM_ASSERT(!"not an effect of the PF queue");
    }
}

void HostDriver::put_on_queue(std::uint32_t owner, std::uint16_t tag) {
    if (tag_owner_[tag] != owner) {
        return;  // the PF was reset meanwhile
    }
    Request& request = requests_[owner - 1];
    request.sqe.cid = tag;
    admin_waited_ += now() - request.asked;
    if (observer_ != nullptr) {
        observer_->admin_rung(now(), vf_of(request.vf), now() - request.asked);
    }
    ++admin_commands_;
    count_wait(request);
    admin_.submit_as(0, request.sqe, owner);
}

void HostDriver::reset_pf() {
    if (faults_ != nullptr) {
        faults_->notice(sign::admin_timeout | sign::pf_reset);
    }
    std::fill(tag_owner_.begin(), tag_owner_.end(), 0);
    boot_ = Boot::Enable;
    if (program_) {
        program_->reset();
    }
    if (log_) {
        log_->reset();
    }
    for (const auto& tracker : trackers_) {
        tracker->reset();
    }
    pf_.reset([this] {
        pf_struck_ = false;
        pf_.enable_interrupts(true);
        next_boot_step();
    });
}

void HostDriver::interrupt(std::uint32_t /*vector*/) {
    if (faults_ != nullptr && !interrupt_pending_ && (dead_ || times_out_nearly())) {
        return;
    }
    if (!interrupt_pending_) {
        interrupt_pending_ = true;
        post_once(now() + timing_.irq, static_cast<std::uint32_t>(Kind::Interrupt));
    }
}

void HostDriver::reap() {
    interrupt_pending_ = false;
    const auto take = [this](std::uint64_t, const wire::Cqe& cqe) {
        host::PfEvent event;
        event.kind = host::PfEvent::Kind::Completed;
        event.tag = cqe.cid;
        event.status = cqe.status;
        event.dw0 = cqe.dw0;
        event.dw1 = cqe.dw1;
        pf_step(event);
    };
    admin_.reap(0, take, [](const wire::Cqe&) {});
}

std::int32_t HostDriver::vf_of(std::uint32_t vf) {
    const bool for_vf = vf != pf_itself && vf != pf_events && vf != driver_part;
    return for_vf ? static_cast<std::int32_t>(vf) - 1 : -1;
}

void HostDriver::replied(const Effect& effect) {
    Request& request = requests_[effect.ticket - 1];
    LMSIM_ASSERT(request.used);
    request.used = false;
    const std::uint32_t vf = request.vf;
    const std::uint32_t ticket = request.ticket;
    if (observer_ != nullptr) {
        observer_->admin_command(request.asked, now(), request.sqe, vf_of(vf),
                                 static_cast<std::uint16_t>(effect.token));
    }
    const AdminDone done = std::move(request.done);
    request.done = nullptr;
    free_requests_.push_back(effect.ticket);
    if (vf == pf_itself) {
        boot_answered(effect);
    } else if (vf == pf_events) {
        answer_event(effect);
    } else if (vf == driver_part) {
        done({static_cast<host::PfError>(effect.flags), static_cast<std::uint16_t>(effect.token),
              static_cast<std::uint32_t>(effect.token2),
              static_cast<std::uint32_t>(effect.token3)});
    } else {
        answer_flow(static_cast<std::uint16_t>(vf - 1), effect, ticket);
    }
}

/// An AER is used up by an event: another one takes its place (HO-ADM-02). A reset sends new ones.
void HostDriver::answer_event(const Effect& effect) {
    const auto error = static_cast<host::PfError>(effect.flags);
    wire::Cqe cqe;
    cqe.dw0 = static_cast<std::uint32_t>(effect.token2);
    cqe.dw1 = static_cast<std::uint32_t>(effect.token3);
    const wire::AerResult event = wire::decode_aer_result(cqe, rules_);
    const bool claims = log_ && log_->claims(event.cdqid);
    if (host::resubmits_aer(error, event, claims, rules_) &&
        (faults_ == nullptr || !spoils_request())) {
        submit(wire::encode(wire::Aer{}, rules_), pf_events, 0);
    }
    if (log_ && error == host::PfError::None && effect.token == 0 &&
        (faults_ == nullptr || !spoils_event(event))) {
        hear(event);
    }
}

void HostDriver::hear(const wire::AerResult& event) {
    if (program_) {
        program_->event(event, [this](const wire::AerResult& told) { log_->event(told); });
    } else {
        log_->event(event);
    }
}

/// A command of a VF's flow is over. Its log of user data hears of what became of the controller
/// before anybody else acts on it.
void HostDriver::answer_flow(std::uint16_t index, const Effect& effect, std::uint32_t ticket) {
    Vf& vf = vfs_[index];
    host::FlowEvent event;
    event.ticket = ticket;
    event.error = static_cast<host::PfError>(effect.flags);
    event.status = static_cast<std::uint16_t>(effect.token);
    event.dw0 = static_cast<std::uint32_t>(effect.token2);
    event.bytes = memory_.look(vf.buffer, timing_.state_limit);
    const bool well = event.error == host::PfError::None && event.status == 0;
    if (log_ && well && log_->exists(index)) {
        if (vf.flow.step == host::FlowStep::Suspend) {
            log_->suspended(index);
        } else if (vf.flow.step == host::FlowStep::Resume) {
            log_->resumed(index);
        }
    }
    if (event.error == host::PfError::TimedOut && timed_out_) {
        timed_out_(index);
    }
    flow_step(index, event);
}

// --- Logs ---------------------------------------------------------------------------------------

/// A log that cannot be started is no reason not to migrate: without one everything is copied.
void HostDriver::start_logs(std::uint16_t vm, std::function<void()> done) {
    const auto then = [this, vm, done = std::move(done)] {
        if (trackers_.empty()) {
            done();
        } else {
            trackers_[vm]->start(done);
        }
    };
    if (!trackers_.empty()) {
        count_reports();
    }
    start_user_data(then);
}

/// Once: a copy of the media has it begin before the pre-copy of RAM does.
void HostDriver::start_user_data(std::function<void()> done) {
    if (!log_ || std::exchange(logs_user_data_, true)) {
        return done();
    }
    tell([this, then = std::move(done)] {
        log_->start([this, then](vfio::Errno) {
            watch_logs(check::What::LogStarts);
            for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
                vfs_[vf].flow.dudmq = log_->deletes_at_suspend() && log_->exists(vf);
            }
            tell(then);
        });
    });
}

void HostDriver::report_memory(std::uint16_t vm, MemoryTracker::Mark mark,
                               std::function<void()> done) {
    if (tracks_memory(vm)) {
        count_reports(true);
        trackers_[vm]->report(std::move(mark), std::move(done));
    } else {
        done();
    }
}

void HostDriver::when_logs_closed(std::function<void()> done) {
    if (log_) {
        log_->when_closed([this, done = std::move(done)] { tell(done); });
    } else {
        done();
    }
}

void HostDriver::stop_logs(std::uint16_t vm) {
    if (log_) {
        watch_logs(check::What::LogStops);
        logs_user_data_ = false;
        log_->stop();
    }
    if (tracks_memory(vm)) {
        count_reports();
        trackers_[vm]->stop();
    }
    for (std::size_t i = 0; i < vfs_each(); ++i) {
        vfs_[vm * vfs_each() + i].flow.dudmq = false;
    }
}

// --- VFIO ---------------------------------------------------------------------------------------

/// Every call costs the way into the kernel; then the core looks at it.
void HostDriver::call(std::uint16_t index, const vfio::Event& event, VfioDone done) {
    Vf& vf = vfs_[index];
    LMSIM_ASSERT(!vf.call.done);
    vf.call.event = event;
    vf.call.done = std::move(done);
    post_once(now() + count_call(event.kind), static_cast<std::uint32_t>(Kind::Ioctl), index);
}

void HostDriver::set_state(std::uint16_t vf, vfio::MigState state, VfioDone done) {
    call(vf, vfio::set_state(state), std::move(done));
}

void HostDriver::reset(std::uint16_t vf, VfioDone done) {
    vfs_[vf].resets = true;
    vfs_[vf].port->reset([this, vf, done = std::move(done)]() mutable {
        vfs_[vf].resets = false;
        host::FlowEvent reset;
        reset.kind = host::FlowEvent::Kind::Reset;
        flow_step(vf, reset);
        vfs_[vf].call.done = nullptr;
        call(vf, vfio::reset(), std::move(done));
    });
}

void HostDriver::data_size(std::uint16_t vf, VfioDone done) {
    call(vf, vfio::data_size(timing_.state_limit), std::move(done));
}

void HostDriver::precopy_info(std::uint16_t vf, VfioDone done) {
    const std::uint32_t fd = vfio::data_fd(vfs_[vf].device.sessions, false);
    call(vf, vfio::precopy_info(fd, 0, 0), std::move(done));
}

std::uint64_t HostDriver::available(std::uint16_t vf) const {
    return vfs_[vf].flow.size - vfs_[vf].read_at;
}

void HostDriver::read(std::uint16_t vf, std::uint64_t length, VfioDone done) {
    const std::uint32_t fd = vfio::data_fd(vfs_[vf].device.sessions, false);
    call(vf, vfio::read(fd, length, available(vf)), std::move(done));
}

void HostDriver::write(std::uint16_t vf, const SparseBytes& bytes, VfioDone done) {
    const std::uint32_t fd = vfio::data_fd(vfs_[vf].device.sessions, true);
    const bool fits = vfs_[vf].flow.size + bytes.size() <= timing_.state_limit;
    vfs_[vf].call.bytes = bytes;
    call(vf, vfio::write(fd, bytes.size(), fits ? vfio::Errno::Ok : vfio::Errno::NoMemory),
         std::move(done));
}

const SparseBytes& HostDriver::bytes_read(std::uint16_t vf) const { return vfs_[vf].last_read; }

SparseBytes HostDriver::state_bytes(std::uint16_t index) const {
    const Vf& vf = vfs_[index];
    return memory_.piece(vf.buffer, vf.state_size != 0 ? vf.state_size : vf.flow.size);
}

void HostDriver::enable_interrupts(std::uint16_t vf, bool on) {
    ++use_.vfio_calls;
    vfs_[vf].port->enable_interrupts(on);
}

void HostDriver::vfio_step(std::uint16_t index, const vfio::Event& event) {
    Vf& vf = vfs_[index];
    Effects effects;
    effects.watcher = tap_.at(now(), index);
    if (steps_ != nullptr) {
        steps_->before(now(), side_, trace::StepPart::Vfio, index, vf.device);
    }
    vfio::step(vf.device, event, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side_, trace::StepPart::Vfio, index, vf.device);
        steps_->vfio(now(), side_, index, event, effects);
    }
    for (const Effect& effect : effects) {
        watch_vfio(index, effect);
        switch (effect.kind) {
            case EffectKind::DriverArc: {
                host::FlowEvent arc;
                arc.kind = host::FlowEvent::Kind::Arc;
                arc.from = static_cast<vfio::MigState>(effect.token);
                arc.to = static_cast<vfio::MigState>(effect.token2);
                arc.ticket = effect.ticket;
                arc.bytes = memory_.look(vf.buffer, timing_.state_limit);
                flow_step(index, arc);
                break;
            }
            case EffectKind::OpenSession: vf.read_at = 0; break;
            case EffectKind::CloseSession: break;
            case EffectKind::EnterState: break;
            case EffectKind::Reply: finish_call(index, effect); break;
            default: LMSIM_ASSERT(!"not an effect of a VFIO device");
        }
    }
}

void HostDriver::flow_step(std::uint16_t index, const host::FlowEvent& event) {
    Vf& vf = vfs_[index];
    Effects effects;
    effects.watcher = tap_.at(now(), index);
    const std::size_t state_bytes =
        std::max<std::uint64_t>(vf.flow.size, wire::state_header_size(rules_));
    if (steps_ != nullptr) {
        steps_->before(now(), side_, trace::StepPart::Flow, index, vf.flow);
    }
    host::step(vf.flow, event, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side_, trace::StepPart::Flow, index, vf.flow);
        steps_->flow(now(), side_, index, event, state_bytes, effects);
    }
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Submit) {
            flow_submit(index, effect);
        } else {
            const auto error = static_cast<vfio::Errno>(effect.token);
            if (observer_ != nullptr) {
                observer_->flow_step(now(), index, host::FlowStep::Idle, error == vfio::Errno::Ok);
            }
            vfio_step(index, vfio::arc_done(effect.ticket, error));
        }
    }
}

/// The command names a piece of the VF's state buffer, which is contiguous in the host's memory.
void HostDriver::flow_submit(std::uint16_t index, const Effect& effect) {
    Vf& vf = vfs_[index];
    if (observer_ != nullptr) {
        observer_->flow_step(now(), index, static_cast<host::FlowStep>(effect.token), true);
    }
    wire::Sqe sqe = host::command(vf.flow, effect, rules_);
    if (effect.length != 0) {
        const std::uint64_t address = vf.buffer + effect.address;
        const wire::PrpPair prps = wire::make_prps(address, effect.length, page_size, vf.list);
        if (prps.list_entries != 0) {
            const std::uint64_t second = (address & ~(page_size - 1)) + page_size;
            wire::write_prp_list(memory_.bytes(vf.list, 8 * prps.list_entries), vf.list, second,
                                 prps.list_entries, page_size);
        }
        sqe.prp1 = prps.prp1;
        sqe.prp2 = prps.prp2;
    }
    if (passthrough_) {
        passthrough_->enter(effect.length, [this, sqe, index, ticket = effect.ticket] {
            submit(sqe, index + 1U, ticket);
        });
    } else {
        submit(sqe, index + 1U, effect.ticket);
    }
}

/// The core has answered; data still have to be copied between the user and the driver.
void HostDriver::finish_call(std::uint16_t index, const Effect& reply) {
    Vf& vf = vfs_[index];
    if (!vf.call.done || reply.ticket == struck) {
        return;
    }
    VfioAnswer answer{static_cast<vfio::Errno>(reply.token), reply.token2, reply.token3};
    Ps copying = 0;
    const bool moves =
        vf.call.event.kind == vfio::EventKind::Read || vf.call.event.kind == vfio::EventKind::Write;
    if (moves && answer.error == vfio::Errno::Ok) {
        watch_session(index, answer.value);
    }
    if (answer.error == vfio::Errno::Ok && vf.call.event.kind == vfio::EventKind::Read) {
        vf.last_read = memory_.piece(vf.buffer + vf.read_at, answer.value);
        vf.read_at += answer.value;
        copying = copy(answer.value, &HostUse::copied_out);
    } else if (answer.error == vfio::Errno::Ok && vf.call.event.kind == vfio::EventKind::Write) {
        const SparseBytes& bytes = vf.call.bytes;
        memory_.put(vf.buffer + vf.flow.size, bytes.stored(), bytes.stored_size(), bytes.size());
        host::FlowEvent written;
        written.kind = host::FlowEvent::Kind::Written;
        written.value = vf.flow.size + bytes.size();
        flow_step(index, written);
        copying = copy(bytes.size(), &HostUse::copied_in);
    }
    vf.answer = answer;
    post_once(now() + copying, static_cast<std::uint32_t>(Kind::Answer), index);
}

void HostDriver::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Ring:
            if (!dead_) {
                put_on_queue(event.a, static_cast<std::uint16_t>(event.b));
            }
            break;
        case Kind::Interrupt:
            if (dead_) {
                interrupt_pending_ = false;
            } else if (pins_ == nullptr || !stops_reap()) {
                reap();
            }
            break;
        case Kind::Timer: {
            if (dead_) {
                break;  // who is loaded again gives all of them up
            }
            host::PfEvent fired;
            fired.kind = host::PfEvent::Kind::TimerFired;
            fired.owner = event.a;
            pf_step(fired);
            break;
        }
        case Kind::Ioctl: {
            const auto vf = static_cast<std::uint16_t>(event.a);
            if (faults_ == nullptr || !spoils_call(vf)) {
                vfio_step(vf, vfs_[vf].call.event);
            }
            break;
        }
        case Kind::Answer: {
            const VfioDone done = std::move(vfs_[event.a].call.done);
            vfs_[event.a].call.done = nullptr;
            done(vfs_[event.a].answer);
            break;
        }
        case Kind::Poll: pf_.read(reg::CSTS, 4, 0); break;
        case Kind::Alive:
            dead_ = false;
            strike_pf();
            break;
        case Kind::Return: bring_back(static_cast<std::uint16_t>(event.a), 0); break;
        case Kind::LateEvent: {
            const wire::AerResult told = late_events_.front();
            late_events_.pop_front();
            hear(told);
            break;
        }
        case Kind::LateRequest:
            if (!queue_.resetting) {
                submit(wire::encode(wire::Aer{}, rules_), pf_events, 0);
            }
            break;
        case Kind::Told: {
            const std::function<void()> done = std::move(telling_.front());
            telling_.pop_front();
            done();
            break;
        }
    }
}

}  // namespace lmsim::sim
