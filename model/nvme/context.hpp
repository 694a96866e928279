#pragma once

#include <cstdint>

#include "model/nvme/state.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"

namespace lmsim::nvme {

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

/// A ticket names a slot in one life of a controller: answers that outlive a reset are recognized.
struct Ticket {
    static std::uint32_t make(std::uint32_t slot, std::uint32_t generation) {
        return slot | (generation << 16);
    }
    static std::uint32_t slot(std::uint32_t ticket) { return ticket & 0xffff; }
    static std::uint32_t generation(std::uint32_t ticket) { return ticket >> 16; }
};

constexpr std::uint32_t no_slot = 0xffff;  // the ticket of a controller's own work

}  // namespace lmsim::nvme
