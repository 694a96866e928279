#include "tools/runs/tornado.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace lmsim::runs {

double mean(const std::vector<double>& values) {
    return values.empty() ? 0
                          : std::accumulate(values.begin(), values.end(), 0.0) /
                                static_cast<double>(values.size());
}

namespace {

constexpr double ps_per_us = 1e6;

/// A run of the scenario with these settings and one seed.
struct Run {
    std::vector<std::string> set;
    unsigned seed = 0;
};

double downtime_us(const Outcome& outcome) {
    return outcome.result["downtime"]["total_ps"].get<double>() / ps_per_us;
}
double total_us(const Outcome& outcome) {
    return outcome.result["total_time_ps"].get<double>() / ps_per_us;
}

/// The slopes of each seed, upwards and downwards; a side that cannot be gone to has none.
struct Slopes {
    std::vector<double> up;
    std::vector<double> down;
};

/// The standard error of the mean, of two values or more.
double standard_error(const std::vector<double>& values) {
    double squares = 0;
    for (const double each : values) {
        squares += (each - mean(values)) * (each - mean(values));
    }
    const auto n = static_cast<double>(values.size());
    return std::sqrt(squares / (n - 1) / n);
}

/// The larger of what the seeds and what the two sides differ by is uncertain: a threshold on one
/// side is no slope, however sure all seeds are of it.
Worth worth_of(const Slopes& slopes) {
    if (slopes.up.empty() || slopes.down.empty()) {
        const std::vector<double>& only = slopes.up.empty() ? slopes.down : slopes.up;
        Worth worth{mean(only), std::nullopt};
        if (only.size() > 1) {
            worth.uncertain = standard_error(only);
        }
        return worth;
    }
    std::vector<double> both;
    for (std::size_t seed = 0; seed < slopes.up.size(); ++seed) {
        both.push_back((slopes.up[seed] + slopes.down[seed]) / 2);
    }
    const double sides = std::abs(mean(slopes.up) - mean(slopes.down)) / 2;
    return {mean(both), both.size() > 1 ? std::max(sides, standard_error(both)) : sides};
}

class Worker {
  public:
    Worker(const TornadoWish& wish, Tornado& tornado) : wish_(wish), tornado_(tornado) {}

    cli::ExitCode work() {
        const sim::LoadedScenario loaded = cli::prepare(wish_.scenario).loaded;
        if (!loaded.ok()) {
            fmt::print(stderr, "{}", loaded.error_text());
            return cli::Usage;
        }
        first_seed_ = loaded.scenario.seed;
        tornado_.scenario = loaded.scenario.name;
        tornado_.percent = wish_.percent;
        cli::ExitCode code = run_base();
        if (code == cli::Ok) {
            code = choose(loaded);
        }
        if (code == cli::Ok) {
            code = move();
        }
        return code;
    }

  private:
    cli::ExitCode run_all_of(const std::vector<Run>& all, std::vector<Outcome>& outcomes) {
        std::vector<cli::ScenarioOptions> points;
        for (const Run& run : all) {
            points.push_back(wish_.scenario);
            points.back().set.insert(points.back().set.end(), run.set.begin(), run.set.end());
            points.back().seed = first_seed_ + run.seed;
        }
        tornado_.runs += points.size();
        auto some = run_all(points, wish_.jobs);
        if (!some) {
            return cli::Interrupted;
        }
        outcomes = std::move(*some);
        return cli::Ok;
    }

    /// The run itself, for each seed.
    cli::ExitCode run_base() {
        std::vector<Run> all;
        for (unsigned seed = 0; seed < wish_.seeds; ++seed) {
            all.push_back({{}, seed});
        }
        const cli::ExitCode code = run_all_of(all, base_);
        if (code != cli::Ok) {
            return code;
        }
        for (const Outcome& outcome : base_) {
            if (!outcome.ok()) {
                fmt::print(stderr, "{}\n", outcome.error);
                return outcome.code;
            }
            tornado_.outcome = outcome.result["outcome"];
            if (tornado_.outcome != "completed") {
                fmt::print(stderr,
                           "the migration does not complete ({}: {}), so no downtime is "
                           "worth anything\n",
                           tornado_.outcome, outcome.result["reason"].get<std::string>());
                return cli::Failed;
            }
            tornado_.downtime_us.push_back(downtime_us(outcome));
            tornado_.total_us.push_back(total_us(outcome));
        }
        return cli::Ok;
    }

    bool wanted(const std::string& key) const {
        return wish_.keys.empty() ||
               std::any_of(wish_.keys.begin(), wish_.keys.end(), [&](const std::string& start) {
                   return key.compare(0, start.size(), start) == 0;
               });
    }

    static std::string setting(const std::string& key, const Step& step) {
        return key + "=" + step.value;
    }

