#pragma once

#include <string>
#include <vector>

#include "sim/core/result.hpp"

namespace lmsim::sim {

/// An effect that can be pinned. Its name and how it is written: see docs/explore.md, "Pins".
struct KnownEffect {
    std::string name;
    bool wish = false;  // nobody does it by himself: a fault, or what a user wants
    bool user = false;  // only in a run without a migration
};

/// All of them, of a device with so many VFs.
std::vector<KnownEffect> known_effects(unsigned vfs);

/// "2nd source.vf0 Fetched"
struct Occurrence {
    std::string effect;
    unsigned nth = 1;  // from 1, since the run's beginning (host::effect::begins)

    std::string text() const;
    friend bool operator==(const Occurrence& a, const Occurrence& b) {
        return a.nth == b.nth && a.effect == b.effect;
    }
    friend bool operator<(const Occurrence& a, const Occurrence& b) {
        return a.effect != b.effect ? a.effect < b.effect : a.nth < b.nth;
    }
};

/// Takes the count off; what the name is, is for others to judge. An error says what is wrong with
/// the count.
Result<Occurrence> read_occurrence(const std::string& text);

}  // namespace lmsim::sim
