#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "sim/core/distribution.hpp"
#include "sim/core/kernel.hpp"
#include "sim/core/random.hpp"
#include "sim/device/media_model.hpp"
#include "sim/link/pcie.hpp"

namespace lmsim::sim {

/// What one VF gets of the device at most; 0: no limit.
struct VfLimit {
    Rate read_iops;
    Rate write_iops;
    Bandwidth read_rate;
    Bandwidth write_rate;

    bool is_set() const {
        return read_iops.milli_per_s != 0 || write_iops.milli_per_s != 0 ||
               read_rate.bits_per_s != 0 || write_rate.bits_per_s != 0;
    }
};

/// A drive of flash, in time: docs/drives.md.
struct DieMediaTiming {
    std::uint32_t dies = 0;  // 0: there is no such drive
    std::uint64_t stripe = 4096;
    Distribution command;
    Ps write_command = 0;
    Distribution read;
    Distribution write;
    Distribution flush;
    Bandwidth read_rate;  // 0: no limit
    Bandwidth write_rate;
    std::uint64_t cache = 0;  // 0: never full
    std::uint64_t unit = 65536;
    Distribution program;
    Ps slice = 0;  // 0: programs are not suspended
    std::uint32_t yields = 0;
    Share amplification{1'000'000};
    std::uint64_t collection = 0;  // 0: older data are moved between the other programs
    bool registers = false;
    bool stalls = false;
    Distribution stall;
    Distribution stall_interval;
    VfLimit limit;
    std::uint32_t block = 512;
};

/// Flash behind one controller. A command passes what paces its VF and the controller, one after
/// the other; then a read waits for the dies that hold its blocks, a write for room in the cache,
/// which is written back in units, each by one die.
class DieMedia : public Component {
  public:
    using Done = std::function<void(std::uint16_t function, std::uint32_t ticket)>;

    DieMedia(sc_core::sc_module_name name, Kernel& kernel, const DieMediaTiming& timing,
             std::uint32_t functions, std::uint64_t seed, Done done);

    void start(const MediaWork& work);
    /// Time that the dies were at work, all together.
    Ps busy() const { return busy_; }

    void handle(const Event& event) override;

  private:
    enum class Kind : std::uint32_t { Paced, Done, Wrote, WroteInTurn, Programmed };

    /// A program under way, or one that waits for its turn; how much of the cache it empties.
    struct Die {
        LaneId lane = 0;
        Ps reads_end = 0;
        bool programs = false;
        Ps program_begin = 0;  // later by the reads that it let pass
        Ps program_end = 0;
        std::uint32_t yields = 0;
        std::deque<std::uint32_t> units;  // the first is under way
    };
    /// What paces one VF, and who waits for it.
    struct Gate {
        LaneId lane = 0;
        Ps next = 0;
        std::deque<MediaWork> waiting;
    };

    Ps draw(const Distribution& times, EpochRandom& random) {
        return times.draw(random.at(Time{guest_time()})).ps;
    }
    Gate* gate_of(const MediaWork& work);
    Ps share_of(const MediaWork& work) const;
    void enter(const MediaWork& work);
    void stall();
    void read(const MediaWork& work, Ps at);
    Ps read_at(Die& die, Ps at, Ps duration);
    void admit();
    bool continues(const MediaWork& work);
    void wrote(std::uint32_t bytes, bool in_turn);
    void issue(std::uint32_t bytes);
    void queue(std::uint32_t bytes);
    void leave(std::uint32_t bytes);
    void begin_program(std::uint32_t index);
    void programmed(std::uint32_t index);
    void finish(const MediaWork& work, Ps at, Kind kind);

    DieMediaTiming timing_;
    Done done_;
    EpochRandom command_random_;
    EpochRandom read_random_;
    EpochRandom write_random_;
    EpochRandom flush_random_;
    EpochRandom program_random_;
    Random stall_random_;
    Ps next_stall_ = 0;
    std::vector<Die> dies_;
    std::vector<Gate> gates_;  // of each function: reads, writes
    Pipe controller_;
    Pipe reading_;
    Pipe writing_;
    struct Waiting {
        MediaWork work;
        Ps at;
    };
    std::deque<Waiting> waiting_;      // for room in the cache
    std::uint64_t used_ = 0;           // of the cache
    std::uint64_t dirty_ = 0;          // of it, what no program has taken
    std::uint64_t scattered_ = 0;      // of that, what was not written in turn
    std::vector<std::uint64_t> ends_;  // of each function: where its last write ended
    std::uint32_t programs_ = 0;       // that empty the cache and have not ended
    std::uint32_t next_die_ = 0;
    std::uint64_t owed_ = 0;       // programs that amplification adds, in millionths
    std::uint64_t collected_ = 0;  // bytes that left the cache since the last collection
    Ps busy_ = 0;
};

}  // namespace lmsim::sim
