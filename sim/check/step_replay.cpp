#include "sim/check/step_replay.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "model/host/rfc/driver_rules.hpp"
#include "model/host/vmm/cloud.hpp"
#include "model/nvme/step.hpp"
#include "model/wire/controller_state.hpp"
#include "sim/check/replay_env.hpp"
#include "sim/check/state_digest.hpp"
#include "sim/check/step_line.hpp"
#include "sim/core/own_process.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/host/memory.hpp"
#include "sim/run/convert.hpp"
#include "sim/run/opaque_devices.hpp"
#include "sim/trace/step_fields.hpp"
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
    std::size_t vfs = 0;
    std::vector<OpaqueTiming> others;     // devices of other kinds, after the VFs
    std::vector<vfio::DeviceState> vfio;  // of both
    std::vector<host::VfioNvme> flow;
    std::vector<host::Udmq> udmq;
    std::vector<host::MemoryLog> memory_log;
    std::uint64_t pf_timeout = 0;
    std::uint32_t report_bytes = 0;
};

template <class Event>
void read(const StepLine& line, Event& event) {
    trace::StepFields<Event>::each(event,
                                   [&line](const char* key, auto& field) { line.get(key, field); });
}

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
    host::vmm::CloudSourceState<> cloud_source_;
    host::vmm::CloudTargetState<> cloud_target_;
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
    host.vfio.resize(device_count(scenario));
    host.vfs = vfs;
    host.others = opaque_devices(scenario);
    host.flow.resize(vfs);
    host.udmq.resize(vfs);
    host.memory_log.resize(vfs);
    host.pf_timeout = static_cast<std::uint64_t>(timing.admin_timeout);
    host.report_bytes = timing.memory.report;
}

std::string Replay::take(const StepLine& line) {
    const std::size_t vfs = host(line).vfs;
    const bool of_devices = line.part != "nvme" && line.part != "vmm" && line.part != "pf_submit" &&
                            line.part != "memory";
    const std::size_t devices = line.part == "vfio" ? host(line).vfio.size() : vfs;
    if (of_devices && line.get<std::uint64_t>("vf") >= devices) {
        return fmt::format("\"vf\" is none of this run; expected less than {}", devices);
    }
    if (line.get<std::uint64_t>("function") > vfs) {
        return fmt::format("\"function\" is none of this run; expected at most {}", vfs);
    }
    if (line.part == "memory") {
        const auto function = line.get<std::uint16_t>("function");
        const auto address = line.get<std::uint64_t>("address");
        const auto length = line.get<std::uint64_t>("length");
        ReplayEnv& env = *host(line).device.env;
        if (length == 0 || !env.reaches(function, address, length)) {
            return "\"address\" and \"length\" are no memory of the function";
        }
        env.tracked(function).mark(address, length);
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
    if (vmm_.engine == host::vmm::Engine::CloudHypervisor) {
        return line.side == Side::Source ? set(line, cloud_source_) : set(line, cloud_target_);
    }
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
    read(line, event);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    if (event.kind > nvme::Event::Kind::Continue ||
        (line.has_bytes && line.bytes.size() != event.length)) {
        return false;
    }
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
    read(line, event);
    const ReplayHost& on = host(line);
    const spec::Rules rules =
        vf < on.vfs ? driver(line) : opaque_rules(on.others[vf - on.vfs], driver(line));
    vfio::step(state, event, rules, effects_);
    log_.after(line.side, StepPart::Vfio, vf, state);
    log_.vfio(line.at, line.side, vf, event, effects_);
}

void Replay::flow(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::VfioNvme& state = host(line).flow[vf];
    host::FlowEvent event;
    read(line, event);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::Flow, vf, state);
    log_.flow(line.at, line.side, vf, event, line.bytes.size(), effects_);
}

void Replay::pf(const StepLine& line) {
    host::SimPfQueue& state = *host(line).pf;
    host::PfEvent event;
    read(line, event);
    host::step(state, event, host(line).pf_timeout, effects_);
    log_.after(line.side, StepPart::Pf, 0, state);
    log_.pf(line.at, line.side, event, effects_);
}

void Replay::udmq(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::Udmq& state = host(line).udmq[vf];
    host::UdmqEvent event;
    read(line, event);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::Udmq, vf, state);
    log_.udmq(line.at, line.side, vf, event, effects_);
}

void Replay::memory_log(const StepLine& line) {
    const auto vf = line.get<std::uint16_t>("vf");
    host::MemoryLog& state = host(line).memory_log[vf];
    host::MemoryLogEvent event;
    read(line, event);
    event.bytes = line.has_bytes ? line.bytes.data() : nullptr;
    host::step(state, event, driver(line), effects_);
    log_.after(line.side, StepPart::MemoryLog, vf, state);
    log_.memory_log(line.at, line.side, vf, event, line.bytes.size(), effects_);
}

