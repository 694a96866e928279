#include "model/explore/world/collapsed.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "model/assert.hpp"
#include "model/explore/world/memo.hpp"
#include "model/explore/world/unit_table.hpp"
#include "model/watch.hpp"

namespace lmsim::explore::world {

namespace {

/// Where the bytes of a unit stand in a state: one stretch after the other.
struct Stretch {
    std::uint32_t offset;
    std::uint32_t size;
};
using Stretches = std::vector<Stretch>;

std::vector<Stretches> stretches_of(const std::vector<std::uint8_t>& unit_of) {
    std::vector<Stretches> list(*std::max_element(unit_of.begin(), unit_of.end()) + 1U);
    for (std::uint32_t i = 0; i < unit_of.size(); ++i) {
        Stretches& mine = list[unit_of[i]];
        if (i != 0 && unit_of[i] == unit_of[i - 1]) {
            ++mine.back().size;
        } else {
            mine.push_back({i, 1});
        }
    }
    return list;
}

/// What all threads of a search share.
struct Shared {
    explicit Shared(const PartedSystem& system) : stretches(stretches_of(system.unit_of())) {
        LMSIM_ASSERT(stretches.size() <= PartedSystem::most_units);
        for (const Stretches& unit : stretches) {
            std::size_t bytes = 0;
            for (const Stretch& stretch : unit) {
                bytes += stretch.size;
            }
            tables.push_back(std::make_unique<UnitTable>((bytes + 7) / 8 * 8));
            most_bytes = std::max(most_bytes, tables.back()->size());
        }
    }

    /// The number of what a piece of a canonical form is, or a group of pieces; no state has it.
    std::uint32_t form_number(const Words& words) {
        constexpr std::uint32_t form = 1U << 31;
        const std::lock_guard<std::mutex> guard(lock);
        const std::vector<std::uint64_t> key(words.begin(), words.begin() + words.size());
        const auto next = static_cast<std::uint32_t>(forms.size() + 1);
        const auto [at, added] = forms.try_emplace(key, form | next);
        form_bytes += added ? 64 + 8 * key.size() : 0;
        return at->second;
    }
    std::uint64_t bytes() const {
        std::uint64_t sum = form_bytes;
        for (const auto& table : tables) {
            sum += table->memory();
        }
        return sum;
    }

    const std::vector<Stretches> stretches;
    std::vector<std::unique_ptr<UnitTable>> tables;
    std::size_t most_bytes = 0;
    std::mutex lock;
    std::map<std::vector<std::uint64_t>, std::uint32_t> forms;
    std::uint64_t form_bytes = 0;  // about
    std::vector<std::uint8_t> initial;
};

/// The state of the inner System that is at hand, unit by unit.
class Whole {
  public:
    Whole(const PartedSystem& system, Shared& shared)
        : shared_(shared),
          unit_of_(system.unit_of()),
          numbers_(shared.stretches.size(), 0),
          lines_((system.state_bytes() + 63) / 64),
          gathered_(shared.most_bytes / 8) {}

    std::uint8_t* bytes() { return lines_[0].bytes; }

    void load(const std::uint32_t* state) {
        for (std::size_t unit = 0; unit < numbers_.size(); ++unit) {
            if (numbers_[unit] == state[unit]) {
                continue;
            }
            numbers_[unit] = state[unit];
            const std::uint8_t* from = shared_.tables[unit]->bytes(state[unit]);
            for (const Stretch& stretch : shared_.stretches[unit]) {
                std::memcpy(bytes() + stretch.offset, from, stretch.size);
                from += stretch.size;
            }
        }
    }

    /// These units may have changed. Their numbers, and a bit for each that has another one.
    std::uint32_t take(std::uint32_t seen) {
        std::uint32_t changed = 0;
        for (std::uint32_t rest = seen; rest != 0; rest &= rest - 1) {
            const auto unit = static_cast<std::size_t>(__builtin_ctz(rest));
            auto* const to = reinterpret_cast<std::uint8_t*>(gathered_.data());
            std::size_t size = 0;
            for (const Stretch& stretch : shared_.stretches[unit]) {
                std::memcpy(to + size, bytes() + stretch.offset, stretch.size);
                size += stretch.size;
            }
            UnitTable& table = *shared_.tables[unit];
            std::memset(to + size, 0, table.size() - size);
            if (numbers_[unit] != 0 &&
                std::memcmp(to, table.bytes(numbers_[unit]), table.size()) == 0) {
                continue;
            }
            numbers_[unit] = table.number(to);
            changed |= 1U << unit;
        }
        return changed;
    }
    const std::uint32_t* numbers() const { return numbers_.data(); }

