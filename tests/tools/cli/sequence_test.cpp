#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using namespace lmsim::tests;

namespace {

/// A run of the quickstart that is short: one VF, little memory.
Ended short_run(const Folder& folder) {
    return run_lmsim(folder, "run " LMSIM_SOURCE_DIR
                             "/scenarios/quickstart.toml --set hosts.both.device.vfs=1 --set "
                             "vm.ram=64MiB --set vm.ram_used=16MiB --set vm.dirty.working_set=8MiB "
                             "--set vm.dirty.hot=1MiB --out " +
                                 folder.file("run"));
}

Ended sequence(const Folder& folder, const std::string& arguments) {
    return run_lmsim(folder, "sequence " + arguments);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    REQUIRE(text.find(what) != std::string::npos);
    return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("lmsim sequence draws a run in three formats", "[cli]") {
    const Folder folder;
    const Ended ran = short_run(folder);
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    const std::string run = folder.file("run");
    const Ended svg = sequence(folder, run);
    CHECK(svg.exit_code == 0);
    CHECK(svg.out.rfind("<svg ", 0) == 0);
    CHECK(svg.out.find("SET STOP_COPY") != std::string::npos);
    CHECK(svg.out.find("Migration Send: Suspend, CNTLID 1") != std::string::npos);
    CHECK(sequence(folder, run).out == svg.out);
    const Ended folded = sequence(folder, run + " --fold --vf 0");
    CHECK(folded.exit_code == 0);
    CHECK(folded.err.empty());
    CHECK(sequence(folder, run + " --format mermaid").out.find("sequenceDiagram") !=
          std::string::npos);
    CHECK(sequence(folder, run + " --format plantuml").out.rfind("@startuml", 0) == 0);
    const Ended file = sequence(folder, run + "// --from downtime --out " + folder.file("x.svg"));
    CHECK(file.exit_code == 0);
    CHECK(file.out.empty());
    CHECK(read_file(folder.file("x.svg")).find("</svg>") != std::string::npos);
    const Ended few = sequence(folder, run + " --rows 5");
    CHECK(few.exit_code == 0);
    CHECK(few.err.find("lines are left out behind") != std::string::npos);
    CHECK(few.err.find("--fold, --from, --to, --vf") != std::string::npos);
}

TEST_CASE("lmsim sequence says what is wrong with its command line", "[cli]") {
    const Folder folder;
    REQUIRE(short_run(folder).exit_code == 0);
    const std::string run = folder.file("run");
    const auto says = [&](const std::string& arguments, const std::string& what) {
        const Ended ended = sequence(folder, arguments);
        INFO(ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.out.empty());
        CHECK(ended.err.find(what) != std::string::npos);
    };
    says("", "RUN_DIR");
    says(run + " --from -1ms", "--from");
    says(run + " --to 5furlongs", "furlongs");
    says(run + " --from switchover --to setup", "is behind --to");
    says(run + " --from dwntime", "did you mean downtime?");
    says(run + " --vf 1", "this run has no VF 1; it has VF 0");
    says(run + " --vf x", "--vf");
    says(run + " --format png", "--format");
    says(run + " --rows 0", "--rows");
    says(run + " --out " + folder.file("no/x.svg"), "--out");
}

TEST_CASE("lmsim sequence takes whole runs of its own version only", "[cli]") {
    const Folder folder;
    REQUIRE(short_run(folder).exit_code == 0);
    const std::string run = folder.file("run");
    const auto says = [&](const std::string& what) {
        const Ended ended = sequence(folder, run + " --out " + folder.file("x.svg"));
        INFO(ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find(what) != std::string::npos);
        CHECK(read_file(folder.file("x.svg")).empty());
    };
    const auto with = [&](const std::string& name, const std::string& what, const std::string& by,
                          const std::string& message) {
        const std::string whole = read_file(run + "/" + name);
        folder.write("run/" + name, replaced(whole, what, by));
        says(message);
        folder.write("run/" + name, whole);
    };
    with("manifest.json", "lmsim/manifest/1", "lmsim/manifest/2", "lmsim/manifest/2");
    with("result.json", "lmsim/result/1", "lmsim/result/2", "lmsim/result/2");
    with("trace.ndjson", "lmsim/trace/1", "lmsim/trace/2", "trace.ndjson:1:");
    with("trace.ndjson", "\"kind\":\"state\"", "\"kind\":state", "trace.ndjson:3:");
    with("manifest.json", "\"partial\": false", "\"partial\": true", "interrupted");
    std::filesystem::remove(run + "/trace.ndjson");
    says("it has no trace.ndjson; expected a run without --no-trace");
    std::filesystem::remove(run + "/manifest.json");
    says("not the directory of a finished run");
    std::filesystem::remove_all(run);
    says("there is no such directory");
    folder.write("run", "x");
    says("this is a file");
}
