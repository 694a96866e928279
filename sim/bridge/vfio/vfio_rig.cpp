#include "sim/bridge/vfio/vfio_rig.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "sim/core/huge_pages.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

constexpr std::uint64_t beyond = 16;  // pages between memory and what is none
constexpr std::chrono::milliseconds between_looks{100};

/// Both, as one text.
std::string in_sentences(std::string first, const std::string& second) {
    if (!first.empty() && !second.empty()) {
        first += "\n";
    }
    return first + second;
}

/// Of version 4 (RFC 9562).
std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    std::random_device device;
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(device());
    }
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        text += fmt::format("{}{:02x}", dash ? "-" : "", bytes[i]);
    }
    return text;
}

/// Memory that devices reach, with huge pages where the kernel has some: an IOMMU then has one
/// entry for what it else has 512 for, and a virtual one tells its VMM of each. Null: see errno.
void* memory_for_devices(std::uint64_t bytes) {
    void* const got = ::mmap(nullptr, bytes + huge_page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) {
        return nullptr;
    }
    auto* const begin = static_cast<std::uint8_t*>(got);
    const std::uint64_t before =
        (huge_page - reinterpret_cast<std::uintptr_t>(got) % huge_page) % huge_page;
    if (before != 0) {
        ::munmap(begin, before);
    }
    ::munmap(begin + before + bytes, huge_page - before);
    prefer_huge_pages(begin + before, bytes);
    // A child that had it too would part us from the pages that the device reaches (copy on write).
    ::madvise(begin + before, bytes, MADV_DONTFORK);
    return begin + before;
}

}  // namespace

VfioRig::VfioRig(std::shared_ptr<const System> system, const Options& options)
    : system_(std::move(system)), options_(options), looked_(std::chrono::steady_clock::now()) {}

VfioRig::~VfioRig() {
    std::string errors;
    // Functions stop before their memory goes, and VFs before their PF.
    while (!ports_.empty()) {
        errors = in_sentences(errors, ports_.back()->stop());
        ports_.pop_back();
    }
    for (Space& space : spaces_) {
        space.container.reset();
        ::munmap(space.bytes, space.memory->pages() * page_size);
    }
    if (loan_ != nullptr) {
        errors = in_sentences(errors, loan_->give_back());
    }
    if (!errors.empty() && options_.complain) {
        options_.complain(errors);
    }
}

std::string VfioRig::add_space(std::uint64_t pages) {
    auto container = Container::open(options_.access);
    if (!container) {
        return container.error();
    }
    void* const bytes = memory_for_devices(pages * page_size);
    if (bytes == nullptr) {
        return fmt::format("{} bytes of memory for the device: {}", pages * page_size,
                           std::strerror(errno));
    }
    Space space;
    space.container = std::move(container.value());
    space.bytes = static_cast<std::uint8_t*>(bytes);
    space.memory = std::make_unique<Memory>(pages, space.bytes);
    // Address 0 is never that of a queue.
    space.memory->allocate_bytes(page_size);
    spaces_.push_back(std::move(space));
    return {};
}

Result<std::unique_ptr<VfioRig>> VfioRig::borrow(std::shared_ptr<const System> system,
                                                 const Wanted& wanted, const Options& options) {
    auto loan = Loan::take(system, wanted);
    if (!loan) {
        return Failure{loan.error()};
    }
    std::unique_ptr<VfioRig> rig(new VfioRig(std::move(system), options));
    rig->loan_ = std::move(loan.value());
    std::string error = rig->add(rig->loan_->bdfs(), wanted);
    if (error.empty()) {
        error = rig->trouble();
    }
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return rig;
}

Result<std::unique_ptr<VfioRig>> VfioRig::open(const std::vector<std::string>& bdfs,
                                               const Options& options) {
    std::unique_ptr<VfioRig> rig(new VfioRig(std::make_shared<System>(), options));
    std::string error = rig->add(bdfs, {});
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return rig;
}

std::string VfioRig::add(std::vector<std::string> bdfs, const Wanted& wanted) {
    std::string error = add_space(options_.memory_pages);
    if (error.empty() && options_.vm_pages != 0 && (bdfs.size() > 1 || wanted.sriov != 0)) {
        error = add_space(options_.vm_pages);
    }
    const std::string token = wanted.vf_token.empty() ? random_uuid() : wanted.vf_token;
    for (std::size_t i = 0; error.empty() && i < bdfs.size(); ++i) {
        error = add_function(i == 0 ? spaces_.front() : spaces_.back(), bdfs[i], token);
        if (error.empty() && has_vfs(bdfs[i], bdfs, wanted)) {
            error = ports_.back()->function().set_vf_token(token);
        }
        if (error.empty() && i == 0 && wanted.sriov != 0) {
            const auto vfs = loan_->make_vfs(wanted.sriov);
            if (!vfs) {
                return vfs.error();
            }
            bdfs.insert(bdfs.begin() + 1, vfs.value().begin(), vfs.value().end());
        }
    }
    for (std::size_t i = 0; error.empty() && i < spaces_.size(); ++i) {
        const Space& space = spaces_[i];
        error = space.container->map(0, space.bytes, space.memory->pages() * page_size,
                                     options_.map_piece);
    }
    return error;
}

bool VfioRig::has_vfs(const std::string& pf, const std::vector<std::string>& bdfs,
                      const Wanted& wanted) const {
    const bool will = wanted.sriov != 0 && pf == bdfs.front();
    return will || std::any_of(bdfs.begin(), bdfs.end(), [&](const std::string& bdf) {
               const auto function = system_->function(bdf);
               return function && function.value().physfn == pf;
           });
}

/// The token goes only where VFIO wants one: to PFs that may have VFs it is told, and VFs of a PF
/// that VFIO has show it (Linux, drivers/vfio/pci/vfio_pci_core.c).
std::string VfioRig::add_function(Space& space, const std::string& bdf, const std::string& token) {
    const auto known = system_->function(bdf);
    const bool vf = known && !known.value().physfn.empty() &&
                    system_->driver(known.value().physfn) == vfio_driver;
    auto function = Function::open(*space.container, bdf, vf ? token : std::string());
    if (!function) {
        return function.error();
    }
    ports_.push_back(std::make_unique<Port>(std::move(function.value()), *space.memory));
    if (!known || known.value().physfn.empty()) {
        ports_.back()->keep_order(order_);
    }
    return {};
}

std::uint64_t VfioRig::no_memory() const {
    return (std::max(options_.memory_pages, options_.vm_pages) + beyond) * page_size;
}

std::string VfioRig::trouble() const { return trouble_of(options_.interrupted, ports_); }

Ps VfioRig::now() { return clock_.now(); }

bool VfioRig::poll() {
    bool any = false;
    for (const auto& port : ports_) {
        any = port->poll() || any;
    }
    return any;
}

/// What a function writes into memory without an interrupt is seen when the time is over.
void VfioRig::idle(Ps limit) {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ >= between_looks) {
        looked_ = now;
        for (const auto& port : ports_) {
            port->look();
        }
    }
    std::vector<int> fds;
    for (const auto& port : ports_) {
        const std::vector<int> more = port->event_fds();
        fds.insert(fds.end(), more.begin(), more.end());
    }
    sleep_on(fds, limit);
}

}  // namespace lmsim::sim::vfio_kernel
