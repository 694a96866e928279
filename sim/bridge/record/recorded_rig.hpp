#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/record/host_memory.hpp"
#include "sim/bridge/record/session_file.hpp"
#include "sim/bridge/rig.hpp"

namespace lmsim::sim::record {

/// Told, in words, what went wrong with a recording or a replay; nobody could have asked for it.
using Complain = std::function<void(const std::string& what)>;

/// A device of which everything that the host's side does, sees and gets is written down: whoever
/// does the same against this file (ReplayedRig) gets the same. The host works on a memory of its
/// own. What it changes goes to the device with the next register access, reset or switching of
/// interrupts; what the device has changed comes to the host, and into the file, when the host
/// looks there (Memory::bytes()), all at once: so no completion is seen before its data.
class RecordedRig : public Rig {
  public:
    /// `about`: what the user typed, the subject and the second device, if there are. The rest of
    /// the first line comes from the device.
    static Result<std::unique_ptr<RecordedRig>> open(std::unique_ptr<Rig> device,
                                                     const std::string& path,
                                                     const SessionHeader& about, Complain complain);
    ~RecordedRig() override;

    std::string name() const override { return device_->name(); }
    std::uint16_t functions() const override { return device_->functions(); }
    DevicePort& port(std::uint16_t function) override;
    std::uint64_t no_memory() const override { return device_->no_memory(); }
    std::string trouble() const override { return trouble_; }
    Ps now() override;
    bool wait(const std::function<bool()>& done, Ps limit) override;
    bool poll() override;
    void idle(Ps limit) override { device_->idle(limit); }
    void give_a_turn() override;

  private:
    class Port;
    /// A memory of the device, and the host's in its place.
    struct Space {
        Memory* device = nullptr;
        std::unique_ptr<HostMemory> host;
        std::vector<std::uint64_t> seen;    // by page: as of which generation_
        std::vector<std::uint64_t> looked;  // by page: how many lines there were then
    };

    RecordedRig(std::unique_ptr<Rig> device, Complain complain);
    std::string make_spaces(SessionHeader& header);
    void add(SessionLine line);
    void came(const SessionLine& line);
    /// The host's changes of memory, then what it does.
    void cross(const SessionLine& line);
    static void copy_changes(Space& space, std::uint64_t address, const std::string& bytes);
    bool gather(const std::function<bool()>& look);
    void fetch(std::uint32_t space, std::uint64_t first, std::uint64_t pages);
    bool fetch_pages(std::uint32_t space, std::uint64_t first, std::uint64_t pages, bool stale);
    bool fetch_page(std::uint32_t space, std::uint64_t page);

    std::unique_ptr<Rig> device_;
    Complain complain_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point flushed_ = start_;
    std::vector<Space> spaces_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::unique_ptr<SessionWriter> file_;
    std::uint64_t polls_ = 0;       // that brought nothing, since the last line
    std::uint64_t generation_ = 1;  // counted up when the device may have changed something
    bool any_ = false;              // a line was written since the last poll began
    std::string trouble_;
};

}  // namespace lmsim::sim::record
