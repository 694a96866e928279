#include "sim/bridge/vfio/container.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "sim/bridge/vfio/iommufd.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

/// Against an error of mapping.
const char* what_helps(int error) {
    switch (error) {
        case ENOMEM:
            return "; RLIMIT_MEMLOCK bounds what stays in memory for devices: ulimit -l unlimited, "
                   "or root";
        case EINVAL:
            return "; the IOMMU may not reach so far, or have reserved a part "
                   "(/sys/kernel/iommu_groups/*/reserved_regions)";
        default: return "";
    }
}

/// "7" of FOLDER/iommu_group -> ../../kernel/iommu_groups/7; empty: none.
std::string group_number(const std::string& device) {
    char target[256];
    const std::string link = sysfs_folder(device) + "/iommu_group";
    const ssize_t length = ::readlink(link.c_str(), target, sizeof(target));
    if (length <= 0 || static_cast<std::size_t>(length) == sizeof(target)) {
        return {};
    }
    const std::string path(target, static_cast<std::size_t>(length));
    return path.substr(path.rfind('/') + 1);
}

/// A container with an IOMMU of type 1 (version 2), and the groups in it.
class GroupContainer : public Container {
  public:
    explicit GroupContainer(Fd fd) : fd_(std::move(fd)) {}

    Result<Fd> open_device(const std::string& device, const std::string& vf_token) override;
    Result<std::uint64_t> unmap(std::uint64_t address, std::uint64_t size) override;
    Access access() const override { return Access::Group; }

  protected:
    bool map_piece(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) override;

  private:
    Result<int> group_of(const std::string& device);

    struct Group {
        std::string number;
        Fd fd;
    };
    // Before the groups: they leave it first.
    Fd fd_;
    std::vector<Group> groups_;
};

Result<std::unique_ptr<Container>> open_group_container() {
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
    return std::unique_ptr<Container>(new GroupContainer(std::move(fd)));
}

Result<int> GroupContainer::group_of(const std::string& bdf) {
    const std::string number = group_number(bdf);
    if (number.empty()) {
        return Failure{fmt::format("{}: no such {}", bdf,
                                   is_uuid(bdf)
                                       ? "mediated device in /sys/bus/mdev/devices"
                                       : "PCI function, or it is behind no IOMMU (expected an "
                                         "address like 0000:01:00.0)")};
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

Result<Fd> GroupContainer::open_device(const std::string& bdf, const std::string& vf_token) {
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

bool GroupContainer::map_piece(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) {
    vfio_iommu_type1_dma_map map{};
    map.argsz = sizeof(map);
    map.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
    map.vaddr = reinterpret_cast<std::uintptr_t>(bytes);
    map.iova = address;
    map.size = size;
    return ::ioctl(fd_.get(), VFIO_IOMMU_MAP_DMA, &map) == 0;
}

Result<std::uint64_t> GroupContainer::unmap(std::uint64_t address, std::uint64_t size) {
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

}  // namespace

bool is_uuid(const std::string& text) {
    constexpr std::size_t uuid_length = 36;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
            return false;
        }
    }
    return text.size() == uuid_length;
}

std::array<std::uint8_t, 16> uuid_bytes(const std::string& text) {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t digits = 0;
    for (const char letter : text) {
        if (letter != '-' && digits < 2 * bytes.size()) {
            const int value = letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10;
            std::uint8_t& byte = bytes[digits / 2];
            byte = static_cast<std::uint8_t>(byte << 4 | value);
            ++digits;
        }
    }
    return bytes;
}

std::string sysfs_folder(const std::string& device) {
    return (is_uuid(device) ? "/sys/bus/mdev/devices/" : "/sys/bus/pci/devices/") + device;
}

Result<std::unique_ptr<Container>> Container::open(Access access) {
    const bool cdev = access == Access::Cdev || (access == Access::Auto && has_iommufd());
    return cdev ? open_iommufd() : open_group_container();
}

std::string Container::map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size,
                           std::uint64_t piece) {
    const std::uint64_t step = piece == 0 ? size : piece;
    for (std::uint64_t done = 0; done < size; done += step) {
        const std::uint64_t part = std::min(step, size - done);
        if (!map_piece(address + done, bytes + done, part)) {
            const int error = errno;
            unmap(address, done);
            return fmt::format("VFIO cannot map {} bytes of memory at {:#x}: {}{}", part,
                               address + done, std::strerror(error), what_helps(error));
        }
    }
    return {};
}

}  // namespace lmsim::sim::vfio_kernel
