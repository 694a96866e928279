#include "tools/cli/explore_necessity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "model/check/invariant.hpp"
#include "model/explore/search/team.hpp"
#include "model/spec/table.hpp"

namespace lmsim::cli {

namespace {

struct Counts {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::uint64_t depth = 0;
};

explore::SearchOptions options_of(const ExploreEffort& effort, unsigned jobs) {
    explore::SearchOptions options;
    options.jobs = jobs;
    options.memory_bytes = effort.memory_bytes / effort.jobs;
    options.progress = [](const explore::SearchProgress&) { return !was_interrupted(); };
    return options;
}

void note_violation(const sim::ExploreModel& model, const explore::SystemFactory& make,
                    const explore::Violation& violation, Necessity& row) {
    if (row.effect == Necessity::Effect::Breaks && row.steps <= violation.steps.size()) return;
    const Counterexample found = counterexample_of(make, violation);
    row.effect = Necessity::Effect::Breaks;
    row.model = model.name;
    row.falls = found.name();
    row.steps = violation.steps.size();
    row.path.clear();
    for (const explore::ReplayedStep& step : found.replay.steps) row.path.push_back(step.text);
}

void raise(Necessity& row, Necessity::Effect effect) {
    if (row.effect == Necessity::Effect::Nothing ||
        (effect == Necessity::Effect::Partial && row.effect == Necessity::Effect::Changes)) {
        row.effect = effect;
    }
}

/// One model without the row.
void try_model(const sim::ExploreModel& model, const Counts& with, const ExploreEffort& effort,
               Necessity& row) {
    spec::Rules rules = model.rules;
    if (!rules.on(row.row)) return;
    rules.set_on(row.row, false);
    const explore::SystemFactory make = sim::world_of(model, rules);
    const explore::SearchReport report = explore::search(make, options_of(effort, 1));
    for (const explore::Violation& violation : report.violations) {
        note_violation(model, make, violation, row);
    }
    if (!report.violations.empty()) return;
    if (!report.complete()) return raise(row, Necessity::Effect::Partial);
    const bool same = report.states == with.states && report.transitions == with.transitions &&
                      report.depth == with.depth;
    if (!same) raise(row, Necessity::Effect::Changes);
    // The same runs as before starve nobody.
    if (same || !model.params.liveness) return;
    explore::LivenessOptions liveness;
    liveness.memory_bytes = effort.memory_bytes / effort.jobs;
    liveness.progress = [](const explore::SearchProgress&) { return !was_interrupted(); };
    const explore::LivenessReport live = explore::check_liveness(make, liveness);
    if (!live.complete()) return raise(row, Necessity::Effect::Partial);
    if (live.violation) note_violation(model, make, *live.violation, row);
}

std::vector<spec::Id> behaviours() {
    std::vector<spec::Id> rows;
    for (const spec::Row& row : spec::table) {
        if (row.kind == spec::Kind::Behaviour) rows.push_back(row.id);
    }
    return rows;
}

bool is_off(const std::vector<sim::ExploreModel>& models, spec::Id row) {
    return std::none_of(models.begin(), models.end(),
                        [row](const sim::ExploreModel& model) { return model.rules.on(row); });
}

std::string_view effect_text(Necessity::Effect effect) {
    switch (effect) {
        case Necessity::Effect::Breaks: return "breaks";
        case Necessity::Effect::Changes: return "changes runs, breaks nothing";
        case Necessity::Effect::Nothing: return "changes no run of these models";
        case Necessity::Effect::Partial: return "partial: nothing fell before a limit";
        case Necessity::Effect::NotTried: return "partial: not tried";
        case Necessity::Effect::IsOff: return "is off to begin with";
    }
    return "";
}

std::vector<std::string> cells(const Necessity& row) {
    const spec::Row& rule = spec::row(row.row);
    const check::Invariant* invariant = check::find_invariant(row.falls);
    const bool breaks = row.effect == Necessity::Effect::Breaks;
    const std::string name = invariant != nullptr ? " " + std::string(invariant->name) : "";
    return {std::string(rule.name), std::string(rule.title),
            breaks ? row.falls + name : std::string(effect_text(row.effect)),
            breaks ? std::to_string(row.steps) : "", row.model};
}

}  // namespace

std::vector<Necessity> explore_necessity(const std::vector<sim::ExploreModel>& given,
                                         const ExploreEffort& effort) {
    std::vector<sim::ExploreModel> models;
    std::vector<Counts> with;
    for (const sim::ExploreModel& model : given) {
        const explore::SearchReport report =
            explore::search(sim::world_of(model), options_of(effort, effort.jobs));
        if (!report.violations.empty()) continue;
        models.push_back(model);
        with.push_back({report.states, report.transitions, report.depth});
    }
    std::vector<Necessity> all;
    for (const spec::Id row : behaviours()) {
        Necessity fresh;
        fresh.row = row;
        if (is_off(models, row)) fresh.effect = Necessity::Effect::IsOff;
        all.push_back(fresh);
    }
    std::atomic<std::size_t> next{0};
    explore::Team(effort.jobs).run([&](unsigned) {
        for (std::size_t i = next++; i < all.size() && !was_interrupted(); i = next++) {
            if (all[i].effect == Necessity::Effect::NotTried) {
                all[i].effect = Necessity::Effect::Nothing;
            }
            for (std::size_t k = 0; k < models.size(); ++k) {
                try_model(models[k], with[k], effort, all[i]);
            }
        }
    });
    return all;
}

std::string necessity_table(const std::vector<Necessity>& all, SpecFormat format) {
    SpecTable breaks{"Rules whose removal breaks something", {}, {}};
    SpecTable others{"Rules whose removal breaks nothing that is explored", {}, {}};
    breaks.header = {"rule", "title", "what falls", "steps", "model"};
    others.header = {"rule", "title", "without it"};
    std::vector<Necessity> sorted = all;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Necessity& a, const Necessity& b) {
        return a.effect != b.effect ? a.effect < b.effect : a.steps < b.steps;
    });
    for (const Necessity& row : sorted) {
        std::vector<std::string> line = cells(row);
        if (row.effect == Necessity::Effect::Breaks) {
            breaks.rows.push_back(std::move(line));
        } else {
            line.resize(others.header.size());
            others.rows.push_back(std::move(line));
        }
    }
    return printed(breaks, format) + "\n" + printed(others, format) +
           fmt::format("\n{} of {} rules: their removal breaks something\n", breaks.rows.size(),
                       all.size());
}

nlohmann::ordered_json necessity_json(const std::vector<Necessity>& all) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Necessity& row : all) {
        const spec::Row& rule = spec::row(row.row);
        rows.push_back({{"rule", rule.name},
                        {"title", rule.title},
                        {"document", rule.document},
                        {"section", rule.section},
                        {"without", effect_text(row.effect)},
                        {"breaks", row.effect == Necessity::Effect::Breaks},
                        {"falls", row.falls},
                        {"steps", row.steps},
                        {"model", row.model},
                        {"path", row.path}});
    }
    return {{"rules", rows}};
}

}  // namespace lmsim::cli
