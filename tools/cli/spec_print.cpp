#include "tools/cli/spec_print.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/describe.hpp"
#include "tools/cli/kills.hpp"
#include "tools/cli/spec_profile.hpp"

namespace lmsim::cli {

namespace {

constexpr std::size_t gap = 2;

std::string text(const SpecTable& table) {
    std::vector<std::size_t> widths(table.header.size());
    for (std::size_t i = 0; i < widths.size(); ++i) {
        widths[i] = table.header[i].size();
        for (const auto& row : table.rows) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    const auto line = [&widths](const std::vector<std::string>& cells) {
        std::string out;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out += fmt::format("{:<{}}", cells[i], widths[i] + gap);
        }
        return out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
    };
    std::string out = table.title.empty() ? "" : table.title + "\n";
    out += line(table.header);
    for (const auto& row : table.rows) {
        out += line(row);
    }
    return out;
}

std::string markdown(const SpecTable& table) {
    const auto line = [](const std::vector<std::string>& cells) {
        std::string out = "|";
        for (std::string cell : cells) {
            for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2) {
                cell.insert(at, 1, '\\');
            }
            out += " " + cell + " |";
        }
        return out + "\n";
    };
    std::string out = table.title.empty() ? "" : "### " + table.title + "\n\n";
    out += line(table.header) + "|";
    for (std::size_t i = 0; i < table.header.size(); ++i) {
        out += " --- |";
    }
    out += "\n";
    for (const auto& row : table.rows) {
        out += line(row);
    }
    return out;
}

}  // namespace

std::string printed(const SpecTable& table, SpecFormat format) {
    return format == SpecFormat::Markdown ? markdown(table) : text(table);
}

std::string json_text(const nlohmann::ordered_json& value) { return value.dump(2) + "\n"; }

std::string says(const spec::Row& row) {
    for (const std::string& candidate :
         {spec::value_text(row), spec::place_text(row), spec::status_text(row)}) {
        if (!candidate.empty()) {
            return candidate;
        }
    }
    return "";
}

std::string source_text(const spec::Row& row) {
    return fmt::format("{}, {}", row.document, row.section);
}

nlohmann::ordered_json row_json(const spec::Row& stated, const spec::Rules& rules) {
    const spec::Row row = effective(stated, rules);
    nlohmann::ordered_json json = {
        {"id", row.name},
        {"symbol", row.symbol},
        {"kind", spec::to_string(row.kind)},
        {"subject", spec::subject(row.name)},
        {"subject_title", spec::subject_title(spec::subject(row.name))},
        {"title", row.title},
        {"document", row.document},
        {"section", row.section},
    };
    if (const std::string value = spec::value_text(row); !value.empty()) {
        json["value"] = row.value;
        json["value_text"] = value;
    }
    if (const std::string place = spec::place_text(row); !place.empty()) {
        json["place"] = {{"text", place}, {"first_bit", row.place.bit}, {"bits", row.place.width}};
    }
    if (row.status != spec::Id::Count) {
        const spec::Row& answer = spec::row(row.status);
        json["status"] = {{"id", answer.name}, {"code", answer.value}, {"name", answer.title}};
    }
    if (rules.overlaid(row.id)) {
        json["overlaid"] = says(stated, rules);
    }
    if (const Kill* kill = recorded_kill(row.name)) {
        if (kill->killed()) {
            json["killed_by"] = {{"program", kill->program}, {"test", kill->test}};
        } else {
            json["reason"] = kill->reason;
        }
    }
    return json;
}

}  // namespace lmsim::cli
