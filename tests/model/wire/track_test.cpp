#include "model/wire/track.hpp"

#include <vector>

#include "model/wire/bits.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes track_structure(std::uint8_t granularity, const std::vector<MemoryRange>& ranges,
                      const Rules& rules) {
    Bytes bytes(track_memory_size(ranges.size(), rules), 0xEE);
    encode_track_memory(granularity, ranges.data(), static_cast<std::uint32_t>(ranges.size()),
                        bytes.data(), rules);
    return bytes;
}

Bytes tracked_structure(const TrackedHeader& header, const std::vector<MemoryRange>& ranges,
                        const Rules& rules) {
    Bytes bytes(16 + 16 * ranges.size(), 0xEE);
    TrackedMemoryWriter writer(bytes.data(), bytes.size(), rules);
    for (const MemoryRange& range : ranges) {
        writer.add(range);
    }
    writer.finish(header);
    return bytes;
}

Error tracked_error(const Bytes& bytes, std::size_t at) {
    const auto view = TrackedMemoryView::parse(bytes.data(), bytes.size(), Rules{});
    if (!view.ok()) {
        CHECK(view.at() == at);
    }
    return view.error();
}

std::vector<MemoryRange> any_ranges(std::uint32_t granularity) {
    return *rc::gen::container<std::vector<MemoryRange>>(rc::gen::exec([granularity] {
        const auto number = *rc::gen::inRange<std::uint64_t>(0, 1U << 16);
        const auto granules = *rc::gen::inRange<std::uint32_t>(1, 1U << 16);
        return MemoryRange{number * granule_bytes(granularity), granules};
    }));
}

}  // namespace

// NVMe Base 2.3, figures 492, 495 and 496.
TEST_CASE("Track Memory Changes stands where its figures place it") {
    const Rules rules;
    const Sqe start = encode(TrackMemory{true, 0xABCD}, rules);
    CHECK(start.opcode == 0x3D);
    CHECK(start.cdw10 == 0x00010001);
    CHECK(start.cdw11 == 0x0000ABCD);
    CHECK(encode(TrackMemory{false, 1}, rules).cdw10 == 0x00000001);
    CHECK(track_operation(start, rules) == TrackOperation::TrackMemoryChanges);
    CHECK(decode_track_memory(start, rules) == TrackMemory{true, 0xABCD});
}

TEST_CASE("the operations of Track Send") {
    Sqe sqe;
    CHECK(track_operation(sqe, Rules{}) == TrackOperation::LogUserDataChanges);
    sqe.cdw10 = 0xFFFFFF01;
    CHECK(track_operation(sqe, Rules{}) == TrackOperation::TrackMemoryChanges);
    for (const std::uint32_t sel : {2U, 3U, 0x80U, 0xFFU}) {
        sqe.cdw10 = sel;
        CHECK(track_operation(sqe, Rules{}) == TrackOperation::Reserved);
    }
}

// Figures 486 to 488: NUMDL is 0's based.
TEST_CASE("Track Receive stands where its figures place it") {
    const Rules rules;
    TrackReceive command;
    command.cntlid = 0xABCD;
    command.dwords = 1000;
    const Sqe sqe = encode(command, rules);
    CHECK(sqe.opcode == 0x3E);
    CHECK(sqe.cdw10 == 0);
    CHECK(sqe.cdw11 == 0x0000ABCD);
    CHECK(sqe.cdw12 == 999);
    CHECK(sqe.cdw15 == 0);
    CHECK(decode_track_receive(sqe, rules) == command);
    Sqe most;
    most.cdw10 = 1;
    most.cdw12 = 0xFFFFFFFF;
    CHECK_FALSE(decode_track_receive(most, rules).memory_changes);
    CHECK(decode_track_receive(most, rules).sel == 1);
    CHECK(decode_track_receive(most, rules).dwords == 0x100000000);
}

TEST_CASE("Track Receive survives encode and decode") {
    CHECK(tests::failure_of(
              [](bool known, std::uint8_t sel, std::uint16_t cntlid, std::uint32_t numdl) {
                  const TrackReceive command{known, static_cast<std::uint8_t>(sel | 1), cntlid,
                                             std::uint64_t{numdl} + 1};
                  RC_ASSERT(decode_track_receive(encode(command, Rules{}), Rules{}) == command);
              }) == "");
}

