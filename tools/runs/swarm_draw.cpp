#include "tools/runs/swarm_draw.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/random.hpp"
#include "sim/core/text.hpp"
#include "sim/fault/fault_class.hpp"

namespace lmsim::runs {

namespace {

using sim::Fault;
using sim::FaultClass;
using sim::FaultHow;
using sim::FaultPlace;

using Words = std::vector<std::string>;

/// What an act may follow: the steps of a migration, on both sides.
const Words& effects() {
    static const Words list = [] {
        Words all = {"source.vmm PauseVcpus",         "source.vmm RamSyncBitmap",
                     "source.vmm DirtyLogStart",      "source.vmm SaveNonIterable",
                     "source.vmm SendMessage Header", "source.vmm SendMessage End",
                     "destination.vmm LoadRam",       "destination.vmm LoadNonIterable",
                     "destination.vmm ResumeVcpus",   "destination.vmm Receives Header",
                     "destination.vmm Receives End"};
        for (const char* const call :
             {"source.vmm SetDeviceState vf0", "source.vmm ReadDeviceBlock vf0",
              "destination.vmm SetDeviceState vf0", "destination.vmm WriteDeviceBlock vf0"}) {
            for (const char* const count : {"", "2nd ", "3rd "}) {
                all.push_back(std::string(count) + call);
            }
        }
        const std::pair<const char*, const char*> commands[] = {
            {"source", "Suspend"},      {"source", "Get Controller State"},
            {"destination", "Suspend"}, {"destination", "Set Controller State"},
            {"destination", "Resume"},  {"source", "Resume"}};
        for (const auto& [side, command] : commands) {
            for (const char* const what : {"Fetched", "Executed", "Completed"}) {
                all.push_back(fmt::format("{}.vf0 {} {}", side, command, what));
            }
        }
        return all;
    }();
    return list;
}

/// What has but a few occasions in a migration, most of them on one host: drawn so that it strikes
/// about as often as the others.
struct Rare {
    Fault fault;
    unsigned weight;     // of 1 for all others
    unsigned occasions;  // which one is drawn, mostly
    const char* host;    // where it happens; empty: on both, or nowhere
};
constexpr Rare rare_faults[] = {
    {Fault::ReadyLate, 2, 1, ""},
    {Fault::AdminRefused, 6, 2, "destination"},
    {Fault::SuspendLate, 2, 2, "source"},
    {Fault::SuspendNever, 2, 2, "source"},
    {Fault::ResumeLate, 5, 2, "destination"},
    {Fault::CallFails, 2, 3, ""},
    {Fault::SuspendAgain, 2, 1, "source"},
    {Fault::TimeoutAt, 2, 3, ""},
    {Fault::TimeoutAfter, 2, 3, ""},
    {Fault::TimeoutBefore, 2, 3, ""},
    {Fault::NoAer, 4, 2, "source"},
    {Fault::LogFull, 4, 2, "source"},
    {Fault::LogWraps, 2, 1, "source"},
    {Fault::DirtyExtra, 2, 3, ""},
    {Fault::StateTruncated, 3, 1, ""},
    {Fault::StateVersion, 3, 1, ""},
    {Fault::StateForeign, 3, 1, ""},
    {Fault::StateLost, 6, 1, ""},
    {Fault::AdminLost, 2, 3, ""},
    {Fault::AdminLate, 2, 3, ""},
    {Fault::AdminInterruptLost, 2, 3, ""},
};

const Rare* rare(const FaultClass& kind) {
    const auto* const found =
        std::find_if(std::begin(rare_faults), std::end(rare_faults),
                     [&](const Rare& one) { return one.fault == kind.fault; });
    return found == std::end(rare_faults) ? nullptr : found;
}

class Drawing {
  public:
    Drawing(std::uint64_t seed, unsigned attempt, const SwarmWish& wish)
        : random_(seed, fmt::format("swarm{}", attempt)), seed_(seed), wish_(wish) {}

    SwarmScenario draw() {
        draw_run();
        draw_vm();
        draw_vmm();
        draw_hosts();
        draw_device();
        for (std::uint64_t i = 1 + below(2); i > 0; --i) {
            draw_workload();
        }
        if (!wish_.no_faults) {
            for (std::uint64_t i = 1 + below(3); i > 0 && !alone_; --i) {
                draw_fault();
            }
        }
        return std::move(out_);
    }

