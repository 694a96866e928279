#pragma once

#include <cstdint>

#include "model/nvme/config.hpp"
#include "model/nvme/env.hpp"
#include "model/nvme/step.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"

namespace lmsim::nvme {

/// For what cannot go on in any case: the condition, or an internal error where it is not in force.
inline spec::Id in_any_case(const spec::Rules& rules, spec::Id condition) {
    return rules.on(condition) ? condition : spec::Id::StatusInternalError;
}

/// What every function of a step works on.
template <class Bounds>
struct Context {
    Subsystem<Bounds>& subsystem;
    const Config& config;
    const spec::Rules& rules;
    Env& env;
    Effects& effects;

    Controller<Bounds>& controller(std::uint16_t function) {
        return subsystem.controller[function];
    }
    Effect& effect(EffectKind kind, std::uint16_t function) {
        Effect& made = effects.push(kind);
        made.function = function;
        return made;
    }
};

}  // namespace lmsim::nvme
