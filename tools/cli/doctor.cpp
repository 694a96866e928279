#include "tools/cli/doctor.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "sim/core/kernel.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/data_files.hpp"
#include "tools/system/checks.hpp"

namespace lmsim::cli {

namespace {

struct DoctorArguments {
    std::string root = "/";
    bool json = false;
};

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// As setlocale() chooses it.
std::string locale_in_force() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value = from_environment(name);
        if (!value.empty()) {
            return value;
        }
    }
    return {};
}

/// The first of these that is there, here or in the installed data.
std::string first_data(const std::vector<std::string>& paths) {
    std::error_code error;
    for (const std::string& path : paths) {
        const std::string found = find_data(path);
        if (std::filesystem::exists(found, error)) {
            return std::filesystem::path(found).parent_path().string();
        }
    }
    return {};
}

system::Machine this_machine(std::string root) {
    while (!root.empty() && root.back() == '/') {
        root.pop_back();
    }
    system::Machine machine;
    machine.root = root;
    machine.path = from_environment("PATH");
    machine.locale = locale_in_force();
    machine.scenarios = first_data({"scenarios/quickstart.toml"});
    machine.schemas = first_data({"docs/schema/result.schema.json", "schema/result.schema.json"});
    machine.cache = from_environment("XDG_CACHE_HOME");
    if (machine.cache.empty()) {
        machine.cache = from_environment("HOME") + "/.cache";
    }
    std::error_code error;
    const auto space = std::filesystem::space(".", error);
    machine.disk = error ? 0 : space.available;
    machine.systemc = sc_core::sc_release();
    return machine;
}

int doctor(const DoctorArguments& arguments) {
    std::error_code error;
    if (!std::filesystem::is_directory(arguments.root, error)) {
        return complain("doctor", fmt::format("--root: {} is no folder", arguments.root));
    }
    const auto all = system::look_at(this_machine(arguments.root));
    fmt::print("{}", arguments.json ? system::checked_json(all) : system::checked_text(all));
    return system::ready(all) ? Ok : Environment;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<DoctorArguments>();
    CLI::App* verb =
        app.add_subcommand("doctor", "Say what this machine can do with lmsim, and what it lacks");
    verb->add_option("--root", arguments->root,
                     "look at /dev, /proc, /sys and /usr in this folder instead of /")
        ->type_name("DIR");
    verb->add_flag("--json", arguments->json, "print it as JSON");
    verb->callback([arguments, &exit_code] { exit_code = doctor(*arguments); });
}

}  // namespace lmsim::cli
