#include "model/nvme/tracked_memory.hpp"

#include <algorithm>
#include <set>

#include "tests/model/nvme/track_rig.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::nvme;
using namespace lmsim::nvme::bench;

namespace {

using Ranges = std::vector<wire::MemoryRange>;

/// The same, as simple as can be: a set of granules.
struct Naive {
    std::uint64_t granule = 4096;
    std::set<std::uint64_t> tracked;
    std::set<std::uint64_t> written;

    void start(std::uint32_t granularity, const Ranges& ranges) {
        granule = wire::granule_bytes(granularity);
        for (const wire::MemoryRange& range : ranges) {
            for (std::uint64_t i = 0; i < range.granules; ++i) {
                tracked.insert(range.address / granule + i);
            }
        }
    }
    void mark(std::uint64_t address, std::uint64_t length) {
        for (std::uint64_t i = 0; i < length; ++i) {
            if (tracked.count((address + i) / granule) != 0) {
                written.insert((address + i) / granule);
            }
        }
    }
    /// Takes a reported range; false if any granule of it was not written, or reported before.
    bool take(const wire::MemoryRange& range) {
        bool good = range.address % granule == 0 && range.granules != 0;
        for (std::uint64_t i = 0; good && i < range.granules; ++i) {
            good = written.erase(range.address / granule + i) == 1;
        }
        return good;
    }
};

Ranges take(TrackedMemory& memory, std::uint64_t limit, bool turns = true) {
    Ranges ranges;
    memory.report(limit, {true, turns},
                  [&](const wire::MemoryRange& range) { ranges.push_back(range); });
    return ranges;
}

Ranges any_ranges(std::uint32_t granularity) {
    const auto count = *rc::gen::inRange<std::size_t>(1, 6);
    return *rc::gen::container<Ranges>(
        count, rc::gen::exec([granularity] {
            const auto first = *rc::gen::inRange<std::uint64_t>(0, 300);
            const auto length = *rc::gen::inRange<std::uint32_t>(0, 200);
            return wire::MemoryRange{first * wire::granule_bytes(granularity), length};
        }));
}

}  // namespace

TEST_CASE("nothing is marked before a start, after a stop, and of no length") {
    TrackedMemory memory;
    CHECK_FALSE(memory.on());
    memory.mark(0, 1 << 20);
    CHECK(memory.written() == 0);
    const wire::MemoryRange range{0x10000, 16};
    memory.start(0, &range, 1);
    CHECK(memory.on());
    memory.mark(0x10000, 0);
    CHECK(memory.written() == 0);
    memory.mark(0x10FFF, 2);
    CHECK(memory.written() == 2);
    memory.stop();
    CHECK(memory.written() == 0);
    CHECK_FALSE(memory.on());
}

TEST_CASE("the first and the last byte of memory") {
    TrackedMemory memory;
    const Ranges ranges{{0, 1}, {~std::uint64_t{0xFFF}, 1}};
    memory.start(0, ranges.data(), ranges.size());
    memory.mark(~std::uint64_t{0}, 1);
    memory.mark(0, 1);
    CHECK(take(memory, 9) == ranges);
    CHECK(memory.written() == 0);
}

TEST_CASE("runs are as long as they are, over words and up to the end of their range") {
    TrackedMemory memory;
    const Ranges ranges{{0, 130}, {0x100000, 70}};
    memory.start(0, ranges.data(), ranges.size());
    memory.mark(0, 0x200000);
    CHECK(memory.written() == 200);
    CHECK(take(memory, 9) == ranges);
    memory.mark(63 * 4096, 2 * 4096);
    memory.mark(0x100000 + 69 * 4096, 4096);
    CHECK(take(memory, 9) == Ranges{{63 * 4096, 2}, {0x100000 + 69 * 4096, 1}});
}

