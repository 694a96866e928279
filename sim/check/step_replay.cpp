#include "sim/check/step_replay.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "model/host/rfc/driver_rules.hpp"
#include "model/nvme/step.hpp"
#include "model/wire/controller_state.hpp"
#include "sim/check/replay_env.hpp"
#include "sim/check/state_digest.hpp"
#include "sim/check/step_line.hpp"
#include "sim/core/text.hpp"
#include "sim/host/memory.hpp"
#include "sim/run/convert.hpp"
#include "sim/trace/step_log.hpp"

namespace lmsim::sim {
namespace {

using metrics::Side;
using trace::StepPart;

/// A device's controllers.
struct ReplayDevice {
    std::unique_ptr<nvme::Subsystem<nvme::SimBounds>> subsystem;
    nvme::Config config;
    std::unique_ptr<ReplayEnv> env;
    std::map<std::uint64_t, nvme::Read> reads;  // under way, by function and ticket
};

/// The driver's parts on one side, and its VMM.
struct ReplayHost {
    ReplayDevice device;
    std::unique_ptr<host::SimPfQueue> pf = std::make_unique<host::SimPfQueue>();
    std::vector<vfio::DeviceState> vfio;
    std::vector<host::VfioNvme> flow;
    std::vector<host::Udmq> udmq;
    std::vector<host::MemoryLog> memory_log;
    std::uint64_t pf_timeout = 0;
    std::uint32_t report_bytes = 0;
};

constexpr std::uint64_t read_key(std::uint16_t function, std::uint32_t ticket) {
    return std::uint64_t{function} << 32 | ticket;
}

class Replay {
  public:
    Replay(const Scenario& scenario, const Dialects& dialects)
        : dialects_(dialects), vmm_(vmm_config(scenario)) {
        for (spec::Rules& driver : dialects_.driver) {
            driver = host::driver_rules(driver);
        }
        build(hosts_[0], scenario, scenario.hosts.src);
        build(hosts_[1], scenario, scenario.hosts.dst);
    }

    /// Why the line cannot be a step of this run; empty if it can.
    std::string take(const StepLine& line);
    /// What the model makes of it, as a line of the log; empty of a line that is no step.
    std::string replayed() { return log_.take(); }
    std::uint64_t states() const { return states_; }

  private:
    void build(ReplayHost& host, const Scenario& scenario, const HostParams& params);
    ReplayHost& host(const StepLine& line) { return hosts_[line.side == Side::Source ? 0 : 1]; }
    const spec::Rules& driver(const StepLine& line) const {
        return dialects_.driver[line.side == Side::Source ? 0 : 1];
    }

    template <class State>
    bool set(const StepLine& line, State& state) {
        ++states_;
        return unpack(line.bytes.data(), line.bytes.size(), state) == line.bytes.size();
    }
    bool set_state(const StepLine& line);
    bool step(const StepLine& line);
    bool nvme(const StepLine& line);
    void vfio(const StepLine& line);
    void flow(const StepLine& line);
    void pf(const StepLine& line);
    void udmq(const StepLine& line);
    void memory_log(const StepLine& line);
    void vmm(const StepLine& line);

