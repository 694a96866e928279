#include "sim/trace/vcd.hpp"

#include "tests/sim/trace/temporary.hpp"
#include "tests/sim/trace/vcd_file.hpp"

using namespace lmsim::sim::trace;
using namespace lmsim::tests;
using lmsim::sim::Ps;

namespace {

CommandRecord ended(Ps at, Side side, Device vf, std::uint16_t qid) {
    CommandRecord record;
    record.submit = 0;
    record.complete = at;
    record.side = side;
    record.vf = vf;
    record.qid = qid;
    return record;
}

/// What is read back of what `tell` tells; GTKWave's reader has to take it, too.
template <class Tell>
VcdFile waves(const Tell& tell, const std::string& scenario = "quickstart") {
    const TemporaryFolder folder;
    VcdWriter writer(folder.create("waves.vcd"), folder.create("changes"), scenario);
    tell(writer);
    writer.close();
    CHECK(writer.error() == "");
    CHECK(!std::filesystem::exists(folder.file("changes")));
    CHECK(gtkwave_takes(folder.file("waves.vcd")));
    return VcdFile(folder.file("waves.vcd"));
}

}  // namespace

TEST_CASE("nothing told is a dump without changes") {
    const VcdFile file = waves([](TraceSink&) {});
    CHECK(file.timescale == "1ps");
    CHECK(file.value("migration.guest", 0) == "runs on the source");
    CHECK(file.value("migration.phase", 0) == "");
}

