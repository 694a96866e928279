#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "model/explore/search/liveness.hpp"
#include "model/explore/search/replay.hpp"
#include "model/explore/search/search.hpp"
#include "model/nvme/machines.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/world/reference.hpp"

namespace lmsim::explore::world {
namespace {

/// The states that each machine was seen in.
struct Seen {
    std::set<unsigned> vfio, flow, life, migration, cq;
    std::set<unsigned> precopy, switchover, rollback, incoming, start, set;
    bool pf_resetting = false;
};

template <class W>
void note(const W& w, Seen& seen) {
    for (const auto& side : w.vf) {
        for (const VfSide& vf : side) {
            seen.vfio.insert(static_cast<unsigned>(vf.device.state));
            seen.flow.insert(static_cast<unsigned>(vf.flow.step));
        }
    }
    for (std::size_t host = 0; host < W::hosts; ++host) {
        seen.pf_resetting = seen.pf_resetting || w.pf[host].queue.resetting;
        for (const auto& c : w.device[host].controller) {
            seen.life.insert(c.life);
            seen.migration.insert(c.migration);
            seen.cq.insert(c.cq[1].life);
        }
    }
    if constexpr (W::hosts == 2) {
        const auto& source = w.journey().source.control;
        const auto& destination = w.journey().destination.control;
        seen.precopy.insert(source.precopy);
        seen.switchover.insert(source.switchover);
        seen.rollback.insert(source.rollback);
        seen.incoming.insert(destination.incoming);
        for (const auto* flow : {&source.flow, &destination.flow}) {
            seen.start.insert(flow->start);
            seen.set.insert(flow->set);
        }
    }
}

template <class W>
Seen look(const WorldConfig& config) {
    const auto system = make_world(config, spec::Rules{});
    const std::size_t size = system->state_bytes();
    std::vector<std::vector<std::uint8_t>> states(1, std::vector<std::uint8_t>(size));
    system->initial(states[0].data());
    std::set<std::uint64_t> known{system->fingerprint(states[0].data())};
    Seen seen;
    for (std::size_t at = 0; at < states.size(); ++at) {
        W w;
        std::memcpy(static_cast<void*>(&w), states[at].data(), sizeof w);
        note(w, seen);
        Action actions[256];
        const std::size_t enabled = system->actions(states[at].data(), actions, 256);
        for (std::size_t i = 0; i < enabled; ++i) {
            std::vector<std::uint8_t> next = states[at];
            if (system->apply(next.data(), actions[i]).broken == nullptr &&
                known.insert(system->fingerprint(next.data())).second) {
                states.push_back(next);
            }
        }
    }
    return seen;
}

TEST_CASE("worlds: the machines of one host take part", "[explore]") {
    WorldConfig config;
    config.hosts = 1;
    config.commands = 3;
    config.queue_entries = 1;
    config.features = 7;
    config.faults = fault_bit(Fault::PfReset);
    const Seen seen = look<World<1, 1>>(config);
    CHECK(seen.vfio == std::set<unsigned>{1, 2, 3, 4, 5, 6, 7});
    CHECK(seen.flow.size() == 7);
    CHECK(seen.migration.size() == 3);
    CHECK(seen.life.count(static_cast<unsigned>(nvme::Life::Disabled)) == 1);
    CHECK(seen.life.count(static_cast<unsigned>(nvme::Life::Ready)) == 1);
    CHECK(seen.cq.count(static_cast<unsigned>(nvme::CqLife::Absent)) == 1);
    CHECK(seen.pf_resetting);
}

TEST_CASE("worlds: both VMMs take part with all of their machines", "[explore]") {
    WorldConfig config;
    config.commands = 1;
    config.features = 7;
    config.switchover_ack = true;
    config.faults = (1U << fault_count) - 1;
    const Seen seen = look<World<1, 2>>(config);
    // States that are only passed, and those of a VM that waits loaded, are not seen.
    CHECK(seen.precopy.size() == 15);
    CHECK(seen.switchover.size() == 16);
    CHECK(seen.rollback.size() == 5);
    CHECK(seen.incoming.size() >= 10);
    CHECK(seen.start.size() >= 4);
    CHECK(seen.set.size() == 3);
}

TEST_CASE("worlds: without a fault every migration ends well, and no command waits for ever",
          "[explore]") {
    WorldConfig config;
    config.features = 7;
    config.commands = 1;
    config.free_verdicts = false;  // a guest may dirty more than the channel takes, for ever
    const LivenessReport report =
        check_liveness([config] { return make_world(config, spec::Rules{}); }, LivenessOptions{});
    CHECK(report.complete());
    CHECK(report.good_states != 0);
    CHECK_FALSE(report.violation);
}

/// The invariant that falls without a rule, and the steps to it.
std::string without(const WorldConfig& config, spec::Id rule) {
    spec::Rules rules;
    rules.set_on(rule, false);
    const auto make = [&] { return make_world(config, rules); };
    const SearchReport found = search(make, SearchOptions{});
    if (found.violations.empty()) {
        return "";
    }
    const Violation& violation = found.violations.front();
    const auto one = make();
    const Replay replayed = replay(*one, violation.steps);
    CHECK(replayed.possible);
    if (violation.kind != Violation::Kind::Invariant) {
        return "deadlock";
    }
    CHECK(replayed.steps.back().broken == violation.invariant);
    return std::string(violation.invariant->id);
}

TEST_CASE("worlds: what the rules are good for", "[explore]") {
    using spec::Id;
    WorldConfig config;
    config.hosts = 1;
    config.commands = 1;
    CHECK(without(config, Id::SuspendStopsTransactions) == "INV-SUSP-01");
    CHECK(without(config, Id::ResumeFetchesFromHead) == "INV-CMD-02");
    CHECK(without(config, Id::FlowResumed) == "INV-VFIO-03");
    config = WorldConfig{};
    config.completes = true;
    CHECK(without(config, Id::SuspendCompletesAfterDrain) == "INV-VFIO-03");
    CHECK(without(config, Id::VfioArcStopResuming) == "INV-DONE-01");
}

TEST_CASE("worlds: what the rules are good for beside the I/O of a guest", "[explore]") {
    using spec::Id;
    WorldConfig config;
    config.hosts = 1;
    config.commands = 0;
    config.resuming = false;
    config.admin_commands = 2;
    config.completes = true;
    CHECK(without(config, Id::SuspendKeepsAers) == "INV-CMD-06");
    CHECK(without(config, Id::SuspendStopsAdminFetch) == "INV-SUSP-04");
    CHECK(without(config, Id::ResumeFetchesAdmin) == "INV-CMD-02");
    CHECK(without(config, Id::VfioSetSameState) == "INV-DONE-02");
    config.admin_commands = 0;
    config.features = 7;
    CHECK(without(config, Id::VfioPathNoRestart) == "INV-DONE-02");
    config.commands = 3;
    config.queue_entries = 3;
    config.completion_entries = 1;
    CHECK(without(config, Id::CqFullHoldsCompletions) == "INV-CMD-02");
    CHECK(without(config, Id::SuspendFinishesFetched) == "INV-CMD-06");
}

TEST_CASE("worlds: a reset that overtakes a Suspend, a cancel that comes late", "[explore]") {
    using spec::Id;
    WorldConfig config;
    config.hosts = 1;
    config.commands = 0;
    config.faults = fault_bit(Fault::VfReset);
    CHECK(without(config, Id::HostWaitsOverReset) == "INV-OWN-04");
    CHECK(without(config, Id::VfioResetDeferred) == "");
    config = WorldConfig{};
    config.commands = 0;
    config.faults = fault_bit(Fault::Cancel);
    CHECK(without(config, Id::VmmCancelTakesBack) == "");
    CHECK(without(config, Id::VmmStartErrorIgnored) == "INV-STATE-03");
}

TEST_CASE("worlds: two systems do the same on the same path", "[explore]") {
    WorldConfig config;
    config.vfs = 2;
    config.features = 7;
    config.state_pieces = 3;
    config.faults = (1U << fault_count) - 1;
    config.fault_budget = 2;
    const auto first = make_world(config, spec::Rules{});
    const auto second = make_world(config, spec::Rules{});
    const std::size_t size = first->state_bytes();
    std::uint64_t seed = 1;
    for (int run = 0; run < 50; ++run) {
        std::vector<std::uint8_t> one(size);
        std::vector<std::uint8_t> two(size);
        first->initial(one.data());
        second->initial(two.data());
        REQUIRE(one == two);
        Action actions[256];
        for (int step = 0; step < 150; ++step) {
            const std::size_t enabled = first->actions(one.data(), actions, 256);
            if (enabled == 0) {
                break;
            }
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            const Action action = actions[(seed >> 33) % enabled];
            REQUIRE_FALSE(first->describe(one.data(), action).empty());
            const bool broken = first->apply(one.data(), action).broken != nullptr;
            REQUIRE((second->apply(two.data(), action).broken != nullptr) == broken);
            REQUIRE(one == two);
            if (broken) {
                break;
            }
        }
    }
}

TEST_CASE("worlds: bounds that are none are refused with a text", "[explore]") {
    CHECK(objection(WorldConfig{}).empty());
    WorldConfig config;
    config.vfs = 3;
    CHECK(objection(config) == "vfs is 3, expected 1 to 2");
    config = WorldConfig{};
    config.features = 2;
    CHECK_FALSE(objection(config).empty());
    config = WorldConfig{};
    config.hosts = 1;
    config.faults = fault_bit(Fault::Cancel);
    CHECK_FALSE(objection(config).empty());
    config = WorldConfig{};
    config.log = true;
    CHECK_FALSE(objection(config).empty());
    config = WorldConfig{};
    config.switchover_ack = true;
    config.return_path = false;
    CHECK_FALSE(objection(config).empty());
}

}  // namespace
}  // namespace lmsim::explore::world
