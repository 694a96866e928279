#pragma once

#include <sys/wait.h>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lmsim::tests {

/// A folder of its own that is gone afterwards.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-cli-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return file(name);
    }
    bool empty_but_for(const std::string& name) const {
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            const std::string found = entry.path().filename().string();
            if (found != name && found != "stdout" && found != "stderr") return false;
        }
        return true;
    }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Ended {
    int exit_code = -1;
    std::string out;
    std::string err;
};

/// Runs the program that was built with a shell command's worth of arguments.
inline Ended run_lmsim(const Folder& folder, const std::string& arguments,
                       const std::string& before = "") {
    const std::string command = before + " " LMSIM_BINARY_DIR "/lmsim " + arguments + " > " +
                                folder.file("stdout") + " 2> " + folder.file("stderr") +
                                " < /dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            read_file(folder.file("stdout")), read_file(folder.file("stderr"))};
}

}  // namespace lmsim::tests
