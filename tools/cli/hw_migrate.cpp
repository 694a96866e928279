#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/bridge/vfio/migratable.hpp"
#include "sim/core/schemas.hpp"
#include "sim/hw/migrate.hpp"
#include "sim/hw/migrate_vfio.hpp"
#include "tools/cli/hw_rig.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;
using sim::hw::MigrationPlan;
using sim::hw::MigrationReport;

constexpr const char* hw_migrate_verb = "migrate";
constexpr const char* served_device = "vfio-user:";
constexpr const char* replayed = "replay:";
constexpr double ps_per_us = 1e6;

struct HwMigrateArguments {
    std::string source;
    std::string destination;
    std::string source_vf;
    std::string destination_vf;
    sim::RigRequest rig;
    MigrationPlan plan;
    bool json = false;
};

/// "PF/vfN": a PF, and which of its VFs.
struct Address {
    std::string pf;
    std::optional<std::uint16_t> vf;
};

Address parse(const std::string& text) {
    const std::size_t slash = text.rfind('/');
    const std::string last = slash == std::string::npos ? text : text.substr(slash + 1);
    const bool names_vf = last.size() > 2 && last.size() < 6 && last.compare(0, 2, "vf") == 0 &&
                          last.find_first_not_of("0123456789", 2) == std::string::npos;
    if (!names_vf) {
        return {text, std::nullopt};
    }
    const auto number = static_cast<std::uint16_t>(std::stoul(last.substr(2)));
    return {slash == std::string::npos ? std::string() : text.substr(0, slash), number};
}

std::string socket(const std::string& pf, const std::string& function) {
    return fmt::format("{}.{}", pf, function);
}

/// Two VFs of one PF: the rig has them all.
std::string plan_siblings(HwMigrateArguments& arguments, std::uint16_t source,
                          std::uint16_t destination) {
    if (source == destination) {
        return "the source and the destination are the same VF";
    }
    arguments.plan.source = static_cast<std::uint16_t>(source + 1);
    arguments.plan.destination = static_cast<std::uint16_t>(destination + 1);
    const std::string& device = arguments.rig.device;
    const bool is_pci = device.rfind(served_device, 0) != 0 && device.rfind(replayed, 0) != 0;
    if (is_pci) {
        arguments.rig.sriov =
            std::max<unsigned>(arguments.rig.sriov, std::max(source, destination) + 1U);
    }
    return {};
}

/// What is opened, and which of its functions are what. In words what is wrong.
std::string plan(HwMigrateArguments& arguments) {
    const Address source = parse(arguments.source);
    Address destination = parse(arguments.destination);
    if (destination.pf.empty()) {
        destination.pf = source.pf;
    }
    arguments.rig.device = source.pf;
    const bool by_address = !arguments.source_vf.empty() || !arguments.destination_vf.empty();
    if (!by_address && source.vf && destination.vf && source.pf == destination.pf) {
        return plan_siblings(arguments, *source.vf, *destination.vf);
    }
    if (arguments.rig.sriov != 0) {
        return "the VFs of --sriov are named by their number: expected --source PF/vfN and "
               "--destination vfM of the same PF, or addresses without --sriov";
    }
    std::string from = arguments.source_vf;
    std::string to = arguments.destination_vf;
    std::string other_pf = source.pf == destination.pf ? "" : destination.pf;
    if (source.pf.rfind(served_device, 0) == 0 && destination.pf.rfind(served_device, 0) == 0) {
        from = source.vf ? socket(source.pf, fmt::format("vf{}", *source.vf)) : from;
        to = destination.vf ? socket(destination.pf, fmt::format("vf{}", *destination.vf)) : to;
        other_pf = other_pf.empty() ? "" : socket(other_pf, "pf");
    }
    if (from.empty() || to.empty()) {
        return "which VF moves where? Expected --source PF/vfN and --destination vfM of the same "
               "PF, or the VFs' addresses in --source-vf and --destination-vf";
    }
    arguments.rig.vfs = {from};
    arguments.plan.source = 1;
    if (!other_pf.empty()) {
        arguments.rig.vfs.push_back(other_pf);
        arguments.plan.destination_pf = 2;
    }
    arguments.rig.vfs.push_back(to);
    arguments.plan.destination = static_cast<std::uint16_t>(arguments.rig.vfs.size());
    return {};
}

double us(sim::Ps time) { return static_cast<double>(time) / ps_per_us; }

