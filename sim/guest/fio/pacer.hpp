#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "sim/guest/fio/job.hpp"
#include "sim/guest/fio/source.hpp"

namespace lmsim::sim::fio {

/// fio's rate= and rate_iops=: each direction may be as far as its rate times the time since the
/// start, so a job that was held up catches up at once. rate_iops counts the smallest block, as
/// fio(1) says of it.
class Pacer {
  public:
    explicit Pacer(const Job& job) : mixed_(job.mixed()) {
        for (std::size_t i = 0; i < directions; ++i) {
            unit_[i] = std::max<std::uint64_t>(1, job.sizes[i].min);
            rate_[i] = job.rate[i] != 0 ? job.rate[i] : product(job.rate_iops[i], job.sizes[i].min);
            active_ = active_ || (rate_[i] != 0 && job.uses(static_cast<Direction>(i)));
        }
        use_other_[0] = mixed_ && job.read_percent != 100;
        use_other_[1] = mixed_ && job.read_percent != 0;
    }

    bool active() const { return active_; }
    void start(Time at) { start_ = at; }
    /// Whoever was not behind has its next I/O when it would have had one.
    void skip(const Skipped& skipped) {
        PerDirection<Time> next{};
        for (std::size_t i = 0; i < directions; ++i) {
            const Time own = due(static_cast<Direction>(i));
            next[i] = own < skipped.from ? own + skipped.span : skipped.from + skipped.span;
        }
        start_ += skipped.held;
        for (std::size_t i = 0; i < directions; ++i) {
            if (rate_[i] != 0) {
                bytes_[i] = due_by(i, next[i]);
            }
        }
    }
    /// Takes issued() back, for an I/O that has not gone yet.
    void retract(Direction direction, std::uint64_t length) {
        bytes_[static_cast<std::size_t>(direction)] -= length;
    }

    /// When the next I/O may go by this direction's own rate.
    Time due(Direction direction) const {
        const auto i = static_cast<std::size_t>(direction);
        if (rate_[i] == 0) {
            return start_;
        }
        constexpr std::uint64_t second = 1'000'000'000'000U;
        const Uint128 ps = bytes_[i] <= std::numeric_limits<std::uint64_t>::max() / second
                               ? bytes_[i] * second / rate_[i]
                               : static_cast<Uint128>(bytes_[i]) * second / rate_[i];
        const auto left = static_cast<Uint128>((Time::max() - start_).ps);
        return ps > left ? Time::max() : start_ + Time(static_cast<std::int64_t>(ps));
    }

    /// When the next I/O in `direction` may go. May turn to the other direction if that may go
    /// earlier, as fio does.
    Time ready(Time now, Direction& direction) const {
        const Time own = due(direction);
        if (own <= now || direction == Direction::Trim) {
            return own;
        }
        const Direction other = direction == Direction::Read ? Direction::Write : Direction::Read;
        if (use_other_[static_cast<std::size_t>(direction)] && due(other) < own) {
            direction = other;
            return due(other);
        }
        return own;
    }

    void issued(Direction direction, std::uint64_t length) {
        bytes_[static_cast<std::size_t>(direction)] += length;
    }

  private:
    static std::uint64_t product(std::uint64_t rate, std::uint64_t bytes) {
        std::uint64_t out = 0;
        return __builtin_mul_overflow(rate, bytes, &out) ? UINT64_MAX : out;
    }

    /// Bytes issued when the next I/O is due at that time or soon after, in whole I/Os from what
    /// was issued so far on.
    std::uint64_t due_by(std::size_t i, Time at) const {
        const auto ps = static_cast<Uint128>(std::max(at, start_).ps - start_.ps);
        constexpr auto most = std::numeric_limits<std::uint64_t>::max() / 2;
        const auto wanted = static_cast<std::uint64_t>(
            std::min<Uint128>((ps * rate_[i] + 999'999'999'999U) / 1'000'000'000'000U, most));
        const std::uint64_t begun = bytes_[i] % unit_[i];
        const std::uint64_t more = wanted > begun ? wanted - begun : 0;
        return begun + (more + unit_[i] - 1) / unit_[i] * unit_[i];
    }

    PerDirection<std::uint64_t> rate_{};
    PerDirection<std::uint64_t> unit_{};  // bytes of the smallest I/O
    PerDirection<std::uint64_t> bytes_{};
    bool use_other_[2] = {false, false};
    bool mixed_;
    bool active_ = false;
    Time start_;
};

}  // namespace lmsim::sim::fio
