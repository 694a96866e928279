#include "sim/scenario/bind.hpp"

#include <algorithm>
#include <tuple>

#include "sim/scenario/toml.hpp"

namespace lmsim::sim {

namespace {

void* member_at(void* object, std::size_t offset) { return static_cast<char*>(object) + offset; }

template <class T>
const T* find(const std::vector<T>& items, const std::string& name) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
    return found == items.end() ? nullptr : &*found;
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('.') + 1); }

std::vector<std::string> member_names(const GroupInfo& group) {
    std::vector<std::string> names;
    for (const ParamInfo& info : group.params) names.push_back(info.name);
    for (const AliasInfo& info : group.aliases) names.push_back(info.name);
    for (const GroupInfo& info : group.groups) names.push_back(info.name);
    for (const ListInfo& info : group.lists) names.push_back(info.name);
    return names;
}

void collect_paths(const GroupInfo& group, const std::string& path, bool shared,
                   std::vector<std::string>& out) {
    for (const ParamInfo& info : group.params) {
        if (info.written == Written::Anywhere || shared) out.push_back(path_of(path, info.name));
    }
    for (const AliasInfo& alias : group.aliases) {
        const GroupInfo* target = find(group.groups, alias.targets.front());
        LMSIM_ASSERT(target != nullptr);
        collect_paths(*target, path_of(path, alias.name), true, out);
    }
    for (const GroupInfo& info : group.groups) {
        collect_paths(info, path_of(path, info.name), shared, out);
    }
    for (const ListInfo& info : group.lists) {
        collect_paths(*info.element, path_of(path, info.name) + "[]", shared, out);
    }
}

/// The name that was probably meant: in the same group first, then the same name elsewhere, then
/// whatever is spelt nearly like the whole path.
std::string suggest(const GroupInfo& root, const GroupInfo& group, const std::string& written,
                    const std::string& name) {
    const std::string near = nearest(name, member_names(group));
    if (!near.empty() && distance(name, near) <= 4) return path_of(written, near);
    if (name.size() > 200) return {};
    const std::string path = path_of(written, name);
    std::string best;
    std::size_t best_distance = SIZE_MAX;
    for (const std::string& candidate : all_paths(root)) {
        if (last_name(candidate) != name) continue;
        const std::size_t edits = distance(path, candidate);
        if (edits < best_distance) {
            best = candidate;
            best_distance = edits;
        }
    }
    if (!best.empty()) return best;
    if (!near.empty()) return path_of(written, near);
    best = nearest(path, all_paths(root));
    // Long paths agree in most of their letters anyway; be stricter.
    return best.empty() || distance(path, best) > path.size() / 2 ? std::string() : best;
}

}  // namespace

std::string path_of(const std::string& group, const std::string& name) {
    return group.empty() ? name : group + "." + name;
}

std::vector<std::string> all_paths(const GroupInfo& schema) {
    std::vector<std::string> out;
    collect_paths(schema, "", false, out);
    return out;
}

void Diagnostics::add(Diagnostic diagnostic) {
    for (const Diagnostic& known : list_) {
        if (known.text() == diagnostic.text()) return;
    }
    if (list_.size() == limit) {
        cut_ = true;
    } else {
        list_.push_back(std::move(diagnostic));
    }
}

std::vector<Diagnostic> Diagnostics::sorted() const {
    std::vector<Diagnostic> out = list_;
    std::vector<std::string> files;  // as they are read
    for (const Diagnostic& each : out) files.push_back(each.where.file);
    const auto rank = [&](const Position& where) {
        return std::find(files.begin(), files.end(), where.file) - files.begin();
    };
    std::stable_sort(out.begin(), out.end(), [&](const Diagnostic& a, const Diagnostic& b) {
        const bool a_option = !a.where.option.empty();
        const bool b_option = !b.where.option.empty();
        if (a_option || b_option) return !a_option && b_option;
        return std::make_tuple(rank(a.where), a.where.line, a.where.column) <
               std::make_tuple(rank(b.where), b.where.line, b.where.column);
    });
    if (cut_) {
        Position end = out.back().where;
        if (!out.front().where.file.empty()) end = {out.front().where.file, "", 0, 0};
        out.push_back({end, "there are more errors than these " + std::to_string(limit)});
    }
    return out;
}

void Binder::complain(const Position& where, const std::string& message) {
    diagnostics_.add({where, message});
}

void Binder::complain_kind(const Place& place, const std::string& name, const char* phrase,
                           const Value& value) {
    complain(value.where,
             path_of(place.written, name) + ": " + detail::expected(phrase, value).message);
}

Binder::Place Binder::inner(const Place& place, const GroupInfo& group) const {
    Place in{&group,
             member_at(place.object, group.offset),
             path_of(place.written, group.name),
             path_of(place.actual, group.name),
             path_of(place.shared, group.name),
             place.through_alias};
    for (const AliasInfo& alias : place.group->aliases) {
        if (std::count(alias.targets.begin(), alias.targets.end(), group.name) != 0) {
            in.shared = path_of(place.shared, alias.name);
        }
    }
    return in;
}

