#include "sim/host/opaque_device.hpp"

#include <algorithm>
#include <utility>

#include "model/host/rfc/driver_rules.hpp"

namespace lmsim::sim {

using metrics::Part;
using vfio::Errno;
using vfio::MigState;

namespace {

constexpr std::uint32_t log_ticket = 1;  // of calls that may come beside another one
constexpr Ps log_again = 10'000'000;     // until a call that had to wait for a SET is made again

}  // namespace

spec::Rules opaque_rules(const OpaqueTiming& timing, spec::Rules rules) {
    if (timing.zero_ends_precopy) {
        rules.set_on(spec::Id::VfioFdDrained, false);
    }
    return rules;
}

OpaqueDevice::OpaqueDevice(sc_core::sc_module_name name, Kernel& kernel, const OpaqueTiming& timing,
                           std::uint16_t number, bool runs, const spec::Rules& rules,
                           std::uint64_t seed)
    : Component(name, kernel),
      timing_(timing),
      number_(number),
      rules_(opaque_rules(timing, host::driver_rules(rules))),
      random_(seed, this->basename()),
      content_(Kernel::mix(seed ^ Kernel::mix(number + std::uint64_t{1}))),
      device_(vfio::make_device(timing.features, timing.log_ops)),
      interrupts_(runs),
      dma_random_(seed, std::string(this->basename()) + ".dma") {}

void OpaqueDevice::set_observer(OpaqueObserver* observer) {
    observer_ = observer;
    tell_works();
}

void OpaqueDevice::tell_works() {
    if (observer_ != nullptr) {
        observer_->device_works(now(), number_, runs() && !stopping_, interrupts_);
    }
}

// --- Calls --------------------------------------------------------------------------------------

/// Every call costs the way into the kernel; then the core looks at it.
void OpaqueDevice::call(const vfio::Event& event, VfioDone done, Ps more) {
    LMSIM_ASSERT(!call_.done);
    call_.event = event;
    call_.done = std::move(done);
    call_.work = 0;
    call_.waits = false;
    post_once(now() + timing_.ioctl + more, static_cast<std::uint32_t>(Kind::Ioctl));
}

void OpaqueDevice::set_state(MigState state, VfioDone done) {
    call(vfio::set_state(state), std::move(done));
}

void OpaqueDevice::reset(VfioDone done) {
    call(vfio::reset(), std::move(done), draw(timing_.reset));
}

void OpaqueDevice::data_size(VfioDone done) { call(vfio::data_size(0), std::move(done)); }

void OpaqueDevice::precopy_info(VfioDone done) {
    call(vfio::precopy_info(vfio::data_fd(device_.sessions, false), 0, 0), std::move(done));
}

void OpaqueDevice::read(std::uint64_t length, VfioDone done) {
    call(vfio::read(vfio::data_fd(device_.sessions, false), length, 0), std::move(done));
}

void OpaqueDevice::write(const SparseBytes& bytes, VfioDone done) {
    call_.bytes = bytes;
    call(vfio::write(vfio::data_fd(device_.sessions, true), 0), std::move(done));
}

void OpaqueDevice::enable_interrupts(bool on) {
    interrupts_ = on;
    tell_works();
}

/// What the driver says to the call, as it is then.
void OpaqueDevice::make_call() {
    vfio::Event& event = call_.event;
    switch (event.kind) {
        case vfio::EventKind::Read: fill_read(event); break;
        case vfio::EventKind::PrecopyInfo: fill_precopy_info(event); break;
        case vfio::EventKind::DataSize:
            event.available =
                device_.session == vfio::Session::Saving
                    ? image_.left() +
                          (device_.state == MigState::STOP_COPY ? 0 : timing_.stop + changed())
                    : timing_.stop + timing_.initial;
            break;
        case vfio::EventKind::Write: event.error = take_blocks(call_.bytes); break;
        default: break;
    }
    vfio_step(event);
}

void OpaqueDevice::fill_read(vfio::Event& event) const {
    event.available = timing_.short_reads ? image_.record_left() : image_.available();
    event.producing = image_.producing();
}

/// The driver asks the device for what has changed when all that it had is read: another image.
void OpaqueDevice::fill_precopy_info(vfio::Event& event) {
    if (device_.state == MigState::PRE_COPY && image_.left() == 0 && changed() != 0) {
        image_.add(changed(), false);
        changes_since_ = now();
        save_more();
    }
    const std::uint64_t read = image_.position();
    event.initial = read < timing_.initial ? timing_.initial - read : 0;
    event.dirty = image_.left() - event.initial + changed();
}

/// Bytes that have changed since the last image that holds them.
std::uint64_t OpaqueDevice::changed() const {
    if (!precopied_ || timing_.dirty == 0) {
        return 0;
    }
    Ps span = (runs() && !stopping_ ? now() : stopped_at_) - changes_since_;
    if (timing_.look != 0) {
        span -= span % timing_.look;
    }
    return std::min(carried(Time{span}, timing_.dirty_rate).count, timing_.dirty);
}

/// The user's bytes stand for blocks. What is not whole, or not the next one, no device takes.
Errno OpaqueDevice::take_blocks(const SparseBytes& bytes) {
    if (bytes.empty() || bytes.size() % OpaqueBlock::bytes != 0) {
        return Errno::Invalid;
    }
    if (!allocated_) {
        allocated_ = true;
        use_.allocating = draw(timing_.allocate);
        call_.work += use_.allocating;
    }
    std::uint64_t length = 0;
    const std::vector<std::uint8_t> all = bytes.all();
    for (std::size_t at = 0; at < all.size(); at += OpaqueBlock::bytes) {
        const OpaqueBlock block = OpaqueBlock::decode(all.data() + at);
        if (!load_.take(block)) {
            return Errno::Invalid;
        }
        length += block.length;
    }
    call_.event.length = length;
    call_.work += transfer(Bytes{length}, timing_.copy_rate).ps;
    if (timing_.loads_at_write && load_.whole_records() != 0) {
        call_.work += load_time(load_.whole_records());
    }
    return Errno::Ok;
}

/// The device loads all that is whole, with so many commands.
Ps OpaqueDevice::load_time(std::uint64_t commands) {
    Ps time = transfer(Bytes{load_.whole_bytes()}, timing_.load_rate).ps;
    for (std::uint64_t i = 0; i < commands; ++i) {
        time += draw(timing_.load);
    }
    if (load_.complete()) {
        time += draw(timing_.restore);
    }
    use_.commands += commands;
    use_.loaded_bytes += load_.whole_bytes();
    load_.loaded();
    return time;
}

void OpaqueDevice::vfio_step(const vfio::Event& event) {
    Effects effects;
    effects.watcher = tap_.at(now(), number_);
    if (steps_ != nullptr) {
        steps_->before(now(), side_, trace::StepPart::Vfio, number_, device_);
    }
    vfio::step(device_, event, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side_, trace::StepPart::Vfio, number_, device_);
        steps_->vfio(now(), side_, number_, event, effects);
    }
    for (const Effect& effect : effects) {
        if (effect.kind == EffectKind::Reply && effect.ticket == log_ticket) {
            log_error_ = static_cast<Errno>(effect.token);
            log_waits_ = (effect.flags & vfio::reply_waits) != 0;
            continue;
        }
        switch (effect.kind) {
            case EffectKind::DriverArc:
                begin_arc(static_cast<MigState>(effect.token), static_cast<MigState>(effect.token2),
                          effect.ticket);
                break;
            case EffectKind::OpenSession:
            case EffectKind::CloseSession: break;
            case EffectKind::EnterState:
                entered(static_cast<MigState>(effect.token2), static_cast<MigState>(effect.token));
                break;
            case EffectKind::Reply: finish_call(effect); break;
            default: LMSIM_ASSERT(!"not an effect of a VFIO device");
        }
    }
}

