#include "sim/check/trace_observer.hpp"

#include <algorithm>

#include "model/vfio/uapi.hpp"
#include "sim/check/run_monitor.hpp"

namespace lmsim::sim {

using check::What;

namespace {

/// Order within one moment.
int rank(What what) {
    switch (what) {
        case What::MigrationBegins:
        case What::VmStops:
        case What::Resumed:
        case What::QueueCreated:
        case What::LogStarts: return 0;
        case What::Submitted: return 1;
        case What::Fetches: return 2;
        case What::Posted: return 3;
        case What::Completed: return 4;
        case What::Suspending:
        case What::Suspended:
        case What::QueueDeleted:
        case What::VfioArc:
        case What::VfioState:
        case What::SessionOpened:
        case What::SessionClosed:
        case What::SessionUsed: return 6;
        case What::VmRuns: return 7;
        case What::MigrationCompleted:
        case What::MigrationAborted:
        case What::VmEnds: return 8;
        case What::Rest: return 9;
        default: return 5;
    }
}

bool has_queue(What what) {
    switch (what) {
        case What::Submitted:
        case What::Posted:
        case What::Completed:
        case What::Abandoned:
        case What::Fetches:
        case What::QueueCreated:
        case What::QueueDeleted:
        case What::CdqCreated:
        case What::CdqPosted:
        case What::CdqTaken:
        case What::CdqHead:
        case What::CdqDeleted: return true;
        default: return false;
    }
}

/// -1: no state of a VFIO device.
int vfio_number(std::string_view name) {
    for (std::uint32_t state = 0; state < vfio::state_count; ++state) {
        if (vfio::to_string(static_cast<vfio::MigState>(state)) == name) {
            return static_cast<int>(state);
        }
    }
    return -1;
}

constexpr std::uint64_t key_of(std::uint32_t nsid, std::uint64_t block) {
    return std::uint64_t{nsid} << 48 | block;
}

}  // namespace

void TraceObserver::add(Ps at, const check::Observation& seen) {
    PlacedObservation placed{at, line_, seen};
    if (has_queue(seen.what)) {
        const auto next = static_cast<std::uint16_t>(names_.size());
        const auto [place, fresh] = queues_.emplace(seen.queue, next);
        if (fresh) {
            names_.push_back(seen.queue);
        }
        placed.seen.queue = place->second;
    }
    all_.push_back(placed);
}

check::Observation TraceObserver::original(const check::Observation& seen) const {
    check::Observation as_in_trace = seen;
    if (has_queue(seen.what)) {
        as_in_trace.queue = names_[seen.queue];
    }
    return as_in_trace;
}

void TraceObserver::vfio_state(const trace::StateRecord& record, check::Observation seen) {
    const int to = vfio_number(record.state);
    const int from = vfio_number(record.from);
    if (to < 0 || from < 0) {
        return;
    }
    if (record.event == "VFIO_DEVICE_RESET" && from != to) {
        // Not an arc: where it was no longer matters.
        seen.what = What::Reset;
        add(record.at, seen);
    }
    seen.what = What::VfioState;
    seen.value = static_cast<std::uint64_t>(to);
    seen.value2 = static_cast<std::uint64_t>(from);
    if (from != to) {
        add(record.at, seen);
    }
}

void TraceObserver::queue_state(const trace::StateRecord& record, check::Observation seen) {
    const bool begins = record.from == "Absent" && record.state != "Absent";
    const bool ends = record.from != "Absent" && record.state == "Absent";
    if (!begins && !ends) {
        return;
    }
    seen.what = begins ? What::QueueCreated : What::QueueDeleted;
    seen.queue = record.queue;
    seen.flags = record.machine == "cq" ? check::flag::is_cq : std::uint8_t{0};
    add(record.at, seen);
}

void TraceObserver::state(const trace::StateRecord& record) {
    if (record.vf == trace::no_device || record.from.empty()) {
        return;
    }
    check::Observation seen =
        observe(What::Resumed, record.side, static_cast<std::uint16_t>(record.vf));
    if (record.machine == "vfio") {
        vfio_state(record, seen);
    } else if (record.machine == "sq" || record.machine == "cq") {
        queue_state(record, seen);
    } else if (record.machine == "migration" && record.state == "Suspended") {
        seen.what = What::Suspended;
        add(record.at, seen);
    } else if (record.machine == "migration" && record.from == "Suspended") {
        add(record.at, seen);
    }
}

/// Commands of the guest: those of a PF are its host's, and it tells of them in other ways.
void TraceObserver::command(const trace::CommandRecord& record) {
    if (record.vf == trace::no_device) {
        return;
    }
    check::Observation seen =
        observe_queue(What::Submitted, record.side, static_cast<std::uint16_t>(record.vf),
                      record.qid, record.cid);
    const auto tell = [&](What what, Ps at) {
        if (at != trace::not_reached) {
            seen.what = what;
            add(at, seen);
        }
    };
    constexpr std::uint8_t aer = 0x0c;
    seen.flags = record.qid == 0 && record.opcode == aer ? check::flag::may_wait : std::uint8_t{0};
    tell(What::Submitted, record.submit);
    seen.flags = 0;
    tell(What::Fetches, record.fetch);
    // Who saw a completion without its begin saw all of it then.
    if (is_abort(record.status, spec::Rules{})) {
        seen.flags = check::flag::aborted;
    }
    tell(What::Posted, record.post != trace::not_reached ? record.post : record.complete);
    seen.flags = 0;
    tell(What::Completed, record.complete);
}

void TraceObserver::log(const trace::LogRecord& record) {
    if (record.vf == trace::no_device) {
        return;
    }
    check::Observation seen =
        observe(What::Logged, record.side, static_cast<std::uint16_t>(record.vf));
    if (record.what == "range") {
        seen.value = key_of(record.nsid, record.slba);
        seen.value2 = record.blocks;
        add(record.at, seen);
    } else if (record.what == "lost") {
        seen.what = What::LogLost;
        add(record.at, seen);
    }
}

void TraceObserver::seen(const trace::SeenRecord& record) { add(record.at, record.seen); }

std::vector<PlacedObservation> TraceObserver::in_order() {
    std::stable_sort(all_.begin(), all_.end(),
                     [](const PlacedObservation& a, const PlacedObservation& b) {
                         return a.at != b.at ? a.at < b.at : rank(a.seen.what) < rank(b.seen.what);
                     });
    return std::move(all_);
}

}  // namespace lmsim::sim
