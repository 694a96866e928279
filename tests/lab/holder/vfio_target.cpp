#include "tests/lab/holder/vfio_target.hpp"

#include <poll.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>

namespace lmsim::lab {

namespace {

// Three controllers with their rings and the memory that cases are given.
constexpr std::uint64_t memory_pages = 10240;
constexpr int look_again_ms = 1;

}  // namespace

VfioTarget::VfioTarget(std::unique_ptr<sim::vfio::Container> container)
    : container_(std::move(container)) {
    void* const bytes =
        ::mmap(nullptr, memory_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    LMSIM_ASSERT(bytes != MAP_FAILED);
    bytes_ = static_cast<std::uint8_t*>(bytes);
    memory_ = std::make_unique<sim::Memory>(memory_pages, bytes_);
}

VfioTarget::~VfioTarget() {
    // Functions stop before their memory goes.
    ports_.clear();
    container_.reset();
    ::munmap(bytes_, memory_bytes());
}

sim::Result<std::unique_ptr<VfioTarget>> VfioTarget::open(const std::vector<std::string>& bdfs,
                                                          std::uint64_t piece) {
    auto container = sim::vfio::Container::open();
    if (!container) {
        return sim::Failure{container.error()};
    }
    std::unique_ptr<VfioTarget> target(new VfioTarget(std::move(container.value())));
    for (const std::string& bdf : bdfs) {
        auto function = sim::vfio::Function::open(*target->container_, bdf);
        if (!function) {
            return sim::Failure{function.error()};
        }
        target->ports_.push_back(
            std::make_unique<sim::vfio::Port>(std::move(function.value()), *target->memory_));
    }
    const std::string error =
        target->container_->map(0, target->bytes_, target->memory_bytes(), piece);
    if (!error.empty()) {
        return sim::Failure{error};
    }
    return target;
}

std::uint64_t VfioTarget::memory_bytes() const { return memory_pages * sim::page_size; }
std::uint64_t VfioTarget::no_memory() const { return (memory_pages + 16) * sim::page_size; }

std::string VfioTarget::error() const {
    for (const auto& port : ports_) {
        if (!port->error().empty()) {
            return port->error();
        }
    }
    return {};
}

bool VfioTarget::wait(const std::function<bool()>& done, sim::Ps limit) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::nanoseconds(limit / 1000);
    std::vector<pollfd> fds;
    for (const auto& port : ports_) {
        for (const int fd : port->event_fds()) {
            fds.push_back({fd, POLLIN, 0});
        }
    }
    for (;;) {
        bool any = false;
        for (const auto& port : ports_) {
            any = port->poll() || any;
        }
        if (done()) {
            return true;
        }
        if (Clock::now() >= end) {
            return false;
        }
        // What a function writes into memory without an interrupt is seen a little later.
        if (!any) {
            ::poll(fds.data(), fds.size(), look_again_ms);
        }
    }
}

}  // namespace lmsim::lab
