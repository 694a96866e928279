#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/bridge/vfio/migration.hpp"

namespace lmsim::sim::conform::migration {

/// One call, made of a live device and of the model.
struct Step {
    std::string group;  // "states", "data_fd", ...
    std::string asked;
    std::string device;  // what it answered: "OK: STOP", "EINVAL: RUNNING"
    std::string model;
    /// Requirement ids of the rows that decide the answer: without one of them it is another.
    std::vector<std::string> rows;
    bool same = false;
    /// Of a difference that is the driver's own: why, and where that is to be seen.
    std::string cause;
    std::string source;

    bool own() const { return !same && !cause.empty(); }
    bool different() const { return !same && cause.empty(); }
};

/// A live device beside the model's machine (model/vfio), call by call.
struct Comparison {
    std::string device;
    std::string driver;
    std::uint8_t flags = 0;          // MigFlag bits
    bool log_ops = false;            // the driver logs DMA
    std::uint64_t stream_bytes = 0;  // of a saving session from STOP
    std::string error;               // why nothing could be compared, or not all; else empty
    std::vector<Step> steps;

    std::size_t same() const;
    std::size_t own() const;
    std::size_t different() const;
    /// There is no difference that is not the driver's own, and something was compared.
    bool passed() const { return error.empty() && different() == 0 && same() != 0; }
};

/// Drives the device through all states that it can reach with the flags that it announces, from
/// each to each, and into every error of the model's tables that a program can provoke. It is reset
/// again and again, and is left RUNNING, also if it is `interrupted`: then that is the error.
/// Nobody else may use it.
Comparison compare(const vfio_kernel::Migration& device, const std::string& name,
                   const std::string& driver, const spec::Rules& rules = {},
                   const std::function<bool()>& interrupted = {});

/// A driver's own: a difference that is known, in words why and where.
struct KnownDifference {
    const char* driver;  // nullptr: of any
    const char* row;     // one of the step's rows; nullptr: whichever
    const char* asked;   // is in what was asked; "": whatever it was
    const char* device;  // how its answer begins
    const char* cause;
    const char* source;
};
const KnownDifference* find_known(const std::string& driver, const Step& step);

/// A table of groups, each difference in full, and the driver's own with their causes. `all`: every
/// step.
std::string comparison_text(const Comparison& comparison, bool all);
std::string comparison_json(const Comparison& comparison);

}  // namespace lmsim::sim::conform::migration
