#include "sim/run/wall_run.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

#include "sim/bridge/live.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/director.hpp"
#include "sim/run/host_side.hpp"
#include "sim/run/simulation.hpp"
#include "sim/scenario/namespaces.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint64_t reserved_pages = 1;  // address 0 is never that of a queue
constexpr int looks_at_rigs = 20;            // before it sleeps: most answers take less
constexpr Ps rig_nap = 10'000'000'000;       // 10 ms: a completion may come without an interrupt
constexpr Ps short_rig_nap = 200'000'000;    // 200 us, where another rig has to be looked at, too
constexpr std::uint64_t kib = 1024;

void no_software(DriverParams& driver) {
    driver.ioctl = driver.submit = driver.irq = driver.msix = Time();
    driver.copy_rate = Bandwidth::max();
    driver.user_data.entry_cost = driver.user_data.pin = driver.user_data.wake = Time();
}

void no_software(VmParams& vm) {
    vm.pause = vm.resume = vm.irq_latency = vm.complete_cost = Time();
    // As good as nothing, but a command with an identifier comes after the one that had it before.
    vm.submit_cost = Time(1);
    vm.devices.save = vm.devices.load = Time();
    vm.dirty.log_fault = Time();
}

void no_software(VmmParams& vmm) {
    vmm.block_flush = vmm.bitmap_sync = vmm.page_cost = vmm.zero_page = Time();
    vmm.multifd.channel_cost = vmm.multifd.copy_cost = Time();
    VfioCostParams& vfio = vmm.vfio;
    vfio.first_stop = vfio.first_start = vfio.stop = vfio.start = vfio.setup = Time();
}

/// kB of a line of /proc/meminfo; as much as there can be if there is no such line.
std::uint64_t meminfo(const std::string& name) {
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::uint64_t amount = 0;
    while (file >> word) {
        if (word == name + ":" && file >> amount) return amount;
    }
    return std::numeric_limits<std::uint64_t>::max() / kib;
}

std::string in_mib(std::uint64_t bytes) {
    return fmt::format("{} MiB", (bytes + kib * kib - 1) / (kib * kib));
}

}  // namespace

Scenario wall_scenario(Scenario scenario) {
    no_software(scenario.hosts.src.driver);
    no_software(scenario.hosts.dst.driver);
    no_software(scenario.vm);
    no_software(scenario.vmm);
    return scenario;
}

WallRefusal refuse_wall(const Scenario& scenario) {
    const struct {
        const char* path;
        bool wanted;
        const char* text;
    } never[] = {
        {"vms.count", scenario.vms.count != 1,
         "the VFs of a device reach the memory of one VM here; expected vms.count = 1"},
        {"hosts.src.device.vfs", scenario.hosts.src.device.vfs == 0,
         "there would be nothing to drive; expected one VF at least"},
        {"run.fidelity", scenario.run.fidelity != Fidelity::Exact,
         "a device's time is the clock's; expected \"exact\""},
        {"media_copy.mode", scenario.media_copy.mode != MediaCopyMode::None,
         "namespaces of a device are not copied; expected \"none\""},
        {"hosts.src.driver.log_user_data", scenario.hosts.src.driver.log_user_data,
         "a log of user data serves a copy of the media, which a device has none of; expected "
         "false"},
        {"hosts.dst.driver.log_user_data", scenario.hosts.dst.driver.log_user_data,
         "a log of user data serves a copy of the media, which a device has none of; expected "
         "false"},
        {"pin", !scenario.pins.empty(),
         "nobody can hold the effects of a device in an order; expected no [[pin]]"},
    };
    for (const auto& one : never) {
        if (one.wanted) return {one.path, one.text};
    }
    return {};
}

bool writes_media(const Workload& workload) {
    return std::any_of(workload.sources.begin(), workload.sources.end(), [](const auto& placed) {
        return placed.source->write_pattern().kind != fio::WritePattern::Kind::None;
    });
}

std::string check_wall_memory(const Scenario& scenario, const Workload& workload) {
    Scenario less = scenario;
    less.vm.ram_used.count -= std::min(less.vm.ram_used.count, reserved_pages * page_size);
    return check_memory(less, workload);
}

std::uint64_t WallMemory::bytes() const { return (pf + vm) * page_size; }

WallMemory wall_memory(const Scenario& scenario, const HostParams& host, const Dialects& dialects) {
    return {host_pages(scenario, host, dialects) + reserved_pages,
            scenario.vm.ram.count / page_size};
}

