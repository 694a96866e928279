#include "sim/check/trace_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "tests/catch.hpp"
#include "tests/sim/trace/temporary.hpp"

// The checker is checked: good.ndjson is a migration in which all holds; each defect that is
// planted in it must be found, and by the invariant that is meant.

namespace {

using lmsim::sim::check_trace;
using lmsim::sim::TraceVerdict;
using Lines = std::vector<std::string>;

Lines good_lines() {
    std::ifstream file(LMSIM_SOURCE_DIR "/tests/sim/check/good.ndjson");
    Lines lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    REQUIRE(lines.size() > 40);
    return lines;
}

/// The first line that has all of it.
std::size_t find(const Lines& lines, const std::vector<std::string>& parts) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
                return lines[i].find(part) != std::string::npos;
            })) {
            return i;
        }
    }
    FAIL("no such line: " << parts.front());
    return 0;
}

using Defect = std::function<void(Lines&)>;

Defect drop(std::vector<std::string> parts) {
    return [parts](Lines& lines) {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(find(lines, parts)));
    };
}
Defect replace(std::vector<std::string> parts, const std::string& from, const std::string& to) {
    return [=](Lines& lines) {
        std::string& line = lines[find(lines, parts)];
        const std::size_t at = line.find(from);
        REQUIRE(at != std::string::npos);
        line.replace(at, from.size(), to);
    };
}
Defect twice(std::vector<std::string> parts) {
    return [parts](Lines& lines) {
        const std::size_t at = find(lines, parts);
        const std::string line = lines[at];
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), line);
    };
}
/// Something more is seen.
Defect also(int at, const std::string& side, const std::string& vf, const std::string& rest) {
    return [=](Lines& lines) {
        lines.push_back(
            fmt::format(R"({{"t":{},"kind":"seen","side":"{}","vf":{},{}}})", at, side, vf, rest));
    };
}
Defect state(int at, const std::string& side, const std::string& rest) {
    return [=](Lines& lines) {
        lines.push_back(
            fmt::format(R"({{"t":{},"kind":"state","side":"{}","vf":0,{}}})", at, side, rest));
    };
}
Defect both(const Defect& a, const Defect& b) {
    return [=](Lines& lines) {
        a(lines);
        b(lines);
    };
}

struct Planted {
    const char* what;
    Defect defect;
    const char* found_by;
};

const char* const last_read = R"("submit":299)";

std::vector<Planted> commands() {
    return {
        {"a completion is dropped",
         replace({R"("submit":230)"}, R"("complete":260)", R"("complete":null)"), "INV-CMD-04"},
        {"the last completion is dropped",
         replace({R"("submit":450)"}, R"("complete":500)", R"("complete":null)"), "INV-CMD-02"},
        {"a completion is posted twice",
         replace({R"("submit":450)"}, R"("submit":450,"fetch":460)",
                 R"("submit":null,"fetch":460)"),
         "INV-CMD-01"},
        {"a completion is taken again",
         both(twice({last_read}), replace({last_read}, R"("submit":299,"fetch":380,"post":395)",
                                          R"("submit":null,"fetch":null,"post":null)")),
         "INV-CMD-01"},
        {"a command completes on both sides",
         both(both(twice({R"("submit":298)"}),
                   replace({R"("submit":298)"}, "source", "destination")),
              replace({R"("submit":298)"}, R"("submit":298,"fetch":299,"post":320,"complete":401)",
                      R"("submit":null,"fetch":null,"post":391,"complete":null)")),
         "INV-CMD-03"},
        {"a command completes on the wrong side",
         replace({R"("submit":450)"}, "destination", "source"), "INV-SUSP-01"},
        {"a command is aborted", replace({R"("submit":450)"}, R"("status":0)", R"("status":7)"),
         "INV-CMD-06"},
        {"a command is submitted twice", twice({R"("submit":450)"}), "INV-CMD-04"},
        {"a completion is taken before it is posted",
         replace({R"("submit":450)"}, R"("post":480)", R"("post":505)"), "INV-CMD-05"},
    };
}