    Dialects dialects_;
    host::vmm::Config vmm_;
    ReplayHost hosts_[2];
    host::vmm::Source<> source_;
    host::vmm::Destination<> destination_;
    trace::StepLog log_;
    Effects effects_;
    std::uint64_t states_ = 0;
};

void Replay::build(ReplayHost& host, const Scenario& scenario, const HostParams& params) {
    const auto vfs = static_cast<std::uint16_t>(params.device.vfs);
    const HostTiming timing = host_timing(scenario, params, dialects_);
    host.device.config = device_timing(scenario, params).config;
    host.device.subsystem = std::make_unique<nvme::Subsystem<nvme::SimBounds>>();
    nvme::initialize(*host.device.subsystem, host.device.config, vfs);
    host.device.env =
        std::make_unique<ReplayEnv>(vfs + std::size_t{1}, host.device.config.vendor_bytes);
    host.device.env->reach(0, host_pages(scenario, params, dialects_) * page_size);
    for (std::uint16_t function = 1; function <= vfs; ++function) {
        host.device.env->reach(function, scenario.vm.ram.count / page_size * page_size);
    }
    host.vfio.resize(vfs);
    host.flow.resize(vfs);
    host.udmq.resize(vfs);
    host.memory_log.resize(vfs);
    host.pf_timeout = static_cast<std::uint64_t>(timing.admin_timeout);
    host.report_bytes = timing.memory.report;
}

std::string Replay::take(const StepLine& line) {
    const std::size_t vfs = host(line).vfio.size();
    if (line.get<std::uint64_t>("vf") >= vfs && line.part != "nvme") {
        return fmt::format("\"vf\" is none of this run; expected less than {}", vfs);
    }
    if (line.get<std::uint64_t>("function") > vfs) {
        return fmt::format("\"function\" is none of this run; expected at most {}", vfs);
    }
    if (line.part == "memory") {
        host(line)
            .device.env->tracked(line.get<std::uint16_t>("function"))
            .mark(line.get<std::uint64_t>("address"), line.get<std::uint64_t>("length"));
        return {};
    }
    if (line.is_state) {
        return set_state(line) ? "" : "\"state\" is no state of this part; expected a packed one";
    }
    return step(line) ? "" : "this is no step of a part of the model; expected one of this version";
}

bool Replay::set_state(const StepLine& line) {
    ReplayHost& on = host(line);
    const auto vf = line.get<std::uint16_t>("vf");
    if (line.part == "vfio") return set(line, on.vfio[vf]);
    if (line.part == "vfio_nvme") return set(line, on.flow[vf]);
    if (line.part == "pf_submit") return set(line, *on.pf);
    if (line.part == "udmq") return set(line, on.udmq[vf]);
    if (line.part == "memory_log") return set(line, on.memory_log[vf]);
    if (line.part != "vmm") return false;
    return line.side == Side::Source ? set(line, source_) : set(line, destination_);
}

bool Replay::step(const StepLine& line) {
    effects_.clear();
    if (line.part == "nvme") return nvme(line);
    if (line.part == "vfio") return vfio(line), true;
    if (line.part == "vfio_nvme") return flow(line), true;
    if (line.part == "pf_submit") return pf(line), true;
    if (line.part == "udmq") return udmq(line), true;
    if (line.part == "memory_log") return memory_log(line), true;
    if (line.part == "vmm") return vmm(line), true;
    return false;
}

/// The data of a command are where the controller keeps them before it hears of them.
bool Replay::nvme(const StepLine& line) {
    ReplayDevice& device = host(line).device;
    nvme::Event event;
    line.get("kind", event.kind);
    line.get("function", event.function);
    line.get("queue", event.queue);
    line.get("ticket", event.ticket);
    line.get("address", event.address);
    line.get("value", event.value);
    line.get("length", event.length);
    line.get("failed", event.failed);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    const bool done = event.kind == nvme::Event::Kind::Done;
    const auto read = device.reads.find(read_key(event.function, event.ticket));
    if (done && read != device.reads.end()) {
        if (read->second == nvme::Read::CommandData && line.has_bytes) {
            std::uint8_t* const data = device.env->data(event.function, event.ticket, event.length);
            std::memcpy(data, line.bytes.data(), line.bytes.size());
            event.bytes = data;
        }
        device.reads.erase(read);
    }
    if (event.kind > nvme::Event::Kind::Continue ||
        (line.has_bytes && line.bytes.size() != event.length)) {
        return false;
    }
    const spec::Rules& rules = dialects_.device[line.side == Side::Source ? 0 : 1];
    nvme::step(*device.subsystem, event, device.config, rules, *device.env, effects_);
    for (const Effect& effect : effects_) {
        if (effect.kind == EffectKind::ReadMemory) {
            device.reads[read_key(effect.function, effect.ticket)] =
                static_cast<nvme::Read>(effect.token);
        }
    }
    log_.after(step_digest(*device.subsystem, event, effects_));
    log_.nvme(line.at, line.side, event, effects_);
    return true;
}

void Replay::vfio(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    vfio::DeviceState& state = host(line).vfio[vf];
    vfio::Event event;
    line.get("kind", event.kind);
    line.get("error", event.error);
    line.get("ticket", event.ticket);
    line.get("target", event.target);
    line.get("fd", event.fd);
    line.get("length", event.length);
    line.get("available", event.available);
    line.get("initial", event.initial);
    line.get("dirty", event.dirty);
    line.get("argsz", event.argsz);
    line.get("fatal", event.fatal);
    line.get("nonblocking", event.nonblocking);
    line.get("positioned", event.positioned);
    line.get("producing", event.producing);
    line.get("fault", event.fault);
    line.get("reply_fault", event.reply_fault);
    line.get("reinit", event.reinit);
    vfio::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::Vfio, vf, state);
    log_.vfio(line.at, line.side, vf, event, effects_);
}

void Replay::flow(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::VfioNvme& state = host(line).flow[vf];
    host::FlowEvent event;
    line.get("kind", event.kind);
    line.get("from", event.from);
    line.get("to", event.to);
    line.get("error", event.error);
    line.get("status", event.status);
    line.get("dw0", event.dw0);
    line.get("ticket", event.ticket);
    line.get("value", event.value);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::Flow, vf, state);
    log_.flow(line.at, line.side, vf, event, line.bytes.size(), effects_);
}