std::string check_machine_memory(std::uint64_t bytes, std::uint64_t locked) {
    const std::uint64_t available = meminfo("MemAvailable") * kib;
    if (bytes > available) {
        return fmt::format(
            "the memory of the VM and of the host's driver takes {}, all of it real, and this "
            "machine has {} left; expected a smaller vm.ram",
            in_mib(bytes), in_mib(available));
    }
    rlimit limit{};
    const bool limited = ::geteuid() != 0 && ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
                         limit.rlim_cur != RLIM_INFINITY;
    if (limited && locked > limit.rlim_cur) {
        return fmt::format(
            "{} of memory have to stay where they are for the device, and RLIMIT_MEMLOCK allows "
            "{}; expected a higher limit (ulimit -l {}), or a smaller vm.ram",
            in_mib(locked), in_mib(limit.rlim_cur), locked / kib);
    }
    return {};
}

// --- The run ------------------------------------------------------------------------------------

/// What nobody tells of a device outside this process is seen from here.
void Simulation::watch_rigs() {
    Vm& vm = *vms_.front();
    std::vector<std::uint64_t> sizes;
    for (const VfNamespace& one : vf_namespaces(scenario_)) {
        sizes.push_back(one.size.count);
    }
    vm.guest->expect_namespaces(sizes);
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        HostSide& here = host(side);
        if (here.rig) {
            here.rig->connect(vm.meter.device(side), vm.meter.driver(side), &vm.monitor);
            here.driver->set_observer(here.rig.get());
        }
    }
    if (destination_->rig) {
        destination_->rig->follow(source_->rig.get());
    }
    guest_observer_ =
        std::make_unique<RigGuestObserver>(source_->rig.get(), destination_->rig.get(), vm.meter);
    vm.guest->set_observer(guest_observer_.get());
}

bool Simulation::poll_rigs() {
    const bool source = source_->rig->poll();
    const bool destination = destination_->rig && destination_->rig->poll();
    return source || destination;
}

bool Simulation::rigs_are_well() {
    trouble_ = source_->rig->trouble();
    if (trouble_.empty() && destination_->rig) {
        trouble_ = destination_->rig->trouble();
    }
    return trouble_.empty();
}

/// That the user wants it to end comes from the rigs as well, so that it is recorded.
void Simulation::end_in_trouble() {
    if (trouble_ == interrupted_by_user) {
        trouble_.clear();
        kernel_.interrupt();
    } else {
        kernel_.stop();
    }
}

/// Time comes from the source's rig alone, and is read once in each turn: whoever replays what the
/// rigs have done gets the same run.
void Simulation::run_on_wall_time() {
    Rig& clock = source_->rig->rig();
    const Ps began = clock.now();
    int left = looks_at_rigs;
    while (!kernel_.stopped()) {
        const Ps now = clock.now() - began;
        kernel_.run_until(now);
        const bool any = poll_rigs();
        kernel_.run_until(now);
        if (!rigs_are_well()) {
            end_in_trouble();
        }
        left = any ? looks_at_rigs : left - 1;
        if (left < 0 && !kernel_.stopped()) {
            wait_for_rigs(now);
        }
    }
}

void Simulation::wait_for_rigs(Ps now) {
    EventQueue& queue = kernel_.queue();
    const Ps next = queue.empty() ? ps_never : queue.next_time();
    const Ps due = next - now;
    if (due <= 0) {
        return;
    }
    if (!destination_->rig) {
        return source_->rig->rig().idle(std::min(due, rig_nap));
    }
    // The VM uses the one; the other one is looked at now and then.
    const bool moved = vms_.front()->meter.downtime().owner() == VmmSide::Destination;
    (moved ? destination_ : source_)->rig->rig().idle(std::min(due, short_rig_nap));
}

std::string Simulation::boot_trouble() const {
    for (const VmmSide side : {VmmSide::Source, VmmSide::Destination}) {
        const std::string& why = host(side).driver->boot_trouble();
        if (!why.empty()) {
            return fmt::format("{}: {}", side == VmmSide::Source ? "source" : "destination", why);
        }
    }
    for (const auto& vm : vms_) {
        const std::string why = vm->guest->boot_trouble();
        if (!why.empty()) return why;
    }
    return {};
}

}  // namespace lmsim::sim
