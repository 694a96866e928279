#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/vfio/uapi.hpp"
#include "sim/bridge/vfio/migration_features.hpp"
#include "sim/conform/migration/compare.hpp"
#include "sim/core/schemas.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::sim::conform::migration {

namespace {

using Json = nlohmann::ordered_json;
using metrics::TextTable;

std::vector<std::string> flag_names(std::uint8_t flags) {
    std::vector<std::string> names;
    if ((flags & lmsim::vfio::STOP_COPY_FLAG) != 0) names.emplace_back("STOP_COPY");
    if ((flags & lmsim::vfio::P2P_FLAG) != 0) names.emplace_back("P2P");
    if ((flags & lmsim::vfio::PRE_COPY_FLAG) != 0) names.emplace_back("PRE_COPY");
    return names;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

const char* verdict(const Step& step) {
    return step.same ? "same" : step.own() ? "own" : "different";
}

std::string groups_table(const Comparison& of) {
    TextTable table;
    table.columns = {{"group", TextTable::Align::Left},
                     {"calls", TextTable::Align::Right},
                     {"same", TextTable::Align::Right},
                     {"its own", TextTable::Align::Right},
                     {"different", TextTable::Align::Right}};
    std::vector<std::string> groups;
    for (const Step& step : of.steps) {
        if (std::find(groups.begin(), groups.end(), step.group) == groups.end()) {
            groups.push_back(step.group);
        }
    }
    for (const std::string& group : groups) {
        std::size_t counts[4] = {};
        for (const Step& step : of.steps) {
            if (step.group == group) {
                ++counts[0];
                ++counts[step.same ? 1 : step.own() ? 2 : 3];
            }
        }
        table.rows.push_back({group, fmt::format("{}", counts[0]), fmt::format("{}", counts[1]),
                              fmt::format("{}", counts[2]), fmt::format("{}", counts[3])});
    }
    return table.terminal();
}

std::string step_text(const Step& step) {
    return fmt::format("{}: {}\n  device  {}\n  model   {}\n  rows    {}\n", step.group, step.asked,
                       step.device, step.model, step.rows.empty() ? "-" : joined(step.rows));
}

/// The driver's own, by cause.
std::string own_text(const Comparison& of) {
    std::string text;
    std::vector<std::string> told;
    for (const Step& step : of.steps) {
        if (!step.own() || std::find(told.begin(), told.end(), step.cause) != told.end()) {
            continue;
        }
        told.push_back(step.cause);
        const auto calls = std::count_if(of.steps.begin(), of.steps.end(), [&](const Step& other) {
            return other.own() && other.cause == step.cause;
        });
        text += fmt::format(
            "its own, {} calls: {}\n  as in   {}\n  device  {}\n  model   {}\n  rows    {}\n"
            "  source  {}\n",
            calls, step.cause, step.asked, step.device, step.model, joined(step.rows), step.source);
    }
    return text;
}

}  // namespace

std::string comparison_text(const Comparison& of, bool all) {
    std::string text = fmt::format("{}: driver {}, {}{}; a stream of {} bytes\n", of.device,
                                   of.driver, vfio_kernel::flag_words(of.flags),
                                   of.log_ops ? ", DMA logging" : "", of.stream_bytes);
    text += groups_table(of);
    for (const Step& step : of.steps) {
        if (all || step.different()) {
            text += fmt::format("{}{}", step.different() ? "DIFFERENT " : "", step_text(step));
        }
    }
    text += own_text(of);
    text += fmt::format("{} calls: {} answered alike, {} its own, {} different\n", of.steps.size(),
                        of.same(), of.own(), of.different());
    return text;
}

std::string comparison_json(const Comparison& of) {
    Json steps = Json::array();
    for (const Step& step : of.steps) {
        Json one{{"group", step.group}, {"asked", step.asked}, {"device", step.device},
                 {"model", step.model}, {"rows", step.rows},   {"verdict", verdict(step)}};
        if (step.own()) {
            one["cause"] = step.cause;
            one["source"] = step.source;
        }
        steps.push_back(std::move(one));
    }
    const Json json{{"schema", schema::HwCompareVfio},
                    {"time_base", "wall"},
                    {"device", of.device},
                    {"driver", of.driver},
                    {"flags", flag_names(of.flags)},
                    {"dma_logging", of.log_ops},
                    {"stream_bytes", of.stream_bytes},
                    {"calls", of.steps.size()},
                    {"same", of.same()},
                    {"own", of.own()},
                    {"different", of.different()},
                    {"error", of.error},
                    {"steps", std::move(steps)}};
    return json.dump(2) + "\n";
}

}  // namespace lmsim::sim::conform::migration
