#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/vendor_area.hpp"

namespace lmsim::wire {

/// What an NVMe Controller State holds (CS-V1-01): version 0h has queue states alone.
enum class StateBody : std::uint8_t { Queues, Controller, Parts };

/// The body of the version that these rules are about, or of version 0h where that is asked for.
StateBody state_body(bool version0, const spec::Rules& rules);

/// Where the pieces of an NVMe Controller State stand, from its first byte, and how many there are.
struct StateMap {
    StateBody body = StateBody::Queues;
    bool has_own = false;  // registers, admin queue, features and AERs
    std::size_t own_at = 0;
    std::size_t features_at = 0;
    std::size_t aers_at = 0;
    std::size_t sqs_at = 0;
    std::size_t cqs_at = 0;
    std::size_t size = 0;  // a multiple of 4
    std::uint16_t features = 0;
    std::uint16_t aers = 0;
    std::uint16_t sqs = 0;
    std::uint16_t cqs = 0;
};

/// Lays out a state of so many queues and, where its body has them, AERs.
StateMap lay_out(StateBody body, std::uint16_t sqs, std::uint16_t cqs, std::uint16_t aers,
                 const spec::Rules& rules);

/// Finds the pieces in the caller's bytes, of which the header is there. Faults: Truncated,
/// SizeMismatch, Reserved (a part that is unknown and not optional), TooMany (AERs).
Result<StateMap> find_pieces(StateBody body, const std::uint8_t* data, std::size_t size,
                             const spec::Rules& rules);

/// Writes the headers of parts; nothing for other bodies.
void write_frames(const StateMap& map, std::uint8_t* to, const spec::Rules& rules);

/// Writes and reads the controller's own part. Faults: OutOfRange (a feature that is not known).
void write_own(const StateMap& map, const VendorArea& own, std::uint8_t* to,
               const spec::Rules& rules);
Result<VendorArea> read_own(const StateMap& map, const std::uint8_t* data,
                            const spec::Rules& rules);

}  // namespace lmsim::wire
