#include "sim/profile/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "model/spec/table.hpp"
#include "sim/core/text.hpp"
#include "sim/profile/place.hpp"

namespace lmsim::sim {
namespace {

using spec::Id;
using spec::Kind;
using spec::Row;

const std::vector<std::string> keys{"name", "title", "base",   "documents", "features", "off",
                                    "on",   "value", "status", "place",     "offset",   "rows"};
const std::vector<std::string> row_keys{"on",    "off",    "value",  "status",
                                        "place", "offset", "source", "assumed"};
constexpr std::uint32_t largest_size = 4096;  // of a structure: a page
constexpr std::uint16_t largest_status = 0x7ff;
constexpr std::uint16_t widest_number = 128;  // bits

std::string suggestion(const std::string& near) {
    return near.empty() ? "" : "; did you mean " + near + "?";
}

bool has_value(Kind kind) {
    switch (kind) {
        case Kind::Opcode:
        case Kind::Status:
        case Kind::Size:
        case Kind::Value:
        case Kind::Limit:
        case Kind::Switch: return true;
        default: return false;
    }
}

bool has_place(Kind kind) { return kind == Kind::Field || kind == Kind::Layout; }

bool can_be_off(Kind kind) {
    return kind == Kind::Switch || (!has_value(kind) && !has_place(kind));
}

std::string kind_phrase(Kind kind) {
    const std::string name(spec::to_string(kind));
    return (name.find_first_of("aeiouAEIOU") == 0 ? "an " : "a ") + name;
}

/// What the number of a row may be. Sizes hold at least what code reads of each entry: the first
/// byte of a list, a version, a UUID.
std::pair<std::uint32_t, std::uint32_t> range_of(const Row& row) {
    switch (row.kind) {
        case Kind::Opcode: return {0, 0xff};
        case Kind::Status: return {0, largest_status};
        case Kind::Size: return {std::min(row.value, 16U), largest_size};
        default: return {0, std::numeric_limits<std::uint32_t>::max()};
    }
}

class Reader {
  public:
    explicit Reader(Profile& profile) : profile_(profile) {}

    void run(const Value& root) {
        // The name first: overlays tell whose they are.
        for (const Value::Member& each : root.members) {
            if (each.name == "name" && expect("name", each.value, Value::Type::Text)) {
                profile_.name = each.value.text;
            }
        }
        for (const Value::Member& each : root.members) {
            member(each);
        }
        std::stable_sort(profile_.overlays.begin(), profile_.overlays.end(),
                         [](const Overlay& a, const Overlay& b) { return a.id < b.id; });
        // What a profile puts back to what the standard says is no difference.
        profile_.overlays.erase(std::remove_if(profile_.overlays.begin(), profile_.overlays.end(),
                                               [&](const Overlay& o) {
                                                   return !profile_.rules.overlaid(o.id) &&
                                                          !is_of_dialects_alone(spec::row(o.id));
                                               }),
                                profile_.overlays.end());
    }

  private:
    void member(const Value::Member& each) {
        if (each.name == "name" || each.name == "base") {
            expect(each.name, each.value, Value::Type::Text);
        } else if (each.name == "title") {
            if (expect("title", each.value, Value::Type::Text)) {
                profile_.title = each.value.text;
            }
        } else if (each.name == "documents") {
            documents(each.value);
        } else if (each.name == "features") {
            features(each.value);
        } else if (each.name == "off" || each.name == "on") {
            switches(each.name, each.value);
        } else if (each.name == "rows") {
            rows(each.value);
        } else if (std::find(keys.begin(), keys.end(), each.name) != keys.end()) {
            column(each.name, each.value);
        } else {
            fail(each.where, fmt::format("unknown key {}{}", in_quotes(each.name),
                                         suggestion(nearest(each.name, keys))));
        }
    }

    void documents(const Value& value) {
        if (!expect("documents", value, Value::Type::Table)) {
            return;
        }
        for (const Value::Member& each : value.members) {
            if (expect("documents." + each.name, each.value, Value::Type::Text)) {
                profile_.documents.emplace_back(each.name, each.value.text);
            }
        }
    }

    void features(const Value& value) {
        std::vector<std::string> names;
        if (!texts("features", value)) {
            return;
        }
        for (const Value& item : value.items) {
            names.push_back(item.text);
        }
        std::string error;
        profile_.features = parse_features(names, error);
        if (!error.empty()) {
            fail(value.where, "features: " + error);
        }
    }

