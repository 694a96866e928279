#include "sim/pin/pin.hpp"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "sim/pin/effect_list.hpp"
#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;

namespace {

PinParams pin(const std::string& effect, const std::string& after = "run Begins") {
    PinParams params;
    params.effect = effect;
    params.after = after;
    return params;
}

/// "INDEX KEY: MESSAGE" of what is wrong first; empty if nothing is.
std::string wrong(const std::vector<PinParams>& pins, unsigned vfs = 1, bool migrates = true) {
    const std::vector<PinProblem> problems = check_pins(pins, vfs, migrates);
    return problems.empty() ? ""
                            : std::to_string(problems[0].index) + " " + problems[0].key + ": " +
                                  problems[0].message;
}

constexpr const char* executed = "source.vf0 Suspend Executed";
constexpr const char* completed = "source.vf0 Suspend Completed";

}  // namespace

TEST_CASE("an effect is counted in words", "[pin]") {
    CHECK(read_occurrence(executed).value() == Occurrence{executed, 1});
    CHECK(read_occurrence("2nd source.vmm RamSendSlice").value().nth == 2);
    for (const unsigned nth : {2U, 3U, 4U, 11U, 12U, 13U, 21U, 22U, 101U, 111U}) {
        const Occurrence one{executed, nth};
        CHECK(read_occurrence(one.text()).value() == one);
    }
    for (const char* text : {"0th a b", "2th a b", "2nda b", "1234567th a b", "12", "3 a b"}) {
        INFO(text);
        CHECK_FALSE(read_occurrence(text));
    }
}

TEST_CASE("names of effects are there once, for each VF and each host", "[pin]") {
    std::set<std::string> names;
    for (const KnownEffect& known : known_effects(3)) {
        INFO(known.name);
        CHECK(names.insert(known.name).second);
        CHECK(read_occurrence(known.name).value().nth == 1);
    }
    CHECK(names.count("destination.vf2 Set Controller State Refused") == 1);
    CHECK(names.count("source.vf3 Reset") == 0);
}

TEST_CASE("the documentation has every name", "[pin]") {
    std::ifstream file(LMSIM_SOURCE_DIR "/docs/explore.md");
    const std::string docs{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (const KnownEffect& known : known_effects(1)) {
        std::istringstream words(known.name.substr(known.name.find(' ')));
        for (std::string word; words >> word;) {
            const bool varies = word == "vf0" || known.name.find(" SET ") != std::string::npos;
            INFO(known.name << ": " << word);
            CHECK((varies || docs.find(word) != std::string::npos));
        }
    }
}

TEST_CASE("a pin that cannot be is told with the nearest name, or why", "[pin]") {
    CHECK(wrong({}).empty());
    CHECK(wrong({pin(executed, "source.vmm PauseVcpus")}).empty());
    CHECK(wrong({pin("source.vf0 Suspend Exectued")}) ==
          "0 effect: there is no effect \"source.vf0 Suspend Exectued\"; did you mean \"" +
              std::string(executed) + "\"?");
    CHECK(wrong({pin(executed, "")}).find("0 after: no effect") == 0);
    CHECK(wrong({pin("something else altogether, and long")}).find("docs/explore.md") !=
          std::string::npos);
    CHECK(wrong({pin("source.vf2 Suspend Executed")}, 2) ==
          "0 effect: there is no VF 2; expected 0 to 1");
    CHECK(wrong({pin("2 source.vf0 Fetched")}).find("expected a count") != std::string::npos);
    CHECK(wrong({pin("run Begins", executed)}) == "0 effect: the beginning waits for nothing");
    CHECK(wrong({pin("source.vf0 SET STOP")}).find("run.migrate = false") != std::string::npos);
    CHECK(wrong({pin("source.vf0 SET STOP")}, 1, false).empty());
    CHECK(wrong({pin(executed, "source.vf0 Reset")}) ==
          "0 after: nobody does \"source.vf0 Reset\" by himself; expected a pin with this effect, "
          "too");
    CHECK(wrong({pin(executed, "source.vf0 Reset"), pin("source.vf0 Reset")}).empty());
}

TEST_CASE("effects that wait for each other in a circle are refused", "[pin]") {
    CHECK(wrong({pin(executed, completed), pin(completed, executed)}) ==
          "0 after: \"source.vf0 Suspend Executed\" waits for \"source.vf0 Suspend Completed\", "
          "which waits for \"source.vf0 Suspend Executed\": none of it can ever happen");
    CHECK(wrong({pin(executed, executed)}).find("waits for \"source.vf0 Suspend Executed\"") !=
          std::string::npos);
    // The second of a name comes after the first.
    CHECK_FALSE(wrong({pin(executed, "2nd source.vf0 Suspend Executed")}).empty());
    CHECK(wrong({pin("2nd source.vf0 Suspend Executed", executed)}).empty());
}

TEST_CASE("a scenario's pins are told at their place", "[pin]") {
    const LoadedScenario loaded = load_scenario_text(
        "[[pin]]\neffect = \"source.vf7 Reset\"\n[[pin]]\nefect = \"x\"\n", "p.toml");
    CHECK(loaded.error_text().find("p.toml:4:1") != std::string::npos);
    CHECK(loaded.error_text().find("effect") != std::string::npos);
    const LoadedScenario far =
        load_scenario_text("[[pin]]\neffect = \"source.vf7 Reset\"\n", "p.toml");
    CHECK(far.error_text() == "p.toml:2:1: pin[0].effect: there is no VF 7; expected 0 to 3\n");
    const LoadedScenario rows = load_scenario_text("without = [\"LM-SUSP-60\"]\n", "p.toml");
    CHECK(rows.error_text().find("there is no \"LM-SUSP-60\"") != std::string::npos);
    const LoadedScenario falls = load_scenario_text("[expect]\nbroken = \"INV-CMD-1\"\n", "p.toml");
    CHECK(falls.error_text().find("p.toml:2:1: expect.broken: there is no \"INV-CMD-1\"") == 0);
}
