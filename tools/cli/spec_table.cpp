#include "tools/cli/spec_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <functional>

#include "model/spec/describe.hpp"
#include "sim/core/text.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/spec_profile.hpp"

namespace lmsim::cli {

namespace {

using spec::Kind;
using spec::Row;

bool same_letters(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

/// The names by which a command's or structure's rows can be asked for: its requirement ids'
/// subject, that one's title, and what stands before the colon of its titles.
bool belongs(const Row& row, std::string_view of) {
    const std::string_view subject = spec::subject(row.name);
    return same_letters(of, subject) || same_letters(of, spec::subject_title(subject)) ||
           same_letters(of, spec::title_head(row));
}

void add_once(std::vector<std::string>& names, std::string_view name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
        names.emplace_back(name);
    }
}

std::vector<std::string> names_of(Kind kind) {
    std::vector<std::string> names;
    for (const Row& row : spec::table) {
        if (row.kind == kind) {
            add_once(names, spec::subject_title(spec::subject(row.name)));
            const bool headed = kind != Kind::Layout && kind != Kind::Defect;
            add_once(names, headed ? spec::title_head(row) : "");
        }
    }
    return names;
}

bool has_size(Kind kind) { return kind == Kind::Layout; }

std::vector<const Row*> rows_of(Kind kind, const std::string& of) {
    std::vector<const Row*> rows;
    for (const Row& row : spec::table) {
        const bool wanted = row.kind == kind || (has_size(kind) && row.kind == Kind::Size);
        if (wanted && (of.empty() || belongs(row, of))) {
            rows.push_back(&row);
        }
    }
    const auto subject_of = [](const Row* row) { return spec::subject(row->name); };
    // Grouped by subject in the order of the table; a structure by offset, its sizes first.
    std::vector<std::string> order;
    for (const Row* row : rows) {
        add_once(order, subject_of(row));
    }
    const auto rank = [&](const Row* row) {
        const auto at = std::find(order.begin(), order.end(), subject_of(row));
        return std::make_pair(at - order.begin(), row->place.bit + row->place.width);
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const Row* a, const Row* b) {
        return has_size(kind) ? rank(a) < rank(b) : rank(a).first < rank(b).first;
    });
    return rows;
}

struct Column {
    const char* name;
    std::function<std::string(const Row&, const spec::Rules&)> cell;
};

std::vector<Column> columns_of(Kind kind) {
    const Column title = {
        "title", [](const Row& row, const spec::Rules&) { return std::string(row.title); }};
    const Column id = {"id",
                       [](const Row& row, const spec::Rules&) { return std::string(row.name); }};
    const Column source = {"source", [](const Row& row, const spec::Rules& rules) {
                               const bool off = !rules.on(row.id) && row.kind != Kind::Defect;
                               return (off ? "off; " : "") + source_text(row);
                           }};
    const auto in_force = [](const Row& row, const spec::Rules& rules) { return says(row, rules); };
    const Column section = {
        "section", [](const Row& row, const spec::Rules&) { return std::string(row.section); }};
    switch (kind) {
        case Kind::Condition: return {{"status", in_force}, title, id, section};
        case Kind::Field:
        case Kind::Layout: return {{"place", in_force}, title, id, section};
        case Kind::Behaviour:
        case Kind::Arc: return {title, id, source};
        case Kind::Defect: return {title, id, section};
        case Kind::Switch: return {{"default", in_force}, title, id, section};
        default: return {{"value", in_force}, title, id, section};
    }
}

std::vector<SpecTable> tables_of(Kind kind, const std::vector<const Row*>& rows,
                                 const spec::Rules& rules) {
    const std::vector<Column> columns = columns_of(kind);
    std::vector<SpecTable> tables;
    for (const Row* row : rows) {
        const std::string title(spec::subject_title(spec::subject(row->name)));
        if (tables.empty() || tables.back().title != title) {
            tables.push_back({title, {}, {}});
            for (const Column& column : columns) {
                tables.back().header.emplace_back(column.name);
            }
        }
        std::vector<std::string> cells;
        for (const Column& column : columns) {
            cells.push_back(column.cell(*row, rules));
        }
        tables.back().rows.push_back(std::move(cells));
    }
    return tables;
}

}  // namespace

std::vector<std::string> kind_names() {
    // "layout" and "behaviour" have no plural in the documents; "statuses" is a mouthful.
    std::vector<std::string> names;
    for (int i = 0; i <= static_cast<int>(spec::last_kind); ++i) {
        const auto kind = static_cast<Kind>(i);
        const bool plural = kind != Kind::Status && kind != Kind::Layout && kind != Kind::Behaviour;
        names.push_back(fmt::format("{}{}{}", spec::to_string(kind),
                                    kind == Kind::Switch ? "e" : "", plural ? "s" : ""));
    }
    return names;
}

int spec_table(const std::string& what, const std::string& of, const spec::Rules& rules,
               SpecFormat format) {
    const std::optional<Kind> kind = spec::kind_named(what);
    if (!kind) {
        fmt::print(stderr, "lmsim spec table: no table {}; there are {}\n", sim::in_quotes(what),
                   sim::joined(kind_names()));
        return Usage;
    }
    const std::vector<const Row*> rows = rows_of(*kind, of);
    if (rows.empty()) {
        const std::vector<std::string> names = names_of(*kind);
        const std::string near = sim::nearest(of, names);
        fmt::print(stderr, "lmsim spec table: no {} rows of {}{}; there are those of {}\n",
                   spec::to_string(*kind), sim::in_quotes(of),
                   near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near),
                   sim::joined(names));
        return Usage;
    }
    if (format == SpecFormat::Json) {
        nlohmann::ordered_json json = {{"table", spec::to_string(*kind)}};
        for (const Row* row : rows) {
            json["rows"].push_back(row_json(*row, rules));
        }
        fmt::print("{}", json_text(json));
        return Ok;
    }
    const char* between = "";
    for (const SpecTable& table : tables_of(*kind, rows, rules)) {
        fmt::print("{}{}", between, printed(table, format));
        between = "\n";
    }
    return Ok;
}

}  // namespace lmsim::cli
