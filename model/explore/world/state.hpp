#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/check/monitor.hpp"
#include "model/explore/world/contents.hpp"
#include "model/host/pf_submit.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/host/vmm/engine.hpp"
#include "model/nvme/state.hpp"
#include "model/vfio/device.hpp"
#include "model/watch.hpp"

// The explored state: the states of the model's machines, and what stands between them. Bounded by
// the number of VFs and of hosts, so that small models stay small.
namespace lmsim::explore::world {

constexpr std::size_t most_commands = 4;  // of the guest on one VF
constexpr std::size_t most_admin_commands = 2;
constexpr std::size_t most_messages = 2;  // on their way, in each direction
constexpr std::uint32_t pf_ring = 4;      // entries of the PF's admin queues

/// A table whose items are looked at one by one, if they are what is kept of a VF.
template <class T, std::size_t N>
class VfTable {
  public:
    T& at(std::size_t i) {
        LMSIM_ASSERT(i < N);
        return items_[i];
    }
    const T& at(std::size_t i) const {
        LMSIM_ASSERT(i < N);
        return items_[i];
    }
    static constexpr std::size_t size() { return N; }
    T* begin() { return items_.begin(); }
    T* end() { return items_.end(); }
    const T* begin() const { return items_.begin(); }
    const T* end() const { return items_.end(); }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.items_);
    }

  private:
    Watched<T, N> items_;
};

/// Room for what the invariants remember of a world.
template <std::size_t Vfs>
struct WatchBounds {
    static constexpr std::size_t vfs = Vfs;
    static constexpr std::size_t queues = 2;
    static constexpr std::size_t cids = most_commands;
    static constexpr std::size_t buffers = Vfs;
    static constexpr std::size_t pages = Vfs;
    static constexpr std::size_t cdqs = Vfs;
    template <class T, std::size_t N>
    using Table = std::conditional_t<std::is_same_v<T, check::WatchedVf<WatchBounds>>,
                                     VfTable<T, N>, check::FixedTable<T, N>>;
    static constexpr std::size_t line = 8;
    template <class T>
    using OfQueues = check::FixedTable<T, queues>;
    template <class T>
    using OfCids = check::FixedTable<T, cids>;
    using Blocks = check::BlockMask;
    using Digest = std::uint32_t;
    using Slot = std::uint8_t;
};

/// A completion of the PF that its driver has not seen yet.
struct PfCompletion {
    std::uint32_t dw0 = 0;
    std::uint16_t status = 0;
    std::uint8_t tag = 0;
    std::uint8_t phase = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.dw0, self.status, self.tag, self.phase);
    }
};

/// The driver of a PF, its memory included. What a tag asks for stands in its owner: see Request.
struct Pf {
    host::ProofPfQueue queue;
    std::uint8_t sq[pf_ring] = {};  // tags
    std::uint8_t sq_tail = 0;
    std::uint8_t cq_head = 0;
    std::uint8_t cq_phase = 1;
    bool interrupted = false;
    PfCompletion cq[pf_ring];
    // Of each slot of the controller: the tag that it fetches, the data that it has fetched.
    std::uint8_t fetches[nvme::WorldBounds<1>::slots] = {};
    Token data[nvme::WorldBounds<1>::slots] = {};

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.queue, self.sq, self.sq_tail, self.cq_head, self.cq_phase, self.interrupted);
        visit(self.cq, self.fetches, self.data);
    }
};

/// What one host has of a VF, apart from the controller.
struct VfSide {
    vfio::DeviceState device;
    host::VfioNvme flow;
    Token buffer = 0;          // the driver's: state that was read from the device, or is for it
    Token staged = 0;          // in the PF: what came of a state so far
    Token arrived = 0;         // with the user: what it read last, or what is to be written
    bool waiting = false;      // for the answer of a SET
    bool read = false;         // the session has given all that it had
    bool ended = false;        // and its end was read
    bool struck = false;       // was reset since its controller had the guest's state
    bool reset_waits = false;  // its VFIO_DEVICE_RESET does, for the end of a SET
    // Of each slot of the controller: the command that it fetches.
    std::uint8_t fetches[nvme::WorldBounds<1>::slots] = {};

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.device, self.flow, self.buffer, self.staged, self.arrived);
        visit(self.waiting, self.read, self.ended, self.struck, self.reset_waits, self.fetches);
    }
};

/// The guest's side of a VF: one queue pair, in memory that goes where the VM goes. Commands are
/// numbered from 0; the number is the identifier, and stands for the content.
struct Guest {
    std::uint8_t submitted = 0;
    std::uint8_t posted = 0;
    std::uint8_t taken = 0;
    bool lost = false;                       // the VF was reset: the guest has given up
    std::uint8_t order[most_commands] = {};  // of the completions
    // The same of its admin queue.
    std::uint8_t admin_submitted = 0;
    std::uint8_t admin_posted = 0;
    std::uint8_t admin_taken = 0;
    std::uint8_t admin_order[most_admin_commands] = {};

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.submitted, self.posted, self.taken, self.lost, self.order);
        visit(self.admin_submitted, self.admin_posted, self.admin_taken, self.admin_order);
    }
};

