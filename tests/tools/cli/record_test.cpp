#include <algorithm>
#include <random>

#include "sim/bridge/open_rig.hpp"
#include "sim/bridge/pf_driver.hpp"
#include "sim/conform/rig_target.hpp"
#include "sim/conform/suite.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using namespace lmsim;
using namespace lmsim::tests;

namespace {

std::vector<sim::conform::Case> group(const std::vector<std::string>& names) {
    std::vector<sim::conform::Case> cases = sim::conform::all_cases();
    const auto other = [&](const sim::conform::Case& test) {
        return std::find(names.begin(), names.end(), test.group) == names.end();
    };
    cases.erase(std::remove_if(cases.begin(), cases.end(), other), cases.end());
    return cases;
}

std::string run(const sim::RigRequest& request, const std::vector<sim::conform::Case>& cases) {
    auto rig = sim::open_rig(request);
    INFO((rig ? "" : rig.error()));
    REQUIRE(rig.ok());
    sim::conform::RigTarget target(*rig.value());
    const auto report = sim::conform::run_suite(target, cases);
    CHECK(report.passed());
    return sim::conform::report_json(report);
}

/// What a session of a PF's driver brings, in words.
std::string migrate(sim::Rig& rig) {
    const spec::Rules rules = spec::Rules::ratified();
    sim::PfDriver driver(rig.port(0), rules, [&](const std::function<bool()>& done, sim::Ps limit) {
        return rig.wait(done, limit);
    });
    std::string words = driver.open();
    const auto vfs = driver.secondaries();
    REQUIRE(vfs.ok());
    const std::uint16_t vf = vfs.value()[0].scid;
    words += driver.suspend(vf);
    const auto state = driver.get_state(vf);
    REQUIRE(state.ok());
    const std::string set = driver.set_state(vf, state.value());
    words += driver.resume(vf) + set.substr(0, 20);
    words += "; " + driver.resume(vf) + "; " + std::to_string(state.value().size());
    return words + " at " + std::to_string(rig.now());
}

}  // namespace

TEST_CASE("conformance cases replay from a recorded session with the same report", "[hw]") {
    const Folder folder;
    const auto cases = group({"Suspend", "Tracking memory", "Controller Data Queues"});
    REQUIRE(cases.size() > 20);
    sim::RigRequest request;
    request.record = folder.file("session");
    std::vector<std::string> complaints;
    request.complain = [&](const std::string& words) { complaints.push_back(words); };
    std::string recorded;
    {
        const Serving serving(folder, "pf,vf0,vf1,vf2");
        request.device = serving.target();
        recorded = run(request, cases);
    }
    request.device = "replay:" + request.record;
    CHECK(sim::open_rig(request).error() ==
          "a session that is replayed is recorded already: expected no --record");
    request.record.clear();
    CHECK(run(request, cases) == recorded);
    CHECK(complaints.empty());
    // Other cases are something else.
    auto rig = sim::open_rig(request);
    sim::conform::RigTarget target(*rig.value());
    const auto other = sim::conform::run_suite(target, group({"Tracking memory"}));
    CHECK_FALSE(other.passed());
    CHECK(target.trouble().find("The host's side does not do what it did") != std::string::npos);
}

TEST_CASE("a PF driver's session replays, and a changed byte in it is found", "[hw]") {
    const Folder folder;
    sim::RigRequest request;
    request.record = folder.file("session");
    std::string recorded;
    {
        const Serving serving(folder, "pf,vf0");
        request.device = serving.target();
        recorded = migrate(*sim::open_rig(request).value());
    }
    CHECK(recorded.find("; Resume ends with Controller Not Suspended") != std::string::npos);
    request.device = "replay:" + request.record;
    const std::string file = request.record;
    request.record.clear();
    CHECK(migrate(*sim::open_rig(request).value()) == recorded);
    const std::string text = read_file(file);
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
        std::string changed = text;
        char& byte = changed[random() % text.size()];
        byte = static_cast<char>(byte ^ (1 + random() % 255));
        folder.write("session", changed);
        REQUIRE_FALSE(sim::open_rig(request).ok());
    }
}
