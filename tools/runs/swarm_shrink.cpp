#include "tools/runs/swarm_shrink.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace lmsim::runs {

namespace {

constexpr unsigned most_tries = 600;

/// Without these a scenario is another world: memory of GiB, time-outs of minutes.
bool is_small_world(const std::string& table, const std::string& key) {
    static const std::set<std::string> kept = {".without",
                                               ".name",
                                               ".seed",
                                               "run.rest",
                                               "run.time_limit",
                                               "run.fault_time",
                                               "expect.outcome",
                                               "vm.ram",
                                               "vm.ram_used",
                                               "vm.io_timeout",
                                               "vm.ready_poll",
                                               "vm.dirty.working_set",
                                               "vm.dirty.hot",
                                               "hosts.both.device.vfs",
                                               "hosts.both.device.queue_pairs",
                                               "hosts.both.device.queue_size",
                                               "hosts.both.device.capacity",
                                               "hosts.both.device.reset",
                                               "hosts.both.device.ready_timeout",
                                               "hosts.both.driver.admin_timeout",
                                               "run.warm_up",
                                               "run.cool_down"};
    return kept.count(table + "." + key) != 0;
}

/// "\"96us\"" -> "\"48us\"", "7" -> "3"; empty: there is no smaller one.
std::string halved(const std::string& value) {
    const bool quoted = value.size() > 2 && value.front() == '"';
    const std::size_t first = quoted ? 1 : 0;
    std::size_t end = first;
    while (end < value.size() && value[end] >= '0' && value[end] <= '9') {
        ++end;
    }
    if (end == first || end - first > 12 || (!quoted && end != value.size())) {
        return {};
    }
    const std::uint64_t number = std::strtoull(value.c_str() + first, nullptr, 10);
    if (number < 2) {
        return {};
    }
    return value.substr(0, first) + std::to_string(number / 2) + value.substr(end);
}

class Shrinking {
  public:
    Shrinking(const SwarmScenario& scenario, const SwarmRow& row, const SwarmWish& wish,
              const std::function<bool()>& stop)
        : best_{scenario, row, 0, 0}, wish_(wish), stop_(stop) {}

    Shrunk run() {
        bool smaller = true;
        while (smaller && goes_on()) {
            smaller = drop_entries(&SwarmScenario::faults, 0);
            smaller = drop_entries(&SwarmScenario::workloads, 1) || smaller;
            smaller = drop_values() || smaller;
            smaller = halve_all() || smaller;
        }
        return std::move(best_);
    }

  private:
    bool goes_on() const { return best_.tried < most_tries && !stop_(); }

    bool still_fails(const SwarmScenario& candidate) {
        if (!goes_on()) {
            return false;
        }
        ++best_.tried;
        cli::PreparedRun prepared = prepare_swarm(swarm_toml(candidate, ""), wish_);
        SwarmRow row = run_alone(prepared);
        if (row.kind != best_.row.kind) {
            return false;
        }
        best_.row = std::move(row);
        best_.scenario = candidate;
        ++best_.kept;
        return true;
    }

    bool drop_entries(std::vector<SwarmTable> SwarmScenario::*list, std::size_t least) {
        bool smaller = false;
        for (std::size_t i = (best_.scenario.*list).size(); i-- > 0;) {
            SwarmScenario candidate = best_.scenario;
            if ((candidate.*list).size() <= least) {
                break;
            }
            (candidate.*list).erase((candidate.*list).begin() + static_cast<std::ptrdiff_t>(i));
            smaller = still_fails(candidate) || smaller;
        }
        return smaller;
    }

    /// A whole table first, then each of its values.
    bool drop_values() {
        bool smaller = false;
        std::vector<std::string> names;
        for (const auto& [name, table] : best_.scenario.tables) {
            names.push_back(name);
        }
        for (const std::string& name : names) {
            SwarmScenario candidate = best_.scenario;
            SwarmTable& table = candidate.tables[name];
            const auto goes = [&name](const auto& value) {
                return !is_small_world(name, value.first);
            };
            table.erase(std::remove_if(table.begin(), table.end(), goes), table.end());
            const std::size_t before = best_.scenario.tables[name].size();
            if (table.size() != before && still_fails(candidate)) {
                smaller = true;
                continue;
            }
            for (std::size_t i = before; i-- > 0;) {
                candidate = best_.scenario;
                if (!is_small_world(name, candidate.tables[name][i].first)) {
                    SwarmTable& values = candidate.tables[name];
                    values.erase(values.begin() + static_cast<std::ptrdiff_t>(i));
                    smaller = still_fails(candidate) || smaller;
                }
            }
        }
        return smaller;
    }

    bool halve(const std::function<std::string*(SwarmScenario&)>& value) {
        bool smaller = false;
        for (;;) {
            SwarmScenario candidate = best_.scenario;
            std::string& text = *value(candidate);
            const std::string less = halved(text);
            if (less.empty()) {
                return smaller;
            }
            text = less;
            if (!still_fails(candidate)) {
                return smaller;
            }
            smaller = true;
        }
    }

    bool halve_all() {
        bool smaller = false;
        for (const char* const key : {"vfs", "queue_pairs"}) {
            smaller = halve_key("hosts.both.device", key) || smaller;
        }
        smaller = halve_key("vm", "vcpus") || smaller;
        for (std::size_t i = 0; i < best_.scenario.faults.size(); ++i) {
            for (std::size_t k = 0; k < best_.scenario.faults[i].size(); ++k) {
                const std::string& key = best_.scenario.faults[i][k].first;
                if (key == "times" || key == "value" || key == "length") {
                    smaller = halve([i, k](SwarmScenario& s) { return &s.faults[i][k].second; }) ||
                              smaller;
                }
            }
        }
        for (std::size_t i = 0; i < best_.scenario.workloads.size(); ++i) {
            for (std::size_t k = 1; k < best_.scenario.workloads[i].size(); ++k) {
                smaller = halve([i, k](SwarmScenario& s) { return &s.workloads[i][k].second; }) ||
                          smaller;
            }
        }
        return smaller;
    }

    bool halve_key(const std::string& table, const std::string& key) {
        const SwarmTable& values = best_.scenario.tables[table];
        const auto found = std::find_if(values.begin(), values.end(),
                                        [&key](const auto& value) { return value.first == key; });
        const auto at = static_cast<std::size_t>(found - values.begin());
        return found != values.end() &&
               halve([&table, at](SwarmScenario& s) { return &s.tables[table][at].second; });
    }

    Shrunk best_;
    const SwarmWish& wish_;
    const std::function<bool()>& stop_;
};

}  // namespace

Shrunk shrink(const SwarmScenario& scenario, const SwarmRow& row, const SwarmWish& wish,
              const std::function<bool()>& stop) {
    return Shrinking(scenario, row, wish, stop).run();
}

}  // namespace lmsim::runs
