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
        item["ratio"] = row.ratio();
        list.push_back(std::move(item));
    }
    nlohmann::ordered_json document;
    document["rows"] = std::move(list);
    std::ofstream out(file);
    out << document.dump(2) << '\n';
    return static_cast<bool>(out.flush());
}

namespace {

std::string number(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

}  // namespace

std::string markdown(const Rows& rows) {
    std::string text = "| figure | value | baseline | unit | ratio |\n|---|---:|---:|---|---:|\n";
    for (const Row& row : rows) {
        text += fmt::format("| {} | {} | {} | {} | {:.2f} |\n", row.name, number(row.value),
                            number(row.baseline), row.unit, row.ratio());
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
