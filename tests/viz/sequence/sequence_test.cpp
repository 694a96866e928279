#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/sequence/run.hpp"
#include "viz/sequence/escape.hpp"
#include "viz/sequence/words.hpp"

using namespace lmsim;
using namespace lmsim::tests;

namespace {

viz::SequenceRequest request(const char* from = "", const char* to = "", bool fold = false) {
    viz::SequenceRequest request;
    request.from = from;
    request.to = to;
    request.fold = fold;
    return request;
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++times;
    return times;
}

}  // namespace

TEST_CASE("sequence: a small migration in all formats") {
    ToldRun run;
    small_run(run);
    const std::string folder = "tests/viz/sequence/golden/";
    const viz::Chart chart = run.chart();
    check_golden(folder + "small.txt", rows_text(chart));
    check_golden(folder + "small.svg", viz::sequence_svg(chart));
    check_golden(folder + "small.mmd", viz::sequence_mermaid(chart));
    check_golden(folder + "small.puml", viz::sequence_plantuml(chart));
    CHECK(viz::sequence_svg(run.chart()) == viz::sequence_svg(chart));
}

TEST_CASE("sequence: the small migration folded") {
    ToldRun run;
    small_run(run);
    const viz::Chart chart = run.chart(request("", "", true));
    const std::string folder = "tests/viz/sequence/golden/";
    check_golden(folder + "folded.txt", rows_text(chart));
    check_golden(folder + "folded.svg", viz::sequence_svg(chart));
    check_golden(folder + "folded.mmd", viz::sequence_mermaid(chart));
    check_golden(folder + "folded.puml", viz::sequence_plantuml(chart));
}

TEST_CASE("sequence: without a name of a part the migration is shown, else what is asked for") {
    ToldRun run;
    small_run(run);
    CHECK(run.chart().window.from == 40 * ms);
    CHECK(run.chart().window.to == 232 * ms);
    CHECK(run.chart(request("boot", "boot")).window.to == 40 * ms);
    CHECK(run.chart(request("run")).window.from == 0);
    CHECK(run.chart(request("pre-copy", "pre-copy")).window.from == 41 * ms);
    CHECK(run.chart(request("downtime", "downtime")).window.to == 220 * ms + 100 * us);
    CHECK(run.chart(request("1.5ms", "0.2s")).window.from == 1500 * us);
    CHECK(run.chart(request("0s", "30ms")).window.to == 30 * ms);
    CHECK(run.chart(request("", "30ms")).window.from == 0);
    CHECK(run.chart(request("", "9s")).window.to == 232 * ms);
}

TEST_CASE("sequence: a window that cannot be is refused") {
    ToldRun run;
    small_run(run);
    CHECK(
        run.refusal(request("switchovr")) ==
        "--from: \"switchovr\" is no time such as \"350ms\" and no part of this run, did you mean "
        "switchover?; its parts are boot, setup, pre-copy, switchover, handover, migration, "
        "downtime, run");
    CHECK(run.refusal(request("-1ms")).find("--from: ") == 0);
    CHECK(run.refusal(request("", "5")).find("--to: ") == 0);
    CHECK(run.refusal(request("5 parsecs")).find("--from: ") == 0);
    CHECK(run.refusal(request("1ms\x1b[31m")).find('\x1b') == std::string::npos);
    CHECK(run.refusal(request("10ms", "5ms")) ==
          "--from: 10.0 ms is behind --to, 5.00 ms; expected an earlier time");
    CHECK(run.refusal(request("9s")) == "--from: 9.00 s is behind the end of the run, 232 ms");
}

TEST_CASE("sequence: a run that did not migrate has no phases and is shown whole") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) { admin(sink, ms, 2 * ms, 0x06, 1, -1); });
    const viz::Chart chart = run.chart();
    CHECK(chart.phases.empty());
    CHECK_FALSE(chart.downtime);
    CHECK(rows_text(chart) == "~\nsrc_driver -> src_pf: Identify: CNS 01h => Success, 1.00 ms\n");
    run.tell([](sim::trace::TraceSink&) {});
    CHECK(run.chart().rows.empty());
    CHECK(viz::sequence_svg(run.chart()).find("</svg>") != std::string::npos);
}

