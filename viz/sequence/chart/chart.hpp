#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "sim/trace/sink.hpp"

namespace lmsim::viz::seq {

using sim::Ps;
using sim::metrics::Device;
using sim::metrics::Side;

/// Who takes part. They stand from left to right in the order of operator<.
struct Lifeline {
    enum class Role : std::uint8_t { Vmm, Driver, Pf, Vf, Guest, Media };
    Side side = Side::Source;
    Role role = Role::Vmm;
    Device vf = sim::trace::no_device;

    /// "VF 3"
    std::string name() const;
    /// "source VF 3"; of the guest and the media its name alone.
    std::string full_name() const;

    friend bool operator<(const Lifeline& a, const Lifeline& b) {
        return std::tie(a.side, a.role, a.vf) < std::tie(b.side, b.role, b.vf);
    }
};

/// I/O of the guest and what it left in the log of changes: counted.
struct IoCount {
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t others = 0;
    std::uint64_t bytes = 0;
    std::uint64_t failed = 0;
    std::uint64_t changes = 0;  // entries of logs

    bool none() const { return reads + writes + others + changes == 0; }
    void add(const IoCount& more);
};

/// One thing that happened.
struct ChartItem {
    enum class Kind : std::uint8_t {
        Exchange,  // a call or command, and its answer
        Sending,   // a message that has no answer
        Note,      // something about `to`
        Io,        // between `from` and `to`
    };
    Kind kind = Kind::Note;
    bool failed = false;
    Ps at = 0;
    Ps end = sim::trace::not_reached;  // of an exchange: nobody answered
    std::size_t from = 0;              // a lifeline of the chart
    std::size_t to = 0;
    Device first_vf = sim::trace::no_device;  // that it is about, where the lifelines do not say
    Device last_vf = sim::trace::no_device;
    std::string label;
    std::string answer;
    std::uint64_t bytes = 0;  // moved
    IoCount io;
    std::uint64_t order = 0;  // of what has the same time
    std::uint64_t end_order = 0;

    // Of a folded item; its times are those of its first occurrence.
    std::uint32_t times = 1;
    Ps shortest = 0;
    Ps median = 0;
    Ps longest = 0;

    /// "SetDeviceState STOP_COPY, VF 0"
    std::string call_text() const;
    /// "success, 520 B"
    std::string answer_text() const;
    Ps duration() const { return end >= at ? end - at : 0; }
};

/// Items that come again and again, shown once.
struct ChartLoop {
    std::size_t first = 0;  // item
    std::size_t items = 0;
    std::uint32_t times = 0;
    Ps begin = 0;  // of the first turn
    Ps end = 0;    // of the last
    Ps shortest = 0;
    Ps median = 0;
    Ps longest = 0;

    /// "x 12 in 1.20 ms, each min 98.0 us, median 100 us, max 110 us"
    std::string text() const;
};

/// From one row to another, both in it.
struct ChartSpan {
    std::string label;
    Ps begin = 0;
    Ps end = 0;
    std::uint64_t first_order = 0;  // of what has the same time as the begin or the end
    std::uint64_t last_order = ~std::uint64_t{0};
};

/// What a sequence chart shows. Texts are as they came; whoever writes a format escapes them.
struct SequenceChart {
    std::string title;
    std::vector<std::string> remarks;  // below the title
    std::vector<Lifeline> lifelines;
    std::vector<ChartItem> items;  // in the order of their begin
    std::vector<ChartLoop> loops;  // in the order of the items
    std::vector<ChartSpan> phases;
    std::vector<ChartSpan> downtimes;  // the guest stands still
    Ps from = 0;                       // the window
    Ps to = 0;
    std::uint64_t left_out = 0;  // items beyond the limit
};

/// A line of a chart, from top to bottom.
struct ChartRow {
    enum class Part : std::uint8_t { Whole, Call, Answer };
    Ps at = 0;
    Part part = Part::Whole;
    std::size_t item = 0;
    std::size_t loop = no_loop;
    std::uint64_t order = 0;

    bool before(const ChartSpan& span) const {
        return std::tie(at, order) < std::tie(span.begin, span.first_order);
    }
    bool after(const ChartSpan& span) const {
        return std::tie(span.end, span.last_order) < std::tie(at, order);
    }

    static constexpr std::size_t no_loop = ~std::size_t{0};

    /// What stands at it.
    std::string text(const SequenceChart& chart) const;
};

/// The rows in the order of their times, those of a loop together. What is outside of the window
/// has none.
std::vector<ChartRow> rows(const SequenceChart& chart);

/// A time on the axis, cut off after so many decimals, 1 to 6: "793.976 ms".
std::string axis_time(Ps at, unsigned decimals);

/// At most `letters` letters (3 or more), the last three of them dots where it was cut.
std::string shortened(const std::string& text, std::size_t letters);

/// "the guest stands still for 27.1 ms"
std::string downtime_text(const ChartSpan& span);

}  // namespace lmsim::viz::seq
