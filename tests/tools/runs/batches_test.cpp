#include "tools/runs/batches.hpp"

#include <csignal>
#include <map>

#include "tests/catch.hpp"

using namespace lmsim;
using runs::Batches;
using runs::PointRow;

namespace {

/// Rows of points that say their number, but for those that break down or go on for ever.
struct Trial {
    Batches batches;
    std::map<std::size_t, std::string> rows;
    std::size_t bad = SIZE_MAX;

    Trial(std::size_t first, std::size_t count, unsigned jobs, std::size_t most) {
        batches.first = first;
        batches.wanted.assign(count, true);
        batches.jobs = jobs;
        batches.most = most;
        batches.run = batches.run_alone = [this](std::size_t point, std::string& out) {
            if (point == bad) std::raise(SIGKILL);
            runs::append_row({point, cli::Ok, "cells " + std::to_string(point), {}}, out);
        };
        batches.broken = [](std::size_t point, const std::string& how, const std::string&) {
            std::string row;
            runs::append_row({point, cli::Bug, {}, "broken by " + how}, row);
            return row;
        };
        batches.ended = [this](const PointRow& row) {
            CHECK(rows.count(row.point) == 0);
            rows[row.point] = std::string(row.ok() ? row.cells : row.error);
        };
    }
};

}  // namespace

TEST_CASE("batches do what is wanted, once", "[runs][batches]") {
    for (const unsigned jobs : {1U, 3U}) {
        Trial trial(5, 40, jobs, 4);
        trial.batches.wanted[7] = false;
        CHECK(run_batches(trial.batches));
        CHECK(trial.rows.size() == 39);
        CHECK(trial.rows.count(12) == 0);
        CHECK(trial.rows[5] == "cells 5");
        CHECK(trial.rows[44] == "cells 44");
    }
}

TEST_CASE("a point that breaks its batch down is an error alone", "[runs][batches]") {
    Trial trial(0, 40, 2, 8);
    trial.bad = 3;
    CHECK(run_batches(trial.batches));
    CHECK(trial.rows.size() == 40);
    CHECK(trial.rows[3] == "broken by signal 9 (Killed)");
    CHECK(trial.rows[2] == "cells 2");
    CHECK(trial.rows[4] == "cells 4");
}

TEST_CASE("batches end when they are told to", "[runs][batches]") {
    Trial trial(0, 1000, 1, 1);
    trial.batches.stop = [&trial] { return trial.rows.size() >= 5; };
    CHECK(!run_batches(trial.batches));
    CHECK(trial.rows.size() < 100);
}

TEST_CASE("half a row is none", "[runs][batches]") {
    std::string text;
    runs::append_row({7, cli::Failed, "abc", {}}, text);
    PointRow row;
    for (std::size_t size = 0; size < text.size(); ++size) {
        std::string_view part(text.data(), size);
        CHECK(!take_row(part, row));
    }
    std::string_view whole = text;
    REQUIRE(take_row(whole, row));
    CHECK(whole.empty());
    CHECK(row.point == 7);
    CHECK(row.code == cli::Failed);
    CHECK(row.cells == "abc");
}