  private:
    std::uint64_t below(std::uint64_t limit) { return random_.below(limit); }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::string one_of(const Words& words) { return words[below(words.size())]; }
    /// Between two times in microseconds, short ones as likely as long ones.
    std::string time(std::uint64_t least, std::uint64_t most) {
        std::uint64_t span = least;
        while (span < most && chance(70)) {
            span *= 2;
        }
        return fmt::format("\"{}us\"", std::min(most, span + below(span)));
    }
    static std::string text(const std::string& word) { return sim::toml_string(word); }
    void set(const std::string& table, const std::string& key, const std::string& value) {
        out_.tables[table].emplace_back(key, value);
    }
    std::string flag(unsigned percent) { return chance(percent) ? "true" : "false"; }

    void draw_run();
    void draw_vm();
    void draw_vmm();
    void draw_hosts();
    void draw_device();
    void draw_workload();
    void draw_fault();
    const FaultClass& draw_class();
    void place(const FaultClass& kind, SwarmTable& fault);
    void when(const FaultClass& kind, SwarmTable& fault);

    sim::Random random_;
    std::uint64_t seed_;
    const SwarmWish& wish_;
    SwarmScenario out_;
    unsigned vfs_ = 1;
    bool cloud_ = false;
    bool logs_ = false;
    bool alone_ = false;  // the fault at hand goes with no other
};

void Drawing::draw_run() {
    set("", "name", text(fmt::format("swarm-{}", seed_)));
    set("", "seed", fmt::format("{}", seed_));
    set("", "without", fmt::format("[{}]", swarm_mended));
    set("run", "warm_up", time(200, 2000));
    set("run", "cool_down", time(2000, 8000));
    set("run", "rest", "\"2s\"");
    set("run", "time_limit", "\"20s\"");
    // Safety first, then liveness: what is under way when faults end has to come to its end.
    set("run", "fault_time", time(2000, 60000));
    set("expect", "outcome", "\"none\"");
    // Who paused a VM would have to go on with it where the migration has failed: nobody does.
    if (wish_.no_faults && chance(5)) {
        set("run", "paused", "true");
    }
}

void Drawing::draw_vm() {
    set("vm", "vcpus", fmt::format("{}", 1 + below(4)));
    set("vm", "ram", one_of({"\"16MiB\"", "\"24MiB\""}));
    set("vm", "ram_used", one_of({"\"6MiB\"", "\"8MiB\"", "\"12MiB\""}));
    set("vm", "pause", time(10, 200));
    set("vm", "resume", time(10, 200));
    set("vm", "ready_poll", time(20, 200));
    set("vm", "io_timeout", one_of({"\"2ms\"", "\"5ms\"", "\"20ms\""}));
    set("vm.dirty", "rate", one_of({"\"0/s\"", "\"1000/s\"", "\"20000/s\"", "\"100000/s\""}));
    set("vm.dirty", "working_set", one_of({"\"512KiB\"", "\"1MiB\"", "\"2MiB\""}));
    set("vm.dirty", "hot", one_of({"\"64KiB\"", "\"256KiB\""}));
    if (chance(20)) {
        set("vm.dirty", "pattern", "\"sequential\"");
    }
    set("vm.devices", "bytes", one_of({"\"4KiB\"", "\"64KiB\""}));
    set("vm.devices", "save", time(20, 500));
    set("vm.devices", "load", time(20, 500));
}

void Drawing::draw_vmm() {
    const std::string engine =
        one_of({"qemu-8.2", "qemu-10.0", "qemu-10.1", "qemu-11.1", "cloud-hypervisor"});
    cloud_ = engine == "cloud-hypervisor";
    set("vmm", "engine", text(engine));
    set("vmm", "managed", "true");
    set("vmm", "downtime_limit", one_of({"\"50ms\"", "\"300ms\""}));
    if (!cloud_) {
        // Without one the source does not hear that the destination has failed.
        const bool answers = !wish_.no_faults || chance(75);
        set("vmm", "return_path", answers ? "true" : "false");
        set("vmm", "switchover_ack", answers ? flag(60) : "false");
    }
    set("channel", "bandwidth", one_of({"\"5Gbit/s\"", "\"25Gbit/s\"", "\"100Gbit/s\""}));
    set("channel", "rtt", time(5, 500));
    if (chance(25)) {
        set("channel", "buffer", one_of({"\"64KiB\"", "\"1MiB\""}));
    }
    if (!cloud_ && engine != "qemu-8.2" && chance(30)) {
        set("channel", "streams", fmt::format("{}", 2 + below(3)));
        set("vmm.multifd", "device_state", "\"on\"");
    }
}

void Drawing::draw_hosts() {
    const std::string architecture =
        one_of({"vfio-nvme", "vfio-nvme", "vfio-nvme", "vmm-direct", "split", "vendor-2022"});
    set("host", "architecture", text(architecture));
    if (architecture != "vfio-nvme") {
        set("host", "best_effort", "true");
    }
    // Cloud Hypervisor answers that it could not start a VM before it drops it, with those of its
    // devices that run already.
    const bool one = chance(60) || (cloud_ && !wish_.no_faults);
    vfs_ = one ? 1 : 2 + static_cast<unsigned>(below(2));
    const std::string driver = "hosts.both.driver";
    set(driver, "admin_timeout", one_of({"\"3ms\"", "\"10ms\"", "\"40ms\""}));
    set(driver, "ioctl", time(1, 20));
    set(driver, "p2p", vfs_ > 1 ? "true" : flag(70));
    if (!cloud_) {
        set(driver, "pre_copy", flag(30));
    }
    const bool vendor = architecture == "vendor-2022";
    logs_ = !vendor && chance(35);
    if (logs_) {
        set(driver, "log_user_data", "true");
        const unsigned entries = 16U << below(5);
        set(driver, "user_data",
            fmt::format("{{ entries = {}, batch = {}, contiguous = {} }}", entries,
                        1 + below(entries / 2), flag(50)));
    }
    if (!vendor && chance(30)) {
        set(driver, "track_memory", "true");
    }
    for (const char* const side : {"hosts.src.link", "hosts.dst.link"}) {
        set(side, "lanes", one_of({"1", "2", "4", "8"}));
        set(side, "generation", one_of({"3", "4", "5"}));
    }
}

void Drawing::draw_device() {
    const std::string device = "hosts.both.device";
    set(device, "vfs", fmt::format("{}", vfs_));
    set(device, "queue_pairs", fmt::format("{}", 1 + below(3)));
    set(device, "queue_size", one_of({"8", "16", "64"}));
    set(device, "capacity", "\"8MiB\"");
    set(device, "enable", time(50, 1000));
    set(device, "reset", time(100, 2000));
    set(device, "ready_timeout", "\"500ms\"");
    set(device, "contexts", one_of({"4", "16", "64"}));
    set(device, "vendor_bytes", one_of({"\"0B\"", "\"0B\"", "\"512B\"", "\"64KiB\""}));
    set(device, "private_namespaces", flag(80));
    set(device + ".media", "channels", one_of({"1", "4", "16"}));
    const auto uniform = [this](std::uint64_t least, std::uint64_t most) {
        const std::uint64_t low = least + below(most - least);
        return fmt::format("{{ min = \"{}us\", max = \"{}us\" }}", low, low + 1 + below(most));
    };
    set(device + ".media", "read", uniform(5, 100));
    set(device + ".media", "write", uniform(5, 50));
    for (const char* const command : {"suspend", "resume", "get_state", "set_state"}) {
        set(device + ".admin", command, uniform(5, 200));
    }
    set(device + ".admin", "parallel", fmt::format("{}", 1 + below(3)));
}

void Drawing::draw_workload() {
    SwarmTable jobs;
    const std::string file =
        one_of({"randread.fio", "randwrite.fio", "randwrite.fio", "mixed.fio", "trim.fio"});
    jobs.emplace_back("fio", text(file));
    jobs.emplace_back("depth", fmt::format("{}", 1 + below(6)));
    if (chance(60)) {
        jobs.emplace_back("iops", fmt::format("{}", 2000 + below(20000)));
    }
    if (vfs_ > 1 && chance(30)) {
        jobs.emplace_back("vf", fmt::format("[{}]", below(vfs_)));
    }
    out_.workloads.push_back(std::move(jobs));
}

const FaultClass& Drawing::draw_class() {
    std::vector<const FaultClass*> fit;
    for (const FaultClass& one : sim::fault_classes()) {
        const bool asked =
            std::find(wish_.only.begin(), wish_.only.end(), one.name) != wish_.only.end();
        const bool of_log = one.id.substr(0, 8) == "FLT-LOG-" && one.name.substr(0, 5) != "dirty";
        const bool drawn =
            wish_.only.empty() && one.harm != sim::FaultHarm::Caught && (logs_ || !of_log);
        if (asked || drawn) {
            fit.insert(fit.end(), rare(one) != nullptr ? rare(one)->weight : 1, &one);
        }
    }
    return *fit[below(fit.size())];
}

void Drawing::place(const FaultClass& kind, SwarmTable& fault) {
    const Rare* const few = rare(kind);
    const bool placed = few != nullptr && few->host[0] != '\0' && chance(80);
    const std::string host = placed ? few->host : one_of({"source", "destination"});
    const std::string vf = fmt::format(".vf{}", below(vfs_));
    switch (kind.place) {
        case FaultPlace::Vf:
            fault.emplace_back("where", text(host + (chance(50) ? vf : "")));
            break;
        case FaultPlace::Host: fault.emplace_back("where", text(host)); break;
        case FaultPlace::Guest: fault.emplace_back("where", text("guest" + vf)); break;
        default: break;
    }
}

void Drawing::when(const FaultClass& kind, SwarmTable& fault) {
    if (kind.how == FaultHow::Setup) {
        return;
    }
    const bool act = kind.how == FaultHow::Act;
    if (!act && rare(kind) != nullptr && chance(70)) {
        const char* const numbers[] = {"1st", "2nd", "3rd"};
        fault.emplace_back("when", text(numbers[below(rare(kind)->occasions)]));
        return;
    }
    const std::uint64_t way = below(act ? 10 : 12);
    if (way < 4) {
        fault.emplace_back("when", time(100, 16000));
    } else if (way < 10 && act) {
        fault.emplace_back("when", text(one_of(effects())));
    } else if (way < 7) {
        fault.emplace_back("when", text(fmt::format("{}th", 4 + below(17))));
    } else if (way < 9) {
        fault.emplace_back("when", text(one_of({"1st", "2nd", "3rd"})));
    } else {
        fault.emplace_back("probability", one_of({"\"0.1%\"", "\"1%\"", "\"10%\"", "\"50%\""}));
        fault.emplace_back("times", fmt::format("{}", 1 + below(8)));
    }
}

void Drawing::draw_fault() {
    const FaultClass& kind = draw_class();
    SwarmTable fault;
    // A VF that was reset has no queues: nobody finds that they would not fit over there, and the
    // guest's driver, as Linux', does not get by with shorter ones.
    alone_ = kind.name.substr(0, 12) == "destination." && kind.how == FaultHow::Setup;
    if (alone_) {
        out_.faults.clear();
        for (auto& [key, value] : out_.tables["vm"]) {
            value = key == "io_timeout" ? "\"100ms\"" : value;
        }
    }
    fault.emplace_back("what", text(std::string(kind.name)));
    // A controller has to be enabled for that.
    const bool needs_reset = kind.fault == Fault::ReadyLate;
    if (needs_reset) {
        out_.faults.push_back({{"what", "\"guest.reset\""}, {"when", time(100, 4000)}});
    }
    if (chance(needs_reset ? 20 : 70)) {
        place(kind, fault);
    }
    when(kind, fault);
    if ((kind.knobs & sim::knob::length) != 0) {
        fault.emplace_back("length", time(20, 30000));
    }
    if ((kind.knobs & sim::knob::value) != 0) {
        const bool lanes = kind.fault == Fault::LinkRetrained;
        fault.emplace_back("value", lanes ? "1" : fmt::format("{}", 1 + below(16)));
    }
    out_.faults.push_back(std::move(fault));
}

void write_table(const std::string& head, const SwarmTable& table, std::string& out) {
    out += head.empty() ? "" : "\n" + head + "\n";
    for (const auto& [key, value] : table) {
        out += key + " = " + value + "\n";
    }
}

}  // namespace

SwarmScenario draw_swarm(std::uint64_t seed, unsigned attempt, const SwarmWish& wish) {
    return Drawing(seed, attempt, wish).draw();
}

std::string swarm_toml(const SwarmScenario& scenario, const std::string& comment) {
    std::string out = comment;
    for (const auto& [name, table] : scenario.tables) {
        if (!table.empty()) {
            write_table(name.empty() ? "" : "[" + name + "]", table, out);
        }
    }
    for (const SwarmTable& jobs : scenario.workloads) {
        write_table("[[workload]]", jobs, out);
    }
    for (const SwarmTable& fault : scenario.faults) {
        write_table("[[fault]]", fault, out);
    }
    return out;
}

}  // namespace lmsim::runs
