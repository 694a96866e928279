#include "tools/cli/spec_coverage.hpp"

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/kills.hpp"

namespace lmsim::cli {

namespace {

struct Totals {
    int rows = 0;
    int killed = 0;
    int explained = 0;

    void count(const Kill* kill) {
        ++rows;
        killed += kill != nullptr && kill->killed() ? 1 : 0;
        explained += kill != nullptr && !kill->killed() && !kill->reason.empty() ? 1 : 0;
    }
    int uncovered() const { return rows - killed - explained; }
    double percent() const { return rows == 0 ? 0 : 100.0 * killed / rows; }
};

std::string covered_by(const Kill* kill) {
    if (kill == nullptr) {
        return "UNCOVERED";
    }
    if (kill->killed()) {
        return fmt::format("{}: {}", kill->program, kill->test);
    }
    return kill->reason.empty() ? "UNCOVERED" : "none: " + kill->reason;
}

SpecTable totals_table(const std::vector<Totals>& by_kind, const Totals& all) {
    SpecTable table{"Totals", {"kind", "rows", "killed", "explained", "uncovered", "killed %"}, {}};
    const auto add = [&table](std::string_view name, const Totals& totals) {
        if (totals.rows != 0) {
            table.rows.push_back({std::string(name), std::to_string(totals.rows),
                                  std::to_string(totals.killed), std::to_string(totals.explained),
                                  std::to_string(totals.uncovered()),
                                  fmt::format("{:.1f}", totals.percent())});
        }
    };
    for (std::size_t i = 0; i < by_kind.size(); ++i) {
        add(spec::to_string(static_cast<spec::Kind>(i)), by_kind[i]);
    }
    add("all", all);
    return table;
}

}  // namespace

int spec_coverage(const std::string& prefix, SpecFormat format) {
    SpecTable table{"", {"id", "kind", "title", "fails if changed"}, {}};
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    std::vector<Totals> by_kind;
    Totals all;
    for (const spec::Row& row : spec::table) {
        if (row.name.substr(0, prefix.size()) != prefix) {
            continue;
        }
        const Kill* kill = recorded_kill(row.name);
        const auto kind = static_cast<std::size_t>(row.kind);
        by_kind.resize(std::max(by_kind.size(), kind + 1));
        by_kind[kind].count(kill);
        all.count(kill);
        table.rows.push_back({std::string(row.name), std::string(spec::to_string(row.kind)),
                              std::string(row.title), covered_by(kill)});
        rows.push_back(row_json(row, spec::Rules()));
    }
    if (all.rows == 0) {
        fmt::print(stderr, "lmsim spec coverage: no row has an id that begins with {}\n",
                   sim::in_quotes(prefix));
        return Usage;
    }
    if (format == SpecFormat::Json) {
        fmt::print("{}", json_text({{"rows", rows},
                                    {"totals",
                                     {{"rows", all.rows},
                                      {"killed", all.killed},
                                      {"explained", all.explained},
                                      {"uncovered", all.uncovered()}}}}));
    } else {
        fmt::print("{}\n{}", printed(table, format), printed(totals_table(by_kind, all), format));
    }
    return all.uncovered() == 0 ? Ok : Failed;
}

}  // namespace lmsim::cli
