#include "sim/conform/needs.hpp"

#include <algorithm>

#include "sim/conform/build.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim::conform;
using spec::Id;

namespace {

const Need* need_of(const Case& test, const std::string& symbol) {
    const auto found = std::find_if(test.needs.begin(), test.needs.end(),
                                    [&](const Need& need) { return need.symbol == symbol; });
    return found == test.needs.end() ? nullptr : &*found;
}

Case with(const Command& command) {
    Case test = Draft("group", "id", "title").mc_enabled(1).step(command).done();
    add_needs(test);
    return test;
}

}  // namespace

TEST_CASE("a case that sends a command of TP4159 needs HMLMS and the command", "[conform]") {
    const Case test = with(suspend(0xffff));
    REQUIRE(need_of(test, "mmc.hmlms") != nullptr);
    REQUIRE(need_of(test, "mmc.opcode.41") != nullptr);
    CHECK(need_of(test, "mmc.opcode.41")->otherwise ==
          "the PF answers Migration Send (41h) with Invalid Command Opcode");
    CHECK(need_of(test, "mmc.opcode.42") == nullptr);
    CHECK(need_of(with(identify(Id::CnsControllerStateFormats, "data")), "mmc.hmlms") != nullptr);
    CHECK(need_of(with(get_features(Id::FeatureCdq)), "mmc.hmlms") != nullptr);
    CHECK(need_of(with(get_features(Id::FeatureNumberOfQueues)), "mmc.hmlms") == nullptr);
}

TEST_CASE("a case that names a VF needs one", "[conform]") {
    CHECK(need_of(with(suspend()), "mc.secondary") != nullptr);
    CHECK(need_of(with(get_features(Id::FeatureNumberOfQueues).to("mc")), "mc.secondary") ==
          nullptr);
    // The PF would be asked after it was reset as the MC.
    Case test = Draft("group", "id", "title")
                    .mc_enabled()
                    .step(simple(StepKind::Reset, "mc"))
                    .step(get_features(Id::FeatureNumberOfQueues))
                    .done();
    add_needs(test);
    CHECK(need_of(test, "mc.secondary") != nullptr);
}

TEST_CASE("a case that destroys something needs leave to do so", "[conform]") {
    const Id kinds[] = {Id::OpcodeAdminFormatNvm, Id::OpcodeAdminSanitize,
                        Id::OpcodeAdminNamespaceManagement, Id::OpcodeAdminNamespaceAttachment};
    for (const Id kind : kinds) {
        const Case test = with(Command(kind));
        REQUIRE(need_of(test, "destructive") != nullptr);
        CHECK(need_of(test, "destructive")->otherwise.find("only with --destructive") !=
              std::string::npos);
    }
    for (const Id kind :
         {Id::OpcodeNvmWrite, Id::OpcodeNvmWriteZeroes, Id::OpcodeNvmDatasetManagement}) {
        CHECK(need_of(with(io(kind, "")), "destructive") != nullptr);
    }
    CHECK(need_of(with(io(Id::OpcodeNvmRead, "block")), "destructive") == nullptr);
    Command saved = set_features(Id::FeatureNumberOfQueues, 0);
    CHECK(need_of(with(saved), "destructive") == nullptr);
    CHECK(need_of(with(saved.set(Id::SetFeaturesSv, 1)), "destructive") != nullptr);
}

TEST_CASE("a case with two queue pairs needs them", "[conform]") {
    Case test = Draft("group", "id", "title").mc_enabled(2).done();
    add_needs(test);
    CHECK(need_of(test, "mc.queues") != nullptr);
    CHECK(need_of(with(create_cq("mc", 2).ends(Id::CreateCqBadQid)), "mc.queues") == nullptr);
}
