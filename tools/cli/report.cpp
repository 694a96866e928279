#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "sim/core/text.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/diagram_output.hpp"
#include "tools/cli/run_dialects.hpp"
#include "tools/cli/verbs.hpp"
#include "tools/runs/study_report.hpp"
#include "viz/report/run_report.hpp"

namespace lmsim::cli {

namespace {

constexpr const char* report_verb = "lmsim report";

struct ReportArguments {
    std::string directory;
    std::string format = "html";
    std::string out;
    std::string tornado;
    bool open = false;
};

int refuse_report(const std::string& why) {
    fmt::print(stderr, "{}: {}\n", report_verb, why);
    return Usage;
}

bool report_has(const std::string& directory, const char* file) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::path(directory) / file, ignored);
}

bool is_sweep(const std::string& directory) {
    return report_has(directory, runs::sweep_csv) || report_has(directory, runs::sweep_table);
}

/// The page of whatever the directory is of: what it has in it tells.
sim::Result<viz::ReportPage> report_of(const ReportArguments& arguments) {
    const std::string& directory = arguments.directory;
    if (report_has(directory, runs::compare_file)) return runs::compare_report(directory);
    if (is_sweep(directory)) {
        return runs::sweep_report(directory);
    }
    std::error_code ignored;
    if (std::filesystem::is_directory(directory, ignored) &&
        !report_has(directory, "manifest.json")) {
        return sim::Failure{
            fmt::format("{}: it has no manifest.json, results.csv or compare.json; expected what "
                        "lmsim run, sweep or compare --out leaves",
                        sim::printable(directory))};
    }
    viz::RunReportRequest request;
    request.directory = directory;
    request.tornado = arguments.tornado;
    if (!find_dialects(directory, request.dialect)) {
        return sim::Failure{sim::printable(directory) + ": its config.toml cannot be used"};
    }
    return viz::run_report(request);
}

/// The table as Markdown, for a ticket. Runs and comparisons leave it in their directory.
int print_markdown(const ReportArguments& arguments) {
    const PictureOptions wanted{"md", arguments.out};
    if (is_sweep(arguments.directory)) {
        const auto text = runs::sweep_markdown(arguments.directory);
        return text ? write_picture(report_verb, wanted, text.value())
                    : refuse_report(text.error());
    }
    // What is refused as a page is refused as a text.
    const auto page = report_of(arguments);
    if (!page) return refuse_report(page.error());
    const std::string file = arguments.directory + "/" + runs::report_text;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        return refuse_report(fmt::format(
            "{}: there is no such file; lmsim run --out and lmsim compare --out leave it",
            sim::printable(file)));
    }
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    return write_picture(report_verb, wanted, text);
}

/// Shows it with the user's own program, which is not waited for.
int show_report(const std::string& file) {
    std::string program = "xdg-open";
    std::string path = file;
    char* words[] = {program.data(), path.data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, words[0], nullptr, nullptr, words, environ) != 0) {
        return complain("report",
                        "--open: there is no xdg-open (Debian: xdg-utils); open " +
                            sim::printable(file) + " in a browser",
                        Environment);
    }
    return Ok;
}

int make_report(const ReportArguments& arguments) {
    const bool study =
        is_sweep(arguments.directory) || report_has(arguments.directory, runs::compare_file);
    if (study && !arguments.tornado.empty()) {
        return refuse_report("--tornado is of a run, and " + sim::printable(arguments.directory) +
                             " is of several");
    }
    if (arguments.format == "md") {
        return print_markdown(arguments);
    }
    const auto page = report_of(arguments);
    if (!page) {
        return refuse_report(page.error());
    }
    const std::string file =
        arguments.out.empty() ? arguments.directory + "/report.html" : arguments.out;
    const int exit_code =
        write_picture(report_verb, {"html", file}, viz::report_html(page.value()));
    if (exit_code != Ok) {
        return exit_code;
    }
    fmt::print("{}\n", sim::printable(file));
    return arguments.open ? show_report(file) : Ok;
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ReportArguments>();
    CLI::App* verb = app.add_subcommand(
        "report", "Write one HTML page about a run, a sweep or a comparison, for any browser");
    verb->add_option("DIR", arguments->directory,
                     "what `lmsim run --out`, `lmsim sweep` or `lmsim compare --out` has left")
        ->required();
    verb->add_option("--format", arguments->format,
                     "html, or md: the table as Markdown, for a ticket")
        ->check(CLI::IsMember({"html", "md"}))
        ->capture_default_str();
    verb->add_option("--out", arguments->out,
                     "write into this file; without it, DIR/report.html, or for md the terminal")
        ->type_name("FILE");
    verb->add_option("--tornado", arguments->tornado,
                     "what `lmsim tornado --json` printed of the run's scenario; without it, "
                     "DIR/tornado.json if that is there")
        ->type_name("FILE");
    verb->add_flag("--open", arguments->open, "show it in the browser (xdg-open)");
    verb->callback([arguments, &exit_code] { exit_code = make_report(*arguments); });
}

}  // namespace lmsim::cli
