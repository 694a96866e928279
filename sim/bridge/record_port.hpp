#pragma once

#include <functional>
#include <string>

#include "sim/bridge/device_port.hpp"
#include "sim/core/kernel.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim {

/// Where the recordings of all ports of a run go: ports.ndjson, one line for each crossing of a
/// port in either direction, in the order in which they happen.
class PortRecording {
  public:
    explicit PortRecording(trace::OutputFile file);
    ~PortRecording();

    /// Whose time the lines have; before the first of them.
    void use_clock(const Kernel& kernel) { kernel_ = &kernel; }

    void add(const std::string& port, const char* what, std::uint64_t offset, std::uint64_t value,
             unsigned size = 0);
    void close();
    const std::string& error() const { return file_.error(); }

  private:
    trace::OutputFile file_;
    const Kernel* kernel_ = nullptr;
    std::string buffer_;
};

/// The record backend: lets everything through to another port, and writes down what crosses it.
class RecordPort : public DevicePort, private PortClient {
  public:
    RecordPort(DevicePort& inner, std::string name, PortRecording& recording);

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override;
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override;
    void reset(std::function<void()> done) override;
    void enable_interrupts(bool on) override;
    void set_client(PortClient* client) override;
    Memory& memory() override { return inner_.memory(); }
    std::uint64_t allocate(std::uint64_t length) override;

  private:
    void interrupt(std::uint32_t vector) override;
    void read_done(std::uint64_t token, std::uint64_t value) override;

    DevicePort& inner_;
    PortClient* client_ = nullptr;
    std::string name_;
    PortRecording& recording_;
};

}  // namespace lmsim::sim