    void switches(const std::string& key, const Value& value) {
        if (!texts(key, value)) {
            return;
        }
        for (const Value& item : value.items) {
            if (const auto id = row_named(item.text, item.where)) {
                set_on(*id, key, key == "on", item.where);
            }
        }
    }

    /// [value], [status], [place], [offset]: one column of many rows.
    void column(const std::string& key, const Value& value) {
        if (!expect(key, value, Value::Type::Table)) {
            return;
        }
        for (const Value::Member& each : value.members) {
            if (const auto id = row_named(each.name, each.where)) {
                set(*id, key, key + "." + each.name, each);
            }
        }
    }

    /// [rows."ID"]: many columns of one row, and where they come from.
    void rows(const Value& value) {
        if (!expect("rows", value, Value::Type::Table)) {
            return;
        }
        for (const Value::Member& each : value.members) {
            const auto id = row_named(each.name, each.where);
            if (!id || !expect("rows." + each.name, each.value, Value::Type::Table)) {
                continue;
            }
            for (const Value::Member& cell : each.value.members) {
                row_cell(*id, each.name + "." + cell.name, cell);
            }
        }
    }

    void row_cell(Id id, const std::string& path, const Value::Member& cell) {
        const bool on = cell.name == "on";
        if (on || cell.name == "off") {
            if (expect(path, cell.value, Value::Type::Boolean)) {
                set_on(id, cell.name, cell.value.boolean == on, cell.where);
            }
        } else if (cell.name == "source") {
            if (expect(path, cell.value, Value::Type::Text)) {
                overlay(id, cell.where).source = cell.value.text;
            }
        } else if (cell.name == "assumed") {
            if (expect(path, cell.value, Value::Type::Boolean)) {
                overlay(id, cell.where).assumed = cell.value.boolean;
            }
        } else if (std::find(row_keys.begin(), row_keys.end(), cell.name) != row_keys.end()) {
            set(id, cell.name, path, cell);
        } else {
            fail(cell.where, fmt::format("unknown key {}{}", in_quotes(cell.name),
                                         suggestion(nearest(cell.name, row_keys))));
        }
    }

    void set(Id id, const std::string& key, const std::string& path, const Value::Member& cell) {
        if (key == "value") {
            set_value(id, path, cell);
        } else if (key == "status") {
            set_status(id, path, cell);
        } else if (key == "place") {
            set_place(id, path, cell);
        } else {
            set_offset(id, path, cell);
        }
    }

    void set_on(Id id, const std::string& key, bool on, const Position& where) {
        const Row& row = spec::row(id);
        if (!can_be_off(row.kind)) {
            fail(where, fmt::format("{}: {} is {}, which is neither on nor off", key, row.name,
                                    kind_phrase(row.kind)));
            return;
        }
        profile_.rules.set_on(id, on);
        overlay(id, where);
    }

    void set_value(Id id, const std::string& path, const Value::Member& cell) {
        const Row& row = spec::row(id);
        if (!has_value(row.kind)) {
            fail(cell.where, fmt::format("value: {} is {}, which has no number", row.name,
                                         kind_phrase(row.kind)));
            return;
        }
        const auto [least, most] = range_of(row);
        if (in_range("value", path, cell, least, most)) {
            profile_.rules.set_value(id, static_cast<std::uint32_t>(cell.value.integer));
            overlay(id, cell.where);
        }
    }

    void set_status(Id id, const std::string& path, const Value::Member& cell) {
        const Row& row = spec::row(id);
        if (row.kind != Kind::Condition) {
            fail(cell.where, fmt::format("status: {} is {}, which answers nothing", row.name,
                                         kind_phrase(row.kind)));
            return;
        }
        if (cell.value.type == Value::Type::Integer) {
            if (in_range("status", path, cell, 0, largest_status)) {
                profile_.rules.set_status_code(id, static_cast<std::uint16_t>(cell.value.integer));
                overlay(id, cell.where);
            }
            return;
        }
        if (!expect(path, cell.value, Value::Type::Text)) {
            return;
        }
        const auto answer = row_named(cell.value.text, cell.value.where);
        if (!answer) {
            return;
        }
        const Kind kind = spec::row(*answer).kind;
        if (kind != Kind::Status && kind != Kind::Value) {
            fail(cell.value.where,
                 fmt::format("status: {} is {}; expected a status, such as ST-002",
                             spec::row(*answer).name, kind_phrase(kind)));
            return;
        }
        profile_.rules.set_status(id, *answer);
        overlay(id, cell.where);
    }