// Figures 499 and 500.
TEST_CASE("what could be tracked instead stands in DW0 and DW1") {
    const TrackHintWords words = encode(TrackHints{0x1234, 0x89ABCDEF}, Rules{});
    CHECK(words.dw0 == 0x00001234);
    CHECK(words.dw1 == 0x89ABCDEF);
    CHECK(decode_track_hints({0xFFFF1234, 0x89ABCDEF}, Rules{}) == TrackHints{0x1234, 0x89ABCDEF});
}

// Figures 497 and 498: VER 0, RMRTG 3, RNMRTD 7:4, descriptors of 12 bytes from byte 8 on.
TEST_CASE("the Track Memory Changes structure, byte by byte") {
    const Rules rules;
    const Bytes bytes =
        track_structure(9, {{0x1122334455600000, 0x01020304}, {0x200000, 1}}, rules);
    CHECK(bytes == Bytes{0,    0, 0,    9,    2,    0,    0,    0,     // header
                         0x00, 0, 0x60, 0x55, 0x44, 0x33, 0x22, 0x11,  //
                         4,    3, 2,    1,                             //
                         0,    0, 0x20, 0,    0,    0,    0,    0,    1, 0, 0, 0});
    const auto view = TrackMemoryView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->version() == 0);
    CHECK(view->granularity() == 9);
    REQUIRE(view->count() == 2);
    CHECK((*view)[0] == MemoryRange{0x1122334455600000, 0x01020304});
    CHECK((*view)[1] == MemoryRange{0x200000, 1});
    CHECK(view->check().error == Error::None);
}

TEST_CASE("a Track Memory Changes structure that is cut short") {
    const Rules rules;
    const Bytes bytes = track_structure(0, {{0, 1}, {4096, 1}}, rules);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const auto view = TrackMemoryView::parse(cut.data(), cut.size(), rules);
        CHECK(view.error() == Error::Truncated);
        CHECK(TrackMemoryView::parse_header(cut.data(), cut.size(), rules).ok() == (size >= 8));
    }
}

TEST_CASE("what is wrong in a Track Memory Changes structure") {
    const Rules rules;
    const auto fault = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = track_structure(1, {{0x2000, 1}, {0x4000, 1}}, rules);
        bytes[at] = value;
        const auto view = TrackMemoryView::parse(bytes.data(), bytes.size(), rules);
        REQUIRE(view.ok());
        const Fault found = view->check();
        CHECK((found.error == Error::None || found.at <= bytes.size()));
        return found.error;
    };
    CHECK(fault(3, 1) == Error::None);
    CHECK(fault(0, 1) == Error::BadVersion);
    CHECK(fault(1, 1) == Error::Reserved);
    CHECK(fault(3, 52) == Error::OutOfRange);  // 4 KiB * 2^52: no 64-bit number
    CHECK(fault(4, 0) == Error::OutOfRange);   // RNMRTD
    CHECK(fault(21, 0x10) == Error::Unaligned);
    CHECK(fault(3, 51) == Error::Unaligned);
    Bytes beyond = track_structure(0, {{~std::uint64_t{0xFFF}, 1}}, rules);
    CHECK(TrackMemoryView::parse(beyond.data(), beyond.size(), rules)->check().error ==
          Error::None);
    beyond[16] = 2;
    CHECK(TrackMemoryView::parse(beyond.data(), beyond.size(), rules)->check().error ==
          Error::OutOfRange);
}

TEST_CASE("a Track Memory Changes structure survives encode and decode") {
    CHECK(tests::failure_of([] {
              const Rules rules;
              const auto granularity = *rc::gen::inRange<std::uint8_t>(0, 20);
              const auto ranges = any_ranges(granularity);
              const Bytes bytes = track_structure(granularity, ranges, rules);
              const auto view = TrackMemoryView::parse(bytes.data(), bytes.size(), rules);
              RC_ASSERT(view.ok());
              RC_ASSERT(view->granularity() == granularity);
              RC_ASSERT(view->count() == ranges.size());
              for (std::size_t i = 0; i < ranges.size(); ++i) {
                  RC_ASSERT((*view)[i] == ranges[i]);
              }
              RC_ASSERT((view->check().error == Error::None) == !ranges.empty());
          }) == "");
}

// Figures 489 and 490: ATTRB 1, CNTLID 3:2, NTMCD 7:4, RPMRG 9:8, descriptors of 16 bytes.
TEST_CASE("the Tracked Memory Changes structure, byte by byte") {
    const Rules rules;
    const Bytes bytes = tracked_structure({true, false, 0x0403, 9}, {{0x400000, 0x0A0B}}, rules);
    CHECK(bytes == Bytes{0, 1, 3,    4, 1, 0, 0, 0, 9,    0,    0, 0, 0, 0, 0, 0,  //
                         0, 0, 0x40, 0, 0, 0, 0, 0, 0x0B, 0x0A, 0, 0, 0, 0, 0, 0});
    const auto view = TrackedMemoryView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->header() == TrackedHeader{true, false, 0x0403, 9});
    REQUIRE(view->count() == 1);
    CHECK((*view)[0] == MemoryRange{0x400000, 0x0A0B});
    CHECK(tracked_structure({false, true, 0, 0}, {}, rules)[1] == 2);
}

