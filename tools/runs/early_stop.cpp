#include "tools/runs/early_stop.hpp"

#include <algorithm>
#include <cmath>

#include "sim/core/text.hpp"
#include "tools/runs/figures.hpp"

namespace lmsim::runs {

namespace {

bool is_counted(const Figure& figure) {
    return figure.unit != Unit::Text && figure.unit != Unit::Note;
}

}  // namespace

EarlyStop::EarlyStop(const Study& study) : study_(study) {
    const auto found = std::find_if(figures().begin(), figures().end(), [&](const Figure& figure) {
        return figure.name == study.params.stop.figure;
    });
    column_ = static_cast<std::size_t>(found - figures().begin());
}

void EarlyStop::tell(std::size_t point, std::optional<std::int64_t> value) {
    Combination& one = all_[point / study_.seeds - origin_];
    const std::size_t seed = point % study_.seeds;
    if (one.values.size() <= seed) {
        one.values.resize(seed + 1);
        one.told.resize(seed + 1);
    }
    one.values[seed] = value;
    one.told[seed] = true;
}

std::vector<bool> EarlyStop::next(std::size_t first, std::size_t last) {
    const std::size_t seeds = study_.seeds;
    if (all_.empty()) {
        origin_ = first / seeds;
        all_.resize((last - first) / seeds);
    }
    std::vector<bool> wanted(last - first, false);
    bool any = false;
    // Rounds of which all rows were there before end at once.
    for (bool more = true; more && !any;) {
        more = false;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            Combination& one = all_[i];
            one.over = one.over || one.asked == seeds || (one.asked != 0 && is_enough(one));
            if (one.over) continue;
            more = true;
            one.asked = std::min<std::size_t>(one.asked + study_.params.stop.at_least, seeds);
            for (std::size_t seed = 0; seed < one.asked; ++seed) {
                if (seed >= one.told.size() || !one.told[seed]) {
                    wanted[i * seeds + seed] = any = true;
                }
            }
        }
    }
    return any ? wanted : std::vector<bool>();
}

bool EarlyStop::is_enough(const Combination& one) const {
    std::vector<std::int64_t> values;
    for (std::size_t seed = 0; seed < one.asked; ++seed) {
        if (one.values[seed]) values.push_back(*one.values[seed]);
    }
    if (values.empty()) {
        return true;  // more of the same would not have it either
    }
    std::sort(values.begin(), values.end());
    const StopParams& stop = study_.params.stop;
    const auto estimate = estimate_of(stop, values);
    if (!estimate) {
        return false;
    }
    const double off =
        std::max(estimate->upper - estimate->value, estimate->value - estimate->lower);
    return off * 1e6 <= static_cast<double>(stop.within.ppm) * std::fabs(estimate->value);
}

std::optional<Estimate> estimate_of(const StopParams& stop,
                                    const std::vector<std::int64_t>& sorted) {
    const auto confidence = static_cast<std::uint32_t>(stop.confidence.ppm);
    return stop.percentile.ppm == 0
               ? mean_of(sorted, confidence)
               : percentile_of(sorted, static_cast<std::uint32_t>(stop.percentile.ppm), confidence);
}

std::string check_stop(const StopParams& stop) {
    if (stop.figure.empty()) {
        return {};
    }
    std::vector<std::string> names;
    for (const Figure& figure : figures()) {
        if (figure.name == stop.figure && is_counted(figure)) return {};
        if (is_counted(figure)) names.push_back(figure.name);
    }
    const std::string near = sim::nearest(stop.figure, names);
    return "stop.figure: " + sim::in_quotes(stop.figure) + " is no column of numbers" +
           (near.empty() ? "; expected one of docs/sweep.md, such as downtime_ps"
                         : "; did you mean " + sim::in_quotes(near) + "?");
}

}  // namespace lmsim::runs
