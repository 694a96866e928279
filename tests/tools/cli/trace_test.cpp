#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <tuple>

#include "tests/catch.hpp"
#include "tests/sim/trace/perfetto_file.hpp"
#include "tests/sim/trace/vcd_file.hpp"
#include "tests/tools/cli/process.hpp"

using namespace lmsim::tests;
using Json = nlohmann::json;

namespace {

/// Two VFs with two queues and many commands at a time; over soon.
constexpr const char* scenario =
    "name = \"a $end <b>\\\"\\u0007\\u00e4\"\n"
    "run.warm_up = \"1ms\"\nrun.cool_down = \"1ms\"\n"
    "[vm]\nram = \"32MiB\"\nram_used = \"16MiB\"\n"
    "dirty = {working_set = \"2MiB\", hot = \"1MiB\", rate = \"1000/s\"}\n"
    "[channel]\nbandwidth = \"100Gbit/s\"\n"
    "[hosts.both.device]\nvfs = 2\nqueue_pairs = 2\nqueue_size = 64\n"
    "[[workload]]\nfio = \"job.fio\"\n";
constexpr const char* job =
    "[j]\nrw=randrw\nbs=4k\niodepth=8\nnumjobs=2\nsize=1g\nrate_iops=8000\ntime_based\n"
    "runtime=60\n";

struct Traced : Folder {
    std::string toml = write("run.toml", scenario);
    std::string fio;
    Ended ended;

    explicit Traced(const std::string& more = "", const std::string& before = "",
                    const std::string& jobs = job)
        : fio(write("job.fio", jobs)),
          ended(run_lmsim(*this, "run " + toml + " --out " + file("out") + more, before)) {
        CAPTURE(ended.err);
    }
    std::vector<Json> records() const {
        std::vector<Json> all;
        std::istringstream in(read_file(file("out/trace.ndjson")));
        std::string line;
        std::getline(in, line);  // the header
        while (std::getline(in, line)) all.push_back(Json::parse(line));
        return all;
    }
};

std::string text_of(const Json& time) { return time.is_null() ? "" : time.dump(); }

std::string note(const PerfettoEvent& event, const std::string& key) {
    const auto found = event.notes.find(key);
    return found == event.notes.end() ? "" : found->second;
}

/// A command by all that both files tell of it.
using Command = std::tuple<std::string, std::string, std::string, std::string, std::string>;

Command command_of(const Json& record) {
    const std::string side = record.value("side", "");
    const std::string qid = record["qid"].dump();
    const bool pf = record["vf"].is_null();
    return {side + (pf ? "/driver/PF admin queue" : "/VF " + record["vf"].dump() + "/queue " + qid),
            record["cid"].dump(), record["opcode"].dump(), text_of(record["submit"]),
            text_of(record["complete"])};
}

void check_commands(const PerfettoFile& file, const std::vector<Json>& records) {
    std::multiset<Command> expected;
    std::size_t open = 0;
    for (const Json& record : records) {
        if (record["kind"] == "command") {
            expected.insert(command_of(record));
            open += record["complete"].is_null() ? 1U : 0U;
        }
    }
    std::multiset<Command> found;
    std::map<std::string, std::uint64_t> begins;  // by flow
    std::size_t left_open = 0;
    for (const PerfettoSlice& slice : file.slices) {
        const std::string& category = slice.event.category;
        if (category != "io" && category != "admin") continue;
        CHECK(slice.level == 0);
        CHECK(slice.open == note(slice.event, "complete_ps").empty());
        left_open += slice.open ? 1U : 0U;
        found.insert({file.path_of(slice.track), note(slice.event, "cid"),
                      note(slice.event, "opcode"), note(slice.event, "submit_ps"),
                      note(slice.event, "complete_ps")});
        CHECK(begins.emplace(slice.event.flow, slice.begin).second);
    }
    CHECK(!found.empty());
    CHECK((found == expected));
    CHECK(left_open == open);
    std::set<std::string> ended;
    for (const PerfettoEvent& event : file.events) {
        if (event.ends_flow.empty()) continue;
        CHECK(event.name == "CQE");
        CHECK(begins.at(event.ends_flow) < event.ns);
        CHECK(ended.insert(event.ends_flow).second);
    }
    CHECK(ended.size() == begins.size() - open);
}

/// How many commands of a VF's queue were on their way after each change, from the records.
std::map<std::int64_t, std::int64_t> depths(const std::vector<Json>& records, int vf, int qid) {
    std::map<std::int64_t, std::int64_t> changes;
    for (const Json& record : records) {
        if (record["kind"] != "command" || record["vf"] != vf || record["qid"] != qid) continue;
        ++changes[record["submit"].get<std::int64_t>()];
        if (!record["complete"].is_null()) --changes[record["complete"].get<std::int64_t>()];
    }
    std::int64_t depth = 0;
    for (auto& change : changes) change.second = depth += change.second;
    return changes;
}

}  // namespace

