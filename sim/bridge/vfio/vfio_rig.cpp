#include "sim/bridge/vfio/vfio_rig.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lmsim::sim::vfio {

namespace {

constexpr std::uint64_t beyond = 16;  // pages between memory and what is none
constexpr Ps ps_per_ns = 1000;
constexpr long ns_per_s = 1'000'000'000;

}  // namespace

VfioRig::VfioRig(const Options& options)
    : options_(options), start_(std::chrono::steady_clock::now()) {}

VfioRig::~VfioRig() {
    // Functions stop before their memory goes.
    ports_.clear();
    for (Space& space : spaces_) {
        space.container.reset();
        ::munmap(space.bytes, space.memory->pages() * page_size);
    }
}

std::string VfioRig::add_space(std::uint64_t pages) {
    auto container = Container::open();
    if (!container) {
        return container.error();
    }
    void* const bytes = ::mmap(nullptr, pages * page_size, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) {
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

Result<std::unique_ptr<VfioRig>> VfioRig::open(const std::vector<std::string>& bdfs,
                                               const Options& options) {
    std::unique_ptr<VfioRig> rig(new VfioRig(options));
    std::string error = rig->add(bdfs);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return rig;
}

std::string VfioRig::add(const std::vector<std::string>& bdfs) {
    std::string error = add_space(options_.memory_pages);
    if (error.empty() && options_.vm_pages != 0 && bdfs.size() > 1) {
        error = add_space(options_.vm_pages);
    }
    for (std::size_t i = 0; error.empty() && i < bdfs.size(); ++i) {
        Space& space = i == 0 ? spaces_.front() : spaces_.back();
        auto function = Function::open(*space.container, bdfs[i]);
        if (!function) {
            return function.error();
        }
        ports_.push_back(std::make_unique<Port>(std::move(function.value()), *space.memory));
    }
    for (std::size_t i = 0; error.empty() && i < spaces_.size(); ++i) {
        const Space& space = spaces_[i];
        error = space.container->map(0, space.bytes, space.memory->pages() * page_size,
                                     options_.map_piece);
    }
    return error;
}

std::uint64_t VfioRig::no_memory() const {
    return (std::max(options_.memory_pages, options_.vm_pages) + beyond) * page_size;
}

std::string VfioRig::trouble() const {
    if (options_.interrupted && options_.interrupted()) {
        return "interrupted";
    }
    for (const auto& port : ports_) {
        if (!port->error().empty()) {
            return port->error();
        }
    }
    return {};
}

Ps VfioRig::now() {
    const std::chrono::nanoseconds since = std::chrono::steady_clock::now() - start_;
    return since.count() * ps_per_ns;
}

bool VfioRig::poll() {
    bool any = false;
    for (const auto& port : ports_) {
        any = port->poll() || any;
    }
    return any;
}

/// What a function writes into memory without an interrupt is seen when the time is over.
void VfioRig::idle(Ps limit) {
    std::vector<pollfd> fds;
    for (const auto& port : ports_) {
        for (const int fd : port->event_fds()) {
            fds.push_back({fd, POLLIN, 0});
        }
    }
    const long ns = std::max<Ps>(limit, 0) / ps_per_ns;
    const timespec time{ns / ns_per_s, ns % ns_per_s};
    ::ppoll(fds.data(), fds.size(), &time, nullptr);
}

}  // namespace lmsim::sim::vfio
