#include "sim/guest/fio/job_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/text.hpp"

#include "sim/core/text.hpp"
namespace lmsim::sim::fio {

namespace {

constexpr Direction each_direction[] = {Direction::Read, Direction::Write, Direction::Trim};

[[noreturn]] void fail(const JobFile& file, Where where, const std::string& message) {
    throw InputError(file.path, where, message);
}

void finish_sizes(Job& job, JobFile& file) {
    bool aligned = true;
    for (const Direction direction : each_direction) {
        BlockSizes& sizes = job.of(direction);
        if (sizes.min == 0) {
            sizes.min = sizes.max = sizes.fixed;
        }
        if (sizes.align == 0 || !job.random) {
            sizes.align = sizes.min;
        }
        aligned = aligned && (!job.uses(direction) || sizes.align == sizes.min);
    }
    if (!aligned && job.random_map) {
        job.random_map = false;
        file.notes.push_back({job.place({"ba"}),
                              "ba= turns the random map off, as in fio: blocks "
                              "may repeat"});
    }
    const Where bs = job.place({"bs"});
    const Where better = job.place({"bsrange", "bssplit"});
    if (bs.line > better.line && better.line != job.where.line) {
        file.notes.push_back({bs, fmt::format("bs= has no effect: the range or split of line {} "
                                              "wins, as in fio",
                                              better.line)});
    }
}

void check_sizes(const Job& job, const JobFile& file) {
    for (const Direction direction : each_direction) {
        const std::uint64_t largest = job.of(direction).max;
        for (const Extent* extent : {&job.size, &job.io_size}) {
            const bool bounded = extent->given && !extent->percent && job.uses(direction);
            if (bounded && extent->value < largest) {
                const bool whole = extent == &job.size;
                fail(file, job.place({whole ? "size" : "io_size"}),
                     fmt::format("{}: {} bytes in job {}; expected at least a block, which has "
                                 "up to {} bytes",
                                 whole ? "size" : "io_size", extent->value, in_quotes(job.name),
                                 largest));
            }
        }
    }
}

void check_times(const Job& job, const JobFile& file) {
    if (job.time_based && job.runtime == Time()) {
        fail(file, job.place({"time_based"}),
             fmt::format("time_based: job {} has no runtime; expected runtime=",
                         in_quotes(job.name)));
    }
    const auto any = [](const PerDirection<std::uint64_t>& rates) {
        return std::any_of(rates.begin(), rates.end(), [](std::uint64_t r) { return r != 0; });
    };
    if (any(job.rate) && any(job.rate_iops)) {
        fail(file, job.place({"rate", "rate_iops"}),
             fmt::format("rate: job {} has rate and rate_iops; expected one of them",
                         in_quotes(job.name)));
    }
    if (job.stonewall && !file.jobs.empty()) {
        fail(file, job.place({"stonewall"}),
             fmt::format("stonewall: job {} would wait for the jobs before it, which is not "
                         "supported; expected no stonewall (use startdelay=, or a file per phase)",
                         in_quotes(job.name)));
    }
}

void note_depth(const Job& job, JobFile& file) {
    constexpr std::string_view synchronous[] = {"sync",   "psync",   "vsync",
                                                "pvsync", "pvsync2", "mmap"};
    const auto end = std::end(synchronous);
    if (job.depth > 1 && std::find(std::begin(synchronous), end, job.engine) != end) {
        file.notes.push_back({job.place({"iodepth"}),
                              fmt::format("fio's engine {} keeps one I/O outstanding; job {} is "
                                          "simulated with iodepth={}",
                                          job.engine, in_quotes(job.name), job.depth)});
    }
}

}  // namespace

void finish_job(Job& job, JobFile& file) {
    finish_sizes(job, file);
    check_sizes(job, file);
    check_times(job, file);
    if (job.distribution != Distribution::Uniform) {
        job.random_map = false;
    }
    std::size_t sources = job.copies;
    for (const Job& other : file.jobs) {
        sources += other.copies;
    }
    if (sources > sources_limit) {
        fail(file, job.place({"numjobs"}),
             fmt::format("numjobs: {} jobs in all with job {}; expected at most {}", sources,
                         in_quotes(job.name), sources_limit));
    }
    note_depth(job, file);
}

}  // namespace lmsim::sim::fio
