#pragma once

#include "model/nvme/machines.hpp"
#include "model/nvme/state.hpp"

/// What the machines of queues say of them.
namespace lmsim::nvme {

inline bool exists(const Sq& sq) { return !is(sq.life, SqLife::Absent); }
inline bool exists(const Cq& cq) { return !is(cq.life, CqLife::Absent); }
inline bool exists(const Cdq& queue) { return !is(queue.life, CdqLife::Absent); }

/// Are user data changes logged in this queue?
inline bool is_logging(const Cdq& queue) {
    return queue.life >= static_cast<std::uint8_t>(CdqLife::Begun);
}

/// Are the changes of this MC's user data logged?
template <class Bounds>
bool logs(const Subsystem<Bounds>& subsystem, const Controller<Bounds>& c) {
    return c.udmq != 0 && is_logging(subsystem.cdq[c.udmq - 1]);
}

}  // namespace lmsim::nvme
