#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/hw/calibrate.hpp"

namespace lmsim::sim::hw {

/// A function's port that notes when a write began and ended: the begin of a command is the moment
/// just before its doorbell.
class StampedPort : public DevicePort {
  public:
    StampedPort(Rig& rig, std::uint16_t function) : rig_(rig), port_(rig.port(function)) {}

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override;
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override {
        port_.read(offset, size, token);
    }
    void reset(std::function<void()> done) override { port_.reset(std::move(done)); }
    void enable_interrupts(bool on) override { port_.enable_interrupts(on); }
    void set_client(PortClient* client) override { port_.set_client(client); }
    Memory& memory() override { return port_.memory(); }
    std::uint64_t allocate(std::uint64_t length) override { return port_.allocate(length); }

    /// Of the last write but those of completion queue heads.
    Ps began() const { return began_; }
    Ps ended() const { return ended_; }

  private:
    Rig& rig_;
    DevicePort& port_;
    Ps began_ = 0;
    Ps ended_ = 0;
};

/// What became of a command.
struct Done {
    Ps took = 0;   // from just before the doorbell
    Ps write = 0;  // of this, the doorbell's write
    Ps seen = 0;   // when the completion was
    std::uint16_t status = 0;
    wire::Cqe cqe;
};

/// One function of the rig under a stopwatch: one thing after the other, completions seen by
/// looking at memory. All that returns text returns what is wrong, or nothing.
class Bench : private PortClient {
  public:
    static constexpr std::uint32_t entries = 128;  // of each queue, or as many as there can be

    Bench(Rig& rig, std::uint16_t function, const CalibrateOptions& options);
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    /// Leaves it disabled.
    ~Bench() override;

    /// Whatever it was before: disabled, then enabled. Reads CAP.
    std::string open();
    std::string enable(Ps& took);
    std::string disable(Ps& took);
    std::string reset(Ps& took);

    std::string read(std::uint64_t property, unsigned size, std::uint64_t& value, Ps& took);

    /// A command of its own: submitted, waited for. An error if nothing comes; the status is the
    /// caller's affair.
    std::string run(std::uint16_t queue, wire::Sqe sqe, Done& done);
    /// The same; an error also unless it succeeds.
    std::string must(std::uint16_t queue, const wire::Sqe& sqe, const char* what, Done& done);
    std::string must(const wire::Sqe& sqe, const char* what) {
        Done done;
        return must(0, sqe, what, done);
    }
    /// Until a command of the queue is complete; the owners of all that are, and what became of
    /// the first one that did not succeed, or of the last.
    std::string next(std::uint16_t queue, std::vector<std::uint64_t>& owners, Done& done);
    /// Until an interrupt comes after the completion of this command; `after`: how long after.
    std::string interrupted(std::uint16_t queue, wire::Sqe sqe, Ps& took, Ps& after, bool& came);

    /// I/O queue pair 1; its completion queue raises interrupts of vector 1, or none.
    std::string create_pair(bool interrupts);
    std::string delete_pair();
    wire::Sqe create_cq(bool interrupts) const;
    wire::Sqe create_sq() const;

    CommandPort& commands() { return *commands_; }
    StampedPort& port() { return port_; }
    std::uint64_t cap() const { return cap_; }
    std::uint8_t* bytes(std::uint64_t address, std::uint64_t length) {
        return port_.memory().bytes(address, length);
    }
    /// A page for the data of admin commands.
    std::uint64_t page() const { return page_; }
    bool stopped() const { return !finishing_ && options_.stop && options_.stop(); }
    /// From now on what is done is to give the device back: nobody stops that.
    void finish() { finishing_ = true; }

  private:
    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;
    bool wait(const std::function<bool()>& seen, std::uint32_t looks, Ps& at);
    std::string no_answer(const std::string& what) const {
        return no_answer(what, options_.answer_limit);
    }
    std::string no_answer(const std::string& what, Ps limit) const;
    std::string await_ready(bool ready, Ps began, Ps& took);

    Rig& rig_;
    const CalibrateOptions& options_;
    std::string name_;
    StampedPort port_;
    std::unique_ptr<CommandPort> commands_;
    std::uint64_t page_ = 0;
    std::uint64_t cap_ = 0;
    std::optional<std::uint64_t> answer_;
    std::uint64_t interrupts_ = 0;  // of vector 1
    bool enabled_ = false;
    bool finishing_ = false;
};

}  // namespace lmsim::sim::hw
