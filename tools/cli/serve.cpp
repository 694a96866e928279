#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "sim/bridge/vfio_user/server.hpp"
#include "sim/conform/model_target.hpp"
#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/run/convert.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/spec_profile.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using sim::vfio_user::ServerOptions;

constexpr std::uint16_t default_vfs = 4;
constexpr std::uint64_t block_bytes = 512;

struct ServeArguments {
    ScenarioOptions scenario;
    std::string socket;
    std::string functions = "pf";
    std::vector<std::string> media;
    std::string size = "1GiB";
    std::uint32_t queue_pairs = 64;
    bool case_limits = false;
    bool private_namespaces = false;
    bool once = false;
    bool quiet = false;
};

/// "pf,vf0" as function numbers; or what is wrong with it.
std::string parse_functions(const std::string& text, std::vector<std::uint16_t>& functions) {
    functions.clear();
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string name = text.substr(at, end - at);
        const std::string digits = name.rfind("vf", 0) == 0 ? name.substr(2) : std::string();
        const bool number = !digits.empty() && digits.size() <= 3 &&
                            digits.find_first_not_of("0123456789") == std::string::npos;
        if (name != "pf" && !number) {
            return fmt::format("--functions: {} is no function; expected pf, vf0, vf1...",
                               sim::in_quotes(name));
        }
        const auto function = static_cast<std::uint16_t>(number ? std::stoul(digits) + 1 : 0);
        if (function >= nvme::SimBounds::functions) {
            return fmt::format("--functions: there is no {}; a device has at most {} VFs", name,
                               nvme::SimBounds::functions - 1);
        }
        if (std::find(functions.begin(), functions.end(), function) != functions.end()) {
            return fmt::format("--functions: {} stands there twice", name);
        }
        functions.push_back(function);
        at = end + 1;
    }
    return {};
}

/// "FILE" or "NSID=FILE".
std::string parse_media(const std::string& text, ServerOptions::Backing& backing) {
    const std::size_t equals = text.find('=');
    const std::string number = equals == std::string::npos ? "1" : text.substr(0, equals);
    backing.file = equals == std::string::npos ? text : text.substr(equals + 1);
    const bool digits = !number.empty() && number.size() <= 4 &&
                        number.find_first_not_of("0123456789") == std::string::npos;
    backing.nsid = digits ? static_cast<std::uint32_t>(std::stoul(number)) : 0;
    return backing.nsid == 0 || backing.nsid > nvme::SimBounds::namespaces || backing.file.empty()
               ? fmt::format("--media {}: expected FILE, or NSID=FILE with an NSID of 1 to {}",
                             sim::in_quotes(text), nvme::SimBounds::namespaces)
               : std::string();
}

/// A device of its own: no time, and what --queue-pairs, --size and --limits say.
std::string plain_device(const ServeArguments& arguments, ServerOptions& options) {
    const auto size = sim::parse<sim::Bytes>(arguments.size);
    if (!size) {
        return fmt::format("--size: {}", size.error());
    }
    if (size.value().count < block_bytes || size.value().count % block_bytes != 0) {
        return fmt::format("--size {}: expected whole blocks of {} bytes, at least one",
                           arguments.size, block_bytes);
    }
    sim::DeviceTiming& device = options.device;
    device.vfs = default_vfs;
    for (const std::uint16_t function : options.functions) {
        device.vfs = std::max(device.vfs, function);
    }
    if (arguments.case_limits) {
        device.config = sim::conform::case_limits();
        device.vfs = sim::conform::case_vfs;
        return {};
    }
    device.config.queue_pairs = arguments.queue_pairs;
    device.config.blocks = size.value().count / block_bytes;
    device.config.private_namespaces = arguments.private_namespaces;
    return {};
}

