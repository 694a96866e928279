#include "tools/cli/validate_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/run/convert.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* dirty_rate = "dirty_rate";

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// result.json's names end in the unit.
double base_of(const std::string& path) {
    const std::pair<const char*, double> endings[] = {
        {"_ps", 1e-12}, {"_ns", 1e-9}, {"_ms", 1e-3}, {"_ppm", 1e-6}};
    for (const auto& [end, factor] : endings) {
        if (ends_with(path, end)) {
            return factor;
        }
    }
    return 1;
}

std::optional<double> number_at(const Json& result, const std::string& path) {
    std::string pointer = "/" + path;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    const Json::json_pointer at(pointer);
    if (!result.contains(at) || !result.at(at).is_number()) {
        return std::nullopt;
    }
    return result.at(at).get<double>() * base_of(path);
}

/// One run that somebody wants, by scenario, options and seed.
using Key = std::pair<std::vector<std::string>, std::uint64_t>;

/// Runs that are wanted, each once.
class Runs {
  public:
    std::size_t add(const std::string& file, const std::vector<std::string>& set,
                    std::uint64_t seed) {
        Key key{set, seed};
        key.first.insert(key.first.begin(), file);
        const auto [known, fresh] = index_.emplace(std::move(key), points_.size());
        if (fresh) {
            points_.push_back({file, set, seed, {}});
        }
        return known->second;
    }
    bool run(unsigned jobs) {
        auto all = runs::run_all(points_, jobs);
        if (all) {
            outcomes_ = std::move(*all);
        }
        return all.has_value();
    }
    const runs::Outcome& of(std::size_t point) const { return outcomes_[point]; }

  private:
    std::map<Key, std::size_t> index_;
    std::vector<ScenarioOptions> points_;
    std::vector<runs::Outcome> outcomes_;
};

/// The runs of one wish, by seed and by what the table tries: of its row, and of what the row is
/// compared with.
struct Parts {
    std::vector<std::size_t> own;
    std::vector<std::size_t> against;
};

Parts plan(const Wish& wish, const Effort& effort, Runs& all) {
    const TableParams& table = wish.table->params;
    const std::string file = wish.table->scenario_of(*wish.row);
    const auto options = [&](const Texts& own, const std::string& one) {
        std::vector<std::string> set = wish.table->options_of(*wish.row, own);
        if (!one.empty()) {
            set.push_back(one);
        }
        set.insert(set.end(), wish.set.begin(), wish.set.end());
        return set;
    };
    std::uint32_t seeds = table.seeds;
    if (effort.seeds != 0 && seeds > 1) {
        seeds = effort.seeds;
    }
    const std::vector<std::string> alone{""};
    const std::vector<std::string>& each = table.each.items.empty() ? alone : table.each.items;
    Parts parts;
    for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        for (const std::string& one : each) {
            parts.own.push_back(all.add(file, options(wish.row->set, one), seed));
            if (!wish.row->against.items.empty()) {
                parts.against.push_back(all.add(file, options(wish.row->against, one), seed));
            }
        }
    }
    return parts;
}

/// The statistic over the runs of one quantity in SI units, or why there is none; of outcomes, one
/// that is not the row's.
Figure over_runs(const Wish& wish, const std::vector<std::size_t>& points, const Runs& all) {
    Figure figure;
    std::vector<double> values;
    for (const std::size_t point : points) {
        const runs::Outcome& outcome = all.of(point);
        if (!outcome.ok()) {
            figure.error = outcome.error;
            return figure;
        }
        const std::string ended = outcome.result["outcome"].get<std::string>();
        figure.outcome =
            figure.outcome.empty() || ended != wish.row->outcome ? ended : figure.outcome;
        const auto value = quantity_of(outcome.result, wish.row->quantity);
        if (value) {
            values.push_back(*value);
        }
    }
    if (values.size() == points.size()) {
        figure.least = *std::min_element(values.begin(), values.end());
        figure.most = *std::max_element(values.begin(), values.end());
        figure.value = statistic_of(std::move(values), wish.table->params.statistic);
    } else if (wish.row->outcome.empty()) {
        figure.error = fmt::format("no {} in the result ({})", wish.row->quantity, figure.outcome);
    }
    return figure;
}

