#include <fmt/format.h>

#include <algorithm>

#include "sim/host/media_copy.hpp"

// A long copy by rates. Its begin is simulated exactly; from that come the rates of the copy and of
// the guest's writes. What follows goes by counts (model/host/media/fluid.hpp) until little is
// left; the kernel's clock stands still meanwhile, so that all that is under way in guest, devices
// and hosts is what it was. Then so many granules differ as have been counted, and the rest is
// exact.

namespace lmsim::sim {

using host::media::Fluid;
using host::media::Next;
using host::media::RoundEnd;

namespace {

constexpr std::uint64_t fewest_chunks = 64;  // in a sample

std::uint64_t per_s(std::uint64_t count, Ps ps) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(count) * ps_per_s /
                                      static_cast<Uint128>(ps));
}

std::uint64_t in_time(std::uint64_t milli_per_s, Ps ps) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(ps) * milli_per_s / ps_per_s / 1000);
}

}  // namespace

/// After each chunk of the first copy. True: the sample is taken, and enough is left to skip.
bool MediaCopy::look_at_rates() {
    if (any_lost()) {
        stretch_ = Stretch::Over;  // around a full queue all is exact
        return false;
    }
    if (sample_began_ == 0) {
        if (acked_ >= timing_.outstanding) {
            sample_began_ = now();
            sample_bytes_ = round_bytes_;
            sample_writes_ = writes_;
            sample_commands_ = count_ ? count_() : 0;
        }
        return false;
    }
    const Ps taken = now() - sample_began_;
    if (taken < timing_.sample || acked_ < timing_.outstanding + fewest_chunks) {
        return false;
    }
    take_sample();
    const Ps left = host::media::copy_time_ps(left_bytes(), sample_rate_);
    if (left < 2 * timing_.sample) {
        stretch_ = Stretch::Over;
    }
    return stretch_ == Stretch::First;
}

void MediaCopy::take_sample() {
    const Ps taken = now() - sample_began_;
    sample_rate_ = per_s(round_bytes_ - sample_bytes_, taken);
    bytes_per_s_ = sample_rate_;
    command_rate_ = count_ ? per_s((count_() - sample_commands_) * 1000, taken) : 0;
    for (const auto& [nsid, writes] : writes_.by_nsid) {
        write_rates_[nsid] = per_s((writes - sample_writes_.by_nsid[nsid]) * 1000, taken);
    }
    for (const auto& [vf, writes] : writes_.by_vf) {
        vf_rates_[vf] = per_s((writes - sample_writes_.by_vf[vf]) * 1000, taken);
    }
}

/// Thousandths a second.
std::uint64_t MediaCopy::write_rate(std::uint32_t nsid) const {
    const auto found = write_rates_.find(nsid);
    return found == write_rates_.end() ? 0 : found->second;
}

/// The guest's writers, at the rates at which they were seen to write.
std::vector<host::media::Writer> MediaCopy::measured_writers() const {
    std::vector<host::media::Writer> writers = timing_.writers;
    std::uint64_t first = 0;
    for (const Namespace& ns : namespaces_) {
        const std::uint64_t end = first + ns.set.granules();
        std::uint64_t planned = 0;
        const auto here = [&](const host::media::Writer& writer) {
            return writer.first >= first && writer.first < end;
        };
        for (const host::media::Writer& writer : writers) {
            planned += here(writer) ? writer.milli_per_s : 0;
        }
        for (host::media::Writer& writer : writers) {
            if (here(writer) && planned != 0) {
                writer.milli_per_s = static_cast<std::uint64_t>(
                    static_cast<Uint128>(writer.milli_per_s) * write_rate(ns.what.nsid) / planned);
            }
        }
        first = end;
    }
    return writers;
}

/// Nothing is under way: time may be skipped.
void MediaCopy::settle() {
    drains_ = false;
    skip_first_copy();
}

