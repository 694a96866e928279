#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/live.hpp"
#include "sim/bridge/rig.hpp"
#include "sim/bridge/vfio/borrow.hpp"
#include "sim/bridge/vfio/port.hpp"

namespace lmsim::sim::vfio_kernel {

/// Functions behind the kernel's VFIO: a PF and its VFs, or one alone. They reach one memory, or
/// the VFs another one than the PF.
class VfioRig : public Rig {
  public:
    /// How much memory there is for the functions, and how it is mapped.
    struct Options {
        std::uint64_t memory_pages = 16384;  // 64 MiB: what three controllers hand out
        std::uint64_t vm_pages = 0;          // of the VFs' own memory; 0: there is one for all
        std::uint64_t map_piece = 0;         // bytes of each mapping; 0: all in one
        std::function<bool()> interrupted;   // then this is the trouble
        /// Told at the end what could not be reset or given back, in words.
        std::function<void(const std::string&)> complain;
        Access access = Access::Auto;
    };

    /// Takes the functions from the kernel as long as this lasts, and their VFs if there shall be
    /// some.
    static Result<std::unique_ptr<VfioRig>> borrow(std::shared_ptr<const System> system,
                                                   const Wanted& wanted, const Options& options);
    /// By their addresses, "0000:01:00.0"; vfio-pci has them. In words what is wrong.
    static Result<std::unique_ptr<VfioRig>> open(const std::vector<std::string>& bdfs,
                                                 const Options& options);
    ~VfioRig() override;

    std::string name() const override { return ports_.front()->function().bdf(); }
    std::uint16_t functions() const override { return static_cast<std::uint16_t>(ports_.size()); }
    DevicePort& port(std::uint16_t function) override { return *ports_[function]; }
    std::uint64_t no_memory() const override;
    /// What VFIO refused on the way.
    std::string trouble() const override;
    Ps now() override;
    bool poll() override;
    void idle(Ps limit) override;

    /// The PF's.
    Container& container() { return *spaces_.front().container; }
    std::uint64_t memory_bytes() const { return options_.memory_pages * page_size; }

  private:
    /// A memory, and which functions reach it.
    struct Space {
        std::unique_ptr<Container> container;
        std::uint8_t* bytes = nullptr;
        std::unique_ptr<Memory> memory;
    };

    VfioRig(std::shared_ptr<const System> system, const Options& options);
    std::string add_space(std::uint64_t pages);
    std::string add(std::vector<std::string> bdfs, const Wanted& wanted);
    /// Are VFs of the function among them, or will they be?
    bool has_vfs(const std::string& pf, const std::vector<std::string>& bdfs,
                 const Wanted& wanted) const;
    std::string add_function(Space& space, const std::string& bdf, const std::string& token);

    std::shared_ptr<const System> system_;
    std::unique_ptr<Loan> loan_;  // nullptr: vfio-pci has the functions anyway
    Options options_;
    LiveClock clock_;
    std::chrono::steady_clock::time_point looked_;  // whether the functions still answer
    std::vector<Space> spaces_;                     // of the PF, or of all; of the VFs
    WriteOrder order_;                              // of functions that are no VFs of SR-IOV
    std::vector<std::unique_ptr<Port>> ports_;
};

}  // namespace lmsim::sim::vfio_kernel
