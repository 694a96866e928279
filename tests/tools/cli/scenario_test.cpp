#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/cli/scenario_options.hpp"
#include "tools/cli/verbs.hpp"

using namespace lmsim;
using lmsim::tests::Folder;

namespace {

int run(std::vector<std::string> arguments) {
    int exit_code = cli::Ok;
    CLI::App app("test", "lmsim");
    cli::add_scenario(app, exit_code);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return exit_code;
}

}  // namespace

TEST_CASE("a check reads the fio files too", "[cli]") {
    const Folder folder;
    const std::string scenario =
        folder.write("q.toml", "[[workload]]\nfio = \"a.fio\"\n[[workload]]\niolog = \"b.log\"\n");
    CHECK(cli::prepare({scenario, {}, {}}).loaded.error_text() ==
          scenario + ":2:1: workload[0].fio: " + folder.file("a.fio") +
              ": cannot be read: No such file or directory\n" + scenario +
              ":4:1: workload[1].iolog: " + folder.file("b.log") +
              ": cannot be read: No such file or directory\n");
    folder.write("a.fio", "[j]\nrw=randread\nbs=4k\nsize=1g\n");
    folder.write("b.log", "fio version 9 iolog\n");
    const sim::LoadedScenario loaded = cli::prepare({scenario, {}, {}}).loaded;
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].text().find(folder.file("b.log") + ":1:") == 0);
}

TEST_CASE("a check ends with 2 if something is wrong", "[cli]") {
    const Folder folder;
    const std::string good = folder.write("good.toml", "name = \"good\"\n");
    CHECK(run({"scenario", "check", good}) == cli::Ok);
    CHECK(run({"scenario", "check", good, "--set", "vm.ram=8GiB", "--set", "vm.vcpus=2"}) ==
          cli::Ok);
    CHECK(run({"scenario", "check", good, "--set", "vm.ram=8"}) == cli::Usage);
    CHECK(run({"scenario", "check", "--json", folder.file("none.toml")}) == cli::Usage);
    CHECK(run({"scenario", "show", good, "--seed", "7"}) == cli::Ok);
    CHECK_THROWS_AS(run({"scenario", "show", good, "--seed", "-1"}), CLI::ValidationError);
    CHECK_THROWS_AS(run({"scenario", "show", good, "--seed", "9223372036854775808"}),
                    CLI::ValidationError);
}
