#include "tools/cli/conform_cases.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/text.hpp"

namespace lmsim::cli {

using sim::conform::Case;

namespace {

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
    const std::string near = sim::nearest(name, known);
    return near.empty() ? std::string() : fmt::format("; did you mean {}?", near);
}

}  // namespace

void add_case_options(CLI::App& verb, ConformCases& choice) {
    verb.add_option("--case", choice.cases, "only this case; may be repeated")
        ->type_name("ID")
        ->allow_extra_args(false);
    verb.add_option("--filter", choice.filter,
                    "only cases with this in their id or group, or with this requirement id")
        ->type_name("TEXT");
    verb.add_option("--trackable", choice.trackable,
                    "how many pages of 4 KiB the device can track for one controller; without it "
                    "cases about that limit are skipped")
        ->type_name("PAGES");
    verb.add_flag("--json", choice.json, "print the outcome as JSON");
}

std::vector<Case> chosen_cases(const ConformCases& choice, std::string& error) {
    std::vector<Case> all = sim::conform::all_cases();
    std::vector<std::string> ids;
    for (const Case& test : all) {
        ids.push_back(test.id);
    }
    for (const std::string& wanted : choice.cases) {
        if (std::find(ids.begin(), ids.end(), wanted) == ids.end()) {
            error = fmt::format("--case {}: there is no such case{} (lmsim conform --list)",
                                sim::in_quotes(wanted), did_you_mean(wanted, ids));
            return {};
        }
    }
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    const auto wanted = [&](const Case& test) {
        const auto& named = choice.cases;
        const bool row =
            std::find(test.rows.begin(), test.rows.end(), choice.filter) != test.rows.end();
        return (named.empty() || std::find(named.begin(), named.end(), test.id) != named.end()) &&
               (row || has(test.id, choice.filter) || has(test.group, choice.filter));
    };
    all.erase(std::remove_if(all.begin(), all.end(), [&](const Case& c) { return !wanted(c); }),
              all.end());
    if (all.empty()) {
        error = fmt::format("--filter {}: no case has this in its id, its group or as a row",
                            sim::in_quotes(choice.filter));
    }
    return all;
}

void print_report(const sim::conform::Report& report, bool json) {
    fmt::print("{}", json ? sim::conform::report_json(report) : sim::conform::report_text(report));
}

}  // namespace lmsim::cli