/// The core has answered; data still have to be copied, and perhaps loaded.
void OpaqueDevice::finish_call(const Effect& reply) {
    call_.waits = (reply.flags & vfio::reply_waits) != 0;
    if (!call_.done || call_.waits) {
        return;  // a read() waits for the chunk that is being saved
    }
    answer_ = {static_cast<Errno>(reply.token), reply.token2, reply.token3};
    Ps work = call_.work;
    const bool reads = call_.event.kind == vfio::EventKind::Read;
    if (reads) {
        last_read_.clear();
    }
    if (reads && answer_.error == Errno::Ok && answer_.value != 0) {
        last_read_ = SparseBytes(image_.take(answer_.value).encode());
        (device_.state == MigState::STOP_COPY ? use_.stop_bytes : use_.precopy_bytes) +=
            answer_.value;
        work += transfer(Bytes{answer_.value}, timing_.copy_rate).ps;
        save_more();
    }
    post_once(now() + work, static_cast<std::uint32_t>(Kind::Answer));
}

// --- Arcs ---------------------------------------------------------------------------------------

/// A driver that looks now and then sees the end at its next look, if that is not too late for it.
void OpaqueDevice::poll_for(Part part, const Distribution& times) {
    Ps time = draw(times);
    if (timing_.poll != 0) {
        const Ps looks = (std::min(time, timing_.poll_limit) + timing_.poll - 1) / timing_.poll;
        arc_error_ = time > timing_.poll_limit ? Errno::TimedOut : arc_error_;
        time = looks * timing_.poll;
    }
    phases_.push_back({part, time});
}

