#pragma once

#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/core/param.hpp"

namespace lmsim::sim {

/// Rows of the specification by their requirement ids.
struct RowList {
    std::vector<spec::Id> rows;
    friend bool operator==(const RowList& a, const RowList& b) { return a.rows == b.rows; }
};

/// Why this name cannot be used, with the nearest one: "there is no \"LM-SUS\"; did you mean ...?"
std::string unknown_name(const std::string& name, const std::vector<std::string>& known);

/// The names in an array; each must be one of the known ones, if there are any. `what` they are is
/// for the message.
Result<std::vector<std::string>> read_names(const Value& value,
                                            const std::vector<std::string>& known,
                                            const char* what);

/// The same as TOML.
std::string print_names(const std::vector<std::string>& names);

/// The row with this requirement id, if it can be switched off or on; otherwise why not.
Result<spec::Id> switchable_row(const std::string& name);

template <>
struct ParamType<RowList> {
    static Result<RowList> read(const Value& value);
    static std::string print(const RowList& value);
    static std::string name() { return "a list of requirement ids"; }
    static std::string schema() { return R"({"type":"array","items":{"type":"string"}})"; }
};

}  // namespace lmsim::sim
