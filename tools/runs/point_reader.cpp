#include "tools/runs/point_reader.hpp"

#include <algorithm>

#include "sim/run/simulation.hpp"
#include "sim/scenario/toml.hpp"
#include "sim/scenario/validate.hpp"

namespace lmsim::runs {

namespace {

constexpr std::size_t most_workloads = 512;
constexpr std::size_t most_values = 100'000;

bool starts(const std::string& text, std::string_view with) {
    return text.compare(0, with.size(), with) == 0;
}

/// "hosts.src.device.vfs" without its host: "device.vfs"; empty if it is of none.
std::string within_host(const std::string& key) {
    const std::size_t dot = key.find('.', 6);
    return starts(key, "hosts.") && dot != std::string::npos ? key.substr(dot + 1) : "";
}

/// What load_workload() never looks at. Whatever is not named here is taken for something that it
/// does.
bool leaves_workload_alone(const std::string& key) {
    for (const char* group : {"vm.", "vmm.", "channel.", "run.", "expect.", "carry."}) {
        if (starts(key, group)) return true;
    }
    const std::string inside = within_host(key);
    for (const char* group : {"link.", "driver.", "device.admin.", "device.media."}) {
        if (starts(inside, group)) return true;
    }
    for (const char* name : {"queue_pairs", "queue_size", "max_vfs", "msix_vectors", "contexts",
                             "mdts", "vendor_bytes", "state_rate", "enable", "reset"}) {
        if (inside == std::string("device.") + name) return true;
    }
    return false;
}

/// The same of load_dialects(), which also changes values that the VMM does not know.
bool leaves_dialects_alone(const std::string& key, bool is_qemu) {
    for (const char* group : {"vm.", "channel.", "run.", "expect.", "workload", "namespace"}) {
        if (starts(key, group)) return true;
    }
    if (starts(key, "vmm.")) {
        return is_qemu && key != "vmm.engine" && !starts(key, "vmm.cloud.");
    }
    const std::string inside = within_host(key);
    return starts(inside, "link.") || starts(inside, "device.");
}

template <class T>
const T* named(const std::vector<T>& items, const std::string& name) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
    return found == items.end() ? nullptr : &*found;
}

/// A key's way down from a group.
struct Way {
    const sim::GroupInfo* group;
    char* object;
    std::string rest;
    bool is_alias;
};

using ParamPlaces = std::vector<std::pair<const sim::ParamInfo*, void*>>;

/// The parameters that a key stands for; false if one of them is not there yet, or not to be
/// written so.
bool find_places(const Way& way, ParamPlaces& out) {
    const std::size_t dot = way.rest.find('.');
    std::string name = way.rest.substr(0, dot);
    if (dot == std::string::npos) {
        const sim::ParamInfo* param = named(way.group->params, name);
        if (param == nullptr || (param->written == sim::Written::InAliasOnly && !way.is_alias)) {
            return false;
        }
        out.emplace_back(param, way.object + param->offset);
        return true;
    }
    const std::string rest = way.rest.substr(dot + 1);
    if (const std::size_t bracket = name.find('['); bracket != std::string::npos) {
        const std::size_t index = std::strtoull(name.c_str() + bracket + 1, nullptr, 10);
        name.resize(bracket);
        const sim::ListInfo* list = named(way.group->lists, name);
        if (list == nullptr || index >= list->size(way.object + list->offset)) return false;
        void* element = list->at(way.object + list->offset, index);
        return find_places({list->element.get(), static_cast<char*>(element), rest, way.is_alias},
                           out);
    }
    if (const sim::GroupInfo* group = named(way.group->groups, name)) {
        return find_places({group, way.object + group->offset, rest, way.is_alias}, out);
    }
    const sim::AliasInfo* alias = named(way.group->aliases, name);
    return alias != nullptr &&
           std::all_of(alias->targets.begin(), alias->targets.end(), [&](const std::string& to) {
               const sim::GroupInfo* group = named(way.group->groups, to);
               return find_places({group, way.object + group->offset, rest, true}, out);
           });
}

bool find_places(sim::Scenario& scenario, const std::string& key, ParamPlaces& out) {
    out.clear();
    return find_places(
        {&sim::schema_of<sim::Scenario>(), reinterpret_cast<char*>(&scenario), key, false}, out);
}

/// As options are bound: what one of them says for both hosts, another one says for one host.
bool overlap(const ParamPlaces& a, const ParamPlaces& b) {
    return std::any_of(a.begin(), a.end(), [&](const auto& one) {
        return std::any_of(b.begin(), b.end(),
                           [&](const auto& other) { return one.second == other.second; });
    });
}

bool is_fluid(const sim::Scenario& scenario) {
    return scenario.run.fidelity == sim::Fidelity::Fluid;
}

}  // namespace

PointReader::PointReader(const Study& study) : study_(study) {
    for (std::size_t d = 0; d < study.dimensions.size(); ++d) {
        for (std::size_t k = 0; k < study.dimensions[d].keys.size(); ++k) {
            Key& key = keys_.emplace_back();
            key.name = study.dimensions[d].keys[k];
            key.dimension = d;
            key.place = k;
        }
    }
}

cli::PreparedRun& PointReader::read(std::size_t point) {
    const bool ready = started_ ? follow(point) : !never_ && start(point);
    if (ready) {
        return ready_;
    }
    whole_ = cli::prepare(study_.point(point).options);
    return whole_;
}

