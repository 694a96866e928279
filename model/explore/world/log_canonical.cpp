#include "model/explore/world/log_state.hpp"
#include "model/wire/cdq.hpp"

namespace lmsim::explore {
namespace {

void canonicalize(host::Udmq& log) {
    using host::LogState;
    log.number = log.number == 0 ? 0 : 1;
    log.move = log.move == 0 ? 0 : 1;
    log.tries = 0;
    log.asked = log.moving ? log.asked : 0;
    if (log.state == LogState::Off) {
        // A new log begins anew, but for the look and the timer of the old one.
        log.cdqid = 0;
        log.slot = 0;
        log.held = 0;
        log.trigger = 0;
        log.phase = 1;
        log.error = 0;
        log.number = 0;
        log.move = 0;
        log.first = log.ended = log.full = log.lost = log.gone = log.again = false;
    }
}

/// Of entries that nobody reads any more the phase alone can still be seen.
void forget_entries(LogState& state, const spec::Rules& rules) {
    const host::Udmq& log = state.log;
    for (std::uint32_t i = 0; i < log.entries && state.ring_given; ++i) {
        std::uint8_t* entry = state.ring + LogState::entry_bytes * i;
        if ((i + log.entries - log.slot) % log.entries >= state.queue.untaken) {
            wire::UdmqEntry forgotten;
            forgotten.lbacir = wire::Lbacir::None;
            forgotten.phase = wire::udmq_phase(entry, rules);
            encode(forgotten, entry, rules);
        }
    }
}

}  // namespace

void canonicalize(LogState& state, const spec::Rules& rules) {
    canonicalize(state.device);
    for (nvme::Cdq& queue : state.device.subsystem.cdq) {
        queue.tpt = queue.etpt ? queue.tpt : 0;
    }
    forget_entries(state, rules);
    canonicalize(state.log);
    if (state.log.state == host::LogState::Off) {
        const check::QueueLife life = state.queue.life;
        state.queue = {};
        state.queue.life = life;
    }
}

}  // namespace lmsim::explore
