#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/schemas.hpp"
#include "sim/hw/compare.hpp"

namespace lmsim::sim::hw {

namespace {

using Json = nlohmann::ordered_json;

std::string indented(const std::string& text) {
    std::string result;
    for (const char c : text) {
        result += c;
        if (c == '\n') {
            result += "          ";
        }
    }
    return result;
}

}  // namespace

std::string compare_text(const Comparison& comparison) {
    std::string text;
    for (const Difference& each : comparison.differences) {
        text += fmt::format(
            "{} {}: {}{}\n  where     {}\n  sent      {}\n  model     {}\n  device    {}\n\n",
            each.row, each.kind, each.title,
            each.times == 1 ? "" : fmt::format(" ({} times)", each.times), each.where,
            each.sent.empty() ? "nothing; memory or a register was looked at" : indented(each.sent),
            each.model, each.device);
    }
    text += "not compared:\n";
    for (const std::string& each : not_compared()) {
        text += fmt::format("  {}\n", each);
    }
    return text + fmt::format(
                      "\n{} and the model, seed {}: {} commands compared in {} sequences ({} left "
                      "out), {} differences\n",
                      comparison.device, comparison.seed, comparison.commands, comparison.cases,
                      comparison.left_out, comparison.differences.size());
}

std::string compare_json(const Comparison& comparison) {
    Json list = Json::array();
    for (const Difference& each : comparison.differences) {
        list.push_back({{"kind", each.kind},
                        {"row", each.row},
                        {"title", each.title},
                        {"times", each.times},
                        {"where", each.where},
                        {"sent", each.sent},
                        {"model", each.model},
                        {"device", each.device}});
    }
    Json all = {{"schema", schema::HwCompare},     {"time_base", "wall"},
                {"device", comparison.device},     {"seed", comparison.seed},
                {"commands", comparison.commands}, {"sequences", comparison.cases},
                {"left_out", comparison.left_out}, {"not_compared", not_compared()}};
    if (!comparison.trouble.empty()) {
        all["trouble"] = comparison.trouble;
    }
    all["differences"] = std::move(list);
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::sim::hw
