#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/nvme/machines.hpp"
#include "model/spec/rules.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"
#include "sim/bridge/device_port.hpp"
#include "sim/check/run_monitor.hpp"
#include "sim/core/kernel.hpp"
#include "sim/device/observer.hpp"

namespace lmsim::sim {

/// The port of a function that is outside this process: whose registers read as all ones is gone.
class PortWatch : public DevicePort, private PortClient {
  public:
    /// `name`: as a message says it.
    PortWatch(DevicePort& inner, std::string name) : inner_(inner), name_(std::move(name)) {}

    /// Why nothing can be expected of the function any more; empty as long as something can.
    const std::string& trouble() const { return trouble_; }

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        inner_.write(offset, value, size);
    }
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override;
    void reset(std::function<void()> done) override { inner_.reset(std::move(done)); }
    void enable_interrupts(bool on) override { inner_.enable_interrupts(on); }
    void set_client(PortClient* client) override;
    Memory& memory() override { return inner_.memory(); }
    std::uint64_t allocate(std::uint64_t length) override { return inner_.allocate(length); }

  protected:
    /// CSTS has been read; before its reader is told.
    virtual void status_read(std::uint32_t /*csts*/) {}
    /// Before whoever has the function is.
    virtual void interrupted() {}

  private:
    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;

    DevicePort& inner_;
    std::string name_;
    PortClient* client_ = nullptr;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> reads_;  // token, offset
    std::string trouble_;
};

/// The port of a VF that is outside this process. What a model's device tells of itself, this tells
/// in its place, as far as a host can know: what crosses the port, and the completions that stand
/// in the VM's memory. Fetches and interrupts it cannot see. Of what the device wrote it keeps the
/// VM's dirty log, which is as good as the device is: it writes where its commands say.
class VfWatch final : public PortWatch {
  public:
    /// `block`: bytes of a logical block of its namespaces.
    VfWatch(DevicePort& inner, const Kernel& kernel, std::uint16_t vf, metrics::Side side,
            std::uint64_t block);

    void connect(DeviceObserver* observer, RunMonitor* monitor) {
        observer_ = observer;
        monitor_ = monitor;
    }

    /// Tells of the completions that have come since the last look. Before anybody takes one.
    void look();
    /// What the PF's driver knows of the controller: the Suspend goes out, it is done, the Resume
    /// is.
    void suspending();
    void suspended();
    void resumed();
    /// The controller has the state of that one: its queues are where those are.
    void take_over(const VfWatch& source);

    /// A reset by whomever, the PF's too: all that it had is gone.
    void was_reset();

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override;
    void reset(std::function<void()> done) override;
    void enable_interrupts(bool on) override;

  private:
    struct Sq {
        std::uint64_t base = 0;
        std::uint32_t entries = 0;
        std::uint32_t tail = 0;
        std::uint16_t cqid = 0;
    };
    struct Cq {
        std::uint64_t base = 0;
        std::uint32_t entries = 0;
        std::uint32_t head = 0;
        bool phase = true;
    };

    void status_read(std::uint32_t csts) override;
    void interrupted() override { look(); }
    void rung(std::uint16_t qid, std::uint32_t tail);
    void look(std::uint16_t cqid, Cq& cq);
    void posted(std::uint16_t cqid, const wire::Cqe& cqe);
    void answered(const wire::Sqe& sqe);
    void wrote_data(bool admin, const wire::Sqe& sqe);
    void enabled(bool on);
    void clear();
    void tell(check::What what);
    void tell_queue(check::What what, std::uint16_t queue, bool is_cq);
    void enter(std::uint32_t state);
    std::uint16_t function() const { return static_cast<std::uint16_t>(vf_ + 1); }

    const Kernel& kernel_;
    std::uint16_t vf_;
    metrics::Side side_;
    std::uint64_t block_;
    spec::Rules rules_;  // the guest's driver knows the ratified standard only
    DeviceObserver* observer_ = nullptr;
    RunMonitor* monitor_ = nullptr;
    std::uint32_t aqa_ = 0;
    std::uint64_t asq_ = 0;
    std::uint64_t acq_ = 0;
    bool ready_ = false;
    bool suspended_ = false;
    std::map<std::uint16_t, Sq> sqs_;
    std::map<std::uint16_t, Cq> cqs_;
    std::map<std::pair<std::uint16_t, std::uint16_t>, wire::Sqe> under_way_;  // by SQID, CID
};

/// The port of the PF: its reset is one of the VFs.
class PfWatch final : public PortWatch {
  public:
    PfWatch(DevicePort& inner, std::function<void()> before_reset)
        : PortWatch(inner, "PF"), before_reset_(std::move(before_reset)) {}

    void reset(std::function<void()> done) override {
        before_reset_();
        PortWatch::reset(std::move(done));
    }

  private:
    std::function<void()> before_reset_;
};

}  // namespace lmsim::sim