    /// Does something with the state; returns the units that were looked at.
    template <class Act>
    std::uint32_t watched(const Act& act) {
        watch.state = bytes();
        watch.bytes = unit_of_.size();
        watch.unit_of = unit_of_.data();
        watch.seen = 1;
        act();
        watch.bytes = 0;
        return watch.seen;
    }

  private:
    struct Line {
        alignas(64) std::uint8_t bytes[64] = {};
    };
    Shared& shared_;
    const std::vector<std::uint8_t>& unit_of_;
    std::vector<std::uint32_t> numbers_;  // of what `bytes` holds; 0: nothing yet
    std::vector<Line> lines_;
    std::vector<std::uint64_t> gathered_;
};

class Collapsed final : public System {
  public:
    Collapsed(std::unique_ptr<PartedSystem> inner, std::shared_ptr<Shared> shared)
        : inner_(std::move(inner)),
          shared_(std::move(shared)),
          units_(shared_->stretches.size()),
          interchangeable_(inner_->interchangeable()),
          whole_(*inner_, *shared_) {
        LMSIM_ASSERT(inner_->pieces() <= PartedSystem::most_pieces);
    }

    std::size_t state_bytes() const override { return units_ * sizeof(std::uint32_t); }

    void initial(std::uint8_t* state) override {
        inner_->initial(whole_.bytes());
        whole_.take((std::uint32_t{1} << units_) - 1);
        std::memcpy(state, whole_.numbers(), state_bytes());
        shared_->initial.assign(state, state + state_bytes());
    }
    bool of_numbers() const override { return true; }
    std::uint64_t bytes_elsewhere() const override { return shared_->bytes(); }

    std::size_t actions(const std::uint8_t* state, Action* out, std::size_t room) override {
        return inner_->actions(load(state), out, room);
    }
    Outcome apply(std::uint8_t* state, Action action) override;
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        return fingerprint_of(sums_of(numbers(state)), interchangeable_);
    }
    void canonical(const std::uint8_t* state, std::uint8_t* out) override;
    std::uint64_t fair_fingerprint(const std::uint8_t* state) override {
        return fingerprint_of(sums_of(numbers(state)), false);
    }

    bool at_rest(const std::uint8_t* state) override { return inner_->at_rest(load(state)); }
    bool good(const std::uint8_t* state) override { return inner_->good(load(state)); }
    unsigned fair_class(const std::uint8_t* state, Action action) override {
        return inner_->fair_class(load(state), action);
    }
    std::string describe(const std::uint8_t* state, Action action) override {
        return inner_->describe(load(state), action);
    }
    Arrow arrow(const std::uint8_t* state, Action action) override {
        return inner_->arrow(load(state), action);
    }

  private:
    static const std::uint32_t* numbers(const std::uint8_t* state) {
        return reinterpret_cast<const std::uint32_t*>(state);
    }
    const std::uint8_t* load(const std::uint8_t* state) {
        whole_.load(numbers(state));
        return whole_.bytes();
    }

    std::uint64_t hash_of(std::size_t piece, const std::uint32_t* state);
    std::uint32_t form_of(std::size_t piece, const std::uint32_t* state);
    GroupSums sums_of(const std::uint32_t* state);

