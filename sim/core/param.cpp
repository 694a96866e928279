#include "sim/core/param.hpp"

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
