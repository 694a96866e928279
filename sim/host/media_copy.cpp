#include "sim/host/media_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lmsim::sim {

using host::media::Next;
using host::media::Piece;

MediaCopy::MediaCopy(sc_core::sc_module_name name, Kernel& kernel, const MediaCopyTiming& timing,
                     const Side& source, const Side& destination, Channel& channel,
                     std::uint64_t seed)
    : Component(name, kernel),
      timing_(timing),
      source_(source),
      destination_(destination),
      channel_(channel),
      set_up_(*source.driver, *destination.driver, timing.set_up, source.rules, destination.rules),
      random_(seed, "media.scatter") {
    // VF i has namespace i + 1 (nvme::initialize_namespaces).
    for (std::uint32_t nsid = 1; nsid <= source.driver->vfs(); ++nsid) {
        if (timing.used_blocks != 0) {
            content_[nsid].put(0, timing.used_blocks, MediaContent::first_token);
            source.device->allocate_blocks(nsid, timing.used_blocks);
        }
    }
    source.device->set_media_listener(this);
}

std::uint64_t MediaCopy::left_bytes() const {
    std::uint64_t granules = 0;
    for (const Namespace& ns : namespaces_) {
        granules += ns.set.left();
    }
    return granules * timing_.granule;
}

std::uint64_t MediaCopy::changed_bytes() const {
    std::uint64_t granules = 0;
    for (const Namespace& ns : namespaces_) {
        granules += ns.set.changed();
    }
    return granules * timing_.granule;
}

/// Index of the namespace; how many there are if it is not one of them.
std::size_t MediaCopy::find(std::uint32_t nsid) const {
    std::size_t i = 0;
    while (i < namespaces_.size() && namespaces_[i].what.nsid != nsid) {
        ++i;
    }
    return i;
}

bool MediaCopy::any_lost() const {
    return std::any_of(namespaces_.begin(), namespaces_.end(),
                       [](const Namespace& ns) { return ns.lost; });
}

void MediaCopy::tell(const std::string& text) {
    if (sink_ != nullptr) {
        sink_->note(now(), "media: " + text);
    }
}

// --- Set-up -------------------------------------------------------------------------------------

void MediaCopy::start(std::function<void()> ram, std::function<void(const std::string&)> failed) {
    ram_ = std::move(ram);
    failed_ = std::move(failed);
    began_ = now();
    used_.began = true;
    set_up_.run([this](const std::string& why) { set_up_done(why); });
}

void MediaCopy::set_up_done(const std::string& why) {
    used_.set_up = now() - began_;
    used_.set_up_commands = set_up_.commands();
    if (!why.empty()) {
        return std::exchange(failed_, nullptr)(why);
    }
    for (const LocalNamespace& found : set_up_.namespaces()) {
        const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
        Namespace ns{found,
                     host::media::CopySet((found.blocks + blocks - 1) / blocks),
                     &content_[found.nsid],
                     {},
                     false,
                     false,
                     {}};
        ns.use.vf = found.vf;
        ns.use.nsid = found.nsid;
        namespaces_.push_back(std::move(ns));
        if (timing_.vendor_identity) {
            destination_.device->adopt_identity(found.nsid, *source_.device);
        }
    }
    tell(fmt::format("{} namespaces are set up", namespaces_.size()));
    if (timing_.mirror) {
        return begin_first_copy();
    }
    on_ = true;  // what the log tells counts from its first entry on
    source_.driver->start_user_data([this] { begin_first_copy(); });
}

void MediaCopy::begin_first_copy() {
    on_ = true;
    copy_began_ = now();
    const UserDataLog* log = source_.driver->user_data_log();
    for (Namespace& ns : namespaces_) {
        if (!timing_.mirror && (log == nullptr || !log->exists(ns.what.vf))) {
            on_ = false;
            return std::exchange(failed_, nullptr)(
                fmt::format("the log of user data of VF {} could not be started", ns.what.vf));
        }
        want_all(ns);
        ns.use.allocated = ns.set.left() * timing_.granule;
    }
    chunks_.resize(timing_.outstanding);
    for (std::uint32_t i = timing_.outstanding; i != 0; --i) {
        free_.push_back(i - 1);
    }
    copying_ = true;
    round_began_ = now();
    round_bytes_ = 0;
    tell("the first copy begins");
    if (timing_.parallel) {
        begin_ram();
    }
    pump();
}

