#include "sim/device/die_media.hpp"

#include "tests/catch.hpp"
#include "tests/sim/device/closed_queue.hpp"

// The drive of flash by itself: no link, no driver.

using namespace lmsim;
using namespace lmsim::sim;

TEST_CASE("reads of one die wait for each other, reads of two do not", "[drives]") {
    Kernel kernel("kernel");
    MediaHost host(kernel, plain_drive(4));
    host.at(0, read_of(0));
    host.at(0, read_of(8));        // the next die
    host.at(0, read_of(32));       // the first one again: 4 stripes of 8 blocks further
    host.at(0, read_of(0, 8192));  // both
    host.at(0, write_of());        // without a cache there is room
    run_for(host, second);
    CHECK(host.end_of(0) == 51 * us);
    CHECK(host.end_of(1) == 52 * us);
    CHECK(host.end_of(2) == 101 * us);
    CHECK(host.end_of(3) == 151 * us);
    CHECK(host.end_of(4) == 13 * us);
    CHECK(host.media().busy() == 5 * 50 * us);
}

TEST_CASE("the namespaces of two VFs do not begin on the same die", "[drives]") {
    Kernel kernel("kernel");
    MediaHost host(kernel, plain_drive(4));
    host.at(0, read_of(0, 4096, 1));
    host.at(0, read_of(0, 4096, 2));
    run_for(host, second);
    CHECK(host.end_of(0) == 51 * us);
    CHECK(host.end_of(1) == 52 * us);
}

