#include "model/explore/world/memo.hpp"

#include <algorithm>
#include <utility>

namespace lmsim::explore::world {

Memo::Memo() : tags_(2048), places_(1024), words_(1) {}

std::uint64_t Memo::key_of(std::uint32_t tag, std::uint32_t seen, const std::uint32_t* state) {
    constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15;
    std::uint64_t sum = (tag + 1) * odd ^ seen * 0xd1b5'4a32'd192'ed03;
    for (std::uint32_t rest = seen; rest != 0; rest &= rest - 1) {
        const auto unit = static_cast<unsigned>(__builtin_ctz(rest));
        // Units go into the sum with factors of their own, so that the order does not matter.
        sum += state[unit] * (odd * (2 * unit + 3));
    }
    sum = (sum ^ sum >> 32) * 0xd6e8'feb8'6659'fd93;
    return sum ^ sum >> 32;
}

const std::uint32_t* Memo::words_of(const Place& place, std::uint32_t tag, std::uint32_t seen,
                                    const std::uint32_t* state) const {
    const std::uint32_t* next = words_.data() + place.at;
    bool same = next[0] == tag && next[1] == seen;
    next += 2;
    for (std::uint32_t rest = seen; same && rest != 0; rest &= rest - 1) {
        same = *next++ == state[__builtin_ctz(rest)];
    }
    return same ? next : nullptr;
}

const std::uint32_t* Memo::find(std::uint32_t tag, const std::uint32_t* state) {
    Tag& known = tag_at(tag);
    if (known.tag != tag) {
        return nullptr;
    }
    for (std::uint32_t i = 0; i < known.count; ++i) {
        const std::uint32_t seen = known.seen[i];
        const std::uint64_t key = key_of(tag, seen, state);
        for (std::size_t at = key & (places_.size() - 1); places_[at].at != 0;
             at = (at + 1) & (places_.size() - 1)) {
            if (places_[at].key != key) {
                continue;
            }
            if (const std::uint32_t* words = words_of(places_[at], tag, seen, state)) {
                if (i != 0) {
                    std::swap(known.seen[i], known.seen[i - 1]);  // what is common comes first
                }
                return words;
            }
        }
    }
    return nullptr;
}

void Memo::make_room(std::size_t words) {
    if (words_.size() < used_ + words + 1) {
        if (words_.size() < most_words) {
            words_.resize(std::max(words_.size() * 2, used_ + words + 1));
        } else {
            std::fill(places_.begin(), places_.end(), Place{});
            used_ = 0;
            filled_ = 0;
        }
    }
    if (filled_ < places_.size() / 2) {
        return;
    }
    if (places_.size() == most_places) {
        std::fill(places_.begin(), places_.end(), Place{});
        used_ = 0;
        filled_ = 0;
        return;
    }
    const std::vector<Place> old = std::exchange(places_, std::vector<Place>(places_.size() * 2));
    for (const Place& place : old) {
        if (place.at != 0) {
            free_place(place.key) = place;
        }
    }
}

Memo::Place& Memo::free_place(std::uint64_t key) {
    std::size_t at = key & (places_.size() - 1);
    while (places_[at].at != 0) {
        at = (at + 1) & (places_.size() - 1);
    }
    return places_[at];
}

/// The set by which it is remembered: one with at most two more that is known already, so that
/// there are few to try. What is known of a set goes with it.
std::uint32_t Memo::set_for(std::uint32_t tag, std::uint32_t seen) {
    Tag& known = tag_at(tag);
    if (known.tag != tag) {
        known = Tag{};
        known.tag = tag;
    }
    for (std::uint32_t i = 0; i < known.count; ++i) {
        const std::uint32_t other = known.seen[i];
        if ((seen & ~other) == 0 && __builtin_popcount(other & ~seen) <= 2) {
            return other;
        }
        if ((other & ~seen) == 0 && __builtin_popcount(seen & ~other) <= 2) {
            known.seen[i] = seen;
            return seen;
        }
    }
    if (known.count < most_sets) {
        ++known.count;
    }
    known.seen[known.count - 1] = seen;
    return seen;
}

const std::uint32_t* Memo::put(std::uint32_t tag, std::uint32_t seen, const std::uint32_t* state,
                               const std::uint32_t* words, std::size_t count) {
    seen = set_for(tag, seen);
    const auto units = static_cast<std::size_t>(__builtin_popcount(seen));
    make_room(2 + units + count);
    Place& place = free_place(key_of(tag, seen, state));
    place = {key_of(tag, seen, state), static_cast<std::uint32_t>(used_ + 1)};
    ++filled_;
    std::uint32_t* next = words_.data() + used_ + 1;
    *next++ = tag;
    *next++ = seen;
    for (std::uint32_t rest = seen; rest != 0; rest &= rest - 1) {
        *next++ = state[__builtin_ctz(rest)];
    }
    std::copy(words, words + count, next);
    used_ += 2 + units + count;
    return next;
}

}  // namespace lmsim::explore::world
