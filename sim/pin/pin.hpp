#pragma once

#include <string>
#include <vector>

#include "sim/core/event_queue.hpp"
#include "sim/core/param.hpp"
#include "sim/pin/effect_list.hpp"

namespace lmsim::sim {

/// One pin of a scenario: an order that the run has to keep. See docs/explore.md, "Pins".
struct PinParams {
    std::string effect = param(&effect, "effect", "",
                               "what waits, or is done then if nobody does it by himself (a fault, "
                               "a user's wish): \"source.vf0 Suspend Executed\"",
                               choice);
    std::string after = param(&after, "after", "run Begins",
                              "what it waits for; \"2nd \" and so on before a name count", choice);
    Time delay = param(&delay, "delay", 0_s, between(0_s, 1000_s),
                       "how long after that; what follows from it at once needs time, too", choice);
};

/// A pin of a scenario that is sound.
struct Pin {
    Occurrence effect;
    Occurrence after;
    Ps delay = 0;
    bool wish = false;
};

/// What is wrong with pin `index` of the list: which key of it, and why.
struct PinProblem {
    std::size_t index = 0;
    const char* key = "effect";
    std::string message;
};

/// Looks for names that nobody has, for VFs that are not there, for wishes that this run cannot
/// fulfil, and for effects that wait for themselves.
std::vector<PinProblem> check_pins(const std::vector<PinParams>& pins, unsigned vfs, bool migrates);

/// Of pins without problems.
std::vector<Pin> read_pins(const std::vector<PinParams>& pins, unsigned vfs);

}  // namespace lmsim::sim
