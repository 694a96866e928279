#pragma once

#include "sim/host/host_driver.hpp"
#include "sim/host/vfio_device.hpp"

namespace lmsim::sim {

/// A VF of the NVMe device as the VMM has it open. The driver of the PF serves all of them.
class NvmeVf final : public VfioDevice {
  public:
    /// `interrupts`: to set up its vectors.
    NvmeVf(HostDriver& driver, std::uint16_t vf, Ps interrupts)
        : driver_(driver), vf_(vf), interrupts_(interrupts) {}

    void set_state(vfio::MigState state, VfioDone done) override {
        driver_.set_state(vf_, state, std::move(done));
    }
    void reset(VfioDone done) override { driver_.reset(vf_, std::move(done)); }
    void data_size(VfioDone done) override { driver_.data_size(vf_, std::move(done)); }
    void precopy_info(VfioDone done) override { driver_.precopy_info(vf_, std::move(done)); }
    void read(std::uint64_t length, VfioDone done) override {
        driver_.read(vf_, length, std::move(done));
    }
    const SparseBytes& bytes_read() const override { return driver_.bytes_read(vf_); }
    void write(const SparseBytes& bytes, VfioDone done) override {
        driver_.write(vf_, bytes, std::move(done));
    }
    void enable_interrupts(bool on) override { driver_.enable_interrupts(vf_, on); }
    Ps interrupt_setup() const override { return interrupts_; }

  private:
    HostDriver& driver_;
    std::uint16_t vf_;
    Ps interrupts_;
};

}  // namespace lmsim::sim
