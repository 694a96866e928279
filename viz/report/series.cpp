#include "viz/report/series.hpp"

#include <algorithm>

#include "model/assert.hpp"
#include "model/spec/codes.hpp"

namespace lmsim::viz {

using sim::Ps;
namespace trace = sim::trace;

void put_together(GuestBin& sum, const GuestBin& other) {
    if (other.commands == 0) return;
    sum.least = sum.commands == 0 ? other.least : std::min(sum.least, other.least);
    sum.most = std::max(sum.most, other.most);
    sum.commands += other.commands;
    sum.bytes += other.bytes;
    sum.sum += other.sum;
}

GuestSeries::GuestSeries(std::size_t limit, Ps width) : limit_(limit), width_(width) {
    LMSIM_ASSERT(limit >= 2 && limit % 2 == 0 && width > 0);
}

void GuestSeries::add(Ps at, std::uint64_t bytes, Ps latency) {
    LMSIM_ASSERT(at >= 0 && latency >= 0);
    while (static_cast<std::size_t>(at / width_) >= limit_) halve();
    const auto index = static_cast<std::size_t>(at / width_);
    if (index >= bins_.size()) bins_.resize(index + 1);
    put_together(bins_[index], {1, bytes, latency, latency, static_cast<sim::Uint128>(latency)});
}

void GuestSeries::halve() {
    for (std::size_t i = 0; i < bins_.size(); i += 2) {
        GuestBin sum = bins_[i];
        if (i + 1 < bins_.size()) put_together(sum, bins_[i + 1]);
        bins_[i / 2] = sum;
    }
    bins_.resize((bins_.size() + 1) / 2);
    width_ *= 2;
}

namespace {

/// Of each stretch of so many steps the least and the greatest, in their order.
std::vector<Load> thinned(const std::vector<Load>& steps, std::size_t limit) {
    const std::size_t stretch = (steps.size() * 2 + limit - 1) / limit;
    std::vector<Load> out;
    for (std::size_t i = 0; i < steps.size(); i += stretch) {
        const auto first = steps.begin() + static_cast<std::ptrdiff_t>(i);
        const auto last =
            steps.begin() + static_cast<std::ptrdiff_t>(std::min(i + stretch, steps.size()));
        auto [least, most] = std::minmax_element(
            first, last, [](const Load& a, const Load& b) { return a.count < b.count; });
        if (most < least) std::swap(least, most);
        out.push_back(*least);
        if (most != least) out.push_back(*most);
    }
    return out;
}

}  // namespace

std::vector<Load> occupancy(std::vector<std::pair<Ps, Ps>> intervals, std::size_t limit) {
    std::map<Ps, std::int64_t> changes{{0, 0}};
    for (const auto& [from, to] : intervals) {
        ++changes[from];
        if (to >= from) --changes[to];
    }
    std::vector<Load> steps;
    std::int64_t now = 0;
    for (const auto& [at, change] : changes) {
        now += change;
        if (steps.empty() || change != 0) steps.push_back({at, static_cast<std::uint64_t>(now)});
    }
    return steps.size() <= limit ? steps : thinned(steps, limit);
}

// The power of two, and the four bits behind its highest one.
std::uint32_t LatencyCounts::bucket(Ps latency) {
    const auto value = static_cast<std::uint64_t>(std::max<Ps>(latency, 16));
    const auto power = 63U - static_cast<unsigned>(__builtin_clzll(value));
    return power * 16 + static_cast<std::uint32_t>((value >> (power - 4)) & 15U);
}

std::vector<LatencyCounts::Bucket> LatencyCounts::buckets() const {
    std::vector<Bucket> out;
    for (const auto& [bucket, count] : counts_) {
        const unsigned shift = bucket / 16 - 4;
        const Ps from = static_cast<Ps>(16 + bucket % 16) << shift;
        out.push_back({from, from + (Ps{1} << shift), count});
    }
    return out;
}

std::uint64_t LatencyCounts::count() const {
    std::uint64_t sum = 0;
    for (const auto& [bucket, count] : counts_) sum += count;
    return sum;
}

SeriesMeter::SeriesMeter(Ps before, Ps during, Ps after) : lengths_{before, during, after} {}

void SeriesMeter::begins(Ps at) {
    begin_ = at;
    for (const auto& [when, latency] : early_) count(when, latency);
    early_ = {};
}

/// A command counts in the window in which it completes; each begins behind its first moment.
void SeriesMeter::count(Ps at, Ps latency) {
    const Ps end = begin_ + lengths_[1];
    if (at > begin_ - lengths_[0] && at <= begin_) latencies_[0].add(latency);
    if (at > begin_ && at <= end) latencies_[1].add(latency);
    if (at > end && at <= end + lengths_[2]) latencies_[2].add(latency);
}

void SeriesMeter::state(const trace::StateRecord& record) {
    if (story_.take(record).phase && begin_ < 0) begins(record.at);
    // Those that come again with every look at the clock say nothing on a chart.
    const bool again = record.state == "pending-estimate" || record.state == "window";
    if (record.machine == "vmm" && record.vf == trace::no_device && !again &&
        marks_.size() < most_marks) {
        marks_.push_back({record.at, std::string(record.state), record.side});
    }
}

void SeriesMeter::phase(const trace::PhaseRecord& record) {
    if (story_.take(record).phase && begin_ < 0) begins(record.at);
}

void SeriesMeter::command(const trace::CommandRecord& record) {
    if (record.submit < 0) return;
    const auto side = static_cast<std::size_t>(record.side);
    if (record.qid == 0) {
        if (record.vf == trace::no_device && record.opcode != spec::opcode::AdminAer) {
            admin_[side].emplace_back(record.submit, record.complete);
        }
        return;
    }
    if (record.vf == trace::no_device || record.complete < record.submit) return;
    const Ps latency = record.complete - record.submit;
    guest_.add(record.complete, record.length, latency);
    if (begin_ < 0) {
        early_.emplace_back(record.complete, latency);
    } else {
        count(record.complete, latency);
    }
}

}  // namespace lmsim::viz
