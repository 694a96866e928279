#include "bench/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace lmsim::bench {

namespace {

using nlohmann::json;

const Row* find(const Rows& rows, const std::string& name) {
    const auto found = std::find_if(
        rows.begin(), rows.end(), [&](const Row& row) { return row.compared && row.name == name; });
    return found == rows.end() ? nullptr : &*found;
}

bool is_part(const json& part) {
    return part.is_object() && std::all_of(part.begin(), part.end(), [](const json& ratio) {
               return ratio.is_number() && ratio.get<double>() > 0;
           });
}

}  // namespace

std::map<std::string, double> ratios_of(const Rows& rows) {
    std::map<std::string, double> ratios;
    for (const Row& row : rows) {
        if (row.compared) {
            ratios[row.name] = row.ratio();
        }
    }
    return ratios;
}

sim::Result<Recorded> read_recorded(const std::string& file) {
    std::ifstream in(file);
    if (!in) {
        return sim::Failure{file + " cannot be read; bench/run --record writes it"};
    }
    const json document = json::parse(in, nullptr, false);
    const json* const ratios =
        document.is_object() && document.contains("ratios") ? &document["ratios"] : nullptr;
    if (ratios == nullptr || !ratios->is_object() ||
        !std::all_of(ratios->begin(), ratios->end(), is_part)) {
        return sim::Failure{file +
                            ": expected {\"ratios\": {PART: {FIGURE: a positive number}}}; "
                            "bench/run --record writes it anew"};
    }
    Recorded recorded;
    for (const auto& [part, figures] : ratios->items()) {
        for (const auto& [name, ratio] : figures.items()) {
            recorded[part][name] = ratio.get<double>();
        }
    }
    return recorded;
}

bool write_recorded(const Recorded& recorded, const std::string& file) {
    json document;
    for (const auto& [part, figures] : recorded) {
        for (const auto& [name, ratio] : figures) {
            // Three digits: more would differ with each recording and say nothing.
            document["ratios"][part][name] = json::parse(fmt::format("{:.3g}", ratio));
        }
    }
    std::ofstream out(file);
    out << document.dump(2) << '\n';
    return static_cast<bool>(out.flush());
}

std::vector<Loss> losses(const std::map<std::string, double>& recorded, const Rows& rows,
                         double most) {
    std::vector<Loss> lost;
    for (const auto& [name, was] : recorded) {
        const Row* const row = find(rows, name);
        if (row == nullptr) {
            continue;
        }
        const double now = row->ratio();
        const double share = row->less_is_better ? now / was - 1 : 1 - now / was;
        // Rounding of a ratio of exactly as much must not decide.
        if (share > most + 1e-9) {
            lost.push_back({name, was, now, share});
        }
    }
    return lost;
}

std::vector<std::string> missing(const std::map<std::string, double>& recorded, const Rows& rows) {
    std::vector<std::string> names;
    for (const auto& [name, ratio] : recorded) {
        if (find(rows, name) == nullptr) {
            names.push_back(name);
        }
    }
    return names;
}

Rows better_of(const Rows& first, const Rows& second) {
    Rows rows = first;
    for (const Row& other : second) {
        const auto same = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
            return row.name == other.name && row.unit == other.unit;
        });
        if (same == rows.end()) {
            rows.push_back(other);
        } else if (other.compared && (other.less_is_better ? other.ratio() < same->ratio()
                                                           : other.ratio() > same->ratio())) {
            *same = other;
        }
    }
    return rows;
}

std::string table(const std::vector<Loss>& losses) {
    std::string text = "| figure | recorded ratio | ratio now | loss |\n|---|---:|---:|---:|\n";
    for (const Loss& loss : losses) {
        text += fmt::format("| {} | {} | {} | {:.0f} % |\n", loss.name, number(loss.recorded),
                            number(loss.now), loss.share * 100);
    }
    return text;
}

}  // namespace lmsim::bench
