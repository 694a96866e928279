#pragma once

#include <cstdint>
#include <functional>

#include "model/host/pf_submit.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::sim {

/// How a command on the PF's admin queue ended.
struct AdminAnswer {
    host::PfError error = host::PfError::None;
    std::uint16_t status = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;
};
using AdminDone = std::function<void(const AdminAnswer&)>;

/// The PF's admin queue as parts of the host's driver see it: they share it with each other and
/// with the migration itself, and wait for their turn.
class AdminQueue {
  public:
    virtual ~AdminQueue() = default;
    /// CID and time-out are the queue's own. `done` is called once, at some later time.
    virtual void submit(const wire::Sqe& sqe, AdminDone done) = 0;
};

}  // namespace lmsim::sim
