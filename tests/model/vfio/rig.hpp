#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/pack.hpp"
#include "model/vfio/event.hpp"
#include "tests/catch.hpp"
#include "tests/model/vfio/golden.hpp"

namespace lmsim::vfio {

/// The Reply of a step.
struct Answer {
    Errno error = Errno::Ok;
    std::int64_t result = 0;
    std::uint64_t third = 0;
    std::uint8_t flags = 0;
    std::uint32_t ticket = 0;

    bool waits() const { return (flags & reply_waits) != 0; }
};

/// A device, its rules and a host that can perform arcs at once.
struct Rig {
    DeviceState device;
    spec::Rules rules;
    Effects effects;

    explicit Rig(std::uint8_t flags = all_mig_flags, bool log_ops = true)
        : device(make_device(flags, log_ops)) {}

    /// One step; its effects stay in `effects`.
    std::optional<Answer> step(const Event& event) {
        effects.clear();
        vfio::step(device, event, rules, effects);
        return answer();
    }

    std::optional<Answer> answer() const {
        std::optional<Answer> result;
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply) {
                result = Answer{static_cast<Errno>(effect.token),
                                static_cast<std::int64_t>(effect.token2), effect.token3,
                                effect.flags, effect.ticket};
            }
        }
        return result;
    }

    std::vector<Effect> all(EffectKind kind) const {
        std::vector<Effect> result;
        for (const Effect& effect : effects) {
            if (effect.kind == kind) {
                result.push_back(effect);
            }
        }
        return result;
    }

    /// A SET whose arcs all succeed. Every state on the way is in `walked`.
    Answer set(MigState target) {
        walked = {device.state};
        std::optional<Answer> reply = step(set_state(target));
        while (!reply) {
            reply = step(arc_done(device.hop));
            walked.push_back(device.state);
        }
        return *reply;
    }

    /// The next arc of a SET under way succeeds.
    std::optional<Answer> arc() { return step(arc_done(device.hop)); }

    /// A device in this state, reached from RUNNING.
    static Rig in(MigState state, std::uint8_t flags = all_mig_flags) {
        Rig rig(flags);
        if (state == MigState::ERROR) {
            rig.step(set_state(MigState::STOP));
            rig.step(arc_done(rig.device.hop, Errno::Io, true));
        } else {
            rig.fd = rig.set(state).result;
        }
        return rig;
    }
    std::uint32_t handle() const { return static_cast<std::uint32_t>(fd); }

    std::vector<MigState> walked;
    std::int64_t fd = -1;  // of in()
};

}  // namespace lmsim::vfio

namespace Catch {
template <>
struct StringMaker<lmsim::vfio::MigState> {
    static std::string convert(lmsim::vfio::MigState state) {
        return std::string(lmsim::vfio::to_string(state));
    }
};
template <>
struct StringMaker<lmsim::vfio::Errno> {
    static std::string convert(lmsim::vfio::Errno error) {
        return std::string(lmsim::vfio::to_string(error));
    }
};
}  // namespace Catch
