#pragma once

#include <string>
#include <string_view>

namespace lmsim::viz {

/// What became of a picture.
struct Rendered {
    enum class Outcome { Drawn, NoProgram, Failed };
    Outcome outcome = Outcome::Failed;
    std::string picture;
    std::string said;  // what Graphviz, or the system, had to say: warnings too
};

/// Lets Graphviz's program `dot` draw: `format` is "svg" or "png". Started without a shell. An SVG
/// ends with a comment that holds source_mark() of its text.
Rendered render(std::string_view dot_text, const std::string& format);

/// A number of the text, so that a picture can tell what it was drawn from: whoever compares it
/// does not depend on the version of Graphviz.
std::string source_mark(std::string_view dot_text);

}  // namespace lmsim::viz
