#include "tests/catch.hpp"
#include "tests/sim/run/other_devices.hpp"

using namespace lmsim::tests;

namespace {

constexpr std::int64_t ms = 1'000'000'000;

/// The destination is busy for 1480 ms with resources for initial data that come after the first
/// 50 ms of 200 ms of memory; nobody waits for its consent.
Run busy_destination(std::vector<std::string> options) {
    options.insert(options.begin(), {"channel.stream_limit=2Gbit/s", "vmm.switchover_ack=false",
                                     "devices.mlx5.time.allocate=1480ms"});
    return other_device("mlx5",
                        "pre_copy = true\nstate.stop = \"2MiB\"\nstate.initial = \"1MiB\"\n",
                        std::move(options));
}

Seen completed(const Run& run) {
    Seen seen = run_in_child(run);
    INFO(seen.result["reason"]);
    CHECK(seen.result["outcome"] == "completed");
    check_conserved(seen.result);
    return seen;
}

std::int64_t migration_ps(const Seen& seen) { return seen.result["total_time_ps"]; }

}  // namespace

TEST_CASE("a source whose socket is full waits for the destination before it stops the VM",
          "[run][channel]") {
    const Seen unlimited = completed(busy_destination({}));
    const Seen socket = completed(busy_destination({"channel.buffer=1MiB"}));
    // Without a limit all memory is sent by the time at which the destination begins to load it.
    CHECK(total_ps(unlimited) > 1400 * ms);
    CHECK(total_ps(socket) < 200 * ms);
    CHECK(migration_ps(socket) > 1480 * ms + 140 * ms);
    CHECK(socket.result["bytes"]["device_state"] == 3 << 20);
}

TEST_CASE("what fits the buffer is answered as if there were no limit", "[run][channel]") {
    const Seen unlimited = completed(busy_destination({}));
    const Seen large = completed(busy_destination({"channel.buffer=64MiB"}));
    CHECK(large.result["downtime"] == unlimited.result["downtime"]);
    CHECK(large.result["bytes"] == unlimited.result["bytes"]);
}

TEST_CASE("channels of multifd are read whatever the devices do", "[run][channel]") {
    const std::vector<std::string> threads = {"vmm.multifd.device_state=on", "channel.streams=4",
                                              "devices.mlx5.pre_copy=false"};
    std::vector<std::string> limited = threads;
    limited.emplace_back("channel.buffer=64KiB");
    CHECK(completed(busy_destination(limited)).result["downtime"] ==
          completed(busy_destination(threads)).result["downtime"]);
}

TEST_CASE("a cancel and a cut end a wait for room in the socket", "[run][channel]") {
    for (const std::string effect : {"source.vmm Cancel", "channel Cut"}) {
        Run run = busy_destination({"channel.buffer=1MiB"});
        run.scenario += "[[pin]]\neffect = \"" + effect +
                        "\"\nafter = \"source.vmm RamSendSlice\"\ndelay = \"300ms\"\n";
        const Seen seen = run_in_child(run);
        INFO(effect << ": " << seen.result["reason"]);
        CHECK(seen.result["outcome"] == (effect == "channel Cut" ? "failed" : "cancelled"));
        CHECK(seen.result["pins"][0]["reached"] == true);
        CHECK(migration_ps(seen) < 1000 * ms);
    }
}
