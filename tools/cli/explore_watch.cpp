#include "tools/cli/explore_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/metrics/display.hpp"
#include "tools/cli/interrupts.hpp"
#include "viz/sequence/words.hpp"

namespace lmsim::cli {

namespace {

/// "1 240 states"; nothing of none.
std::string count_words(std::uint64_t count, const char* what) {
    return count == 0 ? "" : viz::grouped(count) + what;
}

}  // namespace

void ExploreWatch::begin(std::size_t number, const std::string& name,
                         const std::optional<sim::RecordedCounts>& whole) {
    number_ = number;
    name_ = name;
    // One that was partial when it was recorded says nothing of the whole.
    whole_ = whole && whole->verdict != "partial" ? whole->states : 0;
    began_ = line_.elapsed();
    states_ += now_;
    now_ = 0;
    speed_ = {};
    tell({});
}

void ExploreWatch::liveness() {
    name_ += ", liveness";
    whole_ = 0;
    began_ = line_.elapsed();
    speed_ = {};
}

bool ExploreWatch::tell(const explore::SearchProgress& progress) {
    now_ = std::max(now_, progress.states);
    if (line_.due()) {
        line_.show(pieces(progress));
    }
    return !was_interrupted();
}

sim::metrics::LiveLine::Pieces ExploreWatch::pieces(const explore::SearchProgress& progress) {
    // What costs time is to expand a state.
    speed_.look(line_.elapsed() - began_, progress.expanded);
    const bool known = whole_ != 0 && progress.states <= whole_ && progress.expanded <= whole_;
    const std::string several =
        all_ == 1 ? "" : fmt::format(" ({} {} of {})", noun_, number_, all_);
    const std::string left =
        known ? sim::metrics::to_go(speed_.time_for(whole_ - progress.expanded)) : "";
    return {
        name_ + several,
        known ? fmt::format("{} %", progress.expanded * 100 / whole_) : "",
        left.empty() || all_ == 1 ? left : left + " with it",
        count_words(progress.states, " states"),
        sim::metrics::readable_rate(speed_.per_second(), "states"),
        progress.depth == 0 ? "" : fmt::format("depth {}", progress.depth),
        progress.bytes == 0 ? "" : sim::metrics::readable_bytes(progress.bytes),
        count_words(progress.transitions, " transitions"),
    };
}

void ExploreWatch::end() {
    const std::int64_t wall = line_.elapsed();
    const std::uint64_t states = states_ + now_;
    sim::metrics::LiveSpeed speed;
    speed.look(wall, states);
    line_.end({
        all_ == 1 ? name_ : fmt::format("{} of {} {}s", number_, all_, noun_),
        (was_interrupted() ? "interrupted after " : "over after ") +
            sim::metrics::readable_wait(wall),
        count_words(states, " states"),
        sim::metrics::readable_rate(speed.per_second(), "states"),
    });
}

}  // namespace lmsim::cli
