#include "viz/sequence/fold.hpp"

#include <algorithm>
#include <utility>

#include "viz/sequence/words.hpp"

namespace lmsim::viz {

using sim::Ps;

namespace {

/// Longer groups are no loop that anybody would recognize.
constexpr int longest_group = 24;

bool equal(const Item& a, const Item& b) {
    return a.like == b.like && a.body.size() == b.body.size();
}

/// How often the `length` items from `at` follow themselves.
std::size_t repetitions(const std::vector<Item>& items, std::size_t at, std::size_t length) {
    std::size_t next = at + length;
    while (next < items.size() && equal(items[next], items[next - length])) ++next;
    return (next - at) / length;
}

/// Is each answer in the group one to what it asks, and each question answered?
bool is_whole(const std::vector<Item>& items, std::size_t at, std::size_t length) {
    int open = 0;
    for (std::size_t i = at; i < at + length && open >= 0; ++i) open += items[i].opens;
    return open == 0;
}

/// `other` repeats `item`.
void merge(Item& item, Item&& other) {
    if (item.is_line()) {
        item.more.push_back(other.entry);
        item.more.insert(item.more.end(), other.more.begin(), other.more.end());
    }
    item.spans.insert(item.spans.end(), other.spans.begin(), other.spans.end());
    item.end = std::max(item.end, other.end);
    const std::size_t count = std::min(item.body.size(), other.body.size());
    for (std::size_t i = 0; i < count; ++i) {
        merge(item.body[i], std::move(other.body[i]));
    }
}

/// The items from `at`, which are `times` times the same `length`, as one.
Item folded(std::vector<Item>& items, std::size_t at, std::size_t length, std::size_t times) {
    const auto span = [&](std::size_t repetition) {
        const std::size_t begin = at + repetition * length;
        Ps end = items[begin].at;
        for (std::size_t i = begin; i < begin + length; ++i) end = std::max(end, items[i].end);
        return end - items[begin].at;
    };
    std::vector<Ps> spans;
    for (std::size_t i = 0; i < times; ++i) spans.push_back(span(i));
    std::vector<Item> body;
    for (std::size_t i = 0; i < length; ++i) body.push_back(std::move(items[at + i]));
    for (std::size_t i = length; i < times * length; ++i) {
        merge(body[i % length], std::move(items[at + i]));
    }
    Item item;
    const bool line = length == 1 && body[0].is_line() && body[0].times == 1;
    if (line) {
        item = std::move(body[0]);
    } else {
        item.at = body[0].at;
        item.entry = body[0].entry;
        for (const Item& one : body) {
            item.like = item.like * 31 + one.like;
            item.end = std::max(item.end, one.end);
        }
        item.body = std::move(body);
    }
    item.times = times;
    item.like = item.like * 0x9E3779B97F4A7C15 + times;
    item.spans = std::move(spans);
    return item;
}

/// One pass; true if something was folded.
bool fold_once(std::vector<Item>& items, std::size_t longest) {
    std::vector<Item> result;
    bool changed = false;
    for (std::size_t at = 0; at < items.size();) {
        std::size_t best = 0;
        std::size_t times = 1;
        for (std::size_t length = 1; length <= longest && at + 2 * length <= items.size();
             ++length) {
            const std::size_t count =
                is_whole(items, at, length) ? repetitions(items, at, length) : 0;
            if (count >= 2 && count * length > times * best) {
                best = length;
                times = count;
            }
        }
        if (best == 0) {
            result.push_back(std::move(items[at++]));
            continue;
        }
        result.push_back(folded(items, at, best, times));
        at += best * times;
        changed = true;
    }
    items = std::move(result);
    return changed;
}

}  // namespace

Times times_of(std::vector<Ps> spans) {
    if (spans.empty()) {
        return {};
    }
    std::sort(spans.begin(), spans.end());
    return {spans.front(), spans[(spans.size() - 1) / 2], spans.back()};
}

std::vector<Item> lines(const std::vector<Entry>& entries, const std::vector<Step>& steps,
                        const Names& names, std::size_t most) {
    std::vector<Item> items;
    items.reserve(std::min(most, entries.size()));
    for (std::size_t i = 0; i < entries.size() && i < most; ++i) {
        const Step& step = steps[entries[i].step];
        const Edge edge = entries[i].edge;
        Item item;
        item.like = likeness(step, edge);
        item.entry = static_cast<std::uint32_t>(i);
        item.at = edge == Edge::End ? step.end : step.at;
        item.end = edge == Edge::Begin ? item.at : std::max(item.at, step.end);
        const bool whole = step.begun && step.end != sim::trace::not_reached;
        if (edge != Edge::Both && whole && answers(step, names)) {
            item.opens = edge == Edge::Begin ? 1 : -1;
        }
        items.push_back(std::move(item));
    }
    return items;
}

void fold(std::vector<Item>& items) {
    // Short groups first: they may make up a longer one.
    for (const int longest : {1, 2, 4, 8, 16, longest_group}) {
        constexpr int most_passes = 4;
        for (int pass = 0;
             pass < most_passes && fold_once(items, static_cast<std::size_t>(longest)); ++pass) {
        }
    }
}

}  // namespace lmsim::viz
