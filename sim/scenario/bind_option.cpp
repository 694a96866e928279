#include <algorithm>

#include "sim/scenario/bind.hpp"
#include "sim/scenario/toml.hpp"

namespace lmsim::sim {

namespace {

bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool is_a_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads a name from `at` on; false if there is none.
bool read_name(std::string_view text, std::size_t& at, std::string& name) {
    const std::size_t start = at;
    while (at < text.size() && is_name_letter(text[at])) ++at;
    name = std::string(text.substr(start, at - start));
    return at != start;
}

/// Reads "[12]" from `at` on; at most four digits, far beyond the longest list.
bool read_index(std::string_view text, std::size_t& at, std::size_t& index) {
    const std::size_t start = ++at;
    index = 0;
    while (at < text.size() && is_a_digit(text[at]) && at - start < 4) {
        index = index * 10 + static_cast<std::size_t>(text[at++] - '0');
    }
    if (at == start || at >= text.size() || text[at] != ']') return false;
    ++at;
    return true;
}

}  // namespace

bool Binder::read_option(const std::string& text, Option& option) {
    const std::string shown = "--set " + printable(text);
    option.value.where = {"", shown, 0, 0};
    std::size_t at = 0;
    do {
        Step step;
        if (!read_name(text, at, step.name)) return false;
        if (at < text.size() && text[at] == '[') {
            step.has_index = true;
            if (!read_index(text, at, step.index)) return false;
        }
        option.path.push_back(step);
    } while (at < text.size() && text[at++] == '.');
    // `at` is behind the character that ended the last name, or at the end without one.
    if (at == 0 || text[at - 1] != '=') return false;
    option.value = parse_option_value(std::string_view(text).substr(at), shown);
    return true;
}

bool Binder::uses_alias(const Option& option) const {
    const GroupInfo* group = root_.group;
    for (const Step& step : option.path) {
        const auto named = [&](const auto& item) { return item.name == step.name; };
        const auto& aliases = group->aliases;
        if (std::any_of(aliases.begin(), aliases.end(), named)) return true;
        const auto next = std::find_if(group->groups.begin(), group->groups.end(), named);
        if (next == group->groups.end()) return false;
        group = &*next;
    }
    return false;
}

void Binder::bind_options(const std::vector<std::string>& options) {
    std::vector<Option> read;
    for (const std::string& text : options) {
        Option option;
        if (read_option(text, option)) {
            read.push_back(std::move(option));
        } else {
            complain(option.value.where, "expected PATH=VALUE such as vm.ram=8GiB");
        }
    }
    for (const bool aliases : {true, false}) {
        for (const Option& option : read) {
            if (uses_alias(option) == aliases) bind_option(root_, option, 0);
        }
    }
}

void Binder::bind_option(const Place& place, const Option& option, std::size_t step) {
    const Step& here = option.path[step];
    const bool is_last = step + 1 == option.path.size();
    const Position& where = option.value.where;
    const auto named = [&](const auto& item) { return item.name == here.name; };
    const auto find = [&](const auto& items) {
        return std::find_if(items.begin(), items.end(), named);
    };
    const GroupInfo& group = *place.group;
    const std::string path = path_of(place.written, here.name);
    if (const auto list = find(group.lists); list != group.lists.end()) {
        if (here.has_index) return bind_element(place, *list, option, step);
        if (!is_last)
            return complain(where, path + " is a list; expected an index: " + path + "[0]");
        return bind_list(place, *list, option.value);
    }
    const bool known = find(group.params) != group.params.end() ||
                       find(group.groups) != group.groups.end() ||
                       find(group.aliases) != group.aliases.end();
    if (!known) return unknown(place, here.name, where);
    if (here.has_index) return complain(where, path + " is no list; expected no index");
    if (is_last) return bind_member(place, here.name, where, option.value);
    if (find(group.params) != group.params.end()) {
        return complain(where, path + " has no parts; expected " + path + "=VALUE");
    }
    if (const auto inside = find(group.groups); inside != group.groups.end()) {
        return bind_option(inner(place, *inside), option, step + 1);
    }
    const AliasInfo& alias = *find(group.aliases);
    for (const std::string& name : alias.targets) {
        bind_option(target(place, alias, name), option, step + 1);
    }
}

void Binder::bind_element(const Place& place, const ListInfo& list, const Option& option,
                          std::size_t step) {
    const std::size_t index = option.path[step].index;
    const Position& where = option.value.where;
    const std::string path = path_of(place.written, list.name);
    void* const member = static_cast<char*>(place.object) + list.offset;
    const std::size_t size = list.size(member);
    if (index >= list.most) {
        return complain(where, path + ": index " + std::to_string(index) +
                                   " is out of range; expected 0 to " +
                                   std::to_string(list.most - 1));
    }
    if (index >= size) list.resize(member, index + 1);
    for (std::size_t i = size; i <= index; ++i) {
        const Place added = element(place, list, i);
        origins_[added.actual] = {added.written, where};
    }
    const Place at = element(place, list, index);
    if (step + 1 < option.path.size()) return bind_option(at, option, step + 1);
    if (option.value.type != Value::Type::Table) {
        return complain(where,
                        at.written + ": " + detail::expected("a table", option.value).message);
    }
    bind_table(at, option.value);
}

}  // namespace lmsim::sim