void MediaCopy::skip_first_copy() {
    std::uint64_t all = 0;
    for (const Namespace& ns : namespaces_) {
        all += ns.set.granules();
    }
    const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
    std::uint64_t first = 0;
    std::vector<std::uint64_t> borders;
    for (const Namespace& ns : namespaces_) {
        first += ns.set.granules();
        borders.push_back(first);
    }
    fluid_ = std::make_unique<Fluid>(all, measured_writers(), borders);
    first = 0;
    for (Namespace& ns : namespaces_) {
        for (const host::media::Piece& piece : ns.what.allocated) {
            fluid_->want(first + piece.first / blocks, (piece.count + blocks - 1) / blocks);
        }
        first += ns.set.granules();
    }
    stretch_ = Stretch::Scattered;
    const std::uint64_t round = fluid_->round() * timing_.granule;
    if (queue_fills(host::media::copy_time_ps(round, sample_rate_))) {
        return;
    }
    run_by_rates(now() - round_began_, round_bytes_);
    used_.first_copy = used_.rounds.back().time;
    stand_alike();
    copying_ = false;
    // Scattered pieces may take longer to read than a first copy does: another sample.
    const std::uint64_t sample =
        std::max(in_time(sample_rate_ / timing_.granule * 1000, timing_.sample),
                 fewest_chunks * timing_.chunk / timing_.granule);
    if (timing_.mirror || fluid_->round() < 2 * sample) {
        skip_rounds();
        return decide();
    }
    scatter_round(sample);
    new_round();
    pump();
}

/// A queue that fills faster than it is emptied has a gap before the copy ends; so has the log of
/// the next attempt, until time is up.
bool MediaCopy::queue_fills(Ps copying) {
    std::uint64_t all = 0;
    for (const auto& [vf, rate] : vf_rates_) {
        all += rate;
    }
    for (const auto& [vf, rate] : vf_rates_) {
        const auto queue = host::media::forecast_queue(timing_.queue, rate, all);
        if (!timing_.mirror && queue.full_after_ps != 0 && queue.full_after_ps < copying) {
            queue_filled(vf, queue.full_after_ps);
            return true;
        }
    }
    return false;
}

/// A log tells of all namespaces of its VF: with a gap, all of these are copied again.
void MediaCopy::queue_filled(std::uint16_t vf, Ps after) {
    const Ps left = timing_.limits.max_time_ps - (now() - copy_began_);
    const auto attempts = static_cast<std::uint64_t>(left / after);
    for (Namespace& ns : namespaces_) {
        if (ns.what.vf == vf) {
            ns.use.gaps += attempts;
            used_.whole_copies += attempts;
            left_by_rates_ += ns.use.allocated;
        }
    }
    used_.bytes += in_time(sample_rate_ * 1000, left);
    skip(left);
    copying_ = false;
    give_up();
}

/// What the round at hand copies of each namespace.
void MediaCopy::count_copied(MediaRoundUse& round) {
    std::uint64_t first = 0;
    for (Namespace& ns : namespaces_) {
        const std::uint64_t end = first + ns.set.granules();
        std::uint64_t bytes = 0;
        for (const host::media::Stretch& one : fluid_->stretches()) {
            bytes += one.first >= first && one.first < end ? one.round * timing_.granule : 0;
        }
        ns.use.copied += bytes - std::min(bytes, ns.round_bytes);
        if (bytes != 0) {
            round.namespaces.push_back({ns.what.nsid, bytes});
        }
        first = end;
    }
}

/// The next round as a whole; `already`: of it, what was simulated.
void MediaCopy::run_by_rates(Ps already, std::uint64_t bytes_already) {
    const std::uint64_t bytes = fluid_->round() * timing_.granule;
    const std::uint64_t rate = std::max<std::uint64_t>(1, bytes_per_s_ / timing_.granule);
    MediaRoundUse round{round_began_ + used_.skipped, 0, bytes, true, false, {}};
    count_copied(round);
    round.time = fluid_->run_round(rate, loop_);
    const Ps took = round.time;
    used_.rounds.push_back(std::move(round));
    const std::uint64_t rest = bytes - std::min(bytes, bytes_already);
    used_.bytes += rest;
    used_.data_bytes += rest;
    skip(std::max<Ps>(0, took - already));
    round_began_ = now();
    for (Namespace& ns : namespaces_) {
        ns.round_bytes = 0;
    }
}

