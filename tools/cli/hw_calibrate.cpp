#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

#include "sim/core/own_process.hpp"
#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/hw/calibrate_report.hpp"
#include "sim/run/simulation.hpp"
#include "sim/trace/output_file.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/hw_rig.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/cli/scenario_options.hpp"

namespace lmsim::cli {

namespace {

namespace fs = std::filesystem;
using sim::hw::Calibration;
using sim::hw::Compared;
using sim::hw::DeviceProfile;

struct HwCalibrateArguments {
    sim::RigRequest request;
    sim::hw::CalibrateOptions options;
    std::string answer_limit = "10s";
    std::string kind_limit = "10s";
    std::vector<std::string> sizes = {"4KiB", "16KiB", "64KiB", "128KiB"};
    std::string out;
    std::string scenario;
    bool verify = false;
    bool json = false;
};

/// A file that appears under its name when it is whole; before that it is beside it, and gone if
/// nothing comes of it.
class WholeFile {
  public:
    explicit WholeFile(std::string path)
        : path_(std::move(path)), beside_(fmt::format("{}.unfinished-{}", path_, ::getpid())) {}
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;
    ~WholeFile() {
        std::error_code ignored;
        if (made_) fs::remove(beside_, ignored);
    }

    /// Can it be written at all? In words why not; likewise below.
    std::string open() { return write({}); }
    std::string write(const std::string& text) {
        std::error_code ignored;
        if (fs::is_directory(path_, ignored)) {
            return fmt::format("cannot write {}: it is a directory", sim::in_quotes(path_));
        }
        std::string error = sim::trace::write_file(beside_, text);
        made_ = made_ || error.empty();
        return error;
    }
    std::string finish(const std::string& text) {
        std::string error = write(text);
        std::error_code failed;
        if (error.empty()) fs::rename(beside_, path_, failed);
        made_ = made_ && failed;
        return failed ? fmt::format("cannot write {}: {}", sim::in_quotes(path_), failed.message())
                      : error;
    }

