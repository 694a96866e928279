#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "model/check/invariant.hpp"
#include "model/explore/system.hpp"

// Small systems whose counts are known from elsewhere.
namespace lmsim::tests {

constexpr check::Invariant broken_toy{"TOY-1", "a toy invariant", "", "", "", ""};

/// A System over bytes.
class Toy : public explore::System {
  public:
    explicit Toy(std::size_t bytes) : bytes_(bytes) {}

    std::size_t state_bytes() const override { return bytes_; }
    void initial(std::uint8_t* state) override { std::memset(state, 0, bytes_); }
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes_; ++i) {
            value = value * 8 + state[i];
        }
        return value;
    }
    bool at_rest(const std::uint8_t*) override { return false; }
    std::string describe(const std::uint8_t*, explore::Action action) override {
        return std::string(1, static_cast<char>('a' + action.kind)) + std::to_string(action.a);
    }

  protected:
    std::size_t bytes_;
};

/// `count` counters modulo `modulus`: modulus^count states, each with `count` actions; the last is
/// count * (modulus - 1) steps away.
class Counters : public Toy {
  public:
    Counters(unsigned count, unsigned modulus, std::size_t spread = 1, unsigned forbidden_sum = 0)
        : Toy(count * spread), count_(count), modulus_(modulus), forbidden_sum_(forbidden_sum) {
        spread_ = spread;
    }

    std::size_t actions(const std::uint8_t*, explore::Action* out, std::size_t) override {
        for (unsigned i = 0; i < count_; ++i) {
            out[i] = {0, static_cast<std::uint8_t>(i), 0};
        }
        return count_;
    }
    explore::Outcome apply(std::uint8_t* state, explore::Action action) override {
        std::uint8_t& mine = state[action.a * spread_];
        mine = static_cast<std::uint8_t>((mine + 1) % modulus_);
        unsigned sum = 0;
        for (unsigned i = 0; i < count_; ++i) {
            sum += state[i * spread_];
        }
        return {forbidden_sum_ != 0 && sum == forbidden_sum_ ? &broken_toy : nullptr};
    }
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < count_; ++i) {
            value = value * modulus_ + state[i * spread_];
        }
        return value;
    }

  private:
    unsigned count_;
    unsigned modulus_;
    unsigned forbidden_sum_;
    std::size_t spread_;
};

/// The same with counters that cannot be told apart: as many states as there are multisets.
class Multiset : public Counters {
  public:
    using Counters::Counters;
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        std::vector<std::uint8_t> sorted(state, state + bytes_);
        std::sort(sorted.begin(), sorted.end());
        return Counters::fingerprint(sorted.data());
    }
    void canonical(const std::uint8_t* state, std::uint8_t* out) override {
        std::copy(state, state + bytes_, out);
        std::sort(out, out + bytes_);
    }
};

/// Philosophers around a table, who take the fork on the left, then that on the right, and give
/// both back. `polite`: the last one begins with the right one.
class Philosophers : public Toy {
  public:
    Philosophers(unsigned count, bool polite) : Toy(count), count_(count), polite_(polite) {}

    std::size_t actions(const std::uint8_t* state, explore::Action* out, std::size_t) override {
        std::size_t found = 0;
        for (unsigned i = 0; i < count_; ++i) {
            if (state[i] == eats || free(state, fork(i, state[i]))) {
                out[found++] = {0, static_cast<std::uint8_t>(i), 0};
            }
        }
        return found;
    }
    explore::Outcome apply(std::uint8_t* state, explore::Action action) override {
        std::uint8_t& mine = state[action.a];
        mine = static_cast<std::uint8_t>((mine + 1) % 3);
        return {};
    }
    /// Somebody eats, again and again.
    bool good(const std::uint8_t* state) override {
        return std::find(state, state + count_, std::uint8_t{eats}) != state + count_;
    }
    unsigned fair_class(const std::uint8_t*, explore::Action action) override {
        return action.a + 1u;
    }

  private:
    static constexpr std::uint8_t eats = 2;

