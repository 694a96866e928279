#include "sim/run/architecture.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/scenario/architecture_check.hpp"

namespace lmsim::sim {

namespace {

using host::Ability;
using host::Architecture;
using spec::Id;

constexpr const char* vendor_profile = "vendor-2022";

/// What both hosts go without is said once.
void add_left_out(const ArchitectureWish& wish, std::vector<metrics::LeftOut>& out) {
    for (metrics::LeftOut& other : out) {
        if (other.text == wish.left_out) {
            other.path.replace(0, std::string("hosts.src").size(), "hosts.both");
            return;
        }
    }
    out.push_back({wish.path, wish.left_out});
}

}  // namespace

void choose_profile(LoadedScenario& loaded) {
    Scenario& scenario = loaded.scenario;
    const bool vendor = scenario.architecture.architecture == Architecture::Vendor2022;
    if (vendor && loaded.origins.count("profile") == 0) {
        scenario.profile = ProfileName{vendor_profile};
    }
}

void check_architecture_dialects(const Dialects& dialects, LoadedScenario& loaded) {
    const ArchitectureParams& wanted = loaded.scenario.architecture;
    const bool vendor = wanted.architecture == Architecture::Vendor2022;
    const bool by_vfio = vendor || wanted.architecture == Architecture::VfioNvme;
    const std::string name(host::architecture_names[static_cast<std::size_t>(wanted.architecture)]);
    const auto refuse = [&](const std::string& text) {
        loaded.errors.push_back({loaded.where("host.architecture"), text});
    };
    for (std::size_t side = 0; side < 2; ++side) {
        const std::string host = side == 0 ? "hosts.src" : "hosts.dst";
        const spec::Rules& driver = dialects.driver[side];
        const bool speaks = driver.on(Id::VendorCommands);
        if (vendor && !(speaks && dialects.device[side].on(Id::VendorCommands))) {
            refuse(
                fmt::format("host.architecture: {} needs the commands of 2022, which driver or "
                            "device of {} do not speak; expected the profile {}",
                            name, host, in_quotes(vendor_profile)));
        }
        if (!by_vfio && speaks) {
            refuse(
                fmt::format("host.architecture: {} sends the standard's commands, and the "
                            "driver of {} speaks those of 2022, which came with a VFIO driver",
                            name, host));
        }
        const bool taken = wanted.cdq != host::CdqWish::Auto && wanted.cdq != host::CdqWish::User;
        if (taken && driver.on(Id::CdqByIoctl)) {
            loaded.errors.push_back(
                {loaded.where("host.cdq"),
                 fmt::format("host.cdq: the dialect of {} gives the queues to a program "
                             "(HO-CIO-01); expected user or auto",
                             host)});
        }
    }
}

void apply_architecture(const Scenario& scenario, const spec::Rules& driver, HostTiming& timing) {
    timing.architecture = scenario.architecture.architecture;
    timing.cdq = scenario.architecture.cdq;
    const auto left_out = [&](Ability ability) { return leaves_out(scenario, driver, ability); };
    timing.user_data.on = timing.user_data.on && !left_out(Ability::LogUserData);
    timing.memory.on = timing.memory.on && !left_out(Ability::TrackMemory);
    if (left_out(Ability::PreCopy)) {
        timing.features = static_cast<std::uint8_t>(timing.features & ~vfio::PRE_COPY_FLAG);
    }
}

metrics::HostResult host_result(const Scenario& scenario, const Dialects& dialects,
                                const HostDriver& source, const HostDriver& destination) {
    metrics::HostResult result;
    const Architecture architecture = source.architecture();
    const host::CdqPlace place = source.cdq_place();
    result.architecture = architecture;
    result.cdq = place;
    result.source = source.used();
    result.destination = destination.used();
    for (std::size_t party = 0; party < host::party_names.size(); ++party) {
        for (std::size_t asset = 0; asset < host::asset_names.size(); ++asset) {
            result.access.push_back(host::grant(architecture, place,
                                                static_cast<host::Party>(party),
                                                static_cast<host::Asset>(asset)));
        }
    }
    for (const host::Lack& lack : host::all_lacks) {
        if (host::applies(lack, architecture, place)) {
            result.cannot.push_back(lack);
        }
    }
    for (const ArchitectureWish& wish : architecture_wishes(scenario)) {
        const bool source_side = wish.path.rfind("hosts.dst", 0) != 0;
        const spec::Rules& driver = dialects.driver[source_side ? 0 : 1];
        if (!wish.left_out.empty() && leaves_out(scenario, driver, wish.ability)) {
            add_left_out(wish, result.left_out);
        }
    }
    return result;
}

}  // namespace lmsim::sim
