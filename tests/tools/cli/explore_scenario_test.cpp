#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

// Counterexamples of the explorer, done in time by the simulator.

using namespace lmsim::tests;

namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

/// What `lmsim run` says to the first counterexample of a model.
struct Replayed {
    std::string notes;  // of lmsim explore, on standard error
    std::string scenario;
    json result;
    int exit_code = -1;
    std::string error;
};

Replayed replay(const Folder& folder, const std::string& model, const std::string& falls,
                const std::string& rules = "") {
    const std::string out = folder.file("found");
    const Ended explored = run_lmsim(folder, "explore " + model + " " + rules + " --out " + out);
    Replayed replayed;
    replayed.notes = explored.err;
    const std::size_t slash = model.rfind('/');
    std::string name = slash == std::string::npos ? model : model.substr(slash + 1);
    name = name.substr(0, name.find(".toml"));
    const std::string file = out + "/" + name + "." + falls + ".scenario.toml";
    replayed.scenario = read_file(file);
    const Ended ran = run_lmsim(folder, "run " + file + " --json");
    replayed.exit_code = ran.exit_code;
    replayed.error = ran.err;
    replayed.result = json::parse(ran.out, nullptr, false);
    return replayed;
}

/// The first invariant that falls in the run is that of the explorer, and the order was kept.
void check_same(const Replayed& replayed, const std::string& falls) {
    INFO(replayed.notes << replayed.error << replayed.scenario);
    REQUIRE(replayed.result.is_object());
    INFO(replayed.result["pins"].dump(1)
         << replayed.result["broken_invariants"].dump(1) << replayed.result["reason"]);
    CHECK(replayed.exit_code == 1);
    REQUIRE_FALSE(replayed.result["broken_invariants"].empty());
    CHECK(replayed.result["broken_invariants"][0]["id"] == falls);
    CHECK(replayed.result["expectation"]["met"] == true);
    for (const json& pin : replayed.result["pins"]) {
        CHECK(pin["reached"] == true);
    }
}

}  // namespace

TEST_CASE("a reset that overtakes a Suspend does in time what the explorer says", "[cli]") {
    const Folder folder;
    const Replayed free = replay(folder, "free-1-reset-overtakes", "INV-OWN-04");
    check_same(free, "INV-OWN-04");
    CHECK(has(free.scenario, "effect = \"source.vf0 Reset\""));
    CHECK(has(free.scenario, "migrate = false"));
    CHECK(free.notes.empty());
    check_same(replay(folder, "migration-1-reset-overtakes", "INV-ABORT-02"), "INV-ABORT-02");
}

TEST_CASE("a refusal and a cancel do in time what the explorer says", "[cli]") {
    const Folder folder;
    check_same(replay(folder, "migration-1-refusal", "INV-STATE-03"), "INV-STATE-03");
    check_same(replay(folder, "migration-1-cancel", "INV-STATE-03"), "INV-STATE-03");
}

TEST_CASE("what a rule is for is seen in time, too", "[cli]") {
    const std::pair<const char*, const char*> rules[] = {
        {"LM-SUSP-06", "INV-SUSP-01"},
        {"LM-SUSP-07", "INV-VFIO-03"},
        {"LM-SUSP-08", "INV-CMD-02"},
        {"LM-RESU-01", "INV-CMD-02"},
    };
    for (const auto& [rule, falls] : rules) {
        INFO(rule);
        const Folder folder;
        const Replayed one = replay(folder, "free-1", falls, std::string("--without ") + rule);
        CHECK(has(one.scenario, std::string("without = [\"") + rule + "\"]"));
        CHECK(has(one.scenario, "iolog = \"free-1."));
        check_same(one, falls);
    }
    const Folder folder;
    check_same(replay(folder, "migration-1-ends", "INV-STATE-01", "--without LM-SET-07"),
               "INV-STATE-01");
}

TEST_CASE("where there is no scenario, the reason is told", "[cli]") {
    const Folder folder;
    const Replayed log = replay(folder, "log", "INV-LOG-01", "--without HO-UDM-05");
    CHECK(log.scenario.empty());
    CHECK(has(log.notes, "log.INV-LOG-01: no scenario for lmsim run: "));
    const Replayed stuck = replay(folder, "free-1", "deadlock", "--without AD-CQ-03");
    CHECK(stuck.scenario.empty());
    CHECK(
        has(stuck.notes, "free-1.deadlock: no scenario for lmsim run: nothing happens in the end"));
}
