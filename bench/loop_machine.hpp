#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "bench/command_path.hpp"
#include "sim/device/servers.hpp"
#include "sim/guest/fio/job_source.hpp"
#include "sim/metrics/histogram.hpp"

/// The machine of a CommandPath as straight C++, for the baselines that differ only in who gives
/// it time: its steps, its draws and its tally.
namespace lmsim::bench::loop {

using sim::Ps;

enum class Kind : std::uint16_t {
    Submit,      // guest: the CPU has spent what a submission costs
    Wake,        // guest: the job's next I/O is due
    Handler,     // guest: the interrupt's handler runs
    SqDoorbell,  // device: the new tail
    CqDoorbell,  // device: the new head
    SqeRead,     // host memory answers a fetch
    SqeHere,     // device: the command
    DataRead,    // host memory answers a read of data to be written
    DataHere,    // device: that data
    MediaDone,
    DataOut,    // host memory: data that was read
    CqeOut,     // host memory: the completion
    Interrupt,  // guest: MSI-X
};

struct Event {
    Kind kind;
    std::uint16_t vf;
    std::uint32_t a;
    std::uint64_t b;
};

/// Whatever leaves in the order in which it came. After these: the media's channels, the vCPUs, and
/// for each VF its wait for the next I/O.
enum Lane : std::uint32_t { up_lane, memory_lane, down_lane, first_channel };

struct Command {
    std::uint64_t offset;
    std::uint64_t buffer;
    std::uint32_t length;
    std::uint16_t cid;
    sim::fio::Op op;
};

struct Completion {
    std::uint16_t cid;
    std::uint16_t sq_head;
    bool phase;
};

struct Slot {
    sim::fio::Io io;
    Ps submitted;
    std::uint64_t buffer;
};

/// One VF with its queue pair: both the driver's and the controller's view.
struct Vf {
    std::unique_ptr<sim::fio::IoSource> owner;
    sim::fio::JobSource* source = nullptr;
    std::uint32_t vcpu = 0;
    std::uint32_t entries = 0;
    std::uint64_t sq_base = 0;
    std::uint64_t cq_base = 0;
    std::vector<Command> sq;
    std::vector<Completion> cq;
    std::vector<Slot> slots;          // by CID
    std::vector<std::uint32_t> free;  // CIDs
    std::vector<Command> commands;    // in the controller, by CID

    std::uint32_t driver_sq_tail = 0;
    std::uint32_t driver_sq_head = 0;
    std::uint32_t driver_cq_head = 0;
    std::uint32_t sq_head = 0;
    std::uint32_t sq_tail = 0;
    std::uint32_t cq_head = 0;
    std::uint32_t cq_tail = 0;
    bool driver_phase = true;
    bool phase = true;
    bool handler_pending = false;
    bool waiting = false;                      // for what is planned
    std::optional<sim::fio::Planned> planned;  // not due yet

    std::uint32_t next(std::uint32_t slot) const { return slot + 1 == entries ? 0 : slot + 1; }
};

/// `Host` derives from it and has device_event(lane, at, event) and guest_event(lane, at, event),
/// which bring the event to handle() with now_ at its time.
template <class Host>
class Machine {
  public:
    explicit Machine(const CommandPath& path);

  protected:
    void begin() {
        for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
            pump(vf);
        }
    }
    void handle(const Event& event);
    /// All but what it cost.
    Tally tally() const;
    std::uint32_t first_vcpu() const { return first_channel + path_.device.channels; }
    std::uint32_t first_wait() const { return first_vcpu() + path_.guest.vcpus; }
    std::uint32_t lanes() const { return first_wait() + static_cast<std::uint32_t>(vfs_.size()); }

    const CommandPath& path_;
    Ps now_ = 0;