void print_moves(const HwMigrateArguments& arguments, const MigrationReport& report) {
    const sim::hw::IoCounts& io = report.io;
    if (report.nsid != 0) {
        fmt::print("from CNTLID {} to CNTLID {}, namespace {}, {} {} at a time\n",
                   report.source_cntlid, report.destination_cntlid, report.nsid,
                   arguments.plan.io.depth, arguments.plan.io.write ? "reads and writes" : "reads");
    }
    for (const auto& step : report.steps) {
        fmt::print("{:<20} {:>10.0f} us{}\n", step.name, us(step.took),
                   !step.error.empty()        ? ": " + step.error
                   : step.name == "get-state" ? fmt::format(", {} bytes", report.state_bytes)
                                              : "");
    }
    if (report.moved) {
        fmt::print(
            "{} commands were in flight: {} completed by the source, {} by the "
            "destination\n",
            report.in_flight, report.by_source, report.by_destination);
        fmt::print("blackout {:.0f} us, from completion to completion; else at most {:.0f} us\n",
                   us(report.blackout), us(report.longest_gap));
    }
    fmt::print("{} reads, {} writes; {} lost, {} completed twice, {} failed, {} with wrong data\n",
               io.reads, io.writes, io.lost, io.twice, io.failed, io.wrong);
    if (!report.moved) {
        fmt::print("not moved: {}{}\n", report.error,
                   report.source_goes_on ? "; the source goes on" : "");
    } else {
        fmt::print("{}\n", report.error.empty() ? "moved" : "moved, but: " + report.error);
    }
}

Json steps_json(const std::vector<sim::hw::MigrationStep>& steps) {
    Json all = Json::array();
    for (const auto& step : steps) {
        Json one({{"do", step.name}, {"us", us(step.took)}, {"ok", step.error.empty()}});
        if (!step.error.empty()) one["error"] = step.error;
        all.push_back(std::move(one));
    }
    return all;
}

void print_moves_json(const HwMigrateArguments& arguments, const MigrationReport& report) {
    const sim::hw::IoCounts& io = report.io;
    const Json all({{"schema", sim::schema::HwMigrate},
                    {"time_base", "wall"},
                    {"source", arguments.source},
                    {"destination", arguments.destination},
                    {"ok", report.error.empty()},
                    {"error", report.error},
                    {"moved", report.moved},
                    {"source_goes_on", report.source_goes_on},
                    {"source_cntlid", report.source_cntlid},
                    {"destination_cntlid", report.destination_cntlid},
                    {"nsid", report.nsid},
                    {"steps", steps_json(report.steps)},
                    {"state_bytes", report.state_bytes},
                    {"blackout_us", us(report.blackout)},
                    {"longest_gap_us", us(report.longest_gap)},
                    {"in_flight",
                     {{"commands", report.in_flight},
                      {"late", report.late},
                      {"by_source", report.by_source},
                      {"by_destination", report.by_destination}}},
                    {"io",
                     {{"depth", arguments.plan.io.depth},
                      {"reads", io.reads},
                      {"writes", io.writes},
                      {"lost", io.lost},
                      {"twice", io.twice},
                      {"failed", io.failed},
                      {"wrong", io.wrong}}}});
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

void print_vfio_text(const sim::hw::VfioMigrationReport& report) {
    for (const auto& step : report.steps) {
        fmt::print("{:<22} {:>10.0f} us{}\n", step.name, us(step.took),
                   step.error.empty() ? "" : ": " + step.error);
    }
    if (!report.moved) {
        fmt::print("not moved: {}{}\n", report.error,
                   report.source_goes_on ? "; the source goes on" : "");
        return;
    }
    fmt::print("{} bytes in PRE_COPY, {} in STOP_COPY; {:.0f} us from STOP_COPY to RUNNING\n{}\n",
               report.precopy_bytes, report.stopcopy_bytes, us(report.downtime),
               report.error.empty() ? "moved" : "moved, but: " + report.error);
}

void print_vfio_json(const HwMigrateArguments& arguments,
                     const sim::hw::VfioMigrationReport& report) {
    const Json all({{"schema", sim::schema::HwMigrateVfio},
                    {"time_base", "wall"},
                    {"source", arguments.source},
                    {"destination", arguments.destination},
                    {"ok", report.error.empty()},
                    {"error", report.error},
                    {"moved", report.moved},
                    {"source_goes_on", report.source_goes_on},
                    {"steps", steps_json(report.steps)},
                    {"precopy_bytes", report.precopy_bytes},
                    {"stopcopy_bytes", report.stopcopy_bytes},
                    {"downtime_us", us(report.downtime)}});
    fmt::print("{}\n", all.dump(2));
}

/// Why they are no source and destination that move by VFIO's states and data_fd; empty: they are.
std::string not_a_pair(const sim::vfio_kernel::Migratable& source,
                       const sim::vfio_kernel::Migratable& destination) {
    for (const auto* device : {&source, &destination}) {
        std::string words = device->cannot_migrate();
        if (!words.empty()) {
            return words;
        }
    }
    return source.driver() == destination.driver()
               ? std::string()
               : fmt::format(
                     "the driver of {} is {}, that of {} is {}: expected the same, since a stream "
                     "is its driver's own",
                     source.name(), source.driver(), destination.name(), destination.driver());
}

/// Devices whose driver implements VFIO's migration.
int migrate_as_vfio(const HwMigrateArguments& arguments) {
    const auto complain = [](const std::string& words, ExitCode code) {
        fmt::print(stderr, "lmsim hw {}: {}\n", hw_migrate_verb, words);
        return code;
    };
    if (!arguments.rig.record.empty()) {
        return complain("what moves by states and data_fd is not recorded", Usage);
    }
    for (const std::string& device : {arguments.source, arguments.destination}) {
        const std::string words = sim::vfio_kernel::Migratable::badly_named(device);
        if (!words.empty()) {
            return complain(words, Usage);
        }
    }
    sim::vfio_kernel::Migratable::Opening opening;
    opening.access = arguments.rig.access;
    opening.vf_token = arguments.rig.vf_token;
    const auto devices =
        sim::vfio_kernel::Migratable::open({arguments.source, arguments.destination}, opening);
    if (!devices) {
        return complain(devices.error(), Environment);
    }
    const auto& source = *devices.value().front();
    const auto& destination = *devices.value().back();
    const std::string words = not_a_pair(source, destination);
    if (!words.empty()) {
        return complain(words, Environment);
    }
    // A device that is left in the midst may keep its state when it is closed.
    catch_interrupts();
    const auto report =
        sim::hw::migrate_vfio(source.migration(), destination.migration(), was_interrupted);
    if (arguments.json) {
        print_vfio_json(arguments, report);
    } else {
        print_vfio_text(report);
    }
    return report.error.empty() ? Ok : report.steps.empty() ? Environment : Failed;
}

int migrate(HwMigrateArguments arguments) {
    using sim::vfio_kernel::Migratable;
    if (Migratable::is_named(arguments.source) || Migratable::is_named(arguments.destination)) {
        return migrate_as_vfio(arguments);
    }
    const std::string error = plan(arguments);
    if (!error.empty()) {
        fmt::print(stderr, "lmsim hw {}: {}\n", hw_migrate_verb, error);
        return Usage;
    }
    const auto rig = open_or_complain(hw_migrate_verb, arguments.rig);
    if (!rig) {
        return Environment;
    }
    const MigrationPlan& it = arguments.plan;
    if (std::max({it.source, it.destination, it.destination_pf}) >= rig->functions()) {
        fmt::print(stderr, "lmsim hw {}: {} has {} VFs; expected vf{} and vf{}\n", hw_migrate_verb,
                   rig->name(), rig->functions() - 1, it.source - 1, it.destination - 1);
        return Environment;
    }
    const spec::Rules rules = spec::Rules::ratified();
    const MigrationReport report = sim::hw::migrate(*rig, rules, arguments.plan);
    (arguments.json ? print_moves_json : print_moves)(arguments, report);
    if (report.error.empty()) {
        return Ok;
    }
    return report.steps.empty() ? Environment : Failed;
}

}  // namespace

