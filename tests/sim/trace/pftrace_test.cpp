#include "sim/trace/pftrace.hpp"

#include <set>

#include "tests/property.hpp"
#include "tests/sim/trace/perfetto_file.hpp"
#include "tests/sim/trace/temporary.hpp"

using namespace lmsim::sim::trace;
using namespace lmsim::tests;
using lmsim::sim::Ps;

namespace {

CommandRecord command(Ps submit, Ps complete, std::uint16_t cid = 0) {
    CommandRecord record;
    record.submit = submit;
    record.complete = complete;
    record.vf = 0;
    record.qid = 1;
    record.cid = cid;
    record.opcode = 2;
    return record;
}

/// What a decoder makes of what `tell` tells.
template <class Tell>
PerfettoFile decoded(const Tell& tell) {
    const TemporaryFolder folder;
    PftraceWriter writer(folder.create("trace.pftrace"));
    tell(writer);
    writer.close();
    CHECK(writer.error() == "");
    return PerfettoFile(folder.file("trace.pftrace"));
}

std::string note(const PerfettoSlice& slice, const std::string& key) {
    const auto found = slice.event.notes.find(key);
    return found == slice.event.notes.end() ? "none" : found->second;
}

}  // namespace

TEST_CASE("a command is a slice with its times, what the controller does lies in it") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        CommandRecord record = command(1'000'500, 9'000'500, 7);
        record.fetch = 3'000'000;
        record.post = 7'000'999;
        record.slba = 64;
        record.length = 4096;
        record.status = 0x80;
        sink.command(record);
    });
    const auto slices = file.slices_of("source/VF 0/queue 1");
    REQUIRE(slices.size() == 2);
    CHECK(slices[0].name == "Read");
    CHECK(slices[0].begin == 1'000);
    CHECK(slices[0].end == 9'000);
    CHECK(slices[0].event.category == "io");
    CHECK(note(slices[0], "submit_ps") == "1000500");
    CHECK(note(slices[0], "complete_ps") == "9000500");
    CHECK(note(slices[0], "cid") == "7");
    CHECK(note(slices[0], "slba") == "64");
    CHECK(note(slices[0], "bytes") == "4096");
    CHECK(note(slices[0], "status") == "128");
    CHECK(slices[1].name == "in controller");
    CHECK(slices[1].level == 1);
    CHECK(slices[1].begin == 3'000);
    CHECK(slices[1].end == 7'000);
    CHECK(note(slices[1], "fetch_ps") == "3000000");
    CHECK(note(slices[1], "post_ps") == "7000999");
    const auto ends = file.events_of("source/VF 0/queue 1 completions");
    REQUIRE(ends.size() == 1);
    CHECK(ends[0].name == "CQE");
    CHECK(ends[0].ns == 9'000);
    CHECK(ends[0].ends_flow == slices[0].event.flow);
}

TEST_CASE("commands that overlap stand side by side, others share a lane") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        sink.command(command(1'000, 5'000));
        sink.command(command(2'000, 8'000));
        sink.command(command(6'000, 9'000));
        sink.command(command(8'000, 9'500));
    });
    const auto slices = file.slices_of("source/VF 0/queue 1");
    REQUIRE(slices.size() == 4);
    std::set<std::uint64_t> lanes;
    for (const PerfettoSlice& slice : slices) {
        CHECK(slice.level == 0);
        lanes.insert(slice.track);
    }
    CHECK(lanes.size() == 2);
}

TEST_CASE("lanes are as many as commands overlap, and never hold two at once") {
    if (!PerfettoFile::can_decode()) return;
    const auto lanes_suffice = [] {
        const auto count = *rc::gen::inRange(1, 60);
        std::vector<std::pair<Ps, Ps>> spans;
        for (int i = 0; i < count; ++i) {
            const Ps begin = 1'000 * *rc::gen::inRange(0, 50);
            spans.emplace_back(begin + 1'000 * *rc::gen::inRange(1, 20), begin);
        }
        std::sort(spans.begin(), spans.end());
        std::size_t most = 0;
        for (const auto& at : spans) {
            std::size_t overlap = 0;
            for (const auto& other : spans) {
                overlap += other.second <= at.second && at.second < other.first ? 1U : 0U;
            }
            most = std::max(most, overlap);
        }
        const PerfettoFile file = decoded([&](TraceSink& sink) {
            for (const auto& span : spans) sink.command(command(span.second, span.first));
        });
        const auto slices = file.slices_of("source/VF 0/queue 1");
        RC_ASSERT(slices.size() == spans.size());
        std::set<std::uint64_t> lanes;
        for (const PerfettoSlice& slice : slices) {
            RC_ASSERT(slice.level == 0U);
            lanes.insert(slice.track);
        }
        RC_ASSERT(lanes.size() == most);
    };
    CHECK(failure_of(lanes_suffice, 30) == "");
}

TEST_CASE("what takes less than Perfetto's unit is there all the same") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        for (std::uint16_t i = 0; i < 5; ++i) sink.command(command(1'000 + i, 1'100 + i, i));
        sink.command(command(2'500, 2'900, 5));
    });
    const auto slices = file.slices_of("source/VF 0/queue 1");
    REQUIRE(slices.size() == 6);
    std::set<std::string> times;
    for (const PerfettoSlice& slice : slices) {
        CHECK(slice.end == slice.begin + 1);
        times.insert(note(slice, "submit_ps"));
    }
    CHECK(times == std::set<std::string>{"1000", "1001", "1002", "1003", "1004", "2500"});
}