/// Rounds go by until one would end what is left. False if there is none.
bool MediaCopy::skip_rounds() {
    Ps already = round_bytes_ != 0 && copying_ ? now() - round_began_ : 0;
    std::uint64_t bytes = already != 0 ? round_bytes_ : 0;
    stretch_ = Stretch::Over;
    for (;;) {
        RoundEnd end = round_end();
        end.left_bytes = timing_.mirror ? 0 : fluid_->round() * timing_.granule;
        const Next next = next_step(end, timing_.limits);
        const bool enough = ram_may_begin(end, timing_.limits) || next == Next::Ready;
        if (enough && already == 0) {
            break;
        }
        if (next == Next::GiveUp) {
            left_by_rates_ = end.left_bytes;
            return true;
        }
        run_by_rates(already, bytes);
        already = 0;
        bytes = 0;
    }
    stand_alike();
    if (!timing_.mirror) {
        scatter_changes();
    }
    return true;
}

/// The destination has what the source has, and nothing is left to do.
void MediaCopy::stand_alike() {
    for (Namespace& ns : namespaces_) {
        ns.set.forget_round();
        ns.set.forget_changes();
        ns.destination = *ns.source;
    }
}

/// One granule of a stretch, which none of these is yet, has changed.
void MediaCopy::dirty_one(const host::media::Stretch& from, bool changes) {
    // What nobody ever wrote: a block that is not copied again is found.
    constexpr std::uint64_t stale = ~std::uint64_t{0};
    const std::uint64_t blocks = timing_.granule / timing_.block_bytes;
    for (bool done = false; !done;) {
        std::uint64_t granule = from.first + random_.below(from.granules);
        std::size_t i = 0;
        while (granule >= namespaces_[i].set.granules()) {
            granule -= namespaces_[i++].set.granules();
        }
        Namespace& ns = namespaces_[i];
        const std::uint64_t before = ns.set.left();
        if (changes) {
            done = ns.set.note(granule, 1);
        } else {
            ns.set.want(granule, 1);
            done = ns.set.left() != before;
        }
        if (done) {
            const std::uint64_t lba = granule * blocks;
            ns.destination.put(lba, std::min(blocks, ns.what.blocks - lba), stale);
        }
    }
}

/// So many granules of the round at hand, at random: a sample of it.
void MediaCopy::scatter_round(std::uint64_t granules) {
    const std::uint64_t all = fluid_->round();
    for (const host::media::Stretch& one : fluid_->stretches()) {
        const auto share = static_cast<std::uint64_t>(static_cast<Uint128>(granules) * one.round /
                                                      std::max<std::uint64_t>(all, 1));
        for (std::uint64_t i = 0; i < share; ++i) {
            dirty_one(one, false);
        }
    }
}

void MediaCopy::scatter_changes() {
    for (const host::media::Stretch& one : fluid_->stretches()) {
        for (std::uint64_t i = 0; i < one.round; ++i) {
            dirty_one(one, true);
        }
    }
}

void MediaCopy::skip(Ps ps) {
    used_.skipped += ps;
    used_.commands_skipped += in_time(command_rate_, ps);
    const auto count_entries = [&](NamespaceCopyUse& use) {
        use.entries += timing_.mirror ? 0 : in_time(write_rate(use.nsid), ps);
    };
    for (Namespace& ns : namespaces_) {
        count_entries(ns.use);
    }
    std::for_each(shared_.begin(), shared_.end(), count_entries);
    kernel().trace(id(), static_cast<std::uint64_t>(ps));
    tell(fmt::format("{} us go by rates: {} bytes/s", ps / 1'000'000, bytes_per_s_));
}

}  // namespace lmsim::sim
