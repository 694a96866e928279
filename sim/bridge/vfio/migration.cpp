#include "sim/bridge/vfio/migration.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/bridge/vfio/uapi.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

long answer(long result) { return result < 0 ? -errno : result; }
Errno to_errno(long result) { return result < 0 ? static_cast<Errno>(-result) : Errno::Ok; }

std::uint32_t index_of(Feature feature) { return static_cast<std::uint32_t>(feature); }

constexpr std::size_t chunk = 1 << 20;  // bytes of one read(); what QEMU takes, too

/// VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE.
struct DeviceStateData {
    std::uint32_t state = 0;
    std::int32_t data_fd = -1;
};

}  // namespace

long Calls::ioctl(int fd, unsigned long request, void* argument) const {
    return answer(::ioctl(fd, request, argument));
}
long Calls::read(int fd, void* to, std::size_t size) const { return answer(::read(fd, to, size)); }
long Calls::write(int fd, const void* from, std::size_t size) const {
    return answer(::write(fd, from, size));
}
long Calls::pread(int fd, void* to, std::size_t size, std::uint64_t offset) const {
    return answer(::pread(fd, to, size, static_cast<off_t>(offset)));
}
long Calls::pwrite(int fd, const void* from, std::size_t size, std::uint64_t offset) const {
    return answer(::pwrite(fd, from, size, static_cast<off_t>(offset)));
}
long Calls::fcntl(int fd, int command, long argument) const {
    return answer(::fcntl(fd, command, argument));
}
long Calls::close(int fd) const { return answer(::close(fd)); }

const Calls& system_calls() {
    static const Calls calls;
    return calls;
}

std::string errno_name(Errno error) {
    const std::string_view known = lmsim::vfio::to_string(error);
    if (known != "E?") {
        return std::string(known);
    }
    const char* const name = ::strerrorname_np(static_cast<int>(error));
    return name != nullptr ? name : fmt::format("errno {}", static_cast<int>(error));
}

Errno Migration::feature(std::uint32_t argsz, std::uint32_t flags, void* payload,
                         std::size_t size) const {
    // Words: the kernel reads 64-bit fields in it.
    std::vector<std::uint64_t> words(1 + (size + 7) / 8);
    auto* const bytes = reinterpret_cast<std::uint8_t*>(words.data());
    std::memcpy(bytes, &argsz, sizeof(argsz));
    std::memcpy(bytes + sizeof(argsz), &flags, sizeof(flags));
    if (size != 0) {
        std::memcpy(bytes + lmsim::vfio::feature_header_size, payload, size);
    }
    const long result = calls_.ioctl(fd_, VFIO_DEVICE_FEATURE, bytes);
    if (size != 0) {
        std::memcpy(payload, bytes + lmsim::vfio::feature_header_size, size);
    }
    return to_errno(result);
}

Errno Migration::get(Feature which, void* payload, std::size_t size) const {
    return feature(static_cast<std::uint32_t>(lmsim::vfio::feature_header_size + size),
                   lmsim::vfio::feature_get | index_of(which), payload, size);
}

Errno Migration::set(Feature which, void* payload, std::size_t size) const {
    return feature(static_cast<std::uint32_t>(lmsim::vfio::feature_header_size + size),
                   lmsim::vfio::feature_set | index_of(which), payload, size);
}

Answer<std::uint8_t> Migration::flags() const {
    std::uint64_t flags = 0;
    const Errno error = get(Feature::MIGRATION, &flags, sizeof(flags));
    return {error, static_cast<std::uint8_t>(flags)};
}

bool Migration::has(Feature which) const {
    return feature(lmsim::vfio::feature_header_size, lmsim::vfio::feature_probe | index_of(which),
                   nullptr, 0) == Errno::Ok;
}

Answer<MigState> Migration::state() const {
    DeviceStateData data;
    const Errno error = get(Feature::MIG_DEVICE_STATE, &data, sizeof(data));
    return {error, static_cast<MigState>(data.state)};
}

