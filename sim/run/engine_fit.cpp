#include "sim/run/engine_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lmsim::sim {

namespace {

class Fit {
  public:
    explicit Fit(LoadedScenario& loaded) : loaded_(loaded), scenario_(loaded.scenario) {}

    void run() {
        if (scenario_.vmm.engine == Engine::CloudHypervisor) {
            cloud();
        } else {
            qemu();
        }
    }

  private:
    bool is_stated(const std::string& path) const { return loaded_.origins.count(path) != 0; }

    void refuse(const std::string& path, const std::string& why) {
        loaded_.errors.push_back({loaded_.where(path), path + ": " + why});
    }

    /// `value` must be `expected`: it becomes that unless it is stated.
    template <class Value>
    void without(const std::string& path, Value& value, const Value& expected, const char* why) {
        if (value == expected) {
            return;
        }
        if (is_stated(path)) {
            refuse(path, fmt::format("Cloud Hypervisor {}", why));
        }
        value = expected;
    }

    void cloud() {
        VmmParams& vmm = scenario_.vmm;
        without("vmm.switchover_ack", vmm.switchover_ack, false,
                "asks nobody before it pauses the VM; expected false");
        without("vmm.return_path", vmm.return_path, true,
                "has each request answered; expected true");
        without("vmm.throttle.on", vmm.throttle.on, false,
                "does not slow vCPUs down; expected false");
        without("vmm.max_bandwidth", vmm.max_bandwidth, Bandwidth{},
                "has no limit of bandwidth; expected 0bit/s");
        without("vmm.avail_switchover_bandwidth", vmm.avail_switchover_bandwidth, Bandwidth{},
                "takes the rate of its last round; expected 0bit/s");
        if (vmm.multifd.device_state == MultifdState::On) {
            refuse("vmm.multifd.device_state",
                   "Cloud Hypervisor sends the state of devices in one message, on one connection; "
                   "expected \"off\"");
        }
        if (vmm.downtime_limit == Time{}) {
            refuse("vmm.downtime_limit", "Cloud Hypervisor takes none of 0; expected at least 1ms");
        }
        for (const bool source : {true, false}) {
            HostParams& host = source ? scenario_.hosts.src : scenario_.hosts.dst;
            without(source ? "hosts.src.driver.pre_copy" : "hosts.dst.driver.pre_copy",
                    host.driver.pre_copy, false, "knows no PRE_COPY; expected false");
        }
    }

    /// A default may be stated: the effective scenario that a run leaves behind does so.
    void qemu() {
        const CloudParams& cloud = scenario_.vmm.cloud;
        const CloudParams none;
        const std::pair<const char*, bool> keys[] = {
            {"vmm.cloud.timeout", cloud.timeout == none.timeout},
            {"vmm.cloud.timeout_strategy", cloud.timeout_strategy == none.timeout_strategy},
            {"vmm.cloud.order", cloud.order == none.order},
        };
        for (const auto& [key, is_default] : keys) {
            if (!is_default) {
                refuse(key,
                       "only Cloud Hypervisor has it; expected "
                       "vmm.engine = \"cloud-hypervisor\", or no such line");
            }
        }
        const auto& rows = scenario_.with.rows;
        const bool acks =
            std::find(rows.begin(), rows.end(), spec::Id::VmmAckPerDevice) != rows.end();
        if (acks && scenario_.vmm.engine != Engine::Qemu_11_1) {
            refuse("with",
                   "QEMU-DEC-12, an acknowledgement of each device, is QEMU 11.1's alone; "
                   "expected vmm.engine = \"qemu-11.1\"");
        }
    }

    LoadedScenario& loaded_;
    Scenario& scenario_;
};

}  // namespace

void fit_engine(LoadedScenario& loaded) { Fit(loaded).run(); }

}  // namespace lmsim::sim
