#include "tools/cli/data_files.hpp"

#include <filesystem>
#include <system_error>

namespace lmsim::cli {

namespace fs = std::filesystem;

std::string data_folder() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) {
        return {};
    }
    const fs::path folder = program.parent_path().parent_path() / "share" / "lmsim";
    return fs::is_directory(folder, error) ? folder.string() : std::string();
}

std::string find_data(const std::string& path) {
    std::error_code error;
    if (path.empty() || fs::path(path).is_absolute() || fs::exists(path, error) || error) {
        return path;
    }
    const std::string folder = data_folder();
    if (folder.empty()) {
        return path;
    }
    const fs::path installed = fs::path(folder) / path;
    return fs::exists(installed, error) ? installed.string() : path;
}

void with_installed_data(CLI::Option& option) {
    option.transform(CLI::Validator(
        [](std::string& path) {
            path = find_data(path);
            return std::string();
        },
        ""));
}

}  // namespace lmsim::cli
