#include "tests/viz/spin/spin.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace lmsim::viz::test {
namespace {

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-spin-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The number before a phrase of the verifier's report ("1176 states, stored").
std::size_t number_before(const std::string& report, const std::string& phrase) {
    const std::size_t at = report.find(phrase);
    REQUIRE(at != std::string::npos);
    std::size_t begin = report.find_last_not_of("0123456789", at - 1);
    begin = begin == std::string::npos ? 0 : begin + 1;
    return std::strtoull(report.c_str() + begin, nullptr, 10);
}

std::size_t number_after(const std::string& report, const std::string& phrase) {
    const std::size_t at = report.find(phrase);
    REQUIRE(at != std::string::npos);
    return std::strtoull(report.c_str() + at + phrase.size(), nullptr, 10);
}

bool runs(const std::string& command) {
    return std::system((command + " > /dev/null 2>&1 < /dev/null").c_str()) == 0;
}

}  // namespace

bool has_spin() {
    const bool here = runs("spin -V") && runs("cc --version");
    if (!here) {
        WARN("left out: the program spin, or a C compiler, is not installed");
    }
    return here;
}

Verified verify(const std::string& promela, const std::string& claim) {
    const Folder folder;
    std::ofstream(folder / "model.pml", std::ios::binary) << promela;
    const bool liveness = !claim.empty();
    const std::string command =
        "cd " + (folder / "").string() + " && { spin " + (liveness ? "-DLIVENESS" : "") +
        " -a model.pml && cc -w -O0 -DNOREDUCE " + (liveness ? "-DNFAIR=4" : "-DSAFETY") +
        " -o pan pan.c && ./pan -w18 -m200000 -n " + (liveness ? "-a -f -N " + claim : "") +
        "; } > said 2>&1 < /dev/null";
    const int status = std::system(command.c_str());
    Verified result;
    result.output = read_file(folder / "said");
    INFO(result.output);
    REQUIRE(status == 0);
    result.states = number_before(result.output, " states, stored");
    result.transitions = number_before(result.output, " transitions (=");
    result.errors = number_after(result.output, "errors: ");
    REQUIRE((result.errors != 0 || result.output.find("not completed") == std::string::npos));
    REQUIRE(result.output.find("max search depth too small") == std::string::npos);
    return result;
}

}  // namespace lmsim::viz::test
