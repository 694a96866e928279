#include "tests/sim/host/opaque_script.hpp"

namespace lmsim::tests {

using namespace sim;

OpaqueTiming quick_device() {
    const Bandwidth byte_per_ps{8'000'000'000'000};
    OpaqueTiming timing;
    timing.name = "device";
    timing.features = vfio::all_mig_flags;
    timing.stop = 1000;
    timing.save_rate = byte_per_ps;
    timing.load_rate = byte_per_ps;
    timing.copy_rate = Bandwidth{UINT64_MAX};
    timing.dirty_rate = byte_per_ps;
    return timing;
}

std::vector<Script::Answer> play(const OpaqueTiming& timing, std::vector<Script::Call> calls) {
    Kernel kernel("kernel");
    OpaqueDevice device("device", kernel, timing, 0, true, spec::Rules(), 1);
    Script script(kernel, device, std::move(calls));
    sc_core::sc_start();
    return script.answers;
}

}  // namespace lmsim::tests
