#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/spec/table.hpp"

namespace lmsim::cli {

/// How the spec verbs print.
enum class SpecFormat { Text, Markdown, Json };

/// A table of texts under a title, which may be empty.
struct SpecTable {
    std::string title;
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
};

/// As aligned columns, or as Markdown that can be pasted.
std::string printed(const SpecTable& table, SpecFormat format);

/// All that is known of a row, as the rules have it: its columns, and which test fails when it
/// changes.
nlohmann::ordered_json row_json(const spec::Row& row, const spec::Rules& rules);

/// Ends in a newline.
std::string json_text(const nlohmann::ordered_json& value);

/// What a row says, in one cell: its value, place or status.
std::string says(const spec::Row& row);

/// "NVM Express Base Specification 2.3, 5.2.17.1.1"
std::string source_text(const spec::Row& row);

}  // namespace lmsim::cli
