#include "tools/cli/explore_necessity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "model/check/invariant.hpp"
#include "model/explore/search/team.hpp"
#include "model/spec/table.hpp"

namespace lmsim::cli {

namespace {

constexpr Unbroken unbroken[] = {
#define LMSIM_UNBROKEN(row, kind, text) {spec::Id::row, Unbroken::Kind::kind, text},
#include "tools/cli/explore_necessity.def"
#undef LMSIM_UNBROKEN
};

/// A model, and what is found with all of its rules on.
struct Tried {
    sim::ExploreModel model;
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
    row.invariant = violation.invariant;
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

explore::LivenessReport liveness_of(const explore::SystemFactory& make,
                                    const ExploreEffort& effort) {
    explore::LivenessOptions options;
    options.memory_bytes = effort.memory_bytes / effort.jobs;
    options.progress = [](const explore::SearchProgress&) { return !was_interrupted(); };
    return explore::check_liveness(make, options);
}

/// One model without the row. Where something is known to fall, only a shorter way is looked for.
void try_model(const Tried& with, const ExploreEffort& effort, Necessity& row) {
    const sim::ExploreModel& model = with.model;
    spec::Rules rules = model.rules;
    if (!rules.on(row.row)) return;
    rules.set_on(row.row, false);
    const explore::SystemFactory make = sim::world_of(model, rules);
    explore::SearchOptions options = options_of(effort, 1);
    const bool breaks = row.effect == Necessity::Effect::Breaks;
    options.progress = [breaks, &row](const explore::SearchProgress& now) {
        return !was_interrupted() && (!breaks || now.depth + 1 < row.steps);
    };
    const explore::SearchReport report = explore::search(make, options);
    for (const explore::Violation& violation : report.violations) {
        note_violation(model, make, violation, row);
    }
    if (!report.violations.empty() || breaks) return;
    if (!report.complete()) return raise(row, Necessity::Effect::Partial);
    const bool same = report.states == with.states && report.transitions == with.transitions &&
                      report.depth == with.depth;
    if (!same) raise(row, Necessity::Effect::Changes);
    // The same runs as before starve nobody.
    if (same || !model.params.liveness) return;
    const explore::LivenessReport live = liveness_of(make, effort);
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

bool is_off(const std::vector<Tried>& tried, spec::Id row) {
    return std::none_of(tried.begin(), tried.end(),
                        [row](const Tried& one) { return one.model.rules.on(row); });
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

/// What it would lead to, or why nothing falls.
std::string_view why_text(const Necessity& row) {
    if (row.effect != Necessity::Effect::Breaks) {
        const Unbroken* reason = why_unbroken(row.row);
        return reason != nullptr ? reason->text : "";
    }
    if (row.invariant != nullptr) return row.invariant->why;
    return row.falls == "deadlock" ? "What was begun never ends."
                                   : "What has to happen in the end may stay away for ever.";
}

std::string_view kind_text(const Necessity& row) {
    if (row.effect == Necessity::Effect::Breaks) return "needed";
    const Unbroken* reason = why_unbroken(row.row);
    if (reason == nullptr) return "unexplained";
    switch (reason->kind) {
        case Unbroken::Kind::Covered: return "covered";
        case Unbroken::Kind::Outside: return "not modelled";
        case Unbroken::Kind::Told: return "told only";
        case Unbroken::Kind::Cost: return "cost only";
        case Unbroken::Kind::Quirk: return "quirk";
    }
    return "";
}

std::vector<std::string> cells(const Necessity& row) {
    const spec::Row& rule = spec::row(row.row);
    const bool breaks = row.effect == Necessity::Effect::Breaks;
    const std::string name = row.invariant != nullptr ? " " + std::string(row.invariant->name) : "";
    return {std::string(rule.name),
            std::string(rule.title),
            breaks ? row.falls + name : std::string(effect_text(row.effect)),
            breaks ? std::to_string(row.steps) : std::string(kind_text(row)),
            breaks ? row.model : std::string(why_text(row)),
            std::string(why_text(row))};
}

}  // namespace

const Unbroken* why_unbroken(spec::Id row) {
    const auto* const found = std::find_if(std::begin(unbroken), std::end(unbroken),
                                           [row](const Unbroken& one) { return one.row == row; });
    return found == std::end(unbroken) ? nullptr : found;
}

std::vector<Necessity> explore_necessity(const std::vector<sim::ExploreModel>& given,
                                         const ExploreEffort& effort) {
    std::vector<Tried> tried;
    ExploreWatch models(*effort.line, given.size(), "model");
    for (const sim::ExploreModel& model : given) {
        models.next(model.name);
        explore::SearchOptions options = options_of(effort, effort.jobs);
        options.progress = [&models](const explore::SearchProgress& now) {
            return models.tell(now);
        };
        const explore::SearchReport report = explore::search(sim::world_of(model), options);
        if (!report.violations.empty()) continue;
        if (model.params.liveness && liveness_of(sim::world_of(model), effort).violation) continue;
        tried.push_back({model, report.states, report.transitions, report.depth});
    }
    // The small ones first: what falls there bounds the search in the others.
    std::stable_sort(tried.begin(), tried.end(),
                     [](const Tried& a, const Tried& b) { return a.states < b.states; });
    std::vector<Necessity> all;
    for (const spec::Id row : behaviours()) {
        Necessity fresh;
        fresh.row = row;
        if (is_off(tried, row)) fresh.effect = Necessity::Effect::IsOff;
        all.push_back(fresh);
    }
    ExploreWatch rules(*effort.line, all.size(), "rule");
    std::atomic<std::size_t> next{0};
    explore::Team(effort.jobs).run([&](unsigned member) {
        for (std::size_t i = next++; i < all.size() && !was_interrupted(); i = next++) {
            if (member == 0) {
                rules.begin(i + 1, "without " + std::string(spec::row(all[i].row).name));
            }
            if (all[i].effect == Necessity::Effect::NotTried) {
                all[i].effect = Necessity::Effect::Nothing;
            }
            for (const Tried& one : tried) try_model(one, effort, all[i]);
        }
    });
    if (was_interrupted()) {
        rules.end();
    } else {
        rules.end_all();
    }
    return all;
}

std::string necessity_table(const std::vector<Necessity>& all, SpecFormat format) {
    SpecTable breaks{"Rules whose removal breaks something", {}, {}};
    SpecTable others{"Rules whose removal breaks nothing that is explored", {}, {}};
    breaks.header = {"rule", "title", "what falls", "steps", "model", "why"};
    others.header = {"rule", "title", "without it", "reason", "why"};
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

std::vector<std::string> contradictions(const std::vector<Necessity>& all) {
    std::vector<std::string> found;
    for (const Necessity& row : all) {
        const std::string_view name = spec::row(row.row).name;
        const bool explained = why_unbroken(row.row) != nullptr;
        if (row.effect == Necessity::Effect::Breaks && explained) {
            found.push_back(fmt::format("{}: is said to break nothing, and breaks {} in {} of {}",
                                        name, row.falls, row.steps, row.model));
        } else if ((row.effect == Necessity::Effect::Changes ||
                    row.effect == Necessity::Effect::Nothing) &&
                   !explained) {
            found.push_back(fmt::format("{}: breaks nothing, and nobody says why", name));
        }
    }
    return found;
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
                        {"reason", kind_text(row)},
                        {"why", why_text(row)},
                        {"breaks", row.effect == Necessity::Effect::Breaks},
                        {"falls", row.falls},
                        {"steps", row.steps},
                        {"model", row.model},
                        {"path", row.path}});
    }
    return {{"rules", rows}};
}

}  // namespace lmsim::cli
