#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "model/sparse_bytes.hpp"
#include "model/vfio/errno.hpp"
#include "model/vfio/uapi.hpp"
#include "sim/core/event_queue.hpp"

namespace lmsim::sim {

/// What a call on a VFIO device answers.
struct VfioAnswer {
    vfio::Errno error = vfio::Errno::Ok;
    std::uint64_t value = 0;   // bytes read or written, data size, initial bytes
    std::uint64_t value2 = 0;  // dirty bytes
};
using VfioDone = std::function<void(const VfioAnswer&)>;

/// A device that the VMM has open, whatever driver stands behind it: linux/vfio.h, as far as a
/// migration uses it. Calls on one device are made one after the other; those on different devices
/// may be under way at once. `done` is called when the call returns, never from within it.
class VfioDevice {
  public:
    virtual ~VfioDevice() = default;
    /// VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, SET.
    virtual void set_state(vfio::MigState state, VfioDone done) = 0;
    /// VFIO_DEVICE_RESET: afterwards the device runs.
    virtual void reset(VfioDone done) = 0;
    /// VFIO_DEVICE_FEATURE_MIG_DATA_SIZE: bytes of STOP_COPY.
    virtual void data_size(VfioDone done) = 0;
    /// VFIO_MIG_GET_PRECOPY_INFO: initial and dirty bytes.
    virtual void precopy_info(VfioDone done) = 0;
    /// read() of at most so many bytes of the data_fd; 0 at its end.
    virtual void read(std::uint64_t length, VfioDone done) = 0;
    /// What the last read() brought, or what stands for it: only the device on the other side
    /// knows.
    virtual const SparseBytes& bytes_read() const = 0;
    /// write() of the data_fd.
    virtual void write(const SparseBytes& bytes, VfioDone done) = 0;
    /// MSI-X on or off for the device's owner: VFIO_DEVICE_SET_IRQS.
    virtual void enable_interrupts(bool on) = 0;
    /// What it takes to load its config space, which gives its vectors their way into the VM.
    virtual Ps interrupt_setup() const = 0;
};

}  // namespace lmsim::sim
