#include "sim/fluid/hybrid.hpp"

#include <algorithm>

namespace lmsim::sim {

using host::vmm::Call;

namespace {

constexpr Ps first_window = 4 * ps_per_ms;
constexpr Ps last_window = 512 * ps_per_ms;
constexpr Ps unknown_settling = 5 * ps_per_ms;
// A pass over memory as short as this is not worth freezing, until so much was simulated exactly.
constexpr Ps short_pass = 10 * ps_per_ms;
constexpr Ps exact_budget = 50 * ps_per_ms;

/// Calls that meet no command of the guest.
bool is_harmless(Call call) {
    switch (call) {
        case Call::RamSendSlice:
        case Call::RamSyncBitmap:
        case Call::QueryStopCopySize:
        case Call::QueryPrecopyInfo:
        case Call::ReadDeviceBlock:
        case Call::SendDeviceBlock:
        case Call::SendMessage: return true;
        default: return false;
    }
}

}  // namespace

std::string why_exact(const Scenario& scenario, const Workload& workload) {
    if (scenario.vms.count > 1) {
        return "vms.count is more than 1, and their guests share one drive and one link";
    }
    if (!scenario.pins.empty()) {
        return "pins hold single effects of single commands";
    }
    if (scenario.media_copy.mode == MediaCopyMode::Mirror) {
        return "media_copy.mode = \"mirror\" sends each write to both sides";
    }
    if (scenario.vmm.throttle.on) {
        return "vmm.throttle slows the guest's I/O down while it is migrated";
    }
    if (scenario.hosts.src.driver.log_user_data) {
        return "hosts.src.driver.log_user_data wants an entry for each write";
    }
    if (scenario.hosts.src.driver.track_memory) {
        return "hosts.src.driver.track_memory wants each write of the device";
    }
    const TrackBy tracker = scenario.vmm.tracking.by;
    if (tracker != TrackBy::Known && tracker != TrackBy::None) {
        return "vmm.tracking.by wants each write of the devices";
    }
    for (const PlacedSource& placed : workload.sources) {
        const std::string why = placed.source->changes();
        if (!why.empty()) return why;
    }
    return {};
}

Hybrid::Hybrid(sc_core::sc_module_name name, Kernel& kernel, const Parts& parts)
    : Component(name, kernel), parts_(parts) {
    parts_.vmms->set_gate([this](VmmSide side, const Effect& call, std::function<void()> go) {
        return gate(side, call, std::move(go));
    });
    parts_.guest->on_sync([this] {
        if (state_ == State::Frozen) mark();
    });
}

void Hybrid::later(Ps at, Kind kind) { post_once(at, static_cast<std::uint32_t>(kind), turn_); }

void Hybrid::warm_up(Ps migrates_at) {
    phase_ends_ = migrates_at;
    window_ = first_window;
    measure();
}

void Hybrid::migrates() {
    phase_ = Phase::Migration;
    exact_ = 0;
    thawed_ = now();
}

void Hybrid::cool_down(Ps until) {
    phase_ = Phase::CoolDown;
    phase_ends_ = until;
    if (state_ != State::Frozen) {
        wait(io_.sample().span == 0 ? unknown_settling : 2 * io_.settling());
    }
}

/// What was measured holds no more; from then on it is measured again.
void Hybrid::wait(Ps span) {
    ++turn_;
    state_ = State::Waiting;
    window_ = first_window;
    parts_.meter->sample(nullptr);
    later(now() + span, Kind::Settled);
}

void Hybrid::measure() {
    ++turn_;
    state_ = State::Measuring;
    io_.begin(now(), *parts_.guest, io_busy(*parts_.device[0], *parts_.device[1]));
    parts_.meter->sample(&io_.sample());
    for (unsigned i = 1; i < SteadyIo::looks; ++i) {
        later(now() + window_ / SteadyIo::looks * i, Kind::Look);
    }
    later(now() + window_, Kind::Measured);
}

void Hybrid::measured() {
    const IoBusy busy = io_busy(*parts_.device[0], *parts_.device[1]);
    const bool steady = io_.end(now(), *parts_.guest, busy, window_ == last_window);
    if (steady) {
        parts_.meter->sample(nullptr);
        state_ = State::Steady;
        if (phase_ != Phase::Migration) {
            freeze(phase_ == Phase::WarmUp ? phase_ends_ - io_.settling() : phase_ends_);
        }
        return;
    }
    window_ = std::min(2 * window_, last_window);
    measure();
}

/// Nothing if that is not worth it.
void Hybrid::freeze(Ps until) {
    const Ps steady = parts_.guest->steady_until();
    until = std::min(until, steady == ps_never ? steady : steady - io_.settling());
    if (until < now() + 2 * io_.settling() || parts_.guest->paused()) {
        return;
    }
    ++turn_;
    state_ = State::Frozen;
    exact_ += now() - thawed_;
    flushed_ = marked_ = now();
    ++used_.stretches;
    parts_.guest->freeze();
    if (until != ps_never) {
        later(until, Kind::Thaw);
    }
    if (parts_.sink != nullptr) {
        parts_.sink->note(now(), "the guest's I/O goes by its rates");
    }
}

void Hybrid::flush() {
    if (state_ != State::Frozen || flushed_ == now()) {
        return;
    }
    const Ps span = now() - flushed_;
    used_.commands += parts_.meter->skip(flushed_, now(), io_.sample());
    used_.skipped += span;
    const IoBusy busy = io_.busy_in(span);
    for (std::size_t i = 0; i < busy.size(); ++i) busy_[i] += busy[i];
    flushed_ = now();
}

/// What the I/O would have written since the last time. Before and after the migration nobody asks.
void Hybrid::mark() {
    if (phase_ == Phase::Migration) {
        io_.write_pages(parts_.guest->memory(), now() - marked_);
    }
    marked_ = now();
}

void Hybrid::thaw(Ps held) {
    flush();
    mark();
    ++turn_;
    state_ = State::Steady;
    thawed_ = now();
    parts_.guest->thaw(held);
    if (parts_.sink != nullptr) {
        parts_.sink->note(now(), "the guest's I/O is simulated again");
    }
}

bool Hybrid::is_worth_it() const {
    const Channel& channel = parts_.vmms->channel();
    const Ps page = transfer(Bytes{page_size}, channel.page_rate()).ps;
    const auto left = static_cast<Ps>(parts_.vmms->pages_left());
    return left >= short_pass / page || exact_ + now() - thawed_ >= exact_budget;
}

/// True if the call has to wait.
bool Hybrid::gate(VmmSide side, const Effect& call, std::function<void()> go) {
    const auto what = static_cast<Call>(call.token);
    if (side != VmmSide::Source || phase_ != Phase::Migration) {
        return false;
    }
    if (state_ == State::Frozen) {
        if (is_harmless(what)) {
            return false;
        }
        hold(std::move(go));
        return true;
    }
    if (what == Call::RamSendSlice && state_ == State::Steady && is_worth_it()) {
        freeze(ps_never);
    } else if (what == Call::PauseVcpus) {
        ++turn_;
        state_ = State::Waiting;
        parts_.meter->sample(nullptr);
    }
    return false;
}

/// How long the VMM waits: until I/O is steady again and for one epoch after that, all of it from
/// the begin of an epoch on. So the I/O draws what the exact run's draws before the call.
Ps Hybrid::holds() const {
    constexpr Ps epoch = EpochRandom::epoch.ps;
    const Ps least = io_.settling() + epoch;
    return least + std::max<Ps>(0, guest_time() - least) % epoch;
}

void Hybrid::hold(std::function<void()> go) {
    parts_.guest->hold_writes(true);
    const Ps span = holds();
    kernel().hold(span);
    thaw(span);
    held_since_ = now();
    dirty_ = parts_.guest->memory().dirty_log(parts_.guest->memory().allocated_pages());
    go_ = std::move(go);
    post_once(now() + span, static_cast<std::uint32_t>(Kind::Release));
}

void Hybrid::release() {
    parts_.memory[0]->hand_over_since(dirty_, *parts_.memory[1]);
    parts_.guest->hold_writes(false);
    used_.held += now() - held_since_;
    parts_.vmms->set_clock_back(now() - held_since_);
    const std::function<void()> go = std::move(go_);
    go();
}

void Hybrid::handle(const Event& event) {
    const auto kind = static_cast<Kind>(event.kind);
    if (kind == Kind::Release) {
        release();
        return;
    }
    if (event.a != turn_) {
        return;
    }
    switch (kind) {
        case Kind::Settled: measure(); break;
        case Kind::Look: io_.look(*parts_.guest); break;
        case Kind::Measured: measured(); break;
        case Kind::Thaw:
            thaw();
            // Something of the guest's own is about to change, unless it is the VMM that comes.
            if (phase_ != Phase::WarmUp || now() < phase_ends_ - io_.settling()) {
                wait(2 * io_.settling());
            }
            break;
        case Kind::Release: break;
    }
}

}  // namespace lmsim::sim
