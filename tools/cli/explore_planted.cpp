#include "tools/cli/explore_planted.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "model/explore/rfc/conformance.hpp"
#include "tools/cli/exit_code.hpp"

namespace lmsim::cli {
namespace {

struct Planted {
    const char* machine;
    const char* row;
    bool on;  // a defect; else a rule that is off
    const char* model;
    const char* falls;
};
constexpr Planted all_planted[] = {
#define LMSIM_PLANTED(machine, row, on, model, falls) {machine, row, on, model, falls},
#include "tools/cli/explore_planted.def"
#undef LMSIM_PLANTED
};

/// What a search said: the first that fell, in how many steps; "nothing".
struct Found {
    std::string name = "nothing";
    std::size_t steps = 0;
};

const explore::RfcModel* rfc_model(const std::string& name) {
    for (const explore::RfcModel& model : explore::rfc_models()) {
        if (model.name == name) {
            return &model;
        }
    }
    return nullptr;
}

/// Each model is searched once without any.
std::size_t planted_searches() {
    std::set<std::string_view> models;
    for (const Planted& planted : all_planted) {
        models.insert(planted.model);
    }
    return std::size(all_planted) + models.size();
}

std::string what_is_planted(const Planted& planted) {
    return fmt::format("{} {}", planted.row, planted.on ? "on" : "off");
}

/// Searches a model with this row planted, or with none.
Found find(const std::string& model, const Planted* planted, const ExploreEffort& effort,
           ExploreWatch& watch) {
    watch.next(planted == nullptr ? model : model + ", " + what_is_planted(*planted));
    sim::RuleOptions options;
    if (planted != nullptr) {
        (planted->on ? options.with : options.without).emplace_back(planted->row);
    }
    explore::SystemFactory make;
    spec::Rules rules;
    const explore::RfcModel* const rfc = rfc_model(model);
    if (rfc != nullptr) {
        if (planted != nullptr) {
            const auto id = spec::find(planted->row);
            LMSIM_ASSERT(id.has_value());
            rules.set_on(*id, planted->on);
        }
        make = [rfc, &rules] { return rfc->make(rules); };
    } else {
        const sim::ExploreModel committed = sim::load_model(model, options);
        LMSIM_ASSERT(committed.ok());
        make = sim::world_of(committed);
    }
    explore::SearchOptions search;
    search.jobs = effort.jobs;
    search.memory_bytes = effort.memory_bytes;
    search.progress = [&watch](const explore::SearchProgress& now) { return watch.tell(now); };
    const explore::SearchReport report = explore::search(make, search);
    watch.searched(report.states);
    if (report.violations.empty()) {
        return {report.complete() ? "nothing" : "partial", 0};
    }
    const explore::Violation& first = report.violations.front();
    return {counterexample_of(make, first).name(), first.steps.size()};
}

std::string title_of(const Planted& planted) {
    const auto id = spec::find(planted.row);
    LMSIM_ASSERT(id.has_value());
    return std::string(spec::row(*id).title);
}

}  // namespace

int explore_planted(const ExploreEffort& effort, SpecFormat format) {
    SpecTable table{"Planted defects",
                    {"machine", "planted", "which is", "model", "must fall", "fell", "steps"},
                    {}};
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    std::map<std::string, Found> without;
    std::size_t missed = 0;
    ExploreWatch watch(*effort.line, planted_searches(), "search");
    for (const Planted& planted : all_planted) {
        if (was_interrupted()) break;
        if (without.count(planted.model) == 0) {
            without[planted.model] = find(planted.model, nullptr, effort, watch);
        }
        const Found found = find(planted.model, &planted, effort, watch);
        const bool ok = found.name == planted.falls;
        missed += ok ? 0 : 1;
        table.rows.push_back({planted.machine, what_is_planted(planted), title_of(planted),
                              planted.model, planted.falls, found.name,
                              found.steps == 0 ? "" : std::to_string(found.steps)});
        rows.push_back({{"machine", planted.machine},
                        {"row", planted.row},
                        {"on", planted.on},
                        {"model", planted.model},
                        {"must_fall", planted.falls},
                        {"fell", found.name},
                        {"steps", found.steps},
                        {"found", ok}});
    }
    watch.end();
    if (was_interrupted()) return Interrupted;
    std::size_t broken = 0;
    for (const auto& each : without) {
        if (each.second.name != "nothing") {
            ++broken;
            fmt::print(stderr, "lmsim explore --planted: {} falls by itself: {}\n", each.first,
                       each.second.name);
        }
    }
    if (format == SpecFormat::Json) {
        fmt::print("{}", json_text({{"planted", rows}, {"missed", missed}}));
    } else {
        fmt::print("{}\n{} planted, {} found\n", printed(table, format), table.rows.size(),
                   table.rows.size() - missed);
    }
    return missed == 0 && broken == 0 ? Ok : Failed;
}

}  // namespace lmsim::cli
