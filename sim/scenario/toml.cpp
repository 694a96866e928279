#include "sim/scenario/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sim/core/text.hpp"

namespace lmsim::sim {
namespace {
/// A check inside toml++ failed.
struct ParserBug {};
[[noreturn]] void stumble() { throw ParserBug(); }
}  // namespace
}  // namespace lmsim::sim

// toml++ 3.3 meets "[=" with a failed assertion, or with undefined behaviour under NDEBUG. So its
// checks have to throw, and this file compiles the parser itself instead of using the shared
// library.
#undef NDEBUG
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(condition) ((condition) ? void() : ::lmsim::sim::stumble())
#include <toml++/toml.h>

namespace lmsim::sim {

namespace {

Position position(const toml::source_region& region, const std::string& file) {
    return {file, "", static_cast<std::uint32_t>(region.begin.line),
            static_cast<std::uint32_t>(region.begin.column)};
}

Value convert(const toml::node& node, const std::string& file);

void convert_table(const toml::table& table, const std::string& file, Value& value) {
    value.type = Value::Type::Table;
    for (const auto& [key, child] : table) {
        value.members.push_back(
            {std::string(key.str()), position(key.source(), file), convert(child, file)});
    }
    // The library sorts by name; people read from top to bottom.
    std::stable_sort(value.members.begin(), value.members.end(),
                     [](const Value::Member& a, const Value::Member& b) {
                         return std::tie(a.where.line, a.where.column) <
                                std::tie(b.where.line, b.where.column);
                     });
}

Value convert(const toml::node& node, const std::string& file) {
    Value value;
    value.where = position(node.source(), file);
    if (const auto* table = node.as_table()) {
        convert_table(*table, file, value);
    } else if (const auto* array = node.as_array()) {
        value.type = Value::Type::Array;
        for (const toml::node& item : *array) value.items.push_back(convert(item, file));
    } else if (const auto* text = node.as_string()) {
        value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.type = Value::Type::Integer;
        value.integer = integer->get();
        value.text = std::to_string(value.integer);
    } else if (const auto* real = node.as_floating_point()) {
        value.type = Value::Type::Real;
        value.text = fmt::format("{}", real->get());
    } else if (const auto* boolean = node.as_boolean()) {
        value.type = Value::Type::Boolean;
        value.boolean = boolean->get();
        value.text = value.boolean ? "true" : "false";
    } else {
        value.type = Value::Type::Moment;
    }
    return value;
}

bool stumbles(std::string_view text) {
    try {
        static_cast<void>(toml::parse(text));
    } catch (const toml::parse_error&) {
        return false;
    } catch (const ParserBug&) {
        return true;
    }
    return false;
}

/// The line at which the parser trips over itself. It reads from front to back, so it trips over
/// every text that begins with the lines up to that one, and over no shorter one.
std::uint32_t stumbling_line(std::string_view text) {
    std::vector<std::size_t> ends;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        ends.push_back(at + 1);
    }
    const auto line = std::partition_point(
        ends.begin(), ends.end(), [&](std::size_t end) { return !stumbles(text.substr(0, end)); });
    return static_cast<std::uint32_t>(line - ends.begin()) + 1;
}

void move_to_option(Value& value, const std::string& option) {
    value.where = {"", option, 0, 0};
    for (Value& item : value.items) move_to_option(item, option);
    for (Value::Member& member : value.members) {
        member.where = value.where;
        move_to_option(member.value, option);
    }
}

}  // namespace

TomlText parse_toml(std::string_view text, const std::string& file) {
    TomlText result;
    try {
        const toml::table table = toml::parse(text, file);
        convert_table(table, file, result.root);
        result.root.where = {file, "", 0, 0};
    } catch (const toml::parse_error& error) {
        result.ok = false;
        result.error = {position(error.source(), file),
                        "this is not TOML: " + printable(error.description())};
    } catch (const ParserBug&) {
        result.ok = false;
        result.error = {{file, "", stumbling_line(text), 1},
                        "this is not TOML: a key or a value is malformed in this line"};
    }
    return result;
}

Value parse_option_value(std::string_view text, const std::string& option) {
    Value value;
    TomlText parsed = parse_toml("value = " + std::string(text), "");
    const bool one_value = parsed.ok && parsed.root.members.size() == 1;
    if (one_value) value = std::move(parsed.root.members.front().value);
    const bool is_list = value.type == Value::Type::Array || value.type == Value::Type::Table;
    const bool is_quoted = one_value && value.type == Value::Type::Text;
    // Scalars keep the text as typed, for parameters that are text themselves.
    if (!is_list && !is_quoted) value.text = text;
    move_to_option(value, option);
    return value;
}

}  // namespace lmsim::sim
