#include <algorithm>

#include "sim/guest/guest.hpp"

// What lets a guest's steady I/O stand still for a while and go on as if it had not.

namespace lmsim::sim {

void Guest::freeze() {
    LMSIM_ASSERT(!frozen_ && !paused_);
    frozen_ = true;
    frozen_since_ = now();
}

void Guest::thaw(Ps held) {
    LMSIM_ASSERT(frozen_ && !paused_);
    frozen_ = false;
    const fio::Skipped skipped{Time{frozen_since_}, Time{now() - frozen_since_}, Time{held}};
    for (std::uint32_t index = 0; index < jobs_.size(); ++index) {
        Job& job = jobs_[index];
        job.source->skip(skipped, job.planned);
        pump(index);
    }
}

Ps Guest::steady_until() const {
    Ps until = ps_never;
    for (const Job& job : jobs_) {
        const bool begun = now() >= workload_began_ + job.start;
        until = std::min(until, begun ? job.source->steady_until(Time{now()}).ps : now());
    }
    return until;
}

void Guest::hold_writes(bool on) {
    if (on) {
        writer_.stop(*memory_, now());
    } else {
        writer_.start(now());
    }
}

std::vector<IoPages> Guest::io_pages() const {
    std::vector<IoPages> all;
    const auto ring = [&all](std::uint64_t base, std::uint64_t entries, std::uint64_t bytes) {
        IoPages pages;
        const std::uint64_t first = base / page_size;
        const std::uint64_t last = (base + entries * bytes - 1) / page_size;
        for (std::uint64_t page = first; page <= last; ++page) pages.pages.push_back(page);
        pages.writes_per_visit = std::min(entries, page_size / bytes);
        all.push_back(std::move(pages));
    };
    for (const auto& vf : vfs_) {
        for (std::uint16_t queue = 1; queue <= vf->pairs(); ++queue) {
            const QueuePair& pair = vf->commands().queue(queue);
            ring(pair.sq_base(), pair.entries(), 64);
            ring(pair.cq_base(), pair.cq_entries(), 16);
        }
    }
    for (const Job& job : jobs_) {
        // The k-th page of the buffer, and of the list, of all slots.
        const std::uint64_t pages = (job.source->longest() + page_size - 1) / page_size;
        const std::uint64_t lists =
            pages <= 2 ? 0 : (job.source->longest() - 1) / vfs_[job.vf]->largest_transfer() + 1;
        std::vector<IoPages> of_job(pages + lists);
        for (const IoSlot& slot : job.slots) {
            for (std::uint64_t k = 0; k < pages + lists; ++k) {
                const std::uint64_t first = k < pages ? slot.buffer.address / page_size + k
                                                      : slot.buffer.list / page_size + (k - pages);
                of_job[k].pages.push_back(first);
            }
        }
        for (IoPages& each : of_job) {
            if (!each.pages.empty()) all.push_back(std::move(each));
        }
    }
    return all;
}

}  // namespace lmsim::sim