    void set_place(Id id, const std::string& path, const Value::Member& cell) {
        const Row& row = spec::row(id);
        if (!has_place(row.kind)) {
            fail(cell.where, fmt::format("place: {} is {}, which stands nowhere", row.name,
                                         kind_phrase(row.kind)));
            return;
        }
        if (!expect(path, cell.value, Value::Type::Text)) {
            return;
        }
        spec::Place place;
        std::string error;
        if (!parse_place(cell.value.text, row.kind, place, error)) {
            fail(cell.value.where, fmt::format("place: {}: {}", in_quotes(cell.value.text), error));
            return;
        }
        const std::uint16_t widest = std::max<std::uint16_t>(row.place.width, widest_number);
        if (place.width > widest) {
            fail(cell.value.where,
                 fmt::format("place: {} bits; {} has at most {}", place.width, row.name, widest));
            return;
        }
        profile_.rules.set_place(id, place);
        overlay(id, cell.where);
    }

    /// The byte at which a row begins; its bits stay as they are.
    void set_offset(Id id, const std::string& path, const Value::Member& cell) {
        const Row& row = spec::row(id);
        if (!has_place(row.kind)) {
            fail(cell.where, fmt::format("offset: {} is {}, which stands nowhere", row.name,
                                         kind_phrase(row.kind)));
            return;
        }
        const spec::Place place = profile_.rules.place(id);
        const std::uint32_t structure = row.kind == Kind::Field ? 64 : largest_size;
        const std::uint32_t taken = (place.bit % 8 + place.width + 7) / 8;
        if (in_range("offset", path, cell, 0, structure - taken)) {
            const auto byte = static_cast<std::uint32_t>(cell.value.integer);
            profile_.rules.set_place(id, {byte * 8 + place.bit % 8, place.width});
            overlay(id, cell.where);
        }
    }

    bool in_range(const char* key, const std::string& path, const Value::Member& cell,
                  std::uint32_t least, std::uint32_t most) {
        if (!expect(path, cell.value, Value::Type::Integer)) {
            return false;
        }
        if (cell.value.integer >= least && cell.value.integer <= most) {
            return true;
        }
        fail(cell.value.where, fmt::format("{}: {} is out of range; expected {} to {}", key,
                                           cell.value.integer, least, most));
        return false;
    }

    Overlay& overlay(Id id, const Position& where) {
        for (Overlay& each : profile_.overlays) {
            if (each.id == id) {
                if (each.profile != profile_.name) {  // the base's, which this one takes over
                    each = {id, "", false, profile_.name, where};
                }
                return each;
            }
        }
        profile_.overlays.push_back({id, "", false, profile_.name, where});
        return profile_.overlays.back();
    }

    std::optional<Id> row_named(const std::string& name, const Position& where) {
        const std::optional<Id> id = spec::find(name);
        if (!id) {
            std::vector<std::string> names;
            for (const Row& row : spec::table) {
                names.emplace_back(row.name);
                names.emplace_back(row.symbol);
            }
            fail(where,
                 fmt::format("no row {}{}", in_quotes(name), suggestion(nearest(name, names))));
        }
        return id;
    }

    bool texts(const std::string& key, const Value& value) {
        if (!expect(key, value, Value::Type::Array)) {
            return false;
        }
        return std::all_of(value.items.begin(), value.items.end(),
                           [&](const Value& item) { return expect(key, item, Value::Type::Text); });
    }

    bool expect(const std::string& key, const Value& value, Value::Type type) {
        if (value.type == type) {
            return true;
        }
        fail(value.where, fmt::format("{}: expected {}, found {}", printable(key),
                                      type_phrase(type), type_phrase(value.type)));
        return false;
    }

    void fail(const Position& where, std::string message) {
        profile_.errors.push_back({where, std::move(message)});
    }

    Profile& profile_;
};

}  // namespace

void read_profile(const Value& root, Profile& profile) { Reader(profile).run(root); }

}  // namespace lmsim::sim
