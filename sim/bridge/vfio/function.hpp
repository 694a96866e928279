#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/vfio/container.hpp"

namespace lmsim::sim::vfio_kernel {

/// One PCI function that VFIO gives to this process: registers, configuration space, MSI-X, reset.
class Function {
  public:
    /// Opens it and lets it decode its BAR and reach memory (Command register). In words what is
    /// wrong.
    static Result<std::unique_ptr<Function>> open(Container& container, const std::string& bdf,
                                                  const std::string& vf_token = {});
    ~Function();
    Function(const Function&) = delete;
    Function& operator=(const Function&) = delete;

    const std::string& bdf() const { return bdf_; }
    /// For features of VFIO; it stays the function's own.
    int fd() const { return fd_.get(); }

    /// BAR 0, `size` 4 or 8 bytes. Beyond its end reads are all ones and writes are lost, as on a
    /// bus.
    std::uint64_t read(std::uint64_t offset, unsigned size) const;
    void write(std::uint64_t offset, std::uint64_t value, unsigned size);

    /// Bytes of configuration space; an error in words.
    std::string read_config(std::uint64_t offset, std::uint8_t* to, std::size_t size) const;
    std::string write_config(std::uint64_t offset, const std::uint8_t* from, std::size_t size);

    /// MSI-X vectors that there are.
    std::uint32_t vectors() const { return vectors_; }
    /// An eventfd for each vector from 0 on; none: MSI-X is off. An error in words.
    std::string set_interrupts(const std::vector<int>& eventfds);
    /// Function level reset, over when this returns. An error in words.
    std::string reset();
    bool has_reset() const { return has_reset_; }

    /// A PF: its VFs open only with this UUID. An error in words.
    std::string set_vf_token(const std::string& uuid);
    /// The eventfd is signalled when the kernel wants the function back; likewise, when the bus
    /// reports an error of it. False if VFIO does not tell this of the function.
    bool tell_when_asked_back(int eventfd);
    bool tell_when_broken(int eventfd);
    /// Does it answer nothing any more? Then every read is all ones.
    bool gone() const;

  private:
    Function(Fd fd, std::string bdf) : fd_(std::move(fd)), bdf_(std::move(bdf)) {}
    std::string look();
    std::string map_bar();
    /// VFIO_DEVICE_SET_IRQS; false and errno if VFIO refuses.
    bool set_eventfds(std::uint32_t index, const std::vector<int>& eventfds);

    struct Region {
        std::uint64_t offset = 0;  // in the device's file descriptor
        std::uint64_t size = 0;
        bool mappable = false;
    };
    Result<Region> region(std::uint32_t index) const;

    Fd fd_;
    std::string bdf_;
    Region bar_;
    Region config_;
    std::uint8_t* mapped_ = nullptr;  // the BAR; without it every access is a system call
    std::uint32_t vectors_ = 0;
    bool has_reset_ = false;
};

}  // namespace lmsim::sim::vfio_kernel
