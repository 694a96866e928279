#pragma once

#include <string>
#include <string_view>

namespace lmsim::cli {

/// Where a picture goes and as what.
struct PictureOptions {
    std::string format = "dot";
    std::string out;  // empty: standard output
};

/// Writes the text where it belongs: whole or not at all. Returns the exit code; what is wrong is
/// said on stderr after `verb`.
int write_picture(const std::string& verb, const PictureOptions& options, std::string_view text);

/// Has Graphviz draw DOT as `options.format` (svg or png) and writes that.
int draw_picture(const std::string& verb, const PictureOptions& options, std::string_view dot);

}  // namespace lmsim::cli
