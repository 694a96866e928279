#pragma once

#include <algorithm>

#include "sim/guest/fio/job.hpp"
#include "sim/guest/fio/number.hpp"

namespace lmsim::sim::fio {

/// Sets what a supported key says in `job`. Notes go to `file`. Throws InputError.
void apply_key(std::string_view canonical, const Value& value, Job& job, JobFile& file);

/// bs, bsrange and bssplit: one, two or three values for read, write and trim.
void apply_bs(const Value& value, Job& job);
void apply_bsrange(const Value& value, Job& job);
void apply_bssplit(const Value& value, Job& job);

/// Calls set(direction, piece) as fio spreads "r,w,t" over the directions: a missing tail repeats
/// the last value, an empty piece leaves its direction alone.
template <class Set>
void spread(const Value& value, bool colon_separates, const Set& set) {
    const bool colon = colon_separates && value.text.find(',') == std::string_view::npos;
    const std::vector<Value> pieces = value.split(colon ? ':' : ',');
    if (pieces.size() > directions) {
        pieces[directions].fail("more than three values; expected read,write,trim");
    }
    for (std::size_t i = 0; i < directions; ++i) {
        const Value& piece = pieces[std::min(i, pieces.size() - 1)];
        if (!piece.text.empty()) {
            set(static_cast<Direction>(i), piece);
        } else if (pieces.size() == 1) {
            piece.fail("a value is missing");
        }
    }
}

}  // namespace lmsim::sim::fio