TEST_CASE("what is wrong in a Tracked Memory Changes structure") {
    const Rules rules;
    const Bytes good = tracked_structure({true, true, 1, 1}, {{0x2000, 1}, {0x8000, 2}}, rules);
    CHECK(tracked_error(good, 0) == Error::None);
    const auto with = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = good;
        bytes[at] = value;
        return bytes;
    };
    CHECK(tracked_error(with(0, 1), 0) == Error::BadVersion);
    CHECK(tracked_error(with(1, 7), 1) == Error::Reserved);
    CHECK(tracked_error(with(15, 1), 15) == Error::Reserved);
    CHECK(tracked_error(with(4, 0), 1) == Error::OutOfRange);  // NTMCD = 0 and MTR = 1
    CHECK(tracked_error(with(4, 3), 48) == Error::Truncated);
    CHECK(tracked_error(with(8, 52), 8) == Error::OutOfRange);
    CHECK(tracked_error(with(17, 0x10), 16) == Error::Unaligned);
    CHECK(tracked_error(with(24, 0), 24) == Error::OutOfRange);  // LEN = 0
    CHECK(tracked_error(with(47, 1), 47) == Error::Reserved);
    CHECK(tracked_error(Bytes(15), 15) == Error::Truncated);
    Bytes longer = good;
    longer.resize(64, 0xEE);  // what follows is undefined
    CHECK(tracked_error(longer, 0) == Error::None);
}

TEST_CASE("a short buffer gets as many descriptors as fit") {
    const Rules rules;
    for (std::uint64_t size = 0; size <= 80; size += 4) {
        Bytes bytes(size + 1, 0xEE);
        TrackedMemoryWriter writer(bytes.data(), size, rules);
        CHECK(writer.room() == (size < 16 ? 0 : (size - 16) / 16));
        for (std::uint64_t i = 0; i < writer.room(); ++i) {
            writer.add({4096 * i, 1});
        }
        CHECK(writer.count() == writer.room());
        writer.finish({true, true, 0x0102, 0});
        CHECK(bytes[size] == 0xEE);
        CHECK((size < 4 || bytes[2] == 2));
        CHECK((size < 8 || bytes[4] == writer.room()));
    }
}

TEST_CASE("a Tracked Memory Changes structure survives encode and decode") {
    CHECK(tests::failure_of([](bool more, bool suspended, std::uint16_t cntlid) {
              const Rules rules;
              const auto granularity = *rc::gen::inRange<std::uint16_t>(0, 20);
              const auto ranges = any_ranges(granularity);
              const TrackedHeader header{more && !ranges.empty(), suspended, cntlid, granularity};
              const Bytes bytes = tracked_structure(header, ranges, rules);
              const auto view = TrackedMemoryView::parse(bytes.data(), bytes.size(), rules);
              RC_ASSERT(view.ok());
              RC_ASSERT(view->header() == header);
              RC_ASSERT(view->count() == ranges.size());
              for (std::size_t i = 0; i < ranges.size(); ++i) {
                  RC_ASSERT((*view)[i] == ranges[i]);
              }
          }) == "");
}

TEST_CASE("any bytes are a structure or a fault, of either kind") {
    CHECK(tests::failure_of([](Bytes bytes) {
              const Rules rules;
              const auto track = TrackMemoryView::parse(bytes.data(), bytes.size(), rules);
              if (track.ok()) {
                  RC_ASSERT(track->check().at <= bytes.size());
              }
              const auto tracked = TrackedMemoryView::parse(bytes.data(), bytes.size(), rules);
              RC_ASSERT(tracked.ok() || tracked.at() <= bytes.size());
          }) == "");
}

TEST_CASE("a dialect's RNMRTD may be 0's based") {
    Rules dialect;
    dialect.set_value(Id::TrackRnmrtdIsZeroBased, 1);
    const Bytes bytes = track_structure(0, {{0, 1}, {4096, 1}}, dialect);
    CHECK(bytes[4] == 1);
    CHECK(TrackMemoryView::parse(bytes.data(), bytes.size(), dialect)->count() == 2);
}
