#include "sim/host/media_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace lmsim::sim {

using host::media::Next;
using host::media::Piece;

namespace {

/// Of `blocks` blocks from `lba` on each stretch of whole granules that hold data, or of such that
/// hold none: `holds(lba, blocks)` tells of one granule, `each(lba, blocks, data)` gets a stretch.
template <typename Holds, typename Each>
void for_stretches(std::uint64_t lba, std::uint64_t blocks, std::uint64_t granule, Holds holds,
                   Each each) {
    const std::uint64_t end = lba + blocks;
    const auto data_at = [&](std::uint64_t at) { return holds(at, std::min(granule, end - at)); };
    while (lba < end) {
        const bool data = data_at(lba);
        std::uint64_t next = std::min(end, lba + granule);
        while (next < end && data_at(next) == data) {
            next = std::min(end, next + granule);
        }
        each(lba, next - lba, data);
        lba = next;
    }
}

}  // namespace

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
    for (std::uint32_t nsid = 1; nsid <= timing.used_blocks.size(); ++nsid) {
        const std::uint64_t used = timing.used_blocks[nsid - 1];
        if (used != 0) {
            content_[nsid].put(0, used, MediaContent::first_token);
            source.device->allocate_blocks(nsid, used);
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
                     0,
                     {}};
        ns.use.vf = found.vf;
        ns.use.nsid = found.nsid;
        namespaces_.push_back(std::move(ns));
        if (timing_.vendor_identity) {
            destination_.device->adopt_identity(found.nsid, *source_.device);
        }
    }
    list_shared();
    tell(fmt::format("{} namespaces are set up", namespaces_.size()));
    on_ = true;  // what the log tells counts from its first entry on
    if (timing_.mirror) {
        return changes_are_told();
    }
    source_.driver->start_user_data([this] { changes_are_told(); });
}

/// A controller's log tells of all its namespaces, of those that are not copied, too.
void MediaCopy::list_shared() {
    for (const auto& [vf, nsid] : set_up_.shared()) {
        NamespaceCopyUse use;
        use.vf = vf;
        use.nsid = nsid;
        use.shared = true;
        shared_.push_back(use);
    }
}

/// From now on.
void MediaCopy::changes_are_told() {
    if (!on_) {
        return;
    }
    const UserDataLog* log = source_.driver->user_data_log();
    for (const Namespace& ns : namespaces_) {
        if (!timing_.mirror && (log == nullptr || !log->exists(ns.what.vf))) {
            on_ = false;
            return std::exchange(failed_, nullptr)(
                fmt::format("the log of user data of VF {} could not be started", ns.what.vf));
        }
    }
    learn_allocated(0, now());
}

/// Only now: what was first written during the set-up is allocated, what comes later is told.
void MediaCopy::learn_allocated(std::size_t index, Ps began) {
    asking_ = index != namespaces_.size();
    if (!asking_) {
        used_.set_up += now() - began;
        used_.set_up_commands = set_up_.commands();
        return begin_first_copy();
    }
    set_up_.learn_allocated(index, [this, index, began](const std::string& why) {
        if (!on_) {
            return;
        }
        if (!why.empty()) {
            on_ = false;
            return std::exchange(failed_, nullptr)(why);
        }
        namespaces_[index].what.allocated = set_up_.namespaces()[index].allocated;
        learn_allocated(index + 1, began);
    });
}

void MediaCopy::begin_first_copy() {
    copy_began_ = now();
    for (Namespace& ns : namespaces_) {
        want_all(ns);
        ns.use.allocated = ns.set.left() * timing_.granule;
    }
    chunks_.resize(timing_.outstanding);
    for (std::uint32_t i = timing_.outstanding; i != 0; --i) {
        free_.push_back(i - 1);
    }
    new_round();
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
    new_round();
    pump();
}

