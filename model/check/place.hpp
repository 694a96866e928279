#pragma once

#include <cstdint>

#include "model/check/bounds.hpp"
#include "model/check/invariant.hpp"
#include "model/check/observation.hpp"

namespace lmsim::check {

/// Bits of Place::still.
namespace still {
constexpr std::uint8_t suspended = 1;   // the controller
constexpr std::uint8_t stopped = 2;     // the VFIO device
constexpr std::uint8_t saved = 4;       // the state has left: what comes after it is lost
constexpr std::uint8_t suspending = 8;  // it fetches nothing more
}  // namespace still

/// Of a queue, as far as it was told.
enum class QueueLife : std::uint8_t { Unknown, Live, Ended };

constexpr std::uint8_t vfio_unknown = 0xff;

/// A VF on one host.
template <class Bounds>
struct Place {
    std::uint8_t still = 0;  // why it may touch nothing; 0: it may
    std::uint8_t vfio = vfio_unknown;
    bool session = false;
    std::uint16_t session_number = 0;  // 0 without one
    typename Bounds::template OfQueues<QueueLife> sq;
    typename Bounds::template OfQueues<QueueLife> cq;

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.still, self.vfio, self.session, self.session_number, self.sq, self.cq);
    }
};

enum class Journey : std::uint8_t { None, Begun, Completed, Aborted };

/// The VM as a whole.
struct Vm {
    std::uint8_t runs = 0;  // a bit for each host
    bool ended = false;
    Journey journey = Journey::None;

    bool on(std::uint8_t host) const { return (runs >> host & 1) != 0; }

    template <class Visitor, class Self>
    static constexpr void fields(Visitor& visit, Self& self) {
        visit(self.runs, self.ended, self.journey);
    }
};

}  // namespace lmsim::check