TEST_CASE("every granule written is reported once after its last write, and nothing else") {
    CHECK(tests::failure_of([] {
              const auto granularity = *rc::gen::inRange<std::uint32_t>(0, 3);
              const std::uint64_t granule = wire::granule_bytes(granularity);
              const Ranges ranges = any_ranges(granularity);
              TrackedMemory memory;
              Naive naive;
              memory.start(granularity, ranges.data(), ranges.size());
              naive.start(granularity, ranges);
              const auto steps = *rc::gen::inRange(1, 40);
              for (int step = 0; step < steps; ++step) {
                  if (*rc::gen::inRange(0, 4) != 0) {
                      const auto address = *rc::gen::inRange<std::uint64_t>(0, 520 * granule);
                      const auto length = *rc::gen::inRange<std::uint64_t>(1, 12 * granule);
                      memory.mark(address, length);
                      naive.mark(address, length);
                  } else {
                      const auto limit = *rc::gen::inRange<std::uint64_t>(0, 6);
                      const Ranges found = take(memory, limit, *rc::gen::arbitrary<bool>());
                      RC_ASSERT(found.size() <= limit);
                      for (const wire::MemoryRange& range : found) {
                          RC_ASSERT(naive.take(range));
                      }
                      RC_ASSERT(found.size() == limit || naive.written.empty());
                  }
                  RC_ASSERT(memory.written() == naive.written.size());
              }
              for (const wire::MemoryRange& range : take(memory, 10'000)) {
                  RC_ASSERT(naive.take(range));
              }
              RC_ASSERT(naive.written.empty());
              RC_ASSERT(memory.written() == 0);
          }) == "");
}

TEST_CASE("an order from the lowest address merges all neighbours") {
    CHECK(tests::failure_of([] {
              const Ranges ranges = any_ranges(0);
              TrackedMemory memory;
              memory.start(0, ranges.data(), ranges.size());
              for (const auto page : *rc::gen::container<std::vector<std::uint64_t>>(
                       rc::gen::inRange<std::uint64_t>(0, 500))) {
                  memory.mark(page * 4096, 1);
              }
              const Ranges found = take(memory, 10'000, false);
              for (std::size_t i = 1; i < found.size(); ++i) {
                  const wire::MemoryRange& last = found[i - 1];
                  RC_ASSERT(last.address + std::uint64_t{4096} * last.granules < found[i].address);
              }
          }) == "");
}

TEST_CASE("a device reports what its controllers write, against a naive model") {
    CHECK(tests::failure_of(
              [] {
                  TrackRig rig;
                  rig.bench.seed = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
                  const Ranges ranges{{Driver::data_address, 40},
                                      {Driver::data_address + 64 * 4096, 16},
                                      {Driver::cq_base(1), 1}};
                  Naive naive;
                  naive.start(0, ranges);
                  REQUIRE(rig.start(ranges) == 0);
                  REQUIRE(rig.start({{Driver::data_address, 64}}, 0, 2) == 0);
                  rig.bench.log.clear();
                  const auto follow = [&] {
                      for (const Effect& effect : rig.bench.log) {
                          const bool writes = effect.kind == EffectKind::TransferOut ||
                                              effect.kind == EffectKind::PostCqe;
                          if (writes && effect.function == 1) {
                              naive.mark(effect.address, effect.length);  // contiguous
                          }
                      }
                      rig.bench.log.clear();
                  };
                  const auto steps = *rc::gen::inRange(1, 12);
                  for (int step = 0; step < steps; ++step) {
                      const auto what = *rc::gen::inRange(0, 4);
                      if (what == 0) {
                          const auto room = *rc::gen::inRange<std::uint64_t>(1, 4);
                          const auto report = rig.receive(4 + 4 * room);
                          RC_ASSERT(report.status == 0);
                          for (const wire::MemoryRange& range : report.ranges) {
                              RC_ASSERT(naive.take(range));
                          }
                          RC_ASSERT(report.header.more == !naive.written.empty());
                      } else {
                          const auto offset = *rc::gen::inRange<std::uint64_t>(0, 80 * 8) * 512;
                          const auto blocks = *rc::gen::inRange<std::uint32_t>(1, 100);
                          rig.read_to(what == 1 ? rig.other : rig.vf, offset, blocks);
                      }
                      follow();
                  }
                  for (const wire::MemoryRange& range : rig.receive().ranges) {
                      RC_ASSERT(naive.take(range));
                  }
                  RC_ASSERT(naive.written.empty());
              },
              60) == "");
}
