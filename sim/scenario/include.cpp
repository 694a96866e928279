#include "sim/scenario/include.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/core/param_type.hpp"
#include "sim/core/text.hpp"
#include "sim/scenario/input_file.hpp"
#include "sim/scenario/toml.hpp"

namespace lmsim::sim {

namespace {

constexpr const char* phrase = "a file name or a list of them such as [\"../devices/x.toml\"]";

bool is_same_file(const std::string& a, const std::string& b) {
    std::error_code error;
    return a == b || std::filesystem::equivalent(a, b, error);
}

}  // namespace

void IncludeReader::read_file(const std::string& file) {
    const Result<std::string> text = read_input(file, "a scenario file");
    if (text) {
        read_text(text.value(), file);
    } else {
        diagnostics_.add({{printable(file), "", 0, 0}, text.error()});
    }
}

void IncludeReader::read_text(std::string_view text, const std::string& file) {
    TomlText toml = parse_toml(text, file);
    if (!toml.ok) {
        return diagnostics_.add(toml.error);
    }
    open_.push_back(file);
    for (const Value::Member& member : toml.root.members) {
        if (member.name == include_key) {
            read_included(member.value);
        } else {
            look_for_misplaced(member, member.name);
        }
    }
    open_.pop_back();
    std::vector<Value::Member>& members = toml.root.members;
    const auto is_include = [](const Value::Member& member) { return member.name == include_key; };
    members.erase(std::remove_if(members.begin(), members.end(), is_include), members.end());
    layers_.push_back(std::move(toml.root));
}

/// Behind the first table of a file a key is part of that table, which is easily overlooked; so is
/// a letter too many.
void IncludeReader::look_for_misplaced(const Value::Member& member, const std::string& path) {
    if (member.name == include_key) {
        diagnostics_.add({member.where, fmt::format("unknown key {}; {} stands above the first "
                                                    "table of a file",
                                                    in_quotes(path), include_key)});
    } else if (path == "includes") {
        diagnostics_.add({member.where, "unknown key \"includes\"; did you mean \"include\"?"});
    }
    for (const Value::Member& inner : member.value.members) {
        look_for_misplaced(inner, path_of(path, inner.name));
    }
}

void IncludeReader::read_options(std::vector<std::string>& options) {
    const std::string begin = std::string(include_key) + "=";
    const auto is_other = [&](const std::string& option) {
        return option.compare(0, begin.size(), begin) != 0;
    };
    const auto includes = std::stable_partition(options.begin(), options.end(), is_other);
    for (auto option = includes; option != options.end(); ++option) {
        const std::string shown = "--set " + printable(*option);
        read_included(parse_option_value(option->substr(begin.size()), shown));
    }
    options.erase(includes, options.end());
}

void IncludeReader::read_included(const Value& value) {
    if (value.type == Value::Type::Text) {
        return read_one(value);
    }
    if (value.type != Value::Type::Array) {
        return diagnostics_.add(
            {value.where,
             fmt::format("{}: {}", include_key, detail::expected(phrase, value).message)});
    }
    for (const Value& item : value.items) {
        read_one(item);
    }
}

void IncludeReader::read_one(const Value& name) {
    const auto complain = [&](const std::string& what) {
        diagnostics_.add({name.where, fmt::format("{}: {}", include_key, what)});
    };
    const Result<FilePath> path = ParamType<FilePath>::read(name);
    if (!path) {
        return complain(path.error());
    }
    const std::string& file = path.value().path;
    if (path.value().empty()) {
        return complain("the name is empty; expected " + std::string(phrase));
    }
    const auto same = std::find_if(open_.begin(), open_.end(), [&](const std::string& open) {
        return is_same_file(open, file);
    });
    if (same != open_.end()) {
        const std::string by =
            same + 1 == open_.end() ? "" : ", by way of " + in_quotes(open_.back());
        return complain(in_quotes(file) + " includes itself" + by);
    }
    if (open_.size() > include_depth) {
        return complain(fmt::format("{} files include each other in a row; expected at most {}",
                                    open_.size(), include_depth));
    }
    if (++files_ > include_files) {
        return complain(fmt::format("more than {} files are included", include_files));
    }
    const Result<std::string> text = read_input(file, "a scenario file");
    if (!text) {
        return complain(in_quotes(file) + ": " + text.error());
    }
    read_text(text.value(), file);
}

}  // namespace lmsim::sim
