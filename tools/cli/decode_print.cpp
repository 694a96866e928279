#include "tools/cli/decode_print.hpp"

#include <fmt/format.h>

#include "model/spec/table.hpp"
#include "sim/core/text.hpp"

namespace lmsim::cli {

using spec::Id;
using wire::describe::Broken;
using wire::describe::Group;
using wire::describe::no_index;
using wire::describe::Style;
using wire::describe::Text;
using wire::describe::Value;

namespace {

std::string_view row_name(Id id) { return id == Id::Count ? "" : spec::row(id).name; }

std::string hex_bytes(const Value& value) {
    std::string text;
    for (std::size_t i = value.size; i > 0; --i) {  // little-endian: the number is read backwards
        text += fmt::format("{:02x}", value.bytes[i - 1]);
    }
    return text;
}

std::string uuid_text(const Value& value) {
    std::string text;
    for (std::size_t i = 0; i < value.size; ++i) {
        text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                            value.bytes[i]);
    }
    return text;
}

std::string ascii_text(const Value& value) {
    std::string text(reinterpret_cast<const char*>(value.bytes), value.size);
    text.erase(text.find_last_not_of(std::string(" \0", 2)) + 1);
    return sim::printable(text);
}

std::string meaning_of(const Value& value) {
    Text text;
    value.meaning(text);
    return std::string(text.view());
}

std::string title_of(const Group& group) {
    return group.index == no_index ? std::string(group.title)
                                   : fmt::format("{} {}", group.title, group.index);
}

/// Bits msb:lsb from the byte in which the field begins.
std::string bits_of(const Value& value) {
    const std::uint32_t first = value.place.bit % 8;
    const std::uint32_t last = first + value.place.width - 1;
    return first == last ? fmt::format("{}", first) : fmt::format("{}:{}", last, first);
}

}  // namespace

std::string value_text(const Value& value) {
    switch (value.field->style) {
        case Style::Ascii: return fmt::format("\"{}\"", ascii_text(value));
        case Style::Uuid: return uuid_text(value);
        case Style::Bytes: return hex_bytes(value);
        default: break;
    }
    if (value.beyond_64_bits) {
        return "0x" + hex_bytes(value);
    }
    if (value.field->style == Style::Hex) {
        const std::uint32_t digits = (value.place.width + 3U) / 4;
        return fmt::format("{:#0{}x}", value.number, digits + 2);
    }
    return fmt::format("{}", value.number);
}

std::string source_of(Id id) {
    if (id == Id::Count) return "";
    const spec::Row& row = spec::row(id);
    return fmt::format("{}, {}", row.document, row.section);
}

void TextSink::end_line() {
    if (open_line_) fmt::print(to_, "\n");
    open_line_ = false;
}

void TextSink::group(const Group& group) {
    end_line();
    if (brief_) {
        fmt::print(to_, "{:#06x}  {}:", group.at, title_of(group));
        open_line_ = true;
        return;
    }
    fmt::print(to_, "\n{} ({} bytes at {:#x})\n", title_of(group), group.size, group.at);
}

void TextSink::field(const Value& value) {
    if (brief_) {
        fmt::print(to_, " {}={}", value.field->name, value_text(value));
        return;
    }
    std::string line =
        fmt::format("  {:#06x}  {:<6} {:<11} {:<18}  {}", value.place.byte(), bits_of(value),
                    value.field->name, value_text(value), meaning_of(value));
    const std::string_view row = row_name(value.field->row);
    if (!row.empty()) {
        line = fmt::format("{:<82}  {}", line, row);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print(to_, "{}\n", line);
}

void TextSink::broken(const Broken& broken) {
    end_line();
    ++broken_;
    fmt::print(to_, "  ! {:#06x}  {}: {} ({})\n", broken.at, row_name(broken.rule), broken.what,
               source_of(broken.rule));
}

void TextSink::note(std::size_t at, std::string_view text) {
    end_line();
    fmt::print(to_, "  - {:#06x}  {}\n", at, text);
}

void TextSink::finish() { end_line(); }

void JsonSink::group(const Group& group) {
    nlohmann::ordered_json one = {{"title", group.title}, {"at", group.at}, {"size", group.size}};
    if (group.index != no_index) {
        one["index"] = group.index;
    }
    one["fields"] = nlohmann::ordered_json::array();
    groups.push_back(std::move(one));
}

void JsonSink::field(const Value& value) {
    nlohmann::ordered_json one = {
        {"name", value.field->name},
        {"at", value.place.byte()},
        {"bits", bits_of(value)},
    };
    // Numbers that a double holds stay numbers; all have their text.
    if (value.field->style < Style::Ascii && !value.beyond_64_bits && value.number >> 53 == 0) {
        one["value"] = value.number;
    }
    one["text"] = value_text(value);
    const std::string meaning = meaning_of(value);
    if (!meaning.empty()) {
        one["meaning"] = meaning;
    }
    if (value.field->row != Id::Count) {
        one["row"] = row_name(value.field->row);
    }
    groups.back()["fields"].push_back(std::move(one));
}

void JsonSink::broken(const Broken& broken) {
    const spec::Row& row = spec::row(broken.rule);
    rules_broken.push_back({{"row", row.name},
                            {"at", broken.at},
                            {"what", broken.what},
                            {"title", row.title},
                            {"source", source_of(broken.rule)}});
}

void JsonSink::note(std::size_t at, std::string_view text) {
    notes.push_back({{"at", at}, {"text", text}});
}

}  // namespace lmsim::cli
