#pragma once

#include "model/host/vmm/run.hpp"

namespace lmsim::host::vmm {

// With device state over multifd each device has a thread on either side. All of one side make one
// machine of machines: they move in the step of the event that one of them waits for.

/// One step of a source's thread.
class SaveThreadRun : public Run {
  public:
    SaveThreadRun(SourceControl& source, Device* devices, DeviceThread& thread, const Event& what,
                  const Config& settings, const spec::Rules& in_force, Effects& out);

    void begin(std::uint16_t index);
    void take_answer();
    /// Enters one state after the other until one asks something or waits for its turn.
    void settle();

  private:
    bool move(Move what);
    bool at(SaveThread state) const { return is(thread_.state, state); }
    void enter();
    void enter_read();
    void read_answered();
    void queued();
    void stop_with(std::int32_t error, Call what);

    SourceControl& control_;
    DeviceThread& thread_;
};

/// One step of a destination's thread.
class LoadThreadRun : public Run {
  public:
    LoadThreadRun(DestinationControl& destination, Device* devices, DeviceThread& thread,
                  const Event& what, const Config& settings, const spec::Rules& in_force,
                  Effects& out);

    void begin(std::uint16_t index);
    void take_answer();
    void settle();

  private:
    bool move(Move what);
    bool at(LoadThread state) const { return is(thread_.state, state); }
    void enter();
    void take_packet();

    DestinationControl& control_;
    DeviceThread& thread_;
};

/// Does one of these threads still have something to do, or a call under way?
bool any_busy(const DeviceThread* thread, std::uint16_t count, std::uint8_t ended,
              std::uint8_t failed);

}  // namespace lmsim::host::vmm
