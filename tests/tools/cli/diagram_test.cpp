#include <sstream>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"
#include "viz/diagram/graphviz.hpp"
#include "viz/diagram/machines.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;

namespace {

Ended diagram(const Folder& folder, const std::string& arguments, const std::string& before = "") {
    return run_lmsim(folder, "diagram " + arguments, before);
}

void refused(const std::string& arguments, const std::string& why) {
    const Folder folder;
    const Ended ended = diagram(folder, arguments);
    INFO(arguments << ": " << ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.find(why) != std::string::npos);
}

const std::string quickstart = LMSIM_SOURCE_DIR "/scenarios/quickstart.toml";

}  // namespace

TEST_CASE("the list names every machine, and each can be drawn in each text format", "[cli]") {
    const Folder folder;
    const Ended list = diagram(folder, "list");
    CHECK(list.exit_code == 0);
    CHECK(diagram(folder, "list --json").out.find("\"name\": \"vfio\"") != std::string::npos);
    for (const lmsim::viz::MachineInfo& machine : lmsim::viz::machines()) {
        const std::string name(machine.name());
        CHECK(list.out.find(name) != std::string::npos);
        CHECK(diagram(folder, name).out.find("digraph \"" + name + "\" {") == 0);
        CHECK(diagram(folder, name + " --format mermaid").out.find("stateDiagram-v2") !=
              std::string::npos);
        CHECK(diagram(folder, name + " --format plantuml").out.find("@startuml") == 0);
    }
}

TEST_CASE("a command line that is wrong is refused with what was expected", "[cli]") {
    refused("", "which diagram?");
    refused("contoller", "did you mean controller?");
    refused("\"$(printf '\\033[2J')\"", "\\u001B[2J");
    refused("vfio --features p3p", "no feature \"p3p\"; did you mean p2p?");
    refused("controller --features p2p", "controller has none; only vfio has");
    refused("vfio --path RUNNING:RESUME", "did you mean RESUMING?");
    refused("vfio --path RUNNING:ERROR", "ERROR cannot be reached from RUNNING");
    refused("vfio --path RUNNING", "expected FROM:TO");
    refused("vfio --format gif", "--format");
    refused("vfio --diff ratified", "--diff");
    refused("vfio --profile /nowhere/p.toml", "/nowhere/p.toml: cannot be read");
    refused("vfio --diff ratified /nowhere/p.toml", "/nowhere/p.toml: cannot be read");
    refused("vfio --diff ratified ratified --path STOP:RUNNING", "--path");
    refused("topology", "SCENARIO");
    refused("topology /nowhere/s.toml", "/nowhere/s.toml");
    refused("topology " + quickstart + " --set vm.ram=8", "vm.ram");
    refused("downtime", "RUN_DIR");
    refused("downtime /nowhere", "/nowhere/result.json: cannot be read; expected the directory");
    refused("downtime /nowhere --format dot", "--format");
    refused("vfio --out /nowhere/x.dot", "--out");
    refused("vfio --out /", "--out");
}

TEST_CASE("a profile with errors is refused with the place of each", "[cli]") {
    const Folder folder;
    const std::string file = folder.write("p.toml", "off = [\"LM-MC-0\"]\nvalues = 1\n");
    const Ended ended = diagram(folder, "migration --profile " + file);
    CHECK(ended.exit_code == 2);
    CHECK(ended.err.find(file + ":1:8: no row \"LM-MC-0\"; did you mean ") == 0);
    CHECK(ended.err.find(file + ":2:1: unknown key \"values\"; did you mean value?") !=
          std::string::npos);
}

TEST_CASE("a profile is drawn and compared", "[cli]") {
    const Folder folder;
    const std::string file =
        folder.write("p.toml", "name = \"<b>\\\"]; a -> b;\"\noff = [\"LM-MC-07\"]\n");
    const Ended drawn = diagram(folder, "suspend --profile " + file);
    CHECK(drawn.exit_code == 0);
    CHECK(drawn.out.find("LM-MC-06") != std::string::npos);
    CHECK(drawn.out.find("LM-MC-07") == std::string::npos);
    const Ended compared = diagram(folder, "suspend --diff ratified " + file);
    CHECK(compared.exit_code == 0);
    CHECK(compared.out.find("only in &lt;b&gt;&quot;]; a -&gt; b;") != std::string::npos);
    CHECK(compared.out.find("only in <b>") == std::string::npos);
    const std::size_t dashed = compared.out.find("color=\"#c00000\", style=dashed");
    CHECK(dashed != std::string::npos);
    CHECK(compared.out.find("color=\"#c00000\", style=dashed", dashed + 1) == std::string::npos);
}

TEST_CASE("a file is written whole or not at all", "[cli]") {
    const Folder folder;
    const std::string file = folder.write("x.dot", "old");
    CHECK(diagram(folder, "vfio --out " + file).exit_code == 0);
    CHECK(read_file(file) == diagram(folder, "vfio").out);
    const std::string other = folder.file("y.svg");
    const Ended ended = diagram(folder, "vfio --format svg --out " + other, "PATH=/nonexistent");
    CHECK(ended.exit_code == 4);
    CHECK(ended.err.find("apt-get install graphviz") != std::string::npos);
    CHECK(folder.empty_but_for("x.dot"));
    CHECK(diagram(folder, "vfio > /dev/full; test $? = 4 && exit 7", "").exit_code == 7);
}

TEST_CASE("DOT, Mermaid and PlantUML need no Graphviz", "[cli]") {
    const Folder folder;
    for (const std::string format : {"dot", "mermaid", "plantuml"}) {
        CHECK(diagram(folder, "vfio --format " + format, "PATH=/nonexistent").exit_code == 0);
        CHECK(diagram(folder, "topology " + quickstart + " --format " + format, "PATH=/nonexistent")
                  .exit_code == 0);
    }
}

