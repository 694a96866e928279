#pragma once

#include <cstdint>

#include "model/nvme/config.hpp"
#include "model/nvme/machines.hpp"
#include "model/nvme/property.hpp"
#include "model/nvme/state.hpp"

namespace lmsim::nvme {

constexpr std::uint32_t cc_enable = 1U << 0;
constexpr std::uint32_t cc_shutdown_mask = 3U << 14;
constexpr std::uint32_t csts_shutdown_mask = 3U << 2;

/// CSTS out of the machine: RDY bit 0, SHST bits 3:2.
inline std::uint32_t csts(std::uint8_t life) {
    const bool ready = is(life, Life::Ready) || is(life, Life::ShuttingDown) ||
                       is(life, Life::ShutDown) || is(life, Life::Disabling);
    const std::uint32_t shst = is(life, Life::ShuttingDown) ? 1 : is(life, Life::ShutDown) ? 2 : 0;
    return (ready ? 1U : 0U) | shst << 2;
}

/// A property read; 0 for what is not modelled.
template <class Bounds>
std::uint64_t read_register(const Subsystem<Bounds>& subsystem, const Config& config,
                            std::uint16_t function, std::uint64_t offset) {
    const Controller<Bounds>& c = subsystem.controller[function];
    constexpr std::uint64_t cqr = 1ULL << 16;           // queues are physically contiguous
    constexpr std::uint64_t nvm_commands = 1ULL << 37;  // CSS
    constexpr std::uint64_t timeout = 120ULL << 24;     // TO, 500 ms units
    switch (offset) {
        case property::CAP: return (config.queue_size - 1) | cqr | timeout | nvm_commands;
        case property::VS: return 0x0002'0300;
        case property::CC: return c.cc;
        case property::CSTS: return csts(c.life) | (c.fatal ? 2U : 0U);
        case property::AQA: return c.aqa;
        case property::ASQ: return c.asq;
        case property::ACQ: return c.acq;
        default: return 0;
    }
}

}  // namespace lmsim::nvme