/// All that is allocated, in whole granules.
void MediaCopy::want_all(Namespace& ns) {
    const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
    for (const Piece& piece : ns.what.allocated) {
        const std::uint64_t first = piece.first / blocks;
        const std::uint64_t end = (piece.first + piece.count + blocks - 1) / blocks;
        ns.set.want(first, end - first);
    }
}

void MediaCopy::begin_ram() {
    if (!std::exchange(ram_begun_, true)) {
        used_.ready = now() - began_;
        std::exchange(ram_, nullptr)();
    }
}

// --- Rounds -------------------------------------------------------------------------------------

void MediaCopy::begin_round() {
    for (Namespace& ns : namespaces_) {
        ns.set.next_round();
    }
    copying_ = true;
    round_began_ = now();
    round_bytes_ = 0;
    pump();
}

/// As many chunks as may be under way; the round ends when none is left.
void MediaCopy::pump() {
    if (!copying_ || !on_) {
        return;
    }
    const bool starts = std::any_of(namespaces_.begin(), namespaces_.end(),
                                    [](const Namespace& ns) { return ns.starts; });
    while (!starts && !drains_ && !free_.empty() && fill_chunk(chunks_[free_.back()])) {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        ++under_way_;
        begin_chunk(index);
    }
    if (under_way_ != 0) {
        return;
    }
    if (starts) {
        restart_lost();
    } else if (drains_) {
        settle();
    } else {
        end_round();
    }
}

/// The next pieces of one namespace. False if nothing is left of the round.
bool MediaCopy::fill_chunk(Chunk& chunk) {
    const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
    chunk.parts.clear();
    chunk.tokens.clear();
    chunk.covers = 0;
    for (chunk.ns = 0; chunk.ns < namespaces_.size(); ++chunk.ns) {
        Namespace& ns = namespaces_[chunk.ns];
        while (chunk.covers < timing_.chunk) {
            const std::uint64_t room = (timing_.chunk - chunk.covers) / timing_.granule;
            const Piece piece = ns.set.take(room);
            if (piece.count == 0) {
                break;
            }
            const std::uint64_t lba = piece.first * blocks;
            const std::uint64_t count = std::min(piece.count * blocks, ns.what.blocks - lba);
            chunk.parts.push_back({lba, count});
            chunk.covers += piece.count * timing_.granule;
        }
        if (!chunk.parts.empty()) {
            return true;
        }
    }
    return false;
}

void MediaCopy::begin_chunk(std::uint32_t index) {
    Ps at = now();
    if (timing_.read_rate.bits_per_s != 0) {
        at = std::max(now(), read_free_);
        read_free_ = at + transfer(Bytes{chunks_[index].covers}, timing_.read_rate).ps;
    }
    post_once(at, static_cast<std::uint32_t>(Kind::Read), index);
}

/// What holds no data takes no read and no room in the streams.
void MediaCopy::read(Chunk& chunk, std::uint32_t index) {
    std::vector<NvmeDevice::HostPiece> pieces;
    for (const Part& part : chunk.parts) {
        if (namespaces_[chunk.ns].source->holds_data(part.lba, part.blocks)) {
            pieces.push_back({part.lba, bytes_of(part)});
        }
    }
    source_.device->host_media(nvme::MediaOp::Read, pieces, timing_.piece,
                               [this, index] { go_on(Kind::Fetched, index); });
}

void MediaCopy::fetched(Chunk& chunk, std::uint32_t index) {
    const MediaContent& content = *namespaces_[chunk.ns].source;
    chunk.bytes = 0;
    for (const Part& part : chunk.parts) {
        const std::size_t at = chunk.tokens.size();
        chunk.tokens.resize(at + part.blocks);
        content.read(part.lba, part.blocks, chunk.tokens.data() + at);
        const bool data = std::any_of(chunk.tokens.begin() + static_cast<std::ptrdiff_t>(at),
                                      chunk.tokens.end(), [](std::uint64_t t) { return t != 0; });
        chunk.bytes += data ? bytes_of(part) : 0;
    }
    post_once(source_.device->host_link(true, chunk.bytes),
              static_cast<std::uint32_t>(Kind::InHost), index);
}

void MediaCopy::arrived(Chunk& chunk, std::uint32_t index) {
    Ps at = now();
    if (timing_.write_rate.bits_per_s != 0) {
        at = std::max(now(), write_free_);
        write_free_ = at + transfer(Bytes{chunk.bytes}, timing_.write_rate).ps;
    }
    post_once(at, static_cast<std::uint32_t>(Kind::Write), index);
}

