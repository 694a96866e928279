#include "sim/fluid/steady_io.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace lmsim::sim {

namespace {

constexpr std::uint64_t fewest = 2000;  // completions that say something about a rate
constexpr std::uint64_t little = 16;    // writes that say little of one ring's rate
constexpr Ps least_settling = 500'000'000;
constexpr std::uint64_t fixed_one = std::uint64_t{1} << 32;  // page, or write
constexpr unsigned fraction = 16;                            // bits of a part of a write
constexpr std::uint32_t golden = 0x9E3779B9;                 // of 2^32: spreads evenly
constexpr std::uint32_t content_at_start = 1;                // version of a page nobody wrote to

std::uint64_t scaled(std::uint64_t what, Ps span, Ps measured) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(what) *
                                      static_cast<std::uint64_t>(span) /
                                      static_cast<std::uint64_t>(measured));
}

std::vector<std::uint32_t> versions(const Memory& memory) {
    return {memory.versions(), memory.versions() + memory.allocated_pages()};
}

/// Within 3 %, or as far apart as counts of random things are.
bool alike(std::uint64_t first, std::uint64_t second, std::uint64_t slack) {
    const std::uint64_t apart = first > second ? first - second : second - first;
    return apart <= std::max((first + second) * 3 / 200, slack);
}

}  // namespace

IoBusy io_busy(const NvmeDevice& source, const NvmeDevice& destination) {
    return {source.up_busy(),      source.down_busy(),      source.media_busy(),
            destination.up_busy(), destination.down_busy(), destination.media_busy()};
}

void SteadyIo::begin(Ps now, const Guest& guest, const IoBusy& busy) {
    sample_ = {};
    half_ = {};
    began_ = now;
    busy_ = busy;
    versions_ = versions(guest.memory());
    seen_ = versions_;
    in_part_.assign(versions_.size(), 0);
    parts_ = 0;
}

void SteadyIo::look(const Guest& guest) {
    see(guest.memory());
    if (parts_ == looks / 2) {
        half_ = {sample_.latency.count(), sample_.bytes};
    }
}

void SteadyIo::see(const Memory& memory) {
    constexpr std::size_t some = 32;  // most pages are as they were
    for (std::size_t first = 0; first < seen_.size(); first += some) {
        const std::size_t count = std::min(some, seen_.size() - first);
        if (std::memcmp(&seen_[first], memory.versions() + first, count * sizeof(seen_[0])) == 0) {
            continue;
        }
        for (std::size_t page = first; page < first + count; ++page) {
            const std::uint32_t version = memory.version(page);
            if (version != seen_[page]) {
                in_part_[page] = static_cast<std::uint16_t>(in_part_[page] | 1U << parts_);
                seen_[page] = version;
            }
        }
    }
    ++parts_;
}

void SteadyIo::look_at(Group& group, const Memory& memory) const {
    std::vector<std::uint64_t>& pages = group.pages.pages;
    const auto writes = [&](std::uint64_t page) { return memory.version(page) - versions_[page]; };
    for (const std::uint64_t page : pages) {
        group.writes += std::uint64_t{writes(page)} << fraction;
        for (unsigned i = 0; i < spans; ++i) {
            const unsigned parts = 1U << i;
            for (unsigned first = 0; first < looks; first += parts) {
                const unsigned any = in_part_[page] >> first & ((1U << parts) - 1);
                group.distinct[i] += any != 0 ? parts : 0;
            }
        }
    }
    if (!group.pages.is_ring()) {
        // Those that are most in use come first.
        std::stable_sort(pages.begin(), pages.end(),
                         [&](std::uint64_t a, std::uint64_t b) { return writes(a) > writes(b); });
    }
}

/// Rings in which the measurement saw hardly an entry are taken as alike: each has the mean.
void SteadyIo::share_out(std::vector<Group>& rings) {
    const auto is_little = [](const Group& ring) { return ring.writes < little << fraction; };
    std::uint64_t all = 0;
    std::uint64_t count = 0;
    for (const Group& ring : rings) {
        if (is_little(ring)) {
            all += ring.writes;
            ++count;
        }
    }
    for (Group& ring : rings) {
        if (is_little(ring)) ring.writes = all / count;
    }
}

/// Rings that were ever used, and buffers that are.
void SteadyIo::find_groups(const Guest& guest) {
    const Memory& memory = guest.memory();
    const auto ever_written = [&](const IoPages& ring) {
        return std::any_of(ring.pages.begin(), ring.pages.end(), [&](std::uint64_t page) {
            return memory.version(page) > content_at_start;
        });
    };
    std::vector<Group> buffers;
    groups_.clear();
    marked_.resize(memory.allocated_pages(), 0);
    bool in_use = false;
    std::uint32_t number = 0;
    for (IoPages& pages : guest.io_pages()) {
        Group group;
        group.pages = std::move(pages);
        look_at(group, memory);
        // What is begun of the next entry is spread evenly, but the same in both rings of a pair.
        group.carry = number++ / 2 * golden;  // modulo 1
        if (!group.pages.is_ring()) {
            if (group.writes != 0) buffers.push_back(std::move(group));
            continue;
        }
        // Only the driver writes submissions, and both rings have as many entries.
        in_use = number % 2 == 1 ? ever_written(group.pages) : in_use;
        if (!in_use) continue;
        group.filled = filled(group, memory) * fixed_one + group.carry;
        groups_.push_back(std::move(group));
    }
    share_out(groups_);
    std::move(buffers.begin(), buffers.end(), std::back_inserter(groups_));
}

