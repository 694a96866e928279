#pragma once

#include <cstdint>

#include "model/nvme/lba_map.hpp"

/// Which parts of a namespace a copy of the media still has to take, and how it decides that it is
/// good enough. Counts are granules: the blocks that the host remembers together.
namespace lmsim::host::media {

/// Blocks or granules one after the other.
struct Piece {
    std::uint64_t first = 0;
    std::uint64_t count = 0;  // 0: there is none
};

/// The granules of one namespace: those of the round at hand, which are taken in their order, and
/// those that have changed since they were taken. What changes before it is taken needs no more
/// care: it is read later, with the change.
class CopySet {
  public:
    explicit CopySet(std::uint64_t granules) : granules_(granules) {}

    std::uint64_t granules() const { return granules_; }
    std::uint64_t left() const { return round_.count(); }
    std::uint64_t changed() const { return changed_.count(); }

    /// To be taken in this round, whatever they are.
    void want(std::uint64_t first, std::uint64_t count);
    /// A log tells of a change in these. True if any has to be taken again for it.
    bool note(std::uint64_t first, std::uint64_t count);
    /// The next piece of this round, of at most `most` granules that lie together.
    Piece take(std::uint64_t most);
    /// What has changed becomes the round, which must be over.
    void next_round();
    /// As if these had been taken in this round.
    void forget_round() { round_.clear(), cursor_ = 0; }
    void forget_changes() { changed_.clear(); }

  private:
    std::uint64_t granules_;
    nvme::LbaMap round_;
    nvme::LbaMap changed_;
    std::uint64_t cursor_ = 0;  // nothing of the round lies before it
};

/// When a copy is good enough, and when it is given up.
struct Limits {
    std::int64_t start_ram_ps = 0;   // RAM may begin when the rest takes at most so long
    std::int64_t last_round_ps = 0;  // the same for the switchover
    std::int64_t max_time_ps = 0;
    std::uint32_t max_rounds = 0;
};

/// How a round ended.
struct RoundEnd {
    std::uint64_t left_bytes = 0;   // that have changed since
    std::uint64_t bytes_per_s = 0;  // of the copy; 0: not known
    std::int64_t elapsed_ps = 0;    // since the first copy began
    std::uint32_t rounds = 0;       // so far
    bool lost = false;              // a log has a gap
    bool stopped = false;           // the guest stands still
};

/// What a copy does when a round is over.
enum class Next : std::uint8_t {
    Whole,   // everything again
    Round,   // what has changed
    Ready,   // as good as the switchover asks for: wait for more
    Done,    // the guest stands still and both sides are the same
    GiveUp,  // it does not converge
};

/// How long the bytes take; the longest time there is where the rate is not known.
std::int64_t copy_time_ps(std::uint64_t bytes, std::uint64_t bytes_per_s);

/// May the pre-copy of RAM begin?
bool ram_may_begin(const RoundEnd& end, const Limits& limits);
Next next_step(const RoundEnd& end, const Limits& limits);

}  // namespace lmsim::host::media
