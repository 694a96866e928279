#include "tools/runs/perturb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/scenario/toml.hpp"

namespace lmsim::runs {

namespace {

/// Sizes of memory stay whole pages, and some shares have to be whole percents.
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t whole_percent = 10'000;

/// What steps are multiples of.
std::uint64_t grain_of(const sim::Dimension& dimension, std::uint64_t raw, bool coarse) {
    if (&dimension == &sim::dimension<sim::Bytes>() && raw % page == 0) {
        return page;
    }
    const bool share = &dimension == &sim::dimension<sim::Share>();
    return coarse && share && raw % whole_percent == 0 ? whole_percent : 1;
}

/// How a type of parameter is moved.
const sim::Dimension* dimension_of(const std::string& type) {
    for (const sim::Dimension* dimension :
         {&sim::dimension<sim::Time>(), &sim::dimension<sim::Bytes>(),
          &sim::dimension<sim::Bandwidth>(), &sim::dimension<sim::Rate>(),
          &sim::dimension<sim::Share>()}) {
        const std::string name = dimension->what + 2;  // without "a "
        if (type == name || type == name + " or none") {
            return dimension;
        }
    }
    return nullptr;
}

/// At least one away from it, so that small whole numbers move too.
std::uint64_t moved(std::uint64_t raw, double percent) {
    const auto by = static_cast<std::uint64_t>(
        std::llround(static_cast<double>(raw) * std::abs(percent) / 100));
    const std::uint64_t step = std::max<std::uint64_t>(by, 1);
    return percent > 0 ? raw + step : raw - std::min(raw, step);
}

double percent_of(std::uint64_t raw, std::uint64_t now) {
    return (static_cast<double>(now) / static_cast<double>(raw) - 1) * 100;
}

Step step_quantity(const sim::Dimension& dimension, const std::string& text, double percent,
                   bool coarse = false) {
    const auto raw = sim::parse_quantity(dimension, text);
    if (!raw || raw.value() == 0) {
        return {};
    }
    const std::uint64_t grain = grain_of(dimension, raw.value(), coarse);
    const std::uint64_t now = moved(raw.value() / grain, percent) * grain;
    return {sim::in_quotes(sim::format_quantity(dimension, now)), percent_of(raw.value(), now)};
}

Step step_integer(std::int64_t value, double percent) {
    if (value <= 0) {
        return {};
    }
    const auto raw = static_cast<std::uint64_t>(value);
    const std::uint64_t now = moved(raw, percent);
    return {std::to_string(now), percent_of(raw, now)};
}

/// All points together, and those that are 0 stay there.
Step step_points(const sim::Value& value, double percent) {
    const sim::Dimension& time = sim::dimension<sim::Time>();
    if (value.type == sim::Value::Type::Text) {
        return step_quantity(time, value.text, percent);
    }
    std::string out;
    bool any = false;
    for (const sim::Value::Member& member : value.members) {
        const Step step = step_quantity(time, member.value.text, percent);
        any = any || !step.value.empty();
        out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", member.name,
                           step.value.empty() ? sim::in_quotes(member.value.text) : step.value);
    }
    return any ? Step{"{" + out + "}", percent} : Step{};
}

bool starts_with(const std::string& text, const std::string& start) {
    return text.compare(0, start.size(), start) == 0;
}

class Search {
  public:
    Search(const cli::ScenarioOptions& options, const sim::LoadedScenario& loaded, double percent)
        : options_(options), loaded_(loaded), percent_(percent) {}

    /// `twin`: the same struct of the other host, nullptr if there is none. `shared` is what to
    /// call both.
    void group(const sim::GroupInfo& group, void* object, const std::string& path, void* twin,
               const std::string& shared) {
        for (const sim::ParamInfo& param : group.params) {
            const void* member = at(object, param.offset);
            if (twin == nullptr) {
                look_at(param, member, sim::path_of(path, param.name));
            } else if (param.print(member) == param.print(at(twin, param.offset))) {
                look_at(param, member, sim::path_of(shared, param.name));
            } else {
                look_at(param, member, sim::path_of(path, param.name));
                look_at(param, at(twin, param.offset), other(sim::path_of(path, param.name)));
            }
        }
        for (const sim::GroupInfo& inner : group.groups) {
            this->inner(group, inner, object, path, twin, shared);
        }
        for (const sim::ListInfo& list : group.lists) {
            void* const member = at(object, list.offset);
            for (std::size_t i = 0; i < list.size(member); ++i) {
                const std::string name = fmt::format("{}[{}]", list.name, i);
                this->group(*list.element, list.at(member, i), sim::path_of(path, name), nullptr,
                            "");
            }
        }
    }

