#include "sim/fluid/steady_io.hpp"

#include <algorithm>

namespace lmsim::sim {

namespace {

constexpr std::uint64_t fewest = 2000;  // completions that say something about a rate
constexpr Ps least_settling = 500'000'000;

std::uint64_t scaled(std::uint64_t what, Ps span, Ps measured) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(what) *
                                      static_cast<std::uint64_t>(span) /
                                      static_cast<std::uint64_t>(measured));
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
    const Memory& memory = guest.memory();
    versions_.resize(memory.allocated_pages());
    for (std::uint64_t page = 0; page < versions_.size(); ++page) {
        versions_[page] = memory.version(page);
    }
}

std::uint64_t SteadyIo::writes_into(const IoPages& pages, const Memory& memory) const {
    std::uint64_t sum = 0;
    for (const std::uint64_t page : pages.pages) {
        sum += memory.version(page) - versions_[page];
    }
    return sum;
}

bool SteadyIo::end(Ps now, const Guest& guest, const IoBusy& busy) {
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
    groups_.clear();
    for (IoPages& pages : guest.io_pages()) {
        const std::uint64_t writes = writes_into(pages, guest.memory());
        if (writes != 0) groups_.push_back({std::move(pages), writes});
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

/// Of n pages that are visited v times in turn, min(n, v) are written. Which ones moves on from one
/// time to the next.
void SteadyIo::write_pages(Memory& memory, Ps span) {
    ++turn_;
    for (const Group& group : groups_) {
        const std::uint64_t writes = scaled(group.writes, span, sample_.span);
        const std::uint64_t each = group.pages.writes_per_visit;
        const std::uint64_t visits = each == 1 ? writes : (writes + each - 1) / each;
        const std::uint64_t size = group.pages.pages.size();
        const std::uint64_t written = std::min(visits, size);
        for (std::uint64_t i = 0; i < written; ++i) {
            memory.wrote_page(group.pages.pages[(i + turn_ * written) % size]);
        }
    }
}

}  // namespace lmsim::sim
