#include "bench/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/assert.hpp"

namespace lmsim::bench {

bool write_json(const Rows& rows, const std::string& file) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Row& row : rows) {
        nlohmann::ordered_json item;
        item["name"] = row.name;
        item["value"] = row.value;
        item["unit"] = row.unit;
        item["baseline"] = row.baseline;
        item["against"] = row.against;
        item["ratio"] = row.ratio();
        if (row.aim.of != Aim::Of::None) {
            item["floor"] = row.aim.floor;
            item["goal"] = row.aim.goal;
        }
        list.push_back(std::move(item));
    }
    nlohmann::ordered_json document;
    document["rows"] = std::move(list);
    std::ofstream out(file);
    out << document.dump(2) << '\n';
    return static_cast<bool>(out.flush());
}

std::string number(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string markdown(const Rows& rows) {
    std::string text =
        "| figure | value | unit | baseline | of | ratio |\n|---|---:|---|---:|---|---:|\n";
    for (const Row& row : rows) {
        text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.name, number(row.value),
                            row.unit, number(row.baseline), row.against, number(row.ratio()));
    }
    return text;
}

double median(std::vector<double> values) {
    LMSIM_ASSERT(!values.empty());
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace lmsim::bench
