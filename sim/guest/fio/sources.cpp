// From a job file and a namespace to sources: regions, copies, names.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "sim/core/text.hpp"
#include "sim/guest/fio/job_source.hpp"
#include "sim/guest/fio/source.hpp"

namespace lmsim::sim::fio {

namespace {

[[noreturn]] void fail(const JobFile& file, const Job& job, std::string_view key,
                       const std::string& message) {
    throw InputError(file.path, job.place({key}),
                     fmt::format("{}: job {} has {}", key, in_quotes(job.name), message));
}

std::uint64_t percent_of(std::uint64_t whole, std::uint64_t percent) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(whole) * percent / 100U);
}

struct Blocks {
    std::uint64_t smallest = UINT64_MAX;
    std::uint64_t largest = 0;
};

/// The blocks in use; each size must be whole logical blocks.
Blocks blocks_of(const JobFile& file, const Job& job, const Target& target) {
    Blocks out;
    for (std::size_t i = 0; i < directions; ++i) {
        const BlockSizes& sizes = job.sizes[i];
        if (!job.uses(static_cast<Direction>(i))) {
            continue;
        }
        std::vector<std::uint64_t> all{sizes.min, sizes.max, sizes.align};
        for (const SizeShare& share : sizes.split) {
            all.push_back(share.bytes);
        }
        for (const std::uint64_t bytes : all) {
            if (bytes % target.block != 0) {
                throw InputError(file.path, job.place({"bs", "bsrange", "bssplit", "ba"}),
                                 fmt::format("bs: {} bytes in job {}; expected a multiple of the "
                                             "namespace's logical block, {} bytes",
                                             bytes, in_quotes(job.name), target.block));
            }
        }
        out.smallest = std::min(out.smallest, sizes.min);
        out.largest = std::max(out.largest, sizes.max);
    }
    return out;
}

/// Start of a copy's region. fio rounds a start given in percent up to the smallest block.
std::uint64_t start_of(const JobFile& file, const Job& job, unsigned copy, const Target& target,
                       const Blocks& blocks) {
    const auto resolve = [&](const Extent& extent) {
        return extent.percent ? percent_of(target.capacity, extent.value) : extent.value;
    };
    std::uint64_t start = 0;
    bool overflow = __builtin_mul_overflow(resolve(job.offset_increment), copy, &start) ||
                    __builtin_add_overflow(start, resolve(job.offset), &start);
    if (job.offset.percent || job.offset_increment.percent) {
        const std::uint64_t rest = start % blocks.smallest;
        overflow = overflow ||
                   __builtin_add_overflow(start, rest == 0 ? 0 : blocks.smallest - rest, &start);
    }
    const bool moved = job.offset_increment.given && copy != 0;
    const std::string_view key = moved ? "offset_increment" : "offset";
    if (overflow || start >= target.capacity) {
        fail(file, job, key,
             fmt::format("copy {} starting at {} of {} bytes; expected a start within "
                         "the namespace",
                         copy, overflow ? "the end" : std::to_string(start), target.capacity));
    }
    if (start % target.block != 0) {
        fail(file, job, key,
             fmt::format("a start at byte {}; expected a multiple of the "
                         "namespace's logical block, {} bytes",
                         start, target.block));
    }
    return start;
}

std::uint64_t size_of(const JobFile& file, const Job& job, std::uint64_t start,
                      const Target& target, const Blocks& blocks) {
    const std::uint64_t room = target.capacity - start;
    std::uint64_t size = room;
    if (job.size.given && job.size.percent) {
        size = std::min(room, percent_of(target.capacity, job.size.value));
        size -= size % blocks.smallest;
    } else if (job.size.given) {
        size = job.size.value;
    }
    if (size > room) {
        fail(file, job, "size",
             fmt::format("{} bytes from byte {} on, but the namespace has {}; "
                         "expected at most {}",
                         size, start, target.capacity, room));
    }
    if (size < blocks.largest) {
        fail(file, job, "size",
             fmt::format("a region of {} bytes; expected room for the largest "
                         "block, {} bytes",
                         size, blocks.largest));
    }
    return size;
}

std::uint64_t limit_of(const Job& job, std::uint64_t size, const Target& target) {
    std::uint64_t limit = size;
    if (job.io_size.given) {
        limit = job.io_size.percent ? percent_of(target.capacity, job.io_size.value)
                                    : job.io_size.value;
    }
    return __builtin_mul_overflow(limit, job.loops, &limit) ? UINT64_MAX : limit;
}

}  // namespace

Sources make_sources(const JobFile& file, std::uint64_t seed, const std::string& prefix,
                     const Target& target) {
    LMSIM_ASSERT(target.block >= 512 && target.capacity >= target.block);
    Sources sources;
    std::map<std::string, unsigned> same_name;
    for (const Job& job : file.jobs) {
        const unsigned twin = same_name[job.name]++;
        const std::string name = twin == 0 ? job.name : fmt::format("{}#{}", job.name, twin + 1);
        if (target.number != 0 && target.number != job.device) {
            continue;
        }
        const Blocks blocks = blocks_of(file, job, target);
        for (unsigned copy = 0; copy < job.copies; ++copy) {
            JobPlan plan;
            plan.job = &job;
            plan.name = job.copies == 1 ? name : fmt::format("{}/{}", name, copy);
            plan.stream = prefix + "/" + plan.name;
            plan.base = start_of(file, job, copy, target, blocks);
            plan.size = size_of(file, job, plan.base, target, blocks);
            plan.limit = limit_of(job, plan.size, target);
            sources.push_back(std::make_unique<JobSource>(plan, seed));
        }
    }
    return sources;
}

}  // namespace lmsim::sim::fio
