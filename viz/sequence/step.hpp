#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/trace/sink.hpp"

namespace lmsim::viz {

/// Who takes part, from left to right.
enum class Who : std::uint8_t {
    SourceVmm,
    SourceDriver,
    SourcePf,
    SourceVf,
    Guest,
    Media,
    DestinationVf,
    DestinationPf,
    DestinationDriver,
    DestinationVmm,
};
constexpr std::size_t who_count = 10;

enum class StepKind : std::uint8_t {
    Call,      // of a VMM: to the driver, to the guest, over the channel or of its own
    Command,   // of a driver to its PF
    Io,        // of the guest
    State,     // a machine entered a state
    Progress,  // a checkpoint of a VMM
    Round,
    Log,
    LostInterrupt,
    Note,
    Idle,  // a time in which nothing of the above happens; the guest's I/O in it
};

/// Texts that stand in many steps, each once.
class Names {
  public:
    std::uint32_t id(std::string_view text);
    std::string_view text(std::uint32_t id) const { return *texts_[id]; }

  private:
    std::map<std::string, std::uint32_t, std::less<>> ids_;
    std::vector<const std::string*> texts_;
};

/// One thing that happened, from its begin to its end if it has one. Small: there may be millions.
struct Step {
    StepKind kind = StepKind::Note;
    sim::trace::Side side = sim::trace::Side::Source;
    sim::trace::Device vf = sim::trace::no_device;
    sim::Ps at = 0;
    sim::Ps end = sim::trace::not_reached;
    std::uint32_t name = 0;    // of the call, the state's machine, what a log says, ...
    std::uint32_t detail = 0;  // what a call asks for, the states entered
    std::int32_t error = 0;    // errno of a call
    std::uint32_t cdw10 = 0;   // of a command
    std::uint32_t cdw11 = 0;
    std::uint16_t status = 0;
    std::uint16_t qid = 0;
    std::uint8_t opcode = 0;
    bool begun = true;         // the begin is known
    std::uint32_t times = 1;   // ranges of a log that this one stands for
    std::uint64_t amount = 0;  // bytes; machines of a state; the round
    std::uint64_t extra = 0;   // dirty bytes of a round; blocks of a log's range
};

/// What the guest's I/O came to in a time.
struct IoSum {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t others = 0;
    std::uint64_t failed = 0;
    bool side[2] = {false, false};  // who completed some

    std::uint64_t all() const { return reads + writes + others; }
    void add(const IoSum& other);
};

/// Which end of a step a line of the chart is about.
enum class Edge : std::uint8_t { Begin, End, Both };

struct Entry {
    std::uint32_t step = 0;
    Edge edge = Edge::Both;
};

inline bool is_source(sim::trace::Side side) { return side != sim::trace::Side::Destination; }

}  // namespace lmsim::viz
