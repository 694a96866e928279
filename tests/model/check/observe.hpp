#pragma once

#include <vector>

#include "model/check/monitor.hpp"

/// Observations, said shortly.
namespace lmsim::check::observe {

constexpr std::uint8_t src = source;
constexpr std::uint8_t dst = destination;

inline Observation vm(What what, std::uint8_t host = src) {
    Observation o;
    o.what = what;
    o.host = host;
    return o;
}
inline Observation on(What what, std::uint8_t host, std::uint16_t vf = 0) {
    Observation o = vm(what, host);
    o.vf = vf;
    return o;
}
inline Observation with(What what, std::uint8_t host, std::uint64_t value,
                        std::uint64_t value2 = 0) {
    Observation o = on(what, host);
    o.value = value;
    o.value2 = value2;
    return o;
}
/// A command of VF 0.
inline Observation command(What what, std::uint16_t cid, std::uint8_t host = src,
                           std::uint16_t queue = 1) {
    Observation o = on(what, host);
    o.queue = queue;
    o.cid = cid;
    return o;
}
inline Observation flagged(Observation o, std::uint8_t flags) {
    o.flags = flags;
    return o;
}
/// Of a data_fd of VF 0.
inline Observation session(What what, std::uint16_t number, bool saving = true,
                           std::uint8_t host = src) {
    Observation o = on(what, host);
    o.cid = number;
    o.flags = saving ? flag::saving : 0;
    return o;
}
inline Observation queue(What what, std::uint16_t id, bool cq = false, std::uint8_t host = src) {
    Observation o = on(what, host);
    o.queue = id;
    o.flags = cq ? flag::is_cq : 0;
    return o;
}

using Story = std::vector<Observation>;

/// What the story breaks first: while it happens, or at its end if `to_the_end`.
template <class Bounds>
const Invariant* told(const Story& story, bool to_the_end,
                      const spec::Rules& rules = spec::Rules{}) {
    Monitor<Bounds> monitor;
    for (const Observation& o : story) {
        if (const Invariant* broken = step(monitor, o, rules)) {
            return broken;
        }
    }
    return to_the_end ? at_end(monitor) : nullptr;
}

}  // namespace lmsim::check::observe