/// The call, or the timer, that a VMM waits for.
struct Outstanding {
    bool active = false;
    bool timer = false;
    std::uint8_t call = 0;
    std::uint8_t device = 0;
    std::uint8_t token2 = 0;
    std::uint8_t token3 = 0;
    std::uint16_t length = 0;
    std::uint32_t ticket = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.active, self.timer, self.call, self.device, self.token2, self.token3,
              self.length, self.ticket);
    }
};

/// On the channel between two VMMs, or its return path.
struct Parcel {
    host::vmm::Message message = host::vmm::Message::None;
    std::uint8_t device = 0;  // no_one: about none
    host::vmm::Marker marker = host::vmm::Marker::None;
    std::uint8_t error = 0;
    std::uint32_t length = 0;
    Token content = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.message, self.device, self.marker, self.error, self.length, self.content);
    }
};
constexpr std::uint8_t no_one = 0xff;

/// Parcels in the order in which they arrive.
struct Lane {
    std::uint8_t count = 0;
    std::uint8_t padding[3] = {};
    Parcel parcel[most_messages];

    bool full() const { return count == most_messages; }
    void push(const Parcel& one) { parcel[count++] = one; }
    Parcel pop() {
        const Parcel first = parcel[0];
        parcel[0] = parcel[1];
        parcel[1] = Parcel{};
        --count;
        return first;
    }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.count, self.parcel);
    }
};

/// What a migration adds to two hosts.
template <std::size_t Vfs>
struct Journey {
    host::vmm::Source<Vfs, 0> source;
    host::vmm::Destination<Vfs, 0> destination;
    Outstanding call[2];
    Lane forward;
    Lane back;
    bool closed = false;       // by the source
    bool cut = false;          // broken
    bool told_closed = false;  // the destination knows
    bool told_cut = false;     // the source's return path does

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.source, self.destination, self.call, self.forward, self.back);
        visit(self.closed, self.cut, self.told_closed, self.told_cut);
    }
};

/// One state of a model of hosts and VFs; trivially copyable.
template <std::size_t Vfs, std::size_t Hosts>
struct World {
    static constexpr std::size_t vfs = Vfs;
    static constexpr std::size_t hosts = Hosts;
    using Bounds = nvme::WorldBounds<Vfs>;

    /// In the place of what a model of one host does not have.
    struct Nothing {
        template <class Visitor, class Self>
        static constexpr void fields(Visitor&, Self&) {}
    };

    Watched<nvme::Subsystem<Bounds>, Hosts> device;
    Watched<Pf, Hosts> pf;
    Watched<VfSide, Vfs> vf[Hosts];
    Watched<Guest, Vfs> guest;
    std::uint8_t running = 0;  // a bit for each host on which vCPUs run
    std::uint8_t owner = 0;    // the host that ran the VM last
    std::uint8_t faults = 0;   // so far
    check::Monitor<WatchBounds<Vfs>> monitor;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.device, self.pf, self.vf, self.guest);
        visit(self.running, self.owner, self.faults, self.journey_, self.monitor);
    }

    auto& journey() {
        look_at(&journey_);
        return journey_;
    }
    const auto& journey() const {
        look_at(&journey_);
        return journey_;
    }
    /// Without being seen, as Watched::peek().
    const auto& peek_journey() const { return journey_; }

  private:
    std::conditional_t<Hosts == 2, Journey<Vfs>, Nothing> journey_;
};
static_assert(std::is_trivially_copyable_v<World<2, 2>> &&
              std::is_trivially_copyable_v<World<1, 1>>);

/// A command that a VF's flow wants sent, as the owner of a PF's tag (never 0).
struct Request {
    std::uint8_t vf = 0;
    std::uint8_t step = 0;     // host::FlowStep
    std::uint8_t seqind = 0;   // of a piece
    std::uint8_t piece = 0;    // its number
    std::uint16_t dwords = 0;  // its length
    std::uint8_t asked = 0;    // the low bits of VfioNvme::asked

    std::uint32_t owner() const {
        return std::uint32_t{step} | std::uint32_t{vf} << 3 | std::uint32_t{seqind} << 4 |
               std::uint32_t{piece} << 6 | std::uint32_t{dwords} << 11 | std::uint32_t{asked} << 24;
    }
    static Request of(std::uint32_t owner) {
        Request made;
        made.step = owner & 7;
        made.vf = owner >> 3 & 1;
        made.seqind = owner >> 4 & 3;
        made.piece = owner >> 6 & 31;
        made.dwords = owner >> 11 & 0x1fff;
        made.asked = static_cast<std::uint8_t>(owner >> 24);
        return made;
    }
};
static_assert(static_cast<int>(host::FlowStep::Idle) == 0, "an owner is never 0");

}  // namespace lmsim::explore::world