TEST_CASE("sequence: one VF alone, with what belongs to none") {
    ToldRun run;
    small_run(run);
    viz::SequenceRequest only = request("switchover", "switchover");
    only.vf = 1;
    const std::string rows = rows_text(run.chart(only));
    CHECK(rows.find("VF 0") == std::string::npos);
    CHECK(rows.find("VF 1: SET STOP_COPY") != std::string::npos);
    CHECK(rows.find("pause vCPUs") != std::string::npos);
    CHECK(run.chart(only).lifelines.at(3).name == "VF 1");
    only.vf = 5;
    CHECK(run.refusal(only) == "--vf: this run has no VF 5; it has VF 0, 1");
    only.vf = UINT32_MAX;
    CHECK(run.refusal(only).find("--vf: this run has no VF 4294967295") == 0);
}

TEST_CASE("sequence: the downtime is shaded, and a VM that never runs again has no end") {
    ToldRun run;
    small_run(run);
    viz::Chart chart = run.chart();
    REQUIRE(chart.downtime);
    CHECK(chart.downtime->name == "downtime 20.1 ms");
    const viz::RowRange range = viz::rows_within(chart, *chart.downtime, false);
    CHECK(chart.rows[range.first].text == "src-downtime-start");
    CHECK(chart.rows[range.last - 1].text == "resume vCPUs");
    CHECK(chart.rows[range.last].text == "dst-vcpus-resumed");
    CHECK(viz::sequence_svg(chart).find("class=\"down\"") != std::string::npos);
    CHECK(run.chart(request("boot", "boot")).downtime == std::nullopt);
    run.info.downtime_ended = false;
    chart = run.chart();
    CHECK(chart.downtime->name == "downtime without an end");
    CHECK(chart.downtime->end == 232 * ms);
    run.info.downtime_begin = INT64_MAX - 1;
    run.info.downtime_ended = true;
    CHECK_FALSE(run.chart().downtime);
}

TEST_CASE("sequence: the axis is broken where nothing is drawn, and says for how long") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        admin(sink, 0, us, 0x06, 1, -1);
        admin(sink, 2 * us, 3 * us, 0x06, 1, -1);
        admin(sink, 100 * ms, 100 * ms + us, 0x06, 1, -1);
    });
    const viz::Chart chart = run.chart();
    REQUIRE(chart.rows.size() == 4);
    CHECK(chart.rows[2].kind == viz::ChartRow::Kind::Idle);
    CHECK(chart.rows[2].until - chart.rows[2].at == 100 * ms - 3 * us);
    const std::string svg = viz::sequence_svg(chart);
    CHECK(count(svg, "l-6,4 l12,5 l-12,6 l12,5 l-6,4") == 1);
    CHECK(svg.find(">100 ms</text>") != std::string::npos);
    CHECK(viz::sequence_plantuml(chart).find("...100 ms left out...") != std::string::npos);
}

TEST_CASE("sequence: the guest's commands one by one if they are few, counted if not") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        for (int i = 0; i < 100; ++i) {
            io(sink, i * ms, (i + 1) * ms,
               i == 50      ? 9
               : i % 2 == 0 ? 1
                            : 2,
               i % 2, i == 70 ? 0x281 : 0);
        }
    });
    const std::string few = rows_text(run.chart(request("0s", "3.5ms")));
    CHECK(few.find("guest -> src_vf: VF 0: Write 4.00 KiB, SQ 3") != std::string::npos);
    CHECK(few.find("guest I/O") == std::string::npos);
    const std::string many = rows_text(run.chart());
    CHECK(many.find("VF 0: Write 4.00 KiB, SQ 3 => Unrecovered Read Error") != std::string::npos);
    CHECK(many.find("1 of them failed") != std::string::npos);
    // --fold never draws them one by one.
    const std::string folded = rows_text(run.chart(request("0s", "3.5ms", true)));
    CHECK(folded == "~ guest I/O: 1 read, 2 writes in 3.50 ms\n");
}