void Replay::vmm(const StepLine& line) {
    host::vmm::Event event;
    read(line, event);
    const auto take = [this, &line, &event](auto& state) {
        host::vmm::step(state, event, vmm_, dialects_.vmm, effects_);
        log_.after(line.side, StepPart::Vmm, 0, state);
    };
    const bool source = line.side == Side::Source;
    if (vmm_.engine == host::vmm::Engine::CloudHypervisor) {
        source ? take(cloud_source_) : take(cloud_target_);
    } else {
        source ? take(source_) : take(destination_);
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

/// What replay_here() is told and tells, as text: it comes from another process.
std::string encode(const sim::Result<ReplayVerdict>& result) {
    if (!result) {
        return "refused\n" + result.error();
    }
    const ReplayVerdict& verdict = result.value();
    return fmt::format("{} {} {}\n{}\n{}", verdict.steps, verdict.states, verdict.line,
                       verdict.logged, verdict.replayed);
}

sim::Result<ReplayVerdict> decode(const std::string& text) {
    constexpr std::string_view refused = "refused\n";
    if (text.compare(0, refused.size(), refused) == 0) {
        return Failure{text.substr(refused.size())};
    }
    std::istringstream in(text);
    ReplayVerdict verdict;
    in >> verdict.steps >> verdict.states >> verdict.line;
    LMSIM_ASSERT(in && in.get() == '\n');
    std::getline(in, verdict.logged);
    std::getline(in, verdict.replayed);
    return verdict;
}

/// `number`: of the line at hand, for who looks on.
sim::Result<ReplayVerdict> replay_here(std::ifstream& file, const std::string& path,
                                       const Scenario& scenario, const Dialects& dialects,
                                       volatile std::uint64_t& number) {
    const auto replay = std::make_unique<Replay>(scenario, dialects);
    trace::FlatJson json;
    StepLine line;
    std::string text;
    ReplayVerdict verdict;
    for (number = 2; verdict.ok() && std::getline(file, text); number = number + 1) {
        const std::uint64_t at = number;
        if (!line.read(json, text)) {
            return Failure{
                fmt::format("{}:{}:{}: {}", printable(path), at, json.column(), json.what())};
        }
        const std::string wrong = replay->take(line);
        if (!wrong.empty()) {
            return Failure{fmt::format("{}:{}:1: {}", printable(path), at, wrong)};
        }
        if (!line.is_state && line.part != "memory") {
            ++verdict.steps;
            compare(text, replay->replayed(), at, verdict);
        }
    }
    verdict.states = replay->states();
    return verdict;
}

/// Which promise did not hold, of what LMSIM_ASSERT says: it is no bug that this log breaks it.
std::string promise_of(const std::string& said) {
    const std::size_t begin = said.find("bug: ");
    const std::size_t end = said.find(" does not hold");
    return begin < end && end != std::string::npos ? said.substr(begin + 5, end + 9 - begin) : "";
}

/// A number that a process and its children see.
class SharedNumber {
  public:
    SharedNumber()
        : at_(mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
        LMSIM_ASSERT(at_ != MAP_FAILED);
    }
    ~SharedNumber() { munmap(at_, sizeof(std::uint64_t)); }
    SharedNumber(const SharedNumber&) = delete;
    SharedNumber& operator=(const SharedNumber&) = delete;

    volatile std::uint64_t& value() { return *static_cast<volatile std::uint64_t*>(at_); }

  private:
    void* at_;
};

/// What the first line of a log says of itself; empty if that is nothing.
std::string schema_of_line(const std::string& line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const bool says = json.is_object() && json.contains("schema") && json["schema"].is_string();
    return says ? json["schema"].get<std::string>() : std::string();
}

}  // namespace

sim::Result<ReplayVerdict> replay_steps(const std::string& path, const Scenario& scenario,
                                        const Dialects& dialects) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Failure{fmt::format("{}: cannot be read", printable(path))};
    }
    std::string text;
    const std::string found = std::getline(file, text) ? schema_of_line(text) : std::string();
    if (found != schema::Steps) {
        if (is_version_of(found, schema::Steps)) {
            return Failure{
                fmt::format("{}:1:1: {}", printable(path), other_schema(found, schema::Steps))};
        }
        return Failure{
            fmt::format("{}:1:1: this is no log of steps; expected what `lmsim run "
                        "--trace steps` writes",
                        printable(path))};
    }
    // The model promises its hosts nothing about states and events that no host has made.
    SharedNumber number;
    const OwnProcess ended = in_own_process(
        [&] { return encode(replay_here(file, path, scenario, dialects, number.value())); });
    if (!ended.ended) {
        const std::uint64_t at = number.value();
        const std::string promise = promise_of(ended.said);
        return Failure{
            fmt::format("{}:{}:1: the model cannot take this step after those before "
                        "it{}{}; expected a log as a run of this version wrote it",
                        printable(path), at, promise.empty() ? "" : ": ", printable(promise))};
    }
    return decode(ended.returned);
}

}  // namespace lmsim::sim