Binder::Place Binder::target(const Place& place, const AliasInfo& alias,
                             const std::string& name) const {
    const GroupInfo* group = find(place.group->groups, name);
    LMSIM_ASSERT(group != nullptr);
    Place in = inner(place, *group);
    in.written = path_of(place.written, alias.name);
    in.through_alias = true;
    return in;
}

Binder::Place Binder::element(const Place& place, const ListInfo& list, std::size_t index) const {
    const std::string name = list.name + "[" + std::to_string(index) + "]";
    return {list.element.get(),           list.at(member_at(place.object, list.offset), index),
            path_of(place.written, name), path_of(place.actual, name),
            path_of(place.shared, name),  place.through_alias};
}

void Binder::bind_table(const Place& place, const Value& table) {
    // Aliases first: what is written for one group alone comes later and wins.
    for (const bool aliases : {true, false}) {
        for (const Value::Member& member : table.members) {
            if (diagnostics_.full()) return;
            if ((find(place.group->aliases, member.name) != nullptr) != aliases) continue;
            bind_member(place, member.name, member.where, member.value);
        }
    }
}

void Binder::bind_member(const Place& place, const std::string& name, const Position& where,
                         const Value& value) {
    if (const ParamInfo* info = find(place.group->params, name)) {
        assign(place, *info, where, value);
    } else if (const ListInfo* info_list = find(place.group->lists, name)) {
        bind_list(place, *info_list, value);
    } else if (const GroupInfo* group = find(place.group->groups, name)) {
        if (value.type != Value::Type::Table) return complain_kind(place, name, "a table", value);
        bind_table(inner(place, *group), value);
    } else if (const AliasInfo* alias = find(place.group->aliases, name)) {
        if (value.type != Value::Type::Table) return complain_kind(place, name, "a table", value);
        for (const std::string& each : alias->targets)
            bind_table(target(place, *alias, each), value);
    } else {
        unknown(place, name, where);
    }
}

void Binder::bind_file(const Value& root) {
    kept_.clear();
    lists_grow_ = true;
    bind_table(root_, root);
    lists_grow_ = false;
}

/// How many entries of a list stay when `value` comes: those of earlier files, unless it is empty,
/// which is how a file says that it wants none of them. What the same file said under an alias
/// goes.
std::size_t Binder::kept(const std::string& prefix, std::size_t size, const Value& value) {
    if (!lists_grow_ || value.items.empty()) return 0;
    return kept_.emplace(prefix, size).first->second;
}

void Binder::bind_list(const Place& place, const ListInfo& list, const Value& value) {
    const std::string phrase = "tables, each [[" + path_of(place.written, list.name) + "]]";
    if (value.type != Value::Type::Array) {
        return complain_kind(place, list.name, phrase.c_str(), value);
    }
    void* const member = member_at(place.object, list.offset);
    const std::string prefix = path_of(place.actual, list.name) + "[";
    const std::size_t first = kept(prefix, list.size(member), value);
    const std::size_t size = first + value.items.size();
    if (size > list.most) {
        return complain(value.where, path_of(place.written, list.name) + ": " +
                                         std::to_string(size) + " entries; expected at most " +
                                         std::to_string(list.most));
    }
    list.resize(member, first);
    list.resize(member, size);
    for (auto it = origins_.lower_bound(prefix);
         it != origins_.end() && it->first.compare(0, prefix.size(), prefix) == 0;) {
        const std::size_t index = std::stoul(it->first.substr(prefix.size()));
        it = index >= first ? origins_.erase(it) : std::next(it);
    }
    for (std::size_t i = first; i < size && !diagnostics_.full(); ++i) {
        const Value& item = value.items[i - first];
        const std::string name = list.name + "[" + std::to_string(i) + "]";
        if (item.type != Value::Type::Table) {
            complain_kind(place, name, "a table", item);
            continue;
        }
        const Place at = element(place, list, i);
        origins_[at.actual] = {at.written, item.where};
        bind_table(at, item);
    }
}

void Binder::assign(const Place& place, const ParamInfo& param, const Position& where,
                    const Value& value) {
    const std::string written = path_of(place.written, param.name);
    if (param.written == Written::InAliasOnly && !place.through_alias) {
        return complain(where, written + " cannot differ between the two; write " +
                                   path_of(place.shared, param.name));
    }
    const std::string problem = param.assign(member_at(place.object, param.offset), value);
    if (!problem.empty()) return complain(value.where, written + ": " + problem);
    origins_[path_of(place.actual, param.name)] = {written, where};
}

void Binder::unknown(const Place& place, const std::string& name, const Position& where) {
    const std::string near = suggest(*root_.group, *place.group, place.written, name);
    complain(where, "unknown key " + in_quotes(path_of(place.written, name)) +
                        (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
}

}  // namespace lmsim::sim
