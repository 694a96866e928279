#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/param.hpp"

namespace lmsim::sim {

/// Where a parameter got its value: the name that was written (which may be an alias) and the
/// place. A parameter without an origin has its default.
struct Origin {
    std::string written;
    Position where;
};
using Origins = std::map<std::string, Origin>;

/// What is wrong, at most `limit` things; later ones are only noted.
class Diagnostics {
  public:
    static constexpr std::size_t limit = 20;

    /// Says the same thing once, as an alias would say it for each of its targets.
    void add(Diagnostic diagnostic);
    bool full() const { return cut_; }
    bool empty() const { return list_.empty(); }
    /// Of files in the order of their lines, then of options; the last entry says if some were cut.
    std::vector<Diagnostic> sorted() const;

  private:
    std::vector<Diagnostic> list_;
    bool cut_ = false;
};

/// Fills a struct of parameters with what the user wrote. Layers come in the order of their rank:
/// the files, then the options. Within one layer a group's own name wins over an alias.
class Binder {
  public:
    Binder(const GroupInfo& schema, void* object, Origins& origins, Diagnostics& diagnostics)
        : root_{&schema, object, "", "", "", false}, origins_(origins), diagnostics_(diagnostics) {}

    /// Of several files the later one wins; lists grow, those of the later file come behind.
    void bind_file(const Value& root);
    /// Options such as "vm.ram=8GiB" or "workload[0].vf=[0, 1]".
    void bind_options(const std::vector<std::string>& options);

  private:
    /// A group that is being filled. Its name as written, as it is, and as its alias would have it.
    struct Place {
        const GroupInfo* group;
        void* object;
        std::string written;
        std::string actual;
        std::string shared;
        bool through_alias;
    };
    struct Step {
        std::string name;
        bool has_index = false;
        std::size_t index = 0;
    };
    struct Option {
        std::vector<Step> path;
        Value value;
    };

    static bool read_option(const std::string& text, Option& option);
    bool uses_alias(const Option& option) const;
    void bind_option(const Place& place, const Option& option, std::size_t step);
    void bind_table(const Place& place, const Value& table);
    void bind_member(const Place& place, const std::string& name, const Position& where,
                     const Value& value);
    std::size_t kept(const std::string& prefix, std::size_t size, const Value& value);
    void bind_list(const Place& place, const ListInfo& list, const Value& value);
    void bind_element(const Place& place, const ListInfo& list, const Option& option,
                      std::size_t step);
    void assign(const Place& place, const ParamInfo& param, const Position& where,
                const Value& value);
    void unknown(const Place& place, const std::string& name, const Position& where);
    Place inner(const Place& place, const GroupInfo& group) const;
    Place target(const Place& place, const AliasInfo& alias, const std::string& name) const;
    Place element(const Place& place, const ListInfo& list, std::size_t index) const;
    void complain(const Position& where, const std::string& message);
    void complain_kind(const Place& place, const std::string& name, const char* phrase,
                       const Value& value);

    Place root_;
    Origins& origins_;
    Diagnostics& diagnostics_;
    std::map<std::string, std::size_t> kept_;  // by list: the entries that earlier files gave it
    bool lists_grow_ = false;
};

/// "a.b": a group's name and a member's.
std::string path_of(const std::string& group, const std::string& name);

/// All parameters of a schema by full path: aliases as themselves, lists as "workload[]".
std::vector<std::string> all_paths(const GroupInfo& schema);

}  // namespace lmsim::sim
