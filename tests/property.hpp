#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "tests/catch.hpp"

namespace lmsim::tests {

/// Runs a property with a fixed seed, so that a test says the same twice; RC_PARAMS of the
/// environment (RapidCheck's own variable) overrides it. Returns what went wrong, or nothing.
template <class Testable>
std::string failure_of(Testable&& testable, int runs = 200) {
    rc::detail::TestMetadata metadata;
    rc::detail::TestParams params;
    params.seed = 0x6C6D73696D;
    params.maxSuccess = runs;
    if (std::getenv("RC_PARAMS") != nullptr) {
        params = rc::detail::configuration().testParams;
    }
    const auto result =
        rc::detail::checkTestable(std::forward<Testable>(testable), metadata, params);
    if (result.template is<rc::detail::SuccessResult>()) {
        return "";
    }
    std::ostringstream message;
    rc::detail::printResultMessage(result, message);
    return message.str();
}

}  // namespace lmsim::tests
