#include "sim/bridge/vfio/migratable.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/bridge/vfio/borrow.hpp"
#include "sim/core/text.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

const std::string mediated = "mdev:";
const std::string served = "vfio:";

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

/// What comes after the prefix, as the kernel has it.
std::string kernel_name(const std::string& device) {
    return begins(device, mediated) ? device.substr(mediated.size())
                                    : pci_address(device.substr(served.size())).value();
}

/// What of it the kernel must have, before anything is opened.
std::string not_there(const System& system, const std::string& device, const std::string& token) {
    const std::string name = kernel_name(device);
    if (begins(device, served)) {
        return fmt::format("{}", fmt::join(refusals_as_it_is(system, name, token), "\n"));
    }
    return system.exists(sysfs_folder(name).substr(1))
               ? std::string()
               : fmt::format(
                     "{}: no such mediated device in /sys/bus/mdev/devices (its parent "
                     "makes it: write the UUID to mdev_supported_types/TYPE/create)",
                     device);
}

}  // namespace

bool Migratable::is_named(const std::string& device) {
    return begins(device, mediated) || begins(device, served);
}

std::string Migratable::badly_named(const std::string& device) {
    if (begins(device, mediated)) {
        return is_uuid(device.substr(mediated.size()))
                   ? std::string()
                   : fmt::format(
                         "{}: expected mdev:UUID, like "
                         "mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
                         device);
    }
    if (begins(device, served)) {
        const auto bdf = pci_address(device.substr(served.size()));
        return bdf ? std::string() : fmt::format("{}: {}", device, bdf.error());
    }
    return fmt::format(
        "{} does not move by VFIO's states and data_fd; expected mdev:UUID or "
        "vfio:BDF",
        device.empty() ? "no device" : in_quotes(device));
}

Result<std::vector<std::unique_ptr<Migratable>>> Migratable::open(
    const std::vector<std::string>& devices, const Opening& opening) {
    std::vector<std::unique_ptr<Migratable>> all;
    std::vector<std::string> names;
    for (const std::string& device : devices) {
        std::string error = badly_named(device);
        if (error.empty()) {
            error = not_there(*opening.system, device, opening.vf_token);
        }
        if (!error.empty()) {
            return Failure{std::move(error)};
        }
        const std::string name = kernel_name(device);
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            return Failure{fmt::format("{}: it is named twice", device)};
        }
        names.push_back(name);
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
        std::unique_ptr<Migratable> one(new Migratable(devices[i], opening.calls));
        std::string token;
        if (begins(devices[i], served)) {
            const PciFunction function = opening.system->function(names[i]).value();
            one->group_ = function.group;
            token = wants_token(*opening.system, function) ? opening.vf_token : std::string();
        }
        const auto beside = std::find_if(all.begin(), all.end(), [&](const auto& other) {
            return !one->group_.empty() && other->group_ == one->group_;
        });
        if (beside != all.end()) {
            one->container_ = (*beside)->container_;
        } else {
            auto container = opening.container(opening.access);
            if (!container) {
                return Failure{container.error()};
            }
            one->container_ = std::move(container.value());
        }
        auto fd = one->container_->open_device(names[i], token);
        if (!fd) {
            return Failure{fd.error()};
        }
        one->driver_ = opening.system->driver(names[i]);
        one->fd_ = std::move(fd.value());
        all.push_back(std::move(one));
    }
    return all;
}

std::string Migratable::cannot_migrate() const {
    const auto flags = migration().flags();
    if (flags) {
        return {};
    }
    return fmt::format(
        "{}: its driver{}{} has no VFIO migration "
        "(VFIO_DEVICE_FEATURE_MIGRATION: {}){}",
        name_, driver_.empty() ? "" : " ", driver_, errno_name(flags.error),
        begins(name_, served)
            ? "; the drivers of some devices have, as mlx5-vfio-pci; a VF of an NVMe "
              "controller may move through its PF, by --source PF/vfN"
            : "");
}

}  // namespace lmsim::sim::vfio_kernel
