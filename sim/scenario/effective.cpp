#include <algorithm>

#include "sim/core/text.hpp"
#include "sim/scenario/load.hpp"

namespace lmsim::sim {

namespace {

/// Prints one struct of parameters after the other, depth first, as TOML wants it: the values of a
/// table before its sub-tables.
class EffectiveWriter {
  public:
    explicit EffectiveWriter(const Origins& origins) : origins_(origins) {}

    /// `shared`: what may only be written under an alias, or all the rest.
    void group(const GroupInfo& group, void* object, const std::string& path,
               const std::string& heading, bool shared) {
        std::string lines;
        for (const ParamInfo& param : group.params) {
            if ((param.written == Written::InAliasOnly) == shared) {
                lines += line(param, static_cast<char*>(object) + param.offset, path);
            }
        }
        const bool is_table = !heading.empty() && (!lines.empty() || heading[1] == '[');
        text_ += is_table ? "\n" + heading + "\n" + lines : lines;
        if (!shared) {
            aliases(group, object, path);
        }
        for (const GroupInfo& inner : group.groups) {
            const std::string name = path_of(path, inner.name);
            this->group(inner, static_cast<char*>(object) + inner.offset, name, "[" + name + "]",
                        shared);
        }
        if (!shared) {
            for (const ListInfo& list : group.lists) {
                elements(list, static_cast<char*>(object) + list.offset, path_of(path, list.name));
            }
        }
    }

    const std::string& text() const { return text_; }

  private:
    std::string line(const ParamInfo& param, const void* member, const std::string& path) const {
        const auto origin = origins_.find(path_of(path, param.name));
        std::string from = "default";
        if (origin != origins_.end()) {
            from = origin->second.where.text();
            if (origin->second.written != origin->first && !origin->second.where.file.empty()) {
                from += " " + origin->second.written;
            }
        }
        return param.name + " = " + param.print(member) + "  # " + from + "\n";
    }

    /// Under the alias's name goes only what cannot be written under a target's own.
    void aliases(const GroupInfo& group, void* object, const std::string& path) {
        for (const AliasInfo& alias : group.aliases) {
            const auto target = std::find_if(
                group.groups.begin(), group.groups.end(),
                [&](const GroupInfo& each) { return each.name == alias.targets.front(); });
            EffectiveWriter inner(origins_);
            inner.group(*target, static_cast<char*>(object) + target->offset,
                        path_of(path, target->name), "", true);
            text_ += rename(inner.text(), path_of(path, target->name), path_of(path, alias.name));
        }
    }

    static std::string rename(std::string text, const std::string& from, const std::string& to) {
        for (std::size_t at = text.find("[" + from); at != std::string::npos;
             at = text.find("[" + from, at + 1)) {
            text.replace(at + 1, from.size(), to);
        }
        return text;
    }

    void elements(const ListInfo& list, void* member, const std::string& path) {
        for (std::size_t i = 0; i < list.size(member); ++i) {
            group(*list.element, list.at(member, i), path + "[" + std::to_string(i) + "]",
                  "[[" + path + "]]", false);
        }
    }

    const Origins& origins_;
    std::string text_;
};

}  // namespace

std::string effective_toml(const LoadedScenario& loaded) {
    Scenario scenario = loaded.scenario;
    EffectiveWriter writer(loaded.origins);
    writer.group(schema_of<Scenario>(), &scenario, "", "", false);
    return writer.text();
}

}  // namespace lmsim::sim
