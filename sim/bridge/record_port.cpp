#include "sim/bridge/record_port.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "sim/core/schemas.hpp"

namespace lmsim::sim {

namespace {

constexpr std::size_t flush_at = std::size_t{1} << 20;

}  // namespace

PortRecording::PortRecording(trace::OutputFile file) : file_(std::move(file)) {
    buffer_ = fmt::format("{{\"schema\":\"{}\",\"unit\":\"ps\"}}\n", schema::Ports);
}

PortRecording::~PortRecording() { close(); }

void PortRecording::close() {
    file_.write(buffer_);
    buffer_.clear();
    file_.close();
}

void PortRecording::add(const std::string& port, const char* what, std::uint64_t offset,
                        std::uint64_t value, unsigned size) {
    fmt::format_to(std::back_inserter(buffer_),
                   "{{\"t\":{},\"port\":\"{}\",\"what\":\"{}\",\"offset\":{},\"value\":{},"
                   "\"size\":{}}}\n",
                   kernel_->now(), port, what, offset, value, size);
    if (buffer_.size() >= flush_at) {
        file_.write(buffer_);
        buffer_.clear();
    }
}

RecordPort::RecordPort(DevicePort& inner, std::string name, PortRecording& recording)
    : inner_(inner), name_(std::move(name)), recording_(recording) {}

void RecordPort::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    recording_.add(name_, "write", offset, value, size);
    inner_.write(offset, value, size);
}

void RecordPort::read(std::uint64_t offset, unsigned size, std::uint64_t token) {
    recording_.add(name_, "read", offset, token, size);
    inner_.read(offset, size, token);
}

void RecordPort::reset(std::function<void()> done) {
    recording_.add(name_, "reset", 0, 0);
    inner_.reset([this, done = std::move(done)] {
        recording_.add(name_, "reset-done", 0, 0);
        done();
    });
}

void RecordPort::enable_interrupts(bool on) {
    recording_.add(name_, "interrupts", 0, on ? 1 : 0);
    inner_.enable_interrupts(on);
}

void RecordPort::set_client(PortClient* client) {
    client_ = client;
    inner_.set_client(client == nullptr ? nullptr : this);
}

std::uint64_t RecordPort::allocate(std::uint64_t length) {
    const std::uint64_t address = inner_.allocate(length);
    recording_.add(name_, "allocate", address, length);
    return address;
}

void RecordPort::interrupt(std::uint32_t vector) {
    recording_.add(name_, "interrupt", 0, vector);
    client_->interrupt(vector);
}

void RecordPort::read_done(std::uint64_t token, std::uint64_t value) {
    recording_.add(name_, "read-done", token, value);
    client_->read_done(token, value);
}

}  // namespace lmsim::sim
