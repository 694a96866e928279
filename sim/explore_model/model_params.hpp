#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/explore/world/config.hpp"
#include "model/explore/world/log_config.hpp"
#include "model/explore/world/memory_config.hpp"
#include "sim/core/param.hpp"
#include "sim/profile/row_list.hpp"

// What stands in a model file (scenarios/explore/): how large the explored world is, and under
// which rules. Declared as a scenario's parameters are, so mistakes are told the same way.
namespace lmsim::sim {

/// VFIO's features of a driver, as vfio::MigFlag bits. STOP_COPY is always among them.
struct FeatureSet {
    std::uint8_t flags = 1;
    friend bool operator==(FeatureSet a, FeatureSet b) { return a.flags == b.flags; }
};

/// Kinds of faults, as explore::fault_bit()s.
struct FaultSet {
    std::uint8_t bits = 0;
    friend bool operator==(FaultSet a, FaultSet b) { return a.bits == b.bits; }
};

template <>
struct ParamType<FeatureSet> {
    static Result<FeatureSet> read(const Value& value);
    static std::string print(FeatureSet value);
    static std::string name() { return "a list of stop_copy, p2p, pre_copy"; }
    static std::string schema();
};
template <>
struct ParamType<FaultSet> {
    static Result<FaultSet> read(const Value& value);
    static std::string print(FaultSet value);
    static std::string name() { return "a list of faults"; }
    static std::string schema();
};

/// Which world is explored.
enum class WorldKind : std::uint8_t {
    Migration,  // two hosts and the engines of both VMMs
    Free,       // one host, whose user SETs any state at any time
    Log,        // the log of user data alone
    Memory,     // the tracking of memory alone
};
template <>
struct EnumNames<WorldKind> {
    static constexpr std::array names{"migration", "free", "log", "memory"};
};

/// How long it takes, and so who runs it.
enum class Effort : std::uint8_t {
    Small,    // also with one rule after the other switched off
    Tests,    // all of these together in the tests
    Nightly,  // more than a minute
};
template <>
struct EnumNames<Effort> {
    static constexpr std::array names{"small", "tests", "nightly"};
};

/// What both kinds of worlds with controllers and drivers have.
struct WorldParams {
    std::uint8_t vfs =
        param(&vfs, "vfs", 1, between(1, 2), "VFs of one PF, each with a guest's queue", choice);
    std::uint8_t commands = param(&commands, "commands", 2, between(0, 4),
                                  "I/O commands that the guest submits on each VF", choice);
    std::uint8_t queue_entries =
        param(&queue_entries, "queue_entries", 2, between(1, 3),
              "of these a queue holds at once; its ring has one slot more", choice);
    std::uint8_t completion_entries =
        param(&completion_entries, "completion_entries", 0, between(0, 3),
              "that the completion queue holds; 0: as many as the submission queue", choice);
    std::uint8_t state_pieces =
        param(&state_pieces, "state_pieces", 1, between(1, 4),
              "commands that it takes to get or set the state of a controller", choice);
    FeatureSet features =
        param(&features, "features", FeatureSet{}, "of the VFIO driver on both hosts", choice);
    FaultSet faults = param(&faults, "faults", FaultSet{},
                            "what may go wrong, at any moment and on any host", choice);
    std::uint8_t fault_budget =
        param(&fault_budget, "fault_budget", 1, between(0, 3), "so many faults in one run", choice);
    bool log =
        param(&log, "log", false,
              "changes of user data are logged in a Controller Data Queue for each VF", choice);
};

/// What only a migration has.
struct MigrationParams {
    bool return_path = param(&return_path, "return_path", true,
                             "the destination tells the source how it went", choice);
    bool switchover_ack = param(&switchover_ack, "switchover_ack", false,
                                "the destination has to agree before the VM stops", choice);
    bool free_verdicts = param(&free_verdicts, "free_verdicts", true,
                               "each decision of the source goes either way", choice);
    bool exact_calls = param(
        &exact_calls, "exact_calls", true,
        "each call of a VMM takes its time; false: not those that nobody else can see", choice);
    bool completes = param(&completes, "completes", false,
                           "a migration that no fault disturbs must not fail", choice);
};

/// What only a free world has.
struct FreeParams {
    bool resuming = param(&resuming, "resuming", true,
                          "the user also SETs RESUMING, and writes back what was read", choice);
    std::uint8_t admin_commands =
        param(&admin_commands, "admin_commands", 0, between(0, 2),
              "of the guest on the admin queue of each VF; the first one is an AER", choice);
    bool completes =
        param(&completes, "completes", false, "a SET that no fault disturbs must not fail", choice);
};

/// The log of user data.
struct LogParams {
    std::uint8_t entries =
        param(&entries, "entries", 3, between(2, 4), "slots of the Controller Data Queue", choice);
    std::uint8_t batch =
        param(&batch, "batch", 1, between(1, 3), "entries after which the head moves", choice);
    std::uint8_t blocks = param(&blocks, "blocks", 2, between(1, 3), "of the namespace", choice);
    std::uint8_t commands = param(&commands, "commands", 1, between(1, 2),
                                  "writes of the guest that are under way at once", choice);
    bool polled = param(&polled, "polled", false,
                        "the host looks now and then instead of waiting for events", choice);
    bool dudmq = param(&dudmq, "dudmq", false, "the Suspend deletes the queue", choice);
    bool contiguous = param(&contiguous, "contiguous", true,
                            "the queue's memory is in one piece; else in a PRP list", choice);
    bool merge = param(&merge, "merge", false,
                       "the controller makes one entry of changes that touch", choice);
    bool abort = param(&abort, "abort", true, "the VMM may give up after the Suspend", choice);
};

/// The tracking of memory.
struct MemoryParams {
    std::uint8_t pages = param(&pages, "pages", 2, between(1, 2),
                               "of data that the VF writes, besides its completions'", choice);
    std::uint8_t commands = param(&commands, "commands", 1, between(1, 2),
                                  "reads of the guest that are under way at once", choice);
    std::uint8_t descriptors = param(&descriptors, "descriptors", 2, between(1, 3),
                                     "ranges that fit into one report", choice);
    bool coarse = param(&coarse, "coarse", false,
                        "the device cannot track single pages, and says what it can", choice);
    bool abort = param(&abort, "abort", true, "the VMM may give up after the Suspend", choice);
};

/// A model's file, whole: `lmsim explore --docs`.
struct ExploreParams {
    std::string title = param(&title, "title", "", "what is explored, in a line", choice);
    WorldKind kind = param(&kind, "kind", WorldKind::Migration, "which world", choice);
    Effort effort =
        param(&effort, "effort", Effort::Small, "how long it takes, and so who runs it", choice);
    ProfileName profile =
        param(&profile, "profile", ProfileName{}, "the dialect that the devices speak", choice);
    RowList without = param(&without, "without", RowList{}, "rules that are switched off", choice);
    RowList with = param(&with, "with", RowList{},
                         "rules that are switched on: defects of posted drivers, options", choice);
    bool all_violations =
        param(&all_violations, "all_violations", false,
              "the search goes on after a violation, past the states where it happens", choice);
    bool liveness = param(&liveness, "liveness", false,
                          "something good also happens in the end; up to a million states", choice);
    WorldParams world = group(&world, "world", "a migration's or a free world's size");
    MigrationParams migration = group(&migration, "migration", "what only a migration has");
    FreeParams free = group(&free, "free", "what only a free world has");
    LogParams log = group(&log, "log", "the log of user data");
    MemoryParams memory = group(&memory, "memory", "the tracking of memory");
};

}  // namespace lmsim::sim
