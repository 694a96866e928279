#include "sim/host/opaque_device.hpp"

#include "tests/catch.hpp"
#include "tests/sim/host/opaque_script.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::tests;
using vfio::Errno;
using vfio::MigState;

namespace {

Distribution takes(Ps time) { return Distribution(fixed(Time{time})); }

constexpr Ps ms = 1'000'000'000;
constexpr Ps copied = 1;  // a read() or write(), whatever its length

/// What stands for a whole state of `bytes` saved in chunks of 100.
std::vector<std::vector<std::uint8_t>> saved_blocks(std::uint64_t bytes, std::uint64_t block) {
    OpaqueImage image;
    image.begin(100, 1000, 1);
    image.add(bytes, true);
    while (image.next_chunk() != 0) {
        image.saving();
        image.saved();
    }
    std::vector<std::vector<std::uint8_t>> blocks;
    while (image.left() != 0) {
        blocks.push_back(image.take(std::min(block, image.left())).encode());
    }
    return blocks;
}

}  // namespace

TEST_CASE("a driver that polls sees its device quiesce at its next look") {
    OpaqueTiming timing = quick_device();
    timing.poll = ms;
    timing.poll_limit = 5 * ms;
    timing.quiesce = takes(2 * ms + 1);
    timing.suspend = takes(3 * ms);
    const auto answers = play(timing, {set(MigState::RUNNING_P2P), set(MigState::STOP)});
    CHECK(answers[0].took == 3 * ms);
    CHECK(answers[1].took == 3 * ms);
}

TEST_CASE("a driver that is told sees it at once") {
    OpaqueTiming timing = quick_device();
    timing.quiesce = takes(2 * ms + 1);
    timing.ioctl = 7;
    CHECK(play(timing, {set(MigState::RUNNING_P2P)})[0].took == 2 * ms + 1 + 7);
}

TEST_CASE("a device that suspends at the driver's limit is in time") {
    OpaqueTiming timing = quick_device();
    timing.poll = ms;
    timing.poll_limit = 5 * ms;
    timing.suspend = takes(5 * ms);
    const auto answers = play(timing, {set(MigState::STOP)});
    CHECK(answers[0].error == Errno::Ok);
    CHECK(answers[0].took == 5 * ms);
}

TEST_CASE("a device that suspends a picosecond later is given up") {
    OpaqueTiming timing = quick_device();
    timing.poll = ms;
    timing.poll_limit = 5 * ms;
    timing.suspend = takes(5 * ms + 1);
    const auto answers = play(timing, {set(MigState::STOP)});
    CHECK(answers[0].error == Errno::TimedOut);
    CHECK(answers[0].took == 5 * ms);
}

