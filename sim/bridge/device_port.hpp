#pragma once

#include <cstdint>
#include <functional>

#include "model/nvme/property.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

namespace reg = nvme::property;

/// Whoever owns a function: gets what the function sends by itself, and the answers to what it
/// asked.
class PortClient {
  public:
    virtual ~PortClient() = default;
    virtual void interrupt(std::uint32_t vector) = 0;
    /// The answer to DevicePort::read() with this token.
    virtual void read_done(std::uint64_t token, std::uint64_t value) = 0;
};

/// A PCIe function as its driver sees it: registers, memory it can reach, interrupts, reset. Every
/// call is split-phase, so that a model, a socket and a real device look alike.
class DevicePort {
  public:
    virtual ~DevicePort() = default;

    /// A posted write to BAR 0; `size` is 4 or 8 bytes.
    virtual void write(std::uint64_t offset, std::uint64_t value, unsigned size) = 0;
    virtual void read(std::uint64_t offset, unsigned size, std::uint64_t token) = 0;
    /// Function level reset; `done` when the registers have their reset values.
    virtual void reset(std::function<void()> done) = 0;
    /// MSI-X as a whole; with it off the function's interrupts are lost.
    virtual void enable_interrupts(bool on) = 0;
    virtual void set_client(PortClient* client) = 0;

    /// Memory that the function reaches by DMA, and where buffers for it come from.
    virtual Memory& memory() = 0;
    virtual std::uint64_t allocate(std::uint64_t length) { return memory().allocate_bytes(length); }
};

}  // namespace lmsim::sim