  private:
    std::string path_;
    std::string beside_;
    bool made_ = false;
};

std::string jobs_beside(const std::string& scenario) {
    return fs::path(scenario).replace_extension(".fio").string();
}

/// Everything that is written, each only at the end.
struct CalibrationFiles {
    std::unique_ptr<WholeFile> profile;
    std::unique_ptr<WholeFile> scenario;
    std::unique_ptr<WholeFile> jobs;
};

std::string open_outputs(const HwCalibrateArguments& arguments, CalibrationFiles& outputs) {
    const auto open = [](const char* option, const std::string& path,
                         std::unique_ptr<WholeFile>& file) {
        file = std::make_unique<WholeFile>(path);
        const std::string error = file->open();
        return error.empty() ? error : fmt::format("{}: {}", option, error);
    };
    std::string error;
    if (!arguments.out.empty()) {
        error = open("--out", arguments.out, outputs.profile);
    }
    if (error.empty() && !arguments.scenario.empty()) {
        error = open("--scenario", arguments.scenario, outputs.scenario);
        if (error.empty()) {
            error = open("--scenario", jobs_beside(arguments.scenario), outputs.jobs);
        }
    }
    return error;
}

/// Times and sizes as they were typed; or what is wrong with them.
std::string parse(HwCalibrateArguments& arguments) {
    const auto time = [](const char* option, const std::string& text, sim::Ps& to) {
        const auto value = sim::parse<sim::Time>(text);
        if (!value || value.value().ps <= 0) {
            return fmt::format("{} {}: {}", option, text,
                               value ? "expected more than 0" : value.error());
        }
        to = value.value().ps;
        return std::string();
    };
    std::string error = time("--timeout", arguments.answer_limit, arguments.options.answer_limit);
    if (error.empty()) {
        error = time("--time", arguments.kind_limit, arguments.options.kind_limit);
    }
    arguments.options.sizes.clear();
    for (const std::string& text : arguments.sizes) {
        const auto size = sim::parse<sim::Bytes>(text);
        const std::uint64_t bytes = size ? size.value().count : 0;
        const std::uint64_t last =
            arguments.options.sizes.empty() ? 0 : arguments.options.sizes.back();
        if (error.empty() && (!size || bytes % 512 != 0 || bytes > (1U << 20) || bytes <= last)) {
            error = fmt::format(
                "--sizes {}: {}", text,
                size ? "expected whole blocks of 512B, up to 1MiB, in rising order" : size.error());
        }
        arguments.options.sizes.push_back(bytes);
    }
    if (error.empty() && arguments.options.sizes.empty()) {
        error = "--sizes: expected one size at least";
    }
    if (error.empty() && !arguments.scenario.empty() && arguments.out.empty()) {
        error = "--scenario includes the profile; expected --out PROFILE.toml with it";
    }
    return error;
}

sim::hw::Provenance provenance(const HwCalibrateArguments& arguments) {
    sim::hw::Provenance from;
    from.device = arguments.request.device;
    from.version = version;
    from.command =
        fmt::format("lmsim hw calibrate {}{} --samples {}", from.device,
                    arguments.options.write ? " --write" : "", arguments.options.samples);
    utsname system{};
    if (::uname(&system) == 0) {
        from.kernel = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
    }
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    char text[32] = {};
    ::gmtime_r(&now, &utc);
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
    from.date = text;
    return from;
}

/// What `lmsim run` gives a guest that does such I/O: the median of its latency, in a process of
/// its own.
sim::Result<sim::Ps> run_guest(const std::string& folder, const std::string& profile,
                               const Calibration& measured, const sim::hw::Series& series) {
    const std::string scenario = folder + "/guest.toml";
    for (const auto& [path, text] :
         {std::pair{folder + "/profile.toml", profile},
          std::pair{folder + "/guest.fio", sim::hw::guest_jobs(measured, series)},
          std::pair{scenario,
                    sim::hw::guest_scenario(measured, "profile.toml", "guest.fio", series)}}) {
        const std::string error = sim::trace::write_file(path, text);
        if (!error.empty()) {
            return sim::Failure{error};
        }
    }
    const auto process = sim::in_own_process([&]() -> std::string {
        PreparedRun prepared = prepare({scenario, {}, std::nullopt});
        if (!prepared.loaded.ok()) {
            return "! " + prepared.loaded.error_text();
        }
        sim::RunOptions options;
        options.dialects = prepared.dialects;
        sim::Simulation simulation(prepared.loaded.scenario, prepared.workload, options);
        simulation.run();
        return std::to_string(simulation.result().guest.before.p50);
    });
    if (!process.ended || process.returned.rfind("! ", 0) == 0) {
        return sim::Failure{process.ended ? process.returned.substr(2)
                                          : "lmsim run: " + process.said + " " + process.how};
    }
    return static_cast<sim::Ps>(std::stoll(process.returned));
}

/// The guest of a run sees what a program here sees that waits for interrupts.
std::string compare_guests(const Calibration& measured, const DeviceProfile& profile,
                           std::vector<Compared>& all) {
    std::string folder = (fs::temp_directory_path() / "lmsim-calibrate-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        return "a folder for scenarios: " + sim::trace::system_words(errno);
    }
    std::string error;
    for (const sim::hw::Series& series : measured.series) {
        const bool transfer =
            series.bytes != 0 && series.kind.find("interrupt") == std::string::npos;
        if (!transfer || series.taken.empty() || !error.empty()) {
            continue;
        }
        const auto p50 = run_guest(folder, profile.toml, measured, series);
        if (!p50) {
            error = p50.error();
            break;
        }
        const sim::Ps seen = sim::hw::quantile(series, sim::hw::p50) + interrupt_cost(measured);
        all.push_back({series.kind + ", lmsim run's guest", seen, p50.value(), true});
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return error;
}

std::string write_outputs(const HwCalibrateArguments& arguments, CalibrationFiles& outputs,
                          const Calibration& measured, const DeviceProfile& profile) {
    std::string error;
    if (outputs.profile) {
        error = outputs.profile->finish(profile.toml);
    }
    if (!outputs.scenario || !error.empty()) {
        return error;
    }
    for (const sim::hw::Series& series : measured.series) {
        if (series.bytes == 0 || series.taken.empty()) {
            continue;
        }
        const std::string jobs = jobs_beside(arguments.scenario);
        error = outputs.jobs->finish(sim::hw::guest_jobs(measured, series));
        return error.empty() ? outputs.scenario->finish(sim::hw::guest_scenario(
                                   measured, fs::absolute(arguments.out).string(),
                                   fs::path(jobs).filename().string(), series))
                             : error;
    }
    return "--scenario: no read was measured, so there is no I/O for a guest";
}

int calibrate(HwCalibrateArguments arguments) {
    std::string error = parse(arguments);
    CalibrationFiles outputs;
    if (error.empty()) {
        error = open_outputs(arguments, outputs);
    }
    if (!error.empty()) {
        return complain("hw calibrate", error, Usage);
    }
    catch_interrupts();
    // Each of the commands that are under way at once has a buffer of its own.
    arguments.request.memory_pages +=
        arguments.options.depth * (arguments.options.sizes.back() / sim::page_size);
    auto rig = open_or_complain("calibrate", arguments.request);
    if (!rig) {
        return Environment;
    }
    arguments.options.stop = was_interrupted;
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    arguments.options.progress = [terminal](const std::string& kind) {
        if (terminal) fmt::print(stderr, "\r\033[K{}", kind);
    };
    auto done = sim::hw::calibrate(*rig, arguments.options);
    if (terminal) fmt::print(stderr, "\r\033[K");
    rig.reset();
    if (was_interrupted()) {
        return complain("hw calibrate", "interrupted: nothing is written", Interrupted);
    }
    if (!done) {
        return complain("hw calibrate", done.error(), Environment);
    }
    const Calibration& measured = done.value();
    const auto from = provenance(arguments);
    const std::string folder = sim::hw::link_folder(arguments.request.device);
    const bool derives = !arguments.out.empty() || arguments.verify;
    sim::Result<DeviceProfile> profile = DeviceProfile{};
    std::vector<Compared> all;
    if (derives) {
        profile = derive_profile(measured, sim::hw::read_link(folder), from);
        if (!profile) return complain("hw calibrate", profile.error(), Bug);
    }
    if (arguments.verify) {
        auto compared = compare(measured, profile.value());
        error = compared ? compare_guests(measured, profile.value(), compared.value())
                         : compared.error();
        if (!error.empty()) return complain("hw calibrate", error, Bug);
        all = std::move(compared.value());
    }
    error = write_outputs(arguments, outputs, measured, profile.value());
    if (!error.empty()) {
        return complain("hw calibrate", error, Environment);
    }
    if (arguments.json) {
        fmt::print("{}",
                   calibration_json(measured, from, derives ? &profile.value() : nullptr, all));
    } else {
        fmt::print("{}", calibration_table(measured));
        if (arguments.verify) fmt::print("\n{}", comparison_table(all));
    }
    return agree(all) ? Ok : Failed;
}

}  // namespace

void add_hw_calibrate(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwCalibrateArguments>();
    CLI::App* verb = hw.add_subcommand(
        "calibrate", "Measure a device's latencies and write a device profile for scenarios");
    add_rig_options(*verb, arguments->request);
    verb->add_option("--samples", arguments->options.samples, "of each kind")
        ->type_name("N")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    verb->add_flag("--write", arguments->options.write,
                   "measure writes too, which destroys the data of the namespace");
    verb->add_option("--sizes", arguments->sizes, "of reads and writes")
        ->delimiter(',')
        ->type_name("SIZE,...")
        ->capture_default_str();
    verb->add_option("--depth", arguments->options.depth, "commands at once, for throughput")
        ->type_name("N")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    verb->add_option("--time", arguments->kind_limit,
                     "a kind that lasts longer has fewer samples, at least 5")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--timeout", arguments->answer_limit, "for any single answer of the device")
        ->type_name("TIME")
        ->capture_default_str();
    verb->add_option("--out", arguments->out, "write the device profile into this file")
        ->type_name("PROFILE.toml");
    verb->add_option("--scenario", arguments->scenario,
                     "write a scenario that includes the profile, and its fio jobs beside it")
        ->type_name("FILE");
    verb->add_flag("--verify", arguments->verify,
                   "let the simulator do the same with the profile and compare the medians; exit "
                   "code 1 if they differ by more than 10 %");
    verb->add_flag("--json", arguments->json, "print all figures as JSON");
    verb->callback([arguments, &exit_code] { exit_code = calibrate(*arguments); });
}

}  // namespace lmsim::cli
