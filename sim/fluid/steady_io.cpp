#include "sim/fluid/steady_io.hpp"

#include <algorithm>

namespace lmsim::sim {

namespace {

constexpr std::uint64_t fewest = 2000;         // completions that say something about a rate
constexpr std::uint32_t content_at_start = 1;  // version of a page that was never written to
constexpr Ps least_settling = 500'000'000;

std::uint64_t scaled(std::uint64_t what, Ps span, Ps measured) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(what) *
                                      static_cast<std::uint64_t>(span) /
                                      static_cast<std::uint64_t>(measured));
}

std::vector<std::uint32_t> versions(const Memory& memory) {
    std::vector<std::uint32_t> all(memory.allocated_pages());
    for (std::uint64_t page = 0; page < all.size(); ++page) {
        all[page] = memory.version(page);
    }
    return all;
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
}

void SteadyIo::half(const Guest& guest) {
    half_ = {sample_.latency.count(), sample_.bytes};
    halfway_ = versions(guest.memory());
}

void SteadyIo::look_at(Group& group, const Memory& memory) const {
    std::vector<std::uint64_t>& pages = group.pages.pages;
    const auto writes = [&](std::uint64_t page) { return memory.version(page) - versions_[page]; };
    for (const std::uint64_t page : pages) {
        group.writes += writes(page);
        group.used += memory.version(page) > content_at_start ? 1 : 0;
        group.late += writes(page) != 0 && halfway_[page] == versions_[page] ? 1 : 0;
    }
    if (!group.pages.is_ring()) {
        // Those that are most in use come first.
        std::stable_sort(pages.begin(), pages.end(),
                         [&](std::uint64_t a, std::uint64_t b) { return writes(a) > writes(b); });
    }
}

/// How many of the pages are in use within so much time. A ring comes round. The last buffer of a
/// job is in use when as much is under way as hardly ever: twice the time brings as many new ones
/// as the second half of the measurement did.
std::uint64_t SteadyIo::in_use(const Group& group, Ps span) const {
    const std::uint64_t size = group.pages.pages.size();
    if (group.pages.is_ring()) {
        return size;
    }
    std::uint64_t used = group.used;
    Ps known = ended_;
    for (; used < size && known <= span / 2; known *= 2) {
        used += group.late;
    }
    if (span > known) {
        used += scaled(group.late, span - known, known);
    }
    return std::min(used, size);
}

bool SteadyIo::end(Ps now, const Guest& guest, const IoBusy& busy) {
    sample_.span = now - began_;
    ended_ = now;
    const std::uint64_t count = sample_.latency.count();
    if (sample_.span == 0 || count < fewest) {
        return false;
    }
    const std::uint64_t largest = sample_.bytes / count * 64;
    if (!alike(half_[0], count - half_[0], 64) ||
        !alike(half_[1], sample_.bytes - half_[1], largest)) {
        return false;
    }
    groups_.clear();
    for (IoPages& pages : guest.io_pages()) {
        Group group;
        group.pages = std::move(pages);
        look_at(group, guest.memory());
        if (group.writes != 0) groups_.push_back(std::move(group));
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

/// Of n pages in use that are visited v times in turn, min(n, v) are written; of a ring, others
/// from one time to the next.
void SteadyIo::write_pages(Memory& memory, Ps span) {
    ++turn_;
    for (const Group& group : groups_) {
        const std::uint64_t writes = scaled(group.writes, span, sample_.span);
        const std::uint64_t each = group.pages.writes_per_visit;
        const std::uint64_t visits = (writes + each - 1) / each;
        const std::uint64_t size = group.pages.pages.size();
        const std::uint64_t written = std::min(visits, in_use(group, span));
        const std::uint64_t first = group.pages.is_ring() ? turn_ * written : 0;
        for (std::uint64_t i = 0; i < written; ++i) {
            memory.wrote_page(group.pages.pages[(i + first) % size]);
        }
    }
}

}  // namespace lmsim::sim
