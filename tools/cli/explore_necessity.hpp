#pragma once

#include <string>
#include <vector>

#include "model/spec/row.hpp"
#include "tools/cli/explore_run.hpp"
#include "tools/cli/spec_print.hpp"

namespace lmsim::cli {

/// What happens without a row.
struct Necessity {
    enum class Effect : std::uint8_t {
        Breaks,    // something falls
        Changes,   // other runs are possible, and nothing falls
        Nothing,   // the models never come to it
        Partial,   // nothing fell before a limit
        NotTried,  // an interrupt came first
        IsOff      // off to begin with
    };
    spec::Id row;
    Effect effect = Effect::NotTried;
    std::string model;  // in which the way is shortest
    std::string falls;  // "INV-CMD-01", "deadlock", "starvation"
    std::size_t steps = 0;
    std::vector<std::string> path;
};

/// Explores the models with each behaviour row off, one after the other. Models in which
/// something falls with all rows on are left out: it would be found again and again. `jobs` rows at
/// once.
std::vector<Necessity> explore_necessity(const std::vector<sim::ExploreModel>& models,
                                         const ExploreEffort& effort);

/// The table "why is this rule there": what breaks first, by steps; then what does not.
std::string necessity_table(const std::vector<Necessity>& all, SpecFormat format);
nlohmann::ordered_json necessity_json(const std::vector<Necessity>& all);

}  // namespace lmsim::cli