namespace {

/// Ends of two reads that meet a program, in microseconds.
void meet_a_program(Ps slice, std::uint32_t yields, Ps first, Ps second_one) {
    DieMediaTiming timing = plain_drive(1);
    timing.cache = 65536;
    timing.unit = 4096;
    timing.slice = slice * us;
    timing.yields = yields;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    host.at(0, write_of());         // the program takes from 9 to 1009 us
    host.at(150 * us, read_of(0));  // slices end at 109, 209, ...
    host.at(160 * us, read_of(0));
    run_for(host, second);
    CHECK(host.end_of(0) == 9 * us);
    CHECK(host.end_of(1) == first * us);
    CHECK(host.end_of(2) == second_one * us);
    CHECK(host.media().busy() == 1100 * us);
}

/// Writes that fill the cache come to what the dies can take.
void drain(std::uint64_t percent, double iops) {
    DieMediaTiming timing = plain_drive(16);
    timing.cache = 1 << 20;
    timing.unit = 16384;
    timing.amplification = Share{percent * 10'000};
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    host.keep(64, 0_percent, 1);
    run_for(host, second);
    CHECK(host.iops() == Approx(iops).epsilon(0.01));
    CHECK(host.mean_us() == Approx(64e6 / iops).epsilon(0.1));
}

/// When the last of eight writes ends, so many blocks after each other, where two of them have
/// room.
Ps end_of_eight(std::uint64_t step) {
    DieMediaTiming timing = plain_drive(1);
    timing.cache = 8192;
    timing.unit = 4096;
    timing.amplification = 300_percent;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    for (std::uint64_t i = 0; i < 8; ++i) {
        MediaWork work = write_of();
        work.lba = i * step;
        host.at(0, work);
    }
    run_for(host, second);
    return host.end_of(7);
}

}  // namespace

TEST_CASE("a read waits for the end of a program", "[drives]") { meet_a_program(0, 0, 1059, 1109); }

TEST_CASE("a read waits for the end of a slice where programs are suspended", "[drives]") {
    meet_a_program(100, 8, 259, 309);
}

TEST_CASE("a program lets so many reads pass, and no more", "[drives]") {
    meet_a_program(100, 1, 259, 1109);
}

TEST_CASE("a program that lets no read pass is not suspended", "[drives]") {
    meet_a_program(100, 0, 1059, 1109);
}

TEST_CASE("writes wait for room in the cache in their order", "[drives]") {
    DieMediaTiming timing = plain_drive(1);
    timing.cache = 8192;
    timing.unit = 8192;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    for (int i = 0; i < 3; ++i) host.at(0, write_of());
    host.at(0, write_of(16384));  // more than the cache: alone
    host.at(0, write_of());
    run_for(host, second);
    CHECK(host.end_of(0) == 9 * us);
    CHECK(host.end_of(1) == 10 * us);
    CHECK(host.end_of(2) == 1018 * us);  // behind the program of the first two
    // What is less than a unit is written back because somebody waits, and it is alone then.
    CHECK(host.end_of(3) == 2026 * us);
    CHECK(host.end_of(4) == 4034 * us);
}

TEST_CASE("the drain of the cache bounds writes", "[drives]") { drain(100, 64'000); }

TEST_CASE("amplification divides the drain", "[drives]") { drain(250, 25'600); }

TEST_CASE("a stall holds up what comes in it, reads and writes alike", "[drives]") {
    DieMediaTiming timing = plain_drive(4);
    timing.stalls = true;
    timing.stall = Distribution(fixed(1_ms));
    timing.stall_interval = Distribution(fixed(10_ms));
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    host.at(9900 * us, read_of(0));  // begun before it
    host.at(10'300 * us, read_of(8));
    host.at(10'300 * us, write_of());
    host.at(11'100 * us, read_of(0));  // behind it
    host.at(40'300 * us, read_of(0));  // nobody saw those between
    run_for(host, second);
    CHECK(host.end_of(0) == 9951 * us);
    CHECK(host.end_of(1) == 11'051 * us);
    CHECK(host.end_of(2) == 11'010 * us);
    CHECK(host.end_of(3) == 11'151 * us);
    CHECK(host.end_of(4) == 41'051 * us);
}

TEST_CASE("each write takes the controller for a time, reads pass", "[drives]") {
    DieMediaTiming timing = plain_drive(4);
    timing.write_command = 20 * us;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    host.at(0, write_of());
    host.at(0, write_of());
    host.at(0, read_of(0));
    run_for(host, second);
    CHECK(host.end_of(0) == 28 * us);
    CHECK(host.end_of(1) == 48 * us);
    CHECK(host.end_of(2) == 53 * us);
}

namespace {

/// Ends of four writes that a cache of two has to let out through one die.
std::vector<Ps> ends_of_four(bool registers, std::uint64_t collection) {
    DieMediaTiming timing = plain_drive(1);
    timing.cache = 8192;
    timing.unit = 4096;
    timing.amplification = 200_percent;
    timing.registers = registers;
    timing.collection = collection;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    for (std::uint64_t i = 0; i < 4; ++i) {
        host.at(0, write_of());
    }
    run_for(host, second);
    return {host.end_of(0), host.end_of(1), host.end_of(2), host.end_of(3)};
}

}  // namespace

TEST_CASE("there is room when a program has ended", "[drives]") {
    CHECK(ends_of_four(false, 0) == std::vector<Ps>{9 * us, 10 * us, 1017 * us, 3017 * us});
}

TEST_CASE("with registers there is room when a program begins", "[drives]") {
    CHECK(ends_of_four(true, 0) == std::vector<Ps>{9 * us, 10 * us, 17 * us, 2017 * us});
}

TEST_CASE("a collection moves older data at once, after so much", "[drives]") {
    // The third write meets the program of the second, and no move between them.
    CHECK(ends_of_four(false, 8192) == std::vector<Ps>{9 * us, 10 * us, 1017 * us, 2017 * us});
}

// Two writes have room, each of the six others waits for a program of 1 ms.
TEST_CASE("writes at random places move older data", "[drives]") {
    CHECK(end_of_eight(16) == 16'017 * us);
}

TEST_CASE("writes in turn move none, but for the first one, which continues nothing", "[drives]") {
    CHECK(end_of_eight(8) == 8'017 * us);
}

TEST_CASE("what one VF gets is paced, others are not held up", "[drives]") {
    DieMediaTiming timing = plain_drive(64);
    timing.limit.read_iops = 10'000_per_s;
    timing.limit.write_rate = Bandwidth{4096 * 8 * 5000};
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    host.keep(16, 100_percent, 1, 1);
    for (std::uint32_t i = 0; i < 5; ++i) host.at(0, write_of(4096, 2));
    for (std::uint32_t i = 0; i < 5; ++i) host.at(0, write_of(4096, 0));  // the host's own
    run_for(host, second);
    CHECK(host.end_of(25) == Approx(26 * us).epsilon(0.5));
    CHECK(host.iops() == Approx(10'000).epsilon(0.002));
    CHECK(host.quantile(0.5, true) == Approx(1600).epsilon(0.01));
    // Writes of another VF: one every 200 us, however many reads of the first one wait.
    CHECK(host.quantile(0.7, false) == Approx(409).epsilon(0.05));
}

TEST_CASE("flush and deallocate take their time and no room", "[drives]") {
    DieMediaTiming timing = plain_drive(1);
    timing.cache = 4096;
    timing.unit = 4096;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    MediaWork flush;
    flush.op = nvme::MediaOp::Flush;
    MediaWork deallocate;
    deallocate.op = nvme::MediaOp::Deallocate;
    deallocate.extra = 5 * us;
    host.at(0, flush);
    host.at(0, deallocate);
    run_for(host, second);
    CHECK(host.end_of(0) == 21 * us);
    CHECK(host.end_of(1) == 15 * us);
    CHECK(host.media().busy() == 0);
}

TEST_CASE("the rate of the drive bounds large commands", "[drives]") {
    DieMediaTiming timing = plain_drive(64);
    timing.stripe = 16384;
    timing.read_rate = 1_GB_per_s;
    timing.write_rate = 500_MB_per_s;
    Kernel kernel("kernel");
    MediaHost host(kernel, timing);
    for (std::uint32_t i = 0; i < 10; ++i) host.at(0, read_of(i * 256, 131072));
    for (std::uint32_t i = 0; i < 10; ++i) host.at(0, write_of(131072));
    run_for(host, second);
    CHECK(host.end_of(9) >= 1'310 * us);
    CHECK(host.end_of(9) <= 1'370 * us);
    CHECK(host.end_of(19) == Approx(2'629.44 * us).epsilon(0.001));
}
