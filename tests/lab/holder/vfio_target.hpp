#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/vfio/port.hpp"
#include "sim/conform/target.hpp"

namespace lmsim::lab {

/// The conformance cases' target behind the kernel's VFIO: a PF and its VFs, given by their
/// addresses, that reach one memory. Time is the clock on the wall.
class VfioTarget : public sim::conform::Target {
  public:
    /// `piece`: how many bytes of the memory each mapping has, 0 for all in one. In words what is
    /// wrong.
    static sim::Result<std::unique_ptr<VfioTarget>> open(const std::vector<std::string>& bdfs,
                                                         std::uint64_t piece);
    ~VfioTarget() override;

    std::string name() const override { return "vfio:" + ports_.front()->function().bdf(); }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    sim::DevicePort& port(std::uint16_t function) override { return *ports_[function]; }
    std::uint64_t no_memory() const override;
    bool wait(const std::function<bool()>& done, sim::Ps limit) override;

    sim::vfio::Container& container() { return *container_; }
    std::uint64_t memory_bytes() const;
    /// What VFIO refused on the way; empty: nothing.
    std::string error() const;

  private:
    explicit VfioTarget(std::unique_ptr<sim::vfio::Container> container);

    std::unique_ptr<sim::vfio::Container> container_;
    std::uint8_t* bytes_ = nullptr;
    std::unique_ptr<sim::Memory> memory_;
    std::vector<std::unique_ptr<sim::vfio::Port>> ports_;
};

}  // namespace lmsim::lab