namespace {

const std::string manifest = R"({"schema":"lmsim/manifest/1","partial":false})";
const std::string header = R"({"schema":"lmsim/trace/1","version":"0.1.0","scenario":"<b>]; x",)"
                           R"("seed":7,"time_base":"simulated","unit":"ps"})";
const std::string record =
    R"({"t":10,"kind":"state","side":"source","vf":0,"machine":"migration","state":"Suspending",)"
    R"("from":"Operational","event":"Suspend","rule":"LM-MC-01"})";

/// `lmsim diagram suspend --overlay` of a directory with these files; an empty text is no file.
Ended overlaid(const std::string& manifest_text, const std::string& trace) {
    const Folder folder;
    if (!manifest_text.empty()) {
        folder.write("manifest.json", manifest_text);
    }
    if (!trace.empty()) {
        folder.write("trace.ndjson", trace);
    }
    return diagram(folder, "suspend --overlay " + folder.file("."));
}

}  // namespace

TEST_CASE("a run is laid over its machine", "[cli]") {
    const Ended ended =
        overlaid(manifest, header + "\n" + record + "\n{\"t\":30,\"kind\":\"x\"}\n");
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.out.find("a run of &lt;b&gt;]; x, seed 7: 1 instance") != std::string::npos);
    CHECK(ended.out.find("1x, 10 ps") != std::string::npos);  // the arc, after 10
    CHECK(ended.out.find("1x, 20 ps") != std::string::npos);  // the state, to the end
}

TEST_CASE("what is no run directory, or not whole, is refused", "[cli]") {
    const auto says = [](const Ended& ended, const std::string& why) {
        INFO(ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.out.empty());
        CHECK(ended.err.find(why) != std::string::npos);
    };
    says(overlaid("", ""), "manifest.json");
    says(overlaid("{}", header), "schema");
    says(overlaid("[1", header), "manifest.json");
    says(overlaid(R"({"schema":"lmsim/manifest/9"})", header), "lmsim/manifest/9");
    says(overlaid(R"({"schema":"lmsim/manifest/1","partial":true})", header), "partial");
    says(overlaid(manifest, ""), "trace.ndjson");
    says(overlaid(manifest, R"({"schema":"lmsim/trace/2"})"), "lmsim/trace/2");
    says(overlaid(manifest, "\xff\n"), "trace.ndjson");
    says(overlaid(manifest, header + "\n" + record + "\n" + record.substr(0, 40)), ":3");
    says(overlaid(manifest, header + "\n[]\n"), ":2");
    says(overlaid(manifest, header + "\n{\"t\":-1,\"kind\":\"state\"}\n"), ":2");
    says(overlaid(manifest, header + "\n{\"t\":18446744073709551615,\"kind\":\"state\"}\n"), ":2");
    const Folder folder;
    says(diagram(folder, "suspend --overlay /nowhere"), "/nowhere");
    says(diagram(folder, "suspend --overlay " + folder.write("file", "x")), "file");
}

TEST_CASE("the parts of a downtime are drawn out of its result", "[cli]") {
    const Small folder;
    REQUIRE(run_lmsim(folder, "run " + folder.scenario + " --no-trace --out " + folder.file("run"))
                .exit_code == 0);
    const std::string result = read_file(folder.file("run/result.json"));
    const Ended drawn = diagram(folder, "downtime " + folder.file("run"));
    CHECK(drawn.exit_code == 0);
    CHECK(drawn.out.find("<svg ") == 0);
    for (const char* text : {"small: where the downtime goes", ">suspend", ">downtime</text>",
                             "QEMU 10.1 prints", "longest gap of guest I/O"}) {
        INFO(text);
        CHECK(drawn.out.find(text) != std::string::npos);
    }
    folder.write("run/result.json", "{}");
    CHECK(diagram(folder, "downtime " + folder.file("run")).err.find("is no result of this") !=
          std::string::npos);
    folder.write("run/result.json", result.substr(0, result.size() / 2));
    CHECK(diagram(folder, "downtime " + folder.file("run")).err.find("is no JSON") !=
          std::string::npos);
}

TEST_CASE("the pictures of the documentation are current", "[cli]") {
    const Folder folder;
    const std::string script = read_file(LMSIM_SOURCE_DIR "/tools/pictures");
    const std::size_t begin = script.find("pictures='\n") + 11;
    std::istringstream list(script.substr(begin, script.find("\n'", begin) - begin));
    std::size_t checked = 0;
    for (std::string line; std::getline(list, line);) {
        std::istringstream words(line);
        std::string file;
        std::string arguments;
        words >> file;
        std::getline(words >> std::ws, arguments);
        // What a run did changes with what is simulated: such a picture is of its day.
        if (arguments.find("diagram ") != 0 || arguments.find("@RUN") != std::string::npos) {
            continue;
        }
        const std::size_t scenario = arguments.find("scenarios/");
        if (scenario != std::string::npos) {
            arguments.insert(scenario, LMSIM_SOURCE_DIR "/");
        }
        const Ended dot = run_lmsim(folder, arguments + " --format dot");
        const std::string picture = read_file(LMSIM_SOURCE_DIR "/docs/pictures/" + file);
        INFO(file << " is not what the tables say now; tools/pictures draws it again");
        CHECK(picture.find(lmsim::viz::source_mark(dot.out)) != std::string::npos);
        ++checked;
    }
    CHECK(checked >= 5);
}
