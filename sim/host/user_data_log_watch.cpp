#include "sim/check/device_watch.hpp"
#include "sim/host/user_data_log.hpp"

// What the log of user data tells the monitor of a run.

namespace lmsim::sim {

using check::What;
using host::LogReport;

void UserDataLog::watch_report(std::uint16_t vf, const Effect& effect) {
    if (monitor_ == nullptr) {
        return;
    }
    switch (static_cast<LogReport>(effect.token)) {
        case LogReport::Lost: return monitor_->tell(now(), observe(What::LogLost, side_, vf));
        case LogReport::Restarted:
            return monitor_->tell(now(), observe(What::LogStarts, side_, vf));
        case LogReport::Range: {
            const auto nsid = static_cast<std::uint32_t>(effect.token2);
            return monitor_->tell(now(), observe(What::Logged, side_, vf,
                                                 block_key(nsid, effect.address), effect.length));
        }
        case LogReport::Marker: return;
    }
}

/// The host took this many entries, which begin at `slot`; and gave slots back, maybe.
void UserDataLog::watch_taken(std::uint16_t index, std::uint32_t slot, const std::uint8_t* bytes,
                              std::uint64_t count) {
    const host::Udmq& log = vfs_[index].log;
    const std::uint64_t size = wire::udmq_entry_size(rules_);
    // Those of one phase are told at once.
    for (std::uint64_t i = 0; monitor_ != nullptr && i < count;) {
        check::Observation seen = observe_queue(What::CdqTaken, side_, check::no_vf, log.cdqid);
        const bool phase = wire::udmq_phase(bytes + i * size, rules_);
        seen.value = slot + i;
        seen.value2 = phase ? 1 : 0;
        while (++i < count && wire::udmq_phase(bytes + i * size, rules_) == phase) {
            ++seen.cid;
        }
        monitor_->tell(now(), seen);
    }
    const std::vector<std::uint32_t> heads = std::move(heads_);
    heads_.clear();
    for (const std::uint32_t head : heads) {
        watch_head(index, head);
    }
}

/// The head moves. Of a look that is not over the entries come first.
void UserDataLog::watch_head(std::uint16_t index, std::uint64_t head) {
    if (monitor_ == nullptr) {
        return;
    }
    if (looking_) {
        heads_.push_back(static_cast<std::uint32_t>(head));
        return;
    }
    check::Observation seen =
        observe_queue(What::CdqHead, side_, check::no_vf, vfs_[index].log.cdqid);
    seen.value = head;
    monitor_->tell(now(), seen);
}

}  // namespace lmsim::sim
