#include "tools/cli/spec_show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "model/spec/describe.hpp"
#include "model/spec/rules.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/kills.hpp"
#include "tools/cli/spec_profile.hpp"

namespace lmsim::cli {

namespace {

constexpr std::size_t most_related = 20;
constexpr std::size_t most_suggestions = 3;

/// Near names, nearest first; what begins alike counts as near.
std::vector<std::string> suggestions(const std::string& name) {
    std::vector<std::string> candidates;
    for (const spec::Row& row : spec::table) {
        candidates.emplace_back(row.name);
        candidates.emplace_back(row.symbol);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&name](const std::string& a, const std::string& b) {
                         return sim::distance(name, a) < sim::distance(name, b);
                     });
    candidates.resize(std::min(candidates.size(), most_suggestions));
    return candidates;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string killed_by(const spec::Row& row) {
    const Kill* kill = recorded_kill(row.name);
    if (kill == nullptr) {
        return "not searched yet";
    }
    return kill->killed() ? fmt::format("{}: {}", kill->program, kill->test)
                          : fmt::format("none: {}", kill->reason);
}

SpecTable sheet(const spec::Row& stated, const sim::Profile& profile) {
    const spec::Row row = effective(stated, profile.rules);
    SpecTable table{std::string(row.name), {"what", "says"}, {}};
    const auto add = [&table](const std::string& what, std::string says) {
        if (!says.empty()) {
            table.rows.push_back({what, std::move(says)});
        }
    };
    add("title", std::string(row.title));
    add("kind", std::string(spec::to_string(row.kind)));
    add("symbol", std::string(row.symbol));
    add("document", std::string(row.document));
    add("section", std::string(row.section));
    add("subject", std::string(spec::subject_title(spec::subject(row.name))));
    add(row.kind == spec::Kind::Switch ? "default" : "value", spec::value_text(row));
    add("place", spec::place_text(row));
    add("answers", spec::status_text(row));
    if (const sim::Overlay* overlay = profile.find(row.id)) {
        add("in " + profile.name, says(stated, profile.rules));
        add("says", overlay->source + (overlay->assumed ? " (assumed)" : ""));
    }
    add("fails if changed", killed_by(row));
    return table;
}

}  // namespace

std::vector<const spec::Row*> related_rows(const spec::Row& row) {
    std::vector<const spec::Row*> found;
    for (const spec::Row& other : spec::table) {
        const bool answers = other.status == row.id || row.status == other.id;
        const bool beside = other.section == row.section && other.document == row.document &&
                            row.kind != spec::Kind::Status &&
                            spec::subject(other.name) == spec::subject(row.name);
        if (other.id != row.id && (answers || beside)) {
            found.push_back(&other);
        }
    }
    return found;
}

int spec_show(const std::string& name, const sim::Profile& profile, SpecFormat format) {
    std::optional<spec::Id> id = spec::find(name);
    if (!id) {
        id = spec::find(upper(name));
    }
    if (!id) {
        fmt::print(stderr, "lmsim spec show: no row {}; near it are {}\n", sim::in_quotes(name),
                   sim::joined(suggestions(name)));
        return Usage;
    }
    const spec::Row& row = spec::row(*id);
    std::vector<const spec::Row*> related = related_rows(row);
    if (format == SpecFormat::Json) {
        nlohmann::ordered_json json = row_json(row, profile.rules);
        json["related"] = nlohmann::ordered_json::array();
        for (const spec::Row* other : related) {
            json["related"].push_back(other->name);
        }
        fmt::print("{}", json_text(json));
        return Ok;
    }
    fmt::print("{}\n", printed(sheet(row, profile), format));
    SpecTable table{"Related", {"id", "kind", "title", "says"}, {}};
    for (std::size_t i = 0; i < std::min(related.size(), most_related); ++i) {
        const spec::Row& other = *related[i];
        table.rows.push_back({std::string(other.name), std::string(spec::to_string(other.kind)),
                              std::string(other.title), says(other, profile.rules)});
    }
    if (!table.rows.empty()) {
        fmt::print("{}", printed(table, format));
    }
    if (related.size() > most_related) {
        fmt::print("... and {} more\n", related.size() - most_related);
    }
    return Ok;
}

}  // namespace lmsim::cli
