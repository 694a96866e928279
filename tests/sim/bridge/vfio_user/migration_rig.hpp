#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/vfio/uapi.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/bridge/paces.hpp"
#include "sim/bridge/vfio_user/migration_service.hpp"
#include "sim/core/reports.hpp"

// Devices whose VFs are migrated through the features of a server, without a socket.

namespace lmsim::sim::vfio_user {

using Data = std::vector<std::uint8_t>;

/// The driver in a VM, with one pair of I/O queues; it moves with its VM.
class VmDriver : private PortClient {
  public:
    VmDriver(Pace& pace, DevicePort& port, std::uint32_t cq_entries = 16)
        : pace_(pace), commands_(port, 16, 1, 16, cq_entries) {
        buffer_ = port.allocate(page_size);
        port.set_client(this);
    }
    std::uint32_t csts() {
        value_.reset();
        commands_.port().read(reg::CSTS, 4, 0);
        pace_.wait([this] { return value_.has_value(); });
        return static_cast<std::uint32_t>(value_.value_or(0));
    }
    /// Enables the controller and makes its queues; false if that does not work.
    bool start() {
        const spec::Rules rules;
        commands_.clear();
        commands_.enable();
        wire::CreateCq cq;
        cq.qid = 1;
        cq.qsize = static_cast<std::uint16_t>(commands_.queue(1).cq_entries() - 1);
        cq.prp1 = commands_.queue(1).cq_base();
        wire::CreateSq sq;
        sq.qid = 1;
        sq.qsize = 15;
        sq.cqid = 1;
        sq.prp1 = commands_.queue(1).sq_base();
        for (int looks = 0; looks < 10 && (csts() & 1) == 0; ++looks) {
        }
        return run(0, wire::encode(cq, rules)) == 0 && run(0, wire::encode(sq, rules)) == 0;
    }
    /// The VM goes on at another device, with all its memory.
    void move(DevicePort& port) {
        commands_.port().set_client(nullptr);
        commands_.move(port);
        port.set_client(this);
    }
    void submit_read() {
        wire::Sqe sqe = read();
        commands_.submit(1, sqe, 0);
        pace_.go_on();
    }
    /// A doorbell, whatever the controller makes of it.
    void submit_nothing() {
        commands_.port().write(reg::sq_doorbell(1), 0, 4);
        pace_.go_on();
    }
    /// Completions of the I/O queue since the last call.
    std::uint32_t reap() {
        const std::uint32_t count = commands_.reap(
            1, [](std::uint64_t, const wire::Cqe&) {}, [](const wire::Cqe&) {});
        pace_.go_on();
        return count;
    }
    /// Where the data of its reads go.
    std::uint64_t buffer() const { return buffer_; }
    const QueuePair& queue() const { return commands_.queue(1); }
    bool reads() { return run(1, read()) == 0; }

  private:
    wire::Sqe read() {
        wire::Sqe sqe = wire::encode_nvm(spec::opcode::NvmRead, 1, {0, 7, false});
        sqe.prp1 = buffer_;
        return sqe;
    }
    /// Its status; nothing if no completion comes.
    std::optional<std::uint16_t> run(std::uint16_t queue, wire::Sqe sqe) {
        std::optional<std::uint16_t> status;
        commands_.submit(queue, sqe, 0);
        pace_.wait([&] {
            commands_.reap(
                queue, [&](std::uint64_t, const wire::Cqe& cqe) { status = cqe.status; },
                [](const wire::Cqe&) {});
            return status.has_value();
        });
        return status;
    }
    void interrupt(std::uint32_t) override {}
    void read_done(std::uint64_t, std::uint64_t value) override { value_ = value; }

    Pace& pace_;
    CommandPort commands_;
    std::uint64_t buffer_ = 0;
    std::optional<std::uint64_t> value_;
};

/// A server's device with two VFs; the memory of VF 0 is a VM's.
struct ServedDevice {
    ServedDevice(const std::string& name, Kernel& kernel, Pace& pace, Memory& vm,
                 const DeviceTiming& timing, const spec::Rules& rules = {})
        : device(name.c_str(), kernel, timing, rules, 1),
          service((name + "_driver").c_str(), kernel, device, timing, rules, pace) {
        device.attach(1, vm);
        error = service.open();
    }
    /// As a Get Controller State of VF 0 brings it.
    Data snapshot() { return device.snapshot(1, 1U << 20); }
    Migration& vf() { return service.vf(0); }

    NvmeDevice device;
    MigrationService service;
    std::string error;
};

inline DeviceTiming two_vfs() {
    DeviceTiming timing;
    timing.vfs = 2;
    timing.config.queue_pairs = 4;
    timing.config.private_namespaces = true;
    return timing;
}

/// What a client says to the features of a function.
class FeatureClient {
  public:
    explicit FeatureClient(Migration& migration) : migration_(&migration) {}

    /// The answer's data; `error()` says whether there is any.
    Data feature(vfio::Feature feature, std::uint32_t operation, const Data& data = {},
                 std::uint32_t argsz = 64) {
        Data request(8);
        wire::store_le(request.data(), argsz);
        wire::store_le(request.data() + 4, static_cast<std::uint32_t>(feature) | operation);
        request.insert(request.end(), data.begin(), data.end());
        Data reply;
        error_ = migration_->feature(request, reply);
        return reply.size() < 8 ? Data() : Data(reply.begin() + 8, reply.end());
    }
    int error() const { return error_; }
    std::uint32_t state() {
        const Data data = feature(vfio::Feature::MIG_DEVICE_STATE, vfio::feature_get);
        return data.size() == 8 ? wire::load_le<std::uint32_t>(data.data()) : ~0U;
    }
    int set(std::uint32_t state) {
        Data data(8, 0xff);
        wire::store_le(data.data(), state);
        feature(vfio::Feature::MIG_DEVICE_STATE, vfio::feature_set, data);
        return error_;
    }
    int set(vfio::MigState state) { return set(static_cast<std::uint32_t>(state)); }
    /// The rest of the stream, in pieces of `piece` bytes.
    Data read_all(std::uint32_t piece) {
        Data all;
        for (std::size_t before = 1; before != 0;) {
            before = all.size();
            error_ = migration_->read(piece, all);
            before = all.size() - before;
        }
        return all;
    }
    int write(const Data& bytes, std::size_t from, std::size_t to) {
        return migration_->write(bytes.data() + from, to - from);
    }
    int write_all(const Data& bytes) { return write(bytes, 0, bytes.size()); }

  private:
    Migration* migration_;
    int error_ = 0;
};

}  // namespace lmsim::sim::vfio_user