void Replay::pf(const StepLine& line) {
    host::SimPfQueue& state = *host(line).pf;
    host::PfEvent event;
    line.get("kind", event.kind);
    line.get("tag", event.tag);
    line.get("status", event.status);
    line.get("owner", event.owner);
    line.get("dw0", event.dw0);
    line.get("dw1", event.dw1);
    host::step(state, event, host(line).pf_timeout, effects_);
    log_.after(line.side, StepPart::Pf, 0, state);
    log_.pf(line.at, line.side, event, effects_);
}

void Replay::udmq(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::Udmq& state = host(line).udmq[vf];
    host::UdmqEvent event;
    line.get("kind", event.kind);
    line.get("error", event.error);
    line.get("status", event.status);
    line.get("ticket", event.ticket);
    line.get("dw0", event.dw0);
    line.get("count", event.count);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::Udmq, vf, state);
    log_.udmq(line.at, line.side, vf, event, effects_);
}

void Replay::memory_log(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::MemoryLog& state = host(line).memory_log[vf];
    host::MemoryLogEvent event;
    line.get("kind", event.kind);
    line.get("error", event.error);
    line.get("status", event.status);
    line.get("ticket", event.ticket);
    line.get("dw0", event.dw0);
    line.get("dw1", event.dw1);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::MemoryLog, vf, state);
    log_.memory_log(line.at, line.side, vf, event, line.bytes.size(), effects_);
}

void Replay::vmm(const StepLine& line) {
    host::vmm::Event event;
    line.get("kind", event.kind);
    line.get("quota", event.quota);
    line.get("exact", event.exact);
    line.get("ready", event.ready);
    line.get("message", event.message);
    line.get("marker", event.marker);
    line.get("device", event.device);
    line.get("ticket", event.ticket);
    line.get("error", event.error);
    line.get("now_ms", event.now_ms);
    line.get("value0", event.value0);
    line.get("value1", event.value1);
    line.get("length", event.length);
    if (line.side == Side::Source) {
        host::vmm::step(source_, event, vmm_, dialects_.vmm, effects_);
        log_.after(line.side, StepPart::Vmm, 0, source_);
    } else {
        host::vmm::step(destination_, event, vmm_, dialects_.vmm, effects_);
        log_.after(line.side, StepPart::Vmm, 0, destination_);
    }
    log_.vmm(line.at, line.side, event, effects_);
}

/// From shortly before where they differ.
std::string excerpt(const std::string& line, std::size_t from) {
    constexpr std::size_t before = 40;
    constexpr std::size_t most = 160;
    const std::size_t begin = from > before ? from - before : 0;
    return printable(std::string_view(line).substr(std::min(begin, line.size()), most));
}

void compare(const std::string& logged, std::string replayed, std::uint64_t line,
             ReplayVerdict& verdict) {
    if (!replayed.empty()) {
        replayed.pop_back();  // its newline
    }
    if (logged == replayed) {
        return;
    }
    std::size_t same = 0;
    while (same < logged.size() && same < replayed.size() && logged[same] == replayed[same]) {
        ++same;
    }
    verdict.line = line;
    verdict.logged = excerpt(logged, same);
    verdict.replayed = excerpt(replayed, same);
}

}  // namespace

sim::Result<ReplayVerdict> replay_steps(const std::string& path, const Scenario& scenario,
                                        const Dialects& dialects) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Failure{fmt::format("{}: cannot be read", printable(path))};
    }
    const std::string header = fmt::format("\"{}\"", trace::steps_schema_name);
    std::string text;
    if (!std::getline(file, text) || text.find(header) == std::string::npos) {
        return Failure{
            fmt::format("{}:1:1: this is no log of steps; expected what `lmsim run "
                        "--trace steps` writes",
                        printable(path))};
    }
    const auto replay = std::make_unique<Replay>(scenario, dialects);
    trace::FlatJson json;
    StepLine line;
    ReplayVerdict verdict;
    for (std::uint64_t number = 2; verdict.ok() && std::getline(file, text); ++number) {
        if (!line.read(json, text)) {
            return Failure{
                fmt::format("{}:{}:{}: {}", printable(path), number, json.column(), json.what())};
        }
        const std::string wrong = replay->take(line);
        if (!wrong.empty()) {
            return Failure{fmt::format("{}:{}:1: {}", printable(path), number, wrong)};
        }
        if (!line.is_state && line.part != "memory") {
            ++verdict.steps;
            compare(text, replay->replayed(), number, verdict);
        }
    }
    verdict.states = replay->states();
    return verdict;
}

}  // namespace lmsim::sim
