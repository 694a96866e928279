#include "sim/host/ram.hpp"

#include "tests/catch.hpp"

namespace lmsim::sim {

namespace {

/// As the sender does without its short cut for zero pages.
RamSender::Sent one_by_one(RamSender& sender, std::uint64_t pages) {
    RamSender::Sent sent;
    while (sent.pages() < pages && sender.left() != 0) {
        const RamSender::Sent more = sender.send(1);
        sent.normal += more.normal;
        sent.zero += more.zero;
    }
    return sent;
}

}  // namespace

TEST_CASE("zero pages in bulk are what they are one by one", "[ram]") {
    for (const std::uint64_t slice : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{64},
                                      std::uint64_t{100}, std::uint64_t{1000}}) {
        Memory from(1000);
        Memory bulk(1000);
        Memory single(1000);
        for (const std::uint64_t page : {0, 63, 64, 200, 511, 999}) {
            from.wrote_page(page);
        }
        RamSender fast(from, bulk);
        fast.start();
        RamSender slow(from, single);
        slow.start();
        while (slow.left() != 0) {
            const RamSender::Sent a = fast.send(slice);
            const RamSender::Sent b = one_by_one(slow, slice);
            CHECK(a.normal == b.normal);
            CHECK(a.zero == b.zero);
            CHECK(fast.left() == slow.left());
        }
        CHECK(from.differences(bulk) == 0);
        CHECK(from.differences(single) == 0);
    }
}

TEST_CASE("a page that was sent and became zero is sent as zero again", "[ram]") {
    Memory from(64);
    Memory to(64);
    Memory other(64);
    other.wrote_page(3);
    to.receive(3, other);  // what the destination had from before
    RamSender sender(from, to);
    sender.start();
    CHECK(sender.send(64).zero == 64);
    CHECK(from.differences(to) == 0);
}

TEST_CASE("pages with bytes are never taken for zero in bulk", "[ram]") {
    Memory from(128);
    Memory to(128);
    const std::uint64_t address = from.allocate_bytes(page_size);
    to.allocate_bytes(page_size);
    from.bytes(address, 1)[0] = 7;  // not said to be written
    RamSender sender(from, to);
    sender.start();
    CHECK(sender.send(128).pages() == 128);
    CHECK(to.bytes(address, 1)[0] == 7);
}

TEST_CASE("vCPUs fault while the log is on, once for each time it is read", "[ram]") {
    Memory from(64);
    Memory to(64);
    RamSender sender(from, to);
    CHECK(!from.is_protected(1));
    sender.start();
    CHECK(from.is_protected(1));
    from.wrote_page(1);
    CHECK(!from.is_protected(1));
    sender.sync();
    CHECK(from.is_protected(1));
    sender.stop();
    CHECK(!from.is_protected(1));
}

TEST_CASE("a log that is cleared before sending keeps only what comes after", "[ram]") {
    Memory from(192);
    Memory to(192);
    RamSender sender(from, to);
    sender.clear_before_sending(64);
    sender.start();
    from.wrote_page(70);                // before its chunk's turn
    CHECK(sender.send(64).zero == 64);  // the first chunk
    from.wrote_page(3);                 // after it was sent
    from.wrote_page(130);               // before its turn
    CHECK(sender.send(128).normal == 2);
    from.wrote_page(70);  // after it was sent
    CHECK(sender.sync() == 2);
    CHECK(sender.send(64).pages() == 2);
    CHECK(from.differences(to) == 0);

    // Written between the chunk's first page and its own: sent as it is, and once more.
    for (const std::uint64_t page : {10, 20, 100}) from.wrote_page(page);
    CHECK(sender.sync() == 3);
    CHECK(sender.send(1).pages() == 1);
    from.wrote_page(20);
    from.wrote_page(100);
    CHECK(sender.send(64).pages() == 2);
    CHECK(sender.sync() == 1);
    sender.send(64);
    CHECK(from.differences(to) == 0);
}

}  // namespace lmsim::sim
