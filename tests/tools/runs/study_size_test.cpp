#include "tools/runs/study_size.hpp"

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using namespace lmsim;
using runs::no_room;
using runs::size_of;

TEST_CASE("a study knows about how much room it takes", "[runs][size]") {
    const tests::Small folder;
    const auto study_of = [&](const std::string& text) {
        const runs::Study study = runs::load_study(
            folder.write("study.toml", "scenario = \"small.toml\"\nseeds = 1000\n" + text));
        INFO(study.error_text());
        REQUIRE(study.ok());
        return study;
    };
    const runs::Study fluid = study_of("[set]\nrun.fidelity = \"fluid\"\n");
    const runs::StudySize some = size_of(fluid, 1000, 2);
    CHECK(some.memory == 0);
    CHECK(some.table > 1000 * 100);
    CHECK(some.table < 1000 * 1000);
    CHECK(some.csv > 1000 * 100);
    CHECK(size_of(fluid, 10000, 2).table > 9 * some.table);
    const runs::Study large = study_of(
        "[grid]\nvm.ram = [\"1GiB\", \"1TiB\"]\nvm.ram_used = "
        "[\"64MiB\", \"512GiB\"]\n");
    CHECK(size_of(large, 1000, 2).memory > 2 * size_of(large, 1000, 1).memory - 1);
    CHECK(size_of(large, 1000, 1).memory > (std::uint64_t{512} << 30U) / 4096 * 8);
}

TEST_CASE("a study that asks for more than there is says both numbers", "[runs][size][bad]") {
    const runs::StudySize size{std::uint64_t{3} << 30U, std::uint64_t{1} << 30U,
                               std::uint64_t{8} << 30U};
    const std::uint64_t much = std::uint64_t{1} << 40U;
    CHECK(no_room(size, {much, much}, 4).empty());
    const std::string disk = no_room(size, {std::uint64_t{1} << 30U, much}, 4);
    CHECK(disk.find("take about 4.0 GiB (3.0 GiB in results.sqlite, 1.0 GiB in results.csv), and "
                    "1.0 GiB are free there; expected another --out") != std::string::npos);
    const std::string memory = no_room(size, {much, std::uint64_t{100} << 20U}, 4);
    CHECK(memory.find("4 runs at once take about 8.0 GiB of memory, and 100.0 MiB are available; "
                      "expected a smaller --jobs") != std::string::npos);
}

TEST_CASE("a study that is too large ends before it starts", "[runs][size][bad]") {
    const tests::Small folder;
    // A billion rows are more than any disk that a test would run on has free.
    const std::string study =
        folder.write("study.toml",
                     "scenario = \"small.toml\"\nseeds = 100000\n[set]\nrun.fidelity = \"fluid\"\n"
                     "[hypercube]\nsamples = 10000\nvm.pause = {from = \"1us\", to = \"1ms\"}\n");
    const tests::Ended ended = run_lmsim(folder, "sweep " + study + " --out " + folder.file("out"));
    INFO(ended.err);
    CHECK(ended.exit_code == 4);
    CHECK(ended.err.find("the results take about") != std::string::npos);
    CHECK(!std::filesystem::exists(folder.file("out")));
}