void PointReader::warm_up() {
    constexpr std::size_t most = 64;
    read(0);
    if (!started_ || !is_fluid(bound_.scenario)) {
        return;
    }
    std::vector<std::size_t> points{0};
    std::size_t stride = study_.seeds;
    for (std::size_t d = study_.dimensions.size(); d-- > 0;) {
        const bool counts = std::any_of(keys_.begin(), keys_.end(), [d](const Key& key) {
            return key.dimension == d && key.for_workload;
        });
        const std::size_t steps = study_.dimensions[d].size;
        if (counts && points.size() * steps <= most) {
            const std::size_t known = points.size();
            for (std::size_t step = 1; step < steps; ++step) {
                for (std::size_t i = 0; i < known; ++i) points.push_back(points[i] + step * stride);
            }
        }
        stride *= steps;
    }
    for (const std::size_t point : points) read(point);
}

/// Reads all of it, so that a sound point leaves something to follow.
bool PointReader::start(std::size_t point) {
    const cli::ScenarioOptions options = study_.point(point).options;
    bound_ = sim::load_scenario(options.file, options.set, options.seed);
    never_ = bound_.ok() && !resolve();
    if (!bound_.ok() || never_) {
        return false;
    }
    study_.steps(point, steps_);
    for (Key& key : keys_) {
        key.at = steps_[key.dimension];
    }
    started_ = true;
    ready_.loaded = bound_;
    workload_name_.clear();
    refit_ = true;
    return fit() && fit_workload() &&
           sim::check_memory(ready_.loaded.scenario, ready_.workload).empty();
}

/// Finds what the keys stand for; false if points cannot follow one another.
bool PointReader::resolve() {
    const bool varies = std::count(study_.keys.begin(), study_.keys.end(), "vmm.engine") != 0;
    const bool is_qemu = !varies && bound_.scenario.vmm.engine != sim::Engine::CloudHypervisor;
    for (Key& key : keys_) {
        if (!find_places(bound_.scenario, key.name, key.bound)) {
            return false;
        }
        key.for_workload = !leaves_workload_alone(key.name);
        key.for_dialects = !leaves_dialects_alone(key.name, is_qemu);
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (overlap(keys_[i].bound, keys_[j].bound)) return false;
        }
        for (const Setting& setting : study_.params.set.settings) {
            ParamPlaces places;
            const bool known = find_places(bound_.scenario, setting.key, places);
            if (known && overlap(keys_[i].bound, places)) return false;
        }
    }
    return true;
}

const sim::Value& PointReader::value_of(Key& key, std::size_t step) const {
    if (key.values.size() > most_values) {
        key.values.clear();
    }
    const auto known = key.values.find(step);
    if (known != key.values.end()) {
        return known->second;
    }
    const std::string text = study_.dimensions[key.dimension].value(step, key.place);
    return key.values.emplace(step, sim::parse_option_value(text, "--set " + key.name + "=" + text))
        .first->second;
}

bool PointReader::follow(std::size_t point) {
    study_.steps(point, steps_);
    bool sound = true;
    for (Key& key : keys_) {
        const std::size_t step = steps_[key.dimension];
        if (key.at == step) {
            continue;
        }
        const sim::Value& value = value_of(key, step);
        key.at = step;
        refit_ = refit_ || key.for_dialects;
        const auto assign = [&](const Targets& targets) {
            for (const auto& [param, member] : targets) {
                if (!param->assign(member, value).empty()) {
                    key.at = SIZE_MAX;  // whatever comes next is another value
                    sound = false;
                }
            }
        };
        assign(key.bound);
        if (!refit_) {
            assign(key.ready);
        }
    }
    bound_.scenario.seed = ready_.loaded.scenario.seed = study_.seed_of(point);
    if (!sound) {
        refit_ = true;
        return false;
    }
    return sim::validate(bound_.scenario).empty() && fit() && fit_workload() &&
           sim::check_memory(ready_.loaded.scenario, ready_.workload).empty();
}

/// Profiles and the VMM have their say.
bool PointReader::fit() {
    if (!refit_) {
        return true;
    }
    ready_.loaded = bound_;
    ready_.dialects = sim::load_dialects(ready_.loaded);
    for (Key& key : keys_) {
        find_places(ready_.loaded.scenario, key.name, key.ready);
    }
    refit_ = !ready_.loaded.ok();
    return ready_.loaded.ok();
}

std::string PointReader::workload_name() const {
    std::string name = "of";
    for (const Key& key : keys_) {
        if (key.for_workload) {
            name += " " + study_.dimensions[key.dimension].value(key.at, key.place);
        }
    }
    return name;
}

bool PointReader::fit_workload() {
    const std::string name = workload_name();
    const bool fluid = is_fluid(ready_.loaded.scenario);
    if (fluid && name == workload_name_) {
        return true;
    }
    if (workloads_.size() > most_workloads) {
        workloads_.clear();
    }
    if (!workload_name_.empty()) {
        workloads_[workload_name_] = std::move(ready_.workload);
    }
    workload_name_.clear();
    const auto known = workloads_.find(name);
    if (fluid && known != workloads_.end()) {
        ready_.workload = std::move(known->second);
        workloads_.erase(known);
    } else {
        std::vector<sim::Diagnostic> errors;
        ready_.workload = sim::load_workload(ready_.loaded, errors);
        if (!errors.empty()) {
            return false;
        }
    }
    // A run draws from its sources: they serve it alone.
    workload_name_ = fluid ? name : "";
    return true;
}

}  // namespace lmsim::runs
