#include "sim/bridge/vfio/vfio_rig.hpp"

#include <poll.h>
#include <sys/mman.h>

#include <algorithm>

namespace lmsim::sim::vfio {

namespace {

constexpr std::uint64_t beyond = 16;  // pages between memory and what is none
constexpr Ps ps_per_ns = 1000;
constexpr long ns_per_s = 1'000'000'000;

}  // namespace

VfioRig::VfioRig(std::unique_ptr<Container> container, const Options& options)
    : options_(options),
      start_(std::chrono::steady_clock::now()),
      container_(std::move(container)) {
    void* const bytes =
        ::mmap(nullptr, memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    LMSIM_ASSERT(bytes != MAP_FAILED);
    bytes_ = static_cast<std::uint8_t*>(bytes);
    memory_ = std::make_unique<Memory>(options.memory_pages, bytes_);
    // Address 0 is never that of a queue.
    memory_->allocate_bytes(page_size);
}

VfioRig::~VfioRig() {
    // Functions stop before their memory goes.
    ports_.clear();
    container_.reset();
    ::munmap(bytes_, memory_bytes());
}

Result<std::unique_ptr<VfioRig>> VfioRig::open(const std::vector<std::string>& bdfs,
                                               const Options& options) {
    auto container = Container::open();
    if (!container) {
        return Failure{container.error()};
    }
    std::unique_ptr<VfioRig> rig(new VfioRig(std::move(container.value()), options));
    for (const std::string& bdf : bdfs) {
        auto function = Function::open(*rig->container_, bdf);
        if (!function) {
            return Failure{function.error()};
        }
        rig->ports_.push_back(std::make_unique<Port>(std::move(function.value()), *rig->memory_));
    }
    const std::string error =
        rig->container_->map(0, rig->bytes_, rig->memory_bytes(), options.map_piece);
    if (!error.empty()) {
        return Failure{error};
    }
    return rig;
}

std::uint64_t VfioRig::memory_bytes() const { return options_.memory_pages * page_size; }
std::uint64_t VfioRig::no_memory() const { return (options_.memory_pages + beyond) * page_size; }

std::string VfioRig::trouble() const {
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
