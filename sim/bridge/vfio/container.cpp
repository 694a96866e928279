#include "sim/bridge/vfio/container.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lmsim::sim::vfio {

namespace {

std::string because() { return std::strerror(errno); }

/// "7" of /sys/bus/pci/devices/BDF/iommu_group -> ../../kernel/iommu_groups/7; empty: none.
std::string group_number(const std::string& bdf) {
    char target[256];
    const std::string link = "/sys/bus/pci/devices/" + bdf + "/iommu_group";
    const ssize_t length = ::readlink(link.c_str(), target, sizeof(target));
    if (length <= 0 || static_cast<std::size_t>(length) == sizeof(target)) {
        return {};
    }
    const std::string path(target, static_cast<std::size_t>(length));
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<std::unique_ptr<Container>> Container::open() {
    Fd fd(::open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
    if (!fd) {
        return Failure{
            fmt::format("/dev/vfio/vfio: {}; VFIO is needed (modprobe vfio-pci, and an "
                        "IOMMU that is on), and the right to use it",
                        because())};
    }
    if (::ioctl(fd.get(), VFIO_GET_API_VERSION) != VFIO_API_VERSION ||
        ::ioctl(fd.get(), VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1) {
        return Failure{
            "/dev/vfio/vfio: this kernel's VFIO has no IOMMU of type 1 v2 "
            "(modprobe vfio_iommu_type1)"};
    }
    return std::unique_ptr<Container>(new Container(std::move(fd)));
}

Result<int> Container::group_of(const std::string& bdf) {
    const std::string number = group_number(bdf);
    if (number.empty()) {
        return Failure{
            fmt::format("{}: no such PCI function, or it is behind no IOMMU (expected "
                        "an address like 0000:01:00.0)",
                        bdf)};
    }
    const auto known = std::find_if(groups_.begin(), groups_.end(),
                                    [&](const Group& group) { return group.number == number; });
    if (known != groups_.end()) {
        return known->fd.get();
    }
    const std::string path = "/dev/vfio/" + number;
    Fd group(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!group) {
        return Failure{
            fmt::format("{}: {}: {}; bind the function to vfio-pci, and let nobody else "
                        "have its group open",
                        bdf, path, because())};
    }
    vfio_group_status status{};
    status.argsz = sizeof(status);
    if (::ioctl(group.get(), VFIO_GROUP_GET_STATUS, &status) != 0 ||
        (status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
        return Failure{
            fmt::format("{}: other functions of its IOMMU group {} have a driver that "
                        "is not VFIO's: unbind them",
                        bdf, number)};
    }
    int container = fd_.get();
    if (::ioctl(group.get(), VFIO_GROUP_SET_CONTAINER, &container) != 0) {
        return Failure{fmt::format("{}: its group cannot join the container: {}", bdf, because())};
    }
    if (groups_.empty() && ::ioctl(fd_.get(), VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0) {
        return Failure{fmt::format("{}: no IOMMU of type 1 v2 for it: {}", bdf, because())};
    }
    groups_.push_back({number, std::move(group)});
    return groups_.back().fd.get();
}

Result<Fd> Container::open_device(const std::string& bdf, const std::string& vf_token) {
    const auto group = group_of(bdf);
    if (!group) {
        return Failure{group.error()};
    }
    const std::string name = vf_token.empty() ? bdf : bdf + " vf_token=" + vf_token;
    Fd device(::ioctl(group.value(), VFIO_GROUP_GET_DEVICE_FD, name.c_str()));
    if (!device) {
        const char* hint = errno == EACCES ? " (a VF of a PF that VFIO has needs its token)" : "";
        return Failure{fmt::format("{}: VFIO does not open it: {}{}", bdf, because(), hint)};
    }
    return device;
}

std::string Container::map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size,
                           std::uint64_t piece) {
    const std::uint64_t step = piece == 0 ? size : piece;
    for (std::uint64_t done = 0; done < size; done += step) {
        vfio_iommu_type1_dma_map map{};
        map.argsz = sizeof(map);
        map.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
        map.vaddr = reinterpret_cast<std::uintptr_t>(bytes + done);
        map.iova = address + done;
        map.size = std::min(step, size - done);
        if (::ioctl(fd_.get(), VFIO_IOMMU_MAP_DMA, &map) != 0) {
            const std::string why = because();
            unmap(address, done);
            return fmt::format("VFIO cannot map {} bytes of memory at {:#x}: {}", map.size,
                               address + done, why);
        }
    }
    return {};
}

Result<std::uint64_t> Container::unmap(std::uint64_t address, std::uint64_t size) {
    if (size == 0) {
        return std::uint64_t{0};
    }
    vfio_iommu_type1_dma_unmap unmap{};
    unmap.argsz = sizeof(unmap);
    unmap.iova = address;
    unmap.size = size;
    if (::ioctl(fd_.get(), VFIO_IOMMU_UNMAP_DMA, &unmap) != 0) {
        return Failure{
            fmt::format("VFIO cannot unmap {} bytes at {:#x}: {}", size, address, because())};
    }
    return static_cast<std::uint64_t>(unmap.size);
}

}  // namespace lmsim::sim::vfio
