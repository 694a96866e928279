#include "sim/check/state_digest.hpp"

#include <type_traits>

#include "model/nvme/step.hpp"
#include "model/pack.hpp"

namespace lmsim::sim {
namespace {

/// Visits fields() as pack() does and mixes what it sees. Queues that do not exist are left out;
/// slots too, unless all is wanted.
class Digest {
  public:
    explicit Digest(bool whole) : whole_(whole) {}

    template <class... Fields>
    void operator()(Fields&... list) {
        (one(list), ...);
    }
    template <class Items, class Count>
    void array(Items& items, Count& count) {
        one(count);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            one(items[i]);
        }
    }
    void mix(std::uint64_t value) {
        hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15;
        hash_ ^= hash_ >> 29;
    }
    std::uint64_t value() const { return hash_; }

  private:
    template <class Field>
    void one(Field& field) {
        using Type = std::remove_const_t<Field>;
        if constexpr (pack_detail::is_scalar<Type>) {
            mix(static_cast<std::uint64_t>(pack_detail::to_bits(field)));
        } else if constexpr (pack_detail::is_array<Type>) {
            items(field);
        } else {
            pack_detail::visit_fields(*this, field);
        }
    }
    template <class Items>
    void items(Items& all) {
        using Item = std::remove_cv_t<std::remove_reference_t<decltype(all[0])>>;
        if (std::is_same_v<Item, nvme::Slot> && !whole_) {
            return;
        }
        for (std::size_t i = 0; i < pack_detail::extent(all); ++i) {
            if (exists(all[i])) {
                mix(i);
                one(all[i]);
            }
        }
    }
    template <class Item>
    static bool exists(const Item& item) {
        if constexpr (std::is_same_v<Item, nvme::Sq> || std::is_same_v<Item, nvme::Cq> ||
                      std::is_same_v<Item, nvme::Cdq>) {
            return item.life != 0;
        } else {
            return true;
        }
    }

    bool whole_;
    std::uint64_t hash_ = 0;
};

}  // namespace

std::uint64_t step_digest(const nvme::Subsystem<nvme::SimBounds>& subsystem,
                          const nvme::Event& event, const Effects& effects) {
    bool moved = false;
    for (const Effect& effect : effects) {
        moved = moved || effect.kind == EffectKind::EnterState;
    }
    Digest digest(moved);
    if (moved) {
        nvme::Subsystem<nvme::SimBounds>::fields(digest, subsystem);
        return digest.value();
    }
    const auto& c = subsystem.controller[event.function];
    std::remove_reference_t<decltype(c)>::fields(digest, c);
    if (c.udmq != 0) {
        nvme::Cdq::fields(digest, subsystem.cdq[c.udmq - 1]);
    }
    const auto slot = [&](std::uint32_t ticket) {
        if (nvme::Ticket::slot(ticket) < nvme::SimBounds::slots) {
            nvme::Slot::fields(digest, c.slot[nvme::Ticket::slot(ticket)]);
        }
    };
    slot(event.ticket);
    for (const Effect& effect : effects) {
        if (effect.function == event.function && effect.kind != EffectKind::PostCdqe) {
            slot(effect.ticket);
        }
    }
    return digest.value();
}

}  // namespace lmsim::sim
