#include <filesystem>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::read_file;

TEST_CASE("the index of questions names each page and its scenario", "[docs]") {
    const std::filesystem::path folder = LMSIM_SOURCE_DIR "/docs/questions";
    const std::string index = read_file((folder / "README.md").string());
    std::size_t pages = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name == "README.md") {
            continue;
        }
        INFO(name);
        CHECK(index.find("](" + name + ")") != std::string::npos);
        ++pages;
    }
    CHECK(pages >= 3);
    for (std::size_t at = index.find("`scenarios/"); at != std::string::npos;
         at = index.find("`scenarios/", at + 1)) {
        const std::string scenario = index.substr(at + 1, index.find('`', at + 1) - at - 1);
        INFO(scenario);
        CHECK(std::filesystem::exists(LMSIM_SOURCE_DIR "/" + scenario));
    }
}
