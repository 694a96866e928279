#include "viz/report/page.hpp"

#include "model/assert.hpp"
#include "viz/sequence/escape.hpp"

namespace lmsim::viz {

namespace {

constexpr std::string_view report_page_text =
#include "viz/report/page.inc"
    ;

/// Copies the page up to the slot, and then what goes into it; returns what stands behind it.
std::string_view fill_slot(std::string& out, std::string_view rest, std::string_view slot,
                           std::string_view content) {
    const std::string mark = "<!-- slot " + std::string(slot) + " -->";
    const std::size_t at = rest.find(mark);
    LMSIM_ASSERT(at != std::string_view::npos);
    out += rest.substr(0, at);
    out += content;
    return rest.substr(at + mark.size());
}

}  // namespace

std::string json_for_html(std::string_view json) {
    std::string out;
    out.reserve(json.size() + 64);
    for (std::size_t at = 0; at < json.size(); ++at) {
        const std::string_view three = json.substr(at, 3);
        if (json[at] == '<') {
            out += "\\u003c";
        } else if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9") {
            out += three.back() == '\xA8' ? "\\u2028" : "\\u2029";
            at += 2;
        } else {
            out += json[at];
        }
    }
    return out;
}

std::string_view svg_for_html(std::string_view svg) {
    const std::size_t at = svg.find("<svg");
    return at == std::string_view::npos ? std::string_view{} : svg.substr(at);
}

std::string report_html(const ReportPage& page) {
    std::string out;
    out.reserve(report_page_text.size() + page.data.size() + page.sequence.size() +
                page.heat.size());
    std::string_view rest =
        fill_slot(out, report_page_text, "title", xml_text(one_way(page.title)));
    rest = fill_slot(out, rest, "sequence", svg_for_html(page.sequence));
    rest = fill_slot(out, rest, "heat", page.heat);
    rest = fill_slot(out, rest, "data", json_for_html(page.data));
    out += rest;
    return out;
}

}  // namespace lmsim::viz