TEST_CASE("commands without an end stay open and have a lane for themselves") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        sink.command(command(1'000, 5'000, 0));
        CommandRecord fetched = command(5'000, not_reached, 1);
        fetched.fetch = 6'000;
        sink.command(fetched);
        sink.command(command(7'000, not_reached, 2));
        CommandRecord aer = command(2'000, not_reached, 3);
        aer.vf = no_device;
        aer.qid = 0;
        aer.opcode = 0x0c;
        sink.command(aer);
    });
    const auto slices = file.slices_of("source/VF 0/queue 1");
    REQUIRE(slices.size() == 4);
    CHECK(!slices[0].open);
    CHECK(slices[1].open);
    CHECK(note(slices[1], "cid") == "1");
    CHECK(note(slices[1], "ended") == "no");
    CHECK(note(slices[1], "complete_ps") == "none");
    CHECK(slices[2].name == "in controller");
    CHECK(slices[2].open);
    CHECK(slices[3].level == 0);
    CHECK(slices[3].track != slices[1].track);
    CHECK(file.events_of("source/VF 0/queue 1 completions").size() == 1);
    const auto admin = file.slices_of("source/driver/PF admin queue");
    REQUIRE(admin.size() == 1);
    CHECK(admin[0].name == "Asynchronous Event Request");
    CHECK(admin[0].event.category == "admin");
}

TEST_CASE("an opcode that no row names is shown by its number") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        CommandRecord record = command(0, 1'000);
        record.opcode = 0xfe;
        sink.command(record);
        record.qid = 0;
        sink.command(record);
    });
    CHECK(file.slices_of("source/VF 0/queue 1").at(0).name == "opcode FEh");
    CHECK(file.slices_of("source/VF 0/queue 0").at(0).name == "opcode FEh");
}

TEST_CASE("depths of queues count up at the submission and down at the completion") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        sink.submitted(1'000, Side::Source, 0, 1);
        sink.submitted(2'000, Side::Source, 0, 1);
        CommandRecord moved = command(1'000, 5'000);
        moved.side = Side::Destination;
        sink.command(moved);
        sink.command(command(2'000, 6'000));
        sink.submitted(7'000, Side::Destination, no_device, 0);
    });
    std::string values;
    for (const PerfettoEvent& event : file.events_of("virtual machine/VF 0 queue 1 depth")) {
        values += std::to_string(event.ns) + "=" + event.value + " ";
    }
    CHECK(values == "0=0 1=1 2=2 5=1 6=0 ");
    CHECK(file.events_of("destination/PF/PF queue 0 depth").back().value == "1");
}

