#include "sim/bridge/vfio/function.hpp"

#include <fmt/format.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "model/nvme/property.hpp"
#include "model/wire/bits.hpp"
#include "sim/bridge/vfio/lost_bar.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {}  // namespace

Result<std::unique_ptr<Function>> Function::open(Container& container, const std::string& bdf,
                                                 const std::string& vf_token) {
    auto fd = container.open_device(bdf, vf_token);
    if (!fd) {
        return Failure{fd.error()};
    }
    std::unique_ptr<Function> function(new Function(std::move(fd.value()), bdf));
    std::string error = function->look();
    if (!error.empty()) {
        return Failure{bdf + ": " + error};
    }
    return function;
}

Function::~Function() {
    if (mapped_ != nullptr) {
        forget_bar(mapped_);
        ::munmap(mapped_, bar_.size);
    }
}

Result<Function::Region> Function::region(std::uint32_t index) const {
    vfio_region_info info{};
    info.argsz = sizeof(info);
    info.index = index;
    if (::ioctl(fd_.get(), VFIO_DEVICE_GET_REGION_INFO, &info) != 0 || info.size == 0) {
        return Failure{fmt::format("VFIO shows no region {}", index)};
    }
    return Region{info.offset, info.size, (info.flags & VFIO_REGION_INFO_FLAG_MMAP) != 0};
}

std::string Function::look() {
    vfio_device_info info{};
    info.argsz = sizeof(info);
    if (::ioctl(fd_.get(), VFIO_DEVICE_GET_INFO, &info) != 0) {
        return "VFIO does not say what it is: " + because();
    }
    if ((info.flags & VFIO_DEVICE_FLAGS_PCI) == 0) {
        return "it is no PCI function";
    }
    has_reset_ = (info.flags & VFIO_DEVICE_FLAGS_RESET) != 0;
    const auto config = region(VFIO_PCI_CONFIG_REGION_INDEX);
    if (!config) {
        return config.error();
    }
    config_ = config.value();
    vfio_irq_info irq{};
    irq.argsz = sizeof(irq);
    irq.index = VFIO_PCI_MSIX_IRQ_INDEX;
    if (::ioctl(fd_.get(), VFIO_DEVICE_GET_IRQ_INFO, &irq) == 0) {
        vectors_ = irq.count;
    }
    // VFIO hands a function over with both switched off.
    std::uint8_t command[2] = {};
    std::string error = read_config(PCI_COMMAND, command, sizeof(command));
    if (error.empty()) {
        command[0] |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
        // Nobody answers its INTx, which it raises as long as MSI-X is off: the line may be
        // others'.
        command[1] |= PCI_COMMAND_INTX_DISABLE >> 8;
        error = write_config(PCI_COMMAND, command, sizeof(command));
    }
    return error.empty() ? map_bar() : error;
}

std::string Function::map_bar() {
    const auto bar = region(VFIO_PCI_BAR0_REGION_INDEX);
    if (!bar) {
        return "it has no BAR 0, so it is no NVMe controller";
    }
    bar_ = bar.value();
    if (!bar_.mappable) {
        return {};
    }
    void* const mapped = ::mmap(nullptr, bar_.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(),
                                static_cast<off_t>(bar_.offset));
    if (mapped == MAP_FAILED) {
        return "its BAR 0 cannot be mapped: " + because();
    }
    mapped_ = static_cast<std::uint8_t*>(mapped);
    // A process that is forked meanwhile, as another loan's guardian is, would keep the function
    // open by it, whatever it closes.
    ::madvise(mapped, bar_.size, MADV_DONTFORK);
    survive_lost_bar(mapped_, bar_.size);
    return {};
}

std::uint64_t Function::read(std::uint64_t offset, unsigned size) const {
    const std::uint64_t ones = size == 8 ? ~std::uint64_t{0} : 0xffff'ffff;
    if (offset > bar_.size || size > bar_.size - offset) {
        return ones;
    }
    if (mapped_ != nullptr) {
        const volatile std::uint8_t* const at = mapped_ + offset;
        return size == 8 ? *reinterpret_cast<const volatile std::uint64_t*>(at)
                         : *reinterpret_cast<const volatile std::uint32_t*>(at);
    }
    std::uint8_t bytes[8] = {};
    const auto at = static_cast<off_t>(bar_.offset + offset);
    return ::pread(fd_.get(), bytes, size, at) == static_cast<ssize_t>(size)
               ? wire::load_le<std::uint64_t>(bytes)
               : ones;
}

