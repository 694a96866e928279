#pragma once

#include <optional>
#include <string>
#include <utility>

#include "model/explore/search/search.hpp"
#include "sim/explore_model/model.hpp"
#include "sim/metrics/live_line.hpp"

namespace lmsim::cli {

/// Says on a line how far the searches of a command are. Of the main thread.
class ExploreWatch {
  public:
    /// `all`: so many searches are to come; `noun`: of what, "model".
    ExploreWatch(sim::metrics::LiveLine& line, std::size_t all, std::string noun)
        : line_(line), all_(all), noun_(std::move(noun)) {}

    /// The next one begins. `whole`: what it will come to, if that is recorded.
    void next(const std::string& name, const std::optional<sim::RecordedCounts>& whole = {}) {
        begin(number_ + 1, name, whole);
    }
    /// The one with this number, counted from 1: others go on beside it, or are over.
    void begin(std::size_t number, const std::string& name,
               const std::optional<sim::RecordedCounts>& whole = {});
    /// It is over.
    void searched(std::uint64_t states) { now_ = states; }
    /// The same model is looked at for starvation.
    void liveness();
    /// Now and then. False if the user has interrupted it: what searches ask.
    bool tell(const explore::SearchProgress& progress);
    /// All are over, or the user has interrupted them.
    void end();
    void end_all() {
        number_ = all_;
        end();
    }

  private:
    sim::metrics::LiveLine::Pieces pieces(const explore::SearchProgress& progress);

    sim::metrics::LiveLine& line_;
    std::size_t all_;
    std::string noun_;
    std::size_t number_ = 0;
    std::string name_;
    std::uint64_t whole_ = 0;  // states; 0: nobody knows
    std::int64_t began_ = 0;
    std::uint64_t states_ = 0;  // of the searches before
    std::uint64_t now_ = 0;     // of the one at hand
    sim::metrics::LiveSpeed speed_;
};

}  // namespace lmsim::cli