TEST_CASE("sequence: ranges that a VF's log has one after the other are one line") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        for (int i = 0; i < 1000; ++i) {
            const auto vf = static_cast<sim::trace::Device>(i % 2);
            sink.log({i * us, Side::Source, vf, "range", "ordinary", 1, 8U * i, 8, i % 500 == 7});
        }
        sink.log({1000 * us, Side::Source, 0, "tail event", "", 0, 0, 0, false});
        sink.log({1001 * us, Side::Source, 0, "range", "ordinary", 1, 64, 8, false});
        sink.log({1002 * us, Side::Source, 0, "range", "ordinary", 1, 0, 0, false});
        sink.log({1003 * us, Side::Source, 0, "range", "ordinary", 1, 0, 0, false});
    });
    CHECK(rows_text(run.chart(request("0s", "2ms"))) ==
          "src_driver: VF 0: log: 500 x range, ESA ordinary, NSID 1, 4 000 blocks\n"
          "src_driver: VF 1: log: 498 x range, ESA ordinary, NSID 1, 3 984 blocks\n"
          "src_driver: VF 1: log: 2 x range, ESA ordinary, NSID 1, 16 blocks, deallocated\n"
          "~\n"
          "src_pf -> src_driver: VF 0: log: tail event\n"
          "src_driver: VF 0: log: range, ESA ordinary, NSID 1, 8 blocks from 64\n"
          "src_driver: VF 0: log: range, ESA ordinary, all of NSID 1\n"
          "src_driver: VF 0: log: range, ESA ordinary, all of NSID 1\n");
}

TEST_CASE("sequence: what is too much is left out, and said so in the chart") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        for (int i = 0; i < 50; ++i) sink.note(i * ms, fmt::format("remark {}", i));
    });
    viz::SequenceRequest few;
    few.most_rows = 10;
    const viz::Chart chart = run.chart(few);
    CHECK(chart.rows.size() == 10);
    CHECK(chart.left_out > 0);
    const std::string says = fmt::format("{} more lines follow", chart.left_out);
    CHECK(viz::sequence_svg(chart).find(says) != std::string::npos);
    CHECK(viz::sequence_mermaid(chart).find(says) != std::string::npos);
    CHECK(viz::sequence_plantuml(chart).find(says) != std::string::npos);
    few.fold = true;
    CHECK(run.chart(few).left_out > 0);
}

TEST_CASE("sequence: a long chart goes over pages of A4, each with the names") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        for (int i = 0; i < 200; ++i) sink.note(i * us, fmt::format("remark {}", i));
    });
    const std::string svg = viz::sequence_svg(run.chart());
    CHECK(count(svg, ">VMM</text>") > 4);
    CHECK(svg.find("width=\"277mm\"") != std::string::npos);
}

TEST_CASE("sequence: a command without a completion, and a call that fails") {
    ToldRun run;
    run.tell([](sim::trace::TraceSink& sink) {
        admin(sink, us, not_reached, 0x0C, 0, -1);
        call(sink, 2 * us, 3 * us, Side::Source, 0, "SetDeviceState", "STOP", 0, -22);
        call(sink, 4 * us, 5 * us, Side::Source, 0, "SetDeviceState", "STOP", 0, INT32_MIN + 1);
        sink.phase({6 * us, false, Side::Source, 0, "SetDeviceState", 0, 0, {}});
        sink.phase({7 * us, true, Side::Source, 0, "Whatever", 0, 0, {}});
    });
    const std::string rows = rows_text(run.chart(request("run", "run")));
    CHECK(rows.find("Asynchronous Event Request: no completion (lost)") != std::string::npos);
    CHECK(rows.find("VF 0: SET STOP => EINVAL (22), 1.00 us") != std::string::npos);
    CHECK(rows.find("VF 0: SET STOP => error -2147483647") != std::string::npos);
    CHECK(rows.find("src_vmm: VF 0: Whatever\n") != std::string::npos);
}

TEST_CASE("sequence: a wrong trace is refused with its line") {
    ToldRun run;
    small_run(run);
    std::filesystem::resize_file(run.info.trace(), 2000);
    CHECK(run.refusal({}).find("trace.ndjson:") != std::string::npos);
}