void MediaCopy::write(Chunk& chunk, std::uint32_t index) {
    std::vector<NvmeDevice::HostPiece> pieces;
    for (const Part& part : chunk.parts) {
        pieces.push_back({part.lba, bytes_of(part)});
    }
    destination_.device->host_media(nvme::MediaOp::Write, pieces, timing_.piece,
                                    [this, index] { go_on(Kind::Written, index); });
}

void MediaCopy::go_on(Kind kind, std::uint32_t index) {
    if (on_ || finished_ != nullptr) {
        step(kind, index);
    }
}

void MediaCopy::written(const Chunk& chunk) {
    const std::uint64_t* tokens = chunk.tokens.data();
    for (const Part& part : chunk.parts) {
        namespaces_[chunk.ns].destination.put(part.lba, tokens, part.blocks);
        tokens += part.blocks;
    }
}

void MediaCopy::step(Kind kind, std::uint32_t index) {
    // Of each part: where it goes, and how long it is (NBD takes 28 bytes).
    constexpr std::uint64_t part_header = 32;
    Chunk& chunk = chunks_[index];
    const Bytes wire{chunk.bytes + part_header * chunk.parts.size()};
    const auto next = [&](Ps at, Kind then) {
        post_once(at, static_cast<std::uint32_t>(then), index);
    };
    switch (kind) {
        case Kind::Read: return read(chunk, index);
        case Kind::Fetched: return fetched(chunk, index);
        case Kind::InHost:
            stream_free_ = std::max(now(), stream_free_) + transfer(wire, timing_.stream_rate).ps;
            return next(stream_free_, Kind::Sent);
        case Kind::Sent: {
            const Ps gone = channel_.forward.reserve(now(), transfer(wire, channel_.bandwidth).ps);
            return next(gone + channel_.one_way, Kind::Arrived);
        }
        case Kind::Arrived: return arrived(chunk, index);
        case Kind::Write:
            return next(destination_.device->host_link(false, chunk.bytes), Kind::InDevice);
        case Kind::InDevice: return write(chunk, index);
        case Kind::Written: written(chunk); return next(now() + channel_.one_way, Kind::Acked);
        default: return acked(index);
    }
}

void MediaCopy::acked(std::uint32_t index) {
    Chunk& chunk = chunks_[index];
    namespaces_[chunk.ns].use.copied += chunk.covers;
    used_.bytes += chunk.covers;
    used_.data_bytes += chunk.bytes;
    round_bytes_ += chunk.covers;
    chunk.parts.clear();
    chunk.tokens.clear();
    free_.push_back(index);
    --under_way_;
    if (acked_++ == 0) {
        loop_ = now() - round_began_;
    }
    if (timing_.hybrid && stretch_ == Stretch::First && !drains_) {
        drains_ = look_at_rates();
    }
    pump();
}

void MediaCopy::end_round() {
    copying_ = false;
    const Ps took = now() - round_began_;
    if (round_bytes_ >= timing_.chunk && took != 0) {
        bytes_per_s_ = static_cast<std::uint64_t>(static_cast<Uint128>(round_bytes_) *
                                                  1'000'000'000'000U / static_cast<Uint128>(took));
    }
    if (timing_.hybrid && stretch_ == Stretch::Scattered) {
        copying_ = true;  // the round at hand is a sample
        skip_rounds();
        copying_ = false;
        return decide();
    }
    if (used_.first_copy == 0) {
        used_.first_copy = took;
    }
    if (round_bytes_ != 0) {
        used_.rounds.push_back({round_began_, took, round_bytes_, false, finished_ != nullptr});
        kernel().trace(id(), round_bytes_);
        tell(fmt::format("round {}: {} bytes, {} have changed since", used_.rounds.size(),
                         round_bytes_, changed_bytes()));
    }
    decide();
}

host::media::RoundEnd MediaCopy::round_end() const {
    host::media::RoundEnd end;
    end.left_bytes = std::max(changed_bytes(), left_by_rates_);
    end.bytes_per_s = bytes_per_s_;
    end.elapsed_ps = now() - copy_began_ + used_.skipped;
    end.rounds = static_cast<std::uint32_t>(used_.rounds.size());
    end.lost = any_lost();
    end.stopped = finished_ != nullptr;
    return end;
}

