#include "tools/cli/explore_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "model/explore/world/effects.hpp"
#include "model/host/effect_name.hpp"
#include "model/spec/table.hpp"
#include "model/vfio/device.hpp"
#include "sim/pin/effect_list.hpp"
#include "sim/profile/profile.hpp"
#include "tools/cli/explore_order.hpp"

namespace lmsim::cli {

namespace {

using explore::world::NamedEffect;
using sim::Occurrence;
using sim::WorldKind;

/// What the model's world does in no time takes some in the simulator, and has to be over before
/// the next thing that is pinned.
constexpr const char* settle = "1ms";
constexpr std::uint64_t block = 512;
constexpr std::uint64_t least_piece = 8192;  // bytes that one command moves at least: device.mdts

/// Why the simulator has no such world; empty if it has.
std::string no_counterpart(const sim::ExploreModel& model, const Counterexample& found) {
    switch (model.params.kind) {
        case WorldKind::Log:
        case WorldKind::Memory:
            return "its host and its VF have a clock of their own there: one block, one page, one "
                   "slot at a time, which the simulator's workload and rings do not produce";
        default: break;
    }
    if (found.violation.kind == explore::Violation::Kind::Starvation) {
        return "it goes on for ever, and a simulated run ends: what starves in the end is no "
               "effect "
               "that could be pinned";
    }
    if (found.violation.kind == explore::Violation::Kind::Deadlock) {
        return "nothing happens in the end, so there is no last effect to pin; what led to it may "
               "be pinned by hand";
    }
    return {};
}

/// Pins out of what matters of the order of a run.
class PinWriter {
  public:
    PinWriter(const RunOrder& order, unsigned vfs) : order_(order) {
        for (const sim::KnownEffect& known : sim::known_effects(vfs)) {
            if (known.wish) {
                wishes_.insert(known.name);
            }
        }
        for (const auto& effects : order.effects) {
            std::vector<Occurrence> list;
            for (const NamedEffect& effect : effects) {
                list.push_back({effect.name, nth(effect)});
            }
            happens_.push_back(std::move(list));
        }
    }

    void write() {
        for (std::size_t step = 0; step < happens_.size(); ++step) {
            step_pins(step);
        }
    }

    std::string text;
    std::vector<std::string> unpinned;

  private:
    /// Effects of commands are counted as the commands are: as they were fetched first.
    unsigned nth(const NamedEffect& effect) {
        if (effect.command == 0) {
            return ++counts_[effect.name];
        }
        std::vector<unsigned>& known = commands_[effect.name.substr(0, effect.name.rfind(' '))];
        auto at = std::find(known.begin(), known.end(), effect.command);
        if (at == known.end()) {
            at = known.insert(known.end(), effect.command);
        }
        return static_cast<unsigned>(at - known.begin()) + 1;
    }

    /// A fault, a wish of the user, a command that the guest need not give.
    bool is_chosen(const Occurrence& effect) const {
        return wishes_.count(effect.effect) != 0 || is_submission(effect);
    }
    static bool is_submission(const Occurrence& effect) {
        const std::string_view end = host::effect::submitted;
        const std::string& name = effect.effect;
        return name.size() > end.size() &&
               name.compare(name.size() - end.size(), end.size(), end) == 0;
    }

    void step_pins(std::size_t step) {
        std::vector<Occurrence> after;
        bool matters = false;
        for (const StepOrder& one : order_.orders) {
            if (one.after != step) {
                continue;
            }
            if (happens_[step].empty() || is_uncounted(happens_[step].front())) {
                matters = matters || one.free;
            } else if (one.free || is_chosen(happens_[step].front())) {
                named_before(one.before, step, after);
            }
        }
        if (matters) {
            unpinned.push_back(order_.texts[step]);
        }
        if (happens_[step].empty() || is_uncounted(happens_[step].front())) {
            return;
        }
        const Occurrence& effect = happens_[step].front();
        const bool wish = wishes_.count(effect.effect) != 0;
        if (after.empty() && wish) {
            after.push_back({std::string(host::effect::begins), 1});
        }
        // What breaks does so at once: whatever else is free to happen has not happened yet.
        const bool last = step + 1 == order_.texts.size();
        for (const Occurrence& earlier : after) {
            text += fmt::format(
                "\n[[pin]]  # step {}\neffect = \"{}\"\nafter = \"{}\"\ndelay = "
                "\"{}\"\n",
                step + 1, effect.text(), earlier.text(), last ? "0s" : settle);
        }
    }

