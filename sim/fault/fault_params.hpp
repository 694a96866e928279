#pragma once

#include <string>
#include <vector>

#include "sim/core/event_queue.hpp"
#include "sim/core/param.hpp"
#include "sim/fault/fault_class.hpp"
#include "sim/pin/effect_list.hpp"

namespace lmsim::sim {

/// One fault of a scenario. See docs/faults.md.
struct FaultParams {
    std::string what =
        param(&what, "what", "", "its class: \"completion.lost\" (`lmsim swarm --faults`)", choice);
    std::string where =
        param(&where, "where", "",
              "\"source\", \"destination\", \"source.vf0\", \"guest.vf0\"; empty: wherever it can "
              "happen",
              choice);
    std::string when =
        param(&when, "when", "",
              "a time after the migration's begin (\"2ms\"), an occasion (\"3rd\"), or the effect "
              "after which (\"source.vf0 Suspend Executed\": docs/explore.md, \"Pins\")",
              choice);
    Share probability = param(&probability, "probability", 0_percent,
                              between(0_percent, 100_percent), "of each occasion", choice);
    std::uint32_t times =
        param(&times, "times", 0, between(0, 1000000),
              "at most so often; 0: once with `when`, else without limit", choice);
    Time length = param(&length, "length", 1_ms, between(0_s, 1000_s),
                        "of classes that have one: how long, how late", choice);
    std::uint64_t value = param(&value, "value", 1, between<std::int64_t>(1, 1000000),
                                "of classes that have one: docs/faults.md", choice);
};

/// A fault of a scenario that is sound.
struct FaultPlan {
    enum class When : std::uint8_t { Always, Moment, Occasion, Effect, Chance };

    Fault what = Fault::Count;
    int host = -1;  // 0: source, 1: destination; -1: any
    int vf = -1;
    When when = When::Always;
    Ps moment = 0;  // after the migration's begin
    std::uint64_t occasion = 0;
    Occurrence effect;
    Share probability;
    std::uint64_t times = 1;
    Ps length = 0;
    std::uint64_t value = 0;
};

/// What is wrong with fault `index` of the list: which key of it, and why.
struct FaultProblem {
    std::size_t index = 0;
    const char* key = "what";
    std::string message;
};

/// `logs_user_data`: by host.
std::vector<FaultProblem> check_faults(const std::vector<FaultParams>& faults, unsigned vfs,
                                       const bool (&logs_user_data)[2]);

/// Of faults without problems.
std::vector<FaultPlan> read_faults(const std::vector<FaultParams>& faults);

/// docs/faults.md.
std::string fault_docs();

}  // namespace lmsim::sim
