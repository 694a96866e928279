#include "sim/explore_model/model.hpp"

#include "model/explore/search/search.hpp"
#include "model/spec/table.hpp"
#include "tests/catch.hpp"

namespace lmsim::sim {

namespace {

std::string errors(std::string_view text, const RuleOptions& options = {}) {
    return load_model_text(text, "m.toml", options).error_text();
}

}  // namespace

TEST_CASE("each committed model can be used, and its counts are recorded") {
    REQUIRE(committed_models().size() >= 5);
    for (const CommittedModel& each : committed_models()) {
        INFO(each.name);
        const ExploreModel model = load_model(std::string(each.name));
        CHECK(model.error_text() == "");
        CHECK(model.params.title != "");
        CHECK((recorded_counts(model.name) || model.params.effort == Effort::Nightly));
        CHECK(world_of(model)()->state_bytes() > 0);
    }
}

TEST_CASE("what is wrong with a model is said with its place and the nearest name") {
    CHECK(errors("knd = \"log\"\n") == "m.toml:1:1: unknown key \"knd\"; did you mean \"kind\"?\n");
    CHECK(errors("kind = \"lag\"\n") ==
          "m.toml:1:8: kind: \"lag\" is not one of migration, free, log, memory; did you mean "
          "\"log\"?\n");
    CHECK(errors("[world]\nvfs = 3\n") ==
          "m.toml:2:7: world.vfs: 3 is out of range; expected 1 to 2\n");
    CHECK(errors("[world]\nfaults = [\"vf-rest\"]\n") ==
          "m.toml:2:10: world.faults: there is no \"vf-rest\"; did you mean vf-reset?\n");
    CHECK(errors("[world]\nfaults = \"vf-reset\"\n") ==
          "m.toml:2:10: world.faults: expected a list of faults, not a string\n");
    CHECK(errors("[world]\nfeatures = [\"p2\"]\n") ==
          "m.toml:2:12: world.features: there is no \"p2\"; did you mean p2p?\n");
    CHECK(errors("without = [\"LM-SUSP-3\"]\n").find("m.toml:1:11: without: there is no") == 0);
    CHECK(errors("kind = \"free\"\n[migration]\nreturn_path = true\n") ==
          "m.toml:3:1: migration.return_path: a model of kind free has no migration\n");
    CHECK(errors("kind = \n").find("m.toml:1:") == 0);
    CHECK(errors("kind = \"log\"\n[log]\nentries = 2\nbatch = 3\n").find("m.toml: ") == 0);
    CHECK(load_model("fre-1").error_text().find("did you mean free-1?") != std::string::npos);
    CHECK(load_model("./nowhere.toml").error_text() ==
          "./nowhere.toml: cannot be read: No such file or directory\n");
}

TEST_CASE("rules come from the profile, the model and the options, in this order") {
    const spec::Id row = spec::Id::SuspendStopsIoFetch;
    const std::string name(spec::row(row).name);
    CHECK(load_model_text("", "m").rules.on(row));
    CHECK_FALSE(load_model_text("without = [\"" + name + "\"]\n", "m").rules.on(row));
    CHECK_FALSE(load_model_text("", "m", {"", {name}, {}}).rules.on(row));
    CHECK(load_model_text("without = [\"" + name + "\"]\n", "m", {"", {}, {name}}).rules.on(row));
    CHECK(load_model_text("profile = \"rfc-2025\"\n", "m").profile == "rfc-2025");
    CHECK(load_model_text("profile = \"rfc-2025\"\n", "m", {"ratified", {}, {}}).profile ==
          "ratified");
    CHECK(errors("", {"", {name + "x"}, {}}) ==
          "--without " + name + "x: there is no \"" + name + "x\"; did you mean " + name + "?\n");
    CHECK(errors("", {"ratifed", {}, {}}).find("did you mean ratified?") != std::string::npos);
    for (const spec::Row& other : spec::table) {
        if (other.kind == spec::Kind::Opcode) {
            const std::string text = errors("without = [\"" + std::string(other.name) + "\"]\n");
            CHECK(text.find("is of kind opcode, which has no off and on") != std::string::npos);
            break;
        }
    }
}

TEST_CASE("parameters of a model print as they are read") {
    const FeatureSet features{7};
    CHECK(ParamType<FeatureSet>::print(features) == R"(["stop_copy", "p2p", "pre_copy"])");
    const FaultSet faults{explore::fault_bit(explore::Fault::VfReset) |
                          explore::fault_bit(explore::Fault::Cancel)};
    CHECK(ParamType<FaultSet>::print(faults) == R"(["vf-reset", "cancel"])");
    const RowList rows{{spec::Id::SuspendStopsIoFetch}};
    CHECK(ParamType<RowList>::print(rows).front() == '[');
}

TEST_CASE("counts are read as they are written") {
    const std::string csv =
        "model,verdict,states,transitions,depth\na,holds,1,2,3\nb,INV-1,4,5,6\n";
    const std::vector<RecordedCounts> counts = read_counts(csv);
    REQUIRE(counts.size() == 2);
    CHECK(counts[1].verdict == "INV-1");
    CHECK(counts[1].depth == 6);
    CHECK(counts_csv(counts) == csv);
    CHECK(read_counts("a,holds,1,2\nb,holds,1,2,3x\n").empty());
    CHECK_FALSE(recorded_counts("nobody"));
}

TEST_CASE("the small models count what is recorded of them") {
    for (const std::string& name : model_names()) {
        const ExploreModel model = load_model(name);
        const auto recorded = recorded_counts(name);
        if (!recorded || recorded->states > 60'000) {
            continue;  // the others are counted by the program itself, optimized
        }
        INFO(name);
        for (const unsigned jobs : {1U, 3U}) {
            explore::SearchOptions options;
            options.jobs = jobs;
            const explore::SearchReport report = explore::search(world_of(model), options);
            CHECK(report.states == recorded->states);
            CHECK(report.transitions == recorded->transitions);
            CHECK(report.depth == recorded->depth);
            CHECK(report.complete() == (recorded->verdict == "holds"));
        }
    }
}

}  // namespace lmsim::sim