void Function::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    if (offset > bar_.size || size > bar_.size - offset) {
        return;
    }
    if (mapped_ != nullptr) {
        // What the function is going to read in memory is written before it is told so.
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        volatile std::uint8_t* const at = mapped_ + offset;
        if (size == 8) {
            *reinterpret_cast<volatile std::uint64_t*>(at) = value;
        } else {
            *reinterpret_cast<volatile std::uint32_t*>(at) = static_cast<std::uint32_t>(value);
        }
        return;
    }
    std::uint8_t bytes[8];
    wire::store_le(bytes, value);
    // A posted write has no answer, and so there is nobody to tell.
    const auto at = static_cast<off_t>(bar_.offset + offset);
    if (::pwrite(fd_.get(), bytes, size, at) < 0) {
        return;
    }
}

std::string Function::read_config(std::uint64_t offset, std::uint8_t* to, std::size_t size) const {
    if (::pread(fd_.get(), to, size, static_cast<off_t>(config_.offset + offset)) ==
        static_cast<ssize_t>(size)) {
        return {};
    }
    return fmt::format("its configuration space cannot be read at {:#x}", offset);
}

std::string Function::write_config(std::uint64_t offset, const std::uint8_t* from,
                                   std::size_t size) {
    if (::pwrite(fd_.get(), from, size, static_cast<off_t>(config_.offset + offset)) ==
        static_cast<ssize_t>(size)) {
        return {};
    }
    return fmt::format("its configuration space cannot be written at {:#x}", offset);
}

bool Function::set_eventfds(std::uint32_t index, const std::vector<int>& eventfds) {
    const std::size_t data = eventfds.size() * sizeof(std::int32_t);
    std::vector<std::uint8_t> bytes(sizeof(vfio_irq_set) + data);
    vfio_irq_set set{};
    set.argsz = static_cast<std::uint32_t>(bytes.size());
    set.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
                (eventfds.empty() ? VFIO_IRQ_SET_DATA_NONE : VFIO_IRQ_SET_DATA_EVENTFD);
    set.index = index;
    set.count = static_cast<std::uint32_t>(eventfds.size());
    std::memcpy(bytes.data(), &set, sizeof(set));
    if (data != 0) {
        std::memcpy(bytes.data() + sizeof(set), eventfds.data(), data);
    }
    return ::ioctl(fd_.get(), VFIO_DEVICE_SET_IRQS, bytes.data()) == 0;
}

std::string Function::set_interrupts(const std::vector<int>& eventfds) {
    if (!set_eventfds(VFIO_PCI_MSIX_IRQ_INDEX, eventfds)) {
        return fmt::format("{}: VFIO does not set {} MSI-X vectors: {}", bdf_, eventfds.size(),
                           because());
    }
    return {};
}

bool Function::tell_when_asked_back(int eventfd) {
    return set_eventfds(VFIO_PCI_REQ_IRQ_INDEX, {eventfd});
}

bool Function::tell_when_broken(int eventfd) {
    return set_eventfds(VFIO_PCI_ERR_IRQ_INDEX, {eventfd});
}

std::string Function::set_vf_token(const std::string& uuid) {
    const auto token = uuid_bytes(uuid);
    std::vector<std::uint8_t> bytes(sizeof(vfio_device_feature));
    bytes.insert(bytes.end(), token.begin(), token.end());
    vfio_device_feature feature{};
    feature.argsz = static_cast<std::uint32_t>(bytes.size());
    feature.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
    std::memcpy(bytes.data(), &feature, sizeof(feature));
    if (::ioctl(fd_.get(), VFIO_DEVICE_FEATURE, bytes.data()) != 0) {
        return fmt::format("{}: VFIO takes no VF token for it: {}", bdf_, because());
    }
    return {};
}

bool Function::gone() const {
    // Reserved bits of CSTS are zeros (NVMe Base 2.3, 3.1.4.6).
    return read(nvme::property::CSTS, 4) == 0xffff'ffff;
}

std::string Function::reset() {
    if (::ioctl(fd_.get(), VFIO_DEVICE_RESET) != 0) {
        return fmt::format("{}: VFIO does not reset it: {}", bdf_, because());
    }
    return {};
}

}  // namespace lmsim::sim::vfio_kernel
