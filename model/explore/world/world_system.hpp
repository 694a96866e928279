#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "model/explore/world/actions.hpp"
#include "model/explore/world/canonical.hpp"
#include "model/explore/world/describe.hpp"
#include "model/explore/world/device.hpp"
#include "model/explore/world/guest.hpp"
#include "model/explore/world/parted_system.hpp"
#include "model/explore/world/pf.hpp"
#include "model/explore/world/set_up.hpp"
#include "model/explore/world/tidy.hpp"
#include "model/explore/world/vfio_user.hpp"
#include "model/explore/world/vmm.hpp"

namespace lmsim::explore::world {

/// The product of the machines as the search wants it. One file instantiates it for each size.
template <std::size_t Vfs, std::size_t Hosts>
class WorldSystem final : public PartedSystem {
  public:
    using W = World<Vfs, Hosts>;

    explicit WorldSystem(const Settings& settings)
        : settings_(settings), scratch_(std::make_unique<Scratch>()), unit_of_(units()) {}

    std::size_t state_bytes() const override { return sizeof(W); }

    void initial(std::uint8_t* state) override {
        std::memset(state, 0, sizeof(W));
        W& w = *new (state) W;
        Play<W> play(w, settings_, *scratch_);
        play.set_up();
        LMSIM_ASSERT(play.broken == nullptr);
    }

    std::size_t actions(const std::uint8_t* state, Action* out, std::size_t room) override {
        return Choices<W>(at(state), settings_, out, room).all();
    }

    Outcome apply(std::uint8_t* state, Action action) override {
        Play<W> play(at(state), settings_, *scratch_);
        perform(play, action);
        tidy(play.w, settings_);
        return {play.broken};
    }

    std::uint64_t fingerprint(const std::uint8_t* state) override {
        return fingerprint_of(sums(state), interchangeable());
    }
    std::uint64_t fair_fingerprint(const std::uint8_t* state) override {
        return fingerprint_of(sums(state), false);
    }

    void canonical(const std::uint8_t* state, std::uint8_t* out) override {
        const GroupSums all = sums(state);
        const bool turned = interchangeable() && all[2] < all[1];
        std::size_t size = 0;
        std::memset(out, 0, sizeof(W));
        for (std::size_t i = 0; i < pieces(); ++i) {
            const std::size_t group = group_of(i);
            const std::size_t at = !turned || group == 0 ? i
                                   : group == 1          ? i + Canonical<W>::of_vf
                                                         : i - Canonical<W>::of_vf;
            words_.clear();
            piece(state, at, words_);
            words_.put(words_.size());
            LMSIM_ASSERT(size + words_.size() * 8 <= sizeof(W));
            std::memcpy(out + size, words_.begin(), words_.size() * 8);
            size += words_.size() * 8;
        }
    }

    const std::vector<std::uint8_t>& unit_of() const override { return unit_of_; }
    std::size_t pieces() const override { return Canonical<W>::pieces; }
    std::size_t group_of(std::size_t piece) const override { return Canonical<W>::group_of(piece); }
    std::size_t place_in_group(std::size_t piece) const override {
        return Canonical<W>::place_in_group(piece);
    }
    /// In free searches; in a migration the order of the VFs is the order of their blocks.
    bool interchangeable() const override { return Hosts == 1 && Vfs == 2; }
    void piece(const std::uint8_t* state, std::size_t piece, Words& out) override {
        Canonical<W>(at(state), settings_, out).piece(piece);
    }

    bool at_rest(const std::uint8_t* state) override { return Choices<W>::is_settled(at(state)); }

    bool good(const std::uint8_t* state) override { return is_good(at(state)); }

    unsigned fair_class(const std::uint8_t* state, Action action) override;

    std::string describe(const std::uint8_t* state, Action action) override {
        const Arrow line = arrow(state, action);
        return line.from + (line.to.empty() ? "" : " to " + line.to) + ": " + line.text;
    }
    Arrow arrow(const std::uint8_t* state, Action action) override {
        return Narrator<W>(at(state)).arrow(action);
    }

  private:
    static W& at(std::uint8_t* state) { return *std::launder(reinterpret_cast<W*>(state)); }
    static const W& at(const std::uint8_t* state) {
        return *std::launder(reinterpret_cast<const W*>(state));
    }

