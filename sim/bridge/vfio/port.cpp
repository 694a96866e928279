#include "sim/bridge/vfio/port.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "sim/bridge/ready.hpp"

namespace lmsim::sim::vfio_kernel {

namespace {

/// More vectors than our drivers make queues.
constexpr std::uint32_t most_vectors = 64;

bool signalled(const Fd& event) {
    std::uint64_t count = 0;
    return ::read(event.get(), &count, sizeof(count)) == sizeof(count);
}

}  // namespace

Port::Port(std::unique_ptr<Function> function, Memory& memory)
    : function_(std::move(function)), memory_(memory) {
    for (std::uint32_t i = 0; i < std::min(function_->vectors(), most_vectors); ++i) {
        events_.push_back(make_event());
    }
    asked_back_ = make_event();
    function_->tell_when_asked_back(asked_back_.get());
    broken_ = make_event();
    function_->tell_when_broken(broken_.get());
}

/// A descriptor that is none would switch its vector off, and nobody would hear of it.
Fd Port::make_event() {
    Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!event) {
        note(fmt::format(
            "{}: there is no eventfd for its interrupts: {}; raise the limit of open files (ulimit "
            "-n), or take fewer VFs",
            function_->bdf(), std::strerror(errno)));
    }
    return event;
}

Port::~Port() {
    enable_interrupts(false);
    if (order_ != nullptr && order_->last == this) {
        order_->last = nullptr;
    }
}

bool Port::poll() {
    bool any = false;
    while (!ready_.empty()) {
        // First out of the queue: it may ask for more.
        const std::function<void()> next = std::move(ready_.front());
        ready_.pop_front();
        next();
        any = true;
    }
    for (std::uint32_t vector = 0; interrupts_ && vector < events_.size(); ++vector) {
        if (signalled(events_[vector])) {
            any = true;
            if (client_ != nullptr) client_->interrupt(vector);
        }
    }
    heed_kernel();
    return any;
}

void Port::heed_kernel() {
    if (signalled(asked_back_)) {
        note(function_->bdf() +
             ": the kernel wants it back: it is being removed, or unbound from vfio-pci");
    }
    if (signalled(broken_)) {
        note(function_->bdf() +
             ": the bus reports an error of it that cannot be corrected (AER; dmesg says which)");
    }
}

void Port::look() {
    if (function_->gone()) {
        note(function_->bdf() +
             ": it does not answer any more, all its registers read as ones: it was taken out, its "
             "link is down, or it hangs");
    }
}

/// Without a function level reset, the controller's own: CC.EN = 0 (NVMe Base 2.3, 3.7.2).
std::string Port::stop() {
    client_ = nullptr;
    if (!error_.empty()) {
        return {};  // it has been said, and the kernel tries when it is closed
    }
    if (function_->has_reset()) {
        return function_->reset();
    }
    function_->write(reg::CC, 0, 4);
    const Looks looks = {
        [this](std::uint64_t property, unsigned size) { return function_->read(property, size); },
        [](Ps pause) { std::this_thread::sleep_for(std::chrono::nanoseconds(pause / 1000)); }};
    const std::string error = await_ready(looks, function_->bdf(), false);
    return error.empty() ? error : error + " after CC.EN = 0: it cannot be reset";
}

std::vector<int> Port::event_fds() const {
    std::vector<int> fds;
    for (const Fd& event : events_) {
        fds.push_back(event.get());
    }
    fds.push_back(asked_back_.get());
    fds.push_back(broken_.get());
    return fds;
}

void Port::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    if (order_ != nullptr && order_->last != this) {
        if (order_->last != nullptr) order_->last->function_->read(reg::CSTS, 4);
        order_->last = this;
    }
    function_->write(offset, value, size);
}

void Port::read(std::uint64_t offset, unsigned size, std::uint64_t token) {
    const std::uint64_t value = function_->read(offset, size);
    if (static_cast<std::uint32_t>(value) == 0xffff'ffff) {
        look();
    }
    ready_.emplace_back([this, token, value] {
        if (client_ != nullptr) client_->read_done(token, value);
    });
}

void Port::reset(std::function<void()> done) {
    note(function_->reset());
    ready_.push_back(std::move(done));
}

void Port::enable_interrupts(bool on) {
    if (on == interrupts_ || events_.empty()) {
        return;
    }
    interrupts_ = on;
    std::vector<int> fds;
    for (std::size_t i = 0; on && i < events_.size(); ++i) {
        fds.push_back(events_[i].get());
    }
    note(function_->set_interrupts(fds));
}

void Port::note(std::string error) {
    if (error_.empty()) {
        error_ = std::move(error);
    }
}

}  // namespace lmsim::sim::vfio_kernel