TEST_CASE("every command of the run is in the Perfetto trace once, with its flow", "[cli][trace]") {
    if (!PerfettoFile::can_decode()) return;
    const Traced run(" --trace pftrace");
    REQUIRE(run.ended.exit_code == 0);
    const PerfettoFile file(run.file("out/trace.pftrace"));
    const std::vector<Json> records = run.records();
    check_commands(file, records);
    // The PF's Asynchronous Event Requests wait to the end.
    const auto open = std::count_if(records.begin(), records.end(), [](const Json& record) {
        return record["kind"] == "command" && record["complete"].is_null();
    });
    CHECK(open > 0);
    std::string phases;
    for (const PerfettoSlice& slice : file.slices_of("migration/phase")) {
        phases += slice.name + (slice.open ? " open, " : ", ");
    }
    CHECK(phases == "setup, pre-copy, switchover, handover, ");
    CHECK(!file.slices_of("migration/rounds of pre-copy").empty());
    for (const auto& path : {"source/link up", "destination/link down", "network/link forward"}) {
        std::size_t busy = 0;
        for (const PerfettoEvent& use : file.events_of(path)) {
            CHECK(std::stod(use.value) >= 0);
            CHECK(std::stod(use.value) <= 100);
            busy += use.value != "0" ? 1U : 0U;
        }
        CAPTURE(path);
        CHECK(busy > 0);
    }
    for (const auto& path : {"source/VF 1/vfio", "destination/VF 0/migration"}) {
        CAPTURE(path);
        CHECK(!file.slices_of(path).empty());
    }
    CHECK(file.events_of("virtual machine/VF 1 queue 2 depth").back().value == "0");
}

TEST_CASE("waves have the states, depths and link uses of trace.ndjson", "[cli][trace]") {
    const Traced run(" --trace vcd");
    REQUIRE(run.ended.exit_code == 0);
    CHECK(gtkwave_takes(run.file("out/waves.vcd")));
    CHECK(!std::filesystem::exists(run.file("out/waves.changes")));
    const VcdFile file(run.file("out/waves.vcd"));
    CHECK(file.timescale == "1ps");
    const std::vector<Json> records = run.records();
    for (const int vf : {0, 1}) {
        const std::map<std::int64_t, std::int64_t> expected = depths(records, vf, 1);
        CHECK(expected.size() > 20);
        const std::string name = "guest.vf" + std::to_string(vf) + ".queue1_depth";
        for (const auto& [at, depth] : expected) {
            const std::string text = std::to_string(depth);
            CHECK(file.value(name, at) == text);
        }
    }
    std::map<std::string, std::map<std::int64_t, std::string>> states;  // the last at each time
    std::size_t uses = 0;
    for (const Json& record : records) {
        const std::int64_t at = record["t"];
        const std::string side = record.value("side", "");
        if (record["kind"] == "state" && !record["vf"].is_null() && !record.contains("queue") &&
            record["machine"] != "vmm") {
            std::string machine = record["machine"];
            std::replace(machine.begin(), machine.end(), '-', '_');
            states[side + ".vf" + record["vf"].dump() + "." + machine][at] = record["state"];
        } else if (record["kind"] == "link") {
            const double share =
                100.0 * record["busy"].get<double>() / record["span"].get<double>();
            const std::string name = side + ".link_" + record["link"].get<std::string>();
            CHECK(std::stod(file.value(name, at)) == Approx(share).margin(0.0001));
            ++uses;
        }
    }
    CHECK(uses > 10);
    CHECK(states.size() >= 12);
    for (const auto& [name, values] : states) {
        for (const auto& [at, state] : values) {
            CAPTURE(name, at);
            CHECK(file.value(name, at) == state);
        }
    }
}

