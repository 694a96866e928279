#pragma once

#include <cstdint>
#include <vector>

#include "sim/bridge/fd.hpp"

namespace lmsim::sim::vfio_user {

/// The interrupts of a function as a client of VFIO has them: an eventfd for each (struct
/// vfio_irq_set). There are MSI-X vectors, and the error and the request interrupt.
class Irqs {
  public:
    explicit Irqs(std::uint16_t vectors);

    /// How many interrupts the index has, and what can be done with them (VFIO_IRQ_INFO_*).
    std::uint32_t count(std::uint32_t index) const;
    static std::uint32_t flags(std::uint32_t index);

    /// DEVICE_SET_IRQS; 0 or an errno: EINVAL for what the structure, the index or the descriptors
    /// (no eventfds, or not one for each) do not allow.
    int set(const std::vector<std::uint8_t>& payload, std::vector<Fd>& fds);
    void clear();
    bool any(std::uint32_t index) const;
    /// Nothing happens if nobody listens.
    void trigger(std::uint32_t index, std::uint32_t vector);

  private:
    struct Line {
        Fd eventfd;
    };
    std::vector<Line>* lines(std::uint32_t index);
    const std::vector<Line>* lines(std::uint32_t index) const {
        return const_cast<Irqs*>(this)->lines(index);
    }

    std::vector<Line> msix_;
    std::vector<Line> error_{1};
    std::vector<Line> request_{1};
};

}  // namespace lmsim::sim::vfio_user
