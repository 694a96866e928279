#include "sim/fault/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lmsim::sim {

using When = FaultPlan::When;

Faults::Faults(sc_core::sc_module_name name, Kernel& kernel, std::vector<FaultPlan> plans,
               std::uint64_t seed)
    : Component(name, kernel),
      plans_(std::move(plans)),
      counts_(plans_.size()),
      due_(plans_.size(), false) {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
        random_.emplace_back(seed, fmt::format("fault{}.{}", i, class_of(plans_[i].what).name));
        if (plans_[i].when == When::Always) {
            struck(i, plans_[i].vf);
        }
    }
}

void Faults::begin() {
    on_ = true;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
        if (class_of(plans_[i].what).how == FaultHow::Chance) {
            armed_ |= std::uint64_t{1} << static_cast<unsigned>(plans_[i].what);
        }
        if (plans_[i].when == When::Moment) {
            post_once(now() + plans_[i].moment, static_cast<std::uint32_t>(Kind::Due),
                      static_cast<std::uint32_t>(i));
        }
    }
    if (span_ != 0) {
        post_once(now() + span_, static_cast<std::uint32_t>(Kind::End));
    }
}

void Faults::end() {
    on_ = false;
    armed_ = 0;
    if (ended_) {
        std::exchange(ended_, nullptr)();
    }
}

bool Faults::wants_effects() const {
    return std::any_of(plans_.begin(), plans_.end(),
                       [](const FaultPlan& plan) { return plan.when == When::Effect; });
}

std::uint64_t Faults::draw(const FaultPlan& plan, std::uint64_t limit) {
    return random_[index_of(plan)].below(limit);
}

/// Does this occasion, which is a fault's, become one?
bool Faults::decides(std::size_t index) {
    const FaultPlan& plan = plans_[index];
    FaultCount& count = counts_[index];
    ++count.occasions;
    if (count.injected >= plan.times) {
        return false;
    }
    switch (plan.when) {
        case When::Chance: return random_[index].chance(plan.probability);
        case When::Occasion:
            return count.occasions >= plan.occasion && count.occasions - plan.occasion < plan.times;
        default: return due_[index];
    }
}

const FaultPlan* Faults::look(Fault what, int host, int vf) {
    const FaultPlan* found = nullptr;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
        const FaultPlan& plan = plans_[i];
        const bool here = plan.what == what && (plan.host < 0 || plan.host == host) &&
                          (plan.vf < 0 || vf < 0 || plan.vf == vf);
        // Each counts its own occasions, whoever strikes.
        if (here && decides(i) && found == nullptr) {
            found = &plan;
            struck(i, vf);
        }
    }
    return found;
}

void Faults::struck(std::size_t index, int vf) {
    ++counts_[index].injected;
    const FaultClass& kind = class_of(plans_[index].what);
    if (kind.signs != sign::none) {
        open_.push_back({index, vf});
    }
    if (told_) {
        told_(vf < 0 ? fmt::format("fault {}", kind.name)
                     : fmt::format("fault {} at VF {}", kind.name, vf));
    }
}

void Faults::notice(std::uint32_t what, int vf) {
    const auto seen = [&](const Open& open) {
        const bool its = (class_of(plans_[open.plan].what).signs & what) != 0 &&
                         (vf < 0 || open.vf < 0 || open.vf == vf);
        counts_[open.plan].detected += its ? 1 : 0;
        return its;
    };
    open_.erase(std::remove_if(open_.begin(), open_.end(), seen), open_.end());
}

void Faults::happened(const Occurrence& effect) {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
        if (on_ && plans_[i].when == When::Effect && plans_[i].effect == effect) {
            // Never at once: who says so is in the middle of something.
            post_once(now(), static_cast<std::uint32_t>(Kind::Due), static_cast<std::uint32_t>(i));
        }
    }
}

void Faults::due(std::size_t index) {
    const FaultPlan& plan = plans_[index];
    if (class_of(plan.what).how == FaultHow::Chance) {
        due_[index] = true;
        return;
    }
    ++counts_[index].occasions;
    if (act_ && act_(plan)) {
        struck(index, plan.vf);
    }
}

void Faults::handle(const Event& event) {
    if (static_cast<Kind>(event.kind) == Kind::End) {
        end();
    } else if (on_) {
        due(event.a);
    }
}

}  // namespace lmsim::sim