/// Everything that the command line says; or what is wrong with it, already told.
std::optional<ServerOptions> options_of(const ServeArguments& arguments) {
    ServerOptions options;
    options.socket = arguments.socket;
    std::string error = parse_functions(arguments.functions, options.functions);
    for (const std::string& text : arguments.media) {
        ServerOptions::Backing backing;
        if (error.empty()) error = parse_media(text, backing);
        for (const ServerOptions::Backing& other : options.backings) {
            if (error.empty() && (other.nsid == backing.nsid || other.file == backing.file)) {
                error = fmt::format("--media {}: NSID {} has {} already; expected a file for each",
                                    sim::in_quotes(text), other.nsid, other.file);
            }
        }
        options.backings.push_back(std::move(backing));
    }
    if (!error.empty()) {
        complain("serve", error);
        return std::nullopt;
    }
    if (arguments.scenario.file.empty()) {
        const auto profile = profile_or_complain(arguments.scenario.profile);
        if (!profile) {
            return std::nullopt;
        }
        options.rules = profile->rules;
        error = plain_device(arguments, options);
    } else {
        const PreparedRun prepared = prepare(arguments.scenario);
        if (!prepared.loaded.ok()) {
            fmt::print(stderr, "{}", prepared.loaded.error_text());
            return std::nullopt;
        }
        options.device =
            sim::device_timing(prepared.loaded.scenario, prepared.loaded.scenario.hosts.src);
        options.device.config.vfs_online = true;  // nobody may be there to bring them online
        options.rules = prepared.dialects.device[0];
        options.paced = true;
    }
    options.seed = arguments.scenario.seed.value_or(1);
    for (const std::uint16_t function : options.functions) {
        if (error.empty() && function > options.device.vfs) {
            error = fmt::format("--functions: there is no {}; the device has {} VFs",
                                sim::vfio_user::function_name(function), options.device.vfs);
        }
    }
    if (!error.empty()) {
        complain("serve", error);
        return std::nullopt;
    }
    return options;
}

int serve(const ServeArguments& arguments) {
    std::optional<ServerOptions> options = options_of(arguments);
    if (!options) {
        return Usage;
    }
    options->say = [](const std::string& text) { fmt::print(stderr, "{}\n", text); };
    if (arguments.quiet) {
        options->say = [](const std::string&) {};
    }
    catch_interrupts();
    ignore_broken_pipes();
    sim::vfio_user::Server server(std::move(*options));
    const std::string error = server.open();
    if (!error.empty()) {
        return complain("serve", error);
    }
    for (const std::string& path : server.paths()) {
        fmt::print("listening at {}\n", path);
    }
    std::fflush(stdout);
    server.run(was_interrupted, arguments.once);
    std::uint64_t messages = 0;
    for (const std::uint64_t count : server.messages()) {
        messages += count;
    }
    fmt::print("{} messages\n", messages);
    return Ok;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<ServeArguments>();
    CLI::App* verb = app.add_subcommand(
        "serve", "Serve the model as PCI devices to other processes (vfio-user), until a signal");
    verb->add_option("--socket", arguments->socket,
                     "where to listen: of one function its socket, of several PATH.pf, PATH.vf0...")
        ->type_name("PATH")
        ->required();
    verb->add_option("--functions", arguments->functions, "which functions: pf,vf0,vf1...")
        ->type_name("LIST")
        ->capture_default_str();
    CLI::Option* scenario =
        verb->add_option("--scenario", arguments->scenario.file,
                         "take the source's device of this scenario, with its timing, paced to "
                         "the clock; else the device answers as fast as it can")
            ->type_name("FILE");
    add_scenario_settings(*verb, arguments->scenario);
    verb->add_option("--media", arguments->media,
                     "keep a namespace in this file (NSID 1 if none is named); else in memory")
        ->type_name("[NSID=]FILE");
    CLI::Option* size =
        verb->add_option("--size", arguments->size, "of a namespace, without a scenario")
            ->type_name("SIZE")
            ->excludes(scenario)
            ->capture_default_str();
    CLI::Option* pairs = verb->add_option("--queue-pairs", arguments->queue_pairs,
                                          "I/O queue pairs of a function, without a scenario")
                             ->check(CLI::Range(1, 64))
                             ->excludes(scenario)
                             ->capture_default_str();
    CLI::Option* own = verb->add_flag("--private-namespaces", arguments->private_namespaces,
                                      "VF i alone has NSID i + 1; else all share NSID 1")
                           ->excludes(scenario);
    verb->add_flag("--case-limits", arguments->case_limits,
                   "small limits, which the cases of lmsim conform can reach")
        ->excludes(scenario)
        ->excludes(size)
        ->excludes(pairs)
        ->excludes(own);
    verb->add_flag("--once", arguments->once, "end when all clients that came have gone");
    verb->add_flag("--quiet", arguments->quiet, "say nothing about clients");
    verb->callback([arguments, &exit_code] { exit_code = serve(*arguments); });
}

}  // namespace lmsim::cli
