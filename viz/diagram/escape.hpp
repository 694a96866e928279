#pragma once

#include <string>
#include <string_view>

namespace lmsim::viz {

// Names come from users. Each format gets them so that they are shown and never interpreted;
// control characters and bytes that are not UTF-8 are shown as escapes ("\u001B").

/// Text inside an HTML-like label of DOT.
std::string html_text(std::string_view text);

/// A quoted string of DOT: an ID or the value of an attribute, quotes included.
std::string dot_string(std::string_view text);

/// Text behind a colon or inside quotes of Mermaid.
std::string mermaid_text(std::string_view text);

/// Text inside double quotes of YAML: the front matter of Mermaid.
std::string yaml_text(std::string_view text);

/// Text behind a colon or inside quotes of PlantUML: no Creole, no tags, no preprocessor.
std::string plantuml_text(std::string_view text);

/// A name that every format takes as it is: what is no letter or digit becomes '_'.
std::string identifier(std::string_view text);

}  // namespace lmsim::viz
