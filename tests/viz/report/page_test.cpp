#include "viz/report/page.hpp"

#include "tests/catch.hpp"

using namespace lmsim;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("a report is one page, with all its scripts and no slot left") {
    const std::string page = viz::report_html({"quickstart", "{}", "", ""});
    CHECK(page.find("<!DOCTYPE html>") == 0);
    CHECK(page.find("<!-- slot") == std::string::npos);
    CHECK(page.find("uPlot") != std::string::npos);
    CHECK(page.find("lm.reproduce") != std::string::npos);
    CHECK(count(page, "<script") == count(page, "</script>"));
}

TEST_CASE("nothing that goes into a report ends what it stands in") {
    const std::string evil = "</script></title><!--<script>alert(1)</script>";
    const std::string clean = viz::report_html({"", "{}", "", ""});
    const std::string page = viz::report_html({evil, "{\"a\":\"" + evil + "\"}", "", ""});
    for (const char* mark : {"<script", "</script>", "</title>", "<!--"}) {
        INFO(mark);
        CHECK(count(page, mark) == count(clean, mark));
    }
    CHECK(page.find("&lt;/title&gt;") != std::string::npos);
    CHECK(page.find("\\u003c/script>") != std::string::npos);
}

TEST_CASE("JSON in a page has no line separators that are none of its own") {
    CHECK(viz::json_for_html("\"a\xE2\x80\xA8"
                             "b\xE2\x80\xA9<\"") == "\"a\\u2028b\\u2029\\u003c\"");
    CHECK(viz::json_for_html("\"\xE2\x80\xAE\xC3\xBC\"") == "\"\xE2\x80\xAE\xC3\xBC\"");
}

TEST_CASE("an SVG goes into a page from its root on") {
    CHECK(viz::svg_for_html("<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg><g/></svg>\n") ==
          "<svg><g/></svg>\n");
    CHECK(viz::svg_for_html("no picture").empty());
}
