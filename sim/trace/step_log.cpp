#include "sim/trace/step_log.hpp"

#include <fmt/format.h>

#include <iterator>
#include <type_traits>
#include <utility>

#include "model/wire/cdq.hpp"
#include "sim/core/schemas.hpp"
#include "sim/trace/step_fields.hpp"

namespace lmsim::sim::trace {

namespace {

constexpr std::size_t flush_at = std::size_t{1} << 20;

template <class Enum>
unsigned as_number(Enum value) {
    return static_cast<unsigned>(value);
}

/// A field as it is written: flags and names of things as numbers.
template <class Value>
auto plain(Value value) {
    if constexpr (std::is_enum_v<Value> || std::is_same_v<Value, bool>) {
        return as_number(value);
    } else {
        return value;
    }
}

}  // namespace

StepLog::StepLog(OutputFile file) : file_(std::move(file)) {
    buffer_ = fmt::format("{{\"schema\":\"{}\",\"unit\":\"ps\"}}\n", schema::Steps);
}

StepLog::~StepLog() { close(); }

void StepLog::close() {
    if (file_) {
        write_out();
        file_->close();
    }
}

void StepLog::write_out() {
    file_->write(buffer_);
    buffer_.clear();
}

void StepLog::set_state(Ps at, metrics::Side side, StepPart part, std::uint16_t vf,
                        const std::uint8_t* state, std::size_t size) {
    begin(at, side, step_part_names[static_cast<std::size_t>(part)]);
    field("vf", vf);
    bytes("state", state, size);
    buffer_ += "}\n";
}

void StepLog::memory_written(Ps at, metrics::Side side, std::uint16_t function,
                             std::uint64_t address, std::uint64_t length) {
    begin(at, side, "memory");
    field("function", function);
    field("address", address);
    field("length", length);
    buffer_ += "}\n";
}

void StepLog::begin(Ps at, metrics::Side side, std::string_view part) {
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

void StepLog::bytes(const char* key, const std::uint8_t* from, std::size_t length) {
    if (from == nullptr || length == 0) {
        return;
    }
    constexpr const char* digits = "0123456789abcdef";
    fmt::format_to(std::back_inserter(buffer_), ",\"{}\":\"", key);
    for (std::size_t i = 0; i < length; ++i) {
        buffer_ += digits[from[i] >> 4];
        buffer_ += digits[from[i] & 15];
    }
    buffer_ += '"';
}

void StepLog::end(const Effects& effects) {
    buffer_ += ",\"effects\":[";
    for (const Effect& e : effects) {
        fmt::format_to(std::back_inserter(buffer_), "{}[{},{},{},{},{},{},{},{},{}]",
                       &e == effects.begin() ? "" : ",", as_number(e.kind), e.flags, e.function,
                       e.ticket, e.address, e.length, e.token, e.token2, e.token3);
    }
    fmt::format_to(std::back_inserter(buffer_), "],\"hash\":\"{:016x}\"}}\n", hash_);
    if (file_ && buffer_.size() >= flush_at) {
        write_out();
    }
}

void StepLog::nvme(Ps at, metrics::Side side, const nvme::Event& event, const Effects& effects) {
    begin(at, side, "nvme");
    StepFields<nvme::Event>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    bytes("bytes", event.bytes, event.length);
    end(effects);
}

void StepLog::vfio(Ps at, metrics::Side side, std::uint16_t vf, const vfio::Event& event,
                   const Effects& effects) {
    begin(at, side, "vfio");
    field("vf", vf);
    StepFields<vfio::Event>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    end(effects);
}

void StepLog::flow(Ps at, metrics::Side side, std::uint16_t vf, const host::FlowEvent& event,
                   std::size_t state_bytes, const Effects& effects) {
    begin(at, side, "vfio_nvme");
    field("vf", vf);
    StepFields<host::FlowEvent>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    bytes("bytes", event.bytes, state_bytes);
    end(effects);
}

void StepLog::pf(Ps at, metrics::Side side, const host::PfEvent& event, const Effects& effects) {
    begin(at, side, "pf_submit");
    StepFields<host::PfEvent>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    end(effects);
}

void StepLog::udmq(Ps at, metrics::Side side, std::uint16_t vf, const host::UdmqEvent& event,
                   const Effects& effects) {
    begin(at, side, "udmq");
    field("vf", vf);
    StepFields<host::UdmqEvent>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    bytes("bytes", event.bytes, event.count * wire::udmq_entry_size(spec::Rules{}));
    end(effects);
}

void StepLog::memory_log(Ps at, metrics::Side side, std::uint16_t vf,
                         const host::MemoryLogEvent& event, std::size_t report_bytes,
                         const Effects& effects) {
    begin(at, side, "memory_log");
    field("vf", vf);
    StepFields<host::MemoryLogEvent>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    bytes("bytes", event.bytes, report_bytes);
    end(effects);
}

void StepLog::vmm(Ps at, metrics::Side side, const host::vmm::Event& event,
                  const Effects& effects) {
    begin(at, side, "vmm");
    StepFields<host::vmm::Event>::each(
        event, [this](const char* key, auto value) { field(key, plain(value)); });
    end(effects);
}

}  // namespace lmsim::sim::trace
