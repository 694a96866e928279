#pragma once

#include <string>
#include <string_view>

namespace lmsim::viz {

// As in viz/diagram/escape.hpp: shown and never interpreted.

/// The text, with the characters that would turn the order of others around shown as escapes. Each
/// text of a chart has gone through this.
std::string one_way(std::string_view text);

/// Text of an element or an attribute of XML; what XML has no character for is shown as an escape.
std::string xml_text(std::string_view text);

/// Text of a message or note of Mermaid's sequence diagrams, where a word "end" would end a block.
std::string mermaid_message(std::string_view text);

}  // namespace lmsim::viz
