#include "sim/guest/fio/job_source.hpp"

#include <algorithm>

namespace lmsim::sim::fio {

namespace {

std::uint64_t largest_block(const Job& job) {
    std::uint64_t largest = 0;
    for (std::size_t i = 0; i < directions; ++i) {
        if (job.uses(static_cast<Direction>(i))) {
            largest = std::max(largest, job.sizes[i].max);
        }
    }
    return largest;
}

Op op_of(Direction direction) {
    switch (direction) {
        case Direction::Read: return Op::Read;
        case Direction::Write: return Op::Write;
        case Direction::Trim: return Op::Trim;
    }
    return Op::Read;
}

Direction direction_of(Op op) {
    return op == Op::Read ? Direction::Read : op == Op::Write ? Direction::Write : Direction::Trim;
}

}  // namespace

JobSource::JobSource(const JobPlan& plan, std::uint64_t seed)
    : job_(*plan.job),
      name_(plan.name),
      base_(plan.base),
      size_(plan.size),
      limit_(plan.limit),
      largest_(largest_block(job_)),
      mix_(seed, plan.stream + "/mix"),
      start_draw_(seed, plan.stream + "/start"),
      extents_(job_, plan.size, seed, plan.stream),
      pacer_(job_),
      loops_left_(job_.loops - 1) {}

void JobSource::start(Time now) {
    const auto spread = static_cast<std::uint64_t>((job_.start_delay_max - job_.start_delay).ps);
    const auto extra = static_cast<std::int64_t>(start_draw_.below(spread + 1));
    earliest_ = now + job_.start_delay + Time(extra);
    if (job_.runtime != Time()) {
        end_ = earliest_ + job_.ramp_time + job_.runtime;
    }
    begin_ = earliest_;
    pacer_.start(earliest_);
    started_ = true;
}

/// fio lets everything outstanding complete, then sleeps. True while something is outstanding.
bool JobSource::must_wait_to_think(Time& at) {
    if (think_count_ < thought_at_ + job_.think_blocks) {
        return false;
    }
    if (in_flight_ != 0) {
        return true;
    }
    thought_at_ = think_count_;
    earliest_ = std::max(earliest_, last_completion_ + job_.think_time);
    at = std::max(at, earliest_);
    return false;
}

/// True if the job has done all it should; begins the next pass where one is due.
bool JobSource::at_end() {
    if (job_.number_ios != 0 && ios_ >= job_.number_ios) {
        return true;
    }
    if (job_.time_based) {
        return false;
    }
    return all_bytes_ >= limit_ || (pass_bytes_ >= size_ && !begin_pass());
}

/// Begins another pass over the region unless the last one is over. fio does not begin one for less
/// than the largest block.
bool JobSource::begin_pass() {
    if (!job_.time_based) {
        if (loops_left_ != 0) {
            --loops_left_;
        } else if (!job_.io_size.given || all_bytes_ + largest_ > limit_) {
            return false;
        }
    }
    pass_bytes_ = 0;
    extents_.begin_pass();
    return true;
}

Direction JobSource::draw_direction(Time at) {
    if (job_.mixed()) {
        return mix_.at(at).below(100) < job_.read_percent ? Direction::Read : Direction::Write;
    }
    return job_.reads ? Direction::Read : job_.writes ? Direction::Write : Direction::Trim;
}

std::optional<Planned> JobSource::finish() {
    finished_ = true;
    return std::nullopt;
}

std::optional<Planned> JobSource::flush(Time at) {
    flush_due_ = false;
    ++in_flight_;
    return Planned{{0, 0, Op::Flush}, at};
}

Planned JobSource::issue(Time at, Direction direction, const Extents::Piece& piece) {
    ++in_flight_;
    ++ios_;
    pass_bytes_ += piece.length;
    all_bytes_ += piece.length;
    pacer_.issued(direction, piece.length);
    think_count_ += job_.think_at_issue ? 1U : 0U;
    if (direction == Direction::Write) {
        ++writes_;
        const auto due = [&](unsigned every) { return every != 0 && writes_ % every == 0; };
        flush_due_ = due(job_.fsync_every) || due(job_.fdatasync_every);
    }
    return Planned{{base_ + piece.offset, piece.length, op_of(direction)}, at};
}

std::optional<Planned> JobSource::next(Time now) {
    if (finished_) {
        return std::nullopt;
    }
    if (!started_) {
        start(now);
    }
    Time at = std::max(now, earliest_);
    if (job_.think_time != Time() && must_wait_to_think(at)) {
        return std::nullopt;
    }
    if (at >= end_ || at_end()) {
        return finish();
    }
    if (flush_due_) {
        return flush(at);
    }
    const Time lived = now - held_;
    Direction direction = have_direction_ ? direction_ : draw_direction(lived);
    if (pacer_.active()) {
        direction_ = direction;
        const Time ready = pacer_.ready(at, direction);
        have_direction_ = ready > at && in_flight_ != 0;
        if (have_direction_) {
            return std::nullopt;
        }
        at = std::max(at, ready);
        if (at >= end_) {
            return finish();
        }
    }
    Extents::Piece piece = extents_.next(direction, lived);
    if (piece.length == 0 && begin_pass()) {
        piece = extents_.next(direction, lived);
    }
    return piece.length == 0 ? finish() : issue(at, direction, piece);
}

void JobSource::completed(Time now, const Io& io) {
    LMSIM_ASSERT(in_flight_ != 0);
    --in_flight_;
    last_completion_ = std::max(last_completion_, now);
    think_count_ += !job_.think_at_issue && io.op != Op::Flush ? 1U : 0U;
}

WritePattern JobSource::write_pattern() const {
    const auto writes = static_cast<std::size_t>(job_.trims ? Direction::Trim : Direction::Write);
    const BlockSizes& sizes = job_.sizes[writes];
    WritePattern pattern;
    pattern.base = base_;
    pattern.size = size_;
    pattern.depth = job_.depth;
    pattern.write_percent = job_.reads ? 100 - job_.read_percent : 100;
    pattern.bytes = (sizes.min + sizes.max) / 2;
    std::uint64_t shares = 0;
    for (const SizeShare& share : sizes.split) {
        shares += share.bytes * share.percent;
    }
    pattern.bytes = shares != 0 ? shares / 100 : pattern.bytes;
    pattern.per_s = job_.rate_iops[writes];
    if (pattern.per_s == 0 && pattern.bytes != 0) {
        pattern.per_s = job_.rate[writes] / pattern.bytes;
    }
    using Kind = WritePattern::Kind;
    const bool all_random = job_.random && job_.random_percent[writes] == 100;
    pattern.kind = job_.trims                                   ? Kind::Other
                   : !job_.writes                               ? Kind::None
                   : !job_.random                               ? Kind::Sequential
                   : !all_random                                ? Kind::Other
                   : job_.distribution != Distribution::Uniform ? Kind::Other
                   : job_.random_map && sizes.split.empty() && sizes.min == sizes.max
                       ? Kind::EachOnce
                       : Kind::Random;
    return pattern;
}

std::string JobSource::changes() const {
    return job_.time_based && job_.number_ios == 0
               ? ""
               : "job " + name_ + " ends after so many bytes or I/Os, and not by time (time_based)";
}

Time JobSource::steady_until(Time now) const {
    if (finished_) {
        return Time::max();
    }
    return started_ && now >= begin_ ? end_ : now;
}

void JobSource::skip(const Skipped& skipped, std::optional<Planned>& planned) {
    held_ += skipped.held;
    earliest_ += skipped.span;
    last_completion_ += skipped.span;
    if (!planned || planned->io.op == Op::Flush) {
        pacer_.skip(skipped);
        if (planned) planned->not_before += skipped.span;
        return;
    }
    const Direction direction = direction_of(planned->io.op);
    pacer_.retract(direction, planned->io.length);
    pacer_.skip(skipped);
    planned->not_before = std::max(earliest_, pacer_.due(direction));
    pacer_.issued(direction, planned->io.length);
}

}  // namespace lmsim::sim::fio
