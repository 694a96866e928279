#include "model/host/effect_name.hpp"
#include "sim/host/host_driver.hpp"

// Where a driver waits because of pins, and what it does when a pin wishes it.

namespace lmsim::sim {

namespace effect = host::effect;

namespace {

unsigned pinned_host(metrics::Side side) { return side == metrics::Side::Destination ? 1 : 0; }

}  // namespace

void HostDriver::set_pins(Pins* pins, metrics::Side side) {
    pins_ = pins;
    side_ = side;
}

/// The command that the VF's flow asks for now.
Occurrence HostDriver::count_command(std::uint16_t vf) {
    const std::string name =
        effect::of_vf(pinned_host(side_), vf, effect::command_word(vfs_[vf].flow.step));
    return {name, ++commands_[name]};
}

Occurrence HostDriver::command_of(std::uint16_t cid) const {
    const std::uint32_t owner = cid < queue_.depth ? queue_.owner[cid] : 0;
    return owner == 0 ? Occurrence{} : requests_[owner - 1].effect;
}

/// The driver takes all completions that it finds: if one has to wait, all do.
bool HostDriver::stops_reap() {
    std::vector<Occurrence> names;
    admin_.queue(0).peek([&](const wire::Cqe& cqe) {
        Occurrence command = command_of(cqe.cid);
        if (!command.effect.empty()) {
            command.effect += ' ' + std::string(effect::completed);
            names.push_back(std::move(command));
        }
    });
    const auto again = [this] {
        if (!stops_reap()) {
            reap();
        }
    };
    for (const Occurrence& name : names) {
        if (pins_->holds(name, again)) {
            return true;
        }
    }
    for (const Occurrence& name : names) {
        pins_->happened(name);
    }
    return false;
}

/// The PF is ready after a reset, and its driver goes on with it.
bool HostDriver::stops_enabling(std::uint64_t value) {
    return pins_->stops(effect::of_pf(pinned_host(side_), effect::enabled),
                        [this, value] { read_done(0, value); });
}

void HostDriver::was_reset(std::uint16_t vf) {
    host::FlowEvent reset;
    reset.kind = host::FlowEvent::Kind::Reset;
    flow_step(vf, reset);
    vfio_step(vf, vfio::reset(struck));
}

void HostDriver::strike(std::uint16_t vf, std::function<void()> done) {
    vfs_[vf].port->reset([this, vf, done = std::move(done)] {
        was_reset(vf);
        done();
    });
}

void HostDriver::release(std::uint16_t vf) {
    vfs_[vf].resets = true;
    strike(vf, [this, vf] { vfs_[vf].resets = false; });
}

bool HostDriver::is_struck(std::uint16_t index, bool of_pf) const {
    const Vf& vf = vfs_[index];
    const bool running = vf.device.state == vfio::MigState::RUNNING;
    return of_pf ? pf_struck_ && running : boot_ == Boot::Done && !vf.resets;
}

void HostDriver::strike_pf() {
    pf_struck_ = true;
    reset_pf();
    host::PfEvent began;
    began.kind = host::PfEvent::Kind::ResetBegan;
    pf_step(began);
}

bool HostDriver::time_out(const std::string& command) {
    for (std::uint16_t tag = 0; tag < queue_.depth; ++tag) {
        const std::uint32_t owner = queue_.owner[tag];
        if (owner == 0 || requests_[owner - 1].effect.effect != command) {
            continue;
        }
        host::PfEvent fired;
        fired.kind = host::PfEvent::Kind::TimerFired;
        fired.owner = tag | std::uint32_t{queue_.generation[tag]} << 16;
        pf_step(fired);
        return true;
    }
    return false;
}

}  // namespace lmsim::sim