TEST_CASE("each arc of an opaque device takes what its step takes") {
    OpaqueTiming timing = quick_device();
    timing.quiesce = takes(1);
    timing.suspend = takes(10);
    timing.open = takes(100);
    timing.close = takes(1000);
    timing.resume = takes(10'000);
    timing.start = takes(100'000);
    const auto answers = play(
        timing, {set(MigState::RUNNING_P2P), set(MigState::STOP), set(MigState::STOP_COPY),
                 set(MigState::STOP), set(MigState::RUNNING_P2P), set(MigState::RUNNING),
                 set(MigState::PRE_COPY), set(MigState::PRE_COPY_P2P), set(MigState::STOP_COPY),
                 set(MigState::RUNNING), set(MigState::RESUMING), set(MigState::RUNNING)});
    const Ps expected[] = {1,   10, 100, 1000,           10'000,       100'000,
                           100, 1,  10,  1000 + 110'000, 1 + 10 + 100, 1000 + 110'000};
    for (std::size_t i = 0; i < answers.size(); ++i) {
        INFO(i);
        CHECK(answers[i].error == Errno::Ok);
        CHECK(answers[i].took == expected[i]);
    }
}

TEST_CASE("a driver without P2P quiesces and suspends in one arc") {
    OpaqueTiming timing = quick_device();
    timing.features = vfio::STOP_COPY_FLAG;
    timing.quiesce = takes(1);
    timing.suspend = takes(10);
    timing.resume = takes(100);
    timing.start = takes(1000);
    const auto answers = play(timing, {set(MigState::RUNNING_P2P), set(MigState::STOP),
                                       set(MigState::PRE_COPY), set(MigState::RUNNING)});
    CHECK(answers[0].error == Errno::Invalid);
    CHECK(answers[1].took == 11);
    CHECK(answers[2].error == Errno::Invalid);
    CHECK(answers[3].took == 1100);
}

TEST_CASE("a read waits for the first chunk, and the device saves the next one meanwhile") {
    OpaqueTiming timing = quick_device();
    timing.stop = 300;
    timing.chunk = 100;
    timing.save = takes(5);
    const auto answers = play(
        timing, {set(MigState::STOP_COPY), read(60), read(60), read(1000), read(1000), read(1000)});
    CHECK(answers[1].took == 105 + copied);
    CHECK(answers[1].value == 60);
    CHECK(answers[2].took == copied);  // what is there, however little
    CHECK(answers[2].value == 40);
    CHECK(answers[3].took == 105 - copied);  // it was saved while the others were copied
    CHECK(answers[4].took == 105);
    CHECK(answers[4].value == 100);
    CHECK(answers[5].value == 0);
}

TEST_CASE("without chunks a read waits for the whole image") {
    OpaqueTiming timing = quick_device();
    timing.stop = 300;
    const auto answers = play(timing, {set(MigState::STOP_COPY), read(60), read(1000)});
    CHECK(answers[1].took == 300 + copied);
    CHECK(answers[2].took == copied);
    CHECK(answers[2].value == 240);
}

TEST_CASE("a read ends at a chunk only if the driver's reads are short") {
    OpaqueTiming timing = quick_device();
    timing.stop = 300;
    timing.chunk = 100;
    timing.ahead = 3;
    timing.quiesce = takes(1000);
    timing.features = vfio::all_mig_flags;
    timing.initial = 200;
    timing.short_reads = true;
    const auto answers = play(
        timing, {set(MigState::PRE_COPY), set(MigState::PRE_COPY_P2P), read(1000), read(1000)});
    CHECK(answers[2].value == 100);
    CHECK(answers[3].value == 100);
}

TEST_CASE("other drivers read on over the end of a chunk") {
    OpaqueTiming timing = quick_device();
    timing.chunk = 100;
    timing.ahead = 3;
    timing.quiesce = takes(1000);
    timing.initial = 200;
    const auto answers = play(
        timing, {set(MigState::PRE_COPY), set(MigState::PRE_COPY_P2P), read(1000), read(1000)});
    CHECK(answers[2].value == 200);
    CHECK(answers[3].error == Errno::NoMessage);
}

TEST_CASE("hisi_acc and qat end what they give in PRE_COPY with 0, and go on in STOP_COPY") {
    OpaqueTiming timing = quick_device();
    timing.initial = 200;
    timing.stop = 50;
    timing.zero_ends_precopy = true;
    const auto answers = play(timing, {set(MigState::PRE_COPY), read(1000), read(1000),
                                       set(MigState::STOP_COPY), read(1000), read(1000)});
    CHECK(answers[1].value == 200);
    CHECK(answers[2].error == Errno::Ok);
    CHECK(answers[2].value == 0);
    CHECK(answers[4].value == 50);
    CHECK(answers[5].value == 0);
}

TEST_CASE("what changes while the device runs is bounded, and an image more once it is asked for") {
    OpaqueTiming timing = quick_device();
    timing.initial = 200;
    timing.dirty = 50;
    timing.ioctl = 20;
    const auto answers =
        play(timing, {set(MigState::PRE_COPY), precopy_info(), read(1000), precopy_info(),
                      precopy_info(), set(MigState::STOP_COPY), data_size()});
    CHECK(answers[1].value == 200);
    CHECK(answers[1].value2 == 20);
    CHECK(answers[3].value == 0);
    CHECK(answers[3].value2 == 50);  // of more than 200 ps
    CHECK(answers[4].value2 == 70);  // 50 to be read, and 20 ps more
    CHECK(answers[6].value == 50 + 40 + 1000);
}

namespace {

/// Bytes that a device is seen to have changed 99 ps after it was last looked at.
std::uint64_t changes_seen(Ps look) {
    OpaqueTiming timing = quick_device();
    timing.initial = 1;
    timing.dirty = 1000;
    timing.look = look;
    timing.ioctl = 49;
    return play(timing, {set(MigState::PRE_COPY), read(1), precopy_info()})[2].value2;
}

}  // namespace

TEST_CASE("a driver that looks at most once a second sees no change before") {
    CHECK(changes_seen(100) == 0);
}

TEST_CASE("a driver that looks at most once a second sees changes then") {
    CHECK(changes_seen(99) == 99);
}

TEST_CASE("the size of a state that is still to come counts what has not been read") {
    OpaqueTiming timing = quick_device();
    timing.initial = 200;
    timing.stop = 50;
    const auto answers = play(timing, {data_size(), set(MigState::PRE_COPY), data_size(), read(150),
                                       data_size(), set(MigState::STOP_COPY), data_size(),
                                       read(1000), data_size(), read(1000), data_size()});
    CHECK(answers[0].value == 250);
    CHECK(answers[2].value == 250);
    CHECK(answers[4].value == 100);
    CHECK(answers[6].value == 100);
    CHECK(answers[7].value == 50);  // the rest is being saved
    CHECK(answers[8].value == 50);
    CHECK(answers[9].value == 50);
    CHECK(answers[10].value == 0);
}

TEST_CASE("without PRE_COPY all of the state is read while the device stands still") {
    OpaqueTiming timing = quick_device();
    timing.features = vfio::STOP_COPY_FLAG;
    timing.initial = 200;
    timing.stop = 50;
    const auto answers = play(timing, {set(MigState::STOP_COPY), read(1000), read(1000)});
    CHECK(answers[1].value == 250);
    CHECK(answers[2].value == 0);
}

namespace {

/// Loads a state of 250 bytes in blocks of 150.
std::vector<Script::Answer> load(OpaqueTiming timing) {
    timing.load = takes(7);
    timing.close = takes(3);
    const auto blocks = saved_blocks(250, 150);
    return play(timing,
                {set(MigState::RESUMING), write(blocks[0]), write(blocks[1]), set(MigState::STOP)});
}

}  // namespace

TEST_CASE("a device that loads while it is written takes each chunk with the write that ends it") {
    OpaqueTiming timing = quick_device();
    timing.allocate = takes(10'000);
    const auto answers = load(timing);
    CHECK(answers[1].value == 150);
    CHECK(answers[1].took == 10'000 + copied + 107);  // resources come first, once
    CHECK(answers[2].took == copied + 150 + 14);
    CHECK(answers[3].took == 3);
}

TEST_CASE("a device that loads when it leaves RESUMING takes all of it then") {
    OpaqueTiming timing = quick_device();
    timing.loads_at_write = false;
    const auto answers = load(timing);
    CHECK(answers[1].took == copied);
    CHECK(answers[2].took == copied);
    CHECK(answers[3].took == 250 + 7 + 3);
}

TEST_CASE("a state with a gap, with its end missing or cut off is none") {
    const auto blocks = saved_blocks(250, 150);
    std::vector<std::uint8_t> cut = blocks[0];
    cut.resize(20);
    const auto answers =
        play(quick_device(), {set(MigState::RESUMING), write(cut), write(blocks[1]),
                              write(blocks[0]), set(MigState::STOP)});
    CHECK(answers[1].error == Errno::Invalid);
    CHECK(answers[2].error == Errno::Invalid);
    CHECK(answers[3].error == Errno::Ok);
    CHECK(answers[4].error == Errno::Invalid);
}

TEST_CASE("mlx5 suspends only when it does not save") {
    OpaqueTiming timing = quick_device();
    timing.initial = 500;
    timing.quiesce = takes(10);
    const auto answers = play(timing, {set(MigState::PRE_COPY), set(MigState::PRE_COPY_P2P)});
    CHECK(answers[1].took == 510);
}

TEST_CASE("a reset makes a device run that was in the middle of its state") {
    OpaqueTiming timing = quick_device();
    timing.reset = takes(100);
    const auto answers =
        play(timing, {set(MigState::STOP_COPY),
                      [](OpaqueDevice& device, VfioDone done) { device.reset(std::move(done)); },
                      [](OpaqueDevice& device, VfioDone done) {
                          CHECK(device.state() == MigState::RUNNING);
                          device.set_state(MigState::PRE_COPY, std::move(done));
                      }});
    CHECK(answers[1].took == 100);
    CHECK(answers[2].error == Errno::Ok);
}