  private:
    void device_event(std::uint32_t lane, Ps at, Kind kind, std::uint16_t vf, std::uint32_t a,
                      std::uint64_t b = 0) {
        static_cast<Host*>(this)->device_event(lane, at, Event{kind, vf, a, b});
    }
    void guest_work(std::uint32_t vcpu, Ps earliest, Ps cost, Kind kind, std::uint16_t vf,
                    std::uint32_t a) {
        Ps& busy = vcpus_[vcpu];
        busy = std::max(busy, earliest) + cost;
        static_cast<Host*>(this)->guest_event(first_vcpu() + vcpu, busy, Event{kind, vf, a, 0});
    }
    Ps up(Ps duration) { return up_.reserve(now_, duration) + path_.device.link_latency; }
    Ps down(Ps duration) { return down_.reserve(now_, duration) + path_.device.link_latency; }

    void pump(std::uint16_t vf);
    void submit(std::uint16_t vf, std::uint32_t cid);
    void handler(std::uint16_t vf);
    void sq_doorbell(std::uint16_t vf, std::uint32_t tail);
    void begin(std::uint16_t vf, std::uint32_t slot);
    void media(std::uint16_t vf, std::uint32_t cid, const sim::Distribution& latency,
               sim::EpochRandom& random);
    void media_done(std::uint16_t vf, std::uint32_t cid);

    const sim::PcieCost& pcie_;
    // Transactions of a fixed size.
    const Ps doorbell_;
    const Ps sqe_request_;
    const Ps sqe_answer_;
    const Ps cqe_;
    const Ps interrupt_;

    sim::Memory memory_;
    std::vector<Vf> vfs_;
    std::vector<Ps> vcpus_;
    sim::Servers channels_;
    sim::Pipe up_;
    sim::Pipe down_;
    sim::EpochRandom read_random_;
    sim::EpochRandom write_random_;
    sim::EpochRandom flush_random_;
    sim::metrics::Histogram latency_;
    std::uint64_t submitted_ = 0;
    std::uint64_t bytes_ = 0;
};

template <class Host>
Machine<Host>::Machine(const CommandPath& path)
    : path_(path),
      pcie_(path.device.pcie),
      doorbell_(pcie_.time(pcie_.write_bytes(4))),
      sqe_request_(pcie_.time(pcie_.request_bytes(64))),
      sqe_answer_(pcie_.time(pcie_.completion_bytes(64))),
      cqe_(pcie_.time(pcie_.write_bytes(16))),
      interrupt_(pcie_.time(pcie_.write_bytes(4))),
      memory_(path.memory_pages),
      vfs_(path.device.vfs),
      vcpus_(path.guest.vcpus),
      read_random_(path.seed, "device.media.read"),
      write_random_(path.seed, "device.media.write"),
      flush_random_(path.seed, "device.media.flush") {
    using sim::page_size;
    for (std::uint32_t i = 0; i < path.device.channels; ++i) {
        channels_.add(first_channel + i);
    }
    for (std::uint16_t i = 0; i < vfs_.size(); ++i) {
        Vf& vf = vfs_[i];
        vf.owner = std::move(make_sources(path, i).front());
        vf.source = dynamic_cast<sim::fio::JobSource*>(vf.owner.get());
        vf.vcpu = i % path.guest.vcpus;
        vf.entries = path.queue_size;
        vf.sq_base = memory_.allocate_pages(std::uint64_t{64} * vf.entries / page_size);
        vf.cq_base = memory_.allocate_pages(std::uint64_t{16} * vf.entries / page_size);
        vf.sq.resize(vf.entries);
        vf.cq.resize(vf.entries);
        vf.slots.resize(vf.source->depth());
        vf.commands.resize(vf.source->depth());
        for (std::uint32_t cid = vf.source->depth(); cid > 0; --cid) {
            vf.free.push_back(cid - 1);
        }
    }
    for (Vf& vf : vfs_) {
        LMSIM_ASSERT(vf.source->longest() <= page_size);
        for (Slot& slot : vf.slots) {
            slot.buffer = memory_.allocate_pages(1);
        }
    }
}

