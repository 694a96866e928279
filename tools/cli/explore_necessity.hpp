#pragma once

#include <string>
#include <string_view>
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
    std::string model;                            // in which the way is shortest
    std::string falls;                            // "INV-CMD-01", "deadlock", "starvation"
    const check::Invariant* invariant = nullptr;  // the first of these
    std::size_t steps = 0;
    std::vector<std::string> path;
};

/// Why a row is there whose removal breaks nothing that is explored (explore_necessity.def).
struct Unbroken {
    enum class Kind : std::uint8_t {
        Covered,  // other rows see to the same: redundant as far as can be seen
        Outside,  // no world contains what it is about
        Told,     // what it changes is told to somebody, and nobody in the worlds acts on it
        Cost,     // it saves time or space, or gives a freedom
        Quirk     // what an implementation does, and had better not
    };
    spec::Id row;
    Kind kind;
    std::string_view text;
};

/// nullptr if its removal has to break something.
const Unbroken* why_unbroken(spec::Id row);

/// Explores the models with each behaviour row off, one after the other. Models in which
/// something falls with all rows on are left out: it would be found again and again. `jobs` rows at
/// once.
std::vector<Necessity> explore_necessity(const std::vector<sim::ExploreModel>& models,
                                         const ExploreEffort& effort);

/// Rows that break something although they are said not to, and rows that break nothing and are
/// not explained. Of all committed models: of some alone a row may well break nothing.
std::vector<std::string> contradictions(const std::vector<Necessity>& all);

/// The table "why is this rule there": what breaks first, by steps; then what does not.
std::string necessity_table(const std::vector<Necessity>& all, SpecFormat format);
nlohmann::ordered_json necessity_json(const std::vector<Necessity>& all);

}  // namespace lmsim::cli
