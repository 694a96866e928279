#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

// The next-hop table a second time, out of the prose of the uAPI alone (enum
// vfio_device_mig_state): its arcs, typed in, and a breadth-first search over paths under its
// rules. It shares nothing with the model but the numbers of the ABI, and nothing with the kernel's
// table.
namespace lmsim::vfio::derived {

inline constexpr std::uint8_t none = 0;
inline constexpr std::uint8_t p2p = 2;
inline constexpr std::uint8_t pre_copy = 4;

/// An arc that drivers implement; some exist only where there is no P2P between their ends.
struct Arc {
    std::uint8_t from;
    std::uint8_t to;
    bool without_p2p;
};
inline constexpr Arc arcs[] = {
    {1, 2, true},  {2, 1, true},  {1, 5, false}, {5, 1, false}, {5, 2, false}, {2, 5, false},
    {1, 3, false}, {3, 1, false}, {1, 4, false}, {4, 1, false}, {2, 6, false}, {6, 2, false},
    {5, 7, false}, {7, 5, false}, {6, 7, false}, {7, 6, false}, {7, 3, false}, {6, 3, true},
};

/// ERROR is no state to ask for; RUNNING_P2P, PRE_COPY and PRE_COPY_P2P are optional.
inline bool exists(std::uint32_t state, std::uint8_t flags) {
    switch (state) {
        case 1:
        case 2:
        case 3:
        case 4: return true;
        case 5: return (flags & p2p) != 0;
        case 6: return (flags & pre_copy) != 0;
        case 7: return (flags & p2p) != 0 && (flags & pre_copy) != 0;
        default: return false;
    }
}

inline bool has(const Arc& arc, std::uint8_t flags) {
    return exists(arc.from, flags) && exists(arc.to, flags) &&
           !(arc.without_p2p && (flags & p2p) != 0);
}

using StatePath = std::vector<std::uint8_t>;

inline bool saving(std::uint8_t state) { return state == 3 || state == 6 || state == 7; }

/// The saving group is no interior of a path, unless the path begins and ends in it and then stays
/// inside; and a saving session is not begun again out of STOP_COPY.
inline bool allowed(const StatePath& path) {
    const bool group = saving(path.front()) && saving(path.back());
    bool inside = false;
    bool outside = false;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
        (saving(path[i]) ? inside : outside) = true;
    }
    const bool restart = path.front() == 3 && (path.back() == 6 || path.back() == 7);
    return !restart && (!inside || (group && !outside));
}

struct Shortest {
    StatePath path;        // both ends included; empty: there is none
    std::size_t ties = 0;  // further ones of the same length
};

/// Paths in the order of their lengths.
inline Shortest shortest(std::uint8_t from, std::uint8_t to, std::uint8_t flags) {
    std::deque<StatePath> open{{from}};
    Shortest found;
    for (; !open.empty(); open.pop_front()) {
        const StatePath path = open.front();
        if (!found.path.empty() && path.size() > found.path.size()) {
            break;
        }
        if (path.back() == to) {
            if (allowed(path)) {
                found.ties += found.path.empty() ? 0 : 1;
                found.path = found.path.empty() ? path : found.path;
            }
            continue;
        }
        for (const Arc& arc : arcs) {
            const bool seen = std::find(path.begin(), path.end(), arc.to) != path.end();
            if (arc.from == path.back() && has(arc, flags) && !seen) {
                open.push_back(path);
                open.back().push_back(arc.to);
            }
        }
    }
    return found;
}

/// The next hop between all states of one feature set; `none` is -EINVAL.
class Table {
  public:
    explicit Table(std::uint8_t flags) {
        for (std::uint8_t from = 1; from < 8; ++from) {
            for (std::uint8_t to = 1; to < 8; ++to) {
                if (!exists(from, flags) || !exists(to, flags)) {
                    continue;
                }
                const StatePath path = shortest(from, to, flags).path;
                hop_[from][to] = path.empty() ? none : path.size() == 1 ? to : path[1];
            }
        }
    }
    std::uint8_t hop(std::uint32_t from, std::uint32_t to) const {
        return from < 8 && to < 8 ? hop_[from][to] : none;
    }

  private:
    std::uint8_t hop_[8][8] = {};
};

}  // namespace lmsim::vfio::derived
