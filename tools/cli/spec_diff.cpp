#include "tools/cli/spec_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "model/spec/describe.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/spec_measure.hpp"
#include "tools/cli/spec_profile.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Who says so: the author of the difference, else the document that the row stands in.
struct TableSource {
    std::string text;
    bool assumed = false;
};

TableSource source_of(const spec::Row& row, const sim::Profile& first, const sim::Profile& second) {
    for (const sim::Profile* profile : {&second, &first}) {
        const sim::Overlay* overlay = profile->find(row.id);
        if (overlay != nullptr && !overlay->source.empty()) {
            return {overlay->source, overlay->assumed};
        }
        if (overlay != nullptr) {
            return {"profile " + overlay->profile, overlay->assumed};
        }
    }
    return {source_text(row), false};
}

struct Difference {
    const spec::Row* row;
    std::string first;
    std::string second;
    TableSource source;
};

/// Does the profile say that its dialect has this row, which the standard has not?
bool adds(const sim::Profile& profile, const spec::Row& row) {
    return sim::is_of_dialects_alone(row) && profile.find(row.id) != nullptr;
}

std::vector<Difference> differences(const sim::Profile& first, const sim::Profile& second) {
    std::vector<Difference> found;
    for (const spec::Row& row : spec::table) {
        const bool one_adds = adds(first, row) != adds(second, row);
        const bool differs = !same(row.id, first.rules, second.rules);
        if (differs || one_adds) {
            const auto cell = [&](const sim::Profile& profile) {
                if (!differs && !adds(profile, row)) {
                    return std::string("none");
                }
                const std::string text = says(row, profile.rules);
                return text.empty() ? std::string("on") : text;
            };
            found.push_back({&row, cell(first), cell(second), source_of(row, first, second)});
        }
    }
    return found;
}

std::vector<std::pair<std::string, std::string>> documents_of(const sim::Profile& first,
                                                              const sim::Profile& second) {
    auto documents = first.documents;
    for (const auto& each : second.documents) {
        if (std::find(documents.begin(), documents.end(), each) == documents.end()) {
            documents.push_back(each);
        }
    }
    return documents;
}

SpecTable table_of(const std::vector<Difference>& found, const sim::Profile& first,
                   const sim::Profile& second) {
    SpecTable table{"", {"id", "title", first.name, second.name, "source"}, {}};
    for (const Difference& each : found) {
        table.rows.push_back({std::string(each.row->name), std::string(each.row->title), each.first,
                              each.second,
                              each.source.text + (each.source.assumed ? " (assumed)" : "")});
    }
    return table;
}

Json json_of(const std::vector<Difference>& found) {
    Json rows = Json::array();
    for (const Difference& each : found) {
        rows.push_back({{"id", each.row->name},
                        {"kind", spec::to_string(each.row->kind)},
                        {"title", each.row->title},
                        {"first", each.first},
                        {"second", each.second},
                        {"source", each.source.text},
                        {"assumed", each.source.assumed}});
    }
    return rows;
}

void print(const std::vector<Difference>& found, const sim::Profile& first,
           const sim::Profile& second, SpecFormat format) {
    if (found.empty()) {
        fmt::print("{} and {} state the same\n", first.name, second.name);
        return;
    }
    fmt::print("{}", printed(table_of(found, first, second), format));
    const auto documents = documents_of(first, second);
    if (!documents.empty()) {
        fmt::print("\n");
    }
    for (const auto& [name, title] : documents) {
        fmt::print("{}{}: {}\n", format == SpecFormat::Markdown ? "- " : "", name, title);
    }
}

}  // namespace

int spec_diff(const std::string& first_name, const std::string& second_name,
              const ScenarioOptions& measure, SpecFormat format) {
    const auto first = profile_or_complain(first_name);
    const auto second = profile_or_complain(second_name);
    if (!first || !second) {
        return Usage;
    }
    const std::vector<Difference> found = differences(*first, *second);
    Json json = {{"first", first->name}, {"second", second->name}, {"rows", json_of(found)}};
    Json documents = Json::object();
    for (const auto& [name, title] : documents_of(*first, *second)) {
        documents[name] = title;
    }
    json["documents"] = documents;
    if (format != SpecFormat::Json) {
        print(found, *first, *second, format);
    }
    if (!measure.file.empty()) {
        Comparison comparison;
        const int code = compare(first_name, second_name, measure, comparison);
        if (code == Usage) {
            return code;
        }
        json["measured"] = comparison.json;
        if (format != SpecFormat::Json) {
            SpecTable table = comparison.table;
            table.header[1] = first->name;
            table.header[2] = second->name;
            fmt::print("\n{}", printed(table, format));
        }
        if (code != Ok) {
            return code;
        }
    }
    if (format == SpecFormat::Json) {
        fmt::print("{}", json_text(json));
    }
    return Ok;
}

}  // namespace lmsim::cli
