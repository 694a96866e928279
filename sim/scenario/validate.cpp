#include "sim/scenario/validate.hpp"

#include "model/check/invariant.hpp"
#include "sim/scenario/architecture_check.hpp"
#include "sim/scenario/device_check.hpp"
#include "sim/scenario/namespace_check.hpp"
#include "sim/scenario/vms_check.hpp"

namespace lmsim::sim {

namespace {

using Problems = std::vector<Problem>;

bool power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

std::string plural(std::uint64_t n, const std::string& what) {
    return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// `a` must not be larger than `b`.
void fits(Problems& out, const char* a, Bytes a_size, const char* b, Bytes b_size) {
    if (a_size <= b_size) {
        return;
    }
    out.push_back({{a, b}, format(a_size) + " is more than " + b + " = " + format(b_size)});
}

void check_memory(const VmParams& vm, Problems& out) {
    fits(out, "vm.ram_used", vm.ram_used, "vm.ram", vm.ram);
    fits(out, "vm.dirty.working_set", vm.dirty.working_set, "vm.ram_used", vm.ram_used);
    fits(out, "vm.dirty.hot", vm.dirty.hot, "vm.dirty.working_set", vm.dirty.working_set);
    const std::pair<const char*, Bytes> sizes[] = {
        {"vm.ram", vm.ram},
        {"vm.ram_used", vm.ram_used},
        {"vm.dirty.working_set", vm.dirty.working_set},
        {"vm.dirty.hot", vm.dirty.hot},
    };
    for (const auto& [path, size] : sizes) {
        if (size % 4_KiB != 0_B) {
            out.push_back({{path}, format(size) + " is not a whole number of pages of 4KiB"});
        }
    }
}

/// The log is kept in words.
void check_clear_log(const VmmParams& vmm, Problems& out) {
    if (vmm.clear_log % 256_KiB != 0_B) {
        out.push_back({{"vmm.clear_log"},
                       format(vmm.clear_log) + " is not a whole number of 256KiB (64 pages)"});
    }
}

void check_device(const std::string& path, const DeviceParams& device, Problems& out) {
    if (device.vfs > device.max_vfs) {
        out.push_back({{path + ".device.vfs", path + ".device.max_vfs"},
                       plural(device.vfs, "VF") + ", but the device has only max_vfs = " +
                           std::to_string(device.max_vfs)});
    }
    if (msix_vectors(device) < device.queue_pairs + 1) {
        out.push_back({{path + ".device.msix_vectors", path + ".device.queue_pairs"},
                       plural(device.msix_vectors, "vector") + " for " +
                           plural(device.queue_pairs, "queue pair") +
                           "; expected one for each and one for the admin queue, or 0"});
    }
    if (device.completion_queue_size == 1 || device.completion_queue_size > device.queue_size) {
        out.push_back(
            {{path + ".device.completion_queue_size", path + ".device.queue_size"},
             "completion queues of " + std::to_string(device.completion_queue_size) +
                 "; expected 0, or 2 to queue_size = " + std::to_string(device.queue_size)});
    }
    if (!power_of_two(device.mdts.count)) {
        out.push_back({{path + ".device.mdts"},
                       format(device.mdts) + " is not a power of two (MDTS counts in those)"});
    }
    if (device.capacity % device.block != 0_B) {
        out.push_back({{path + ".device.capacity", path + ".device.block"},
                       format(device.capacity) + " is not a whole number of blocks of " +
                           format(device.block)});
    }
    // A queue of n entries holds n - 1 commands (NVM Express 1.2, 4.1.2).
    const std::uint32_t usable = device.admin.depth - 1;
    if (device.admin.reserved_aer >= usable) {
        out.push_back({{path + ".device.admin.depth", path + ".device.admin.reserved_aer"},
                       "a queue of " + std::to_string(device.admin.depth) + " holds at most " +
                           std::to_string(usable) +
                           " at once; reserved_aer = " + std::to_string(device.admin.reserved_aer) +
                           " leaves none for other commands"});
    }
}

/// Times by size are those of channels, and rise in size.
void check_sizes(const std::string& path, const MediaParams& media, Problems& out) {
    if (!media.sizes.empty() && media.dies != 0) {
        out.push_back({{path + ".size[0].bytes", path + ".dies"},
                       "dies read and write stripe by stripe; expected dies = 0, or no size"});
    }
    for (std::size_t i = 1; i < media.sizes.size(); ++i) {
        if (media.sizes[i].bytes <= media.sizes[i - 1].bytes) {
            out.push_back({{path + ".size[" + std::to_string(i) + "].bytes"},
                           format(media.sizes[i].bytes) + " is not more than the " +
                               format(media.sizes[i - 1].bytes) +
                               " before it; expected sizes in rising order"});
        }
    }
}

/// A drive of flash, docs/drives.md: what needs dies, and what has to fit together.
void check_drive(const std::string& path, const DeviceParams& device, Problems& out) {
    const MediaParams& media = device.media;
    const VfLimitParams& limit = device.vf_limit;
    const std::string dies = path + ".device.media.dies";
    const std::pair<const char*, bool> only_with_dies[] = {
        {"media.command", media.command.highest() > 0_s},
        {"media.read_rate", media.read_rate.bits_per_s != 0},
        {"media.write_rate", media.write_rate.bits_per_s != 0},
        {"media.cache", media.cache != 0_B},
        {"media.slice", media.slice > 0_s},
        {"media.write_command", media.write_command > 0_s},
        {"media.collection", media.collection != 0_B},
        {"media.registers", media.registers},
        {"media.stall", media.stall.highest() > 0_s},
        {"vf_limit.read_iops", limit.read_iops.milli_per_s != 0},
        {"vf_limit.write_iops", limit.write_iops.milli_per_s != 0},
        {"vf_limit.read_rate", limit.read_rate.bits_per_s != 0},
        {"vf_limit.write_rate", limit.write_rate.bits_per_s != 0},
    };
    if ((media.stall.highest() > 0_s) != (media.stall_interval.highest() > 0_s)) {
        out.push_back({{path + ".device.media.stall", path + ".device.media.stall_interval"},
                       "a stall has a length and comes now and then; expected both or neither"});
    } else if (media.stall.highest() > 0_s &&
               media.stall_interval.highest() <= media.stall.highest()) {
        out.push_back(
            {{path + ".device.media.stall", path + ".device.media.stall_interval"},
             "the device would stall without end; expected longer intervals than stalls"});
    }
    for (const auto& [name, given] : only_with_dies) {
        if (given && media.dies == 0) {
            out.push_back({{path + ".device." + name, dies},
                           "channels know nothing of this; expected media.dies of at least 1"});
        }
    }
    check_sizes(path + ".device.media", media, out);
    if (media.cache != 0_B && media.cache < media.unit) {
        out.push_back(
            {{path + ".device.media.unit", path + ".device.media.cache"},
             format(media.unit) + " is more than the whole cache of " + format(media.cache)});
    }
    if (media.stripe % device.block != 0_B) {
        out.push_back(
            {{path + ".device.media.stripe", path + ".device.block"},
             format(media.stripe) + " is not a whole number of blocks of " + format(device.block)});
    }
    if (device.ready_timeout.ps % (500_ms).ps != 0) {
        out.push_back({{path + ".device.ready_timeout"},
                       format(device.ready_timeout) + " is not a multiple of 500ms (CAP.TO)"});
    }
}

void check_tracking(const std::string& path, const TrackingParams& tracking, Problems& out) {
    const std::pair<const char*, Bytes> granules[] = {{"finest", tracking.finest},
                                                      {"coarsest", tracking.coarsest}};
    for (const auto& [name, size] : granules) {
        if (!power_of_two(size.count)) {
            out.push_back({{path + ".device.tracking." + name},
                           format(size) + " is not a power of two (granules are 2^n * 4KiB)"});
        }
    }
    if (tracking.finest > tracking.coarsest) {
        out.push_back(
            {{path + ".device.tracking.finest", path + ".device.tracking.coarsest"},
             format(tracking.finest) + " is more than coarsest = " + format(tracking.coarsest)});
    }
}

void check_driver(const std::string& path, const HostParams& host, Problems& out) {
    const DriverParams& driver = host.driver;
    const std::string log = path + ".driver.user_data.";
    if (driver.user_data.batch >= driver.user_data.entries) {
        out.push_back({{log + "batch", log + "entries"},
                       "a queue of " + std::to_string(driver.user_data.entries) +
                           " slots never holds " + std::to_string(driver.user_data.batch) +
                           " entries: one stays empty"});
    }
    if (driver.track_memory && !host.device.tracking.memory) {
        out.push_back({{path + ".driver.track_memory", path + ".device.tracking.memory"},
                       "the device cannot track writes to memory"});
    }
    const std::string memory = path + ".driver.memory.";
    if (!power_of_two(driver.memory.granule.count)) {
        out.push_back(
            {{memory + "granule"},
             format(driver.memory.granule) + " is not a power of two (granules are 2^n * 4KiB)"});
    }
    if (driver.memory.report % 4_B != 0_B) {
        out.push_back({{memory + "report"},
                       format(driver.memory.report) + " is not a whole number of dwords"});
    }
    if (driver.track_memory) {
        fits(out, (memory + "report").c_str(), driver.memory.report,
             (path + ".device.mdts").c_str(), host.device.mdts);
    }
}

void check_host(const std::string& path, const HostParams& host, Problems& out) {
    check_device(path, host.device, out);
    check_drive(path, host.device, out);
    check_tracking(path, host.device.tracking, out);
    check_driver(path, host, out);
    // QEMU 10.1 hw/vfio/migration.c, vfio_multiple_devices_migration_is_supported
    if (host.device.vfs > 1 && !host.driver.p2p) {
        out.push_back({{path + ".driver.p2p", path + ".device.vfs"},
                       "QEMU migrates " + plural(host.device.vfs, "VF") +
                           " only if all of them support P2P; expected true, or one VF"});
    }
    if (host.vf.size() > host.device.vfs) {
        const std::string entry = path + ".vf[" + std::to_string(host.vf.size() - 1) + "]";
        out.push_back({{entry, path + ".device.vfs"},
                       "there is no such VF; device.vfs = " + std::to_string(host.device.vfs)});
    }
}

void check_workload(const Scenario& scenario, std::size_t index, Problems& out) {
    const WorkloadParams& workload = scenario.workloads[index];
    const std::string path = "workload[" + std::to_string(index) + "]";
    if (workload.fio.empty() && workload.iolog.empty()) {
        out.push_back({{path}, "no workload; expected fio (a job file) or iolog (a log)"});
    }
    if (!workload.fio.empty() && !workload.iolog.empty()) {
        out.push_back({{path + ".iolog"}, "expected either fio or iolog, not both"});
    }
    const std::uint32_t vfs = scenario.hosts.src.device.vfs;
    if (vfs == 0) {
        out.push_back({{path, "hosts.src.device.vfs"},
                       "the VM has no VF that it could run on; expected vfs = 1 or more"});
    }
    for (const std::uint32_t vf : workload.vf.indices) {
        if (vfs != 0 && vf >= vfs) {
            out.push_back({{path + ".vf", "hosts.src.device.vfs"},
                           "there is no VF " + std::to_string(vf) + "; expected 0 to " +
                               std::to_string(vfs - 1)});
        }
    }
    if (workload.start >= scenario.run.time_limit) {
        out.push_back({{path + ".start", "run.time_limit"},
                       format(workload.start) +
                           " is not before run.time_limit = " + format(scenario.run.time_limit)});
    }
}

void check_run(const RunParams& run, Problems& out) {
    if (run.warm_up + run.cool_down >= run.time_limit) {
        out.push_back({{"run.time_limit", "run.warm_up", "run.cool_down"},
                       format(run.time_limit) +
                           " leaves no time for the migration after "
                           "run.warm_up = " +
                           format(run.warm_up) + " and run.cool_down = " + format(run.cool_down)});
    }
}

/// QEMU takes whole percent; it refuses a first step above the last one.
void check_throttle(const ThrottleParams& throttle, Problems& out) {
    const std::pair<const char*, Share> shares[] = {
        {"vmm.throttle.trigger", throttle.trigger},
        {"vmm.throttle.initial", throttle.initial},
        {"vmm.throttle.increment", throttle.increment},
        {"vmm.throttle.most", throttle.most},
    };
    for (const auto& [path, share] : shares) {
        if (share.ppm % 10'000 != 0) {
            out.push_back({{path}, format(share) + " is not a whole percentage"});
        }
    }
    if (throttle.most < throttle.initial) {
        out.push_back({{"vmm.throttle.most", "vmm.throttle.initial"},
                       format(throttle.most) +
                           " is less than the first step, initial = " + format(throttle.initial)});
    }
}

/// Since QEMU 10.0; a limit of what waits and a late configuration space since 10.1
/// (hw/vfio/migration-multifd.c).
void check_multifd(const VmmParams& vmm, Problems& out) {
    const MultifdParams& multifd = vmm.multifd;
    if (vmm.engine == Engine::Qemu_8_2 && multifd.device_state == MultifdState::On) {
        out.push_back(
            {{"vmm.multifd.device_state", "vmm.engine"},
             "QEMU 8.2 sends device state on its main channel alone; expected \"off\", or "
             "engine = \"qemu-10.0\" or later"});
    }
    const bool newer = vmm.engine != Engine::Qemu_8_2 && vmm.engine != Engine::Qemu_10_0;
    if (!newer && multifd.queue_cap != 0_B) {
        out.push_back(
            {{"vmm.multifd.queue_cap", "vmm.engine"},
             "only QEMU 10.1 and later limit what waits; expected 0B, or another engine"});
    }
    if (!newer && multifd.config_late) {
        out.push_back({{"vmm.multifd.config_late", "vmm.engine"},
                       "only QEMU 10.1 and later can wait with it; expected false, or another "
                       "engine"});
    }
}

void check_vmm(const VmmParams& vmm, Problems& out) {
    check_multifd(vmm, out);
    if (vmm.downtime_limit % 1_ms != 0_s) {
        out.push_back({{"vmm.downtime_limit"},
                       format(vmm.downtime_limit) + " is not a whole number of milliseconds, in "
                                                    "which QEMU counts"});
    }
    // QEMU 10.1 migration/options.c, migrate_caps_check
    check_throttle(vmm.throttle, out);
    if (vmm.switchover_ack && !vmm.return_path) {
        out.push_back({{"vmm.switchover_ack", "vmm.return_path"},
                       "switchover_ack needs vmm.return_path = true"});
    }
}

void check_expectation(const ExpectParams& expect, Problems& out) {
    if (expect.broken.empty() || check::find_invariant(expect.broken) != nullptr) {
        return;
    }
    std::vector<std::string> ids;
    for (const check::Invariant& one : check::invariants) {
        ids.emplace_back(one.id);
    }
    out.push_back({{"expect.broken"}, unknown_name(expect.broken, ids)});
}

void check_fault_list(const Scenario& scenario, Problems& out) {
    const std::uint32_t vfs = all_vfs(scenario, scenario.hosts.src.device);
    const bool logs[2] = {scenario.hosts.src.driver.log_user_data,
                          scenario.hosts.dst.driver.log_user_data};
    for (const FaultProblem& problem : check_faults(scenario.faults, vfs, logs)) {
        const std::string entry = "fault[" + std::to_string(problem.index) + "]";
        out.push_back({{entry + "." + problem.key, entry + ".what", entry}, problem.message});
    }
    if (!scenario.faults.empty() && scenario.run.fidelity != Fidelity::Exact) {
        out.push_back({{"run.fidelity", "fault[0].what"},
                       "faults happen to single commands; expected \"exact\""});
    }
    if (!scenario.faults.empty() && scenario.vms.count > 1) {
        out.push_back({{"vms.count", "fault[0].what"}, "faults are of one VM; expected 1"});
    }
}

void check_pins(const Scenario& scenario, Problems& out) {
    const std::uint32_t vfs = all_vfs(scenario, scenario.hosts.src.device);
    for (const PinProblem& problem : sim::check_pins(scenario.pins, vfs, scenario.run.migrate)) {
        out.push_back({{"pin[" + std::to_string(problem.index) + "]." + problem.key,
                        "pin[" + std::to_string(problem.index) + "].effect"},
                       problem.message});
    }
}

}  // namespace

std::vector<Problem> validate(const Scenario& scenario) {
    Problems out;
    check_run(scenario.run, out);
    check_memory(scenario.vm, out);
    check_clear_log(scenario.vmm, out);
    check_host("hosts.src", scenario.hosts.src, out);
    check_host("hosts.dst", scenario.hosts.dst, out);
    check_vmm(scenario.vmm, out);
    check_other_devices(scenario, out);
    check_dirty_tracking(scenario, out);
    check_namespaces(scenario, out);
    check_media_copy(scenario, out);
    check_architecture(scenario, out);
    check_vms(scenario, out);
    for (std::size_t i = 0; i < scenario.workloads.size(); ++i) {
        check_workload(scenario, i, out);
    }
    check_pins(scenario, out);
    check_fault_list(scenario, out);
    check_expectation(scenario.expect, out);
    return out;
}

}  // namespace lmsim::sim
