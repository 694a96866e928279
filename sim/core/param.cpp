#include "sim/core/param.hpp"

#include <algorithm>
#include <set>

namespace lmsim::sim::detail {

std::string range_phrase(const ParamInfo& info) {
    if (!info.allowed.empty()) {
        return "; expected " + std::string(info.allowed.size() > 1 ? "one of " : "") +
               joined(info.allowed);
    }
    if (info.least.empty()) return {};
    return "; expected " + info.least + " to " + info.most;
}

void add(ParamInfo info, const void* member) {
    LMSIM_ASSERT(!info.help.empty() && !info.source.empty());
    info.offset = address(member);
    describing->params.push_back(std::move(info));
}

void add(ListInfo info, const void* member) {
    LMSIM_ASSERT(!info.help.empty());
    info.offset = address(member);
    describing->lists.push_back(std::move(info));
}

void add(AliasInfo info) { describing->aliases.push_back(std::move(info)); }

void declare_enum(EnumType type, const void* member, const char* name, std::size_t fallback,
                  const char* help, const char* source, Written written) {
    ParamInfo info;
    info.name = name;
    info.help = help;
    info.source = source;
    info.type = "one of " + joined(type.names);
    info.schema = names_schema(type.names);
    info.fallback = in_quotes(type.names[fallback]);
    info.written = written;
    info.print = [type](const void* target) { return in_quotes(type.names[type.get(target)]); };
    info.assign = [type](void* target, const Value& value) -> std::string {
        const Result<std::string> chosen = read_choice(type.names, value);
        if (!chosen) return chosen.error();
        const auto found = std::find(type.names.begin(), type.names.end(), chosen.value());
        type.set(target, static_cast<std::size_t>(found - type.names.begin()));
        return {};
    };
    add(std::move(info), member);
}

#define LMSIM_PARAM_TYPE(T, R) \
    template T declare(T*, const char*, const T&, const R&, const char*, const char*, Written);
LMSIM_PARAM_TYPES(LMSIM_PARAM_TYPE)
#undef LMSIM_PARAM_TYPE

void finish(GroupInfo& group, const void* object, std::size_t size) {
    std::set<std::size_t> places;
    std::set<std::string> names;
    // The lines name their member twice; a copied line that was only half changed ends here.
    const auto settle = [&](const std::string& name, std::size_t& offset) {
        offset -= address(object);
        LMSIM_ASSERT(offset < size);
        LMSIM_ASSERT(places.insert(offset).second);
        LMSIM_ASSERT(names.insert(name).second);
    };
    for (ParamInfo& info : group.params) settle(info.name, info.offset);
    for (GroupInfo& info : group.groups) settle(info.name, info.offset);
    for (ListInfo& info : group.lists) settle(info.name, info.offset);
}

}  // namespace lmsim::sim::detail
