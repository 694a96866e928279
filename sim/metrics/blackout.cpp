#include "sim/metrics/blackout.hpp"

#include <algorithm>

#include "model/assert.hpp"

namespace lmsim::sim::metrics {

void Blackout::begin(Ps at, Label first) {
    if (begun()) return;
    cuts_.push_back({at, first});
    end_ = at;
}

void Blackout::mark(Ps at, Label label) {
    if (!begun()) return;
    LMSIM_ASSERT(at >= cuts_.back().at);
    end_ = std::max(end_, at);
    ended_ = false;
    if (cuts_.back().at == at) {
        cuts_.back().label = label;
    } else if (cuts_.back().label != label) {
        cuts_.push_back({at, label});
    }
}

void Blackout::replace(Ps from, Ps to, Label label) {
    LMSIM_ASSERT(begun() && from >= cuts_.front().at && from <= to);
    LMSIM_ASSERT(!ended_ || to <= end_);
    if (from == to) return;
    const auto later = [](Ps at, const Cut& cut) { return at < cut.at; };
    const auto after = std::upper_bound(cuts_.begin(), cuts_.end(), to, later);
    const Label rest = std::prev(after)->label;
    // What begins at `from` or later, up to `to`, gives way to the two new cuts.
    const auto first = std::lower_bound(cuts_.begin(), cuts_.end(), from,
                                        [](const Cut& cut, Ps at) { return cut.at < at; });
    const auto hole = cuts_.erase(first, after);
    cuts_.insert(hole, {Cut{from, label}, Cut{to, rest}});
    end_ = std::max(end_, to);
}

void Blackout::end(Ps at) {
    if (!begun()) return;
    LMSIM_ASSERT(at >= end_);
    end_ = at;
    ended_ = true;
}

Ps Blackout::begin_at() const {
    LMSIM_ASSERT(begun());
    return cuts_.front().at;
}

Ps Blackout::total() const { return begun() ? end_ - cuts_.front().at : 0; }

std::vector<Blackout::Stretch> Blackout::stretches() const {
    std::vector<Stretch> list;
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
        const Ps to = i + 1 < cuts_.size() ? cuts_[i + 1].at : end_;
        if (to != cuts_[i].at) list.push_back({cuts_[i].at, to, cuts_[i].label});
    }
    return list;
}

std::vector<PartTime> Blackout::parts() const {
    std::vector<PartTime> list;
    std::map<Label, std::size_t> places;
    Ps sum = 0;
    for (const Stretch& stretch : stretches()) {
        const auto [place, added] = places.try_emplace(stretch.label, list.size());
        if (added) list.push_back({stretch.label, 0});
        list[place->second].ps += stretch.to - stretch.from;
        sum += stretch.to - stretch.from;
    }
    LMSIM_ASSERT(sum == total());
    return list;
}

Ps Blackout::total(Part part) const {
    Ps sum = 0;
    for (const Stretch& stretch : stretches()) {
        if (stretch.label.part == part) sum += stretch.to - stretch.from;
    }
    return sum;
}

void Blackout::busy(Label label, Ps time) {
    LMSIM_ASSERT(time >= 0);
    busy_[label] += time;
}

std::vector<PartTime> Blackout::busy() const {
    std::vector<PartTime> list;
    for (const auto& [label, time] : busy_) list.push_back({label, time});
    return list;
}

}  // namespace lmsim::sim::metrics
