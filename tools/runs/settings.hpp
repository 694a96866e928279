#pragma once

#include <string>
#include <vector>

#include "sim/core/param.hpp"
#include "sim/core/result.hpp"

namespace lmsim::runs {

/// One thing that a run has otherwise than its scenario says: what `--set KEY=VALUE` takes.
struct Setting {
    std::string key;
    std::string value;

    std::string text() const { return key + "=" + value; }
};

/// A key and the values that it takes one after the other.
struct Axis {
    std::string key;
    std::vector<std::string> values;
};

/// The parameter that a key names ("vmm.engine", "hosts.both.driver.ioctl", "vf[0].backend");
/// nullptr if there is none.
const sim::ParamInfo* find_param(const std::string& key);

/// Why nothing is called so, with the nearest name: "unknown key ..., did you mean ...?"
std::string unknown_key(const std::string& key);

/// "KEY=a,b,c", or "KEY" for all values of a parameter that has only a few. Commas within brackets,
/// braces and quotes are part of a value.
sim::Result<Axis> read_axis(const std::string& text);

/// All combinations, the last axis changing fastest; one without settings if there is no axis.
std::vector<std::vector<Setting>> combinations(const std::vector<Axis>& axes);

/// A value of a file as it stands behind --set KEY=.
std::string value_text(const sim::Value& value);

}  // namespace lmsim::runs
