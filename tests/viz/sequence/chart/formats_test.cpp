#include <algorithm>

#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/sequence/chart/story.hpp"
#include "viz/sequence/chart/fold.hpp"
#include "viz/sequence/chart/layout.hpp"
#include "viz/sequence/chart/svg.hpp"

using namespace lmsim;
using namespace lmsim::viz::seq;
using namespace lmsim::viz::seq::test;

namespace {

const std::string hostile =
    "</text><script>alert(1)</script>\"'&amp;\n    end\n@enduml\n!include /etc/passwd\x1b[31m\xff";

SequenceChart hostile_chart() {
    ChartMaker maker({});
    state(maker, 1 * us, Side::Source, 0, hostile, hostile);
    call(maker, 2 * us, 3 * us, Side::Source, 0, hostile, hostile);
    maker.note(4 * us, hostile);
    SequenceChart chart = maker.chart();
    chart.title = hostile;
    chart.remarks = {hostile};
    chart.phases.push_back({hostile, 1 * us, 4 * us});
    return chart;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Every tag of what is well-formed is one that the picture has anyway.
std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("a small chart is the golden one in each format", "[sequence]") {
    SequenceChart chart = story();
    fold(chart);
    const std::string folder = "tests/viz/sequence/chart/golden/";
    lmsim::tests::check_golden(folder + "story.svg", svg(chart));
    lmsim::tests::check_golden(folder + "story.mermaid", mermaid(chart));
    lmsim::tests::check_golden(folder + "story.plantuml", plantuml(chart));
}

TEST_CASE("hostile names are shown and not interpreted", "[sequence]") {
    const SequenceChart chart = hostile_chart();
    const std::string picture = svg(chart);
    CHECK_FALSE(has(picture, "<script"));
    CHECK_FALSE(has(picture, "\x1b"));
    CHECK_FALSE(has(picture, "\xff"));
    CHECK(has(picture, "&lt;script&gt;alert(1)"));
    CHECK(has(picture, "&amp;amp;"));
    CHECK(count(picture, "</svg>") == 1);
    CHECK(count(picture, "<text") == count(picture, "</text>"));
    CHECK(count(picture, "<g>") == count(picture, "</g>"));
    CHECK(xml_text("<a b='\"&") == "&lt;a b=&#39;&quot;&amp;");

    for (const std::string& text : {mermaid(chart), plantuml(chart)}) {
        CHECK_FALSE(has(text, "<script"));
        CHECK_FALSE(has(text, "\n!include"));
        CHECK_FALSE(has(text, "\x1b"));
        CHECK_FALSE(has(text, "\xff"));
    }
    CHECK(count(mermaid(chart), "\n    end\n") == 1);  // of the box around the participants
    CHECK(count(plantuml(chart), "@enduml") == count(plantuml(chart), "\n@enduml\n"));
}

TEST_CASE("an empty chart is a picture, too", "[sequence]") {
    const SequenceChart chart;
    CHECK(has(svg(chart), "</svg>"));
    CHECK(has(mermaid(chart), "sequenceDiagram"));
    CHECK(has(plantuml(chart), "@enduml"));
}

TEST_CASE("the axis is broken where nothing happens, with how long", "[sequence]") {
    const SequenceChart chart = story();
    const std::vector<ChartRow> all = rows(chart);
    const std::vector<Ps> broken = breaks(all);
    REQUIRE(broken.size() == all.size());
    const auto longest = std::max_element(broken.begin(), broken.end());
    CHECK(*longest > 40 * ms);
    CHECK(all[static_cast<std::size_t>(longest - broken.begin())].at == 50 * ms);
    const ChartLayout at = layout(chart, all);
    REQUIRE_FALSE(at.gaps.empty());
    CHECK(std::is_sorted(at.y.begin(), at.y.end()));
    CHECK(has(svg(chart), ">45.9 ms</text>"));
    CHECK(has(plantuml(chart), "...45.9 ms..."));
}

TEST_CASE("pages of A4 hold whole rows between boxes of the lifelines", "[sequence]") {
    ChartMaker maker({});
    for (Ps turn = 0; turn < 300; ++turn) {
        call(maker, turn * us, turn * us + us / 2, Side::Source, 0, "ReadDeviceBlock");
    }
    const SequenceChart chart = maker.chart();
    const std::vector<ChartRow> all = rows(chart);
    const ChartLayout at = layout(chart, all);
    REQUIRE(at.pages.size() > 1);
    for (const int y : at.y) {
        const auto on = [&](const ChartLayout::Page& page) {
            return y - ChartLayout::half_row >= page.top &&
                   y + ChartLayout::half_row <= page.bottom;
        };
        CHECK(std::count_if(at.pages.begin(), at.pages.end(), on) == 1);
    }
    const int page_height = at.pages[1].begin - at.pages[0].begin;
    for (const ChartLayout::Page& page : at.pages) {
        CHECK(page.bottom + ChartLayout::box_height <= page.begin + page_height);
    }
    CHECK(count(svg(chart), ">driver</text>") == 2 * at.pages.size());
}

TEST_CASE("the same chart gives the same bytes", "[sequence]") {
    CHECK(svg(story()) == svg(story()));
    CHECK(has(svg(story()), "the guest stands still for 4.00 ms"));
    CHECK(has(mermaid(story()), "rect rgb"));
    CHECK_FALSE(has(svg(story()), "href"));
}

TEST_CASE("texts are cut between letters", "[sequence]") {
    CHECK(shortened("abcdef", 6) == "abcdef");
    CHECK(shortened("abcdefg", 6) == "abc...");
    CHECK(shortened("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 4) == "\xc3\xa4...");
    CHECK(axis_time(793'976'546'560, 6) == "793.976546 ms");
    CHECK(axis_time(793'976'546'560, 3) == "793.976 ms");
}