template <class Host>
void Machine<Host>::pump(std::uint16_t index) {
    Vf& vf = vfs_[index];
    while (!vf.waiting && !vf.free.empty()) {
        if (!vf.planned && !(vf.planned = vf.source->next(sim::Time{now_}))) {
            return;
        }
        if (vf.planned->not_before.ps > now_) {
            vf.waiting = true;
            static_cast<Host*>(this)->guest_event(first_wait() + index, vf.planned->not_before.ps,
                                                  Event{Kind::Wake, index, 0, 0});
            return;
        }
        const std::uint32_t cid = vf.free.back();
        vf.free.pop_back();
        vf.slots[cid].io = vf.planned->io;
        vf.planned.reset();
        guest_work(vf.vcpu, now_, path_.guest.submit_cost, Kind::Submit, index, cid);
    }
}

template <class Host>
void Machine<Host>::submit(std::uint16_t index, std::uint32_t cid) {
    Vf& vf = vfs_[index];
    Slot& slot = vf.slots[cid];
    LMSIM_ASSERT(vf.next(vf.driver_sq_tail) != vf.driver_sq_head);
    slot.submitted = now_;
    ++submitted_;
    vf.sq[vf.driver_sq_tail] = {slot.io.offset, slot.buffer,
                                static_cast<std::uint32_t>(slot.io.length),
                                static_cast<std::uint16_t>(cid), slot.io.op};
    memory_.wrote(vf.sq_base + std::uint64_t{64} * vf.driver_sq_tail, 64);
    vf.driver_sq_tail = vf.next(vf.driver_sq_tail);
    device_event(down_lane, down(doorbell_), Kind::SqDoorbell, index, vf.driver_sq_tail);
}

template <class Host>
void Machine<Host>::handler(std::uint16_t index) {
    Vf& vf = vfs_[index];
    vf.handler_pending = false;
    Ps cost = 0;
    while (vf.cq[vf.driver_cq_head].phase == vf.driver_phase) {
        const Completion& completion = vf.cq[vf.driver_cq_head];
        vf.driver_sq_head = completion.sq_head;
        vf.driver_cq_head = vf.next(vf.driver_cq_head);
        vf.driver_phase = vf.driver_phase != (vf.driver_cq_head == 0);
        const Slot& slot = vf.slots[completion.cid];
        latency_.add(now_ - slot.submitted);
        bytes_ += slot.io.length;
        vf.source->completed(sim::Time{now_}, slot.io);
        vf.free.push_back(completion.cid);
        cost += path_.guest.complete_cost;
    }
    if (cost == 0) {
        return;
    }
    device_event(down_lane, down(doorbell_), Kind::CqDoorbell, index, vf.driver_cq_head);
    Ps& busy = vcpus_[vf.vcpu];
    busy = std::max(busy, now_) + cost;
    pump(index);
}

template <class Host>
void Machine<Host>::sq_doorbell(std::uint16_t index, std::uint32_t tail) {
    Vf& vf = vfs_[index];
    vf.sq_tail = tail;
    while (vf.sq_head != vf.sq_tail) {
        device_event(memory_lane, up(sqe_request_) + path_.device.memory_latency, Kind::SqeRead,
                     index, vf.sq_head);
        vf.sq_head = vf.next(vf.sq_head);
    }
}

template <class Host>
void Machine<Host>::begin(std::uint16_t index, std::uint32_t slot) {
    using sim::fio::Op;
    Vf& vf = vfs_[index];
    const Command command = vf.sq[slot];
    vf.commands[command.cid] = command;
    if (command.op == Op::Read) {
        media(index, command.cid, path_.device.media_read, read_random_);
    } else if (command.op == Op::Write) {
        device_event(
            memory_lane,
            up(pcie_.time(pcie_.request_bytes(command.length))) + path_.device.memory_latency,
            Kind::DataRead, index, command.cid);
    } else {
        media(index, command.cid, path_.device.media_flush, flush_random_);
    }
}

