#include <algorithm>

#include "sim/host/vmm_pair.hpp"

// The guest's memory: what is dirty, and how its pages get to the other host.

namespace lmsim::sim {

using host::vmm::Message;

namespace {

constexpr std::uint64_t chunk_pages = 64;  // QEMU looks at its clock every 64 pages
// A pass that finds no dirty page still looks at the bitmap. Without a price the source would go
// round for ever at one moment while it waits for the destination's consent.
constexpr Ps empty_pass = 10'000'000;
// So long at most while it waits for the media: a window of its rate limit.
constexpr Ps media_pass = 100 * ps_per_ms;

}  // namespace

/// From now on writes are logged, those of devices, too.
void VmmPair::start_logs(std::function<void()> done) {
    if (source_host_.tracking != nullptr) {
        return source_host_.tracking->start(std::move(done));
    }
    driver(VmmSide::Source).start_logs(source_host_.vm, [this, done = std::move(done)] {
        // The first pass sends all pages: what was written so far is no matter.
        source_host_.memory->log_dma(!driver(VmmSide::Source).tracks_memory(source_host_.vm));
        done();
    });
}

/// What the VFs wrote is asked of their driver.
void VmmPair::report_logs(std::function<void()> done) {
    if (source_host_.tracking != nullptr) {
        return source_host_.tracking->report(std::move(done));
    }
    Memory& memory = *source_host_.memory;
    const auto mark = [&memory](std::uint64_t address, std::uint64_t length) {
        memory.mark_dirty(address, length);
    };
    driver(VmmSide::Source).report_memory(source_host_.vm, mark, std::move(done));
}

/// All logs are put together. The last time the VFs stand still: their logs of user data have to be
/// read to the end, too.
void VmmPair::sync_bitmap(bool last) {
    const auto collect = [this] {
        guest_.before_sync();
        if (faults_ != nullptr) {
            spoil_log();
        }
        const std::uint64_t twice = is_cloud() ? ram_.written_again() : 0;
        const std::uint64_t fresh = ram_.sync();
        answer(VmmSide::Source, now() + timing_.bitmap_sync, 0, pages_to_send(), fresh);
        pending(VmmSide::Source).length = twice;
    };
    report_logs([this, last, collect] {
        if (last) {
            close_logs(collect);
        } else {
            collect();
        }
    });
}

/// The logs of user data are read to the end, and the media that they tell of are copied.
void VmmPair::close_logs(std::function<void()> done) {
    driver(VmmSide::Source).when_logs_closed([this, done = std::move(done)] {
        if (media_ != nullptr) {
            media_->finish(done);
        } else {
            done();
        }
    });
}

/// What is left of the media counts as if it were RAM, as in QEMU's block migration, and as more
/// than fits into the switchover: it goes at a rate of its own.
std::uint64_t VmmPair::pages_to_send() const {
    const std::uint64_t media = media_ != nullptr ? media_->pending() : 0;
    if (media == 0) {
        return ram_.left();
    }
    const std::uint64_t bytes = std::max(media, source_.control.threshold + 1);
    return ram_.left() + (bytes + page_size - 1) / page_size;
}

/// The migration is over on the source, whatever came of it.
void VmmPair::stop_logs() {
    source_host_.memory->log_dma(true);
    ram_.stop();
    if (source_host_.tracking != nullptr) {
        source_host_.tracking->stop();
    } else {
        driver(VmmSide::Source).stop_logs(source_host_.vm);
    }
}

/// A slice goes out in chunks; each lasts as long as its slower part, finding pages or sending
/// them.
void VmmPair::begin_slice(const Effect& effect) {
    slice_ = {};
    slice_.limit = effect.length != 0 ? effect.length : UINT64_MAX;
    slice_.last = effect.token3 != 0;
    slice_.twice = effect.address;
    slice_.until =
        effect.token2 != 0 ? now() + static_cast<Ps>(effect.token2) * ps_per_ms : ps_never;
    send_chunk(false);
}

/// The last thing that an event does: as long as nothing else happens in between, time goes on.
void VmmPair::send_chunks() {
    while (send_chunk(true)) {
        if (observer_ != nullptr) {
            observer_->pages_sent(now());
        }
    }
}

/// True if that has left already and the next one goes at once.
bool VmmPair::send_chunk(bool may_go_on) {
    const bool full = slice_.sent.bytes() >= slice_.limit || now() > slice_.until;
    if (slice_.twice != 0 && ram_.left() == 0) {
        const std::uint64_t bytes = slice_.twice;
        slice_.twice = 0;
        used_.ram += bytes;
        post_once(channel_.send_pages(now(), bytes), static_cast<std::uint32_t>(Kind::Chunk));
        return false;
    }
    if (full || ram_.left() == 0) {
        Item item;
        item.message = Message::Ram;
        item.length = slice_.sent.bytes();
        item.loaded = pages_loaded_;
        const Ps sent = std::max(channels_sent(), channel_.forward.free_at);
        send_item(std::move(item), sent);
        const bool spins = slice_.sent.pages() == 0 && !slice_.last;
        const Ps flush = slice_.last && config_.multifd
                             ? timing_.multifd_channel * static_cast<Ps>(timing_.multifd_channels)
                             : 0;
        if (spins && media_ != nullptr && media_->pending() != 0) {
            media_->wait(media_pass, [this] {
                answer(VmmSide::Source, channels_sent(), sending_error(), 0, pages_to_send());
            });
        } else {
            answer(VmmSide::Source, channels_sent() + flush + (spins ? empty_pass : 0),
                   sending_error(), slice_.sent.bytes(), pages_to_send());
        }
        slice_ = {};
        return false;
    }
    guest_.catch_up();
    const std::uint64_t room = (slice_.limit - slice_.sent.bytes()) / page_size + 1;
    const RamSender::Sent sent = ram_.send(std::min(chunk_pages, room));
    slice_.sent.normal += sent.normal;
    slice_.sent.zero += sent.zero;
    used_.ram += sent.normal * page_size;
    used_.zero_pages += sent.zero * (RamSender::page_header + 1);
    used_.other += sent.normal * RamSender::page_header;
    const Ps found = now() + static_cast<Ps>(sent.normal) * timing_.page +
                     static_cast<Ps>(sent.zero) * timing_.zero_page;
    Job job;
    job.pages = true;
    job.length = sent.bytes();
    job.found = found;
    job.number = static_cast<std::uint32_t>(sent.normal);
    if (!channels_.empty()) {
        want_channel(std::move(job));
        return false;
    }
    const Ps gone = channel_.send_pages(now(), sent.bytes());
    pages_taken(job, gone);
    const Ps next = std::max({now(), found, gone});
    constexpr auto chunk = static_cast<std::uint32_t>(Kind::Chunk);
    // Where there are several, each stream is read by a thread of its own.
    if (pages_on_main_stream() && !fits()) {
        when_fits([this, next] { post_once(std::max(now(), next), chunk); });
        return false;
    }
    if (may_go_on && kernel().goes_on(id(), next, chunk)) {
        return true;
    }
    post_once(next, chunk);
    return false;
}

/// The destination takes pages as they come; only the last chunk's are left when the slice ends.
void VmmPair::pages_taken(const Job& job, Ps gone) {
    pages_loaded_ = std::max(pages_loaded_, gone + channel_.one_way) +
                    static_cast<Ps>(job.number) * timing_.page;
    if (!channels_.empty()) {  // the next ones wait for a channel, not for these
        post_once(std::max(now(), job.found), static_cast<std::uint32_t>(Kind::Chunk));
    }
}

}  // namespace lmsim::sim