    GroupSums sums(const std::uint8_t* state) {
        using Form = Canonical<W>;
        Form form(at(state), settings_, words_);
        GroupSums all{};
        for (std::size_t i = 0; i < Form::pieces; ++i) {
            words_.clear();
            form.piece(i);
            all[Form::group_of(i)] += hash_of_piece(words_, Form::place_in_group(i));
        }
        return all;
    }

    static bool is_good(const W& w);
    static std::vector<std::uint8_t> units();

    Settings settings_;
    std::unique_ptr<Scratch> scratch_;
    std::vector<std::uint8_t> unit_of_;
    Words words_;
};

/// Each controller, each subsystem without them, each PF's driver, each VF's on each host, each
/// guest with what is remembered of it, the migration; the rest is 0.
template <std::size_t Vfs, std::size_t Hosts>
std::vector<std::uint8_t> WorldSystem<Vfs, Hosts>::units() {
    const auto all = std::make_unique<const W>();
    const W& w = *all;
    std::vector<std::uint8_t> unit_of(sizeof(W), 0);
    std::uint8_t unit = 0;
    const auto is_of = [&](const auto& part, std::uint8_t number) {
        const auto* const begin = reinterpret_cast<const std::uint8_t*>(&part);
        const std::ptrdiff_t at = begin - reinterpret_cast<const std::uint8_t*>(&w);
        std::fill_n(unit_of.begin() + at, sizeof part, number);
    };
    for (std::size_t host = 0; host < Hosts; ++host) {
        is_of(w.device[host], ++unit);
        for (const auto& c : w.device[host].controller) {
            is_of(c, ++unit);
        }
        is_of(w.pf[host], ++unit);
        for (const VfSide& side : w.vf[host]) {
            is_of(side, ++unit);
        }
    }
    for (std::size_t vf = 0; vf < Vfs; ++vf) {
        is_of(w.guest[vf], ++unit);
        is_of(w.monitor.vf.at(vf), unit);
    }
    if constexpr (Hosts == 2) {
        is_of(w.peek_journey(), ++unit);
    }
    return unit_of;
}

/// The migration is over and every command of the guest is. With one host: the commands of those
/// VFs that the user lets run.
template <std::size_t Vfs, std::size_t Hosts>
bool WorldSystem<Vfs, Hosts>::is_good(const W& w) {
    if (Hosts == 2 && !Choices<W>::is_settled(w)) {
        return false;
    }
    for (std::size_t i = 0; i < Vfs; ++i) {
        const Guest& guest = w.guest[i];
        const bool runs = Hosts == 2 || w.vf[0][i].device.state == vfio::MigState::RUNNING ||
                          w.vf[0][i].device.state == vfio::MigState::PRE_COPY;
        if (runs && !guest.lost && guest.taken != guest.submitted) {
            return false;
        }
    }
    return true;
}

/// Each part that goes on by itself is a class: the guest's taking of completions for each VF, each
/// controller, each driver, each VMM, the channel. Wishes, verdicts against going on, and faults
/// need never happen.
template <std::size_t Vfs, std::size_t Hosts>
unsigned WorldSystem<Vfs, Hosts>::fair_class(const std::uint8_t*, Action action) {
    switch (static_cast<Do>(action.kind)) {
        case Do::Take: return 1U + action.a;
        case Do::TakeAdmin: return 12U + action.a;
        case Do::LookAt:
        case Do::EnablePf: return 4U + action.a;
        case Do::Call: return action.b == verdict::go_on ? 6U + action.a : unfair;
        case Do::Deliver: return 8;
        case Do::DeliverBack: return 9;
        case Do::TellClosed: return 10;
        case Do::TellCut: return 11;
        case Do::Answer: return 16U + (action.a >> 4) * 16U + (action.a & 15) * 4U + action.b;
        default: return unfair;
    }
}

std::unique_ptr<PartedSystem> make_free_1(const Settings& settings);
std::unique_ptr<PartedSystem> make_free_2(const Settings& settings);
std::unique_ptr<PartedSystem> make_migration_1(const Settings& settings);
std::unique_ptr<PartedSystem> make_migration_2(const Settings& settings);

}  // namespace lmsim::explore::world