/// Between two rounds.
void MediaCopy::decide() {
    const host::media::RoundEnd end = round_end();
    if (ram_may_begin(end, timing_.limits)) {
        begin_ram();
    }
    const Next next = next_step(end, timing_.limits);
    ready_ = next == Next::Ready;
    switch (next) {
        case Next::Round: return begin_round();
        case Next::GiveUp: return give_up();
        case Next::Done: return done();
        case Next::Ready:
            begin_ram();
            if (used_.rounds_to_ready == 0) {
                used_.rounds_to_ready = used_.rounds.size();
            }
            if (changed_bytes() >= timing_.chunk) {
                begin_round();
            }
            return;
        case Next::Whole: return restart_lost();
    }
}

/// Namespaces whose log had a gap and goes on: what has changed nobody knows, so all is copied
/// again. What is under way is not: it could arrive after what is newer.
void MediaCopy::restart_lost() {
    for (std::size_t i = 0; i < namespaces_.size() && !asking_ && under_way_ == 0; ++i) {
        Namespace& ns = namespaces_[i];
        // A guest that stands still needs no log any more.
        if (!ns.lost || (!ns.starts && finished_ == nullptr)) {
            continue;
        }
        asking_ = true;
        set_up_.ask_again(i, [this, i](const std::string& why) {
            asking_ = false;
            if (!why.empty() && failed_) {
                return std::exchange(failed_, nullptr)(why);
            }
            Namespace& found = namespaces_[i];
            found.lost = false;
            found.starts = false;
            found.what.allocated = set_up_.namespaces()[i].allocated;
            ++used_.whole_copies;
            want_all(found);
            tell(fmt::format("all of namespace {} is copied again", found.what.nsid));
            if (!copying_) {
                copying_ = true;
                round_began_ = now();
                round_bytes_ = 0;
            }
            pump();
        });
    }
}

void MediaCopy::give_up() {
    gave_up_ = true;
    on_ = false;
    const host::media::RoundEnd end = round_end();
    const std::uint64_t mib = end.left_bytes >> 20;
    if (failed_) {
        std::exchange(failed_, nullptr)(fmt::format(
            "the copy of the media does not converge: after {} rounds {} MiB were left at {} "
            "MiB/s, with {} whole copies because a log had a gap",
            end.rounds, mib, end.bytes_per_s >> 20, used_.whole_copies));
    }
}

// --- What the VMMs ask --------------------------------------------------------------------------

std::uint64_t MediaCopy::pending() const {
    return ready_ || !on_ ? 0 : std::max(left_bytes() + changed_bytes(), timing_.chunk);
}

void MediaCopy::finish(std::function<void()> done) {
    if (!on_) {
        return done();
    }
    finished_ = std::move(done);
    stopped_at_ = now();
    if (!copying_ && under_way_ == 0) {
        decide();
    }
}

/// Both sides are the same.
void MediaCopy::done() {
    used_.converged = true;
    used_.last_round = now() - stopped_at_;
    for (Namespace& ns : namespaces_) {
        ns.use.mismatch = ns.source->differences(ns.destination, ns.what.blocks);
        kernel().trace(id(), ns.use.mismatch);
    }
    on_ = false;
    tell("both sides are the same");
    std::exchange(finished_, nullptr)();
}

void MediaCopy::stop() {
    on_ = false;
    copying_ = false;
    used_.namespaces.clear();
    for (const Namespace& ns : namespaces_) {
        used_.namespaces.push_back(ns.use);
    }
}

// --- What the logs tell -------------------------------------------------------------------------

void MediaCopy::log_entry(Ps at, std::uint16_t vf, wire::Esa esa, const UserDataChange* change) {
    if (next_ != nullptr) {
        next_->log_entry(at, vf, esa, change);
    }
    const std::size_t index = change == nullptr ? namespaces_.size() : find(change->nsid);
    if (!on_ || index == namespaces_.size()) {
        return;
    }
    Namespace& ns = namespaces_[index];
    ++ns.use.entries;
    const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
    const std::uint64_t whole = change->blocks == 0 ? ns.what.blocks : change->blocks;
    const std::uint64_t first = change->slba / blocks;
    ns.set.note(first, (change->slba + whole + blocks - 1) / blocks - first);
    if (ready_ && !copying_ && finished_ == nullptr && changed_bytes() >= timing_.chunk) {
        begin_round();
    }
}

void MediaCopy::log_event(Ps at, std::uint16_t vf, wire::CdqEvent event) {
    if (next_ != nullptr) {
        next_->log_event(at, vf, event);
    }
}

