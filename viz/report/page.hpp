#pragma once

#include <string>
#include <string_view>

namespace lmsim::viz {

/// What a report's page is made of besides itself.
struct ReportPage {
    std::string title;     // as it is
    std::string data;      // JSON, as it is
    std::string sequence;  // a chart as SVG, or nothing
    std::string heat;      // one or more SVGs, or nothing
};

/// The page as one file of HTML that needs no other.
std::string report_html(const ReportPage& page);

/// JSON that may stand within HTML's <script>: the same to those who read it, without "<" and
/// without line separators that are none of JSON's.
std::string json_for_html(std::string_view json);

/// An SVG without what stands before its root in a file of its own.
std::string_view svg_for_html(std::string_view svg);

}  // namespace lmsim::viz
