#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "model/vfio/machine.hpp"
#include "tests/catch.hpp"
#include "tests/model/vfio/derived.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

const spec::Rules& ratified = spec::Rules::baseline();

std::uint32_t raw(MigState state) { return static_cast<std::uint32_t>(state); }

std::string text(const Path& path) {
    std::string result;
    for (std::size_t i = 0; i < path.size; ++i) {
        result += i == 0 ? "" : ">";
        result += to_string(path.states[i]);
    }
    return result;
}

}  // namespace

TEST_CASE("the kernel's table, the uAPI's prose and the model agree for raw states 0 to 255") {
    std::size_t cells = 0;
    std::size_t hops = 0;
    std::size_t differences = 0;
    for (const std::uint8_t flags : golden::feature_sets) {
        const derived::Table prose(flags);
        for (std::uint32_t current = 0; current < 256; ++current) {
            for (std::uint32_t target = 0; target < 256; ++target) {
                const NextState next = next_state(current, target, flags, ratified);
                const std::uint8_t kernel = golden::next_state(current, target, flags);
                const bool same = raw(next.state) == kernel &&
                                  (next.error == Errno::Ok) == (kernel != golden::error) &&
                                  prose.hop(current, target) == kernel;
                if (!same) {
                    CAPTURE(int{flags}, current, target, next.state, int{kernel},
                            int{prose.hop(current, target)});
                    FAIL_CHECK("the three tables differ");
                }
                ++cells;
                hops += kernel != golden::error && current != target ? 1 : 0;
                differences += same ? 0 : 1;
            }
        }
    }
    CHECK(cells == 4 * 256 * 256);
    CHECK(hops == 91);  // of the 94 pairs, three are refused
    CHECK(differences == 0);
}

TEST_CASE("without STOP_COPY, which is mandatory, no state is supported") {
    for (const std::uint8_t flags : {0, 2, 4, 6}) {
        for (std::uint32_t current = 0; current < 256; ++current) {
            for (std::uint32_t target = 0; target < 256; ++target) {
                const bool same =
                    next_state(current, target, flags, ratified).error == Errno::Invalid &&
                    golden::next_state(current, target, flags) == golden::error;
                if (!same) {
                    CAPTURE(int{flags}, current, target);
                    FAIL_CHECK("not the kernel's answer");
                }
            }
        }
    }
}

TEST_CASE("numbers beyond the table are refused whatever their size") {
    for (const std::uint32_t number : {8U, 255U, 256U, 258U, 0x7fffffffU, 0x80000002U, ~0U}) {
        CHECK(next_state(2, number, 7, ratified).error == Errno::Invalid);
        CHECK(next_state(number, 2, 7, ratified).error == Errno::Invalid);
    }
}

TEST_CASE("the 94 ordered pairs take the one shortest path that the uAPI allows") {
    int pairs = 0;
    int refused = 0;
    for (const std::uint8_t flags : golden::feature_sets) {
        for (const MigState from : golden::states(flags)) {
            for (const MigState to : golden::states(flags)) {
                if (from == to) {
                    continue;
                }
                ++pairs;
                const derived::Shortest prose = derived::shortest(
                    static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to), flags);
                const std::vector<MigState> kernel = golden::path(from, to, flags);
                const Path path = find_path(from, to, flags, ratified);
                CAPTURE(int{flags}, from, to, text(path));
                REQUIRE(path.size == prose.path.size());
                REQUIRE(path.size == kernel.size());
                CHECK(prose.ties == 0);
                refused += path.size == 0 ? 1 : 0;
                for (std::size_t i = 0; i < path.size; ++i) {
                    CHECK(raw(path.states[i]) == prose.path[i]);
                    CHECK(path.states[i] == kernel[i]);
                }
            }
        }
    }
    CHECK(pairs == 94);
    CHECK(refused == 3);  // STOP_COPY to PRE_COPY twice, to PRE_COPY_P2P once
}

TEST_CASE("the 25 walks of more than one hop with all features") {
    const std::string expected[] = {
        "STOP>RUNNING_P2P>RUNNING",
        "STOP>RUNNING_P2P>RUNNING>PRE_COPY",
        "STOP>RUNNING_P2P>PRE_COPY_P2P",
        "RUNNING>RUNNING_P2P>STOP",
        "RUNNING>RUNNING_P2P>STOP>STOP_COPY",
        "RUNNING>RUNNING_P2P>STOP>RESUMING",
        "RUNNING>RUNNING_P2P>PRE_COPY_P2P",
        "STOP_COPY>STOP>RUNNING_P2P>RUNNING",
        "STOP_COPY>STOP>RESUMING",
        "STOP_COPY>STOP>RUNNING_P2P",
        "RESUMING>STOP>RUNNING_P2P>RUNNING",
        "RESUMING>STOP>STOP_COPY",
        "RESUMING>STOP>RUNNING_P2P",
        "RESUMING>STOP>RUNNING_P2P>RUNNING>PRE_COPY",
        "RESUMING>STOP>RUNNING_P2P>PRE_COPY_P2P",
        "RUNNING_P2P>STOP>STOP_COPY",
        "RUNNING_P2P>STOP>RESUMING",
        "RUNNING_P2P>RUNNING>PRE_COPY",
        "PRE_COPY>RUNNING>RUNNING_P2P>STOP",
        "PRE_COPY>PRE_COPY_P2P>STOP_COPY",
        "PRE_COPY>RUNNING>RUNNING_P2P>STOP>RESUMING",
        "PRE_COPY>RUNNING>RUNNING_P2P",
        "PRE_COPY_P2P>RUNNING_P2P>STOP",
        "PRE_COPY_P2P>RUNNING_P2P>RUNNING",
        "PRE_COPY_P2P>RUNNING_P2P>STOP>RESUMING",
    };
    std::vector<std::string> found;
    for (const MigState from : golden::states(all_mig_flags)) {
        for (const MigState to : golden::states(all_mig_flags)) {
            const Path path = find_path(from, to, all_mig_flags, ratified);
            if (path.size > 2) {
                found.push_back(text(path));
            }
        }
    }
    CHECK(found.size() == 25);
    for (const std::string& path : expected) {
        CAPTURE(path);
        CHECK(std::count(found.begin(), found.end(), path) == 1);
    }
}

TEST_CASE("a driver implements 6, 8, 9 or 15 arcs") {
    const std::size_t expected[] = {6, 8, 9, 15};
    for (std::size_t i = 0; i < 4; ++i) {
        std::size_t count = 0;
        for (const DriverArc& arc : driver_arcs()) {
            count += arc.exists(golden::feature_sets[i], ratified) ? 1 : 0;
        }
        CHECK(count == expected[i]);
    }
}

TEST_CASE("the arcs of the machine read out with names, rules and guards") {
    const fsm::ArcList list = arcs();
    CHECK(list.size() == 18 + 8 + 7);
    CHECK(list[0].source == "STOP");
    CHECK(list[0].target == "RUNNING");
    CHECK(list[0].guard == "no P2P");
    CHECK(list[0].rule == spec::Id::VfioArcStopRunning);
    std::size_t sessions = 0;
    for (const fsm::Arc& arc : list) {
        CHECK(to_string(static_cast<MigState>(arc.from)) == arc.source);
        CHECK(to_string(static_cast<MigState>(arc.to)) == arc.target);
        sessions += arc.action.substr(0, 5) == "begin" ? 1 : 0;
    }
    CHECK(sessions == 4);
}
