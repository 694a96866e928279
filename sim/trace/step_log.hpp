#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "model/host/memory_log.hpp"
#include "model/host/pf_submit.hpp"
#include "model/host/udmq.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/engine.hpp"
#include "model/nvme/state.hpp"
#include "model/pack.hpp"
#include "model/vfio/device.hpp"
#include "sim/metrics/part.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim::trace {

/// The parts of the model that step. The VMM's device index and the PF's queue are 0.
enum class StepPart : std::uint8_t { Nvme, Vfio, Flow, Pf, Udmq, MemoryLog, Vmm };
constexpr std::array<std::string_view, 7> step_part_names{
    "nvme", "vfio", "vfio_nvme", "pf_submit", "udmq", "memory_log", "vmm"};

/// steps.ndjson: every call of a step() of the model, with its event, its effects and a hash of the
/// state that it leaves, in the order in which they happen. One line each; `effects` are [kind,
/// flags, function, ticket, address, length, token, token2, token3]. A line with `state` instead is
/// the packed state of a part whose host has set it up, or changed it, since its last step. A line
/// of the part `memory` marks memory that a function wrote, where it is tracked. With the run's
/// config.toml this is all that a replay of the model without time needs.
class StepLog {
  public:
    explicit StepLog(OutputFile file);
    /// Keeps what is logged, for take().
    StepLog() = default;
    ~StepLog();

    /// What was logged since the last call, of a log without a file.
    std::string take() { return std::move(buffer_); }

    /// Before a step of a part other than the controllers'.
    template <class State>
    void before(Ps at, metrics::Side side, StepPart part, std::uint16_t vf, const State& state) {
        if (packed_hash(state) != last_[key(side, part, vf)]) {
            const Packed<State> packed(state);
            set_state(at, side, part, vf, packed.bytes.data(), packed.size);
        }
    }
    /// After it, before its line is written: its state is part of the line.
    template <class State>
    void after(metrics::Side side, StepPart part, std::uint16_t vf, const State& state) {
        hash_ = packed_hash(state);
        last_[key(side, part, vf)] = hash_;
    }
    /// The same of a step of a controller, whose whole state takes too long.
    void after(std::uint64_t digest) { hash_ = digest; }

    void memory_written(Ps at, metrics::Side side, std::uint16_t function, std::uint64_t address,
                        std::uint64_t length);

    void nvme(Ps at, metrics::Side side, const nvme::Event& event, const Effects& effects);
    void vfio(Ps at, metrics::Side side, std::uint16_t vf, const vfio::Event& event,
              const Effects& effects);
    void flow(Ps at, metrics::Side side, std::uint16_t vf, const host::FlowEvent& event,
              std::size_t state_bytes, const Effects& effects);
    void pf(Ps at, metrics::Side side, const host::PfEvent& event, const Effects& effects);
    void udmq(Ps at, metrics::Side side, std::uint16_t vf, const host::UdmqEvent& event,
              const Effects& effects);
    void memory_log(Ps at, metrics::Side side, std::uint16_t vf, const host::MemoryLogEvent& event,
                    std::size_t report_bytes, const Effects& effects);
    void vmm(Ps at, metrics::Side side, const host::vmm::Event& event, const Effects& effects);

    void close();
    const std::string& error() const { return file_->error(); }

  private:
    using Key = std::tuple<metrics::Side, StepPart, std::uint16_t>;
    static Key key(metrics::Side side, StepPart part, std::uint16_t vf) { return {side, part, vf}; }
    void set_state(Ps at, metrics::Side side, StepPart part, std::uint16_t vf,
                   const std::uint8_t* bytes, std::size_t size);
    void write_out();
    void begin(Ps at, metrics::Side side, std::string_view part);
    template <class Value>
    void field(const char* key, Value value);
    void bytes(const char* key, const std::uint8_t* from, std::size_t length);
    void end(const Effects& effects);

    std::optional<OutputFile> file_;
    std::string buffer_;
    std::uint64_t hash_ = 0;             // of the state after the step at hand
    std::map<Key, std::uint64_t> last_;  // of the state after the last step
};

}  // namespace lmsim::sim::trace
