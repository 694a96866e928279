#pragma once

#include <functional>
#include <vector>

#include "sim/host/opaque_device.hpp"

namespace lmsim::tests {

/// A VMM that calls a device, one call after the other, and notes what each answered when.
class Script : public sim::Component {
  public:
    using Call = std::function<void(sim::OpaqueDevice&, sim::VfioDone)>;
    struct Answer {
        sim::Ps took = 0;
        vfio::Errno error = vfio::Errno::Ok;
        std::uint64_t value = 0;
        std::uint64_t value2 = 0;
    };

    Script(sim::Kernel& kernel, sim::OpaqueDevice& device, std::vector<Call> calls)
        : Component("script", kernel), device_(device), calls_(std::move(calls)) {
        post_once(0, 0);
    }

    void handle(const sim::Event& /*event*/) override {
        if (answers.size() == calls_.size()) {
            kernel().stop();
            return;
        }
        began_ = now();
        calls_[answers.size()](device_, [this](const sim::VfioAnswer& answer) {
            answers.push_back({now() - began_, answer.error, answer.value, answer.value2});
            post_once(now(), 0);
        });
    }

    std::vector<Answer> answers;

  private:
    sim::OpaqueDevice& device_;
    std::vector<Call> calls_;
    sim::Ps began_ = 0;
};

/// A device whose steps take no time, and whose bytes take a picosecond each.
sim::OpaqueTiming quick_device();

inline Script::Call set(vfio::MigState state) {
    return [state](sim::OpaqueDevice& device, sim::VfioDone done) {
        device.set_state(state, std::move(done));
    };
}
inline Script::Call read(std::uint64_t length) {
    return [length](sim::OpaqueDevice& device, sim::VfioDone done) {
        device.read(length, std::move(done));
    };
}
inline Script::Call write(std::vector<std::uint8_t> bytes) {
    return [bytes](sim::OpaqueDevice& device, sim::VfioDone done) {
        device.write(SparseBytes(bytes), std::move(done));
    };
}
inline Script::Call data_size() {
    return [](sim::OpaqueDevice& device, sim::VfioDone done) { device.data_size(std::move(done)); };
}
inline Script::Call precopy_info() {
    return
        [](sim::OpaqueDevice& device, sim::VfioDone done) { device.precopy_info(std::move(done)); };
}

/// What a device answers to these calls. One of these in a process: SystemC has one kernel there.
std::vector<Script::Answer> play(const sim::OpaqueTiming& timing, std::vector<Script::Call> calls);

}  // namespace lmsim::tests