std::vector<Planted> controllers() {
    return {
        {"fetched while suspended",
         both(replace({last_read}, "destination", "source"),
              replace({last_read}, R"("fetch":380,"post":395)", R"("fetch":330,"post":395)")),
         "INV-SUSP-01"},
        {"posted while suspended", replace({R"("submit":298)"}, R"("post":320)", R"("post":321)"),
         "INV-SUSP-02"},
        {"written while suspended", also(345, "source", "0", R"("what":"Writes")"), "INV-SUSP-02"},
        {"an interrupt while suspended", also(345, "source", "0", R"("what":"Interrupts")"),
         "INV-SUSP-03"},
        {"resumed without Resume", drop({R"("state":"Operational")"}), "INV-SUSP-01"},
        {"fetched from a deleted queue",
         state(440, "destination",
               R"("machine":"sq","state":"Absent","queue":1,"from":"Active","event":"CLR")"),
         "INV-LIFE-01"},
        {"posted to a deleted queue",
         state(245, "source",
               R"("machine":"sq","state":"Absent","queue":1,"from":"Active","event":"Delete")"),
         "INV-LIFE-01"},
        {"a buffer is used after its end",
         both(also(240, "source", "null", R"("what":"BufferTaken","value":5)"),
              also(241, "source", "0", R"("what":"Reads","value":5)")),
         "INV-LIFE-02"},
        {"written outside", also(240, "source", "0", R"("what":"Writes","flags":1)"), "INV-MEM-01"},
        {"the destination works for a VM that runs on the source",
         also(240, "destination", "0", R"("what":"Writes")"), "INV-OWN-03"},
    };
}

std::vector<Planted> vfio() {
    const std::string stop = R"("state":"STOP_COPY")";
    return {
        {"a state is left out", drop({R"("state":"STOP","from":"RESUMING")"}), "INV-VFIO-01"},
        {"a state is not where the last one ended",
         replace({stop}, R"("from":"STOP")", R"("from":"RUNNING")"), "INV-VFIO-01"},
        {"no arc leads there", replace({stop}, stop, R"("state":"PRE_COPY")"), "INV-VFIO-01"},
        {"state is read in STOP", drop({stop}), "INV-VFIO-02"},
        {"a data_fd is used after its end",
         also(415, "source", "0", R"("what":"SessionUsed","cid":2,"flags":1)"), "INV-LIFE-03"},
        {"a second session",
         also(345, "source", "0", R"("what":"SessionOpened","cid":4,"flags":1)"), "INV-VFIO-04"},
        {"a stopped device interrupts",
         both(drop({"source", R"("state":"Suspended")"}),
              also(345, "source", "0", R"("what":"Interrupts")")),
         "INV-VFIO-03"},
    };
}

std::vector<Planted> moves() {
    const auto source_resumes = [](int at) {
        return state(
            at, "source",
            R"("machine":"migration","state":"Operational","from":"Suspended","event":"x")");
    };
    return {
        {"another state is loaded", replace({R"("StateLoaded")"}, "99", "98"), "INV-STATE-01"},
        {"nothing was saved", drop({R"("StateSaved")"}), "INV-STATE-02"},
        {"nothing was loaded", drop({R"("StateLoaded")"}), "INV-STATE-03"},
        {"the source worked on, and an old state was loaded", source_resumes(358), "INV-STATE-03"},
        {"the source worked on after its state was loaded", source_resumes(374), "INV-STATE-03"},
        {"a page is missing", replace({R"("MemoryArrived")"}, R"("})", R"(","value":1})"),
         "INV-PAGE-01"},
        {"a change is not in the log", drop({R"("kind":"log")", R"("slba":32)"}), "INV-LOG-01"},
        {"only a part of a change is",
         replace({R"("kind":"log")", R"("slba":32)"}, R"("blocks":8)", R"("blocks":7)"),
         "INV-LOG-01"},
    };
}

