#pragma once

#include <vector>

#include "sim/scenario/validate.hpp"

namespace lmsim::sim {

/// Something that a scenario asks of its hosts and that their architecture cannot do.
struct ArchitectureWish {
    host::Ability ability;
    std::string path;
    std::string left_out;  // what becomes of it with host.best_effort; empty: nothing can
};

/// Such wishes, with their paths.
std::vector<ArchitectureWish> architecture_wishes(const Scenario& scenario);

/// Architecture and place of the queue of a scenario whose drivers go by these rules.
host::Architecture architecture_in(const Scenario& scenario, const spec::Rules& driver);
host::CdqPlace cdq_place_in(const Scenario& scenario, const spec::Rules& driver);

/// What a host of this architecture leaves out: host.best_effort says it may.
bool leaves_out(const Scenario& scenario, const spec::Rules& driver, host::Ability ability);

/// Does not know dialects: load_dialects() looks at what they change.
void check_architecture(const Scenario& scenario, std::vector<Problem>& out);

}  // namespace lmsim::sim
