#include "sim/trace/run_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "sim/core/text.hpp"
#include "sim/metrics/report.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim::trace {
namespace {

namespace fs = std::filesystem;

Failure refusal(const std::string& path, const std::string& why) {
    return Failure{fmt::format("cannot use {} as the run directory: {}", in_quotes(path), why)};
}

/// Makes a directory with a name of its own that begins with `stem`; an empty text and errno if
/// not.
std::string unique_directory(const std::string& stem) {
    std::string name = stem + ".unfinished-XXXXXX";
    return ::mkdtemp(name.data()) == nullptr ? "" : name;
}

/// mkdtemp lets only its owner in; a run directory is as open as any other that the user makes.
void open_as_usual(const std::string& path) {
    const std::string probe = path + "/.probe";
    std::error_code ignored;
    if (!fs::create_directory(probe, ignored)) return;
    fs::permissions(path, fs::status(probe, ignored).permissions(), ignored);
    fs::remove(probe, ignored);
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

sim::Result<RunDirectory> RunDirectory::create(const std::string& path) {
    RunDirectory directory;
    directory.path_ = without_slashes(path);
    if (path.empty()) return refusal(path, "it has no name");
    std::error_code error;
    const fs::file_status status = fs::status(directory.path_, error);
    if (fs::exists(status)) {
        if (!fs::is_directory(status)) return refusal(path, "it exists and is not a directory");
        const bool empty = fs::is_empty(directory.path_, error);
        if (error) return refusal(path, system_words(error.value()));
        if (!empty) {
            return refusal(path, "it exists and is not empty; expected a new or an empty one");
        }
        directory.inside_ = true;
    } else if (error && error != std::errc::no_such_file_or_directory) {
        return refusal(path, system_words(error.value()));
    }
    const std::string parent = fs::path(directory.path_).parent_path().string();
    std::vector<std::string> missing;
    for (fs::path up = parent; !up.empty() && !fs::exists(up, error); up = up.parent_path()) {
        missing.insert(missing.begin(), up.string());
    }
    for (const std::string& folder : missing) {
        if (fs::create_directory(folder, error)) directory.made_.push_back(folder);
        if (error) {
            const int number = error.value();
            directory.remove();
            return refusal(path, fmt::format("its folder {} cannot be made: {}", in_quotes(folder),
                                             system_words(number)));
        }
    }
    const std::string stem = directory.inside_ ? directory.path_ + "/" : directory.path_;
    directory.work_ = unique_directory(stem);
    if (directory.work_.empty()) {
        const int number = errno;
        directory.remove();
        return refusal(path, "nothing can be written there: " + system_words(number));
    }
    open_as_usual(directory.work_);
    return sim::Result<RunDirectory>(std::move(directory));
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      work_(std::exchange(other.work_, std::string())),
      inside_(other.inside_),
      made_(std::exchange(other.made_, {})) {}

RunDirectory::~RunDirectory() { remove(); }

void RunDirectory::remove() {
    std::error_code ignored;
    if (!work_.empty()) fs::remove_all(work_, ignored);
    work_.clear();
    // Only what is empty goes: somebody else may have put something there.
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
        fs::remove(*folder, ignored);
    }
    made_.clear();
}

std::string RunDirectory::fill(const RunFiles& files) const {
    const auto write = [this](const std::string& name, const std::string& text) {
        return write_file(file(name), text);
    };
    std::error_code error;
    if (!files.states.empty() && !fs::create_directory(file("state"), error)) {
        return fmt::format("cannot make {}: {}", in_quotes(file("state")),
                           system_words(error.value()));
    }
    for (const StateFile& state : files.states) {
        std::string wrong = write(fmt::format("state/{}.bin", state.vf), state.bytes);
        if (!wrong.empty()) return wrong;
    }
    std::vector<std::pair<std::string, std::string>> texts = {
        {"result.json", metrics::result_json(files.result)},
        {"report.md", metrics::result_markdown(files.result)},
        {"config.toml", files.config},
    };
    for (const auto& [name, text] : texts) {
        std::string wrong = write(name, text);
        if (!wrong.empty()) return wrong;
    }
    std::vector<std::string> names = names_in(work_);
    names.erase(std::remove(names.begin(), names.end(), "state"), names.end());
    for (const StateFile& state : files.states) {
        names.push_back(fmt::format("state/{}.bin", state.vf));
    }
    return write("manifest.json", manifest_json(files.result, names));
}

std::string RunDirectory::show() {
    std::error_code error;
    if (!inside_) {
        fs::rename(work_, path_, error);
    } else {
        for (const std::string& name : names_in(work_)) {
            if (!error) fs::rename(work_ + "/" + name, path_ + "/" + name, error);
        }
        if (!error) fs::remove(work_, error);
    }
    if (error) {
        // The run is done and its files are whole: better in the wrong place than gone.
        return fmt::format("cannot move the results to {}: {}; they are in {}", in_quotes(path_),
                           system_words(error.value()), in_quotes(std::exchange(work_, "")));
    }
    work_.clear();
    return "";
}

std::string RunDirectory::finish(const RunFiles& files) {
    LMSIM_ASSERT(!work_.empty());
    std::string wrong = fill(files);
    if (!wrong.empty()) {
        remove();
        return wrong;
    }
    made_.clear();
    return show();
}

}  // namespace lmsim::sim::trace
