#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/device_port.hpp"
#include "sim/bridge/vfio/function.hpp"

namespace lmsim::sim::vfio_kernel {

class Port;

/// Among functions that stand for one device and are several: what is written to one has arrived
/// before another is written to. Posted writes to several devices overtake each other (PCI Express
/// Base 6.0, 2.4.1, orders what goes one way); a read of the first does not come back before them.
struct WriteOrder {
    Port* last = nullptr;  // to be written to
};

/// A real function behind VFIO as a DevicePort. Nothing comes by itself: answers and interrupts are
/// handed out by poll().
class Port : public DevicePort {
  public:
    /// The memory is mapped at its own addresses in the function's container; both outlive this.
    Port(std::unique_ptr<Function> function, Memory& memory);
    ~Port() override;

    /// Hands out what there is by now; false if that was nothing.
    bool poll();
    /// The eventfds of its interrupts: readable when poll() has something to do.
    std::vector<int> event_fds() const;
    /// Looks whether the function still answers; error() says if it does not.
    void look();
    /// The function ends what it does and forgets all it was told; what went wrong, in words.
    std::string stop();
    /// What VFIO refused: a reset, interrupts; or why nothing comes any more. Empty: nothing.
    const std::string& error() const { return error_; }
    Function& function() { return *function_; }
    /// From now on; it outlives this.
    void keep_order(WriteOrder& order) { order_ = &order; }

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override;
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override;
    void reset(std::function<void()> done) override;
    void enable_interrupts(bool on) override;
    void set_client(PortClient* client) override { client_ = client; }
    Memory& memory() override { return memory_; }

  private:
    Fd make_event();
    void heed_kernel();
    void note(std::string error);

    std::unique_ptr<Function> function_;
    Memory& memory_;
    WriteOrder* order_ = nullptr;
    PortClient* client_ = nullptr;
    std::vector<Fd> events_;  // an eventfd a vector
    Fd asked_back_;           // eventfds: what the kernel says of the function
    Fd broken_;
    bool interrupts_ = false;
    std::deque<std::function<void()>> ready_;
    std::string error_;
};

}  // namespace lmsim::sim::vfio_kernel
