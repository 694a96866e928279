#include "sim/hw/calibrate_model.hpp"

#include <algorithm>

#include "sim/core/kernel.hpp"
#include "sim/core/reports.hpp"
#include "sim/device/device_port.hpp"
#include "sim/run/convert.hpp"

namespace lmsim::sim::hw {

namespace {

constexpr std::uint64_t memory_pages = 16384;  // 64 MiB, as a real rig has

DeviceTiming timing_of(const Scenario& scenario) {
    DeviceTiming timing = device_timing(scenario, scenario.hosts.src);
    timing.vfs = 1;
    timing.config.vfs_online = true;
    return timing;
}

class ModelRig : public Rig {
  public:
    ModelRig(const Scenario& scenario, std::uint16_t functions)
        : functions_(functions),
          memory_(memory_pages),
          device_("device", kernel_, timing_of(scenario), spec::Rules::ratified(), scenario.seed) {
        for (std::uint16_t function = 0; function <= 1; ++function) {
            device_.attach(function, memory_);
        }
        memory_.allocate_bytes(page_size);  // address 0 is never that of a queue
    }

    std::string name() const override { return "the simulator"; }
    std::uint16_t functions() const override { return functions_; }
    DevicePort& port(std::uint16_t function) override {
        return device_.port(functions_ == 1 ? std::uint16_t{1} : function);
    }
    std::uint64_t no_memory() const override { return (memory_pages + 16) * page_size; }
    std::string trouble() const override { return {}; }
    Ps now() override { return kernel_.now(); }
    void idle(Ps limit) override { kernel_.run_until(kernel_.now() + limit); }

    /// What happens next, whenever that is.
    bool poll() override {
        const bool any = !kernel_.queue().empty();
        if (any) {
            kernel_.run_until(kernel_.queue().next_time());
        }
        return any;
    }

    bool wait(const std::function<bool()>& done, Ps limit) override {
        const Ps end = kernel_.now() + limit;
        while (!done()) {
            if (kernel_.queue().empty() || kernel_.queue().next_time() > end) {
                kernel_.run_until(end);
                return done();
            }
            poll();
        }
        return true;
    }

  private:
    std::uint16_t functions_;
    Kernel kernel_{"kernel"};
    Memory memory_;
    NvmeDevice device_;
};

}  // namespace

std::unique_ptr<Rig> make_model_rig(const Scenario& scenario, std::uint16_t functions) {
    install_report_handler();
    return std::make_unique<ModelRig>(scenario, functions);
}

}  // namespace lmsim::sim::hw
