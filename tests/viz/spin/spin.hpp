#pragma once

#include <string>

#include "tests/catch.hpp"

namespace lmsim::viz::test {

/// What Spin found out about a model.
struct Verified {
    std::size_t states = 0;
    std::size_t transitions = 0;  // the initial state counts as one
    std::size_t errors = 0;
    std::string output;  // of spin, of the compiler and of the verifier
};

/// Are Spin and a C compiler here? If not, says that a test is left out.
bool has_spin();

/// All reachable states without reduction, and the model's assertions. With `claim` (a formula of
/// the part LIVENESS) that instead, under weak fairness: then the counts are of both together.
Verified verify(const std::string& promela, const std::string& claim = "");

}  // namespace lmsim::viz::test
