#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "sim/scenario/scenario.hpp"

namespace lmsim::tests {

/// The downtime of one VF without contention, by arithmetic on the scenario's numbers alone:
/// nothing of the simulator's own formulas is used here. All latencies must be fixed.
class ClosedForm {
  public:
    using Ps = std::int64_t;
    /// Part, side ("source", "destination", "network"), device (-1: none).
    using Name = std::tuple<std::string, std::string, int>;
    using Parts = std::map<Name, Ps>;

    /// What the guest did that no formula knows: pages that changed after they were sent, and a
    /// read of one page that was in the media when the suspend came.
    struct Guest {
        std::uint64_t dirty_pages = 0;
        bool reading = false;
        Ps read_submitted = 0;  // after the begin of the blackout; negative before it
    };

    ClosedForm(const sim::Scenario& scenario, const Guest& guest);

    const Parts& parts() const { return parts_; }
    Ps total() const { return now_; }
    /// From the begin to the last byte of the stream, and to the destination's answer.
    Ps stream_sent() const { return sent_; }
    Ps answer_received() const { return now_ + one_way_ + on_channel(16); }
    std::uint64_t state_bytes() const { return state_; }

  private:
    Ps on_link(const sim::HostParams& host, std::uint64_t wire_bytes) const;
    Ps write(const sim::HostParams& host, std::uint64_t bytes) const;
    Ps read(const sim::HostParams& host, std::uint64_t bytes) const;
    Ps fetched(const sim::HostParams& host) const;
    Ps completed(const sim::HostParams& host) const;
    Ps list(const sim::HostParams& host, std::uint64_t bytes) const;
    Ps on_channel(std::uint64_t bytes) const;

    void spend(const char* part, const char* side, int device, Ps time);
    void suspend();
    void read_state();
    void send_state();
    void switch_over();
    void last_pages();
    void load();
    void wait_until(Ps at, const char* part, const char* side, int device);
    Ps pieces(const sim::HostParams& host, Ps latency, bool from_host) const;

    const sim::Scenario& scenario_;
    const sim::HostParams& src_;
    const sim::HostParams& dst_;
    Guest guest_;
    std::uint64_t state_;
    Ps one_way_;
    Parts parts_;
    Ps now_ = 0;
    Ps sent_ = 0;
    struct Work {  // of the destination, as it arrives
        Ps arrival;
        Ps time;
        const char* part;
        int device;
    };
    std::vector<Work> stream_;
};

}  // namespace lmsim::tests
