#pragma once

#include <cstdint>
#include <vector>

#include "sim/device/controller_memory.hpp"

namespace lmsim::sim {

/// The memory of a device's controllers in a replay.
class ReplayEnv final : public ControllerMemory {
  public:
    ReplayEnv(std::size_t functions, std::uint32_t vendor_bytes)
        : ControllerMemory(functions, vendor_bytes), reach_(functions) {}
    /// Up to where the function reaches its host's memory, in bytes.
    void reach(std::uint16_t function, std::uint64_t bytes) { reach_[function] = bytes; }

    bool reaches(std::uint16_t function, std::uint64_t address, std::uint64_t length) override {
        const std::uint64_t end = reach_[function];
        return address < end && length <= end - address;
    }

  private:
    std::vector<std::uint64_t> reach_;
};

}  // namespace lmsim::sim
