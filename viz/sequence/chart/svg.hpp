#pragma once

#include <string>

#include "viz/sequence/chart/chart.hpp"

namespace lmsim::viz::seq {

/// A picture that needs nothing else: A4 pages one below the other, upright or across as the
/// lifelines need. The same chart gives the same bytes.
std::string svg(const SequenceChart& chart);

/// Text of a sequenceDiagram.
std::string mermaid(const SequenceChart& chart);

std::string plantuml(const SequenceChart& chart);

/// Text in an element or attribute of XML: control characters and what is not UTF-8 is shown as
/// escapes.
std::string xml_text(std::string_view text);

}  // namespace lmsim::viz::seq