Answer<int> Migration::set_state(std::uint32_t state) const {
    DeviceStateData data;
    data.state = state;
    const Errno error = set(Feature::MIG_DEVICE_STATE, &data, sizeof(data));
    return {error, error == Errno::Ok ? data.data_fd : -1};
}

Answer<std::uint64_t> Migration::data_size() const {
    std::uint64_t bytes = 0;
    const Errno error = get(Feature::MIG_DATA_SIZE, &bytes, sizeof(bytes));
    return {error, bytes};
}

Errno Migration::reset() const { return to_errno(calls_.ioctl(fd_, VFIO_DEVICE_RESET, nullptr)); }

Answer<std::uint64_t> Migration::log_start(std::uint64_t page_size,
                                           const std::vector<LogRange>& ranges) const {
    static_assert(sizeof(LogRange) == sizeof(vfio_device_feature_dma_logging_range));
    vfio_device_feature_dma_logging_control control{};
    control.page_size = page_size;
    control.num_ranges = static_cast<std::uint32_t>(ranges.size());
    control.ranges = reinterpret_cast<std::uintptr_t>(ranges.data());
    const Errno error = set(Feature::DMA_LOGGING_START, &control, sizeof(control));
    return {error, control.page_size};
}

Errno Migration::log_stop() const { return set(Feature::DMA_LOGGING_STOP, nullptr, 0); }

Errno Migration::log_report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                            std::vector<std::uint64_t>& bitmap) const {
    constexpr std::uint64_t bits = 64;
    if (page_size != 0) {
        const std::uint64_t pages = length / page_size + 1;
        bitmap.resize(std::max<std::size_t>(bitmap.size(), pages / bits + 1));
    }
    vfio_device_feature_dma_logging_report report{};
    report.iova = iova;
    report.length = length;
    report.page_size = page_size;
    report.bitmap = reinterpret_cast<std::uintptr_t>(bitmap.data());
    return get(Feature::DMA_LOGGING_REPORT, &report, sizeof(report));
}

Answer<Migration::Precopy> Migration::precopy_info(int data_fd) const {
    uapi::PrecopyInfo info{};
    info.argsz = sizeof(info);
    const Errno error = to_errno(calls_.ioctl(data_fd, uapi::mig_get_precopy_info, &info));
    const bool reinit = (info.flags & lmsim::vfio::precopy_info_reinit) != 0;
    return {error, {info.initial_bytes, info.dirty_bytes, reinit}};
}

Errno Migration::enable_precopy_info_v2() const {
    return set(Feature::MIG_PRECOPY_INFOv2, nullptr, 0);
}

Answer<std::size_t> Migration::read(int data_fd, std::uint8_t* to, std::size_t size) const {
    const long result = calls_.read(data_fd, to, size);
    return {to_errno(result), result < 0 ? 0 : static_cast<std::size_t>(result)};
}

Answer<std::size_t> Migration::write(int data_fd, const std::uint8_t* from,
                                     std::size_t size) const {
    const long result = calls_.write(data_fd, from, size);
    return {to_errno(result), result < 0 ? 0 : static_cast<std::size_t>(result)};
}

Errno Migration::read_all(int data_fd, std::vector<std::uint8_t>& to) const {
    std::vector<std::uint8_t> piece(chunk);
    while (true) {
        const Answer<std::size_t> got = read(data_fd, piece.data(), piece.size());
        if (got.error == Errno::NoMessage || (got && got.value == 0)) {
            return Errno::Ok;
        }
        if (!got) {
            return got.error;
        }
        to.insert(to.end(), piece.begin(), piece.begin() + static_cast<long>(got.value));
    }
}

Errno Migration::write_all(int data_fd, const std::uint8_t* from, std::size_t size) const {
    for (std::size_t done = 0; done < size;) {
        const Answer<std::size_t> taken = write(data_fd, from + done, size - done);
        if (!taken) {
            return taken.error;
        }
        if (taken.value == 0) {
            return Errno::Io;
        }
        done += taken.value;
    }
    return Errno::Ok;
}

}  // namespace lmsim::sim::vfio_kernel
