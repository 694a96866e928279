#pragma once

#include <cstddef>
#include <vector>

#include "viz/sequence/step.hpp"

namespace lmsim::viz {

/// A line of the chart, or a repetition of lines.
struct Item {
    std::uint64_t like = 0;           // equal for what repeats
    std::uint32_t entry = 0;          // of a line: what it is about
    std::vector<std::uint32_t> more;  // entries that it stands for, too
    std::vector<Item> body;           // of a repetition of several lines: once
    std::uint64_t times = 1;          // how often each time
    int opens = 0;                    // 1: asks what a later line answers; -1: answers
    std::vector<sim::Ps> spans;       // how long each repetition took
    sim::Ps at = 0;
    sim::Ps end = 0;  // the latest of all

    bool is_line() const { return body.empty(); }
};

/// How long the repetitions took.
struct Times {
    sim::Ps min = 0;
    sim::Ps median = 0;  // of an even number, the lower of the two
    sim::Ps max = 0;
};
Times times_of(std::vector<sim::Ps> spans);

/// A line for each entry, not folded.
std::vector<Item> lines(const std::vector<Entry>& entries, const std::vector<Step>& steps,
                        const Names& names, std::size_t most);

/// Lines and groups of lines that follow themselves become one; groups of such groups, too. A group
/// holds what it asks and the answer to it, or neither.
void fold(std::vector<Item>& items);

}  // namespace lmsim::viz
