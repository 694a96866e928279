#include <nlohmann/json.hpp>

#include "sim/fault/fault_class.hpp"
#include "sim/fault/fault_params.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using nlohmann::json;

namespace {

const std::string here = "cd " LMSIM_SOURCE_DIR " && ";

Ended swarm(const Folder& folder, const std::string& arguments) {
    return run_lmsim(folder, "swarm " + arguments, here);
}

}  // namespace

TEST_CASE("the page of faults is made of their table", "[cli][swarm]") {
    const Folder folder;
    const Ended ended = swarm(folder, "--faults");
    CHECK(ended.exit_code == 0);
    CHECK(ended.out == lmsim::sim::fault_docs());
    INFO("lmsim swarm --faults > docs/faults.md");
    CHECK(read_file(LMSIM_SOURCE_DIR "/docs/faults.md") == ended.out);
}

TEST_CASE("a swarm gives the same result whatever --jobs is", "[cli][swarm]") {
    const Folder folder;
    const Ended one = swarm(folder, "--seeds 40 --jobs 1 --no-faults --json");
    const Ended two = swarm(folder, "--seeds 40 --jobs 2 --no-faults --json");
    INFO(one.out << one.err);
    CHECK(one.exit_code == 0);
    CHECK(one.out == two.out);
    const json result = json::parse(one.out);
    CHECK(result["schema"] == "lmsim/swarm/1");
    CHECK(result["seeds"] == 40);
    CHECK(result["violations"] == 0);
    CHECK(result["outcomes"]["completed"] == 40);
    CHECK(result["faults"].empty());
}

TEST_CASE("a thousand drawn scenarios with faults come to rest well", "[cli][swarm]") {
    const Folder folder;
    const Ended ended = swarm(folder, "--seeds 1000 --jobs 1 --json");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    const json result = json::parse(ended.out);
    CHECK(result["seeds"] == 1000);
    CHECK(result["violations"] == 0);
    for (const lmsim::sim::FaultClass& kind : lmsim::sim::fault_classes()) {
        if (kind.harm == lmsim::sim::FaultHarm::Caught) {
            continue;
        }
        INFO(kind.name);
        CHECK(result["faults"][std::string(kind.name)]["injected"].get<unsigned>() >= 5);
    }
}

TEST_CASE("an abort after some steps of each engine ends well", "[cli][swarm]") {
    const Folder folder;
    const Ended ended = swarm(folder, "--abort --seeds 150 --json");
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    const json result = json::parse(ended.out);
    CHECK(result["cases"].size() >= 50);
    for (const json& one : result["cases"]) {
        CHECK(one["broken"] == "");
    }
}

TEST_CASE("scenarios that a swarm has found once are well for ever", "[cli][swarm]") {
    const Folder folder;
    const Ended ended = swarm(folder, "scenarios/regress/*.toml");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
}

TEST_CASE("a planted defect is found, told with its command, and made smaller", "[cli][swarm]") {
    const Folder folder;
    const std::string defect = "--no-faults --set 'without=[\"LM-SUSP-08\"]'";
    const Ended ended = swarm(folder, "--seeds 20 --shrink " + defect);
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.find("lmsim swarm --seed ") != std::string::npos);
    CHECK(ended.out.find("# Found by `lmsim swarm --seed ") != std::string::npos);
    CHECK(ended.out.find("[[workload]]") != std::string::npos);
}

TEST_CASE("a seed's scenario is printed, and runs", "[cli][swarm]") {
    const Folder folder;
    const Ended printed = swarm(folder, "--print --seed 7");
    CHECK(printed.exit_code == 0);
    CHECK(printed.out.find("name = \"swarm-7\"") != std::string::npos);
    CHECK(printed.out.find("[[fault]]") != std::string::npos);
    CHECK(swarm(folder, "--print --seed 7").out == printed.out);
    CHECK(swarm(folder, "--print --seed 8").out != printed.out);
}

TEST_CASE("what is wrong with the options of a swarm is told", "[cli][swarm]") {
    const Folder folder;
    const Ended unknown = swarm(folder, "--fault msix.losd");
    CHECK(unknown.exit_code == 2);
    CHECK(unknown.err.find("there is no fault \"msix.losd\"; did you mean msix.lost?") !=
          std::string::npos);
    const Ended time = swarm(folder, "--time soon");
    CHECK(time.exit_code == 2);
    CHECK(time.err.find("--time: ") != std::string::npos);
    CHECK(swarm(folder, "--seeds 0").exit_code == 2);
    const Ended set = swarm(folder, "--print --set vm.rom=1GiB");
    CHECK(set.exit_code == 2);
    CHECK(set.err.find("vm.ram") != std::string::npos);
    CHECK(run_lmsim(folder, "swarm --seeds 1", "cd /tmp && ").exit_code == 4);
}