    /// The fork that one takes as the first (0) or second (1) one. Fork i is on the left of i.
    unsigned fork(unsigned who, unsigned which) const {
        const bool right_first = polite_ && who == count_ - 1;
        return (who + ((which != 0) != right_first ? 1 : 0)) % count_;
    }
    bool free(const std::uint8_t* state, unsigned wanted) const {
        for (unsigned i = 0; i < count_; ++i) {
            for (unsigned held = 0; held < state[i]; ++held) {
                if (fork(i, held) == wanted) {
                    return false;
                }
            }
        }
        return true;
    }

    unsigned count_;
    bool polite_;
};

/// Peterson's lock for two. Bytes: where each is (0 away, 1 flag up, 2 waits, 3 inside), whose
/// turn. To come is a wish (nobody has to), all else is fair.
class Peterson : public Toy {
  public:
    struct Wrong {
        bool hasty = false;     // waits for nobody
        bool stuck = false;     // asks for the turn alone: waits for one that is away
        bool tireless = false;  // coming is fair too
        bool barging = false;   // whoever finds the room empty goes in: no turns
    };
    explicit Peterson(Wrong wrong) : Toy(3), wrong_(wrong) {}

    std::size_t actions(const std::uint8_t* state, explore::Action* out, std::size_t) override {
        std::size_t found = 0;
        for (std::uint8_t i = 0; i < 2; ++i) {
            const bool turn = state[2] == i;
            const bool alone = !wrong_.stuck && state[1 - i] == 0;
            const bool may_enter = wrong_.barging ? state[1 - i] != 3 : alone || turn;
            if (state[i] != 2 || may_enter || wrong_.hasty) {
                out[found++] = {state[i], i, 0};
            }
        }
        return found;
    }
    explore::Outcome apply(std::uint8_t* state, explore::Action action) override {
        std::uint8_t& mine = state[action.a];
        if (mine == 1) {
            state[2] = static_cast<std::uint8_t>(1 - action.a);
        }
        mine = static_cast<std::uint8_t>((mine + 1) % 4);
        return {state[0] == 3 && state[1] == 3 ? &broken_toy : nullptr};
    }
    bool at_rest(const std::uint8_t* state) override { return state[0] == 0 && state[1] == 0; }
    /// The first one is not kept waiting.
    bool good(const std::uint8_t* state) override { return state[0] == 0 || state[0] == 3; }
    unsigned fair_class(const std::uint8_t*, explore::Action action) override {
        return action.kind == 0 && !wrong_.tireless ? explore::unfair : action.a + 1u;
    }

  private:
    Wrong wrong_;
};

/// A token goes round a ring; each station may also do what it likes meanwhile (a bit that flips).
/// The token arrives at station 0 again and again only if passing it on is fair.
class Ring : public Toy {
  public:
    Ring(unsigned count, bool fair) : Toy(count + 1), count_(count), fair_(fair) {}

    std::size_t actions(const std::uint8_t*, explore::Action* out, std::size_t) override {
        out[0] = {0, 0, 0};
        for (unsigned i = 0; i < count_; ++i) {
            out[i + 1] = {1, static_cast<std::uint8_t>(i), 0};
        }
        return count_ + 1;
    }
    explore::Outcome apply(std::uint8_t* state, explore::Action action) override {
        if (action.kind == 0) {
            state[count_] = static_cast<std::uint8_t>((state[count_] + 1) % count_);
        } else {
            state[action.a] ^= 1;
        }
        return {};
    }
    bool good(const std::uint8_t* state) override { return state[count_] == 0; }
    unsigned fair_class(const std::uint8_t*, explore::Action action) override {
        return action.kind == 0 && !fair_ ? explore::unfair : action.kind + 1u;
    }

  private:
    unsigned count_;
    bool fair_;
};

template <class System, class... Arguments>
explore::SystemFactory factory(Arguments... arguments) {
    return [=] { return std::make_unique<System>(arguments...); };
}

}  // namespace lmsim::tests
