#pragma once

#include <cstdint>

#include "model/nvme/state.hpp"

namespace lmsim::explore {

/// As small as a PF and one VF need.
using SmallBounds = nvme::WorldBounds<1>;

/// An entry of the PF's submission queue, as far as it is not told by its owner.
struct PfEntry {
    std::uint8_t cid = 0;
    std::uint8_t token = 0;    // of the flow's Submit
    std::uint8_t address = 0;  // the same
    std::uint8_t length = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.token, self.address, self.length);
    }
};

/// A completion of the PF that its driver has not seen.
struct PfCompletion {
    std::uint8_t cid = 0;
    std::uint16_t status = 0;
    std::uint32_t dw0 = 0;
    std::uint32_t dw1 = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.status, self.dw0, self.dw1);
    }
};

/// An entry of the guest's submission queue; what it does is told by this number of a block or
/// page.
struct GuestEntry {
    std::uint8_t cid = 0;
    std::uint8_t number = 0;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.cid, self.number);
    }
};

/// A PF and a VF that are up, with what their drivers have in their queues: the device of the
/// worlds that explore one mechanism alone. Part of their states.
struct SmallDevice {
    static constexpr std::uint8_t pf_entries = 6;  // slots; CIDs 0 to 5
    static constexpr std::uint8_t vf_entries = 3;  // CIDs 0 and 1
    static constexpr std::uint8_t nobody = 0;

    nvme::Subsystem<SmallBounds> subsystem;
    std::uint8_t owner[pf_entries] = {};  // by CID: the world's numbers, nobody if it is free
    PfEntry entry[pf_entries];
    std::uint8_t done = 0;
    PfCompletion completion[pf_entries];
    std::uint8_t in_use = 0;  // CIDs of the guest, a bit each
    GuestEntry guest[vf_entries];

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.subsystem, self.owner, self.entry);
        visit.array(self.completion, self.done);
        visit(self.in_use, self.guest);
    }
};

/// Brings what only counts, or says nothing any more, to one form: positions begin at 0, slots
/// are in order.
void canonicalize(SmallDevice& device);

}  // namespace lmsim::explore
