#pragma once

#include <string_view>
#include <vector>

#include "sim/link/pcie.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim {

/// Tells a trace how busy links are: once in a while, when something else happens anyway, so that
/// it takes no event of its own and a traced run is the run that an untraced one is.
class LinkMeter {
  public:
    static constexpr Ps interval = 100'000'000;  // 100 us

    /// `name` and `pipe` must outlive the meter.
    void add(trace::Side side, std::string_view name, const Pipe& pipe);
    bool due(Ps at) const { return at >= next_; }
    /// One record for each link but those that stay idle. `at` does not decrease.
    void tell(Ps at, trace::TraceSink& sink);

  private:
    struct Link {
        trace::Side side;
        std::string_view name;
        const Pipe* pipe;
        Ps used = 0;
        bool idle = true;
    };
    std::vector<Link> links_;
    Ps last_ = 0;
    Ps next_ = ps_never;
};

}  // namespace lmsim::sim
