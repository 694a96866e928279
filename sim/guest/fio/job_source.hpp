#pragma once

#include <array>
#include <memory>
#include <string>

#include "sim/core/random.hpp"
#include "sim/guest/fio/offsets.hpp"
#include "sim/guest/fio/pacer.hpp"
#include "sim/guest/fio/source.hpp"

namespace lmsim::sim::fio {

/// What one copy of a job does, all of it known before the run.
struct JobPlan {
    const Job* job = nullptr;
    std::string name;
    std::string stream;
    std::uint64_t base = 0;   // of the region in the namespace
    std::uint64_t size = 0;   // of the region, and bytes of one pass
    std::uint64_t limit = 0;  // bytes in all; io_size or size, times loops
};

/// A job as fio's do_io() loop runs it, from the outside in: end of job, flush, direction, rate,
/// offset and length.
class JobSource final : public IoSource {
  public:
    JobSource(const JobPlan& plan, std::uint64_t seed);

    const std::string& name() const override { return name_; }
    unsigned depth() const override { return job_.depth; }
    std::uint64_t longest() const override { return largest_; }
    std::optional<Planned> next(Time now) override;
    void completed(Time now, const Io& io) override;
    bool finished() const override { return finished_; }
    WritePattern write_pattern() const override;
    std::string changes() const override;
    Time steady_until(Time now) const override;
    void skip(const Skipped& skipped, std::optional<Planned>& planned) override;

  private:
    void start(Time now);
    bool must_wait_to_think(Time& at);
    bool at_end();
    bool begin_pass();
    Direction draw_direction(Time at);
    std::optional<Planned> finish();
    std::optional<Planned> flush(Time at);
    Planned issue(Time at, Direction direction, const Extents::Piece& piece);

    Job job_;
    std::string name_;
    std::uint64_t base_;
    std::uint64_t size_;
    std::uint64_t limit_;
    std::uint64_t largest_ = 0;  // block of any direction in use

    EpochRandom mix_;
    Random start_draw_;
    Extents extents_;
    Pacer pacer_;

    Time earliest_;             // start, or end of thinking
    Time begin_ = Time::max();  // after the delay
    Time end_ = Time::max();
    Time last_completion_;
    Time held_;  // of the time until now, what the guest did not live through
    bool started_ = false;
    bool finished_ = false;

    std::uint64_t pass_bytes_ = 0;
    std::uint64_t all_bytes_ = 0;
    std::uint64_t ios_ = 0;
    std::uint64_t writes_ = 0;
    unsigned loops_left_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t think_count_ = 0;
    std::uint64_t thought_at_ = 0;
    bool flush_due_ = false;
    bool have_direction_ = false;
    Direction direction_ = Direction::Read;
};

}  // namespace lmsim::sim::fio
