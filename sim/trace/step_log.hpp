#pragma once

#include <string>

#include "model/host/memory_log.hpp"
#include "model/host/pf_submit.hpp"
#include "model/host/udmq.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/engine.hpp"
#include "model/nvme/state.hpp"
#include "model/vfio/device.hpp"
#include "sim/metrics/part.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim::trace {

constexpr const char* steps_schema_name = "lmsim/steps/1";

/// steps.ndjson: every call of a step() of the model, with its event and its effects, in the order
/// in which they happen: all that is needed to replay the model without time. One line each;
/// `effects` are [kind, flags, function, ticket, address, length, token, token2, token3].
class StepLog {
  public:
    explicit StepLog(OutputFile file);
    ~StepLog();

    void nvme(Ps at, metrics::Side side, const nvme::Event& event, const Effects& effects);
    void vfio(Ps at, metrics::Side side, std::uint16_t vf, const vfio::Event& event,
              const Effects& effects);
    void flow(Ps at, metrics::Side side, std::uint16_t vf, const host::FlowEvent& event,
              const Effects& effects);
    void pf(Ps at, metrics::Side side, const host::PfEvent& event, const Effects& effects);
    void udmq(Ps at, metrics::Side side, std::uint16_t vf, const host::UdmqEvent& event,
              const Effects& effects);
    void memory_log(Ps at, metrics::Side side, std::uint16_t vf, const host::MemoryLogEvent& event,
                    const Effects& effects);
    void vmm(Ps at, metrics::Side side, const host::vmm::Event& event, const Effects& effects);

    void close();
    const std::string& error() const { return file_.error(); }

  private:
    void begin(Ps at, metrics::Side side, const char* part);
    template <class Value>
    void field(const char* key, Value value);
    void bytes(const std::uint8_t* from, std::size_t length);
    void end(const Effects& effects);

    OutputFile file_;
    std::string buffer_;
};

}  // namespace lmsim::sim::trace
