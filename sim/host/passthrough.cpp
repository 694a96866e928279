#include "sim/host/passthrough.hpp"

#include <algorithm>
#include <utility>

#include "model/wire/track.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

Passthrough::Passthrough(sc_core::sc_module_name name, Kernel& kernel, Ps ioctl, Ps pin,
                         AdminQueue& admin, const spec::Rules& rules)
    : Component(name, kernel),
      ioctl_(ioctl),
      pin_(pin),
      admin_(admin),
      rules_(rules),
      lane_(add_lane()) {}

void Passthrough::enter(std::uint64_t bytes, std::function<void()> then) {
    const std::uint64_t pages = (bytes + page_size - 1) / page_size;
    ++calls_;
    pinned_ += pages;
    busy_ = std::max(busy_, now()) + ioctl_ + pin_ * static_cast<Ps>(pages);
    entering_.push_back(std::move(then));
    post(lane_, busy_, 0, 0);
}

/// Of the commands that come this way, Track Receive has a large buffer; that of others is a page.
void Passthrough::submit(const wire::Sqe& sqe, AdminDone done) {
    std::uint64_t bytes = sqe.prp1 == 0 ? 0 : page_size;
    if (sqe.opcode == rules_.value(spec::Id::OpcodeAdminTrackReceive)) {
        bytes = wire::decode_track_receive(sqe, rules_).dwords * 4;
    }
    enter(bytes,
          [this, sqe, done = std::move(done)]() mutable { admin_.submit(sqe, std::move(done)); });
}

void Passthrough::handle(const Event& /*event*/) {
    const std::function<void()> then = std::move(entering_.front());
    entering_.pop_front();
    then();
}

}  // namespace lmsim::sim
