#pragma once

#include <string>
#include <vector>

#include "sim/core/result.hpp"
#include "sim/metrics/result.hpp"

namespace lmsim::sim::trace {

/// "out/run/" is out/run.
inline std::string without_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

/// The controller state of a VF as it was moved.
struct StateFile {
    metrics::Device vf = 0;
    std::string bytes;
};

/// What finish() writes; trace.ndjson is written while the run goes on, see RunDirectory::file().
struct RunFiles {
    const metrics::Result& result;
    std::string config;  // the effective scenario, TOML
    std::vector<StateFile> states;
};

/// Where a run leaves its files. They are collected in a hidden place beside (or, if the directory
/// is there and empty, inside) the directory and appear in it all at once, so that whatever goes
/// wrong no partial run directory remains.
class RunDirectory {
  public:
    /// Refused: a path that exists and is not an empty directory, or where nothing can be written.
    /// Folders above it are made if need be.
    static sim::Result<RunDirectory> create(const std::string& path);
    RunDirectory(RunDirectory&& other) noexcept;
    RunDirectory& operator=(RunDirectory&&) = delete;
    /// Without finish(): nothing of it remains, the folders that were made neither.
    ~RunDirectory();

    /// Path at which to write a file of the run: file("trace.ndjson").
    std::string file(const std::string& name) const { return work_ + "/" + name; }

    /// Writes result.json, report.md, config.toml, state/VF.bin and manifest.json, then shows all
    /// at once. An interrupted run is finished like any other: the result says that it is partial,
    /// and so do report and manifest. Returns an empty text or what went wrong.
    std::string finish(const RunFiles& files);

    const std::string& path() const { return path_; }

  private:
    RunDirectory() = default;
    std::string fill(const RunFiles& files) const;
    std::string show();
    void remove();

    std::string path_;
    std::string work_;               // where the files are until finish(); empty after it
    bool inside_ = false;            // work_ lies in path_, which was there before
    std::vector<std::string> made_;  // folders above path_ that were made, outermost first
};

/// The text of manifest.json.
std::string manifest_json(const metrics::Result& result, const std::vector<std::string>& files);

}  // namespace lmsim::sim::trace
