#include "sim/conform/migration/compare.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "model/spec/table.hpp"
#include "sim/core/schemas.hpp"
#include "tests/catch.hpp"
#include "tests/sim/conform/migration/model_calls.hpp"

namespace lmsim::sim::conform::migration {

namespace {

using vfio_kernel::ModelCalls;

Comparison compare_with(const ModelCalls& calls, const std::string& driver = "model") {
    return compare(vfio_kernel::Migration(ModelCalls::device_fd, calls), "model:0", driver);
}

bool names(const Comparison& comparison, const std::string& row) {
    return std::any_of(comparison.steps.begin(), comparison.steps.end(), [&](const Step& step) {
        return !step.same && std::find(step.rows.begin(), step.rows.end(), row) != step.rows.end();
    });
}

std::string first_difference(const Comparison& comparison) {
    for (const Step& step : comparison.steps) {
        if (step.different()) {
            return step.asked + ": " + step.device + " / " + step.model;
        }
    }
    return comparison.error;
}

}  // namespace

TEST_CASE("the model beside itself: no difference, whatever it announces") {
    for (const std::uint8_t flags : {1, 3, 5, 7}) {
        for (const bool log_ops : {false, true}) {
            const ModelCalls calls(flags, log_ops);
            const Comparison result = compare_with(calls);
            INFO(int{flags} << " " << log_ops << " " << first_difference(result));
            CHECK(result.passed());
            CHECK(result.own() == 0);
            CHECK(result.flags == flags);
            CHECK(result.log_ops == log_ops);
            CHECK(result.stream_bytes == ModelCalls::header_bytes + ModelCalls::body_bytes);
            CHECK(calls.open_files() == 0);
            CHECK(calls.device.state == lmsim::vfio::MigState::RUNNING);
        }
    }
}

TEST_CASE("a comparison that is interrupted leaves its device RUNNING and without sessions") {
    for (const int starts : {0, 1, 2, 30}) {
        const ModelCalls calls;
        int asked = 0;
        const Comparison result =
            compare(vfio_kernel::Migration(ModelCalls::device_fd, calls), "model:0", "model", {},
                    [&] { return asked++ >= starts; });
        INFO(starts);
        CHECK(result.error == "interrupted");
        CHECK_FALSE(result.passed());
        CHECK(calls.open_files() == 0);
        CHECK(calls.device.state == lmsim::vfio::MigState::RUNNING);
    }
}

TEST_CASE("every pair of states that can be reached is compared, and every arc is named") {
    const ModelCalls calls;
    const Comparison result = compare_with(calls);
    std::set<std::string> rows;
    std::set<std::string> pairs;
    for (const Step& step : result.steps) {
        rows.insert(step.rows.begin(), step.rows.end());
        if (step.group == "states") pairs.insert(step.asked.substr(0, step.asked.find(',')));
    }
    for (const spec::Row& row : spec::table) {
        // STOP to RUNNING and back, and PRE_COPY to STOP_COPY, are arcs of devices without P2P.
        const std::set<std::string_view> others{"VFIO-ARC-01", "VFIO-ARC-02", "VFIO-ARC-18",
                                                "VFIO-ARC-20"};
        if (row.kind == spec::Kind::Arc && row.name.rfind("VFIO-ARC-", 0) == 0 &&
            others.count(row.name) == 0) {
            INFO(row.name);
            CHECK(rows.count(std::string(row.name)) == 1);
        }
    }
    for (std::uint32_t from = 1; from < lmsim::vfio::state_count; ++from) {
        for (std::uint32_t to = 0; to < lmsim::vfio::state_count; ++to) {
            const auto name = [](std::uint32_t state) {
                return std::string(to_string(static_cast<lmsim::vfio::MigState>(state)));
            };
            CHECK(pairs.count(name(from) + " -> " + name(to)) == 1);
        }
    }
}

TEST_CASE("a row that the device does not keep is found, and named") {
    // What needs a second program, a driver that breaks, or one that is not registered; and a rule
    // of paths beside which there is no other of the same length.
    const std::set<std::string_view> out_of_reach{
        "VFIO-ARC-01", "VFIO-ARC-02", "VFIO-ARC-18",  "VFIO-ARC-20",   "VFIO-SET-03",
        "VFIO-SET-05", "VFIO-SET-04", "VFIO-REG-01",  "VFIO-RESET-01", "VFIO-FD-01",
        "VFIO-FD-06",  "VFIO-FD-10",  "VFIO-FEAT-11", "VFIO-PATH-01"};
    for (const spec::Row& row : spec::table) {
        const bool rule = row.kind == spec::Kind::Condition || row.kind == spec::Kind::Behaviour ||
                          row.kind == spec::Kind::Arc;
        if (!rule || row.name.rfind("VFIO-", 0) != 0 || out_of_reach.count(row.name) != 0) {
            continue;
        }
        ModelCalls calls;
        calls.rules.set_on(row.id, false);
        const Comparison result = compare_with(calls);
        INFO(row.name << ": " << row.title);
        CHECK_FALSE(result.passed());
        // Without a reset there is nothing to begin with.
        CHECK((names(result, std::string(row.name)) || row.id == spec::Id::VfioArcReset));
        CHECK(calls.open_files() == 0);
    }
}

TEST_CASE("what only drivers do: half a stream taken, a data_fd that is inherited, no reset") {
    ModelCalls half;
    half.takes_half_a_stream = true;
    const Comparison taken = compare_with(half);
    CHECK_FALSE(taken.passed());
    CHECK(names(taken, "VFIO-ARC-10"));

    ModelCalls inherited;
    inherited.close_on_exec = false;
    CHECK(compare_with(inherited).different() != 0);

    ModelCalls stuck;
    stuck.resets = false;
    const Comparison nothing = compare_with(stuck);
    CHECK_FALSE(nothing.passed());
    CHECK(nothing.error == "a reset does not lead to RUNNING: EINVAL, then RUNNING");
}

TEST_CASE("a driver's own differences are shown with their cause, and are no failure") {
    ModelCalls calls;
    calls.drained_is_end = true;
    const Comparison own = compare_with(calls, "mtty");
    INFO(first_difference(own));
    CHECK(own.passed());
    CHECK(own.own() != 0);
    const std::string text = comparison_text(own, false);
    CHECK(text.find("mtty_save_read()") != std::string::npos);
    CHECK(text.find(" 0 different\n") != std::string::npos);
    // Of another driver nobody knows such a thing.
    const Comparison other = compare_with(calls, "other");
    CHECK_FALSE(other.passed());
    CHECK(comparison_text(other, false).find("DIFFERENT ") != std::string::npos);
}

TEST_CASE("a device that does not migrate is told in words") {
    const ModelCalls calls(0, false);
    const Comparison result = compare_with(calls);
    CHECK_FALSE(result.passed());
    CHECK(result.error == "model:0: its driver does not implement VFIO migration (ENOTTY)");
}

TEST_CASE("a comparison as JSON has every call, its rows and what was said") {
    ModelCalls calls;
    calls.drained_is_end = true;
    const Comparison result = compare_with(calls, "mtty");
    const auto json = nlohmann::json::parse(comparison_json(result));
    CHECK(json.at("schema") == schema::HwCompareVfio);
    CHECK(json.at("time_base") == "wall");
    CHECK(json.at("different") == 0);
    CHECK(json.at("calls") == result.steps.size());
    CHECK(json.at("steps").size() == result.steps.size());
    std::set<std::string> verdicts;
    for (const auto& step : json.at("steps")) {
        verdicts.insert(step.at("verdict").get<std::string>());
    }
    CHECK(verdicts == std::set<std::string>{"same", "own"});
}

}  // namespace lmsim::sim::conform::migration