    /// Leaves out groups of parameters that, all moved at once, change nothing.
    cli::ExitCode choose(const sim::LoadedScenario& loaded) {
        Levers found = find_levers(wish_.scenario, loaded, wish_.percent);
        std::map<std::string, std::vector<Lever>> groups;
        for (Lever& lever : found.levers) {
            if (wanted(lever.key)) {
                groups[lever.key.substr(0, lever.key.rfind('.'))].push_back(std::move(lever));
            }
        }
        for (LeftAlone& left : found.left_alone) {
            if (wanted(left.key)) {
                tornado_.left_alone.push_back(std::move(left));
            }
        }
        if (groups.empty()) {
            fmt::print(stderr, "no parameter that could be moved{}\n",
                       wish_.keys.empty() ? "" : " begins so; expected e.g. --key hosts.both");
            return cli::Usage;
        }
        std::vector<Run> all;
        for (const auto& group : groups) {
            all.push_back({});
            for (const Lever& lever : group.second) {
                const Step& step = lever.up.value.empty() ? lever.down : lever.up;
                all.back().set.push_back(setting(lever.key, step));
            }
        }
        std::vector<Outcome> outcomes;
        const cli::ExitCode code = run_all_of(all, outcomes);
        std::size_t at = 0;
        for (auto& group : groups) {
            if (code == cli::Ok && same(outcomes[at++], 0)) {
                for (const Lever& lever : group.second) {
                    tornado_.no_effect.push_back(lever.key);
                }
            } else {
                std::move(group.second.begin(), group.second.end(), std::back_inserter(levers_));
            }
        }
        return code;
    }

    /// Closed forms (run.fidelity = "fluid") have no events that a hash could tell apart.
    bool same(const Outcome& outcome, unsigned seed) const {
        return outcome.ok() && outcome.result["trace_hash"] == base_[seed].result["trace_hash"] &&
               downtime_us(outcome) == downtime_us(base_[seed]) &&
               total_us(outcome) == total_us(base_[seed]);
    }

    /// Each lever up, and those that did something down too.
    cli::ExitCode move() {
        std::vector<std::vector<Outcome>> up(levers_.size());
        std::vector<std::vector<Outcome>> down(levers_.size());
        std::vector<std::size_t> all(levers_.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        cli::ExitCode code = move_some(all, &Lever::up, up);
        if (code != cli::Ok) {
            return code;
        }
        std::vector<std::size_t> effective;
        for (const std::size_t i : all) {
            unsigned seed = 0;
            const bool none = !up[i].empty() &&
                              std::all_of(up[i].begin(), up[i].end(), [&](const Outcome& outcome) {
                                  return same(outcome, seed++);
                              });
            if (none) {
                tornado_.no_effect.push_back(levers_[i].key);
            } else {
                effective.push_back(i);
            }
        }
        code = move_some(effective, &Lever::down, down);
        for (const std::size_t i : effective) {
            if (code == cli::Ok) {
                judge(levers_[i], up[i], down[i]);
            }
        }
        std::stable_sort(tornado_.rows.begin(), tornado_.rows.end(),
                         [](const TornadoRow& a, const TornadoRow& b) {
                             return std::abs(a.downtime.us) > std::abs(b.downtime.us);
                         });
        return code;
    }

    cli::ExitCode move_some(const std::vector<std::size_t>& some, Step Lever::*where,
                            std::vector<std::vector<Outcome>>& outcomes) {
        std::vector<Run> all;
        std::vector<std::size_t> whose;
        for (const std::size_t i : some) {
            const Step& step = levers_[i].*where;
            for (unsigned seed = 0; seed < wish_.seeds && !step.value.empty(); ++seed) {
                all.push_back({{setting(levers_[i].key, step)}, seed});
                whose.push_back(i);
            }
        }
        std::vector<Outcome> together;
        const cli::ExitCode code = run_all_of(all, together);
        for (std::size_t i = 0; i < together.size(); ++i) {
            outcomes[whose[i]].push_back(std::move(together[i]));
        }
        return code;
    }

    void judge(const Lever& lever, const std::vector<Outcome>& up,
               const std::vector<Outcome>& down) {
        for (const auto* outcomes : {&up, &down}) {
            for (const Outcome& outcome : *outcomes) {
                if (!outcome.ok() || outcome.result["outcome"] != "completed") {
                    tornado_.left_alone.push_back(
                        {lever.key, outcome.ok() ? "a step away it does not complete: " +
                                                       outcome.result["reason"].get<std::string>()
                                                 : outcome.error});
                    return;
                }
            }
        }
        tornado_.rows.push_back(
            {lever, worth(lever, up, down, downtime_us), worth(lever, up, down, total_us)});
    }

    Worth worth(const Lever& lever, const std::vector<Outcome>& up,
                const std::vector<Outcome>& down, double (*figure)(const Outcome&)) const {
        Slopes slopes;
        for (unsigned seed = 0; seed < wish_.seeds; ++seed) {
            const double base = figure(base_[seed]);
            if (!up.empty()) {
                slopes.up.push_back((figure(up[seed]) - base) / lever.up.percent);
            }
            if (!down.empty()) {
                slopes.down.push_back((figure(down[seed]) - base) / lever.down.percent);
            }
        }
        return worth_of(slopes);
    }

    const TornadoWish& wish_;
    Tornado& tornado_;
    std::uint64_t first_seed_ = 1;
    std::vector<Outcome> base_;
    std::vector<Lever> levers_;
};

}  // namespace

cli::ExitCode find_worth(const TornadoWish& wish, Tornado& tornado) {
    return Worker(wish, tornado).work();
}

}  // namespace lmsim::runs
