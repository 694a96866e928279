#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "tools/cli/command_line.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/man_page.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

struct ManArguments {
    std::string verb;
    std::string out;
};

int write_pages(CLI::App& app, const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    for (const ManPage& page : man_pages(app)) {
        const std::string path = (std::filesystem::path(folder) / page.file).string();
        std::ofstream file(path, std::ios::binary);
        file << page.text;
        file.close();
        if (!file) {
            return complain("man",
                            fmt::format("--out: {} cannot be written; expected a folder", path));
        }
    }
    return Ok;
}

int man(CLI::App& app, const ManArguments& arguments) {
    if (!arguments.out.empty()) {
        return write_pages(app, arguments.out);
    }
    const ManPage page =
        arguments.verb.empty() ? man_page(app) : man_page(app, *app.get_subcommand(arguments.verb));
    fmt::print("{}", page.text);
    return Ok;
}

}  // namespace

void add_man(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ManArguments>();
    CLI::App* verb = app.add_subcommand("man", "Print a manual page as roff: lmsim man | man -l -");
    std::vector<std::string> names;
    for (const CLI::App* each : verbs_of(app)) {
        names.push_back(each->get_name());
    }
    CLI::Option* which = verb->add_option("VERB", arguments->verb, "of this verb; else lmsim.1")
                             ->check(CLI::IsMember(names));
    verb->add_option("--out", arguments->out, "write all pages into this folder")
        ->type_name("DIR")
        ->excludes(which);
    verb->callback([&app, arguments, &exit_code] { exit_code = man(app, *arguments); });
}

}  // namespace lmsim::cli
