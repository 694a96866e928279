#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "sim/core/schemas.hpp"
#include "sim/metrics/display.hpp"
#include "sim/metrics/text_table.hpp"
#include "tools/runs/tornado.hpp"

namespace lmsim::runs {

namespace {

using sim::metrics::TextTable;
constexpr auto right = TextTable::Align::Right;

std::string uncertain(const Worth& worth) {
    return worth.uncertain ? fmt::format("{:.3f}", *worth.uncertain) : "?";
}

/// "us" for short times, "ms" for long ones.
std::string time_text(double us) {
    return sim::metrics::readable_time(static_cast<sim::Ps>(std::llround(us * 1e6)));
}

/// Long distributions are told by their first characters.
std::string short_value(std::string value) {
    constexpr std::size_t most = 24;
    value.erase(std::remove(value.begin(), value.end(), '"'), value.end());
    return value.size() > most ? value.substr(0, most - 3) + "..." : value;
}

std::string bar(double part) {
    constexpr double longest = 20;
    return std::string(static_cast<std::size_t>(std::lround(part * longest)), '#');
}

std::string escaped_name(std::string_view text, bool markdown) {
    return markdown ? sim::metrics::markdown_text(text) : sim::metrics::terminal_text(text);
}

TextTable table_of(const std::vector<const TornadoRow*>& rows, bool markdown) {
    TextTable table;
    table.columns = {{"parameter"}, {"value"}, {"downtime, us", right},
                     {"+-", right}, {""},      {"total, us", right},
                     {"+-", right}, {"source"}};
    const double longest = rows.empty() ? 0 : std::abs(rows.front()->downtime.us);
    for (const TornadoRow* each : rows) {
        const TornadoRow& row = *each;
        const double part = longest == 0 ? 0 : std::abs(row.downtime.us) / longest;
        std::vector<std::string> cells{row.lever.key,
                                       short_value(row.lever.value),
                                       fmt::format("{:+.3f}", row.downtime.us),
                                       uncertain(row.downtime),
                                       bar(part),
                                       fmt::format("{:+.3f}", row.total.us),
                                       uncertain(row.total),
                                       row.lever.source};
        for (std::string& cell : cells) {
            cell = escaped_name(cell, markdown);
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

/// Reasons and how many parameters have each.
std::string left_alone_text(const Tornado& tornado) {
    std::map<std::string, std::size_t> reasons;
    for (const LeftAlone& left : tornado.left_alone) {
        ++reasons[left.reason.substr(0, left.reason.find(':'))];
    }
    std::string text;
    for (const auto& reason : reasons) {
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", reason.second, reason.first);
    }
    return text;
}

Json worth_json(const Worth& worth) {
    return {{"us_per_percent", worth.us},
            {"uncertain_us", worth.uncertain ? Json(*worth.uncertain) : Json(nullptr)},
            {"clear", worth.clear()}};
}

}  // namespace

std::string tornado_text(const Tornado& tornado, std::size_t top, bool markdown) {
    std::vector<const TornadoRow*> clear;
    for (const TornadoRow& row : tornado.rows) {
        if (row.downtime.clear()) {
            clear.push_back(&row);
        }
    }
    const std::size_t shown = std::min(top, clear.size());
    std::string out = fmt::format(
        "What one percent more of each parameter is worth{}{}: downtime {}, total time {}; "
        "steps of {:g} %, {}, {}\n",
        tornado.scenario.empty() ? "" : " in ", escaped_name(tornado.scenario, markdown),
        time_text(mean(tornado.downtime_us)), time_text(mean(tornado.total_us)), tornado.percent,
        sim::metrics::plural(tornado.downtime_us.size(), "seed"),
        sim::metrics::plural(tornado.runs, "run"));
    const TextTable table = table_of({clear.begin(), clear.begin() + shown}, markdown);
    out += "\n" + (markdown ? table.markdown() : table.terminal()) + "\n";
    std::string rest;
    if (shown < clear.size()) {
        rest += fmt::format("{} more move downtime by at most {:.3f} us (--top shows them)\n",
                            clear.size() - shown, std::abs(clear[shown]->downtime.us));
    }
    if (clear.size() < tornado.rows.size()) {
        rest += fmt::format(
            "{} do something, but not clearly more than chance (--seeds, --by; "
            "--json has them)\n",
            tornado.rows.size() - clear.size());
    }
    rest += fmt::format("{} change nothing at all\n", tornado.no_effect.size());
    if (!tornado.left_alone.empty()) {
        rest += "left alone: " + escaped_name(left_alone_text(tornado), markdown) + "\n";
    }
    return out + rest;
}

Json tornado_json(const Tornado& tornado) {
    Json json;
    json["schema"] = sim::schema::Tornado;
    json["scenario"] = tornado.scenario;
    json["percent"] = tornado.percent;
    json["runs"] = tornado.runs;
    json["downtime_us"] = tornado.downtime_us;
    json["total_us"] = tornado.total_us;
    json["parameters"] = Json::array();
    for (const TornadoRow& row : tornado.rows) {
        json["parameters"].push_back({{"key", row.lever.key},
                                      {"value", row.lever.value},
                                      {"source", row.lever.source},
                                      {"estimate", row.lever.estimate},
                                      {"up", row.lever.up.value},
                                      {"down", row.lever.down.value},
                                      {"downtime", worth_json(row.downtime)},
                                      {"total", worth_json(row.total)}});
    }
    json["no_effect"] = tornado.no_effect;
    json["left_alone"] = Json::array();
    for (const LeftAlone& left : tornado.left_alone) {
        json["left_alone"].push_back({{"key", left.key}, {"reason", left.reason}});
    }
    return json;
}

}  // namespace lmsim::runs
