#pragma once

#include "model/explore/world/play.hpp"

namespace lmsim::explore::world {

template <class W>
void Play<W>::submit(std::uint8_t vf) {
    Guest& guest = w.guest[vf];
    const std::uint8_t command = guest.submitted++;
    tell_queue(check::What::Submitted, w.owner, vf, 1, command);
    nvme::Event event;
    event.kind = nvme::Event::Kind::SqDoorbell;
    event.function = static_cast<std::uint16_t>(vf + 1);
    event.queue = 1;
    event.value = guest.submitted % io_ring();
    step_device(w.owner, event);
}

/// The guest takes the oldest completion, and moves the head of the queue beyond it.
template <class W>
void Play<W>::take(std::uint8_t vf) {
    Guest& guest = w.guest[vf];
    const std::uint8_t command = guest.order[guest.taken++];
    tell_queue(check::What::Completed, w.owner, vf, 1, command);
    nvme::Event event;
    event.kind = nvme::Event::Kind::CqDoorbell;
    event.function = static_cast<std::uint16_t>(vf + 1);
    event.queue = 1;
    event.value = guest.taken % cq_ring();
    step_device(w.owner, event);
}

/// On the admin queue: an AER first, which nothing answers, then a command that moves no data.
template <class W>
void Play<W>::submit_admin(std::uint8_t vf) {
    Guest& guest = w.guest[vf];
    const std::uint8_t command = guest.admin_submitted++;
    tell_queue(check::What::Submitted, w.owner, vf, 0, command,
               command == 0 ? check::flag::may_wait : std::uint8_t{0});
    nvme::Event event;
    event.kind = nvme::Event::Kind::SqDoorbell;
    event.function = static_cast<std::uint16_t>(vf + 1);
    event.value = guest.admin_submitted % pf_ring;
    step_device(w.owner, event);
}

template <class W>
void Play<W>::take_admin(std::uint8_t vf) {
    Guest& guest = w.guest[vf];
    const std::uint8_t command = guest.admin_order[guest.admin_taken++];
    tell_queue(check::What::Completed, w.owner, vf, 0, command);
    nvme::Event event;
    event.kind = nvme::Event::Kind::CqDoorbell;
    event.function = static_cast<std::uint16_t>(vf + 1);
    event.value = guest.admin_taken % pf_ring;
    step_device(w.owner, event);
}

/// Which command the entry at this position is: the latest that was put there.
template <class W>
std::uint8_t Play<W>::command_at(std::uint8_t vf, std::uint32_t position) const {
    const std::uint8_t submitted = w.guest[vf].submitted;
    for (std::uint8_t command = submitted; command-- > 0;) {
        if (command % io_ring() == position) {
            return command;
        }
    }
    return 0;
}

}  // namespace lmsim::explore::world
