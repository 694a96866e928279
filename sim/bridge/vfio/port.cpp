#include "sim/bridge/vfio/port.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace lmsim::sim::vfio {

namespace {

/// More vectors than our drivers make queues.
constexpr std::uint32_t most_vectors = 64;

}  // namespace

Port::Port(std::unique_ptr<Function> function, Memory& memory)
    : function_(std::move(function)), memory_(memory) {
    for (std::uint32_t i = 0; i < std::min(function_->vectors(), most_vectors); ++i) {
        events_.emplace_back(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    }
}

Port::~Port() { enable_interrupts(false); }

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
        std::uint64_t count = 0;
        if (::read(events_[vector].get(), &count, sizeof(count)) == sizeof(count)) {
            any = true;
            if (client_ != nullptr) client_->interrupt(vector);
        }
    }
    return any;
}

std::vector<int> Port::event_fds() const {
    std::vector<int> fds;
    for (const Fd& event : events_) {
        fds.push_back(event.get());
    }
    return fds;
}

void Port::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    function_->write(offset, value, size);
}

void Port::read(std::uint64_t offset, unsigned size, std::uint64_t token) {
    const std::uint64_t value = function_->read(offset, size);
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
    note(function_->set_interrupts(on ? event_fds() : std::vector<int>()));
}

void Port::note(std::string error) {
    if (error_.empty()) {
        error_ = std::move(error);
    }
}

}  // namespace lmsim::sim::vfio