    /// Rounds of pre-copy, of which the simulator has as many as its estimates want.
    static bool is_uncounted(const Occurrence& effect) {
        for (const char* call :
             {"RamSyncBitmap", "RamSendSlice", "QueryStopCopySize", "QueryPrecopyInfo", "Ram"}) {
            if (effect.nth > 1 &&
                effect.effect.find(std::string(" ") + call) != std::string::npos) {
                return true;
            }
        }
        return false;
    }

    /// A step without a name is told by what led to it. One of pre-copy is told by what came last
    /// before `later`, which is further on in the same run.
    void named_before(std::size_t step, std::size_t later, std::vector<Occurrence>& out) const {
        if (!happens_[step].empty() && is_uncounted(happens_[step].front())) {
            std::size_t last = later;
            while (last > 0 &&
                   (happens_[last - 1].empty() || is_uncounted(happens_[last - 1].front()))) {
                --last;
            }
            if (last > 0 && last - 1 != step) {
                named_before(last - 1, later, out);
            }
            return;
        }
        if (!happens_[step].empty()) {
            const Occurrence& name = happens_[step].front();
            if (std::find(out.begin(), out.end(), name) == out.end()) {
                out.push_back(name);
            }
            return;
        }
        for (const StepOrder& one : order_.orders) {
            if (one.after == step) {
                named_before(one.before, later, out);
            }
        }
    }

