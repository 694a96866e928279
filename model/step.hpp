#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "model/arc.hpp"
#include "model/assert.hpp"

namespace lmsim {

/// What a step of the model asks of its host. One list for all parts, so that a host can switch
/// over it. "Answered" kinds carry a ticket that comes back in an event Done.
enum class EffectKind : std::uint8_t {
    None,
    // Controller (model/nvme)
    ReadMemory,   // answered: fetch `length` bytes at `address` (SQE, PRP list, command data)
    WriteMemory,  // answered: `length` bytes to `address`; the bytes are in the controller's outbox
    TransferIn,   // answered: I/O data host to controller, `token` names the command slot
    TransferOut,  // answered: I/O data controller to host
    Media,        // answered: read, write or flush on the media
    Execute,      // answered: the controller's own time for an admin command
    PostCqe,      // the 16 bytes are in token, token2; `address` is the slot in host memory
    PostCdqe,     // bytes 0 to 15 of the entry are token, token2; 16 to 23 are 0; 24 to 31 token3
    Interrupt,    // MSI-X vector `token`
    EnterState,   // a machine of `function` entered state `token` (for traces; no answer)
    // VFIO device (model/vfio)
    DriverArc,     // answered: the driver performs one arc, token = from, token2 = to
    OpenSession,   // a data_fd begins, token = direction
    CloseSession,  // a data_fd ends: later calls on it are ENODEV
    Reply,         // the ioctl returns: token = errno, token2 = data_fd or -1
    // Host (model/host)
    Submit,      // answered: an admin command on the PF's queue; its SQE is in the outbox
    StartTimer,  // answered by TimerFired{ticket}: `length` picoseconds
    CancelTimer,
    Call,    // answered: a request to the environment, token = what (the part's own enum)
    Report,  // a figure for the result, token = what, token2 = value
};

/// 48 plain bytes: measured cheaper than any variant, and a fixed array of them needs no
/// allocation.
struct Effect {
    EffectKind kind = EffectKind::None;
    std::uint8_t flags = 0;
    std::uint16_t function = 0;
    std::uint32_t ticket = 0;
    std::uint64_t address = 0;
    std::uint64_t length = 0;
    std::uint64_t token = 0;
    std::uint64_t token2 = 0;
    std::uint64_t token3 = 0;
};
static_assert(sizeof(Effect) == 48 && std::is_trivially_copyable_v<Effect>);

/// The effects of one step, in order. A step that needs more room than this is a design error.
class Effects {
  public:
    static constexpr std::size_t capacity = 64;

    Effect& push(EffectKind kind) {
        LMSIM_ASSERT(size_ < capacity);
        Effect& effect = items_[size_++];
        effect = Effect{};
        effect.kind = kind;
        return effect;
    }
    void clear() { size_ = 0; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const Effect* begin() const { return items_; }
    const Effect* end() const { return items_ + size_; }
    const Effect& operator[](std::size_t i) const { return items_[i]; }

    /// Tells whoever listens that a machine took this row, if it did: nullptr is none.
    bool took(const fsm::Arc* arc, std::uint16_t function = 0,
              std::uint16_t number = fsm::no_number) const {
        if (arc != nullptr && watcher != nullptr) {
            watcher->took(*arc, function, number);
        }
        return arc != nullptr;
    }

    fsm::Watcher* watcher = nullptr;

  private:
    std::size_t size_ = 0;
    Effect items_[capacity];
};

}  // namespace lmsim
