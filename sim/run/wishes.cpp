#include "sim/run/wishes.hpp"

#include "model/host/effect_name.hpp"

namespace lmsim::sim {

namespace effect = host::effect;

namespace {

constexpr std::uint64_t all_of_it = 1U << 30;  // more than a state has

Pins::Granted not_yet() { return {false, {}}; }

Pins::Granted never(std::string why) { return {false, std::move(why)}; }

}  // namespace

Wishes::Wishes(Pins& pins, VmmPair& vmms, std::array<HostDriver*, 2> drivers, std::uint32_t vfs)
    : pins_(pins), vmms_(vmms), drivers_(drivers), vfs_(vfs) {
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        add_host(side);
        for (std::uint16_t vf = 0; vf < vfs; ++vf) {
            add_vf(side, vf);
        }
    }
    for (std::uint16_t vf = 0; vf < vfs; ++vf) {
        add_user(vf);
    }
    add_channel();
}

/// A wish that takes no time and cannot fail.
Wishes::Grant Wishes::done(const std::string& wish, std::function<void()> act) {
    return [this, wish, act = std::move(act)] {
        pins_.happened(wish);
        act();
        return Pins::Granted{};
    };
}

void Wishes::add_host(VmmSide side) {
    const auto host = static_cast<unsigned>(side);
    const std::string reset = effect::of_pf(host, effect::reset);
    add(reset, done(reset, [this, side, host] {
            drivers_[host]->strike_pf();
            for (std::uint16_t vf = 0; vf < vfs_; ++vf) {
                lost_(side, vf);
            }
        }));
}

void Wishes::add_vf(VmmSide side, std::uint16_t vf) {
    const auto host = static_cast<unsigned>(side);
    HostDriver& driver = *drivers_[host];
    const std::string reset = effect::of_vf(host, vf, effect::reset);
    add(reset, [this, &driver, side, vf, reset] {
        driver.strike(vf, [this, side, vf, reset] {
            lost_(side, vf);
            pins_.happened(reset);
        });
        return Pins::Granted{};
    });
    using host::FlowStep;
    for (const FlowStep step : {FlowStep::Notify, FlowStep::Suspend, FlowStep::ReadState,
                                FlowStep::LoadState, FlowStep::Resume}) {
        const std::string command = effect::of_vf(host, vf, effect::command_word(step));
        // The controller looks for this one itself when it fetches the command.
        add(command + ' ' + std::string(effect::refused), [] { return Pins::Granted{}; });
        const std::string late = command + ' ' + std::string(effect::timed_out);
        add(late, [this, &driver, command, late] {
            if (!driver.time_out(command)) {
                return never("no such command was under way that could time out: " + late);
            }
            pins_.happened(late);
            return Pins::Granted{};
        });
    }
}

/// The user of a VFIO device makes one call at a time.
void Wishes::add_user(std::uint16_t vf) {
    HostDriver& driver = *drivers_[0];
    const auto call = [this, &driver, vf](const std::string& wish, std::function<void()> act) {
        add(wish, [this, &driver, vf, wish, act = std::move(act)] {
            if (driver.is_busy(vf)) {
                return not_yet();
            }
            pins_.happened(wish);
            act();
            return Pins::Granted{};
        });
    };
    for (unsigned to = 1; to < vfio::state_count; ++to) {
        const auto state = static_cast<vfio::MigState>(to);
        call(effect::of_vf(0, vf,
                           std::string(effect::user_sets) + std::string(vfio::to_string(state))),
             [&driver, vf, state] { driver.set_state(vf, state, [](const VfioAnswer&) {}); });
    }
    call(effect::of_vf(0, vf, effect::user_reads), [this, &driver, vf] {
        driver.read(vf, all_of_it, [this, &driver, vf](const VfioAnswer& from) {
            if (from.error == vfio::Errno::Ok && from.value != 0) {
                state_[vf] = driver.bytes_read(vf);
            }
        });
    });
    call(effect::of_vf(0, vf, effect::user_writes),
         [this, &driver, vf] { driver.write(vf, state_[vf], [](const VfioAnswer&) {}); });
}

void Wishes::add_channel() {
    const std::string cancel = effect::of_vmm(0, effect::cancel);
    add(cancel, done(cancel, [this] { vmms_.cancel(); }));
    const std::string cut(effect::channel_cut);
    add(cut, done(cut, [this] { vmms_.cut(); }));
    const std::string damaged(effect::channel_damaged);
    add(damaged, [this, damaged] {
        if (!vmms_.damage()) {
            return never("no state of a device was on the channel that could lose its end");
        }
        pins_.happened(damaged);
        return Pins::Granted{};
    });
}

}  // namespace lmsim::sim