    Levers take() { return std::move(found_); }

  private:
    static void* at(void* object, std::size_t offset) {
        return static_cast<char*>(object) + offset;
    }

    void inner(const sim::GroupInfo& group, const sim::GroupInfo& inner, void* object,
               const std::string& path, void* twin, const std::string& shared) {
        void* const member = at(object, inner.offset);
        const std::string name = sim::path_of(path, inner.name);
        if (twin != nullptr) {
            return this->group(inner, member, name, at(twin, inner.offset),
                               sim::path_of(shared, inner.name));
        }
        for (const sim::AliasInfo& alias : group.aliases) {
            if (alias.targets.back() == inner.name) {
                return;  // with the first of them
            }
            if (alias.targets.front() != inner.name) {
                continue;
            }
            const auto second =
                std::find_if(group.groups.begin(), group.groups.end(),
                             [&](const auto& each) { return each.name == alias.targets.back(); });
            from_ = name;
            to_ = sim::path_of(path, second->name);
            return this->group(inner, member, name, at(object, second->offset),
                               sim::path_of(path, alias.name));
        }
        this->group(inner, member, name, nullptr, "");
    }

    /// The key on the other host.
    std::string other(const std::string& key) const { return to_ + key.substr(from_.size()); }

    void leave(const std::string& key, std::string reason) {
        found_.left_alone.push_back({key, std::move(reason)});
    }

    Step step_of(const sim::ParamInfo& param, const std::string& text, double percent,
                 bool coarse) const {
        const sim::Value value = sim::parse_option_value(text, "");
        if (const sim::Dimension* dimension = dimension_of(param.type)) {
            return step_quantity(*dimension, value.text, percent, coarse);
        }
        return param.type == "integer" ? step_integer(value.integer, percent)
                                       : step_points(value, percent);
    }

    /// A step that the scenario takes; an empty one, and why, if there is none.
    Step taken(const sim::ParamInfo& param, const std::string& key, const std::string& value,
               double percent, std::string& problem) const {
        for (const bool coarse : {false, true}) {
            Step step = step_of(param, value, percent, coarse);
            problem = step.value.empty() ? "0" : refusal(key, step);
            if (problem.empty()) {
                return step;
            }
        }
        return {};
    }

    void look_at(const sim::ParamInfo& param, const void* member, const std::string& key) {
        const bool number = dimension_of(param.type) != nullptr || param.type == "integer" ||
                            param.type == "distribution";
        if (!number) {
            return leave(key, "no number");
        }
        if (param.source == sim::choice || starts_with(key, "run.") ||
            starts_with(key, "expect.")) {
            return leave(key, "a choice");
        }
        const std::string value = param.print(member);
        Lever lever{key, value, param.source, false, {}, {}};
        if (step_of(param, value, percent_, false).value.empty()) {
            return leave(key, value == "\"none\"" ? "none" : "0");
        }
        std::string problem;
        lever.down = taken(param, key, value, -percent_, problem);
        lever.up = taken(param, key, value, percent_, problem);
        if (lever.up.value.empty() && lever.down.value.empty()) {
            return leave(key, "a step is refused: " + problem);
        }
        find_source(param, member, lever);
        found_.levers.push_back(std::move(lever));
    }

    /// Why the scenario would not take it; empty if it does.
    std::string refusal(const std::string& key, const Step& step) const {
        std::vector<std::string> set = options_.set;
        set.push_back(key + "=" + step.value);
        const sim::LoadedScenario loaded = sim::load_scenario(options_.file, set, options_.seed);
        return loaded.ok() ? "" : loaded.errors.front().message;
    }

    void find_source(const sim::ParamInfo& param, const void* member, Lever& lever) const {
        std::string key = lever.key;
        const std::size_t both = key.find("both.");
        if (both != std::string::npos) {
            key.replace(both, 5, "src.");
        }
        const auto origin = loaded_.origins.find(key);
        if (origin != loaded_.origins.end() && param.print(member) != param.fallback) {
            lever.source = origin->second.where.text();
            return;
        }
        lever.estimate = starts_with(param.source, sim::estimate);
    }

    const cli::ScenarioOptions& options_;
    const sim::LoadedScenario& loaded_;
    double percent_;
    std::string from_;
    std::string to_;
    Levers found_;
};

}  // namespace

Levers find_levers(const cli::ScenarioOptions& options, const sim::LoadedScenario& loaded,
                   double percent) {
    sim::Scenario scenario = loaded.scenario;
    Search search(options, loaded, percent);
    search.group(sim::schema_of<sim::Scenario>(), &scenario, "", nullptr, "");
    return search.take();
}

}  // namespace lmsim::runs
