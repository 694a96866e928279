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

/// What is remembered of a step: the invariant that falls (two words), the units that change, the
/// pieces of the form that these are seen by, what the step adds to the hash of each group (two
/// words), then the numbers of the units that change.
enum Word : std::size_t { broken_word = 0, changed_word = 2, pieces_word = 3, shift_word = 4 };
constexpr std::size_t most_shifted = 3;  // groups
constexpr std::size_t after_word = shift_word + 2 * most_shifted;
/// So many more units than it looks at may decide upon the shift of a step that is remembered.
constexpr int most_more = 6;
constexpr std::uint32_t no_pieces = 0xffff'ffff;

class Collapsed final : public System {
  public:
    Collapsed(std::unique_ptr<PartedSystem> inner, std::shared_ptr<Shared> shared)
        : inner_(std::move(inner)),
          shared_(std::move(shared)),
          units_(shared_->stretches.size()),
          interchangeable_(inner_->interchangeable()),
          whole_(*inner_, *shared_) {
        LMSIM_ASSERT(inner_->pieces() <= PartedSystem::most_pieces);
        for (std::size_t i = 0; i < inner_->pieces(); ++i) {
            base_piece_.push_back({0, 0, inner_->group_of(i), inner_->place_in_group(i)});
        }
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
    Outcome follow(std::uint8_t* state, Action action, std::uint64_t& fingerprint) override;
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        const std::uint32_t* const now = numbers(state);
        return fingerprint_of(sums_of(now, differs_from_base(now)), interchangeable_);
    }
    void canonical(const std::uint8_t* state, std::uint8_t* out) override;
    std::uint64_t fair_fingerprint(const std::uint8_t* state) override {
        const std::uint32_t* const now = numbers(state);
        return fingerprint_of(sums_of(now, differs_from_base(now)), false);
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

    /// A piece of the canonical form: its hash, and the units that it depends on.
    struct Piece {
        std::uint64_t hash = 0;
        std::uint32_t seen = 0;
        std::size_t group = 0;
        std::size_t place = 0;
    };

    const std::uint32_t* look_up(const std::uint32_t* state, Action action);
    static Outcome outcome_of(const std::uint32_t* known, std::uint32_t* state);
    std::uint32_t shift_to(const std::uint32_t* after, std::uint32_t changed, std::uint32_t& seen,
                           GroupSums& by);
    Piece find_piece(std::size_t i, const std::uint32_t* state);
    void base_on(const std::uint32_t* state);
    std::uint32_t differs_from_base(const std::uint32_t* state) const;
    std::uint32_t pieces_of(std::uint32_t units) const;
    GroupSums sums_of(const std::uint32_t* state, std::uint32_t differs);
    std::uint32_t form_of(std::size_t piece, const std::uint32_t* state);

    const std::unique_ptr<PartedSystem> inner_;
    const std::shared_ptr<Shared> shared_;
    const std::size_t units_;
    const bool interchangeable_;
    Whole whole_;
    Words words_;
    Memo steps_;   // by action: see Word
    Memo pieces_;  // by piece: its hash, the units that it looks at
    Memo forms_;   // the same: number of the form
    // A state, mostly the one whose actions are being done: what they lead to differs in little.
    std::uint32_t base_[PartedSystem::most_units] = {};
    std::vector<Piece> base_piece_;
    std::uint32_t seen_by_[PartedSystem::most_units] = {};  // of each unit the pieces, a bit each
    GroupSums base_sums_{};
};

/// The words that are remembered of an action.
const std::uint32_t* Collapsed::look_up(const std::uint32_t* state, Action action) {
    const std::uint32_t tag =
        std::uint32_t{action.kind} << 16 | std::uint32_t{action.a} << 8 | std::uint32_t{action.b};
    if (const std::uint32_t* known = steps_.find(tag, state)) {
        return known;
    }
    base_on(state);
    whole_.load(state);
    Outcome outcome;
    std::uint32_t seen = whole_.watched([&] { outcome = inner_->apply(whole_.bytes(), action); });
    const std::uint32_t changed = whole_.take(seen);
    std::uint32_t after[PartedSystem::most_units];
    std::copy(whole_.numbers(), whole_.numbers() + units_, after);
    GroupSums by{};
    const std::uint32_t pieces =
        outcome.broken != nullptr ? no_pieces : shift_to(after, changed, seen, by);
    std::uint32_t words[after_word + PartedSystem::most_units];
    std::memcpy(words + broken_word, &outcome.broken, sizeof outcome.broken);
    words[changed_word] = changed;
    words[pieces_word] = pieces;
    std::memcpy(words + shift_word, by.data(), most_shifted * sizeof by[0]);
    std::size_t count = after_word;
    for (std::uint32_t rest = changed; rest != 0; rest &= rest - 1) {
        words[count++] = after[__builtin_ctz(rest)];
    }
    return steps_.put(tag, seen, state, words, count);
}

/// What a step from the base adds to the hashes of groups, and of which pieces that is; the units
/// that decide upon it go to `seen`. Of no pieces if these are too many.
std::uint32_t Collapsed::shift_to(const std::uint32_t* after, std::uint32_t changed,
                                  std::uint32_t& seen, GroupSums& by) {
    const std::uint32_t pieces = pieces_of(changed);
    std::uint32_t all = seen;
    for (std::uint32_t rest = pieces; rest != 0; rest &= rest - 1) {
        const Piece& before = base_piece_[static_cast<std::size_t>(__builtin_ctz(rest))];
        const Piece piece = find_piece(static_cast<std::size_t>(__builtin_ctz(rest)), after);
        by[before.group] += piece.hash - before.hash;
        all |= before.seen | piece.seen;
    }
    if (__builtin_popcount(all & ~seen) > most_more) {
        return no_pieces;
    }
    seen = all;
    return pieces;
}

Outcome Collapsed::outcome_of(const std::uint32_t* known, std::uint32_t* state) {
    Outcome outcome;
    std::memcpy(&outcome.broken, known + broken_word, sizeof outcome.broken);
    const std::uint32_t* next = known + after_word;
    for (std::uint32_t rest = known[changed_word]; rest != 0; rest &= rest - 1) {
        state[__builtin_ctz(rest)] = *next++;
    }
    return outcome;
}

Outcome Collapsed::apply(std::uint8_t* bytes, Action action) {
    auto* const state = reinterpret_cast<std::uint32_t*>(bytes);
    return outcome_of(look_up(state, action), state);
}

Outcome Collapsed::follow(std::uint8_t* bytes, Action action, std::uint64_t& fingerprint) {
    auto* const state = reinterpret_cast<std::uint32_t*>(bytes);
    base_on(state);
    const std::uint32_t* const known = look_up(state, action);
    const Outcome outcome = outcome_of(known, state);
    if (outcome.broken != nullptr) {
        return outcome;
    }
    // A piece that no unit of the step decides upon may look at what has changed here, if another
    // unit leads it there: then the step adds something else.
    const std::uint32_t changed = known[changed_word];
    if (known[pieces_word] != pieces_of(changed)) {
        fingerprint = fingerprint_of(sums_of(state, changed), interchangeable_);
        return outcome;
    }
    GroupSums sums = base_sums_;
    for (std::size_t group = 0; group < most_shifted; ++group) {
        std::uint64_t by = 0;
        std::memcpy(&by, known + shift_word + 2 * group, sizeof by);
        sums[group] += by;
    }
    fingerprint = fingerprint_of(sums, interchangeable_);
    return outcome;
}

Collapsed::Piece Collapsed::find_piece(std::size_t i, const std::uint32_t* state) {
    Piece piece = base_piece_[i];
    const auto tag = static_cast<std::uint32_t>(i);
    const std::uint32_t* known = pieces_.find(tag, state);
    if (known == nullptr) {
        whole_.load(state);
        words_.clear();
        const std::uint32_t seen =
            whole_.watched([&] { inner_->piece(whole_.bytes(), i, words_); });
        const std::uint64_t hash = hash_of_piece(words_, piece.place);
        std::uint32_t words[3];
        std::memcpy(words, &hash, sizeof hash);
        words[2] = seen;
        known = pieces_.put(tag, seen, state, words, 3);
    }
    std::memcpy(&piece.hash, known, sizeof piece.hash);
    piece.seen = known[2];
    return piece;
}

std::uint32_t Collapsed::pieces_of(std::uint32_t units) const {
    std::uint32_t pieces = 0;
    for (; units != 0; units &= units - 1) {
        pieces |= seen_by_[__builtin_ctz(units)];
    }
    return pieces;
}

std::uint32_t Collapsed::differs_from_base(const std::uint32_t* state) const {
    std::uint32_t differs = 0;
    for (std::size_t unit = 0; unit < units_; ++unit) {
        // As (x != y ? 1U : 0U) << unit it came out wrong where GCC 12 builds with sanitizers.
        if (state[unit] != base_[unit]) {
            differs |= std::uint32_t{1} << unit;
        }
    }
    return differs;
}

void Collapsed::base_on(const std::uint32_t* state) {
    if (std::memcmp(state, base_, state_bytes()) == 0) {
        return;
    }
    const bool first = base_[0] == 0;
    const std::uint32_t pieces =
        first ? (std::uint32_t{1} << base_piece_.size()) - 1 : pieces_of(differs_from_base(state));
    for (std::uint32_t rest = pieces; rest != 0; rest &= rest - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctz(rest));
        const Piece before = std::exchange(base_piece_[i], find_piece(i, state));
        const Piece& now = base_piece_[i];
        base_sums_[now.group] += now.hash - before.hash;
        for (std::uint32_t units = now.seen ^ before.seen; units != 0; units &= units - 1) {
            seen_by_[__builtin_ctz(units)] ^= std::uint32_t{1} << i;
        }
    }
    std::copy(state, state + units_, base_);
}

/// Of a state that differs from the base in these units at most: the other pieces are the base's.
GroupSums Collapsed::sums_of(const std::uint32_t* state, std::uint32_t differs) {
    if (base_[0] == 0) {
        base_on(state);
        differs = 0;
    }
    GroupSums sums = base_sums_;
    for (std::uint32_t rest = pieces_of(differs); rest != 0; rest &= rest - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctz(rest));
        sums[base_piece_[i].group] += find_piece(i, state).hash - base_piece_[i].hash;
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
