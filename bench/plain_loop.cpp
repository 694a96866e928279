#include "bench/plain_loop.hpp"

#include <queue>

#include "bench/clock.hpp"
#include "sim/device/servers.hpp"
#include "sim/guest/fio/job_source.hpp"
#include "sim/metrics/histogram.hpp"

namespace lmsim::bench {

namespace {

using namespace sim;
using fio::JobSource;
using fio::Op;

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
    Ps at;
    std::uint64_t order;  // ties: the device before the guest, then as posted
    Kind kind;
    std::uint16_t vf;
    std::uint32_t a;
    std::uint64_t b;
};

struct Later {
    bool operator()(const Event& x, const Event& y) const {
        return x.at != y.at ? x.at > y.at : x.order > y.order;
    }
};

struct Heap : std::priority_queue<Event, std::vector<Event>, Later> {
    void reserve(std::size_t events) { c.reserve(events); }
};

struct Command {
    std::uint64_t offset;
    std::uint64_t buffer;
    std::uint32_t length;
    std::uint16_t cid;
    Op op;
};

struct Completion {
    std::uint16_t cid;
    std::uint16_t sq_head;
    bool phase;
};

struct Slot {
    fio::Io io;
    Ps submitted;
    std::uint64_t buffer;
};

/// One VF with its queue pair: both the driver's and the controller's view.
struct Vf {
    std::unique_ptr<fio::IoSource> owner;
    JobSource* source = nullptr;
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
    bool waiting = false;                 // for what is planned
    std::optional<fio::Planned> planned;  // not due yet

    std::uint32_t next(std::uint32_t slot) const { return slot + 1 == entries ? 0 : slot + 1; }
};

class PlainLoop {
  public:
    explicit PlainLoop(const CommandPath& path);
    Tally run();

  private:
    void device_event(Ps at, Kind kind, std::uint16_t vf, std::uint32_t a, std::uint64_t b = 0) {
        heap_.push({at, device_order_++, kind, vf, a, b});
    }
    void guest_work(std::uint32_t vcpu, Ps earliest, Ps cost, Kind kind, std::uint16_t vf,
                    std::uint32_t a) {
        Ps& busy = vcpus_[vcpu];
        busy = std::max(busy, earliest) + cost;
        heap_.push({busy, guest_order_++, kind, vf, a, 0});
    }
    Ps up(Ps duration) { return up_.reserve(now_, duration) + path_.device.link_latency; }
    Ps down(Ps duration) { return down_.reserve(now_, duration) + path_.device.link_latency; }

    void pump(std::uint16_t vf);
    void submit(std::uint16_t vf, std::uint32_t cid);
    void handler(std::uint16_t vf);
    void sq_doorbell(std::uint16_t vf, std::uint32_t tail);
    void begin(std::uint16_t vf, std::uint32_t slot);
    void media(std::uint16_t vf, std::uint32_t cid, const Distribution& latency,
               EpochRandom& random);
    void media_done(std::uint16_t vf, std::uint32_t cid);
    void handle(const Event& event);

    const CommandPath& path_;
    const PcieCost& pcie_;
    // Transactions of a fixed size.
    const Ps doorbell_;
    const Ps sqe_request_;
    const Ps sqe_answer_;
    const Ps cqe_;
    const Ps interrupt_;

