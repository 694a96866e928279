#include <fmt/format.h>

#include <algorithm>

#include "sim/scenario/include.hpp"
#include "sim/scenario/load.hpp"
#include "sim/scenario/param_docs.hpp"

namespace lmsim::sim {

namespace {

std::string range_of(const ParamInfo& param) {
    if (!param.allowed.empty()) {
        return joined(param.allowed);
    }
    return param.least.empty() ? "" : param.least + " to " + param.most;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string row(const ParamInfo& param) {
    return "| " + code(param.name) + " | " + param.type + " | " + code(param.fallback) + " | " +
           code(range_of(param)) + " | " + param.help + " | " + param.source + " |\n";
}

/// Groups behind an alias are shown once, under the alias.
void write_group(const GroupInfo& group, const std::string& path, std::string& out) {
    if (!path.empty() && !group.params.empty()) {
        out += "\n### `" + path + "`\n\n" + group.help + "\n";
    }
    if (!group.params.empty()) {
        out += "\n| parameter | type | default | range | meaning | source |\n";
        out += "|---|---|---|---|---|---|\n";
    }
    for (const ParamInfo& param : group.params) {
        out += row(param);
    }
    std::vector<std::string> hidden;
    for (const AliasInfo& alias : group.aliases) {
        hidden.insert(hidden.end(), alias.targets.begin(), alias.targets.end());
        out += "\n`" + path_of(path, alias.name) + "` stands for ";
        for (const std::string& target : alias.targets) {
            out += (target == alias.targets.front() ? "`" : " and `") + path_of(path, target) + "`";
        }
        out += "; what is written for one of them alone wins.\n";
    }
    for (const AliasInfo& alias : group.aliases) {
        for (const GroupInfo& inner : group.groups) {
            if (inner.name == alias.targets.front()) {
                write_group(inner, path_of(path, alias.name), out);
            }
        }
    }
    for (const GroupInfo& inner : group.groups) {
        if (std::count(hidden.begin(), hidden.end(), inner.name) == 0) {
            write_group(inner, path_of(path, inner.name), out);
        }
    }
    for (const ListInfo& list : group.lists) {
        write_group(*list.element, "[[" + path_of(path, list.name) + "]]", out);
    }
}

}  // namespace

std::string params_docs(const GroupInfo& params, const std::string& title) {
    std::string out = "# " + title + "\n";
    write_group(params, "", out);
    return out;
}

std::string scenario_docs() {
    return params_docs(schema_of<Scenario>(), "Parameters of a scenario") +
           fmt::format(
               "\n## `{} = [\"../devices/x.toml\"]`\n\nAbove the first table of a file: {}.\n",
               include_key, include_help);
}

}  // namespace lmsim::sim
