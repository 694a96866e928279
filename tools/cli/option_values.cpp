#include "tools/cli/option_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "model/spec/table.hpp"
#include "sim/conform/case.hpp"
#include "sim/explore_model/model.hpp"
#include "sim/fault/fault_class.hpp"
#include "sim/profile/profile.hpp"
#include "sim/scenario/scenario.hpp"
#include "tools/cli/run_outputs.hpp"
#include "viz/diagram/machines.hpp"

namespace lmsim::cli {

namespace {

using Candidates = std::vector<Candidate>;

Candidates plain(const std::vector<std::string>& words) {
    Candidates all;
    for (const std::string& word : words) {
        all.push_back({word});
    }
    return all;
}

Candidates profiles() { return plain(sim::profile_names()); }
Candidates models() { return plain(sim::model_names()); }
Candidates kinds_of_trace() { return plain(trace_kinds()); }
Candidates vfio_features() { return plain({"stop_copy", "p2p", "pre_copy"}); }
Candidates targets() { return plain({"model", "vfio-user:"}); }

Candidates machines() {
    Candidates all;
    for (const viz::MachineInfo& machine : viz::machines()) {
        all.push_back({std::string(machine.name()), std::string(machine.title)});
    }
    return all;
}

Candidates faults() {
    Candidates all;
    for (const sim::FaultClass& fault : sim::fault_classes()) {
        all.push_back({std::string(fault.name), std::string(fault.what)});
    }
    return all;
}

Candidates rows() {
    Candidates all;
    for (const spec::Row& row : spec::table) {
        all.push_back({std::string(row.name)});
    }
    return all;
}

Candidates cases() {
    Candidates all;
    for (const sim::conform::Case& one : sim::conform::all_cases()) {
        all.push_back({one.id, one.title});
    }
    return all;
}

/// Those of a list, and those of a type that has few; as people write them after --set.
std::vector<std::string> allowed_values(const sim::ParamInfo& param) {
    std::vector<std::string> values = param.allowed;
    const nlohmann::json schema = nlohmann::json::parse(param.schema);
    for (const nlohmann::json& value : schema.value("enum", nlohmann::json::array())) {
        values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    for (std::string& value : values) {
        const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
        value = quoted ? value.substr(1, value.size() - 2) : value;
    }
    return values;
}

void add_settings(const sim::GroupInfo& group, const std::string& before, Candidates& all) {
    for (const sim::ParamInfo& param : group.params) {
        const std::string setting = before + param.name + "=";
        all.push_back({setting, param.help});
        for (const std::string& value : allowed_values(param)) {
            all.push_back({setting + value});
        }
    }
    for (const sim::GroupInfo& inner : group.groups) {
        add_settings(inner, before + inner.name + ".", all);
    }
}

Candidates settings() {
    Candidates all;
    add_settings(sim::schema_of<sim::Scenario>(), "", all);
    return all;
}

Candidates fidelities() {
    const std::string start = "run.fidelity=";
    Candidates all;
    for (const Candidate& setting : settings()) {
        if (setting.word.size() > start.size() && setting.word.rfind(start, 0) == 0) {
            all.push_back({setting.word.substr(start.size())});
        }
    }
    return all;
}

enum class Path : std::uint8_t { None, File, Folder };

/// By the name of a value in the command line's declarations.
struct KnownValue {
    const char* name;
    Path path = Path::None;
    Candidates (*words)() = nullptr;
};

// clang-format off
constexpr std::array known_values = {
    KnownValue{"FILE", Path::File},
    KnownValue{"file", Path::File},
    KnownValue{"PATH", Path::File},
    KnownValue{"PROFILE.toml", Path::File},
    KnownValue{"SCENARIO", Path::File},
    KnownValue{"STUDY", Path::File},
    KnownValue{"TRACE", Path::File},
    KnownValue{"[NSID=]FILE", Path::File},
    KnownValue{"DIR", Path::Folder},
    KnownValue{"RUN_DIR", Path::Folder},
    KnownValue{"NAME|FILE", Path::File, profiles},
    KnownValue{"P", Path::File, profiles},
    KnownValue{"P1 P2", Path::File, profiles},
    KnownValue{"MODEL", Path::File, models},
    KnownValue{"CLASS", Path::None, faults},
    KnownValue{"FIDELITY", Path::None, fidelities},
    KnownValue{"ID", Path::None, cases},
    KnownValue{"KIND,...", Path::None, kinds_of_trace},
    KnownValue{"NAME", Path::None, machines},
    KnownValue{"PATH=VALUE", Path::None, settings},
    KnownValue{"ROW", Path::None, rows},
    KnownValue{"row", Path::None, rows},
    KnownValue{"RULE-ID", Path::None, rows},
    KnownValue{"SET,...", Path::None, vfio_features},
    KnownValue{"TARGET", Path::None, targets},
    // What has no names, or too many of them.
    KnownValue{"BDF"}, KnownValue{"COUNT"}, KnownValue{"DATASET"}, KnownValue{"defect"},
    KnownValue{"DEVICE"}, KnownValue{"device"}, KnownValue{"FIRST"}, KnownValue{"FIRST:END"},
    KnownValue{"FLOAT"}, KnownValue{"FROM:TO"}, KnownValue{"INT"}, KnownValue{"J"},
    KnownValue{"KEY"}, KnownValue{"KEY[=A,B,...]"}, KnownValue{"KIND"}, KnownValue{"kind"},
    KnownValue{"LIST"}, KnownValue{"N"}, KnownValue{"of"}, KnownValue{"PAGES"},
    KnownValue{"PERCENT"}, KnownValue{"PF[/vfM]"}, KnownValue{"PF[/vfN]"}, KnownValue{"SIZE"},
    KnownValue{"SIZE,..."}, KnownValue{"T"}, KnownValue{"TEXT"}, KnownValue{"TIME"},
    KnownValue{"UINT"}, KnownValue{"UUID"}, KnownValue{"VERB"}, KnownValue{"WORD"},
};
// clang-format on

const KnownValue* find_value(const std::string& name) {
    const auto* found =
        std::find_if(known_values.begin(), known_values.end(),
                     [&name](const KnownValue& known) { return known.name == name; });
    return found == known_values.end() ? nullptr : found;
}

/// What its checks say of themselves: "{text,md}", "UINT in [1 - 1024]".
std::vector<std::string> checks_of(CLI::Option& option) {
    std::vector<std::string> all;
    try {
        for (int i = 0;; ++i) {
            all.push_back(option.get_validator(i)->get_description());
        }
    } catch (const CLI::OptionNotFound&) {  // CLI11 tells the end in no other way
        return all;
    }
}

}  // namespace

std::string value_name(CLI::Option& option) {
    if (option.get_items_expected_max() == 0) {
        return {};
    }
    std::string name = option.get_type_name();
    std::vector<std::string> checks = checks_of(option);
    std::reverse(checks.begin(), checks.end());
    for (const std::string& check : checks) {
        const std::string end = ":" + check;
        if (!check.empty() && name.size() >= end.size() &&
            name.compare(name.size() - end.size(), end.size(), end) == 0) {
            name.resize(name.size() - end.size());
        }
    }
    // A positional is called by its name; its type says something where that was declared.
    return option.get_positional() && name == "TEXT" ? option.get_name(true) : name;
}

std::vector<std::string> choices_of(CLI::Option& option) {
    for (const std::string& check : checks_of(option)) {
        const std::size_t from = check.find('{');
        const std::size_t to = check.find('}');
        if ((from == 0 || check.rfind("value in {", 0) == 0) && to != std::string::npos) {
            std::vector<std::string> choices =
                CLI::detail::split(check.substr(from + 1, to - from - 1), ',');
            for (std::string& choice : choices) {
                choice.resize(std::min(choice.size(), choice.find("->")));
            }
            return choices;
        }
    }
    return {};
}

std::string range_of(CLI::Option& option) {
    for (const std::string& check : checks_of(option)) {
        const std::size_t from = check.find(" in [");
        const std::size_t to = check.find(" - ");
        if (from != std::string::npos && to != std::string::npos && check.back() == ']') {
            const std::size_t first = from + std::string(" in [").size();
            const std::size_t last = to + std::string(" - ").size();
            return fmt::format("{} to {}", check.substr(first, to - first),
                               check.substr(last, check.size() - 1 - last));
        }
    }
    return {};
}

OptionValues values_of(CLI::Option& option) {
    const std::vector<std::string> choices = choices_of(option);
    if (!choices.empty()) {
        return {false, false, plain(choices)};
    }
    const KnownValue* known = find_value(value_name(option));
    if (known == nullptr) {
        return {};
    }
    return {known->path == Path::File, known->path == Path::Folder,
            known->words == nullptr ? Candidates{} : known->words()};
}

bool is_known_value(const std::string& name) { return find_value(name) != nullptr; }

}  // namespace lmsim::cli