    const std::unique_ptr<PartedSystem> inner_;
    const std::shared_ptr<Shared> shared_;
    const std::size_t units_;
    const bool interchangeable_;
    Whole whole_;
    Words words_;
    Memo steps_;   // by action: the invariant that falls, the units that change, what to
    Memo pieces_;  // by piece: its hash
    Memo forms_;   // the same: number of the form
};

Outcome Collapsed::apply(std::uint8_t* bytes, Action action) {
    auto* const state = reinterpret_cast<std::uint32_t*>(bytes);
    const std::uint32_t tag =
        std::uint32_t{action.kind} << 16 | std::uint32_t{action.a} << 8 | std::uint32_t{action.b};
    const std::uint32_t* known = steps_.find(tag, state);
    if (known == nullptr) {
        whole_.load(state);
        Outcome outcome;
        const std::uint32_t seen =
            whole_.watched([&] { outcome = inner_->apply(whole_.bytes(), action); });
        const std::uint32_t changed = whole_.take(seen);
        std::uint32_t words[3 + PartedSystem::most_units];
        std::memcpy(words, &outcome.broken, sizeof outcome.broken);
        words[2] = changed;
        std::size_t count = 3;
        for (std::uint32_t rest = changed; rest != 0; rest &= rest - 1) {
            words[count++] = whole_.numbers()[__builtin_ctz(rest)];
        }
        known = steps_.put(tag, seen, state, words, count);
    }
    Outcome outcome;
    std::memcpy(&outcome.broken, known, sizeof outcome.broken);
    const std::uint32_t* next = known + 3;
    for (std::uint32_t rest = known[2]; rest != 0; rest &= rest - 1) {
        state[__builtin_ctz(rest)] = *next++;
    }
    return outcome;
}

std::uint64_t Collapsed::hash_of(std::size_t piece, const std::uint32_t* state) {
    const auto tag = static_cast<std::uint32_t>(piece);
    const std::uint32_t* known = pieces_.find(tag, state);
    if (known == nullptr) {
        whole_.load(state);
        words_.clear();
        const std::uint32_t seen =
            whole_.watched([&] { inner_->piece(whole_.bytes(), piece, words_); });
        const std::uint64_t hash = hash_of_piece(words_, inner_->place_in_group(piece));
        std::uint32_t words[2];
        std::memcpy(words, &hash, sizeof hash);
        known = pieces_.put(tag, seen, state, words, 2);
    }
    std::uint64_t hash = 0;
    std::memcpy(&hash, known, sizeof hash);
    return hash;
}

GroupSums Collapsed::sums_of(const std::uint32_t* state) {
    GroupSums sums{};
    for (std::size_t i = 0; i < inner_->pieces(); ++i) {
        sums[inner_->group_of(i)] += hash_of(i, state);
    }
    return sums;
}

std::uint32_t Collapsed::form_of(std::size_t piece, const std::uint32_t* state) {
    const auto tag = static_cast<std::uint32_t>(piece);
    const std::uint32_t* known = forms_.find(tag, state);
    if (known == nullptr) {
        whole_.load(state);
        words_.clear();
        const std::uint32_t seen =
            whole_.watched([&] { inner_->piece(whole_.bytes(), piece, words_); });
        const std::uint32_t number = shared_->form_number(words_);
        known = forms_.put(tag, seen, state, &number, 1);
    }
    return *known;
}

/// A number for each group, those of interchangeable ones in order; the rest is the initial
/// state's, as what is the same takes no room.
void Collapsed::canonical(const std::uint8_t* state, std::uint8_t* out) {
    std::uint32_t form[PartedSystem::most_groups] = {};
    std::uint32_t piece[PartedSystem::most_pieces];
    std::size_t groups = 0;
    for (std::size_t i = 0; i < inner_->pieces(); ++i) {
        piece[i] = form_of(i, numbers(state));
        groups = std::max(groups, inner_->group_of(i) + 1);
    }
    for (std::size_t group = 0; group < groups; ++group) {
        words_.clear();
        words_.put(group == 0 ? 0 : 1);
        for (std::size_t i = 0; i < inner_->pieces(); ++i) {
            if (inner_->group_of(i) == group) {
                words_.put(std::uint64_t{1} << 32 | piece[i]);
            }
        }
        form[group] = shared_->form_number(words_);
    }
    if (interchangeable_ && groups == 3) {
        std::sort(form + 1, form + 3);
    }
    std::copy(shared_->initial.begin(), shared_->initial.end(), out);
    std::memcpy(out, form, groups * sizeof(std::uint32_t));
}

}  // namespace

SystemFactory collapsed(std::function<std::unique_ptr<PartedSystem>()> make) {
    const auto shared = std::make_shared<Shared>(*make());
    return [make = std::move(make), shared] { return std::make_unique<Collapsed>(make(), shared); };
}

}  // namespace lmsim::explore::world
