#include "viz/sequence/chart/fold.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace lmsim::viz::seq {

namespace {

constexpr std::size_t longest_turn = 16;  // items

using Numbers = std::vector<std::uint32_t>;

/// Items of one number are the same but for their times, the function that they are about where
/// the lifelines do not say it, and how much they moved.
Numbers kinds_of(const std::vector<ChartItem>& items) {
    using Key =
        std::tuple<ChartItem::Kind, bool, bool, std::size_t, std::size_t, std::string, std::string>;
    std::map<Key, std::uint32_t> known;
    Numbers numbers;
    numbers.reserve(items.size());
    for (const ChartItem& item : items) {
        const bool open = item.end == sim::trace::not_reached;
        const Key key(item.kind, item.failed, open, item.from, item.to, item.label, item.answer);
        numbers.push_back(
            known.emplace(key, static_cast<std::uint32_t>(known.size())).first->second);
    }
    return numbers;
}

/// How often the `turn` items at `at` come one after the other.
std::size_t turns(const Numbers& numbers, std::size_t at, std::size_t turn) {
    std::size_t end = at + turn;
    while (end < numbers.size() && numbers[end] == numbers[end - turn]) {
        ++end;
    }
    return (end - at) / turn;
}

struct Found {
    std::size_t turn = 1;
    std::size_t times = 1;
};

/// The shortest turn of those that cover most.
Found best_at(const Numbers& numbers, std::size_t at) {
    Found best;
    for (std::size_t turn = 1; turn <= longest_turn && at + 2 * turn <= numbers.size(); ++turn) {
        const std::size_t times = turns(numbers, at, turn);
        const std::size_t covered = best.times > 1 ? best.times * best.turn : 0;
        if (times > 1 && times * turn > covered) {
            best = {turn, times};
        }
    }
    return best;
}

struct Times {
    Ps shortest = 0;
    Ps median = 0;
    Ps longest = 0;
};

Times of(std::vector<Ps>& times) {
    std::sort(times.begin(), times.end());
    return {times.front(), times[(times.size() - 1) / 2], times.back()};
}

/// Item `at` with its later occurrences, a turn apart.
ChartItem together(const std::vector<ChartItem>& items, std::size_t at, const Found& found) {
    ChartItem all = items[at];
    std::vector<Ps> durations;
    for (std::size_t time = 0; time < found.times; ++time) {
        const ChartItem& one = items[at + time * found.turn];
        durations.push_back(one.duration());
        all.first_vf = std::min(all.first_vf, one.first_vf);
        all.last_vf = std::max(all.last_vf, one.last_vf);
        if (time > 0) {
            all.bytes += one.bytes;
            all.io.add(one.io);
        }
    }
    const Times spread = of(durations);
    all.times = static_cast<std::uint32_t>(found.times);
    all.shortest = spread.shortest;
    all.median = spread.median;
    all.longest = spread.longest;
    return all;
}

ChartLoop loop_of(const std::vector<ChartItem>& items, std::size_t at, const Found& found) {
    ChartLoop loop;
    loop.items = found.turn;
    loop.times = static_cast<std::uint32_t>(found.times);
    loop.begin = items[at].at;
    std::vector<Ps> durations;
    for (std::size_t time = 0; time < found.times; ++time) {
        const std::size_t first = at + time * found.turn;
        Ps end = items[first].at;
        for (std::size_t item = first; item < first + found.turn; ++item) {
            end = std::max({end, items[item].at, items[item].end});
        }
        durations.push_back(end - items[first].at);
        loop.end = std::max(loop.end, end);
    }
    const Times spread = of(durations);
    loop.shortest = spread.shortest;
    loop.median = spread.median;
    loop.longest = spread.longest;
    return loop;
}

}  // namespace

void fold(SequenceChart& chart) {
    const Numbers numbers = kinds_of(chart.items);
    std::vector<ChartItem> folded;
    for (std::size_t at = 0; at < chart.items.size();) {
        const Found found = best_at(numbers, at);
        if (found.times < 2) {
            folded.push_back(std::move(chart.items[at++]));
            continue;
        }
        ChartLoop loop = loop_of(chart.items, at, found);
        loop.first = folded.size();
        for (std::size_t item = at; item < at + found.turn; ++item) {
            folded.push_back(together(chart.items, item, found));
        }
        chart.loops.push_back(loop);
        at += found.turn * found.times;
    }
    chart.items = std::move(folded);
}

}  // namespace lmsim::viz::seq
