#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lmsim::sim {

/// The "schema" of each file and each output for programs, with its version: Result, Trace, ...
namespace schema {
#define LMSIM_SCHEMA(symbol, name, what, written, read) inline constexpr const char* symbol = name;
#include "sim/core/schemas.def"
#undef LMSIM_SCHEMA
}  // namespace schema

/// A schema as a row of `lmsim schemas`.
struct SchemaInfo {
    std::string_view name;     // "lmsim/result/1"
    std::string_view what;     // in a few words
    std::string_view written;  // the verbs that write it
    std::string_view read;     // the verbs that read it again; empty if none of ours does
};

/// All of them, by name.
const std::vector<SchemaInfo>& all_schemas();

/// Is it a version of that schema, this one or another?
bool is_version_of(std::string_view name, std::string_view schema);

/// In words: a file's schema is `found`, and it was to be `wanted`. Of another version of the same
/// it says what to do.
std::string other_schema(std::string_view found, std::string_view wanted);

}  // namespace lmsim::sim
