#pragma once

#include <cstdint>

#include "model/nvme/config.hpp"
#include "model/nvme/machines.hpp"
#include "model/nvme/property.hpp"
#include "model/nvme/state.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::nvme {

constexpr std::uint32_t cc_enable = property::cc::en;
constexpr std::uint32_t csts_shutdown_mask = property::csts::shst;

/// RDY and SHST out of the machine. A controller that is shut down shows RDY while EN is set
/// (NVMe Base 2.3, 3.6, figure 85).
inline std::uint32_t csts(std::uint8_t life, std::uint32_t cc = cc_enable) {
    const std::uint32_t shst = is(life, Life::ShuttingDown) ? 1 : is(life, Life::ShutDown) ? 2 : 0;
    const bool ready =
        is(life, Life::Ready) || is(life, Life::Disabling) || (shst != 0 && (cc & cc_enable) != 0);
    return (ready ? property::csts::rdy : 0U) | shst << property::csts::shst_shift;
}

/// The life of a controller once what it does by itself is over. That is what its state tells:
/// whoever loads it has nothing of this under way, and it goes on while the controller is
/// suspended.
inline std::uint8_t settled(std::uint8_t life) {
    const Life then = is(life, Life::Enabling)       ? Life::Ready
                      : is(life, Life::Disabling)    ? Life::Disabled
                      : is(life, Life::ShuttingDown) ? Life::ShutDown
                                                     : static_cast<Life>(life);
    return static_cast<std::uint8_t>(then);
}

/// CSTS as the host reads it. Who is offline does not get ready (VM-SEC-02).
template <class Bounds>
std::uint32_t status_register(const Controller<Bounds>& c, const spec::Rules& rules) {
    const bool offline = !c.online && rules.on(spec::Id::OfflineShowsFatal);
    const bool unused = !c.online && rules.on(spec::Id::OfflineIsNotUsed);
    return (csts(c.life, c.cc) & ~(unused ? property::csts::rdy : 0U)) |
           (c.fatal || offline ? property::csts::cfs : 0U) |
           (c.subsystem_reset ? property::csts::nssro : 0U);
}

template <class Bounds>
std::uint64_t capabilities(const Controller<Bounds>& c, const Config& config) {
    using namespace property::cap;
    const std::uint64_t reset = c.primary && config.subsystem_reset ? nssrs : 0;
    return (config.queue_size - std::uint64_t{1}) | cqr |
           std::uint64_t{config.ready_timeout} << to_shift | css_nvm | crms_with_media | reset;
}

/// A property read; 0 for what is reserved or not supported (no CMB, no PMR; INTMS and INTMC are
/// not for MSI-X). The upper half of a 64-bit property has an offset of its own.
template <class Bounds>
std::uint64_t read_register(const Subsystem<Bounds>& subsystem, const Config& config,
                            const spec::Rules& rules, std::uint16_t function,
                            std::uint64_t offset) {
    const Controller<Bounds>& c = subsystem.controller[function];
    switch (offset) {
        case property::CAP: return capabilities(c, config);
        case property::CAP + 4: return capabilities(c, config) >> 32;
        case property::VS: return rules.value(spec::Id::VersionProperty);
        case property::CC: return c.cc;
        case property::CSTS: return status_register(c, rules);
        case property::AQA: return c.aqa;
        case property::ASQ: return c.asq;
        case property::ASQ + 4: return c.asq >> 32;
        case property::ACQ: return c.acq;
        case property::ACQ + 4: return c.acq >> 32;
        case property::CRTO: return config.ready_timeout;
        default: return 0;
    }
}

}  // namespace lmsim::nvme