std::vector<Planted> owners() {
    return {
        {"the source never stopped its VM", drop({R"("VmStops")"}), "INV-OWN-03"},
        {"both hosts run the VM", also(560, "source", "null", R"("what":"VmRuns")"), "INV-OWN-01"},
        {"nobody does", drop({"destination", R"("VmRuns")"}), "INV-OWN-02"},
        {"a VF stays suspended",
         state(
             590, "destination",
             R"("machine":"migration","state":"Suspended","from":"Suspending","event":"drained")"),
         "INV-OWN-04"},
        {"an abort without the VM on the source",
         replace({R"("MigrationCompleted")"}, "MigrationCompleted", "MigrationAborted"),
         "INV-ABORT-01"},
        {"an abort with a VF that hangs",
         [](Lines& lines) {
             const Lines all = lines;
             lines.assign(all.begin(), all.begin() + 5);
             state(140, "source",
                   R"("machine":"migration","state":"Suspended","from":"Suspending","event":"x")")(
                 lines);
             also(150, "source", "null", R"("what":"MigrationAborted")")(lines);
             lines.push_back(all.back());
         },
         "INV-ABORT-02"},
    };
}

std::vector<Planted> queues() {
    const auto posted = [](int slot, int phase) {
        return fmt::format(R"("what":"CdqPosted","queue":3,"value":{},"value2":{})", slot, phase);
    };
    return {
        {"an entry is posted twice", twice({R"("CdqPosted","queue":3,"value":1)"}), "INV-CDQ-01"},
        {"an entry is missing", drop({R"("CdqPosted","queue":3,"value":1)"}), "INV-CDQ-03"},
        {"a phase is wrong",
         replace({R"("CdqPosted","queue":3,"value":2)"}, R"("value2":1)", R"("value2":0)"),
         "INV-CDQ-01"},
        {"an entry is overwritten",
         both(both(drop({R"("CdqHead")"}), drop({R"("CdqHead")"})),
              also(326, "source", "null", posted(0, 0))),
         "INV-CDQ-02"},
        {"an entry is taken twice", twice({R"("CdqTaken","queue":3,"value":1)"}), "INV-CDQ-03"},
        {"a slot is given back that was not taken",
         replace({R"("CdqHead","queue":3,"value":2)"}, R"("value":2)", R"("value":0)"),
         "INV-CDQ-03"},
        {"an entry comes after the end", also(413, "source", "null", posted(0, 0)), "INV-LIFE-04"},
    };
}

std::vector<Planted> all_planted() {
    std::vector<Planted> all;
    for (const auto& group : {commands(), controllers(), vfio(), moves(), owners(), queues()}) {
        all.insert(all.end(), group.begin(), group.end());
    }
    return all;
}

TraceVerdict verdict_of(const Lines& lines) {
    const lmsim::tests::TemporaryFolder folder;
    const std::string path = folder.file("trace.ndjson");
    std::ofstream file(path);
    for (const std::string& line : lines) {
        file << line << '\n';
    }
    file.close();
    const auto verdict = check_trace(path);
    REQUIRE(static_cast<bool>(verdict));
    return verdict.value();
}

std::string first_of(const TraceVerdict& verdict) {
    return verdict.ok() ? "none" : std::string(verdict.breaches.front().invariant->id);
}

}  // namespace

TEST_CASE("a good trace breaks nothing", "[check]") {
    const TraceVerdict verdict = verdict_of(good_lines());
    CHECK(first_of(verdict) == "none");
    CHECK(verdict.came_to_rest);
    CHECK(verdict.header.scenario == "by hand");
}

TEST_CASE("every planted defect is found, by the invariant that is meant", "[check]") {
    std::set<std::string> found;
    for (const Planted& planted : all_planted()) {
        Lines lines = good_lines();
        planted.defect(lines);
        INFO(planted.what);
        const TraceVerdict verdict = verdict_of(lines);
        CHECK(first_of(verdict) == planted.found_by);
        found.insert(first_of(verdict));
    }
    for (const lmsim::check::Invariant& row : lmsim::check::invariants) {
        if (&row == lmsim::check::invariant(lmsim::check::Inv::SuspendingFetchesNothing)) {
            continue;  // a trace has when a command arrived, not when it was asked for
        }
        INFO(row.id << " finds none of them");
        CHECK(found.count(std::string(row.id)) == 1);
    }
}
