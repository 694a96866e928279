#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/vfio/errno.hpp"
#include "model/vfio/feature.hpp"
#include "model/vfio/uapi.hpp"
#include "sim/bridge/fd.hpp"

namespace lmsim::sim::vfio_kernel {

using lmsim::vfio::Errno;
using lmsim::vfio::Feature;
using lmsim::vfio::LogRange;
using lmsim::vfio::MigState;

/// The calls of the kernel that migration needs; tests have others. Each answers what the kernel
/// answers, or the negative error number.
class Calls {
  public:
    virtual ~Calls() = default;
    virtual long ioctl(int fd, unsigned long request, void* argument) const;
    virtual long read(int fd, void* to, std::size_t size) const;
    virtual long write(int fd, const void* from, std::size_t size) const;
    virtual long pread(int fd, void* to, std::size_t size, std::uint64_t offset) const;
    virtual long pwrite(int fd, const void* from, std::size_t size, std::uint64_t offset) const;
    /// F_GETFL, F_SETFL, F_GETFD.
    virtual long fcntl(int fd, int command, long argument) const;
    virtual long close(int fd) const;
};
const Calls& system_calls();

/// "EINVAL"; also of errors that no row of the model has; "OK".
std::string errno_name(Errno error);

/// An error, or with Errno::Ok a value.
template <class T>
struct Answer {
    Errno error = Errno::Ok;
    T value{};

    explicit operator bool() const { return error == Errno::Ok; }
};

/// VFIO's migration of a device, version 2: what a program may ask of any device file descriptor of
/// VFIO (Linux, include/uapi/linux/vfio.h: VFIO_DEVICE_FEATURE_MIGRATION and following). Errors are
/// the kernel's, as the model names them.
class Migration {
  public:
    /// The descriptor stays the caller's, and outlives this.
    explicit Migration(int device_fd, const Calls& calls = system_calls())
        : fd_(device_fd), calls_(calls) {}

    /// MigFlag bits that the driver announces; ENOTTY: it does not migrate.
    Answer<std::uint8_t> flags() const;
    /// Whether the driver has this feature, by a PROBE; it is not executed.
    bool has(Feature feature) const;

    Answer<MigState> state() const;
    /// The state that is asked for, by a way that the kernel chooses. A new session's data_fd is
    /// the caller's to close; without one it is -1. What is asked for may be any number.
    Answer<int> set_state(std::uint32_t state) const;
    Answer<int> set_state(MigState state) const {
        return set_state(static_cast<std::uint32_t>(state));
    }
    /// Bytes that STOP_COPY is expected to bring.
    Answer<std::uint64_t> data_size() const;
    /// VFIO_DEVICE_RESET: to RUNNING from everywhere.
    Errno reset() const;

    /// DMA logging. The page size is a wish; the answer is what the device has taken.
    Answer<std::uint64_t> log_start(std::uint64_t page_size,
                                    const std::vector<LogRange>& ranges) const;
    Errno log_stop() const;
    /// Sets the bits of `bitmap` (a bit a page, from `iova` on) that were written; each is told
    /// once. On an error all pages have to be taken for written.
    Errno log_report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                     std::vector<std::uint64_t>& bitmap) const;

    /// What VFIO_MIG_GET_PRECOPY_INFO answers: bytes that are left.
    struct Precopy {
        std::uint64_t initial_bytes = 0;
        std::uint64_t dirty_bytes = 0;
        bool reinit = false;  // initial_bytes was armed again; after enable_precopy_info_v2()
    };
    Answer<Precopy> precopy_info(int data_fd) const;
    Errno enable_precopy_info_v2() const;

    /// Of the stream: bytes moved. A read of 0 bytes is its end in STOP_COPY; in PRE_COPY there is
    /// nothing for now, as with ENOMSG.
    Answer<std::size_t> read(int data_fd, std::uint8_t* to, std::size_t size) const;
    Answer<std::size_t> write(int data_fd, const std::uint8_t* from, std::size_t size) const;
    /// Reads until there is nothing (more, for now), appended. Another error ends it.
    Errno read_all(int data_fd, std::vector<std::uint8_t>& to) const;
    /// Writes all of it, in as many calls as the driver wants.
    Errno write_all(int data_fd, const std::uint8_t* from, std::size_t size) const;

    /// VFIO_DEVICE_FEATURE as it is: `argsz`, `flags` (index, GET, SET, PROBE) and the payload,
    /// which is overwritten by the answer's.
    Errno feature(std::uint32_t argsz, std::uint32_t flags, void* payload, std::size_t size) const;

    int fd() const { return fd_; }
    const Calls& calls() const { return calls_; }

  private:
    Errno get(Feature feature, void* payload, std::size_t size) const;
    Errno set(Feature feature, void* payload, std::size_t size) const;

    int fd_;
    const Calls& calls_;
};

}  // namespace lmsim::sim::vfio_kernel