void MediaCopy::log_lost(Ps at, std::uint16_t vf, bool restarted) {
    if (next_ != nullptr) {
        next_->log_lost(at, vf, restarted);
    }
    if (!on_) {
        return;
    }
    for (Namespace& ns : namespaces_) {
        if (ns.what.vf != vf) {
            continue;
        }
        ns.use.gaps += restarted ? 0 : 1;
        ns.lost = true;
        ns.starts = restarted;
        ns.set.forget_round();
        ns.set.forget_changes();
    }
    ready_ = false;
    if (restarted && !copying_) {
        restart_lost();
    } else if (copying_ && under_way_ == 0) {
        pump();
    }
}

// --- What the media tell ------------------------------------------------------------------------

void MediaCopy::changed(const MediaChange& change) {
    const std::uint64_t token = change.deallocated ? 0 : next_token_++;
    content_[change.nsid].put(change.slba, change.blocks, token);
    ++writes_[change.nsid];
    if (!on_ || !timing_.mirror) {
        return;
    }
    const std::size_t index = find(change.nsid);
    if (index == namespaces_.size()) {
        return;
    }
    Namespace& ns = namespaces_[index];
    if (mirrored_.erase({change.function, change.ticket}) == 0) {
        // It began before writes were mirrored.
        const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
        const std::uint64_t first = change.slba / blocks;
        ns.set.note(first, (change.slba + change.blocks + blocks - 1) / blocks - first);
        return;
    }
    ns.destination.put(change.slba, change.blocks, token);
    update_chunks(index, change, token);
}

/// A chunk under way was read before: what is newer is on the other side and stays.
void MediaCopy::update_chunks(std::size_t ns, const MediaChange& change, std::uint64_t token) {
    for (Chunk& chunk : chunks_) {
        if (chunk.ns != ns || chunk.tokens.empty()) {
            continue;
        }
        std::uint64_t at = 0;
        for (const Part& part : chunk.parts) {
            const std::uint64_t from = std::max(part.lba, change.slba);
            const std::uint64_t to = std::min(part.lba + part.blocks, change.slba + change.blocks);
            for (std::uint64_t lba = from; lba < to; ++lba) {
                chunk.tokens[at + lba - part.lba] = token;
            }
            at += part.blocks;
        }
    }
}

bool MediaCopy::mirrors(std::uint16_t function, std::uint32_t ticket, std::uint64_t slba,
                        std::uint64_t bytes) {
    if (!on_ || !timing_.mirror || finished_ != nullptr) {
        return false;
    }
    mirrored_[{function, ticket}] = slba;
    used_.mirrored_bytes += bytes;
    const Ps gone = channel_.forward.reserve(now(), transfer(Bytes{bytes}, channel_.bandwidth).ps);
    post_once(gone + channel_.one_way, static_cast<std::uint32_t>(Kind::MirrorArrived),
              static_cast<std::uint32_t>(bytes), std::uint64_t{function} << 32 | ticket);
    return true;
}

/// Function and ticket of a write that both sides get.
std::pair<std::uint16_t, std::uint32_t> MediaCopy::write_of(const Event& event) {
    return {static_cast<std::uint16_t>(event.b >> 32), static_cast<std::uint32_t>(event.b)};
}

void MediaCopy::step_mirror(const Event& event) {
    const auto next = [&](Ps at, Kind then) {
        post_once(at, static_cast<std::uint32_t>(then), event.a, event.b);
    };
    switch (static_cast<Kind>(event.kind)) {
        case Kind::MirrorArrived:
            return next(destination_.device->host_link(false, event.a), Kind::MirrorInDevice);
        case Kind::MirrorInDevice:
            return destination_.device->host_media(
                nvme::MediaOp::Write, {{mirrored_.at(write_of(event)), event.a}}, timing_.piece,
                [this, event] {
                    post_once(now() + channel_.one_way, static_cast<std::uint32_t>(Kind::Mirrored),
                              event.a, event.b);
                });
        default: {
            const auto [function, ticket] = write_of(event);
            source_.device->mirrored(function, ticket);
        }
    }
}

void MediaCopy::handle(const Event& event) {
    const auto kind = static_cast<Kind>(event.kind);
    if (kind >= Kind::MirrorArrived) {
        return step_mirror(event);  // the guest waits for it, whatever became of the copy
    }
    go_on(kind, event.a);
}

}  // namespace lmsim::sim