template <class Host>
void Machine<Host>::media(std::uint16_t vf, std::uint32_t cid, const sim::Distribution& latency,
                          sim::EpochRandom& random) {
    const auto taken = channels_.take(now_, latency.draw(random.at(sim::Time{now_})).ps);
    device_event(taken.lane, taken.end, Kind::MediaDone, vf, cid);
}

template <class Host>
void Machine<Host>::media_done(std::uint16_t index, std::uint32_t cid) {
    Vf& vf = vfs_[index];
    const Command& command = vf.commands[cid];
    if (command.op == sim::fio::Op::Read) {
        device_event(up_lane, up(pcie_.time(pcie_.write_bytes(command.length))), Kind::DataOut,
                     index, command.length, command.buffer);
    }
    LMSIM_ASSERT(vf.next(vf.cq_tail) != vf.cq_head);
    const std::uint64_t entry =
        cid | std::uint64_t{vf.sq_head} << 16 | std::uint64_t{vf.phase} << 32;
    device_event(up_lane, up(cqe_), Kind::CqeOut, index, vf.cq_tail, entry);
    vf.cq_tail = vf.next(vf.cq_tail);
    vf.phase = vf.phase != (vf.cq_tail == 0);
    device_event(up_lane, up(interrupt_), Kind::Interrupt, index, 0);
}

template <class Host>
void Machine<Host>::handle(const Event& event) {
    Vf& vf = vfs_[event.vf];
    switch (event.kind) {
        case Kind::Submit: submit(event.vf, event.a); break;
        case Kind::Wake:
            vf.waiting = false;
            pump(event.vf);
            break;
        case Kind::Handler: handler(event.vf); break;
        case Kind::SqDoorbell: sq_doorbell(event.vf, event.a); break;
        case Kind::CqDoorbell: vf.cq_head = event.a; break;
        case Kind::SqeRead:
            device_event(down_lane, down(sqe_answer_), Kind::SqeHere, event.vf, event.a);
            break;
        case Kind::SqeHere: begin(event.vf, event.a); break;
        case Kind::DataRead: {
            const std::uint32_t length = vf.commands[event.a].length;
            device_event(down_lane, down(pcie_.time(pcie_.completion_bytes(length))),
                         Kind::DataHere, event.vf, event.a);
            break;
        }
        case Kind::DataHere:
            media(event.vf, event.a, path_.device.media_write, write_random_);
            break;
        case Kind::MediaDone: media_done(event.vf, event.a); break;
        case Kind::DataOut: memory_.wrote(event.b, event.a); break;
        case Kind::CqeOut:
            vf.cq[event.a] = {static_cast<std::uint16_t>(event.b),
                              static_cast<std::uint16_t>(event.b >> 16), (event.b >> 32 & 1) != 0};
            memory_.wrote(vf.cq_base + std::uint64_t{16} * event.a, 16);
            break;
        case Kind::Interrupt:
            if (!vf.handler_pending) {
                vf.handler_pending = true;
                guest_work(vf.vcpu, now_ + path_.guest.irq_latency, 0, Kind::Handler, event.vf, 0);
            }
            break;
    }
}

template <class Host>
Tally Machine<Host>::tally() const {
    Tally tally;
    tally.submitted = submitted_;
    tally.completed = latency_.count();
    for (std::uint64_t page = 0; page < memory_.pages(); ++page) {
        tally.page_writes += memory_.version(page);
    }
    tally.latency_sum = latency_.sum();
    tally.latency_min = latency_.min();
    tally.latency_p50 = latency_.p50();
    tally.latency_p999 = latency_.p999();
    tally.latency_max = latency_.max();
    tally.up_busy = up_.busy;
    tally.down_busy = down_.busy;
    tally.media_busy = channels_.busy;
    return tally;
}

}  // namespace lmsim::bench::loop
