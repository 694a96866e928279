#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/bind.hpp"

namespace lmsim::sim {

/// The key of a scenario file that names other files, relative to the file that says so.
inline constexpr const char* include_key = "include";
inline constexpr const char* include_help =
    "files whose values come first, relative to the file that names them: of two that say the same "
    "the later one wins, the including file wins over all, lists grow and an empty one (`workload "
    "= "
    "[]`) drops what was listed before";
/// Files that include each other in a row, and files that one scenario is made of.
inline constexpr std::size_t include_depth = 16;
inline constexpr std::size_t include_files = 256;

/// Reads scenario files with what they include. A file's own values come behind those of the files
/// it includes, so the including file wins, and of several included files the later one.
class IncludeReader {
  public:
    explicit IncludeReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    /// The file itself.
    void read_file(const std::string& file);
    /// A file whose text is already there.
    void read_text(std::string_view text, const std::string& file);
    /// What "--set include=..." names, and drops it from the options; relative to where lmsim runs.
    void read_options(std::vector<std::string>& options);

    /// Root tables in the order in which they are to be bound, without their includes.
    const std::vector<Value>& layers() const { return layers_; }

  private:
    void read_included(const Value& value);
    void read_one(const Value& name);
    void look_for_misplaced(const Value::Member& member, const std::string& path);

    Diagnostics& diagnostics_;
    std::vector<Value> layers_;
    std::vector<std::string> open_;  // which file includes which, down to the one being read
    std::size_t files_ = 0;
};

}  // namespace lmsim::sim
