#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/nvme/config.hpp"
#include "model/spec/rules.hpp"
#include "sim/bridge/rig.hpp"
#include "sim/conform/case.hpp"
#include "sim/conform/session.hpp"

namespace lmsim::sim::hw {

/// What is sent to both.
struct CompareOptions {
    std::uint64_t seed = 1;
    std::uint64_t commands = 2000;  // at random
    bool cases = true;              // then the commands of the conformance cases, too
    std::uint64_t trackable = 0;
    bool destructive = false;
    bool sriov = false;  // the VFs are the PF's by SR-IOV
};

/// Something in which device and model are not of one mind.
struct Difference {
    std::string kind;   // status, bytes, order, silence
    std::string row;    // requirement id of the row by which the model answered
    std::string title;  // of this row
    std::string where;  // the case, and the step in it
    std::string sent;   // decoded
    std::string model;
    std::string device;
    std::uint64_t times = 1;  // so often: `where` and `sent` are those of the first
};

/// What a device and the model answered to the same, and where they differ.
struct Comparison {
    std::string device;
    std::uint64_t seed = 0;
    std::uint64_t commands = 0;  // whose answers were compared
    std::uint64_t cases = 0;     // that both could be asked
    std::uint64_t left_out = 0;  // cases that say nothing of one of them
    std::vector<Difference> differences;
    std::string trouble;  // why it did not come to its end; empty if it did
};

/// What of a device's limits the model takes over, and which rows it is without, for a device that
/// says this of itself.
struct Likeness {
    nvme::Config config;
    spec::Rules rules = spec::Rules::ratified();
    std::uint16_t vfs = 0;
};
Likeness likeness(const conform::Symbols& device, std::uint16_t functions);

/// Sends the same to the model and to the device, from a fresh state again and again; once a
/// process, as the model's kernel is one a process.
Comparison compare(Rig& rig, const CompareOptions& options);

/// What is not compared, a sentence each: it is a device's own, or the standard leaves it open.
const std::vector<std::string>& not_compared();

std::string compare_text(const Comparison& comparison);
std::string compare_json(const Comparison& comparison);

}  // namespace lmsim::sim::hw
