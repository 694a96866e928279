#include "sim/bridge/vfio_user/migration_log.hpp"

#include <algorithm>
#include <iterator>

#include "model/wire/prp.hpp"
#include "model/wire/track.hpp"

namespace lmsim::sim::vfio_user {

using host::MemoryLogEvent;
using host::TrackCommand;
using vfio::Errno;

namespace {

constexpr std::uint32_t the_request = 1;  // there is one at a time
constexpr std::uint64_t most_report = 4 * sim::page_size;

std::uint64_t buffer_bytes(const nvme::Config& config) {
    return std::min<std::uint64_t>(sim::page_size << config.mdts, most_report);
}

/// The n of granules of 2^n * 4 KiB that fit into a page, within what the device has.
std::uint8_t granularity_of(std::uint64_t page, std::uint8_t finest, std::uint8_t coarsest) {
    std::uint8_t n = finest;
    while (n < coarsest && wire::granule_bytes(n + 1U) <= page) {
        ++n;
    }
    return n;
}

}  // namespace

std::uint64_t MigrationLog::memory_bytes(const nvme::Config& config) {
    return buffer_bytes(config) + sim::page_size;
}

MigrationLog::MigrationLog(AdminQueue& admin, Memory& memory, const nvme::Config& config,
                           const spec::Rules& rules, Pace& pace)
    : admin_(admin),
      memory_(memory),
      rules_(rules),
      pace_(pace),
      power_of_two_(config.power_of_two_ranges),
      finest_(static_cast<std::uint8_t>(config.finest_granule)),
      buffer_(memory.allocate_bytes(buffer_bytes(config))),
      list_(memory.allocate_bytes(sim::page_size)) {
    log_.coarsest = static_cast<std::uint8_t>(config.coarsest_granule);
    log_.report = static_cast<std::uint32_t>(buffer_bytes(config));
}

std::uint64_t MigrationLog::page_size() const { return wire::granule_bytes(log_.granularity); }

Errno MigrationLog::start(std::uint16_t cntlid, std::uint64_t page_size,
                          const std::vector<vfio::LogRange>& ranges) {
    if (log_.state != host::TrackState::Off) {
        request(MemoryLogEvent::Kind::Stop);  // a stop that had to wait
    }
    ranges_.clear();
    std::copy_if(ranges.begin(), ranges.end(), std::back_inserter(ranges_),
                 [](const vfio::LogRange& range) { return range.length != 0; });
    std::sort(ranges_.begin(), ranges_.end(),
              [](const auto& a, const auto& b) { return a.iova < b.iova; });
    written_.clear();
    log_.cntlid = cntlid;
    log_.wanted = granularity_of(page_size, finest_, log_.coarsest);
    // The device may ask for a coarser granularity: what is asked for must be sayable in all.
    for (std::uint8_t n = log_.coarsest; n >= log_.wanted; --n) {
        if (!pieces(n)) {
            if (n == log_.coarsest) {
                return Errno::TooBig;
            }
            log_.wanted = static_cast<std::uint8_t>(n + 1);
        }
        if (n == 0) {
            break;
        }
    }
    return request(MemoryLogEvent::Kind::Start);
}

void MigrationLog::stop(bool suspended) {
    if (!suspended) {
        request(MemoryLogEvent::Kind::Stop);
    }
    written_.clear();
}

Errno MigrationLog::report(std::uint64_t iova, std::uint64_t length, std::uint64_t page_size,
                           std::uint8_t* bitmap) {
    const Errno error = request(MemoryLogEvent::Kind::Report);
    if (error != Errno::Ok) {
        // What the device has told and nobody has understood is told to nobody again.
        for (const vfio::LogRange& range : ranges_) {
            mark(range.iova, range.iova + (range.length - 1));
        }
        return error;
    }
    if (length == 0) {
        return Errno::Ok;
    }
    const std::uint64_t end = iova + (length - 1);
    auto at = written_.upper_bound(iova);
    if (at != written_.begin() && std::prev(at)->second >= iova) {
        --at;
    }
    while (at != written_.end() && at->first <= end) {
        const std::uint64_t first = at->first;
        const std::uint64_t last = at->second;
        at = written_.erase(at);
        if (first < iova) {
            written_.emplace(first, iova - 1);
        }
        if (last > end) {
            written_.emplace(end + 1, last);
        }
        const std::uint64_t to = (std::min(last, end) - iova) / page_size;
        for (std::uint64_t bit = (std::max(first, iova) - iova) / page_size; bit <= to; ++bit) {
            bitmap[bit / 8] = static_cast<std::uint8_t>(bitmap[bit / 8] | 1U << (bit % 8));
        }
    }
    return Errno::Ok;
}

void MigrationLog::mark(std::uint64_t first, std::uint64_t last) {
    auto at = written_.upper_bound(first);
    if (at != written_.begin() && std::prev(at)->second >= first) {
        --at;
    }
    while (at != written_.end() && at->first <= last) {
        first = std::min(first, at->first);
        last = std::max(last, at->second);
        at = written_.erase(at);
    }
    written_.emplace(first, last);
}

Errno MigrationLog::request(MemoryLogEvent::Kind kind) {
    answer_.reset();
    MemoryLogEvent event;
    event.kind = kind;
    event.ticket = the_request;
    step(event);
    return pace_.wait([this] { return answer_.has_value(); }) ? *answer_ : Errno::Io;
}

void MigrationLog::step(const MemoryLogEvent& event) {
    Effects effects;
    host::step(log_, event, rules_, effects);
    for (const Effect& effect : effects) {
        switch (effect.kind) {
            case EffectKind::Submit: submit(effect); break;
            case EffectKind::Call: take_report(); break;
            case EffectKind::Reply: answer_ = static_cast<Errno>(effect.token); break;
            default: LMSIM_ASSERT(!"not an effect of a memory log");
        }
    }
}

/// The ranges in whole granules, in pieces that the device can take. Nothing if there are more of
/// them than the buffer has room for.
std::optional<std::vector<wire::MemoryRange>> MigrationLog::pieces(std::uint8_t granularity) const {
    const std::uint64_t granule = wire::granule_bytes(granularity);
    std::vector<wire::MemoryRange> result;
    std::uint64_t next = 0;  // the first granule that is in no piece yet
    for (const vfio::LogRange& range : ranges_) {
        std::uint64_t at = std::max(range.iova / granule, next);
        next = std::max(next, (range.iova + (range.length - 1)) / granule + 1);
        while (at < next) {
            std::uint64_t piece = std::min<std::uint64_t>(next - at, UINT32_MAX);
            while (power_of_two_ && (piece & (piece - 1)) != 0) {
                piece &= piece - 1;
            }
            result.push_back({at * granule, static_cast<std::uint32_t>(piece)});
            at += piece;
            if (wire::track_memory_size(result.size(), rules_) > log_.report) {
                return std::nullopt;
            }
        }
    }
    return result;
}

/// Writes the Track Memory Changes structure; returns its bytes.
std::uint64_t MigrationLog::write_ranges(std::uint8_t granularity) {
    const auto list = pieces(granularity);
    LMSIM_ASSERT(list.has_value());  // start() has seen to it
    const auto count = static_cast<std::uint32_t>(list->size());
    const std::uint64_t bytes = wire::track_memory_size(count, rules_);
    wire::encode_track_memory(granularity, list->data(), count, memory_.bytes(buffer_, bytes),
                              rules_);
    return bytes;
}

void MigrationLog::submit(const Effect& effect) {
    wire::Sqe sqe = host::command(log_, effect, rules_);
    std::uint64_t bytes = effect.length;
    if (static_cast<TrackCommand>(effect.token) == TrackCommand::Start) {
        bytes = write_ranges(static_cast<std::uint8_t>(effect.token2));
    }
    if (bytes != 0) {
        const wire::PrpPair prps = wire::make_prps(buffer_, bytes, sim::page_size, list_);
        if (prps.list_entries != 0) {
            wire::write_prp_list(memory_.bytes(list_, 8 * prps.list_entries), list_,
                                 buffer_ + sim::page_size, prps.list_entries, sim::page_size);
        }
        sqe.prp1 = prps.prp1;
        sqe.prp2 = prps.prp2;
    }
    admin_.submit(sqe, [this, ticket = effect.ticket](const AdminAnswer& answer) {
        MemoryLogEvent event;
        event.ticket = ticket;
        event.error = answer.error;
        event.status = answer.status;
        event.dw0 = answer.dw0;
        event.dw1 = answer.dw1;
        event.bytes = memory_.bytes(buffer_, log_.report);
        step(event);
    });
}

void MigrationLog::take_report() {
    const auto view =
        wire::TrackedMemoryView::parse(memory_.bytes(buffer_, log_.report), log_.report, rules_);
    LMSIM_ASSERT(view.ok());  // the flow has looked at it
    const std::uint64_t granule = wire::granule_bytes(view->header().granularity);
    for (std::uint64_t i = 0; i < view->count(); ++i) {
        const wire::MemoryRange range = (*view)[i];
        mark(range.address, range.address + (range.granules * granule - 1));
    }
}

}  // namespace lmsim::sim::vfio_user
