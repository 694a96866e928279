#include "tools/cli/diagram_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "sim/core/text.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/exit_code.hpp"
#include "viz/diagram/graphviz.hpp"

namespace lmsim::cli {

namespace {

/// Into a file beside it that then takes its name. A link leads to the file, and what is there and
/// no file (a device, a pipe) is written into.
std::string write_whole(const std::string& wanted, std::string_view text) {
    namespace fs = std::filesystem;
    std::error_code unknown;
    const fs::file_status there = fs::status(wanted, unknown);
    if (fs::exists(there) && !fs::is_regular_file(there) && !fs::is_directory(there)) {
        return sim::trace::write_file(wanted, text);
    }
    const fs::path target = fs::exists(there) ? fs::canonical(wanted, unknown) : fs::path(wanted);
    const std::string path = unknown ? wanted : target.string();
    const std::string unfinished = path + ".unfinished-" + std::to_string(::getpid());
    std::string error = sim::trace::write_file(unfinished, text);
    if (error.empty() && std::rename(unfinished.c_str(), path.c_str()) != 0) {
        error = fmt::format("{}: {}", sim::printable(path), sim::trace::system_words(errno));
    }
    if (!error.empty()) {
        ::unlink(unfinished.c_str());
    }
    return error;
}

}  // namespace

int write_picture(const std::string& verb, const PictureOptions& options, std::string_view text) {
    if (options.out.empty()) {
        const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
        if (!whole || std::fflush(stdout) != 0) {
            fmt::print(stderr, "{}: the output cannot be written: {}\n", verb,
                       sim::trace::system_words(errno));
            return Environment;
        }
        return Ok;
    }
    const std::string error = write_whole(options.out, text);
    if (!error.empty()) {
        fmt::print(stderr, "{}: --out: {}\n", verb, error);
        return Usage;
    }
    return Ok;
}

int draw_picture(const std::string& verb, const PictureOptions& options, std::string_view dot) {
    if (options.format == "png" && options.out.empty() && ::isatty(STDOUT_FILENO) != 0) {
        fmt::print(stderr, "{}: a PNG is not for a terminal; give --out FILE\n", verb);
        return Usage;
    }
    const viz::Rendered rendered = viz::render(dot, options.format);
    if (rendered.outcome == viz::Rendered::Outcome::NoProgram) {
        fmt::print(stderr,
                   "{}: {} is drawn by the program dot of Graphviz, which is not here; install it "
                   "(Debian: apt-get install graphviz) or take --format dot, mermaid or plantuml\n",
                   verb, options.format);
        return Environment;
    }
    if (!rendered.said.empty()) {
        fmt::print(stderr, "{}: Graphviz says: {}\n", verb, sim::printable(rendered.said));
    }
    if (rendered.outcome == viz::Rendered::Outcome::Failed) {
        fmt::print(stderr, "{}: Graphviz has drawn nothing\n", verb);
        return Environment;
    }
    return write_picture(verb, options, rendered.picture);
}

}  // namespace lmsim::cli
