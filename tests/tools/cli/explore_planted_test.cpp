#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;

TEST_CASE("every planted defect is found, on every machine", "[cli][explore]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "explore --planted --json");
    CHECK(ended.exit_code == 0);
    CHECK(ended.err.empty());
    const auto json = nlohmann::json::parse(ended.out);
    CHECK(json["missed"] == 0);
    CHECK(json["planted"].size() >= 25);
    std::set<std::string> machines;
    std::set<std::string> fallen;
    for (const auto& row : json["planted"]) {
        CAPTURE(row["row"]);
        CHECK(row["found"] == true);
        CHECK(row["fell"] == row["must_fall"]);
        CHECK(row["steps"] > 0);
        machines.insert(row["machine"]);
        fallen.insert(row["fell"]);
    }
    for (const char* machine : {"VFIO device",
                                "controller, life",
                                "controller, migration",
                                "controller, state",
                                "I/O queues",
                                "admin queue",
                                "Controller Data Queue",
                                "user data log",
                                "memory tracking",
                                "PF driver",
                                "VF driver",
                                "driver of the data queue",
                                "driver of the memory log",
                                "VMM, source",
                                "VMM, destination",
                                "guest's I/O",
                                "saved state",
                                "resets and faults",
                                "owner of data queues",
                                "PRP list"}) {
        CAPTURE(machine);
        CHECK(machines.count(machine) == 1);
    }
    CHECK(fallen.size() >= 15);
}

TEST_CASE("explore --planted is a search of its own", "[cli][explore]") {
    const Folder folder;
    CHECK(run_lmsim(folder, "explore --planted --necessity").exit_code == 2);
}