void add_hw_migrate(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwMigrateArguments>();
    CLI::App* verb = hw.add_subcommand(
        hw_migrate_verb,
        "Move a VF to another through the PF, with I/O under way, and count what it "
        "cost");
    verb->add_option("--source", arguments->source,
                     "PF/vfN, the PF by PCI address or vfio-user:PATH; or replay:FILE/vfN; or, by "
                     "VFIO's states and data_fd, mdev:UUID or vfio:BDF, a function that a VFIO "
                     "driver with migration has")
        ->type_name("PF[/vfN]")
        ->required();
    verb->add_option("--destination", arguments->destination,
                     "PF/vfM, or vfM of the same PF; or another PF; or mdev:UUID or vfio:BDF")
        ->type_name("PF[/vfM]");
    verb->add_option("--source-vf", arguments->source_vf,
                     "PCI address of the source, where the PF has no SR-IOV")
        ->type_name("BDF");
    verb->add_option("--destination-vf", arguments->destination_vf,
                     "PCI address of the destination, likewise")
        ->type_name("BDF");
    add_shared_rig_options(*verb, arguments->rig);
    verb->add_option("--depth", arguments->plan.io.depth, "commands at a time")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    verb->add_option("--late", arguments->plan.io.late,
                     "commands more, sent to the source when it is suspended: the destination "
                     "does them")
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
    verb->add_option("--io", arguments->plan.count, "commands, half of them before the move")
        ->type_name("COUNT")
        ->check(CLI::Range(2, 100'000'000))
        ->capture_default_str();
    verb->add_flag("--write", arguments->plan.io.write,
                   "write, too: this destroys the first 1 MiB of the namespace");
    verb->add_flag("--json", arguments->json, "print for programs");
    verb->callback([arguments, &exit_code] { exit_code = migrate(*arguments); });
}

}  // namespace lmsim::cli