TEST_CASE("traces are listed in the manifest and change nothing", "[cli][trace]") {
    const Traced with(" --trace pftrace,vcd --no-trace");
    const Traced without(" --no-trace");
    REQUIRE(with.ended.exit_code == 0);
    REQUIRE(without.ended.exit_code == 0);
    const Json manifest = Json::parse(read_file(with.file("out/manifest.json")));
    const std::vector<std::string> files = manifest["files"];
    for (const char* name : {"trace.pftrace", "waves.vcd"}) {
        CHECK(std::count(files.begin(), files.end(), name) == 1);
    }
    CHECK(std::count(files.begin(), files.end(), "trace.ndjson") == 0);
    const Json other = Json::parse(read_file(without.file("out/manifest.json")));
    CHECK(manifest["trace_hash"] == other["trace_hash"]);
}

TEST_CASE("the same run gives the same traces, byte for byte", "[cli][trace]") {
    const Traced first(" --trace pftrace,vcd");
    const Traced second(" --trace vcd,pftrace --no-trace");
    for (const char* name : {"out/trace.pftrace", "out/waves.vcd"}) {
        CHECK((read_file(first.file(name)) == read_file(second.file(name))));
    }
}

TEST_CASE("a run that is interrupted leaves traces that are whole", "[cli][trace]") {
    if (!PerfettoFile::can_decode()) return;
    // A migration that goes on and on; an I/O now and then, so that there is not too much of it.
    const Traced run(
        " --trace pftrace,vcd --set vm.dirty.rate=2M/s --set vm.dirty.working_set=8MiB"
        " --set vm.dirty.hot=8MiB --set channel.bandwidth=10Mbit/s"
        " --set vmm.downtime_limit=10ms --set run.time_limit=100000s",
        "timeout --preserve-status -s INT 1",
        "[j]\nrw=randread\nbs=4k\nsize=1g\nrate_iops=1\ntime_based\nruntime=30d\n");
    CAPTURE(run.ended.err);
    REQUIRE(run.ended.exit_code == 130);
    CHECK(gtkwave_takes(run.file("out/waves.vcd")));
    const PerfettoFile file(run.file("out/trace.pftrace"));
    check_commands(file, run.records());
    const std::vector<PerfettoSlice> phases = file.slices_of("migration/phase");
    REQUIRE(!phases.empty());
    CHECK(phases.back().name == "pre-copy");
    CHECK(phases.back().open);
}

TEST_CASE("a disk that is full ends the run directory, whichever trace filled it", "[cli][trace]") {
    const std::string kind = GENERATE("pftrace", "vcd");
    const Traced run(" --no-trace --trace " + kind, "trap '' XFSZ; ulimit -f 64; ");
    CAPTURE(run.ended.err);
    CHECK(run.ended.exit_code == 4);
    CHECK(run.ended.err.find("File too large") != std::string::npos);
    for (const auto& entry : std::filesystem::directory_iterator(run.file("."))) {
        CHECK(entry.path().filename().string().rfind("out", 0) != 0);
    }
}

TEST_CASE("kinds of traces that there are not, and traces without a place", "[cli][trace][bad]") {
    struct Case {
        const char* arguments;
        const char* message;
    };
    const Case cases[] = {
        {" --trace pftrac", "did you mean \"pftrace\"?"},
        {" --trace vcd,portss", "did you mean \"ports\"?"},
        {" --trace ''", "expected some of pftrace, vcd, steps, ports"},
        {" --trace 'x\ny'", "\"x\\ny\""},
    };
    for (const Case& bad : cases) {
        const Traced run(bad.arguments);
        CAPTURE(bad.arguments, run.ended.err);
        CHECK(run.ended.exit_code == 2);
        CHECK(run.ended.err.find(bad.message) != std::string::npos);
        CHECK(!std::filesystem::exists(run.file("out")));
    }
    const Folder folder;
    const Ended ended = run_lmsim(folder, "run x.toml --trace vcd");
    CHECK(ended.exit_code == 2);
    CHECK(ended.err.find("--out") != std::string::npos);
}
