#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "sim/trace/device_names.hpp"
#include "sim/trace/pftrace_packets.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/storyline.hpp"

namespace lmsim::sim::trace {

/// Writes trace.pftrace: a Perfetto trace of native TrackEvents, see docs/traces.md. Every command
/// is a slice on a lane of its queue; a lane holds one command at a time, so that what overlaps
/// stands side by side. Memory is bounded by the number of tracks: a command is written once it has
/// ended, with times before those of others, since readers sort; those of one track are in order.
class PftraceWriter final : public TraceSink {
  public:
    explicit PftraceWriter(OutputFile file, DeviceNames names = {});
    ~PftraceWriter() override;

    void state(const StateRecord& record) override;
    void command(const CommandRecord& record) override;
    void phase(const PhaseRecord& record) override;
    void round(const RoundRecord& record) override;
    void log(const LogRecord& record) override;
    void link(const LinkRecord& record) override;
    void submitted(Ps at, Side side, Device vf, std::uint16_t qid) override;
    void interrupt_lost(Ps at, Side side, Device vf) override;
    void note(Ps at, std::string_view text) override;

    /// All that was told is in the file, or error() says why not. Nothing is taken after it.
    void close();
    const std::string& error() const { return packets_.error(); }

  private:
    using Track = PftracePackets::Track;

    struct Lane {
        Ps free_at = 0;  // in Perfetto's unit
        Track track = 0;
    };
    /// Of one function on one side. The lanes stand in the order in which they become free.
    struct Queue {
        std::vector<Lane> lanes;
        Track completions = 0;
    };
    struct Depth {
        Track counter = 0;
        std::int64_t now = 0;
    };
    struct Function {
        Track track = 0;
        std::vector<Queue> queues;
        std::map<std::string, Track, std::less<>> notes;  // by name
    };
    struct Host {
        Track track = 0;
        Track vmm = 0;
        Track driver = 0;
        std::vector<Function> functions;  // 0 is the PF
    };
    /// A machine's track and the state that its open slice shows.
    struct Machine {
        Track track = 0;
        std::string state;
    };
    using MachineKey = std::tuple<Side, Device, std::uint16_t, std::string>;

    Host& host(Side side);
    Function& function(Side side, Device vf);
    Queue& queue(Side side, Device vf, std::uint16_t qid);
    Depth& depth(Side side, Device vf, std::uint16_t qid);
    Machine& machine(const StateRecord& record);
    Track notes(Side side, Device vf, std::string_view name);
    Track lane(const CommandRecord& record, Ps begin, Ps end);
    std::uint64_t name_of(const CommandRecord& record);
    void begin_command(const CommandRecord& record, Track track, Ps begin, std::uint64_t flow);
    void in_controller(const CommandRecord& record, Track track, Ps begin, Ps end);
    void tell(Ps at, Storyline::Change change);
    void reach(Ps at) { last_ = at > last_ ? at : last_; }

    PftracePackets packets_;
    DeviceNames device_names_;
    Storyline story_;
    Track migration_ = 0;
    Track phases_ = 0;
    Track rounds_ = 0;
    Track dirty_ = 0;
    Track sent_ = 0;
    Track vm_ = 0;
    Track vcpus_ = 0;
    bool phase_open_ = false;
    bool round_open_ = false;
    Host hosts_[3];
    std::vector<std::vector<Depth>> depths_[3];  // side, or 0 for the guest's; function, queue
    std::map<MachineKey, Machine> machines_;
    std::map<std::pair<Side, std::string>, Track> links_;
    std::vector<bool> named_;
    std::uint64_t flows_ = 0;
    Ps last_ = 0;  // the latest time that was told
    bool closed_ = false;
};

}  // namespace lmsim::sim::trace