/// Do times twice as long bring buffers that count? Then the measurement has not seen what happens
/// rarely, such as a queue for the media that is long for once.
bool SteadyIo::grows() const {
    std::uint64_t all = 0;
    std::uint64_t more = 0;  // with twice the time
    for (const Group& group : groups_) {
        all += group.distinct[spans - 1];
        more += group.pages.is_ring() ? 0 : group.distinct[spans - 1] - group.distinct[spans - 2];
    }
    return more * 100 > all;
}

bool SteadyIo::end(Ps now, const Guest& guest, const IoBusy& busy, bool whatever_grows) {
    sample_.span = now - began_;
    const std::uint64_t count = sample_.latency.count();
    if (sample_.span == 0 || count < fewest) {
        return false;
    }
    const std::uint64_t largest = sample_.bytes / count * 64;
    if (!alike(half_[0], count - half_[0], 64) ||
        !alike(half_[1], sample_.bytes - half_[1], largest)) {
        return false;
    }
    see(guest.memory());
    find_groups(guest);
    if (grows() && !whatever_grows) {
        return false;
    }
    for (std::size_t i = 0; i < busy.size(); ++i) {
        busy_[i] = busy[i] - busy_[i];
    }
    return true;
}

Ps SteadyIo::settling() const { return 3 * sample_.latency.max() + least_settling; }

IoBusy SteadyIo::busy_in(Ps span) const {
    IoBusy all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<Ps>(scaled(static_cast<std::uint64_t>(busy_[i]), span, sample_.span));
    }
    return all;
}

std::uint64_t SteadyIo::writes_in(const Group& group, Ps span) const {
    const std::uint64_t most = group.pages.pages.size() * group.pages.writes_per_visit;
    return std::min(scaled(group.writes, span, sample_.span), most << fraction) << (32 - fraction);
}

/// In how many pages of a ring the entries of such a time lie; they follow the ones before.
std::uint64_t SteadyIo::ring_pages_in(Group& group, Ps span) const {
    const std::uint64_t page = group.pages.writes_per_visit;
    const std::uint64_t first = group.filled / fixed_one;
    group.filled += writes_in(group, span);
    const std::uint64_t end = group.filled / fixed_one;
    group.filled %= page * fixed_one;
    const std::uint64_t pages = end == first ? 0 : (end - 1) / page - first / page + 1;
    return std::min<std::uint64_t>(pages, group.pages.pages.size());
}

/// How many buffers are written: as many as were in a time of this length. In a longer one, the
/// last buffer of a job is in use when as much is under way as hardly ever: twice the time brings
/// as many new ones as it did before.
std::uint64_t SteadyIo::buffers_in(const Group& group, Ps span) const {
    const auto pages = [](std::uint64_t sixteenths) { return sixteenths * (fixed_one / looks); };
    const std::uint64_t all = group.pages.pages.size() * fixed_one;
    Ps known = sample_.span / looks;
    std::uint64_t count = pages(group.distinct[0]);
    const std::uint64_t more = pages(group.distinct[spans - 1] - group.distinct[spans - 2]);
    for (unsigned i = 1; known < span && count < all; ++i, known *= 2) {
        const std::uint64_t grows =
            i < spans ? pages(group.distinct[i] - group.distinct[i - 1]) : more;
        count += span >= 2 * known ? grows : scaled(grows, span - known, known);
    }
    return std::min({count, all, writes_in(group, span)});
}

void SteadyIo::write_page(Memory& memory, std::uint64_t page) {
    memory.wrote_page(page);
    ++marked_[page];
}

std::uint32_t SteadyIo::written(std::uint64_t page, const Memory& memory) const {
    return memory.version(page) - marked_[page];
}

/// Where the ring's newest entry lies: pages before it have been filled once more than those behind
/// it.
std::size_t SteadyIo::newest(const Group& group, const Memory& memory) const {
    const std::vector<std::uint64_t>& pages = group.pages.pages;
    std::size_t at = pages.size() - 1;
    const std::uint32_t before = written(pages[at], memory);
    for (std::size_t i = 0; i + 1 < pages.size(); ++i) {
        if (written(pages[i], memory) > before) at = i;
    }
    return at;
}

/// How many entries of this turn that page has.
std::uint64_t SteadyIo::filled(const Group& group, const Memory& memory) const {
    const std::vector<std::uint64_t>& pages = group.pages.pages;
    const std::size_t at = newest(group, memory);
    const std::uint64_t all = group.pages.writes_per_visit;
    const std::uint64_t more = written(pages[at], memory) - written(pages.back(), memory);
    return at + 1 == pages.size() ? all : std::min(more, all);
}

/// The page that the next real entry meets is one of them; the others are others each time.
void SteadyIo::write_ring(Memory& memory, const Group& group, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    const std::vector<std::uint64_t>& pages = group.pages.pages;
    const std::size_t last = newest(group, memory);
    write_page(memory, pages[last]);
    for (std::uint64_t i = 1; i < count; ++i) {
        const std::uint64_t other = (turn_ * (count - 1) + i) % (pages.size() - 1);
        write_page(memory, pages[(last + 1 + other) % pages.size()]);
    }
}

void SteadyIo::write_pages(Memory& memory, Ps span) {
    ++turn_;
    for (Group& group : groups_) {
        if (group.pages.is_ring()) {
            write_ring(memory, group, ring_pages_in(group, span));
            continue;
        }
        group.carry += buffers_in(group, span);
        const std::uint64_t count =
            std::min<std::uint64_t>(group.carry / fixed_one, group.pages.pages.size());
        group.carry -= count * fixed_one;
        for (std::uint64_t i = 0; i < count; ++i) {
            write_page(memory, group.pages.pages[i]);
        }
    }
}

}  // namespace lmsim::sim
