#include "viz/sequence/chart/maker.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/viz/sequence/chart/story.hpp"

using namespace lmsim;
using namespace lmsim::viz::seq;
using namespace lmsim::viz::seq::test;

namespace {

std::vector<std::string> names(const SequenceChart& chart) {
    std::vector<std::string> out;
    for (const Lifeline& line : chart.lifelines) {
        out.push_back(line.full_name());
    }
    return out;
}

std::vector<std::string> texts(const SequenceChart& chart) {
    std::vector<std::string> out;
    for (const ChartRow& row : rows(chart)) {
        out.push_back(row.text(chart));
    }
    return out;
}

bool has(const std::vector<std::string>& texts, const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

TEST_CASE("a chart has the lifelines that occur, from the source to the destination",
          "[sequence]") {
    CHECK(names(story()) == std::vector<std::string>{"source VMM", "source driver", "source PF",
                                                     "source VF 0", "guest", "media",
                                                     "destination VMM", "destination driver",
                                                     "destination PF"});
}

TEST_CASE("rows are in the order of their times and name commands, states and answers",
          "[sequence]") {
    const SequenceChart chart = story();
    const std::vector<ChartRow> all = rows(chart);
    CHECK(std::is_sorted(all.begin(), all.end(),
                         [](const ChartRow& a, const ChartRow& b) { return a.at < b.at; }));
    CHECK(texts(chart) == std::vector<std::string>{
                              "DirtyLogStart, success, 1.00 ms",
                              "guest I/O: 1 read, 4.00 KiB",
                              "setup-ends",
                              "round 1: 1.00 MiB dirty",
                              "guest I/O: 1 write, 4.00 KiB",
                              "RamSendSlice, 256 KiB, 800 us",
                              "RamSendSlice, 256 KiB, 801 us",
                              "RamSendSlice, 256 KiB, 802 us",
                              "src-downtime-start",
                              "PauseVcpus",
                              "success",
                              "SetDeviceState STOP_COPY, VF 0",
                              "Migration Send: Suspend, VF 0",
                              "migration: Suspended",
                              "Successful Completion",
                              "success",
                              "Migration Send: Set Controller State, VF 0",
                              "Invalid Field in Command",
                              "ResumeVcpus",
                              "success",
                              "dst-vcpus-resumed",
                              "finished",
                          });
}

TEST_CASE("phases and the downtime are those of the storyline", "[sequence]") {
    const SequenceChart chart = story();
    REQUIRE(chart.phases.size() == 4);
    CHECK(chart.phases[0].label == "setup");
    CHECK(chart.phases[2].label == "switchover");
    CHECK(chart.phases[2].begin == 60 * ms);
    CHECK(chart.phases[3].end == 65 * ms);
    REQUIRE(chart.downtimes.size() == 1);
    CHECK(chart.downtimes[0].begin == 60 * ms);
    CHECK(chart.downtimes[0].end == 64 * ms);
    // Of what has the time of an edge, the call that is the edge is within, what is beside is not.
    for (const ChartRow& row : rows(chart)) {
        const std::string text = row.text(chart);
        if (text == "src-downtime-start") {
            CHECK(row.before(chart.downtimes[0]));
        } else if (text == "PauseVcpus" || text == "ResumeVcpus") {
            CHECK_FALSE(row.before(chart.downtimes[0]));
            CHECK_FALSE(row.after(chart.downtimes[0]));
        } else if (text == "dst-vcpus-resumed") {
            CHECK(row.after(chart.downtimes[0]));
        }
    }
}

TEST_CASE("a window keeps what is in it, and of what reaches in the part within", "[sequence]") {
    ChartOptions options;
    options.from = 61 * ms + 20 * us;
    options.to = 61 * ms + 55 * us;
    const SequenceChart chart = story(options);
    // The call and its answer are both outside.
    CHECK(texts(chart) ==
          std::vector<std::string>{"migration: Suspended", "Successful Completion"});
    CHECK(chart.from == 61 * ms + 20 * us);
    CHECK(chart.to == 61 * ms + 55 * us);
    CHECK(chart.phases.size() == 1);
    options.from = 100 * ms;
    options.to = {};
    CHECK(rows(story(options)).empty());
}

TEST_CASE("few commands of the guest in a window are shown one by one", "[sequence]") {
    ChartOptions options;
    options.to = 5 * ms;
    const std::vector<std::string> few = texts(story(options));
    CHECK(has(few, "Read LBA 0, 4.00 KiB"));
    CHECK_FALSE(has(few, "guest I/O: 1 read, 4.00 KiB"));
    options.single_io = 1;
    const std::vector<std::string> many = texts(story(options));
    CHECK_FALSE(has(many, "Read LBA 0, 4.00 KiB"));
    CHECK(has(many, "guest I/O: 1 read, 4.00 KiB"));
}

TEST_CASE("what is about another VF is left out", "[sequence]") {
    ChartOptions options;
    options.vf = 1;
    const SequenceChart chart = story(options);
    CHECK_FALSE(has(names(chart), "source VF 0"));
    CHECK_FALSE(has(texts(chart), "Migration Send: Suspend, VF 0"));
    CHECK(has(texts(chart), "PauseVcpus"));
}

TEST_CASE("memory does not grow with the guest's I/O, nor beyond the limit", "[sequence]") {
    ChartMaker maker({});
    for (Ps at = 0; at < 100'000; ++at) {
        guest_io(maker, at * us, at * us + 1, static_cast<Device>(at % 4), at % 3 == 0 ? 1 : 2,
                 at % 100 == 0 ? 0x81 : 0);
    }
    const SequenceChart chart = maker.chart();
    REQUIRE(chart.items.size() == 1);
    CHECK(chart.items[0].io.reads + chart.items[0].io.writes == 100'000);
    CHECK(chart.items[0].io.failed == 1'000);
    CHECK(chart.lifelines[chart.items[0].from].full_name() == "source VF 0");
    CHECK(chart.lifelines[chart.items[0].to].full_name() == "media");

    ChartOptions options;
    options.limit = 5;
    const SequenceChart cut = story(options);
    CHECK(cut.items.size() <= 5);
    CHECK(cut.left_out > 0);
}

TEST_CASE("open commands, unknown codes and errors are shown", "[sequence]") {
    ChartMaker maker({});
    maker.command(command(5 * us, sim::trace::not_reached, 0xee));
    call(maker, 6 * us, 7 * us, Side::Source, 2, "SetDeviceState", "STOP", 5);
    call(maker, 8 * us, 9 * us, Side::Source, -1, "SendMessage", "End", 32, 16);
    maker.interrupt_lost(10 * us, Side::Source, 2);
    const std::vector<std::string> all = texts(maker.chart());
    for (const char* text : {"opcode EEh", "no answer", "EIO", "interrupt lost",
                             "SendMessage End, EPIPE, 16 B, 1.00 us"}) {
        INFO(text);
        CHECK(has(all, text));
    }
}
