#pragma once

#include <array>
#include <optional>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/scenario/load.hpp"

namespace lmsim::sim {

/// The rules that each part of a run goes by: two hosts may differ, and so may a device and its
/// driver. The guest's own driver knows the ratified standard only.
struct Dialects {
    spec::Rules vmm;
    std::array<spec::Rules, 2> device;  // of the source, of the destination
    std::array<spec::Rules, 2> driver;

    /// All parts go by the same.
    static Dialects all(const spec::Rules& rules);
    bool same_devices() const { return device[0] == device[1]; }
};

/// Reads the profiles that a sound scenario names. What is wrong with one goes into loaded.errors,
/// behind where the scenario names it. A driver's profile that names VFIO features takes the others
/// away; a scenario that asks for them is refused.
Dialects load_dialects(LoadedScenario& loaded);

}  // namespace lmsim::sim
