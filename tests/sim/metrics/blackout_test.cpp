#include "sim/metrics/blackout.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/catch.hpp"
#include "tests/property.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::metrics;

namespace {

constexpr Label vmm{Part::Vmm, Side::Source, no_device};
constexpr Label suspend{Part::Suspend, Side::Source, 2};
constexpr Label drain{Part::Drain, Side::Source, 2};
constexpr Label read_state{Part::StateRead, Side::Source, 2};

}  // namespace

TEST_CASE("a blackout that never began has no parts and swallows marks") {
    Blackout blackout;
    blackout.mark(5, suspend);
    blackout.end(9);
    CHECK_FALSE(blackout.begun());
    CHECK_FALSE(blackout.ended());
    CHECK(blackout.total() == 0);
    CHECK(blackout.parts().empty());
}

TEST_CASE("marks divide the time; parts of one label are merged in order of their first time") {
    Blackout blackout;
    blackout.begin(100, vmm);
    blackout.begin(120, suspend);  // the first call counts
    blackout.mark(130, suspend);
    blackout.mark(190, vmm);
    blackout.mark(200, read_state);
    blackout.end(250);
    CHECK(blackout.begin_at() == 100);
    CHECK(blackout.total() == 150);
    CHECK(blackout.parts() == std::vector<PartTime>{{vmm, 40}, {suspend, 60}, {read_state, 50}});
    CHECK(blackout.total(Part::Vmm) == 40);
    CHECK(blackout.total(Part::Drain) == 0);
}

TEST_CASE("of two marks at one time the later counts, and empty parts are not listed") {
    Blackout blackout;
    blackout.begin(10, vmm);
    blackout.mark(10, suspend);
    blackout.mark(30, drain);
    blackout.mark(30, read_state);
    blackout.end(30);
    CHECK(blackout.parts() == std::vector<PartTime>{{suspend, 20}});
}

TEST_CASE("the last end counts and the time between belongs to what was marked") {
    Blackout blackout;
    blackout.begin(0, vmm);
    blackout.end(10);
    CHECK(blackout.ended());
    blackout.mark(10, suspend);
    CHECK_FALSE(blackout.ended());
    blackout.end(12);
    blackout.end(15);
    CHECK(blackout.ended());
    CHECK(blackout.parts() == std::vector<PartTime>{{vmm, 10}, {suspend, 5}});
}

TEST_CASE("a command's time is divided after the fact") {
    Blackout blackout;
    blackout.begin(0, vmm);
    blackout.mark(10, suspend);
    SECTION("at its begin, before the next mark") {
        blackout.replace(10, 40, drain);
        blackout.mark(50, read_state);
        blackout.end(60);
        CHECK(blackout.parts() ==
              std::vector<PartTime>{{vmm, 10}, {drain, 30}, {suspend, 10}, {read_state, 10}});
    }
    SECTION("all of it") {
        blackout.mark(50, read_state);
        blackout.replace(10, 50, drain);
        blackout.end(60);
        CHECK(blackout.parts() == std::vector<PartTime>{{vmm, 10}, {drain, 40}, {read_state, 10}});
    }
    SECTION("across parts, from the begin of the blackout") {
        blackout.mark(50, read_state);
        blackout.replace(0, 55, drain);
        blackout.end(60);
        CHECK(blackout.parts() == std::vector<PartTime>{{drain, 55}, {read_state, 5}});
    }
    SECTION("nothing of it") {
        blackout.replace(10, 10, drain);
        blackout.end(60);
        CHECK(blackout.parts() == std::vector<PartTime>{{vmm, 10}, {suspend, 50}});
    }
    SECTION("up to now, which is later than the last mark; the label goes on") {
        blackout.replace(20, 30, drain);
        CHECK(blackout.end_at() == 30);
        blackout.end(45);
        CHECK(blackout.parts() == std::vector<PartTime>{{vmm, 10}, {suspend, 25}, {drain, 10}});
    }
}

TEST_CASE("parts sum to the total whatever is marked and replaced") {
    const std::string failure = lmsim::tests::failure_of(
        [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
            std::vector<Label> picture;  // the owner of each picosecond
            Blackout blackout;
            blackout.begin(0, vmm);
            Ps now = 0;
            Label current = vmm;
            for (const auto& [span, what] : steps) {
                const Label label{static_cast<Part>(what % 10), static_cast<Side>(what % 3), 0};
                const Ps from = now;
                now += span;
                picture.resize(static_cast<std::size_t>(now), current);
                if (what % 2 == 0) {
                    blackout.mark(now, label);
                    current = label;
                    continue;
                }
                const Ps start = from - from * (what % 5) / 5;
                blackout.replace(start, now, label);
                for (Ps at = start; at < now; ++at) picture[static_cast<std::size_t>(at)] = label;
            }
            blackout.end(now);
            Ps sum = 0;
            for (const PartTime& part : blackout.parts()) {
                RC_ASSERT(part.ps == std::count(picture.begin(), picture.end(), part.label));
                sum += part.ps;
            }
            RC_ASSERT(sum == blackout.total());
        });
    INFO(failure);
    CHECK(failure.empty());
}

TEST_CASE("busy times add up by label and may overlap") {
    Blackout blackout;
    blackout.busy(read_state, 5);
    blackout.busy(drain, 1000);
    blackout.busy(read_state, 7);
    CHECK(blackout.busy() == std::vector<PartTime>{{drain, 1000}, {read_state, 12}});
    CHECK(blackout.total() == 0);
}
