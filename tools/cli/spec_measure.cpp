#include "tools/cli/spec_measure.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "tools/cli/exit_code.hpp"
#include "tools/runs/runs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr double ps_in_us = 1e6;

/// The results of the runs under these two profiles; an exit code other than Ok if there are none.
int measure(const std::array<std::string, 2>& profiles, const ScenarioOptions& scenario,
            std::vector<runs::Outcome>& outcomes) {
    std::vector<ScenarioOptions> points;
    for (const std::string& profile : profiles) {
        points.push_back(scenario);
        points.back().profile = profile;
    }
    auto all = runs::run_all(points, 1);
    if (!all) {
        return Interrupted;
    }
    for (const runs::Outcome& outcome : *all) {
        if (!outcome.ok()) {
            fmt::print(stderr, "{}\n", outcome.error);
            return outcome.code;
        }
    }
    outcomes = std::move(*all);
    return Ok;
}

/// Picoseconds of each part and side of the downtime, all VFs together.
std::map<std::string, std::int64_t> parts_of(const Json& result) {
    std::map<std::string, std::int64_t> parts;
    for (const Json& part : result["downtime"]["parts"]) {
        const std::string name =
            fmt::format("{}, {}", part["name"].get<std::string>(), part["side"].get<std::string>());
        parts[name] += part["ps"].get<std::int64_t>();
    }
    return parts;
}

class Rows {
  public:
    explicit Rows(Comparison& comparison) : comparison_(comparison) {
        comparison_.table.header = {"downtime, us", "", "", "change"};
        comparison_.json["rows"] = Json::array();
    }
    void time(const std::string& what, std::int64_t first, std::int64_t second, bool always) {
        if (first == second && !always) {
            return;
        }
        const auto us = [](std::int64_t ps) {
            return fmt::format("{:.3f}", static_cast<double>(ps) / ps_in_us);
        };
        comparison_.table.rows.push_back(
            {what, us(first), us(second),
             second < first ? us(second - first) : "+" + us(second - first)});
        comparison_.json["rows"].push_back(
            {{"what", what}, {"first_ps", first}, {"second_ps", second}});
    }
    void text(const std::string& what, const std::string& first, const std::string& second) {
        comparison_.table.rows.push_back({what, first, second, first == second ? "" : "differs"});
        comparison_.json[what] = {{"first", first}, {"second", second}};
    }

  private:
    Comparison& comparison_;
};

}  // namespace

int compare(const std::string& first, const std::string& second, const ScenarioOptions& scenario,
            Comparison& comparison) {
    std::vector<runs::Outcome> outcomes;
    const int code = measure({first, second}, scenario, outcomes);
    if (code != Ok) {
        return code;
    }
    const Json& a = outcomes[0].result;
    const Json& b = outcomes[1].result;
    Rows rows(comparison);
    const auto total = [](const Json& result) {
        return result["downtime"]["total_ps"].get<std::int64_t>();
    };
    rows.time("total", total(a), total(b), true);
    const auto in_a = parts_of(a);
    const auto in_b = parts_of(b);
    auto names = in_a;
    names.insert(in_b.begin(), in_b.end());
    for (const auto& each : names) {
        const auto of = [&](const std::map<std::string, std::int64_t>& parts) {
            const auto at = parts.find(each.first);
            return at == parts.end() ? 0 : at->second;
        };
        rows.time(each.first, of(in_a), of(in_b), false);
    }
    const auto state = [](const Json& result) {
        return std::to_string(result["bytes"]["device_state"].get<std::uint64_t>());
    };
    rows.text("outcome", a["outcome"], b["outcome"]);
    rows.text("bytes of state", state(a), state(b));
    return Ok;
}

}  // namespace lmsim::cli
