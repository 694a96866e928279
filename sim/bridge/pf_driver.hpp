#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/wire/identify.hpp"
#include "sim/bridge/queue_pair.hpp"
#include "sim/core/event_queue.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim {

/// Drives the migration of VFs through their PF, the Migration Management Controller, one command
/// after the other: a driver for tools, over any DevicePort. It never resets the PF, which would
/// take the VFs offline (NVMe Base 2.3, 8.2.6.3): a PF that is enabled keeps its admin queue, if
/// that is one of this driver's, whichever process has set it up.
class PfDriver : private PortClient {
  public:
    /// Lets the device go on until `done()`, at most for `limit`; whether it is done.
    using Wait = std::function<bool(const std::function<bool()>& done, Ps limit)>;

    /// How many slots the admin queue has, 2 to 4096. By sizes that nobody else takes the driver
    /// knows a queue as its own: addresses are the same in everybody's memory.
    struct Rings {
        std::uint32_t sq_entries = 37;
        std::uint32_t cq_entries = 41;
        std::uint32_t aqa() const { return (cq_entries - 1) << 16 | (sq_entries - 1); }
    };

    /// The port, the rules and what `wait` needs outlive it.
    PfDriver(DevicePort& port, const spec::Rules& rules, Wait wait, Rings rings);
    PfDriver(DevicePort& port, const spec::Rules& rules, Wait wait)
        : PfDriver(port, rules, std::move(wait), Rings()) {}
    PfDriver(const PfDriver&) = delete;
    PfDriver& operator=(const PfDriver&) = delete;
    ~PfDriver() override { port_.set_client(nullptr); }

    /// Makes the admin queue usable, and looks whether this is an MMC. In words what is wrong;
    /// likewise below.
    std::string open();

    Result<std::vector<wire::SecondaryController>> secondaries();
    /// Sets a secondary controller online that is offline, one of `vfs`: if it has no queues or
    /// interrupts, with its share of what the PF has to give.
    std::string bring_online(const wire::SecondaryController& vf, std::uint16_t vfs);
    std::string suspend(std::uint16_t cntlid);
    std::string resume(std::uint16_t cntlid);
    /// The Controller State data structure of a suspended controller, whole.
    Result<std::vector<std::uint8_t>> get_state(std::uint16_t cntlid);
    std::string set_state(std::uint16_t cntlid, const std::vector<std::uint8_t>& state);

    /// The last command may still be done: it was sent, and nothing was said of it.
    bool unanswered() const { return unanswered_; }

  private:
    void interrupt(std::uint32_t /*vector*/) override {}
    void read_done(std::uint64_t /*token*/, std::uint64_t value) override { answer_ = value; }

    std::optional<std::uint64_t> read(std::uint64_t property, unsigned size);
    std::string await_ready();
    std::string enable();
    std::string take_over(std::uint64_t asq, std::uint64_t acq, std::uint32_t aqa);
    std::string find_position();
    /// Slots of the completion queue that have been written since poison(), in ring order.
    std::vector<std::uint32_t> written() const;
    void poison();
    void offer(std::uint32_t slots);
    std::uint8_t* cq_slot(std::uint32_t slot) const;

    std::string identify(spec::Id cns, std::uint8_t* page);
    /// Sends a command with `length` bytes of the buffer as its data.
    std::string send(wire::Sqe sqe, std::uint64_t length, const char* what);
    void place(wire::Sqe& sqe, std::uint64_t length);
    std::string fetch_state(std::uint16_t cntlid, std::uint64_t offset, std::uint64_t length,
                            std::vector<std::uint8_t>& to);

    DevicePort& port_;
    const spec::Rules& rules_;
    Wait wait_;
    Rings rings_;
    QueuePair queue_;
    std::uint64_t buffer_ = 0;  // data of commands, at most `chunk_` bytes
    std::uint64_t list_ = 0;    // the PRP List that names it
    std::uint64_t chunk_ = 0;
    std::uint8_t version_index_ = 0;  // CSVI
    std::uint16_t next_cid_ = 0;
    std::optional<std::uint64_t> answer_;
    bool unanswered_ = false;
};

}  // namespace lmsim::sim
