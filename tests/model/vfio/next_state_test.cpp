#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "model/vfio/machine.hpp"
#include "tests/catch.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

const spec::Rules& ratified = spec::Rules::baseline();

std::uint32_t raw(MigState state) { return static_cast<std::uint32_t>(state); }

bool saving(std::uint32_t state) { return state == 3 || state == 6 || state == 7; }

// Independent of the model's search: every simple path over the arcs of the uAPI's prose, by depth
// first, kept when its interior obeys the uAPI; the shortest wins.
struct AllPaths {
    std::uint8_t flags;
    std::uint32_t target;
    std::vector<std::uint32_t> best;
    int ties = 0;

    bool arc(std::uint32_t from, std::uint32_t to) const {
        const bool p2p = (flags & 2) != 0;
        const std::uint32_t pairs[][3] = {
            // from, to, 1 where it exists without P2P only
            {1, 2, 1}, {2, 1, 1}, {1, 5, 0}, {5, 1, 0}, {5, 2, 0}, {2, 5, 0},
            {1, 3, 0}, {3, 1, 0}, {1, 4, 0}, {4, 1, 0}, {2, 6, 0}, {6, 2, 0},
            {5, 7, 0}, {7, 5, 0}, {6, 7, 0}, {7, 6, 0}, {7, 3, 0}, {6, 3, 1},
        };
        for (const auto& pair : pairs) {
            if (pair[0] == from && pair[1] == to && !(pair[2] == 1 && p2p)) {
                return golden::exists(from, flags) && golden::exists(to, flags);
            }
        }
        return false;
    }

    static bool allowed(const std::vector<std::uint32_t>& path) {
        const bool group = saving(path.front()) && saving(path.back());
        bool inside = false;
        bool outside = false;
        for (std::size_t i = 1; i + 1 < path.size(); ++i) {
            (saving(path[i]) ? inside : outside) = true;
        }
        const bool restart = path.front() == 3 && (path.back() == 6 || path.back() == 7);
        return !restart && (!inside || (group && !outside));
    }

    void extend(std::vector<std::uint32_t> path) {
        if (path.back() == target) {
            if (allowed(path) && (best.empty() || path.size() <= best.size())) {
                ties = !best.empty() && path.size() == best.size() ? ties + 1 : 0;
                best = path;
            }
            return;
        }
        for (std::uint32_t next = 1; next < 8; ++next) {
            bool seen = false;
            for (const std::uint32_t state : path) {
                seen = seen || state == next;
            }
            if (!seen && arc(path.back(), next)) {
                path.push_back(next);
                extend(path);
                path.pop_back();
            }
        }
    }
};

std::string text(const Path& path) {
    std::string result;
    for (std::size_t i = 0; i < path.size; ++i) {
        result += i == 0 ? "" : ">";
        result += to_string(path.states[i]);
    }
    return result;
}

}  // namespace

TEST_CASE("the next hop is the kernel's, for every raw state, target and feature set") {
    for (std::uint32_t flags = 0; flags < 8; ++flags) {
        for (std::uint32_t current = 0; current < 256; ++current) {
            for (std::uint32_t target = 0; target < 256; ++target) {
                const auto next =
                    next_state(current, target, static_cast<std::uint8_t>(flags), ratified);
                const std::uint8_t expected = golden::next_state(current, target, flags);
                const bool same = raw(next.state) == expected &&
                                  (next.error == Errno::Ok) == (expected != golden::error);
                // STOP_COPY is mandatory; without it nothing is supported.
                if (!same) {
                    CAPTURE(flags, current, target, next.state, int{expected});
                    FAIL_CHECK("not the kernel's hop");
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
                AllPaths search{flags, raw(to), {}, 0};
                search.extend({raw(from)});
                const Path path = find_path(from, to, flags, ratified);
                CAPTURE(int{flags}, from, to, text(path));
                REQUIRE(path.size == search.best.size());
                CHECK(search.ties == 0);
                refused += path.size == 0 ? 1 : 0;
                for (std::size_t i = 0; i < path.size; ++i) {
                    CHECK(raw(path.states[i]) == search.best[i]);
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
