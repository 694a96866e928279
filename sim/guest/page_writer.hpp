#pragma once

#include <cstdint>

#include "sim/core/event_queue.hpp"
#include "sim/core/random.hpp"
#include "sim/core/units.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// The guest's CPUs as writers of memory: so many page writes a second, most of them to a hot part
/// of a working set, uniformly within each. Writes need no events: whoever looks at the memory
/// first lets the writer catch up to now, so every page is written in the right order with what is
/// sent.
class PageWriter {
  public:
    struct Params {
        Rate rate;
        std::uint64_t first_page = 0;
        std::uint64_t working_set = 1;  // pages from first_page on
        std::uint64_t hot = 0;          // of these, the first ones
        Share hot_share;
    };

    PageWriter(const Params& params, Random random)
        : params_(params), random_(random), hot_below_(hot_threshold(params)) {}

    void start(Ps now) {
        running_ = true;
        since_ = now;
        done_ = 0;
    }
    void stop(Memory& memory, Ps now) {
        catch_up(memory, now);
        running_ = false;
    }

    /// From now on the writers sleep this share of the time.
    void slow_down(Memory& memory, Ps now, std::uint8_t percent) {
        catch_up(memory, now);
        since_ = now;
        done_ = 0;
        running_share_ = 100U - percent;
    }

    /// Does the writes that are due by `now`.
    void catch_up(Memory& memory, Ps now) {
        if (!running_ || params_.rate.milli_per_s == 0) {
            return;
        }
        const auto elapsed = static_cast<Uint128>(now - since_);
        const auto due = static_cast<std::uint64_t>(elapsed * params_.rate.milli_per_s *
                                                    running_share_ / (ps_per_milli_event * 100));
        for (; done_ < due; ++done_) {
            memory.wrote_page(params_.first_page + pick());
        }
    }

  private:
    static constexpr Uint128 ps_per_milli_event = Uint128{1'000'000'000'000} * 1000;

    static std::uint64_t hot_threshold(const Params& params) {
        if (params.hot == 0) {
            return 0;
        }
        const Uint128 scaled = (static_cast<Uint128>(params.hot_share.ppm) << 64) / 1'000'000;
        return scaled >> 64 != 0 ? UINT64_MAX : static_cast<std::uint64_t>(scaled);
    }
    std::uint64_t pick() {
        const bool hot = random_.next() < hot_below_;
        return random_.below(hot ? params_.hot : params_.working_set);
    }

    Params params_;
    Random random_;
    std::uint64_t hot_below_;
    bool running_ = false;
    std::uint32_t running_share_ = 100;  // percent
    Ps since_ = 0;
    std::uint64_t done_ = 0;
};

}  // namespace lmsim::sim
