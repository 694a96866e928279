#include "sim/run/link_meter.hpp"

#include <algorithm>

namespace lmsim::sim {

void LinkMeter::add(trace::Side side, std::string_view name, const Pipe& pipe) {
    links_.push_back({side, name, &pipe});
    next_ = interval;
}

void LinkMeter::tell(Ps at, trace::TraceSink& sink) {
    const Ps span = at - last_;
    if (span <= 0) {
        return;
    }
    for (Link& link : links_) {
        // What is reserved to begin later than now may make it seem to go back for a moment.
        const Ps used = std::max(link.used, link.pipe->used(at));
        const Ps busy = std::min(span, used - link.used);
        if (busy != 0 || !link.idle) {
            sink.link({at, span, link.side, link.name, busy});
        }
        link.idle = busy == 0;
        link.used = used;
    }
    last_ = at;
    next_ = at + interval;
}

}  // namespace lmsim::sim