/// mlx5 suspends only when no command to save is under way.
void OpaqueDevice::stop_running(bool to_stop) {
    if (image_.is_saving() && runs()) {
        phases_.push_back({Part::StateRead, saved_at_ - now()});
    }
    if (runs()) {
        poll_for(Part::Quiesce, timing_.quiesce);
    }
    if (to_stop) {
        poll_for(Part::Suspend, timing_.suspend);
    }
}

void OpaqueDevice::begin_arc(MigState from, MigState to, std::uint32_t ticket) {
    arc_ = ticket;
    arc_error_ = Errno::Ok;
    const bool saves = vfio::is_saving(to) && !vfio::is_saving(from);
    const bool ends = device_.session == vfio::Session::Saving && !vfio::is_saving(to);
    if (to == MigState::STOP || to == MigState::STOP_COPY) {
        const bool ran =
            from != MigState::STOP && from != MigState::STOP_COPY && from != MigState::RESUMING;
        if (ran) stop_running(true);
    } else if (to == MigState::RUNNING_P2P && from == MigState::RUNNING) {
        stop_running(false);
    } else if (to == MigState::PRE_COPY_P2P && from == MigState::PRE_COPY) {
        stop_running(false);
    } else if (from == MigState::STOP && to != MigState::RESUMING) {
        phases_.push_back({Part::Resume, draw(timing_.resume)});
    }
    const bool starts = to == MigState::RUNNING || to == MigState::PRE_COPY;
    if (starts && !runs()) {
        phases_.push_back({Part::Resume, draw(timing_.start)});
    }
    if (saves || to == MigState::RESUMING) {
        phases_.push_back({Part::StateRead, draw(timing_.open)});
    } else if (from == MigState::RESUMING) {
        load_all();
    } else if (ends) {
        phases_.push_back({Part::Vmm, draw(timing_.close)});
    }
    if (runs() && !starts) {
        write_memory();
        stopping_ = true;
        stopped_at_ = now();
    }
    tell_works();
    next_phase();
}

/// A driver that has only kept what was written gives it to the device now.
void OpaqueDevice::load_all() {
    if (!load_.empty() && !load_.complete()) {
        arc_error_ = Errno::Invalid;
    } else if (load_.whole_records() != 0) {
        phases_.push_back({Part::StateLoad, load_time(1)});
    }
    loaded_ = load_.complete();
    phases_.push_back({Part::StateLoad, draw(timing_.close)});
}

void OpaqueDevice::next_phase() {
    if (!phases_.empty()) {
        const Phase phase = phases_.front();
        if (observer_ != nullptr) {
            observer_->device_is_at(now(), number_, phase.part, false);
        }
        post_once(now() + phase.time, static_cast<std::uint32_t>(Kind::Phase));
        return;
    }
    if (observer_ != nullptr) {
        observer_->device_is_at(now(), number_, Part::Vmm, true);
    }
    stopping_ = false;
    vfio_step(vfio::arc_done(arc_, arc_error_));
}

/// The images that a state begins with.
void OpaqueDevice::entered(MigState from, MigState to) {
    tell_works();
    if (runs() && from != MigState::RUNNING && from != MigState::PRE_COPY) {
        dma_since_ = now();
        dma_done_ = 0;
    }
    if (vfio::is_saving(to) && !vfio::is_saving(from)) {
        ++session_;
        image_.begin(timing_.chunk, timing_.ahead, content_);
        precopied_ = to != MigState::STOP_COPY;
        changes_since_ = now();
        image_.add(precopied_ ? timing_.initial : 0, false);
    }
    if (to == MigState::STOP_COPY) {
        image_.add(timing_.stop + (precopied_ ? changed() : timing_.initial), true);
    } else if (to == MigState::RESUMING) {
        load_ = {};
        allocated_ = false;
        loaded_ = false;
    }
    save_more();
}

