#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/guest/fio/io.hpp"
#include "sim/guest/fio/iolog.hpp"
#include "sim/guest/fio/job.hpp"

namespace lmsim::sim::fio {

/// How a source writes, as long as it goes on: for whoever counts instead of simulating.
struct WritePattern {
    enum class Kind : std::uint8_t { None, Random, EachOnce, Sequential, Other };
    Kind kind = Kind::Other;
    std::uint64_t base = 0;        // of the region, bytes
    std::uint64_t size = 0;        // of the region, bytes
    std::uint64_t bytes = 0;       // of one write, the mean
    std::uint64_t per_s = 0;       // writes that the job allows itself; 0: as many as there can be
    unsigned depth = 1;            // I/Os under way at once
    unsigned write_percent = 100;  // of them
};

/// Time that a source does not see.
struct Skipped {
    Time from;
    Time span;
    Time held;  // by so much the guest's clock has been set back at the end of it
};

/// The I/Os of one job instance, one after another. The caller keeps at most depth() of them
/// outstanding: it asks for the next one when there is room, submits it at not_before, and reports
/// every completion. Deterministic; no allocation per I/O.
class IoSource {
  public:
    virtual ~IoSource() = default;

    /// "job", or "job/3" for the third copy.
    virtual const std::string& name() const = 0;
    virtual unsigned depth() const = 0;

    /// Bytes of the longest I/O that it can give.
    virtual std::uint64_t longest() const = 0;

    /// The next I/O, whose not_before is `now` or later. Nothing if the source is finished, or if
    /// it waits until all its I/Os are complete (before it thinks or waits for its rate): ask again
    /// after each completion. The first call is the start of the job. `now` never goes back.
    virtual std::optional<Planned> next(Time now) = 0;

    /// One of the I/Os that next() gave is complete.
    virtual void completed(Time now, const Io& io) = 0;

    /// No I/O will follow; some may still be outstanding.
    virtual bool finished() const = 0;

    virtual WritePattern write_pattern() const { return {}; }
    /// Why this source never does the same for as long as one looks, or an empty text.
    virtual std::string changes() const = 0;
    /// Until when it goes on as it does at `now`, if changes() is empty; `now` itself if it does
    /// not.
    virtual Time steady_until(Time now) const = 0;
    /// Time went by of which the source saw nothing. What it has planned, and the I/O that it gave
    /// last if that has not gone yet, is that much later, but for its end; what it does at a rate
    /// goes on at the times that the rate has.
    virtual void skip(const Skipped& skipped, std::optional<Planned>& planned) = 0;
};

/// The namespace that the guest sees.
struct Target {
    std::uint64_t capacity = 0;  // bytes
    std::uint32_t block = 512;   // bytes of a logical block, a power of two from 512 on
    unsigned number = 0;         // jobs with this Job::device alone; 0: all
};

using Sources = std::vector<std::unique_ptr<IoSource>>;

/// A source for each copy of each job. The draws come from streams named after `prefix`, the job
/// and the copy. Copies share the job's region, as with one filename in fio, moved by
/// offset_increment. Throws InputError if a job does not fit the target.
Sources make_sources(const JobFile& file, std::uint64_t seed, const std::string& prefix,
                     const Target& target);

/// How to replay a log, which does not say how deep its queue was.
struct Replay {
    unsigned depth = 32;
    bool loop = false;  // start again at the end
};

/// One source that submits each I/O no earlier after the one before than the log says, as fio does.
/// `log` must outlive it. Throws InputError if the log reaches beyond the target.
Sources make_sources(const IoLog& log, const Replay& replay, const Target& target);

}  // namespace lmsim::sim::fio