TEST_CASE("states, depths and the use of links change when they are told to") {
    const VcdFile file = waves([](TraceSink& sink) {
        sink.submitted(10, Side::Source, 0, 1);
        sink.submitted(20, Side::Source, 0, 1);
        sink.submitted(20, Side::Source, no_device, 0);
        sink.state({25, Side::Source, 0, "vfio", "STOP", "RUNNING", "SET", "R-1"});
        sink.command(ended(30, Side::Destination, 0, 1));
        CommandRecord open = ended(not_reached, Side::Source, 0, 1);
        sink.command(open);
        sink.link({40, 40, Side::Source, "up", 13});
        sink.state({50, Side::Destination, 1, "sq", "Active", "", "create", "R-2", 7});
        sink.round({60, 2, 4'096, 100});
        sink.phase({70, true, Side::Source, no_device, "PauseVcpus"});
        sink.phase({80, false, Side::Source, no_device, "PauseVcpus"});
        sink.phase({80, true, Side::Source, 3, "SetDeviceState", 0, 0, "STOP COPY"});
        sink.state({90, Side::Source, no_device, "vmm", "src-vm-stopped"});
        sink.command(ended(100, Side::Source, 0, 1));
    });
    const std::string depth = "guest.vf0.queue1_depth";
    CHECK(file.types.at(depth) == "wire");
    CHECK(file.value(depth, 9) == "0");
    CHECK(file.value(depth, 10) == "1");
    CHECK(file.value(depth, 29) == "2");
    CHECK(file.value(depth, 30) == "1");
    CHECK(file.value(depth, 100) == "0");
    CHECK(file.value("source.pf.queue0_depth", 100) == "1");
    CHECK(file.value("source.vf0.vfio", 24) == "RUNNING");
    CHECK(file.value("source.vf0.vfio", 25) == "STOP");
    CHECK(file.types.at("source.link_up") == "real");
    CHECK(file.value("source.link_up", 39) == "0");
    CHECK(file.value("source.link_up", 40) == "32.5000");
    CHECK(file.value("destination.vf1.sq_7", 50) == "Active");
    CHECK(file.value("migration.round", 60) == "2");
    CHECK(file.value("migration.dirty_bytes", 60) == "4096");
    CHECK(file.value("migration.guest", 70) == "stopped");
    CHECK(file.value("source.vmm.call", 79) == "PauseVcpus");
    CHECK(file.value("source.vmm.call", 80) == "SetDeviceState STOP COPY VF 3");
    CHECK(file.value("source.vmm.checkpoint", 90) == "src-vm-stopped");
}

TEST_CASE(
    "names become identifiers, texts lose what is not graphic, and the reader is not fooled") {
    CHECK(vcd_name("queue 1") == "queue_1");
    CHECK(vcd_name("") == "_");
    CHECK(vcd_name("1a") == "_1a");
    CHECK(vcd_name("$end\n\xff") == "_end__");
    CHECK(vcd_text("a b\\c\n\xff") == "a\\040b\\134c\\012\\377");
    const std::string hostile = "<b>\"$end $enddefinitions\n#0\n$var \xC3\xA4\xff \\";
    const VcdFile file = waves(
        [&](TraceSink& sink) {
            sink.state({1, Side::Source, 0, hostile, hostile});
            sink.state({2, Side::Source, 0, hostile + "!", "other"});
            sink.phase({3, true, Side::Source, 0, hostile});
            sink.link({4, 4, Side::Network, hostile, 4});
            sink.state({5, Side::Source, 0, "x", std::string(3'000'000, '\n')});
        },
        "x $end\n$enddefinitions $end\n#5\n" + hostile);
    const std::string name = "source.vf0." + vcd_name(hostile);
    CHECK(file.value(name, 1) == hostile);
    CHECK(file.value(name + "_", 2) == "other");
    CHECK(file.value("source.vmm.call", 3) == hostile + " VF 0");
    CHECK(file.value("network.link_" + vcd_name(hostile), 4) == "100.0000");
}

TEST_CASE("names that become the same are told apart") {
    const VcdFile file = waves([](TraceSink& sink) {
        sink.state({1, Side::Source, 0, "a b", "first"});
        sink.state({2, Side::Source, 0, "a-b", "second"});
    });
    CHECK(file.value("source.vf0.a_b", 2) == "first");
    CHECK(file.value("source.vf0.a_b_2", 2) == "second");
}

TEST_CASE("more variables than one letter names, more changes than the buffer holds") {
    const VcdFile file = waves([](TraceSink& sink) {
        for (Ps at = 1; at <= 100'000; ++at) {
            const auto vf = static_cast<Device>(at % 250);
            sink.submitted(at, Side::Source, vf, 1);
            if (at % 3 == 0) sink.command(ended(at, Side::Source, vf, 1));
        }
    });
    CHECK(file.changes.size() > 250);
    CHECK(file.value("guest.vf7.queue1_depth", 100'000) == "267");
}

TEST_CASE("a full disk is said, whichever of the files it is") {
    const TemporaryFolder folder;
    const auto full = [] { return std::move(OutputFile::create("/dev/full").value()); };
    const bool changes = GENERATE(true, false);
    VcdWriter writer(changes ? folder.create("waves.vcd") : full(),
                     changes ? full() : folder.create("changes"), "x");
    for (Ps at = 1; at < 100'000; ++at) writer.submitted(at, Side::Source, 0, 1);
    writer.close();
    writer.close();
    CHECK(writer.error() == "cannot write \"/dev/full\": the disk is full");
    CHECK(std::filesystem::exists("/dev/full"));
    CHECK(!std::filesystem::exists(folder.file("changes")));
}

TEST_CASE("a device of another kind has a scope of its own name") {
    const TemporaryFolder folder;
    DeviceNames names;
    names.add(1, "mlx5 0");
    VcdWriter writer(folder.create("waves.vcd"), folder.create("changes"), "quickstart", names);
    writer.state({25, Side::Source, 0, "vfio", "STOP", "RUNNING", "SET", "R-1"});
    writer.state({25, Side::Source, 1, "vfio", "STOP", "RUNNING", "SET", "R-1"});
    writer.phase({80, true, Side::Source, 1, "SetDeviceState", 0, 0, "STOP"});
    writer.close();
    const VcdFile file(folder.file("waves.vcd"));
    CHECK(file.value("source.vf0.vfio", 25) == "STOP");
    CHECK(file.value("source.mlx5_0.vfio", 25) == "STOP");
    CHECK(file.value("source.vmm.call", 80) == "SetDeviceState STOP mlx5 0");
}
