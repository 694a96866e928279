#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "sim/conform/suite.hpp"
#include "sim/core/schemas.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::sim::conform {

namespace {

using Json = nlohmann::ordered_json;
using metrics::TextTable;

const char* name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Passed: return "passed";
        case Verdict::Failed: return "failed";
        case Verdict::Skipped: return "skipped";
    }
    return "?";
}

std::string joined_rows(const Case& test) {
    std::string text;
    for (const std::string& row : test.rows) {
        text += (text.empty() ? "" : ", ") + row;
    }
    return text;
}

std::string rerun(const Report& report, const Case& test) {
    return fmt::format("{} --case {}", report.again, test.id);
}

/// Lines after the first get an indentation.
std::string indented(const std::string& text, const char* indentation) {
    std::string result;
    for (const char c : text) {
        result += c;
        if (c == '\n') {
            result += indentation;
        }
    }
    return result;
}

std::string groups_table(const Report& report) {
    TextTable table;
    table.columns = {{"group", TextTable::Align::Left},
                     {"cases", TextTable::Align::Right},
                     {"passed", TextTable::Align::Right},
                     {"failed", TextTable::Align::Right},
                     {"skipped", TextTable::Align::Right}};
    std::vector<std::string> names;
    std::map<std::string, std::map<Verdict, std::size_t>> counts;
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        const std::string& group = report.cases[i].group;
        if (counts.count(group) == 0) {
            names.push_back(group);
        }
        ++counts[group][report.outcomes[i].verdict];
    }
    for (const std::string& name : names) {
        auto& of = counts[name];
        const std::size_t all = of[Verdict::Passed] + of[Verdict::Failed] + of[Verdict::Skipped];
        table.rows.push_back({name, fmt::format("{}", all), fmt::format("{}", of[Verdict::Passed]),
                              fmt::format("{}", of[Verdict::Failed]),
                              fmt::format("{}", of[Verdict::Skipped])});
    }
    return table.terminal();
}

std::string failure_text(const Report& report, std::size_t i) {
    const Case& test = report.cases[i];
    const Outcome& outcome = report.outcomes[i];
    return fmt::format(
        "FAILED {}: {}\n  rows      {}\n  step      {} of {}\n  sent      {}\n  got       {}\n"
        "  expected  {}\n  again     {}\n\n",
        test.id, test.title, joined_rows(test), outcome.step, test.steps.size(),
        outcome.sent.empty() ? "nothing yet" : indented(outcome.sent, "          "), outcome.got,
        outcome.expected, rerun(report, test));
}

std::string skipped_text(const Report& report) {
    std::vector<std::string> reasons;
    std::map<std::string, std::size_t> counts;
    for (const Outcome& outcome : report.outcomes) {
        if (outcome.verdict == Verdict::Skipped && counts[outcome.reason]++ == 0) {
            reasons.push_back(outcome.reason);
        }
    }
    std::string text;
    for (const std::string& reason : reasons) {
        text += fmt::format("  skipped {}: {}\n", counts[reason], reason);
    }
    return text;
}

}  // namespace

std::string report_text(const Report& report) {
    if (!report.error.empty()) {
        return fmt::format("{} cannot be tested: {}\n", report.target, report.error);
    }
    std::string text;
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        if (report.outcomes[i].verdict == Verdict::Failed) {
            text += failure_text(report, i);
        }
    }
    text += groups_table(report);
    text += skipped_text(report);
    text += fmt::format("\n{} cases against {}: {} passed, {} failed, {} skipped\n",
                        report.outcomes.size(), report.target, report.count(Verdict::Passed),
                        report.count(Verdict::Failed), report.count(Verdict::Skipped));
    return text;
}

std::string report_json(const Report& report) {
    Json list = Json::array();
    for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
        const Case& test = report.cases[i];
        const Outcome& outcome = report.outcomes[i];
        Json entry = {{"id", test.id},
                      {"group", test.group},
                      {"title", test.title},
                      {"rows", test.rows},
                      {"verdict", name_of(outcome.verdict)}};
        if (outcome.verdict == Verdict::Skipped) {
            entry["reason"] = outcome.reason;
        } else if (outcome.verdict == Verdict::Failed) {
            entry["step"] = outcome.step;
            entry["sent"] = outcome.sent;
            entry["got"] = outcome.got;
            entry["expected"] = outcome.expected;
            entry["again"] = rerun(report, test);
        }
        list.push_back(std::move(entry));
    }
    Json all = {{"schema", schema::ConformReport},
                {"target", report.target},
                {"time_base", report.time_base},
                {"cases", report.outcomes.size()},
                {"passed", report.count(Verdict::Passed)},
                {"failed", report.count(Verdict::Failed)},
                {"skipped", report.count(Verdict::Skipped)}};
    if (!report.error.empty()) {
        all["error"] = report.error;
    }
    all["list"] = std::move(list);
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string list_text(const std::vector<Case>& cases) {
    TextTable table;
    table.columns = {{"case", TextTable::Align::Left},
                     {"title", TextTable::Align::Left},
                     {"rows", TextTable::Align::Left}};
    for (const Case& test : cases) {
        table.rows.push_back({test.id, test.title, joined_rows(test)});
    }
    return table.terminal() + fmt::format("\n{} cases\n", cases.size());
}

std::string list_json(const std::vector<Case>& cases) {
    Json list = Json::array();
    for (const Case& test : cases) {
        list.push_back(
            {{"id", test.id}, {"group", test.group}, {"title", test.title}, {"rows", test.rows}});
    }
    const Json all = {{"cases", cases.size()}, {"list", std::move(list)}};
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::sim::conform