void MediaCopy::new_round() {
    copying_ = true;
    round_began_ = now();
    round_bytes_ = 0;
    for (Namespace& ns : namespaces_) {
        ns.round_bytes = 0;
    }
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

/// Granules that hold no data take no time of the media and no room in the streams; that they are
/// zero the host sees when it has them.
void MediaCopy::read(Chunk& chunk, std::uint32_t index) {
    std::vector<NvmeDevice::HostPiece> pieces;
    const MediaContent& content = *namespaces_[chunk.ns].source;
    const auto holds = [&](std::uint64_t lba, std::uint64_t blocks) {
        return content.holds_data(lba, blocks);
    };
    for (const Part& part : chunk.parts) {
        for_stretches(part.lba, part.blocks, granule_blocks(), holds,
                      [&](std::uint64_t lba, std::uint64_t blocks, bool data) {
                          if (data) {
                              pieces.push_back({lba, bytes_of({lba, blocks})});
                          }
                      });
    }
    source_.device->host_media(nvme::MediaOp::Read, pieces, timing_.piece,
                               [this, index] { go_on(Kind::Fetched, index); });
}

void MediaCopy::fetched(Chunk& chunk, std::uint32_t index) {
    const MediaContent& content = *namespaces_[chunk.ns].source;
    chunk.bytes = 0;
    chunk.stretches = 0;
    std::uint64_t all = 0;
    for (const Part& part : chunk.parts) {
        const std::size_t at = chunk.tokens.size();
        chunk.tokens.resize(at + part.blocks);
        content.read(part.lba, part.blocks, chunk.tokens.data() + at);
        const std::uint64_t* tokens = chunk.tokens.data() + at;
        const auto holds = [&](std::uint64_t lba, std::uint64_t blocks) {
            const std::uint64_t* first = tokens + (lba - part.lba);
            return std::any_of(first, first + blocks, [](std::uint64_t t) { return t != 0; });
        };
        for_stretches(part.lba, part.blocks, granule_blocks(), holds,
                      [&](std::uint64_t lba, std::uint64_t blocks, bool data) {
                          chunk.bytes += data ? bytes_of({lba, blocks}) : 0;
                          ++chunk.stretches;
                      });
        all += bytes_of(part);
    }
    post_once(source_.device->host_link(true, all), static_cast<std::uint32_t>(Kind::InHost),
              index);
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
    // Of each stretch: where it goes, and how long it is (NBD takes 28 bytes).
    constexpr std::uint64_t stretch_header = 32;
    Chunk& chunk = chunks_[index];
    const Bytes wire{chunk.bytes + stretch_header * chunk.stretches};
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
    namespaces_[chunk.ns].round_bytes += chunk.covers;
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
        keep_round({round_began_, took, round_bytes_, false, finished_ != nullptr, {}});
        kernel().trace(id(), round_bytes_);
        tell(fmt::format("round {}: {} bytes, {} have changed since", used_.rounds.size(),
                         round_bytes_, changed_bytes()));
    }
    decide();
}

void MediaCopy::keep_round(MediaRoundUse round) {
    for (const Namespace& ns : namespaces_) {
        if (ns.round_bytes != 0) {
            round.namespaces.push_back({ns.what.nsid, ns.round_bytes});
        }
    }
    used_.rounds.push_back(std::move(round));
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
    if (ready_ && waiting_) {
        std::exchange(waiting_, nullptr)();
    }
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
        set_up_.learn_allocated(i, [this, i](const std::string& why) {
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
                new_round();
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

void MediaCopy::wait(Ps most, std::function<void()> go) {
    waiting_ = std::move(go);
    post_once(now() + most, static_cast<std::uint32_t>(Kind::WaitedLong), ++waits_);
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
    used_.namespaces = shared_;
    for (const Namespace& ns : namespaces_) {
        used_.namespaces.push_back(ns.use);
    }
    std::sort(used_.namespaces.begin(), used_.namespaces.end(),
              [](const NamespaceCopyUse& a, const NamespaceCopyUse& b) {
                  return std::tie(a.vf, a.nsid) < std::tie(b.vf, b.nsid);
              });
}

// --- What the logs tell -------------------------------------------------------------------------

void MediaCopy::log_entry(Ps at, std::uint16_t vf, wire::Esa esa, const UserDataChange* change) {
    if (next_ != nullptr) {
        next_->log_entry(at, vf, esa, change);
    }
    const std::size_t index = change == nullptr ? namespaces_.size() : find(change->nsid);
    if (!on_ || index == namespaces_.size()) {
        for (NamespaceCopyUse& one : shared_) {
            one.entries += change != nullptr && one.vf == vf && one.nsid == change->nsid ? 1 : 0;
        }
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

void MediaCopy::handle(const Event& event) {
    const auto kind = static_cast<Kind>(event.kind);
    if (kind == Kind::WaitedLong) {
        if (event.a == waits_ && waiting_) {
            std::exchange(waiting_, nullptr)();
        }
        return;
    }
    if (kind >= Kind::MirrorArrived) {
        return step_mirror(event);  // the guest waits for it, whatever became of the copy
    }
    go_on(kind, event.a);
}

}  // namespace lmsim::sim
