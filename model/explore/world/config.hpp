#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/check/invariant.hpp"
#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

// What is explored: the product of the machines of the model, as large as these numbers make it.
namespace lmsim::explore {

/// What can go wrong, at any moment and on either host; bits of WorldConfig::faults.
enum class Fault : std::uint8_t {
    VfReset,       // a function level reset of a VF that nobody on its host asked for
    PfReset,       // somebody resets the PF
    AdminTimeout,  // the PF's driver gives an admin command up, and resets the PF
    Cancel,        // the user cancels the migration
    Refusal,       // the PF refuses a command of the driver
    StateDamaged,  // a block of device state arrives without its end
    ChannelCut,    // the connection of the hosts breaks, with what is on its way
    Count,
};
constexpr std::uint8_t fault_count = static_cast<std::uint8_t>(Fault::Count);

/// As it is written in the files of models: "vf-reset".
std::string_view to_string(Fault fault);

constexpr std::uint8_t fault_bit(Fault fault) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(fault));
}

/// A model of hosts and VFs: its size, and what may happen in it.
struct WorldConfig {
    /// 1: one host, whose user SETs any state of each VFIO device at any time.
    /// 2: a migration between two, the engines of both VMMs included.
    std::uint8_t hosts = 2;
    std::uint8_t vfs = 1;       // 1 or 2, of one PF
    std::uint8_t commands = 2;  // I/O commands that the guest submits on each VF, 0 to 4
    std::uint8_t queue_entries =
        2;  // of these a queue holds at once, 1 to 3; its ring has one more
    std::uint8_t completion_entries = 0;  // that a completion queue holds, 0: queue_entries
    std::uint8_t state_pieces = 1;  // Set and Get Controller State: commands for one state, 1 to 4
    std::uint8_t features = 1;      // vfio::MigFlag bits of the driver
    std::uint8_t faults = 0;        // fault_bit()s
    std::uint8_t fault_budget = 1;  // so many faults in one run, 0 to 3

    // With one host
    std::uint8_t admin_commands = 0;  // of the guest on each VF, 0 to 2; the first one is an AER
    bool resuming = true;  // the user also SETs RESUMING, and writes back what it read last

    // With two
    bool return_path = true;
    bool switchover_ack = false;
    bool free_verdicts = true;  // each decision of the source goes either way
    bool exact_calls = true;    // false: a call of a VMM that nobody else can see takes no time

    bool completes = false;  // a migration, a SET, that no fault disturbs and that fails is wrong

    /// Room for logging changes of user data beside all this: not yet, see log_config.hpp for a
    /// world of that alone.
    bool log = false;
};

/// What WorldConfig::completes asks for.
extern const check::Invariant undisturbed_completes;
extern const check::Invariant undisturbed_set;

/// What is wrong with the configuration, for its author; empty if nothing is.
std::string objection(const WorldConfig& config);

/// One System, for one thread; `config` must be without objection (asserted). Rules are copied.
std::unique_ptr<System> make_world(const WorldConfig& config, const spec::Rules& rules);

/// Systems for the threads of a search, which behave the same and share what they know: several
/// times as fast. Only Systems of the same factory understand each other's states.
SystemFactory world_factory(const WorldConfig& config, const spec::Rules& rules);

}  // namespace lmsim::explore