    const RunOrder& order_;
    std::set<std::string> wishes_;
    std::map<std::string, unsigned> counts_;
    std::map<std::string, std::vector<unsigned>> commands_;
    std::vector<std::vector<Occurrence>> happens_;
};

std::string names_of(const std::vector<spec::Id>& rows, const std::vector<std::string>& more) {
    std::string text;
    const auto add = [&text](const std::string& name) {
        text += (text.empty() ? "\"" : ", \"") + name + "\"";
    };
    for (const spec::Id id : rows) add(std::string(spec::row(id).name));
    for (const std::string& name : more) add(name);
    return "[" + text + "]";
}

/// A profile that is a file is named from where the scenario stands.
std::string profile_of(const sim::ExploreModel& model, const sim::RuleOptions& options,
                       const std::string& folder) {
    const std::string& named =
        options.profile.empty() ? model.params.profile.text : options.profile;
    std::error_code error;
    if (named.empty() || !std::filesystem::is_regular_file(named, error)) {
        return named.empty() ? "ratified" : named;
    }
    const auto relative = std::filesystem::relative(named, folder, error);
    return error ? named : relative.string();
}

/// The guest's commands of each VF in its own order: even ones write, odd ones read, one block
/// each.
std::string iolog_of(const RunOrder& order, unsigned vf, unsigned& count) {
    const std::string submitted = host::effect::of_guest(vf, host::effect::submitted);
    std::string text;
    for (const auto& effects : order.effects) {
        if (!effects.empty() && effects.front().name == submitted) {
            text += fmt::format("vf {} {} {}\n", count % 2 == 0 ? "write" : "read", count * block,
                                block);
            ++count;
        }
    }
    return text.empty() ? text : "fio version 2 iolog\nvf add\nvf open\n" + text + "vf close\n";
}

const char* word(bool on) { return on ? "true" : "false"; }

std::string topology(const sim::ExploreModel& model) {
    const sim::WorldParams& world = model.params.world;
    const bool free = model.params.kind == WorldKind::Free;
    std::string text = fmt::format(
        "\n[run]\nmigrate = {}\nwarm_up = \"1ms\"\ncool_down = \"1s\"\nrest = \"100ms\"\n"
        "time_limit = \"100s\"\n",
        word(!free));
    text +=
        "\n[vm]\nvcpus = 2\nram = \"16MiB\"\nram_used = \"4MiB\"\n"
        "\n[vm.dirty]\nrate = \"0/s\"\nworking_set = \"1MiB\"\nhot = \"0B\"\n";
    text += fmt::format(
        "\n[hosts.both.device]\nvfs = {}\nqueue_pairs = 1\nqueue_size = {}\nmdts = \"{}B\"\n"
        "vendor_bytes = \"{}B\"\nreset = \"1us\"\n",
        world.vfs, world.queue_entries + 1, least_piece, (world.state_pieces - 1U) * least_piece);
    text += fmt::format("\n[hosts.both.driver]\np2p = {}\npre_copy = {}\n",
                        word((world.features.flags & vfio::P2P_FLAG) != 0),
                        word((world.features.flags & vfio::PRE_COPY_FLAG) != 0));
    if (!free) {
        const sim::MigrationParams& migration = model.params.migration;
        text += fmt::format("\n[vmm]\nreturn_path = {}\nswitchover_ack = {}\n",
                            word(migration.return_path), word(migration.switchover_ack));
    }
    return text;
}

std::string head(const Explored& explored, const Counterexample& found,
                 const sim::RuleOptions& options, const std::string& folder) {
    const sim::ExploreModel& model = explored.model;
    std::string text = fmt::format(
        "# The shortest run in which {} falls, as lmsim explore found it in {} steps; pins keep "
        "that of\n# its order which matters. {}\n",
        found.name(), found.violation.steps.size(), found.text());
    text += fmt::format("name = \"{} {}\"\nprofile = \"{}\"\nwithout = {}\nwith = {}\n", model.name,
                        found.name(), profile_of(model, options, folder),
                        names_of(model.params.without.rows, options.without),
                        names_of(model.params.with.rows, options.with));
    return text;
}

}  // namespace

std::string iolog_name(const std::string& base, unsigned vf) {
    return fmt::format("{}.vf{}.iolog", base, vf);
}

CounterexampleScenario scenario_of(const Explored& explored, const Counterexample& found,
                                   const sim::RuleOptions& options, const std::string& base,
                                   const std::string& folder) {
    CounterexampleScenario scenario;
    const sim::ExploreModel& model = explored.model;
    scenario.why = no_counterpart(model, found);
    if (!scenario.why.empty()) {
        return scenario;
    }
    const unsigned vfs = model.params.world.vfs;
    const unsigned hosts = model.params.kind == WorldKind::Free ? 1 : 2;
    const RunOrder order =
        order_of(*sim::plain_world_of(model), found.violation.steps,
                 [&](const std::uint8_t* state, explore::Action action) {
                     return explore::world::effects_of(vfs, hosts, state, action);
                 });
    PinWriter pins(order, vfs);
    pins.write();
    scenario.unpinned = pins.unpinned;
    scenario.toml = head(explored, found, options, folder);
    for (const std::string& step : scenario.unpinned) {
        scenario.toml += fmt::format(
            "# Not pinned, because the simulator decides it by its own figures: {}\n", step);
    }
    scenario.toml += topology(model);
    scenario.toml += fmt::format("\n[expect]\noutcome = \"none\"\nbroken = \"{}\"\n", found.name());
    for (unsigned vf = 0; vf < vfs; ++vf) {
        unsigned count = 0;
        scenario.iologs.push_back(iolog_of(order, vf, count));
        if (count != 0) {
            scenario.toml += fmt::format(
                "\n[[workload]]\niolog = \"{}\"\nvf = [{}]\ndepth = {}\nstart = \"1ms\"\n",
                iolog_name(base, vf), vf, model.params.world.queue_entries);
        }
    }
    scenario.toml += pins.text;
    return scenario;
}

}  // namespace lmsim::cli
