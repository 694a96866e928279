#include "sim/bridge/vfio/mdev.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace lmsim::sim::vfio {

namespace {

constexpr const char* prefix = "mdev:";
constexpr std::size_t prefix_length = 5;

std::string driver_of(const std::string& uuid) {
    char target[256];
    const std::string link = sysfs_folder(uuid) + "/driver";
    const ssize_t length = ::readlink(link.c_str(), target, sizeof(target));
    if (length <= 0 || static_cast<std::size_t>(length) == sizeof(target)) {
        return {};
    }
    const std::string path(target, static_cast<std::size_t>(length));
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool is_mdev(const std::string& device) { return device.rfind(prefix, 0) == 0; }

Result<std::unique_ptr<Mdev>> Mdev::open(const std::string& device, Access access) {
    const std::string uuid = is_mdev(device) ? device.substr(prefix_length) : std::string();
    if (!is_uuid(uuid)) {
        return Failure{
            fmt::format("{}: expected mdev:UUID, like "
                        "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
                        device)};
    }
    if (::access(sysfs_folder(uuid).c_str(), F_OK) != 0) {
        return Failure{
            fmt::format("{}: no such mediated device in /sys/bus/mdev/devices (its "
                        "parent makes it: write the UUID to "
                        "mdev_supported_types/TYPE/create)",
                        device)};
    }
    auto container = Container::open(access);
    if (!container) {
        return Failure{container.error()};
    }
    auto fd = container.value()->open_device(uuid);
    if (!fd) {
        return Failure{fd.error()};
    }
    std::unique_ptr<Mdev> mdev(new Mdev);
    mdev->name_ = device;
    mdev->driver_ = driver_of(uuid);
    mdev->container_ = std::move(container.value());
    mdev->fd_ = std::move(fd.value());
    return mdev;
}

}  // namespace lmsim::sim::vfio
