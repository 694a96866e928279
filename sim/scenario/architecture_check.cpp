#include "sim/scenario/architecture_check.hpp"

#include <fmt/format.h>

namespace lmsim::sim {

namespace {

using host::Ability;

std::string_view architecture_name(host::Architecture architecture) {
    return host::architecture_names[static_cast<std::size_t>(architecture)];
}

}  // namespace

std::vector<ArchitectureWish> architecture_wishes(const Scenario& scenario) {
    std::vector<ArchitectureWish> wishes;
    const auto wish = [&wishes](bool is, Ability ability, std::string path, const char* left_out) {
        if (is) wishes.push_back({ability, std::move(path), left_out});
    };
    const std::pair<const char*, const HostParams*> hosts[] = {{"hosts.src", &scenario.hosts.src},
                                                               {"hosts.dst", &scenario.hosts.dst}};
    // Whom the VMM asks for dirty memory hangs on it: with vmm.tracking.by it is not left out.
    const bool by_chance = scenario.vmm.tracking.by == TrackBy::Known;
    for (const auto& [name, host] : hosts) {
        const std::string driver = std::string(name) + ".driver.";
        wish(host->driver.log_user_data, Ability::LogUserData, driver + "log_user_data",
             "no log: the media has to be shared, or copied while the VM stands still");
        wish(host->driver.track_memory, Ability::TrackMemory, driver + "track_memory",
             by_chance
                 ? "the device tells nothing of the memory that it writes: the VMM has to know"
                 : "");
        wish(host->driver.pre_copy, Ability::PreCopy, driver + "pre_copy",
             "all of the devices' state is read while the VM stands still");
        wish(host->device.vfs > 1, Ability::SeveralVfs, std::string(name) + ".device.vfs", "");
    }
    wish(scenario.media_copy.mode == MediaCopyMode::Copy, Ability::LogUserData, "media_copy.mode",
         "");
    return wishes;
}

host::Architecture architecture_in(const Scenario& scenario, const spec::Rules& driver) {
    return host::architecture_of(scenario.architecture.architecture, driver);
}

host::CdqPlace cdq_place_in(const Scenario& scenario, const spec::Rules& driver) {
    return host::cdq_place(architecture_in(scenario, driver), scenario.architecture.cdq, driver);
}

bool leaves_out(const Scenario& scenario, const spec::Rules& driver, Ability ability) {
    return scenario.architecture.best_effort &&
           host::find_lack(architecture_in(scenario, driver), cdq_place_in(scenario, driver),
                           ability) != nullptr;
}

void check_architecture(const Scenario& scenario, std::vector<Problem>& out) {
    const ArchitectureParams& wanted = scenario.architecture;
    const spec::Rules rules;
    const host::CdqPlace place = host::cdq_place(wanted.architecture, wanted.cdq, rules);
    const std::string name(architecture_name(wanted.architecture));
    if (wanted.architecture == host::Architecture::Vendor2022 &&
        wanted.cdq != host::CdqWish::Auto) {
        out.push_back({{"host.cdq", "host.architecture"},
                       "the commands of 2022 know no Controller Data Queue; expected auto"});
    } else if (!host::fits(wanted.architecture, place)) {
        out.push_back({{"host.cdq", "host.architecture"},
                       name + " has no driver of the VF that could keep the queue for itself; "
                              "expected user, kernel or auto"});
    }
    for (const ArchitectureWish& wish : architecture_wishes(scenario)) {
        const host::Lack* lack = host::find_lack(wanted.architecture, place, wish.ability);
        const bool may_miss = wanted.best_effort && !wish.left_out.empty();
        if (lack != nullptr && !may_miss) {
            out.push_back(
                {{wish.path, "host.architecture"},
                 fmt::format(
                     "{} cannot have {}: {}{}", name, lack->what, lack->why,
                     wish.left_out.empty() ? "" : "; host.best_effort = true leaves it out")});
        }
    }
}

}  // namespace lmsim::sim
