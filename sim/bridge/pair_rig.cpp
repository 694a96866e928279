#include "sim/bridge/pair_rig.hpp"

#include <algorithm>

namespace lmsim::sim {

namespace {

constexpr Ps short_nap = 200'000'000;  // 200 us: the other one is to be looked at, too

}  // namespace

DevicePort& PairRig::port(std::uint16_t function) {
    const std::uint16_t first = first_->functions();
    return function < first ? first_->port(function)
                            : second_->port(static_cast<std::uint16_t>(function - first));
}

std::uint64_t PairRig::no_memory() const {
    return std::max(first_->no_memory(), second_->no_memory());
}

std::string PairRig::trouble() const {
    const std::string text = first_->trouble();
    return text.empty() ? second_->trouble() : text;
}

bool PairRig::poll() {
    const bool first = first_->poll();
    const bool second = second_->poll();
    return first || second;
}

void PairRig::idle(Ps limit) {
    turn_ = !turn_;
    (turn_ ? first_ : second_)->idle(std::min(limit, short_nap));
}

void PairRig::give_a_turn() {
    first_->give_a_turn();
    second_->give_a_turn();
}

}  // namespace lmsim::sim
