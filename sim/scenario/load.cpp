#include "sim/scenario/load.hpp"

#include "sim/core/text.hpp"
#include "sim/scenario/include.hpp"
#include "sim/scenario/validate.hpp"

namespace lmsim::sim {

namespace {

/// The name under which a default would have been written, if `origin` of its neighbour `path` was
/// written under an alias: what is said of src and of dst is then the same and is said once.
std::string alias_name(const std::string& name, const std::string& path, const Origin& origin) {
    std::size_t same = 0;
    while (same < path.size() && same < origin.written.size() &&
           path[path.size() - 1 - same] == origin.written[origin.written.size() - 1 - same]) {
        ++same;
    }
    const std::string head = path.substr(0, path.size() - same);
    if (head.empty() || name.compare(0, head.size(), head) != 0) {
        return name;
    }
    return origin.written.substr(0, origin.written.size() - same) + name.substr(head.size());
}

/// The position of the first path that was written, and what to call the first path.
Position first_written(const Origins& origins, const Problem& problem, std::string& name) {
    name = problem.paths.front();
    for (const std::string& path : problem.paths) {
        const auto origin = origins.find(path);
        if (origin != origins.end()) {
            name = alias_name(name, path, origin->second);
            return origin->second.where;
        }
    }
    return {};
}

void set_seed(LoadedScenario& loaded, std::uint64_t seed, Diagnostics& diagnostics) {
    const Position option{"", "--seed " + std::to_string(seed), 0, 0};
    // The effective scenario has to hold it, and TOML's integers are signed.
    if (seed > static_cast<std::uint64_t>(INT64_MAX)) {
        diagnostics.add({option, "out of range; expected 0 to " + std::to_string(INT64_MAX)});
        return;
    }
    loaded.scenario.seed = seed;
    loaded.origins["seed"] = {"seed", option};
}

void check(LoadedScenario& loaded, Diagnostics& diagnostics) {
    for (const Problem& problem : validate(loaded.scenario)) {
        std::string name;
        Position where = first_written(loaded.origins, problem, name);
        if (!where.known()) {
            where.file = printable(loaded.file);
        }
        diagnostics.add({where, name + ": " + problem.message});
    }
}

/// What is missing of a file may be what the rest stands on, so then nothing else is looked at.
LoadedScenario bound(IncludeReader& files, Diagnostics& diagnostics, const std::string& file,
                     std::vector<std::string> options, std::optional<std::uint64_t> seed) {
    LoadedScenario loaded;
    loaded.file = file;
    files.read_options(options);
    if (diagnostics.empty()) {
        Binder binder(schema_of<Scenario>(), &loaded.scenario, loaded.origins, diagnostics);
        for (const Value& layer : files.layers()) {
            binder.bind_file(layer);
        }
        binder.bind_options(options);
        if (seed) {
            set_seed(loaded, *seed, diagnostics);
        }
    }
    if (diagnostics.empty()) {
        check(loaded, diagnostics);
    }
    if (!diagnostics.empty()) {
        loaded.errors = diagnostics.sorted();
    }
    return loaded;
}

}  // namespace

std::string LoadedScenario::error_text() const {
    std::string text;
    for (const Diagnostic& error : errors) {
        text += error.text() + "\n";
    }
    return text;
}

Position LoadedScenario::where(const std::string& path) const {
    const auto origin = origins.find(path);
    return origin == origins.end() ? Position{printable(file), "", 0, 0} : origin->second.where;
}

LoadedScenario load_scenario(const std::string& file, const std::vector<std::string>& options,
                             std::optional<std::uint64_t> seed) {
    Diagnostics diagnostics;
    IncludeReader files(diagnostics);
    files.read_file(file);
    return bound(files, diagnostics, file, options, seed);
}

LoadedScenario load_scenario_text(std::string_view text, const std::string& file,
                                  const std::vector<std::string>& options,
                                  std::optional<std::uint64_t> seed) {
    Diagnostics diagnostics;
    IncludeReader files(diagnostics);
    files.read_text(text, file);
    return bound(files, diagnostics, file, options, seed);
}

}  // namespace lmsim::sim