TEST_CASE("phases, rounds, calls, states and counters stand on tracks of their own") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        const Side source = Side::Source;
        sink.phase({1'000, true, source, no_device, "DirtyLogStart"});
        sink.phase({2'000, false, source, no_device, "DirtyLogStart"});
        sink.round({2'000, 1, 4'096, 0});
        sink.state({3'000, source, no_device, "vmm", "setup-ends"});
        sink.round({4'000, 2, 8'192, 100});
        sink.state({5'000, source, no_device, "vmm", "src-downtime-start"});
        sink.phase({5'000, true, source, no_device, "PauseVcpus"});
        sink.phase({6'000, false, source, no_device, "PauseVcpus"});
        sink.state({6'500, source, 2, "vfio", "STOP", "RUNNING_P2P", "SET STOP", "LM-1"});
        sink.phase({7'000, true, source, 2, "SetDeviceState", 0, 0, "STOP_COPY"});
        sink.state({7'000, source, 2, "vfio", "STOP", "STOP", "SET STOP", "LM-2"});
        sink.phase({8'000, false, source, 2, "SetDeviceState", -22, 5});
        sink.phase({9'000, true, Side::Destination, no_device, "ResumeVcpus"});
        sink.phase({10'000, false, Side::Destination, no_device, "ResumeVcpus"});
        sink.state({10'000, Side::Destination, no_device, "vmm", "dst-vcpus-resumed"});
        sink.state({11'000, source, no_device, "vmm", "finished"});
        sink.link({12'000, 4'000, Side::Network, "forward", 1'000});
    });
    const auto told = [&](const std::string& path) {
        std::string text;
        for (const PerfettoSlice& slice : file.slices_of(path)) {
            text += slice.name + " " + std::to_string(slice.begin) + "-" +
                    (slice.open ? "" : std::to_string(slice.end)) + "; ";
        }
        return text;
    };
    CHECK(told("migration/phase") == "setup 1-3; pre-copy 3-5; switchover 5-10; handover 10-11; ");
    CHECK(told("migration/rounds of pre-copy") == "round 1 2-4; round 2 4-11; ");
    CHECK(told("virtual machine/vCPUs") ==
          "runs on the source 0-5; stopped 5-10; runs on the destination 10-12; ");
    CHECK(told("source/VF 2/vfio") == "RUNNING_P2P 0-6; STOP 6-12; ");
    CHECK(told("source/VMM") == "DirtyLogStart 1-2; PauseVcpus 5-6; SetDeviceState 7-8; ");
    const PerfettoSlice call = file.slices_of("source/VMM").back();
    CHECK(note(call, "errno") == "-22");
    CHECK(note(call, "amount") == "5");
    CHECK(note(call, "vf") == "2");
    CHECK(note(call, "detail") == "STOP_COPY");
    const PerfettoSlice state = file.slices_of("source/VF 2/vfio").back();
    CHECK(note(state, "event") == "SET STOP");
    CHECK(note(state, "requirement") == "LM-1");
    CHECK(file.events_of("migration/dirty memory").back().value == "8192");
    CHECK(file.events_of("migration/sent").back().value == "100");
    const auto use = file.events_of("network/link forward");
    REQUIRE(use.size() == 1);
    CHECK(use[0].ns == 8);
    CHECK(use[0].value == "25");
}

TEST_CASE("tracks stand in order, the migration on top") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        sink.command(command(0, 1'000));
        CommandRecord admin = command(0, 1'000);
        admin.vf = no_device;
        admin.qid = 0;
        sink.command(admin);
    });
    std::map<std::string, PerfettoTrack> by_path;
    for (const auto& track : file.tracks) by_path[file.path_of(track.first)] = track.second;
    CHECK(by_path.at("migration").rank < by_path.at("virtual machine").rank);
    CHECK(by_path.at("source").pid != by_path.at("destination").pid);
    CHECK(by_path.at("source").rank < by_path.at("destination").rank);
    CHECK(by_path.at("source/VMM").rank < by_path.at("source/driver").rank);
    CHECK(by_path.at("source/driver").rank < by_path.at("source/VF 0").rank);
    CHECK(by_path.at("source/VF 0/queue 1").rank <
          by_path.at("source/VF 0/queue 1 completions").rank);
    CHECK(by_path.count("network") == 1);
}

TEST_CASE("hostile texts arrive as UTF-8, and as they are where they are that") {
    if (!PerfettoFile::can_decode()) return;
    const std::string hostile =
        "<b onclick=\"x\">&amp; \xC3\xA4 \xff\xC0\x80 \"};\n\x01\x7f packet {";
    const std::string shown =
        "<b onclick=\"x\">&amp; \xC3\xA4 \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \"};\n\x01\x7f "
        "packet {";
    CHECK(utf8_text(hostile) == shown);
    const PerfettoFile file = decoded([&](TraceSink& sink) {
        sink.note(1'000, hostile);
        sink.note(1'000, std::string(3'000'000, 'x'));
        sink.state({1'000, Side::Source, 0, hostile, hostile, "", hostile, hostile});
        sink.phase({1'000, true, Side::Source, 0, hostile});
        sink.link({1'000, 1'000, Side::Network, hostile, 1'000});
        sink.log({1'000, Side::Source, 0, hostile, hostile});
    });
    CHECK(file.events_of("migration/phase").at(0).name == shown);
    CHECK(file.events_of("migration/phase").at(1).name == std::string(1'024, 'x'));
    const auto state = file.slices_of("source/VF 0/" + shown);
    REQUIRE(state.size() == 1);
    CHECK(state[0].name == shown);
    CHECK(note(state[0], "requirement") == shown);
    CHECK(file.slices_of("source/VMM").at(0).name == shown);
    CHECK(file.events_of("network/link " + shown).size() == 1);
    CHECK(file.events_of("source/VF 0/user data log").at(0).notes.at("place") == shown);
}

TEST_CASE("logs and interrupts that were lost are instants of their function") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        sink.log({1'000, Side::Source, 3, "range", "ordinary", 2, 100, 8, true});
        sink.interrupt_lost(2'000, Side::Destination, 3);
    });
    const auto log = file.events_of("source/VF 3/user data log");
    REQUIRE(log.size() == 1);
    CHECK(log[0].type == "INSTANT");
    CHECK(log[0].name == "range");
    CHECK(log[0].notes.at("nsid") == "2");
    CHECK(log[0].notes.at("blocks") == "8");
    CHECK(log[0].notes.at("dealloc") == "1");
    CHECK(file.events_of("destination/VF 3/interrupts lost").at(0).name == "interrupt lost");
}

TEST_CASE("more than the buffer holds arrives whole") {
    if (!PerfettoFile::can_decode()) return;
    const PerfettoFile file = decoded([](TraceSink& sink) {
        for (std::uint16_t i = 0; i < 10'000; ++i) {
            sink.command(command(Ps{i} * 2'000, Ps{i} * 2'000 + 1'000, i));
        }
    });
    const auto slices = file.slices_of("source/VF 0/queue 1");
    REQUIRE(slices.size() == 10'000);
    std::set<std::string> flows;
    for (std::size_t i = 0; i < slices.size(); ++i) {
        CHECK(note(slices[i], "cid") == std::to_string(i));
        flows.insert(slices[i].event.flow);
    }
    CHECK(flows.size() == slices.size());
}

TEST_CASE("a full disk is said once, whether it is noticed soon or at the end") {
    const bool soon = GENERATE(true, false);
    PftraceWriter writer(std::move(OutputFile::create("/dev/full").value()));
    for (std::uint16_t i = 0; soon && i < 20'000; ++i) writer.command(command(i, i + 1, i));
    CHECK(writer.error() == (soon ? "cannot write \"/dev/full\": the disk is full" : ""));
    writer.close();
    writer.close();
    CHECK(writer.error() == "cannot write \"/dev/full\": the disk is full");
}

TEST_CASE("a device of another kind has a track of its own name") {
    if (!PerfettoFile::can_decode()) return;
    const TemporaryFolder folder;
    DeviceNames names;
    names.add(0, "mlx5 0");
    PftraceWriter writer(folder.create("trace.pftrace"), names);
    writer.command(command(1'000'500, 9'000'500, 7));
    writer.close();
    CHECK_FALSE(
        PerfettoFile(folder.file("trace.pftrace")).slices_of("source/mlx5 0/queue 1").empty());
}
