#include "sim/metrics/report.hpp"

#include "sim/metrics/display.hpp"
#include "sim/metrics/text_table.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/sim/metrics/sample.hpp"

using lmsim::sim::Outcome;
using namespace lmsim::sim::metrics;
using lmsim::tests::check_golden;
using lmsim::tests::sample_result;

namespace {

/// 16 VFs, interrupted after the switchover had failed, with broken promises and hostile names.
Result bad_result() {
    Result result = sample_result();
    result.scenario = "<b>|x|\x1b[31m";
    result.partial = true;
    result.outcome = Outcome::Failed;
    result.reason = "VF 3 did not resume: timeout";
    result.expectation = {false, "completed was expected, failed came"};
    result.downtime.parts.clear();
    result.downtime.total = 0;
    for (Device device = 0; device < 16; ++device) {
        result.downtime.parts.push_back(
            {{Part::Resume, Side::Destination, device}, 25'000'000'000});
        result.downtime.total += 25'000'000'000;
    }
    result.vmm.downtime_ms.reset();
    result.vmm.downtime_return_path_ms.reset();
    result.commands = {154'000, 153'990, 2, 1};
    result.conservation = {3, 1, 4};
    result.breaches.push_back({"INV-SUSP-01", "A suspended controller reads no memory of its host.",
                               "source VF 3: command fetched, queue 1", 1'500'000'000'000, 3});
    result.breaches.push_back({"INV-STATE-01", "What is loaded is what was saved.",
                               "destination VF 3: state loaded, digest 1f", 1'600'000'000'000, 1});
    result.fidelity = Fidelity::Hybrid;
    result.error_bound = 0.02;
    result.ignored[0].value = "a|b\n`c`";
    return result;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the table of a good run") {
    check_golden("tests/sim/metrics/golden/good.txt", result_table(sample_result()));
}

TEST_CASE("the table of a bad run") {
    check_golden("tests/sim/metrics/golden/bad.txt", result_table(bad_result()));
}

TEST_CASE("report.md of a good run") {
    check_golden("tests/sim/metrics/golden/good.md", result_markdown(sample_result()));
}

TEST_CASE("report.md of a bad run") {
    check_golden("tests/sim/metrics/golden/bad.md", result_markdown(bad_result()));
}

TEST_CASE("the headline says how it ended and what dominates") {
    Result result = sample_result();
    CHECK(headline(result) ==
          "quickstart: the guest stood still for 23.4 ms (within the limit of 300 ms): suspending "
          "the VFs 51.3 %, moving it 34.2 %, loading the VFs' state 8.5 %");
    result.outcome = Outcome::NotConverged;
    result.downtime = {};
    CHECK(headline(result) ==
          "quickstart: the migration did NOT CONVERGE; the guest never stood still");
    result.outcome = Outcome::Cancelled;
    result.scenario.clear();
    CHECK(headline(result) == "The migration was CANCELLED; the guest never stood still");
}

TEST_CASE("a limit is met when it is reached, not one picosecond later") {
    Result result = sample_result();
    result.vmm.downtime_limit = result.downtime.total;
    CHECK(contains(headline(result), "within the limit"));
    result.vmm.downtime_limit -= 1;
    CHECK(contains(headline(result), "ABOVE the limit"));
}

TEST_CASE("report.md lists eight devices, nine are one line; the terminal adds them up") {
    Result result;
    for (Device device = 0; device < 8; ++device) {
        result.downtime.parts.push_back({{Part::Drain, Side::Source, device}, 1'000'000});
        result.downtime.total += 1'000'000;
    }
    CHECK(contains(result_markdown(result), "vf 7"));
    CHECK(contains(result_table(result), "(8 VFs)"));
    result.downtime.parts.push_back({{Part::Drain, Side::Source, 8}, 1'000'000});
    result.downtime.total += 1'000'000;
    CHECK_FALSE(contains(result_markdown(result), "vf 7"));
    CHECK(contains(result_markdown(result), "drain (9 VFs)"));
}

TEST_CASE("an empty result is printed, too") {
    CHECK(contains(result_table(Result{}), "The guest never stood still"));
    CHECK(contains(result_markdown(Result{}), "# Live migration"));
}

TEST_CASE("times are readable") {
    CHECK(readable_time(0) == "0 s");
    CHECK(readable_time(1) == "1 ps");
    CHECK(readable_time(999) == "999 ps");
    CHECK(readable_time(1'000) == "1.00 ns");
    CHECK(readable_time(23'449'999'999) == "23.4 ms");
    CHECK(readable_time(23'450'000'000) == "23.5 ms");
    CHECK(readable_time(9'994'999) == "9.99 us");
    CHECK(readable_time(9'995'000) == "10.0 us");
    CHECK(readable_time(999'499'999) == "999 us");
    CHECK(readable_time(999'500'000) == "1.00 ms");
    CHECK(readable_time(INT64_MAX) == "9223372 s");
}

TEST_CASE("sizes are readable, in binary units") {
    CHECK(readable_bytes(0) == "0 B");
    CHECK(readable_bytes(1000) == "0.98 KiB");
    CHECK(readable_bytes(1023) == "1.00 KiB");
    CHECK(readable_bytes(4096) == "4.00 KiB");
    CHECK(readable_bytes(UINT64_MAX) == "16777216 TiB");
}

TEST_CASE("decimals are rounded half up") {
    CHECK(decimal(1234, 1000, 2) == "1.23");
    CHECK(decimal(1235, 1000, 2) == "1.24");
    CHECK(decimal(5, 1000, 3) == "0.005");
    CHECK(decimal(UINT64_MAX, 1, 0) == "18446744073709551615");
    CHECK(readable_share(999'499) == "99.9 %");
    CHECK(readable_share(999'500) == "100.0 %");
}

TEST_CASE("long names are whole and harmless on the terminal") {
    const std::string name(1000, 'x');
    CHECK(terminal_text(name) == name);
    std::string umlauts;
    for (int i = 0; i < 500; ++i) umlauts += "\xC3\xA4";
    CHECK(terminal_text(umlauts) == umlauts);
    CHECK(terminal_text("x" + umlauts) == "x" + umlauts);
    CHECK(terminal_text("\x1b[2J") == "\\u001B[2J");
    CHECK(terminal_text(std::string(400, '\x80')).size() == 400 * 6);
}

TEST_CASE("columns are aligned by characters, not bytes") {
    using Align = TextTable::Align;
    const TextTable table{{{"name"}, {"n", Align::Right}}, {{"\xC3\xA4", "10"}, {"bc", "9"}}};
    CHECK(table.terminal() == "  name   n\n  \xC3\xA4     10\n  bc     9\n");
    CHECK(table.markdown() == "| name | n |\n|---|---:|\n| \xC3\xA4 | 10 |\n| bc | 9 |\n");
}
