#pragma once

#include "sim/device/nvme_device.hpp"

namespace lmsim::sim {

/// The loopback backend: a function of the model in this process. Writes and reads travel over the
/// simulated link; a doorbell is a write like any other.
class NvmeDevice::Port : public DevicePort {
  public:
    Port(NvmeDevice& device, std::uint16_t function) : device_(device), function_(function) {}

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        DownItem item{};
        item.function = function_;
        item.address = offset;
        item.value = value;
        item.length = size;
        item.kind = DownKind::Write;
        if (offset >= reg::doorbells) {
            const std::uint64_t index = (offset - reg::doorbells) / 4;
            item.kind = (index & 1) != 0 ? DownKind::CqDoorbell : DownKind::SqDoorbell;
            item.queue = static_cast<std::uint16_t>(index / 2);
            if (device_.faults_ != nullptr && item.kind == DownKind::SqDoorbell &&
                device_.loses_doorbell(function_)) {
                return;
            }
        }
        device_.send_down(item, device_.link_times_.write(size));
    }
    void read(std::uint64_t offset, unsigned /*size*/, std::uint64_t token) override {
        DownItem item{};
        item.kind = DownKind::Read;
        item.function = function_;
        item.address = offset;
        item.value = token;
        device_.send_down(item, device_.link_times_.read());
    }
    void reset(std::function<void()> done) override {
        std::function<void()>& waits = device_.functions_[function_].reset_done;
        if (waits) {
            // Who asks for one while another is under way gets that one.
            waits = [first = std::move(waits), second = std::move(done)] {
                first();
                if (second) second();
            };
            return;
        }
        waits = std::move(done);
        DownItem item{};
        item.kind = DownKind::Reset;
        item.function = function_;
        // FLR is a configuration write: one small request.
        device_.send_down(item, device_.link_times_.write(4));
    }
    void enable_interrupts(bool on) override { device_.switch_interrupts(function_, on); }
    void set_client(PortClient* client) override { device_.functions_[function_].client = client; }
    Memory& memory() override { return *device_.functions_[function_].memory; }

  private:
    NvmeDevice& device_;
    std::uint16_t function_;
};

}  // namespace lmsim::sim
