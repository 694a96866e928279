#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/assert.hpp"
#include "model/check/invariant.hpp"
#include "model/step.hpp"

/// Memory, pins and references of a host's kernel as tokens: a machine of model/host says what it
/// takes, uses and gives back, and the ledger whether it may.
namespace lmsim::host {

/// What a machine tells of an object: token of a Call; address = the object, flags as below.
enum class Hold : std::uint8_t {
    Take,  // allocated, pinned, or a reference got
    Use,   // read, signalled, locked
    Give,  // freed, unpinned, or the reference put
};

/// What a Call says of its object besides.
namespace hold {
constexpr std::uint8_t foreign = 1;    // Take: the device is given more than the owner's own memory
constexpr std::uint8_t uninvited = 2;  // Take: for a caller who may not ask for it
constexpr std::uint8_t vmalloced = 4;  // Take: by the allocator of large tables
constexpr std::uint8_t kfreed = 1;     // Give: to the allocator of small ones
constexpr std::uint8_t clean = 2;      // Give: what the device wrote need not be kept
}  // namespace hold

/// Nothing: NULL, or an error in the place of a pointer.
constexpr std::uint64_t no_object = 0;

/// One Call of this kind.
inline void tell(Effects& effects, Hold what, std::uint64_t object, std::uint8_t flags = 0) {
    Effect& call = effects.push(EffectKind::Call);
    call.token = static_cast<std::uint64_t>(what);
    call.address = object;
    call.flags = flags;
}

/// What may not happen to an object.
enum class Misuse : std::uint8_t {
    None,
    UsedAfterEnd,
    GivenTwice,
    NothingUsed,     // NULL, or an error pointer
    NeverGiven,      // it is still held when the machine has ended, or is taken again
    DeviceWrites,    // memory that was given back
    ForeignWritten,  // memory beside what the owner gave
    Uninvited,
    WrongAllocator,
    WrittenLost,
};

/// The invariant that a misuse breaks; nullptr for None.
const check::Invariant* broken_by(Misuse misuse);

/// Who holds what: objects count from 1.
template <std::size_t Objects>
struct Ledger {
    std::uint8_t held[Objects] = {};     // 0, or 1 | flags of the Take << 1
    std::uint8_t written[Objects] = {};  // by the device, since it was taken

    /// A Call of a machine.
    Misuse told(const Effect& call) {
        if (call.address == no_object) {
            return Misuse::NothingUsed;
        }
        LMSIM_ASSERT(call.address <= Objects);
        std::uint8_t& object = held[call.address - 1];
        switch (static_cast<Hold>(call.token)) {
            case Hold::Take: return taken(object, call);
            case Hold::Use: return object == 0 ? Misuse::UsedAfterEnd : Misuse::None;
            case Hold::Give: break;
        }
        return given(object, call);
    }

    /// The device writes this object.
    Misuse device_writes(std::uint64_t object) {
        LMSIM_ASSERT(object != no_object && object <= Objects);
        if (held[object - 1] == 0) {
            return Misuse::DeviceWrites;
        }
        written[object - 1] = 1;
        return was(held[object - 1], hold::foreign) ? Misuse::ForeignWritten : Misuse::None;
    }

    /// Nobody is left who could give anything back.
    Misuse ended() const {
        for (const std::uint8_t object : held) {
            if (object != 0) {
                return Misuse::NeverGiven;
            }
        }
        return Misuse::None;
    }

  private:
    static bool was(std::uint8_t object, std::uint8_t flag) { return (object >> 1 & flag) != 0; }

    Misuse taken(std::uint8_t& object, const Effect& call) {
        if (object != 0) {
            return Misuse::NeverGiven;
        }
        object = static_cast<std::uint8_t>(1 | call.flags << 1);
        written[call.address - 1] = 0;
        return was(object, hold::uninvited) ? Misuse::Uninvited : Misuse::None;
    }
    Misuse given(std::uint8_t& object, const Effect& call) {
        if (object == 0) {
            return Misuse::GivenTwice;
        }
        const bool wrong = was(object, hold::vmalloced) && (call.flags & hold::kfreed) != 0;
        const bool lost = written[call.address - 1] != 0 && (call.flags & hold::clean) != 0;
        object = 0;
        written[call.address - 1] = 0;
        return wrong ? Misuse::WrongAllocator : lost ? Misuse::WrittenLost : Misuse::None;
    }
};
static_assert(std::is_trivially_copyable_v<Ledger<4>>);

}  // namespace lmsim::host
