#include "sim/bridge/vfio/iommufd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sim/bridge/vfio/uapi.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

constexpr const char* iommu_path = "/dev/iommu";
constexpr const char* devices_path = "/dev/vfio/devices";

/// "vfio3" of FOLDER/vfio-dev/vfio3; empty: it has none.
std::string cdev_name(const std::string& device) {
    std::string name;
    DIR* const folder = ::opendir((sysfs_folder(device) + "/vfio-dev").c_str());
    if (folder == nullptr) {
        return name;
    }
    while (const dirent* const entry = ::readdir(folder)) {
        if (std::strncmp(entry->d_name, "vfio", 4) == 0) {
            name = entry->d_name;
        }
    }
    ::closedir(folder);
    return name;
}

class IommufdContainer : public Container {
  public:
    IommufdContainer(Fd fd, std::uint32_t ioas) : fd_(std::move(fd)), ioas_(ioas) {}

    Result<Fd> open_device(const std::string& device, const std::string& vf_token) override;
    Result<std::uint64_t> unmap(std::uint64_t address, std::uint64_t size) override;
    Access access() const override { return Access::Cdev; }

  protected:
    bool map_piece(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) override;

  private:
    bool bind(int device, const std::string& vf_token) const;

    Fd fd_;
    std::uint32_t ioas_;
};

bool IommufdContainer::bind(int device, const std::string& vf_token) const {
    std::array<std::uint8_t, 16> token{};
    uapi::BindIommufd bind{};
    bind.iommufd = fd_.get();
    if (!vf_token.empty()) {
        token = uuid_bytes(vf_token);
        bind.argsz = sizeof(bind);
        bind.flags = uapi::bind_flag_token;
        bind.token_uuid_ptr = reinterpret_cast<std::uintptr_t>(token.data());
        if (::ioctl(device, uapi::device_bind_iommufd, &bind) == 0) {
            return true;
        }
        if (errno != EINVAL) {
            return false;
        }
        // A kernel before 6.17 knows no flags here, nor does it ask for the token.
    }
    bind.argsz = uapi::bind_size_before_token;
    bind.flags = 0;
    return ::ioctl(device, uapi::device_bind_iommufd, &bind) == 0;
}

Result<Fd> IommufdContainer::open_device(const std::string& name, const std::string& vf_token) {
    const std::string cdev = cdev_name(name);
    if (cdev.empty()) {
        if (::access(sysfs_folder(name).c_str(), F_OK) != 0) {
            return Failure{fmt::format("{}: no such {}", name,
                                       is_uuid(name) ? "mediated device in /sys/bus/mdev/devices"
                                                     : "PCI function (expected an address like "
                                                       "0000:01:00.0)")};
        }
        return Failure{
            fmt::format("{}: it has no character device of VFIO's ({}/vfio-dev): bind "
                        "it to vfio-pci",
                        name, sysfs_folder(name))};
    }
    const std::string path = fmt::format("{}/{}", devices_path, cdev);
    Fd device(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!device) {
        return Failure{fmt::format("{}: {}: {}", name, path, because())};
    }
    if (!bind(device.get(), vf_token)) {
        const char* hint = errno == EACCES ? " (a VF of a PF that VFIO has needs its token)"
                           : errno == EBUSY || errno == EINVAL
                               ? " (let nobody else have it or its group open)"
                               : "";
        return Failure{fmt::format("{}: iommufd does not take it: {}{}", name, because(), hint)};
    }
    uapi::AttachIommufdPt attach{};
    attach.argsz = sizeof(attach);
    attach.pt_id = ioas_;
    if (::ioctl(device.get(), uapi::device_attach_iommufd_pt, &attach) != 0) {
        return Failure{
            fmt::format("{}: it cannot join the I/O address space: {}", name, because())};
    }
    return device;
}

bool IommufdContainer::map_piece(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size) {
    uapi::IoasMap map{};
    map.size = sizeof(map);
    map.flags = uapi::ioas_map_fixed_iova | uapi::ioas_map_writeable | uapi::ioas_map_readable;
    map.ioas_id = ioas_;
    map.user_va = reinterpret_cast<std::uintptr_t>(bytes);
    map.length = size;
    map.iova = address;
    return ::ioctl(fd_.get(), uapi::iommu_ioas_map, &map) == 0;
}

Result<std::uint64_t> IommufdContainer::unmap(std::uint64_t address, std::uint64_t size) {
    uapi::IoasUnmap unmap{};
    unmap.size = sizeof(unmap);
    unmap.ioas_id = ioas_;
    unmap.iova = address;
    unmap.length = size;
    if (size == 0 || ::ioctl(fd_.get(), uapi::iommu_ioas_unmap, &unmap) == 0) {
        return size == 0 ? 0 : unmap.length;
    }
    // Where nothing is, an IOMMU of type 1 unmaps 0 bytes.
    if (errno == ENOENT) {
        return std::uint64_t{0};
    }
    return Failure{
        fmt::format("iommufd cannot unmap {} bytes at {:#x}: {}", size, address, because())};
}

}  // namespace

bool has_iommufd() {
    return ::access(iommu_path, R_OK | W_OK) == 0 && ::access(devices_path, F_OK) == 0;
}

Result<std::unique_ptr<Container>> open_iommufd() {
    Fd fd(::open(iommu_path, O_RDWR | O_CLOEXEC));
    if (!fd) {
        return Failure{
            fmt::format("{}: {}; iommufd is needed (a kernel with CONFIG_IOMMUFD and "
                        "CONFIG_VFIO_DEVICE_CDEV), and the right to use it",
                        iommu_path, because())};
    }
    uapi::IoasAlloc alloc{};
    alloc.size = sizeof(alloc);
    if (::ioctl(fd.get(), uapi::iommu_ioas_alloc, &alloc) != 0) {
        return Failure{fmt::format("{}: no I/O address space: {}", iommu_path, because())};
    }
    return std::unique_ptr<Container>(new IommufdContainer(std::move(fd), alloc.out_ioas_id));
}

}  // namespace lmsim::sim::vfio_kernel
