#include "sim/run/dialects.hpp"

#include <fmt/format.h>

#include <list>

#include "model/vfio/uapi.hpp"
#include "sim/core/text.hpp"
#include "sim/profile/profile.hpp"
#include "sim/run/architecture.hpp"
#include "sim/run/engine_fit.hpp"

namespace lmsim::sim {
namespace {

class Loader {
  public:
    explicit Loader(LoadedScenario& loaded) : loaded_(loaded) {}

    Dialects run() {
        Scenario& scenario = loaded_.scenario;
        Dialects dialects;
        choose_profile(loaded_);
        fit_engine(loaded_);
        dialects.vmm = profile_at("profile", scenario.profile).rules;
        overlay_engine(scenario.vmm.engine, dialects.vmm);
        HostParams* hosts[] = {&scenario.hosts.src, &scenario.hosts.dst};
        for (std::size_t side = 0; side < 2; ++side) {
            const std::string host = side == 0 ? "hosts.src." : "hosts.dst.";
            dialects.device[side] = named(host + "pf.profile", hosts[side]->pf.profile).rules;
            const Profile& driver = named(host + "driver.profile", hosts[side]->driver.profile);
            dialects.driver[side] = driver.rules;
            if (driver.features) {
                DriverParams& params = hosts[side]->driver;
                limit(host + "driver.p2p", params.p2p, driver, vfio::P2P_FLAG);
                limit(host + "driver.pre_copy", params.pre_copy, driver, vfio::PRE_COPY_FLAG);
            }
        }
        single_rows(scenario, dialects);
        check_architecture_dialects(dialects, loaded_);
        return dialects;
    }

  private:
    /// What is said of single rows holds for everybody.
    static void single_rows(const Scenario& scenario, Dialects& dialects) {
        spec::Rules* const all[] = {&dialects.vmm, &dialects.device[0], &dialects.device[1],
                                    &dialects.driver[0], &dialects.driver[1]};
        for (spec::Rules* rules : all) {
            for (const spec::Id id : scenario.without.rows) rules->set_on(id, false);
            for (const spec::Id id : scenario.with.rows) rules->set_on(id, true);
        }
    }

    /// Version 10.1 of QEMU is what the rows themselves say; each other one has a profile of its
    /// name. Cloud Hypervisor has machines, and rows, of its own.
    void overlay_engine(Engine engine, spec::Rules& rules) {
        if (engine == Engine::Qemu_10_1 || engine == Engine::CloudHypervisor) {
            return;
        }
        const ProfileName name{EnumNames<Engine>::names[static_cast<std::size_t>(engine)]};
        const Profile& profile = profile_at("vmm.engine", name);
        for (const Overlay& each : profile.overlays) {
            rules.take(each.id, profile.rules);
        }
    }

    /// The profile of one part; the scenario's where it has none of its own.
    const Profile& named(const std::string& path, const ProfileName& name) {
        return name.empty() ? profile_at("profile", loaded_.scenario.profile)
                            : profile_at(path, name);
    }

    const Profile& profile_at(const std::string& path, const ProfileName& name) {
        for (const auto& [known, profile] : read_) {
            if (known == name.text) {
                return profile;
            }
        }
        read_.emplace_back(name.text, load_profile(name.text));
        const Profile& profile = read_.back().second;
        if (!profile.ok()) {
            loaded_.errors.push_back(
                {loaded_.where(path),
                 fmt::format("{}: {} cannot be used", path, in_quotes(name.text))});
            loaded_.errors.insert(loaded_.errors.end(), profile.errors.begin(),
                                  profile.errors.end());
        }
        return profile;
    }

    /// A feature that the profile does not name is gone.
    void limit(const std::string& path, bool& on, const Profile& profile, std::uint8_t flag) {
        if (!on || (*profile.features & flag) != 0) {
            return;
        }
        if (loaded_.origins.count(path) != 0) {
            loaded_.errors.push_back(
                {loaded_.where(path),
                 fmt::format("{}: drivers of profile {} cannot do this; expected false", path,
                             in_quotes(profile.name))});
        }
        on = false;
    }

    LoadedScenario& loaded_;
    std::list<std::pair<std::string, Profile>> read_;  // references to them stay good
};

}  // namespace

Dialects Dialects::all(const spec::Rules& rules) {
    Dialects dialects;
    dialects.vmm = rules;
    dialects.device.fill(rules);
    dialects.driver.fill(rules);
    return dialects;
}

Dialects load_dialects(LoadedScenario& loaded) { return Loader(loaded).run(); }

}  // namespace lmsim::sim
