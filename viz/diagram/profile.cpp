#include "viz/diagram/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>

#include "model/spec/describe.hpp"
#include "model/spec/table.hpp"
#include "model/vfio/uapi.hpp"
#include "sim/core/text.hpp"
#include "sim/scenario/toml.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::viz {
namespace {

using sim::Value;

const std::vector<std::string> keys{"name", "features", "off", "on", "value"};

std::string suggestion(const std::string& near) {
    return near.empty() ? "" : "; did you mean " + near + "?";
}

bool has_value(spec::Kind kind) {
    switch (kind) {
        case spec::Kind::Opcode:
        case spec::Kind::Status:
        case spec::Kind::Size:
        case spec::Kind::Value:
        case spec::Kind::Limit:
        case spec::Kind::Switch: return true;
        default: return false;
    }
}

bool can_be_off(spec::Kind kind) {
    switch (kind) {
        case spec::Kind::Condition:
        case spec::Kind::Behaviour:
        case spec::Kind::Switch:
        case spec::Kind::Arc: return true;
        default: return false;
    }
}

std::string kind_phrase(spec::Kind kind) {
    const std::string name(spec::to_string(kind));
    return (name.find_first_of("aeiouAEIOU") == 0 ? "an " : "a ") + name;
}

class Reader {
  public:
    explicit Reader(LoadedProfile& profile) : profile_(profile) {}

    void run(const Value& root) {
        for (const Value::Member& each : root.members) {
            member(each);
        }
    }

  private:
    void member(const Value::Member& each) {
        if (each.name == "name") {
            if (expect(each.name, each.value, Value::Type::Text)) {
                profile_.dialect.name = each.value.text;
            }
        } else if (each.name == "features") {
            features(each.value);
        } else if (each.name == "off" || each.name == "on") {
            switches(each.name, each.value);
        } else if (each.name == "value") {
            values(each.value);
        } else {
            fail(each.where, fmt::format("unknown key {}{}", sim::in_quotes(each.name),
                                         suggestion(sim::nearest(each.name, keys))));
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
        profile_.dialect.features = parse_features(names, error);
        if (!error.empty()) {
            fail(value.where, "features: " + error);
        }
    }

    void switches(const std::string& key, const Value& value) {
        if (!texts(key, value)) {
            return;
        }
        for (const Value& item : value.items) {
            const std::optional<spec::Id> id = row_named(item.text, item.where);
            if (!id) {
                continue;
            }
            const spec::Kind kind = spec::row(*id).kind;
            if (!can_be_off(kind)) {
                fail(item.where, fmt::format("{}: {} is {}, which is neither on nor off", key,
                                             spec::row(*id).name, kind_phrase(kind)));
            } else {
                profile_.dialect.rules.set_on(*id, key == "on");
            }
        }
    }

    void values(const Value& value) {
        if (!expect("value", value, Value::Type::Table)) {
            return;
        }
        for (const Value::Member& each : value.members) {
            const std::optional<spec::Id> id = row_named(each.name, each.where);
            if (!id || !expect("value." + each.name, each.value, Value::Type::Integer)) {
                continue;
            }
            const spec::Kind kind = spec::row(*id).kind;
            const std::int64_t number = each.value.integer;
            if (!has_value(kind)) {
                fail(each.where, fmt::format("value: {} is {}, which has no number",
                                             spec::row(*id).name, kind_phrase(kind)));
            } else if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) {
                fail(each.value.where,
                     fmt::format("value: {} is out of range; expected 0 to {}", number,
                                 std::numeric_limits<std::uint32_t>::max()));
            } else {
                profile_.dialect.rules.set_value(*id, static_cast<std::uint32_t>(number));
            }
        }
    }

    std::optional<spec::Id> row_named(const std::string& name, const sim::Position& where) {
        const std::optional<spec::Id> id = spec::find(name);
        if (!id) {
            std::vector<std::string> names;
            for (const spec::Row& row : spec::table) {
                names.emplace_back(row.name);
            }
            fail(where, fmt::format("no row {}{}", sim::in_quotes(name),
                                    suggestion(sim::nearest(name, names))));
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
        fail(value.where, fmt::format("{}: expected {}, found {}", sim::printable(key),
                                      sim::type_phrase(type), sim::type_phrase(value.type)));
        return false;
    }

    void fail(const sim::Position& where, std::string message) {
        profile_.errors.push_back({where, std::move(message)});
    }

    LoadedProfile& profile_;
};

}  // namespace

std::string LoadedProfile::error_text() const {
    std::string text;
    for (const sim::Diagnostic& each : errors) {
        text += each.text() + "\n";
    }
    return text;
}

LoadedProfile load_profile_text(std::string_view text, const std::string& file) {
    LoadedProfile profile;
    const std::size_t slash = file.find_last_of('/');
    profile.dialect.name = slash == std::string::npos ? file : file.substr(slash + 1);
    const sim::TomlText parsed = sim::parse_toml(text, file);
    if (!parsed.ok) {
        profile.errors.push_back(parsed.error);
        return profile;
    }
    Reader(profile).run(parsed.root);
    return profile;
}

LoadedProfile load_profile(const std::string& file) {
    constexpr std::size_t largest = 1U << 20U;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rb"),
                                                                 &std::fclose);
    if (!stream && file == "ratified") {
        return {};
    }
    std::string text(largest + 1, '\0');
    errno = stream ? 0 : errno;
    text.resize(stream ? std::fread(text.data(), 1, text.size(), stream.get()) : 0);
    LoadedProfile profile;
    if (errno != 0) {
        profile.errors.push_back(
            {{file, "", 0, 0}, "cannot be read: " + sim::trace::system_words(errno)});
    } else if (text.size() > largest) {
        profile.errors.push_back({{file, "", 0, 0}, "is larger than 1 MiB; expected a profile"});
    }
    return profile.ok() ? load_profile_text(text, file) : profile;
}

std::uint8_t parse_features(const std::vector<std::string>& names, std::string& error) {
    const std::vector<std::string> known{"stop_copy", "p2p", "pre_copy"};
    std::uint8_t flags = vfio::STOP_COPY_FLAG;
    for (const std::string& name : names) {
        std::string low;
        for (const char c : name) {
            low += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        if (low == "p2p") {
            flags |= vfio::P2P_FLAG;
        } else if (low == "pre_copy") {
            flags |= vfio::PRE_COPY_FLAG;
        } else if (low != "stop_copy") {
            error = fmt::format("no feature {}{}; there are {}", sim::in_quotes(name),
                                suggestion(sim::nearest(low, known)), sim::joined(known));
            return flags;
        }
    }
    return flags;
}

}  // namespace lmsim::viz
