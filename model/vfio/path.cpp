#include "model/vfio/machine.hpp"

namespace lmsim::vfio {

namespace {

using StateSet = std::uint32_t;  // bit s: state s

constexpr StateSet bit(std::uint32_t state) { return StateSet{1} << state; }
constexpr StateSet bit(MigState state) { return bit(static_cast<std::uint32_t>(state)); }

constexpr StateSet saving_states =
    bit(MigState::STOP_COPY) | bit(MigState::PRE_COPY) | bit(MigState::PRE_COPY_P2P);
constexpr StateSet every_state = bit(state_count) - 1;

/// The first hop of a shortest path whose interior lies within `interior`; ERROR where there is
/// none. Of several shortest paths, the one through the lowest number.
MigState first_hop(MigState from, MigState to, StateSet interior,
                   const std::array<std::uint8_t, state_count>& successors) {
    StateSet near = bit(to);  // the states from which `to` can be reached, growing by one hop
    for (std::uint32_t length = 1; length < state_count; ++length) {
        const StateSet hops = successors[static_cast<std::size_t>(from)] & near;
        for (std::uint32_t state = 0; state < state_count; ++state) {
            if ((hops & bit(state)) != 0) {
                return static_cast<MigState>(state);
            }
        }
        StateSet grown = near;
        for (std::uint32_t state = 0; state < state_count; ++state) {
            if ((interior & bit(state)) != 0 && (successors[state] & near) != 0) {
                grown |= bit(state);
            }
        }
        near = grown;
    }
    return MigState::ERROR;
}

MigState hop_by_rules(MigState from, MigState to, std::uint8_t flags, const spec::Rules& rules) {
    if (rules.on(spec::Id::VfioPathNoRestart) && from == MigState::STOP_COPY &&
        (to == MigState::PRE_COPY || to == MigState::PRE_COPY_P2P)) {
        return MigState::ERROR;
    }
    const auto next = successors(flags, rules);
    if (!rules.on(spec::Id::VfioPathNoSavingInterior)) {
        return first_hop(from, to, every_state, next);
    }
    if (is_saving(from) && is_saving(to)) {
        const MigState inside = first_hop(from, to, saving_states, next);
        if (inside != MigState::ERROR) {
            return inside;
        }
    }
    return first_hop(from, to, every_state & ~saving_states, next);
}

bool exists(std::uint32_t state, std::uint8_t flags) {
    return state < state_count && supported(static_cast<MigState>(state), flags);
}

}  // namespace

std::array<std::uint8_t, state_count> successors(std::uint8_t flags, const spec::Rules& rules) {
    std::array<std::uint8_t, state_count> result{};
    for (const DriverArc& arc : driver_arcs()) {
        if (arc.exists(flags, rules)) {
            std::uint8_t& set = result[static_cast<std::size_t>(arc.from)];
            set = static_cast<std::uint8_t>(set | bit(arc.to));
        }
    }
    return result;
}

NextState next_state(std::uint32_t current, std::uint32_t target, std::uint8_t flags,
                     const spec::Rules& rules) {
    if (!exists(current, flags) || !exists(target, flags)) {
        return {Errno::Invalid, MigState::ERROR};
    }
    const auto from = static_cast<MigState>(current);
    const auto to = static_cast<MigState>(target);
    const MigState hop = from == to ? to : hop_by_rules(from, to, flags, rules);
    return {hop == MigState::ERROR ? Errno::Invalid : Errno::Ok, hop};
}

Path find_path(MigState from, MigState to, std::uint8_t flags, const spec::Rules& rules) {
    Path path;
    path.states[path.size++] = from;
    while (from != to) {
        const NextState next = next_state(static_cast<std::uint32_t>(from),
                                          static_cast<std::uint32_t>(to), flags, rules);
        if (next.error != Errno::Ok || path.size == path.states.size()) {
            return {};
        }
        from = next.state;
        path.states[path.size++] = from;
    }
    return path;
}

}  // namespace lmsim::vfio
