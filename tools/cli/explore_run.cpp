#include "tools/cli/explore_run.hpp"

#include <fmt/format.h>

#include <chrono>

#include "model/check/invariant.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::cli {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

std::string Counterexample::name() const {
    switch (violation.kind) {
        case explore::Violation::Kind::Invariant: return std::string(violation.invariant->id);
        case explore::Violation::Kind::Deadlock: return "deadlock";
        case explore::Violation::Kind::Starvation: return "starvation";
    }
    return {};
}

std::string Counterexample::text() const {
    switch (violation.kind) {
        case explore::Violation::Kind::Invariant: return std::string(violation.invariant->text);
        case explore::Violation::Kind::Deadlock:
            return "nothing that must happen can, and somebody still waits";
        case explore::Violation::Kind::Starvation:
            return violation.cycle.empty()
                       ? "nothing more need happen, and what was wanted never does"
                       : "it goes round for ever, each part takes its turn, and what was wanted "
                         "never happens";
    }
    return {};
}

Counterexample counterexample_of(const explore::SystemFactory& make,
                                 const explore::Violation& violation) {
    std::vector<explore::Action> run = violation.steps;
    run.insert(run.end(), violation.cycle.begin(), violation.cycle.end());
    return {violation, explore::replay(*make(), run)};
}

bool Explored::complete() const { return report.complete() && (!live || live->complete()); }

std::string Explored::verdict() const {
    if (!found.empty()) return found.front().name();
    return complete() ? "holds" : "partial";
}

sim::RecordedCounts Explored::counts() const {
    return {model.name, verdict(), report.states, report.transitions, report.depth};
}

bool Explored::drifted() const {
    const bool partial = found.empty() && !complete();
    if (!recorded || (partial && recorded->verdict != "partial")) return false;
    const sim::RecordedCounts now = counts();
    return now.verdict != recorded->verdict ||
           (!partial && (now.states != recorded->states ||
                         now.transitions != recorded->transitions || now.depth != recorded->depth));
}

std::string Explored::stop_text() const {
    const auto why = [](explore::Stop stop) -> std::string {
        switch (stop) {
            case explore::Stop::Memory: return "the memory limit";
            case explore::Stop::States: return "the limit of states";
            case explore::Stop::Interrupted: return "an interrupt";
            default: return "";
        }
    };
    if (const std::string reason = why(report.stop); !reason.empty()) {
        return fmt::format("ended by {} at {} states, {} of them expanded, in layer {}", reason,
                           viz::grouped(report.states), viz::grouped(report.expanded),
                           report.depth);
    }
    if (live && !live->complete()) {
        return fmt::format("liveness ended by {} at {} states", why(live->stop),
                           viz::grouped(live->states));
    }
    return "";
}

bool as_expected(const Explored& explored) {
    return explored.recorded && explored.recorded->verdict == explored.verdict();
}

Explored explore_model(const sim::ExploreModel& model, const sim::RuleOptions& options,
                       const ExploreEffort& effort, ExploreWatch& watch) {
    Explored explored;
    explored.model = model;
    if (options.empty()) explored.recorded = sim::recorded_counts(model.name);
    const explore::SystemFactory make = sim::world_of(model);
    watch.next(model.name, explored.recorded);
    const auto progress = [&watch](const explore::SearchProgress& now) { return watch.tell(now); };
    explore::SearchOptions search;
    search.jobs = effort.jobs;
    search.memory_bytes = effort.memory_bytes;
    search.exact = effort.exact;
    search.all_violations = effort.all_violations || model.params.all_violations;
    search.progress = progress;
    const auto begin = Clock::now();
    explored.report = explore::search(make, search);
    explored.seconds = seconds_since(begin);
    watch.searched(explored.report.states);
    for (const explore::Violation& violation : explored.report.violations) {
        explored.found.push_back(counterexample_of(make, violation));
    }
    if (model.params.liveness && explored.report.complete() && explored.found.empty()) {
        watch.liveness();
        explore::LivenessOptions liveness;
        liveness.memory_bytes = effort.memory_bytes;
        liveness.progress = progress;
        explored.live = explore::check_liveness(make, liveness);
        if (explored.live->violation) {
            explored.found.push_back(counterexample_of(make, *explored.live->violation));
        }
    }
    return explored;
}

}  // namespace lmsim::cli
