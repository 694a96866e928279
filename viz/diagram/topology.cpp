#include "viz/diagram/topology.hpp"

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/metrics/display.hpp"
#include "sim/scenario/namespaces.hpp"

namespace lmsim::viz {
namespace {

using sim::format;
using sim::metrics::plural;

/// More VFs than that are drawn as one box, for they are all alike.
constexpr std::uint32_t most_boxes = 4;

/// One side: its boxes and the links between them.
class HostWriter {
  public:
    HostWriter(Topology& topology, const sim::Scenario& scenario, const sim::HostParams& host,
               bool source)
        : topology_(topology),
          scenario_(scenario),
          host_(host),
          device_(host.device),
          source_(source),
          prefix_(source ? "src_" : "dst_") {}

    void run() {
        TopologyFrame frame{id("host"), source_ ? "source host" : "destination host", {}, {}};
        frame.boxes.push_back(guest());
        frame.boxes.push_back(vmm());
        frame.boxes.push_back(driver());
        frame.frames.push_back(subsystem());
        topology_.hosts.push_back(std::move(frame));
        link("vm", "vmm", {}, !source_);
        link("vmm", "driver",
             {"VFIO: STOP_COPY" + std::string(host_.driver.p2p ? ", P2P" : "") +
              (host_.driver.pre_copy ? ", PRE_COPY" : "")});
        link("driver", "pcie", {"admin commands"});
        link("pcie", "pf", {});
        for (std::uint32_t i = 0; i < boxes(); ++i) {
            link("pcie", fmt::format("vf{}", i), {});
            if (own_namespaces()) {
                link(fmt::format("vf{}", i), fmt::format("ns{}", i), {});
            } else {
                link(fmt::format("vf{}", i), "ns", {});
            }
        }
    }

  private:
    std::string id(const std::string& name) const { return prefix_ + name; }
    std::uint32_t boxes() const { return device_.vfs <= most_boxes ? device_.vfs : 1; }
    bool own_namespaces() const { return device_.private_namespaces; }

    void link(const std::string& from, const std::string& to, std::vector<std::string> lines,
              bool later = false) {
        topology_.links.push_back({id(from), id(to), std::move(lines), later, false});
    }

    TopologyBox guest() const {
        const sim::VmParams& vm = scenario_.vm;
        TopologyBox box{id("vm"), {source_ ? "VM" : "VM, after the migration"}, !source_};
        box.lines.push_back(plural(vm.vcpus, "vCPU") + ", RAM " + format(vm.ram) + ", " +
                            format(vm.ram_used) + " used");
        box.lines.push_back("writes " + format(vm.dirty.rate) + " pages in " +
                            format(vm.dirty.working_set));
        for (const sim::WorkloadParams& each : scenario_.workloads) {
            const std::string& path = (each.fio.empty() ? each.iolog : each.fio).path;
            box.lines.push_back("I/O: " + path.substr(path.find_last_of('/') + 1));
        }
        if (scenario_.vms.count > 1) {
            box.lines.push_back(
                fmt::format("one of {} VMs, each with VFs of its own", scenario_.vms.count));
        }
        return box;
    }

    TopologyBox vmm() const {
        const sim::VmmParams& vmm = scenario_.vmm;
        TopologyBox box{id("vmm"), {"VMM"}};
        box.lines.emplace_back(
            sim::EnumNames<sim::Engine>::names[static_cast<std::size_t>(vmm.engine)]);
        if (source_) {
            box.lines.push_back("downtime limit " + format(vmm.downtime_limit));
        }
        return box;
    }

    TopologyBox driver() const {
        const sim::DriverParams& driver = host_.driver;
        TopologyBox box{id("driver"), {"host driver"}};
        box.lines.push_back("ioctl " + format(driver.ioctl) + ", submit " + format(driver.submit) +
                            ", interrupt " + format(driver.irq));
        if (driver.log_user_data) {
            box.lines.push_back(
                fmt::format("logs user data: {} entries for each VF", driver.user_data.entries));
        }
        if (driver.track_memory) {
            box.lines.push_back("tracks memory: granules of " + format(driver.memory.granule));
        }
        return box;
    }

    TopologyFrame subsystem() const {
        TopologyFrame frame{id("device"), "NVM subsystem", {}, {}};
        const sim::LinkParams& pcie = host_.link;
        frame.boxes.push_back({id("pcie"),
                               {fmt::format("PCIe {}.0 x{}", pcie.generation, pcie.lanes),
                                "MPS " + format(pcie.mps) + ", MRRS " + format(pcie.mrrs),
                                "latency " + format(pcie.latency)}});
        frame.boxes.push_back(
            {id("pf"),
             {"PF", fmt::format("admin queue: {}", entries(device_.admin.depth)),
              fmt::format("{} at once", plural(device_.admin.parallel, "command"))}});
        for (std::uint32_t i = 0; i < boxes(); ++i) {
            frame.boxes.push_back(function(i));
            if (own_namespaces()) {
                frame.boxes.push_back({id(fmt::format("ns{}", i)), storage()});
            }
        }
        if (!own_namespaces()) {
            frame.boxes.push_back({id("ns"), storage()});
        }
        return frame;
    }

    static std::string entries(std::uint32_t count) {
        return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
    }

    TopologyBox function(std::uint32_t index) const {
        const bool all = device_.vfs > most_boxes;
        TopologyBox box{
            id(fmt::format("vf{}", index)),
            {all ? fmt::format("VF 0 to VF {}", device_.vfs - 1) : fmt::format("VF {}", index)}};
        if (all) {
            box.lines.emplace_back("each:");
        }
        box.lines.push_back(plural(device_.queue_pairs, "queue pair"));
        box.lines.push_back("SQ: " + entries(device_.queue_size));
        box.lines.push_back("CQ: " + entries(sim::completion_entries(device_)));
        box.lines.push_back(plural(sim::msix_vectors(device_), "vector"));
        if (index < host_.vf.size() && host_.vf[index].backend != "model") {
            box.lines.push_back("port: " + host_.vf[index].backend);
        }
        return box;
    }

    std::vector<std::string> storage() const {
        const bool many = own_namespaces() && device_.vfs > most_boxes;
        if (scenario_.namespaces.empty()) {
            return {many ? "a namespace each" : "namespace",
                    format(device_.capacity) + ", blocks of " + format(device_.block)};
        }
        std::vector<std::string> lines{many ? "namespaces of each" : "namespaces"};
        for (const sim::VfNamespace& one : sim::vf_namespaces(scenario_)) {
            lines.push_back(format(one.size) + (one.shared ? ", of both hosts" : ""));
        }
        lines.push_back("blocks of " + format(device_.block));
        return lines;
    }

    Topology& topology_;
    const sim::Scenario& scenario_;
    const sim::HostParams& host_;
    const sim::DeviceParams& device_;
    const bool source_;
    const std::string prefix_;
};

}  // namespace

Topology topology(const sim::Scenario& scenario, const std::string& file) {
    Topology topology;
    topology.title = scenario.name.empty() ? file : scenario.name;
    topology.description = scenario.description;
    HostWriter(topology, scenario, scenario.hosts.src, true).run();
    HostWriter(topology, scenario, scenario.hosts.dst, false).run();
    const sim::ChannelParams& channel = scenario.channel;
    topology.links.push_back(
        {"src_vmm",
         "dst_vmm",
         {"migration channel", format(channel.bandwidth) + ", " + plural(channel.streams, "stream"),
          "round trip " + format(channel.rtt)},
         false,
         true});
    return topology;
}

}  // namespace lmsim::viz
