#include "viz/diagram/escape.hpp"

#include "sim/core/text.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"
#include "tests/viz/diagram/dot_reader.hpp"
#include "viz/diagram/state_diagram.hpp"

using namespace lmsim::viz;

namespace {

/// Bytes that mean something somewhere.
const std::string hostile =
    "<b>&amp;</b>\"]; x -> y "
    "[a=\"\\N\\\n\x1b[31m%date()%{{**//__--~[[u]]#9829;:;|'`$@!\xff\xc2\x85";

bool has_any(const std::string& text, const std::string& of) {
    return text.find_first_of(of) != std::string::npos;
}

/// What keeps a backslash alone is the only tag.
std::string without_font(std::string html) {
    for (const std::string tag : {"<FONT>", "</FONT>"}) {
        for (std::size_t at = html.find(tag); at != std::string::npos; at = html.find(tag)) {
            html.erase(at, tag.size());
        }
    }
    return html;
}

}  // namespace

TEST_CASE("text in an HTML-like label is shown as it is", "[diagram]") {
    CHECK(html_text("a<b>&\"\\N") == "a&lt;b&gt;&amp;&quot;<FONT>&#92;</FONT>N");
    CHECK(html_text("x\ny") == "x<FONT>&#92;</FONT>ny");
    CHECK_FALSE(has_any(without_font(html_text(hostile)), "<>\"\\\n\x1b\xff"));
    CHECK(test::shown(html_text(hostile)) == lmsim::sim::printable(hostile));
    CHECK(test::shown(html_text("<i>\"&amp;\"</i>")) == "<i>\"&amp;\"</i>");
}

TEST_CASE("a quoted string of DOT is one token", "[diagram]") {
    CHECK(dot_string("a\"b\\N&lt;") == "\"a\\\"b\\\\N&amp;lt;\"");
    const test::DotGraph graph =
        test::read_dot("digraph g { " + dot_string(hostile) + " [label=x]; }");
    CHECK(graph.nodes.size() == 1);
    CHECK(graph.edges.empty());
}

TEST_CASE("nothing in Mermaid or PlantUML text is markup", "[diagram]") {
    CHECK(mermaid_text("a:b;c<d>\"e\"") == "a#58;b#59;c#60;d#62;#34;e#34;");
    CHECK(mermaid_text("#9829;") == "#35;9829#59;");
    CHECK_FALSE(has_any(mermaid_text(hostile), "<>\"\\\n\x1b:`|[]{}%&$@"));
    CHECK(plantuml_text("<b>x</b>") == "<U+003C>b<U+003E>x<U+003C>/b<U+003E>");
    CHECK(plantuml_text("--x__y//z..") == "-<U+002D>x_<U+005F>y/<U+002F>z.<U+002E>");
    CHECK_FALSE(has_any(plantuml_text(hostile), "\"\\\n\x1b[]{}%&$@~*|#!"));
    CHECK_FALSE(has_any(yaml_text(hostile), "\"<>\n\x1b#{}[]&%"));
    CHECK(identifier("a b;c") == "a_b_c");
}

TEST_CASE("any bytes at all are escaped", "[diagram]") {
    CHECK(lmsim::tests::failure_of([](const std::string& text) {
              RC_ASSERT_FALSE(has_any(without_font(html_text(text)), "<>\"\\\n"));
              RC_ASSERT(test::shown(html_text(text)) == lmsim::sim::printable(text));
              RC_ASSERT_FALSE(has_any(mermaid_text(text), "<>\"\\\n:[]{}"));
              RC_ASSERT_FALSE(has_any(plantuml_text(text), "\"\\\n[]{}%"));
              const std::string dot = "digraph g { " + dot_string("x" + text) + "; }";
              RC_ASSERT(test::read_dot(dot).nodes.size() == 1U);
          }) == "");
}