Figure gather(const Wish& wish, const Parts& parts, const Runs& all) {
    Figure figure = over_runs(wish, parts.own, all);
    if (!figure.value) {
        return figure;
    }
    if (!parts.against.empty()) {
        const Figure other = over_runs(wish, parts.against, all);
        if (!other.value || *other.value == 0) {
            figure.value.reset();
            figure.error = "the run to compare with: " + other.error;
            return figure;
        }
        figure.value = 1 - *figure.value / *other.value;
        figure.least = figure.most = *figure.value;
    }
    const double factor = unit_factor(wish.row->unit);
    if (factor == 0) {
        figure.value.reset();
        figure.error = "unknown unit " + wish.row->unit;
        return figure;
    }
    *figure.value /= factor;
    figure.least /= factor;
    figure.most /= factor;
    return figure;
}

/// Bytes a second that the guest alone makes dirty in a window, without any migration.
Figure guest_writes(const Wish& wish) {
    const std::string file = wish.table->scenario_of(*wish.row);
    std::vector<std::string> set = wish.table->options_of(*wish.row, wish.row->set);
    set.insert(set.end(), wish.set.begin(), wish.set.end());
    const sim::LoadedScenario loaded = sim::load_scenario(file, set, 1);
    if (!loaded.ok()) {
        Figure figure;
        figure.error = loaded.error_text();
        return figure;
    }
    sim::Memory memory(loaded.scenario.vm.ram.count / sim::page_size);
    memory.protect(true);
    sim::PageWriter writer(sim::writer_params(loaded.scenario, 0),
                           sim::Random(loaded.scenario.seed, "guest.pages"));
    writer.start(0);
    writer.stop(memory, wish.row->window.ps);
    std::vector<std::uint64_t> dirty((memory.pages() + 63) / 64, 0);
    const auto pages = static_cast<double>(memory.collect_dirty(dirty));
    const double seconds = static_cast<double>(wish.row->window.ps) * 1e-12;
    Figure figure;
    figure.value = pages * sim::page_size / seconds / unit_factor(wish.row->unit);
    figure.least = figure.most = *figure.value;
    return figure;
}

}  // namespace

double unit_factor(const std::string& unit) {
    static const std::map<std::string, double> factors{
        {"", 1},           {"1", 1},          {"IOPS", 1},        {"pages", 1},    {"s", 1},
        {"ms", 1e-3},      {"us", 1e-6},      {"ns", 1e-9},       {"B", 1},        {"KiB", 1024},
        {"MiB", 1 << 20},  {"GiB", 1 << 30},  {"kB", 1e3},        {"MB", 1e6},     {"GB", 1e9},
        {"%", 0.01},       {"B/s", 1},        {"MiB/s", 1 << 20}, {"MB/s", 1e6},   {"GB/s", 1e9},
        {"Mbit/s", 125e3}, {"Gbit/s", 125e6}, {"rounds", 1},      {"commands", 1},
    };
    const auto found = factors.find(unit);
    return found == factors.end() ? 0 : found->second;
}

std::optional<double> quantity_of(const Json& result, const std::string& quantity) {
    const std::size_t slash = quantity.find('/');
    if (slash == std::string::npos) {
        return number_at(result, quantity);
    }
    const auto above = number_at(result, quantity.substr(0, slash));
    const auto below = number_at(result, quantity.substr(slash + 1));
    if (!above || !below || *below == 0) {
        return std::nullopt;
    }
    return *above / *below;
}

double statistic_of(std::vector<double> values, Statistic statistic) {
    std::sort(values.begin(), values.end());
    if (statistic == Statistic::Mean) {
        double sum = 0;
        for (const double value : values) sum += value;
        return sum / static_cast<double>(values.size());
    }
    const double share = statistic == Statistic::P25 ? 0.25 : 0.5;
    const double at = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double relative_error(const RowParams& row, double simulated) {
    const double published = row.published->value;
    const double error = (simulated - published) / std::abs(published);
    if ((row.compare == Compare::AtMost && error < 0) ||
        (row.compare == Compare::AtLeast && error > 0)) {
        return 0;
    }
    return error;
}

std::optional<std::vector<Figure>> simulate(const std::vector<Wish>& wishes, const Effort& effort) {
    Runs all;
    std::vector<Parts> parts;
    for (const Wish& wish : wishes) {
        const bool alone = wish.row->quantity == dirty_rate;
        parts.push_back(alone ? Parts{} : plan(wish, effort, all));
    }
    if (!all.run(effort.jobs)) {
        return std::nullopt;
    }
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        const bool alone = wishes[i].row->quantity == dirty_rate;
        figures.push_back(alone ? guest_writes(wishes[i]) : gather(wishes[i], parts[i], all));
    }
    return figures;
}

}  // namespace lmsim::cli
