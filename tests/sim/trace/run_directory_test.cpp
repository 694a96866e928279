#include "sim/trace/run_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/trace/output_file.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/sample.hpp"

using namespace lmsim::sim::trace;
using lmsim::tests::sample_result;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

/// A folder of its own that goes with the test.
struct Folder {
    std::string path = (fs::temp_directory_path() / "lmsim-run-XXXXXX").string();
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::string operator/(const std::string& name) const { return path + "/" + name; }
};

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> tree(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        names.push_back(entry.path().lexically_relative(folder).string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string finish(RunDirectory& directory, bool partial = false) {
    auto result = sample_result();
    result.partial = partial;
    return directory.finish({result, "seed = 7\n", {{0, "abc"}, {3, std::string("\0\xff", 2)}}});
}

const std::vector<std::string> all_files{"config.toml", "manifest.json", "report.md",
                                         "result.json", "state",         "state/0.bin",
                                         "state/3.bin", "trace.ndjson"};

}  // namespace

TEST_CASE("a new directory appears at the end, whole") {
    const Folder folder;
    auto directory = RunDirectory::create(folder / "a/b/run/");
    REQUIRE(directory);
    CHECK_FALSE(fs::exists(folder / "a/b/run"));
    CHECK(write_file(directory.value().file("trace.ndjson"), "{}\n") == "");
    CHECK(finish(directory.value()) == "");
    CHECK(tree(folder / "a/b/run") == all_files);
    CHECK(tree(folder / "a/b").size() == all_files.size() + 1);
    CHECK(content(folder / "a/b/run/state/3.bin") == std::string("\0\xff", 2));
    CHECK(content(folder / "a/b/run/config.toml") == "seed = 7\n");
    const Json manifest = Json::parse(content(folder / "a/b/run/manifest.json"));
    CHECK(manifest["schema"] == "lmsim/manifest/1");
    CHECK(manifest["trace_hash"] == "0x0123456789abcdef");
    CHECK(manifest["seed"] == 7);
    CHECK(manifest["partial"] == false);
    CHECK(manifest["files"] == Json({"config.toml", "report.md", "result.json", "trace.ndjson",
                                     "state/0.bin", "state/3.bin"}));
    CHECK_FALSE(manifest["compiler"].get<std::string>().empty());
}

TEST_CASE("the directory is as open as others that the user makes") {
    const Folder folder;
    auto directory = RunDirectory::create(folder / "run");
    REQUIRE(finish(directory.value()) == "");
    fs::create_directory(folder / "other");
    CHECK(fs::status(folder / "run").permissions() == fs::status(folder / "other").permissions());
}

TEST_CASE("an empty directory is filled in place") {
    const Folder folder;
    fs::create_directory(folder / "run");
    auto directory = RunDirectory::create(folder / "run");
    REQUIRE(directory);
    CHECK(write_file(directory.value().file("trace.ndjson"), "{}\n") == "");
    CHECK(finish(directory.value()) == "");
    CHECK(tree(folder / "run") == all_files);
    CHECK(tree(folder.path).size() == all_files.size() + 1);
}

TEST_CASE("an interrupted run leaves a complete result that says partial in each place") {
    const Folder folder;
    auto directory = RunDirectory::create(folder / "run");
    CHECK(finish(directory.value(), true) == "");
    CHECK(Json::parse(content(folder / "run/result.json"))["partial"] == true);
    CHECK(Json::parse(content(folder / "run/manifest.json"))["partial"] == true);
    CHECK(content(folder / "run/report.md").find("PARTIAL") != std::string::npos);
}

TEST_CASE("without finish nothing remains") {
    const Folder folder;
    SECTION("of a new directory and the folders above it") {
        const auto directory = RunDirectory::create(folder / "a/b/run");
        CHECK(write_file(directory.value().file("trace.ndjson"), "{}\n") == "");
    }
    SECTION("in an empty directory") {
        const auto directory = RunDirectory::create(folder.path);
        CHECK(write_file(directory.value().file("trace.ndjson"), "{}\n") == "");
    }
    CHECK(tree(folder.path).empty());
}

TEST_CASE("what is refused, and how") {
    const Folder folder;
    std::ofstream(folder / "file") << "x";
    const auto why = [](const std::string& path) {
        const auto directory = RunDirectory::create(path);
        REQUIRE_FALSE(directory);
        return directory.error();
    };
    CHECK(why("") == "cannot use \"\" as the run directory: it has no name");
    CHECK(why(folder / "file").find("it exists and is not a directory") != std::string::npos);
    CHECK(why(folder.path).find("it exists and is not empty") != std::string::npos);
    CHECK(why(folder / "file/run").find("Not a directory") != std::string::npos);
    CHECK(why("/proc/lmsim/run").find("cannot be made: ") != std::string::npos);
    CHECK(tree(folder.path) == std::vector<std::string>{"file"});
}

TEST_CASE("where nothing can be written, it is said before the run") {
    if (::geteuid() == 0) return;  // may write everywhere
    const Folder folder;
    ::chmod(folder.path.c_str(), 0555);
    const auto inside = RunDirectory::create(folder.path);
    const auto below = RunDirectory::create(folder / "run");
    ::chmod(folder.path.c_str(), 0755);
    REQUIRE_FALSE(inside);
    CHECK(inside.error().find("Permission denied") != std::string::npos);
    REQUIRE_FALSE(below);
    CHECK(below.error().find("nothing can be written there") != std::string::npos);
}

TEST_CASE("a directory that somebody else made meanwhile is left alone, the results are kept") {
    const Folder folder;
    auto directory = RunDirectory::create(folder / "run");
    fs::create_directory(folder / "run");
    std::ofstream(folder / "run/mine") << "x";
    const std::string wrong = finish(directory.value());
    CHECK(wrong.find("cannot move the results to") != std::string::npos);
    CHECK(wrong.find("they are in \"" + (folder / "run.unfinished-")) != std::string::npos);
    CHECK(tree(folder / "run") == std::vector<std::string>{"mine"});
}

TEST_CASE("a file that cannot be written ends the run directory") {
    const Folder folder;
    auto directory = RunDirectory::create(folder / "run");
    fs::create_directory(directory.value().file("config.toml"));
    CHECK(finish(directory.value()).find("cannot write") != std::string::npos);
    CHECK(tree(folder.path).empty());
}