/// The device saves the next chunk, if there is one and a buffer for it.
void OpaqueDevice::save_more() {
    const std::uint64_t bytes = image_.next_chunk();
    if (bytes == 0 || device_.session != vfio::Session::Saving) {
        return;
    }
    image_.saving();
    ++use_.commands;
    saved_at_ = now() + draw(timing_.save) + transfer(Bytes{bytes}, timing_.save_rate).ps;
    post_once(saved_at_, static_cast<std::uint32_t>(Kind::Saved), session_);
}

void OpaqueDevice::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Ioctl: make_call(); break;
        case Kind::Answer: {
            const VfioDone done = std::move(call_.done);
            call_.done = nullptr;
            done(answer_);
            break;
        }
        case Kind::Phase:
            phases_.pop_front();
            next_phase();
            break;
        case Kind::Saved:
            if (event.a != session_) {
                break;  // of an earlier session
            }
            image_.saved();
            save_more();
            if (call_.waits) {
                make_call();
            }
            break;
        case Kind::LogStart: log_started(); break;
        case Kind::LogReport: log_reported(); break;
    }
}

// --- Memory -------------------------------------------------------------------------------------

void OpaqueDevice::attach(Memory& memory, std::uint64_t first_page) {
    memory_ = &memory;
    dma_first_ = first_page;
    log_ = DmaLog(memory.pages(), timing_.log_granule);
}

void OpaqueDevice::write_memory() {
    if (memory_ == nullptr || timing_.dma_rate.milli_per_s == 0 || !runs() || stopping_) {
        return;
    }
    const Uint128 due = static_cast<Uint128>(now() - dma_since_) * timing_.dma_rate.milli_per_s /
                        (Uint128{1'000'000'000'000} * 1000);
    for (; dma_done_ < static_cast<std::uint64_t>(due); ++dma_done_) {
        const std::uint64_t page = dma_first_ + dma_random_.below(timing_.dma_pages);
        memory_->dma_wrote(page * page_size, page_size);
        if (device_.logging) {
            log_.wrote(page);
        }
    }
}

/// The core's answer to a call of the log; false if it has to be made again.
bool OpaqueDevice::log_call(const vfio::Event& event, Kind again) {
    vfio_step(event);
    if (log_waits_) {
        post_once(now() + log_again, static_cast<std::uint32_t>(again));
    }
    return !log_waits_;
}

void OpaqueDevice::start_log(std::function<void()> done) {
    log_start_done_ = std::move(done);
    post_once(now() + timing_.ioctl + draw(timing_.log_switch),
              static_cast<std::uint32_t>(Kind::LogStart));
}

void OpaqueDevice::log_started() {
    write_memory();
    if (log_call(vfio::log_start(Errno::Ok, log_ticket), Kind::LogStart)) {
        log_.clear();
        std::exchange(log_start_done_, nullptr)();
    }
}

void OpaqueDevice::report_log(std::function<void(std::uint64_t, std::uint64_t)> done) {
    log_report_done_ = std::move(done);
    write_memory();
    const Ps granules = static_cast<Ps>(log_.count()) * timing_.log_report_granule;
    post_once(now() + timing_.ioctl + timing_.log_report + granules,
              static_cast<std::uint32_t>(Kind::LogReport));
}

/// Without an answer all memory counts as written.
void OpaqueDevice::log_reported() {
    write_memory();
    if (!log_call(vfio::log_report(Errno::Ok, log_ticket), Kind::LogReport)) {
        return;
    }
    const std::uint64_t granules = log_.count();
    std::uint64_t pages = log_.take([this](std::uint64_t first, std::uint64_t count) {
        memory_->mark_dirty(first * page_size, count * page_size);
    });
    if (log_error_ != Errno::Ok) {
        pages = memory_->pages();
        memory_->mark_dirty(0, pages * page_size);
    }
    std::exchange(log_report_done_, nullptr)(granules, pages);
}

void OpaqueDevice::stop_log() {
    write_memory();
    vfio_step(vfio::log_stop(log_ticket));
}

}  // namespace lmsim::sim