TEST_CASE("sequence: hostile names are shown and never interpreted") {
    ToldRun run;
    const std::string evil = "<script>&\"'\x1b]0;x\x07\n%end\nend --> :; \\ \xE2\x80\xAE \xFF]]>";
    run.info.scenario = evil;
    run.info.reason = evil;
    run.info.outcome = evil;
    run.tell([&](sim::trace::TraceSink& sink) {
        sink.note(0, evil);
        sink.note(us, "end");
        sink.state({2 * us, Side::Source, 3, evil, evil, "x", evil, evil});
        call(sink, 3 * us, 4 * us, Side::Source, 3, evil.c_str(), evil.c_str());
        sink.log({5 * us, Side::Source, 3, evil, evil, 1, 2, 3, true});
    });
    const viz::Chart chart = run.chart();
    const std::string svg = viz::sequence_svg(chart);
    CHECK(svg.find("<script") == std::string::npos);
    CHECK(svg.find("&lt;script&gt;&amp;&quot;&#39;\\u001B]0;x\\u0007\\n%end") != std::string::npos);
    const std::string mermaid = viz::sequence_mermaid(chart);
    const std::string plantuml = viz::sequence_plantuml(chart);
    for (const std::string& text : {svg, mermaid, plantuml}) {
        for (const char c : text) {
            INFO(static_cast<int>(c));
            CHECK_FALSE((static_cast<unsigned char>(c) < 0x20 && c != '\n'));
        }
    }
    CHECK(mermaid.find("<script") == std::string::npos);
    CHECK(plantuml.find("<script") == std::string::npos);
    // No line of these formats is other than the chart's own words.
    CHECK(count(mermaid, "\n    end\n") == 2);  // of the boxes
    CHECK(count(plantuml, "\nend box\n") == 2);
    CHECK(count(plantuml, "\nend") == 2);
}

TEST_CASE("sequence: no text turns another around") {
    CHECK(viz::one_way("a\xE2\x80\xAE-\xE2\x81\xA6 \xE2\x80\x93\xE2\x80") ==
          "a\\u202E-\\u2066 \xE2\x80\x93\xE2\x80");
    ToldRun run;
    run.info.scenario = "\xE2\x80\xAEx";
    run.tell([](sim::trace::TraceSink& sink) {
        sink.note(0,
                  "\xE2\x80\xAB"
                  "remark");
    });
    for (const std::string& text :
         {viz::sequence_svg(run.chart()), viz::sequence_plantuml(run.chart())}) {
        CHECK(text.find("\xE2\x80") == std::string::npos);
        CHECK(text.find("remark") != std::string::npos);
    }
}

TEST_CASE("sequence: escapes of XML and of Mermaid's messages") {
    CHECK(viz::xml_text("a<b>&\"'\xEF\xBF\xBE\xEF\xBF\xBF\x01") ==
          "a&lt;b&gt;&amp;&quot;&#39;\\uFFFE\\uFFFF\\u0001");
    CHECK(viz::mermaid_message("end") == "#101;nd");
    CHECK(viz::mermaid_message("the END, bend ends end") == "the #69;ND, bend ends #101;nd");
    CHECK(viz::mermaid_message("a;b") == "a#59;b");
}

TEST_CASE("sequence: words for people") {
    CHECK(viz::grouped(0) == "0");
    CHECK(viz::grouped(999) == "999");
    CHECK(viz::grouped(1'240) == "1 240");
    CHECK(viz::grouped(UINT64_MAX) == "18 446 744 073 709 551 615");
    CHECK(viz::vf_words({}).empty());
    CHECK(viz::vf_words({0, 1, 2, 5, 7, 8}) == "VF 0-2, 5, 7, 8: ");
    sim::trace::DeviceNames names;
    names.add(2, "mlx5 0");
    names.add(3, "mlx5 1");
    CHECK(viz::vf_words({0, 1, 2, 3}, names) == "VF 0, 1, mlx5 0, mlx5 1: ");
    CHECK(viz::vf_words({3}, names) == "mlx5 1: ");
}
