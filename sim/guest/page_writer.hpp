#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>

#include "sim/core/event_queue.hpp"
#include "sim/core/random.hpp"
#include "sim/core/units.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// The guest's CPUs as writers of memory: so many page writes a second, most of them to a hot part
/// of a working set, uniformly within each, or one page of the working set after the other. Writes
/// need no events: whoever looks at the memory first lets the writer catch up to now, so every page
/// is written in the right order with what is sent.
class PageWriter {
  public:
    /// How often which pages are written to; in pages of 4 KiB.
    struct Params {
        Rate rate;
        std::uint64_t first_page = 0;
        std::uint64_t working_set = 1;  // pages from first_page on
        std::uint64_t hot = 0;          // of these, the first ones
        Share hot_share;
        bool sequential = false;
        /// What a vCPU loses at its first write to a page that is logged.
        Ps log_fault = 0;
        std::uint32_t writers = 1;  // vCPUs that share the rate
    };

    PageWriter(const Params& params, Random random)
        : params_(params), random_(random), hot_below_(hot_threshold(params)) {
        LMSIM_ASSERT(params.writers != 0);
    }

    void start(Ps now) {
        running_ = true;
        begin_period(now);
    }
    void stop(Memory& memory, Ps now) {
        catch_up(memory, now);
        running_ = false;
    }
    /// From then on nothing is written.
    void end_at(Ps when) { end_ = when; }

    /// From now on the writers sleep this share of the time.
    void slow_down(Memory& memory, Ps now, std::uint8_t percent) {
        catch_up(memory, now);
        running_share_ = 100U - percent;
        begin_period(now);
    }

    /// Does the writes that are due by `now`.
    void catch_up(Memory& memory, Ps now) {
        const Ps until = std::min(now, end_);
        if (!running_ || params_.rate.milli_per_s == 0 || until <= since_) {
            return;
        }
        if (params_.log_fault != 0) {
            write_with_faults(memory, until);
            return;
        }
        const std::uint64_t due = due_after(static_cast<std::uint64_t>(until - since_));
        if (params_.sequential) {
            for (; done_ < due; ++done_) {
                memory.wrote_page(params_.first_page + next_in_turn());
            }
            return;
        }
        if (due > done_) {
            write_drawn(memory, due - done_);
            done_ = due;
        }
    }

  private:
    /// So many writes, some at a time: which pages first, so that they are at hand when written.
    void write_drawn(Memory& memory, std::uint64_t count) {
        std::uint64_t pages[16];
        Random random = random_;  // stays in registers, whatever is written
        while (count != 0) {
            const auto some = std::min<std::uint64_t>(count, std::size(pages));
            for (std::uint64_t i = 0; i < some; ++i) {
                pages[i] = params_.first_page + draw_page(random);
                memory.will_write(pages[i]);
            }
            for (std::uint64_t i = 0; i < some; ++i) {
                memory.wrote_page(pages[i]);
            }
            count -= some;
        }
        random_ = random;
    }

    static constexpr Uint128 ps_per_milli_event = Uint128{1'000'000'000'000} * 1000;

    void begin_period(Ps now) {
        since_ = now;
        done_ = 0;
        next_ = now + interval_from(1);
        lost_ = 0;
        per_ps_ = params_.rate.milli_per_s * running_share_;
        ps_ = static_cast<std::uint64_t>(ps_per_milli_event * 100);
        const std::uint64_t common = std::gcd(per_ps_, ps_);
        per_ps_ /= common;
        ps_ /= common;
    }
    /// Writes of a period of that length: 64 bits mostly suffice for the product.
    std::uint64_t due_after(std::uint64_t elapsed) const {
        std::uint64_t product = 0;
        if (!__builtin_mul_overflow(elapsed, per_ps_, &product)) {
            return product / ps_;
        }
        return static_cast<std::uint64_t>(static_cast<Uint128>(elapsed) * per_ps_ / ps_);
    }
    /// Time from the begin of the period to its n-th write, faults left out.
    Ps interval_from(std::uint64_t n) const {
        if (params_.rate.milli_per_s == 0) {
            return ps_never / 2;
        }
        return static_cast<Ps>(ps_per_milli_event * 100 * n /
                               (Uint128{params_.rate.milli_per_s} * running_share_));
    }
    /// Every first write to a page since the log was read stops one vCPU for a while (R1: with
    /// write-protection on, a vCPU touches about 0.53 million pages a second first).
    void write_with_faults(Memory& memory, Ps until) {
        while (next_ <= until) {
            const std::uint64_t page = params_.first_page + pick();
            lost_ += memory.is_protected(page) ? params_.log_fault / params_.writers : 0;
            memory.wrote_page(page);
            ++done_;
            next_ = since_ + interval_from(done_ + 1) + lost_;
        }
    }
    static std::uint64_t hot_threshold(const Params& params) {
        if (params.hot == 0) {
            return 0;
        }
        const Uint128 scaled = (static_cast<Uint128>(params.hot_share.ppm) << 64) / 1'000'000;
        return scaled >> 64 != 0 ? UINT64_MAX : static_cast<std::uint64_t>(scaled);
    }
    std::uint64_t pick() { return params_.sequential ? next_in_turn() : draw_page(random_); }
    std::uint64_t next_in_turn() {
        const std::uint64_t page = position_;
        position_ = position_ + 1 == params_.working_set ? 0 : position_ + 1;
        return page;
    }
    std::uint64_t draw_page(Random& random) const {
        const bool hot = random.next() < hot_below_;
        return random.below(hot ? params_.hot : params_.working_set);
    }

    Params params_;
    Random random_;
    std::uint64_t hot_below_;
    bool running_ = false;
    std::uint32_t running_share_ = 100;  // percent
    Ps since_ = 0;
    Ps end_ = ps_never;
    std::uint64_t done_ = 0;
    std::uint64_t per_ps_ = 0;  // writes in ps_ picoseconds, in lowest terms
    std::uint64_t ps_ = 1;
    Ps next_ = 0;  // with faults: when the next write is due
    Ps lost_ = 0;  // with faults: of this period
    std::uint64_t position_ = 0;
};

}  // namespace lmsim::sim
