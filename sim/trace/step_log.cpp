#include "sim/trace/step_log.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "model/wire/cdq.hpp"

namespace lmsim::sim::trace {

namespace {

constexpr std::size_t flush_at = std::size_t{1} << 20;

template <class Enum>
unsigned number(Enum value) {
    return static_cast<unsigned>(value);
}

}  // namespace

StepLog::StepLog(OutputFile file) : file_(std::move(file)) {
    buffer_ = fmt::format("{{\"schema\":\"{}\",\"unit\":\"ps\"}}\n", steps_schema_name);
}

StepLog::~StepLog() { close(); }

void StepLog::close() {
    file_.write(buffer_);
    buffer_.clear();
    file_.close();
}

void StepLog::begin(Ps at, metrics::Side side, const char* part) {
    fmt::format_to(std::back_inserter(buffer_), "{{\"t\":{},\"side\":\"{}\",\"part\":\"{}\"", at,
                   metrics::name(side), part);
}

/// Fields that have their resting value are left out.
template <class Value>
void StepLog::field(const char* key, Value value) {
    if (value != Value{}) {
        fmt::format_to(std::back_inserter(buffer_), ",\"{}\":{}", key, value);
    }
}

void StepLog::bytes(const std::uint8_t* from, std::size_t length) {
    if (from == nullptr || length == 0) {
        return;
    }
    buffer_ += ",\"bytes\":\"";
    for (std::size_t i = 0; i < length; ++i) {
        fmt::format_to(std::back_inserter(buffer_), "{:02x}", from[i]);
    }
    buffer_ += '"';
}

void StepLog::end(const Effects& effects) {
    buffer_ += ",\"effects\":[";
    for (const Effect& e : effects) {
        fmt::format_to(std::back_inserter(buffer_), "{}[{},{},{},{},{},{},{},{},{}]",
                       &e == effects.begin() ? "" : ",", number(e.kind), e.flags, e.function,
                       e.ticket, e.address, e.length, e.token, e.token2, e.token3);
    }
    buffer_ += "]}\n";
    if (buffer_.size() >= flush_at) {
        file_.write(buffer_);
        buffer_.clear();
    }
}

void StepLog::nvme(Ps at, metrics::Side side, const nvme::Event& event, const Effects& effects) {
    begin(at, side, "nvme");
    field("kind", number(event.kind));
    field("function", event.function);
    field("queue", event.queue);
    field("ticket", event.ticket);
    field("address", event.address);
    field("value", event.value);
    bytes(event.bytes, event.length);
    end(effects);
}

void StepLog::vfio(Ps at, metrics::Side side, std::uint16_t vf, const vfio::Event& event,
                   const Effects& effects) {
    begin(at, side, "vfio");
    field("vf", vf);
    field("kind", number(event.kind));
    field("error", number(event.error));
    field("ticket", event.ticket);
    field("target", event.target);
    field("fd", event.fd);
    field("length", event.length);
    field("available", event.available);
    end(effects);
}

void StepLog::flow(Ps at, metrics::Side side, std::uint16_t vf, const host::FlowEvent& event,
                   const Effects& effects) {
    begin(at, side, "vfio_nvme");
    field("vf", vf);
    field("kind", number(event.kind));
    field("from", number(event.from));
    field("to", number(event.to));
    field("error", number(event.error));
    field("status", event.status);
    field("dw0", event.dw0);
    field("ticket", event.ticket);
    field("value", event.value);
    end(effects);
}

void StepLog::pf(Ps at, metrics::Side side, const host::PfEvent& event, const Effects& effects) {
    begin(at, side, "pf_submit");
    field("kind", number(event.kind));
    field("tag", event.tag);
    field("status", event.status);
    field("owner", event.owner);
    field("dw0", event.dw0);
    field("dw1", event.dw1);
    end(effects);
}

void StepLog::udmq(Ps at, metrics::Side side, std::uint16_t vf, const host::UdmqEvent& event,
                   const Effects& effects) {
    begin(at, side, "udmq");
    field("vf", vf);
    field("kind", number(event.kind));
    field("error", number(event.error));
    field("status", event.status);
    field("ticket", event.ticket);
    field("dw0", event.dw0);
    field("count", event.count);
    bytes(event.bytes, event.count * wire::udmq_entry_size(spec::Rules{}));
    end(effects);
}

void StepLog::memory_log(Ps at, metrics::Side side, std::uint16_t vf,
                         const host::MemoryLogEvent& event, const Effects& effects) {
    begin(at, side, "memory_log");
    field("vf", vf);
    field("kind", number(event.kind));
    field("error", number(event.error));
    field("status", event.status);
    field("ticket", event.ticket);
    field("dw0", event.dw0);
    field("dw1", event.dw1);
    end(effects);
}

void StepLog::vmm(Ps at, metrics::Side side, const host::vmm::Event& event,
                  const Effects& effects) {
    begin(at, side, "vmm");
    field("kind", number(event.kind));
    field("message", number(event.message));
    field("marker", number(event.marker));
    field("device", event.device);
    field("ticket", event.ticket);
    field("error", event.error);
    field("now_ms", event.now_ms);
    field("value0", event.value0);
    field("value1", event.value1);
    field("length", event.length);
    end(effects);
}

}  // namespace lmsim::sim::trace