    Memory memory_;
    Heap heap_;
    std::vector<Vf> vfs_;
    std::vector<Ps> vcpus_;
    Servers channels_;
    Pipe up_;
    Pipe down_;
    EpochRandom read_random_;
    EpochRandom write_random_;
    EpochRandom flush_random_;
    metrics::Histogram latency_;
    Ps now_ = 0;
    std::uint64_t device_order_ = 0;
    std::uint64_t guest_order_ = std::uint64_t{1} << 63;
    std::uint64_t submitted_ = 0;
    std::uint64_t bytes_ = 0;
};

PlainLoop::PlainLoop(const CommandPath& path)
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
    heap_.reserve(1 << 16);
    for (std::uint32_t i = 0; i < path.device.channels; ++i) {
        channels_.add(i);
    }
    for (std::uint16_t i = 0; i < vfs_.size(); ++i) {
        Vf& vf = vfs_[i];
        vf.owner = std::move(make_sources(path, i).front());
        vf.source = dynamic_cast<JobSource*>(vf.owner.get());
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

void PlainLoop::pump(std::uint16_t index) {
    Vf& vf = vfs_[index];
    while (!vf.waiting && !vf.free.empty()) {
        if (!vf.planned && !(vf.planned = vf.source->next(Time{now_}))) {
            return;
        }
        if (vf.planned->not_before.ps > now_) {
            vf.waiting = true;
            heap_.push({vf.planned->not_before.ps, guest_order_++, Kind::Wake, index, 0, 0});
            return;
        }
        const std::uint32_t cid = vf.free.back();
        vf.free.pop_back();
        vf.slots[cid].io = vf.planned->io;
        vf.planned.reset();
        guest_work(vf.vcpu, now_, path_.guest.submit_cost, Kind::Submit, index, cid);
    }
}

void PlainLoop::submit(std::uint16_t index, std::uint32_t cid) {
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
    device_event(down(doorbell_), Kind::SqDoorbell, index, vf.driver_sq_tail);
}

void PlainLoop::handler(std::uint16_t index) {
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
        vf.source->completed(Time{now_}, slot.io);
        vf.free.push_back(completion.cid);
        cost += path_.guest.complete_cost;
    }
    if (cost == 0) {
        return;
    }
    device_event(down(doorbell_), Kind::CqDoorbell, index, vf.driver_cq_head);
    Ps& busy = vcpus_[vf.vcpu];
    busy = std::max(busy, now_) + cost;
    pump(index);
}

void PlainLoop::sq_doorbell(std::uint16_t index, std::uint32_t tail) {
    Vf& vf = vfs_[index];
    vf.sq_tail = tail;
    while (vf.sq_head != vf.sq_tail) {
        device_event(up(sqe_request_) + path_.device.memory_latency, Kind::SqeRead, index,
                     vf.sq_head);
        vf.sq_head = vf.next(vf.sq_head);
    }
}

void PlainLoop::begin(std::uint16_t index, std::uint32_t slot) {
    Vf& vf = vfs_[index];
    const Command command = vf.sq[slot];
    vf.commands[command.cid] = command;
    if (command.op == Op::Read) {
        media(index, command.cid, path_.device.media_read, read_random_);
    } else if (command.op == Op::Write) {
        device_event(
            up(pcie_.time(pcie_.request_bytes(command.length))) + path_.device.memory_latency,
            Kind::DataRead, index, command.cid);
    } else {
        media(index, command.cid, path_.device.media_flush, flush_random_);
    }
}

void PlainLoop::media(std::uint16_t vf, std::uint32_t cid, const Distribution& latency,
                      EpochRandom& random) {
    const Ps end = channels_.take(now_, latency.draw(random.at(Time{now_})).ps).end;
    device_event(end, Kind::MediaDone, vf, cid);
}

void PlainLoop::media_done(std::uint16_t index, std::uint32_t cid) {
    Vf& vf = vfs_[index];
    const Command& command = vf.commands[cid];
    if (command.op == Op::Read) {
        device_event(up(pcie_.time(pcie_.write_bytes(command.length))), Kind::DataOut, index,
                     command.length, command.buffer);
    }
    LMSIM_ASSERT(vf.next(vf.cq_tail) != vf.cq_head);
    const std::uint64_t entry =
        cid | std::uint64_t{vf.sq_head} << 16 | std::uint64_t{vf.phase} << 32;
    device_event(up(cqe_), Kind::CqeOut, index, vf.cq_tail, entry);
    vf.cq_tail = vf.next(vf.cq_tail);
    vf.phase = vf.phase != (vf.cq_tail == 0);
    device_event(up(interrupt_), Kind::Interrupt, index, 0);
}

void PlainLoop::handle(const Event& event) {
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
            device_event(down(sqe_answer_), Kind::SqeHere, event.vf, event.a);
            break;
        case Kind::SqeHere: begin(event.vf, event.a); break;
        case Kind::DataRead: {
            const std::uint32_t length = vf.commands[event.a].length;
            device_event(down(pcie_.time(pcie_.completion_bytes(length))), Kind::DataHere, event.vf,
                         event.a);
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

Tally PlainLoop::run() {
    Tally tally;
    now_ = path_.begin;
    tally.cpu_seconds = -cpu_seconds();
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        pump(vf);
    }
    while (heap_.top().at <= path_.begin + path_.duration) {
        const Event event = heap_.top();
        heap_.pop();
        now_ = event.at;
        ++tally.events;
        handle(event);
    }
    tally.cpu_seconds += cpu_seconds();

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

}  // namespace

Tally run_plain(const CommandPath& path) { return PlainLoop(path).run(); }

}  // namespace lmsim::bench
