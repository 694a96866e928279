#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

// The log of user data alone, explored: a controller with a PF and a VF, the host's flow
// (model/host/udmq.hpp), its memory, and whoever copies the data.
namespace lmsim::explore {

/// A model of logged user data (`lmsim explore log`): its size, and what may happen in it.
struct LogConfig {
    std::uint8_t entries = 3;   // slots of the Controller Data Queue, 2 to 4
    std::uint8_t batch = 1;     // entries after which the head moves, below `entries`
    std::uint8_t blocks = 2;    // user data: blocks of the namespace, 1 to 3
    std::uint8_t commands = 1;  // writes of the guest under way at once, 1 or 2
    bool polled = false;        // the host looks now and then instead of waiting for events
    bool dudmq = false;         // the Suspend deletes the queue
    bool contiguous = true;     // else its memory is named by a PRP list
    bool merge = false;         // the controller makes one entry of changes that touch
    bool abort = true;          // the VMM may give up after the Suspend: the VF goes on
};

/// What is wrong with the configuration, for its author; empty if nothing is.
std::string objection(const LogConfig& config);

/// One System, for one thread; `config` must be without objection (asserted). Rules are copied.
std::unique_ptr<System> make_log_world(const LogConfig& config, const spec::Rules& rules);

}  // namespace lmsim::explore
