#pragma once

#include <algorithm>
#include <vector>

#include "sim/device/die_media.hpp"

namespace lmsim::sim {

constexpr Ps us = 1'000'000;
constexpr Ps ms = 1000 * us;
constexpr Ps second = 1000 * ms;

/// A host with nothing but a drive behind it: commands when told, or a closed queue of them.
class MediaHost : public Component {
  public:
    struct Ended {
        std::uint32_t ticket;
        Ps at;
        Ps latency;
        bool is_read;
    };

    MediaHost(Kernel& kernel, const DieMediaTiming& timing)
        : Component("host", kernel),
          random_(7, "host"),
          media_("media", kernel, timing, 9, 1,
                 [this](std::uint16_t, std::uint32_t ticket) { ended(ticket); }) {}

    /// One command, at that time.
    void at(Ps when, const MediaWork& work) {
        works_.push_back(work);
        began_.push_back(0);
        kept_.push_back(false);
        post_once(when, 0, static_cast<std::uint32_t>(works_.size() - 1));
    }

    /// `depth` commands of 4 KiB at random places; each that ends is followed by another one after
    /// the host's own time.
    void keep(std::uint32_t depth, Share reads, Ps host, std::uint16_t function = 1) {
        reads_ = reads;
        host_ = host;
        for (std::uint32_t i = 0; i < depth; ++i) {
            again(function);
        }
    }

    /// The run ends then.
    void stop_at(Ps when) { post_once(when, stop); }

    void handle(const Event& event) override {
        if (event.kind == stop) {
            return kernel().stop();
        }
        MediaWork work = works_[event.a];
        work.ticket = event.a;
        began_[event.a] = now();
        media_.start(work);
    }

    const DieMedia& media() const { return media_; }
    const std::vector<Ended>& all() const { return all_; }
    Ps end_of(std::uint32_t ticket) const {
        const auto found = std::find_if(all_.begin(), all_.end(),
                                        [&](const Ended& each) { return each.ticket == ticket; });
        return found == all_.end() ? -1 : found->at;
    }
    /// Of what ended behind the first fifth of the time.
    double iops() const {
        const Ps begin = now() / 5;
        const auto count = std::count_if(all_.begin(), all_.end(),
                                         [&](const Ended& each) { return each.at > begin; });
        return static_cast<double>(count) * 1e12 / static_cast<double>(now() - begin);
    }
    double mean_us() const {
        double sum = 0;
        for (const Ended& each : all_) sum += static_cast<double>(each.latency) / 1e6;
        return sum / static_cast<double>(all_.size());
    }
    /// In microseconds, of reads or of writes.
    double quantile(double share, bool reads) const {
        std::vector<Ps> sorted;
        for (const Ended& each : all_) {
            if (each.is_read == reads) sorted.push_back(each.latency);
        }
        std::sort(sorted.begin(), sorted.end());
        const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
        return sorted.empty() ? 0 : static_cast<double>(sorted[index]) / 1e6;
    }

  private:
    static constexpr std::uint32_t stop = 1;

    void again(std::uint16_t function) {
        MediaWork work;
        work.op = random_.chance(reads_) ? nvme::MediaOp::Read : nvme::MediaOp::Write;
        work.function = function;
        work.bytes = 4096;
        work.lba = random_.below(1U << 24U) * 8;
        host_free_ = std::max(host_free_, now()) + host_;
        at(host_free_, work);
        kept_.back() = true;
    }
    void ended(std::uint32_t ticket) {
        all_.push_back(
            {ticket, now(), now() - began_[ticket], works_[ticket].op == nvme::MediaOp::Read});
        if (kept_[ticket]) {
            again(works_[ticket].function);
        }
    }

    Random random_;
    Share reads_;
    Ps host_ = 0;
    Ps host_free_ = 0;
    std::vector<MediaWork> works_;
    std::vector<Ps> began_;
    std::vector<bool> kept_;
    std::vector<Ended> all_;
    DieMedia media_;
};

inline void run_for(MediaHost& host, Ps span) {
    host.stop_at(span);
    sc_core::sc_start();
}

inline DieMediaTiming plain_drive(std::uint32_t dies) {
    DieMediaTiming timing;
    timing.dies = dies;
    timing.command = Distribution(fixed(1_us));
    timing.read = Distribution(fixed(50_us));
    timing.write = Distribution(fixed(8_us));
    timing.flush = Distribution(fixed(20_us));
    timing.program = Distribution(fixed(1_ms));
    return timing;
}

inline MediaWork read_of(std::uint64_t lba, std::uint32_t bytes = 4096,
                         std::uint16_t function = 0) {
    MediaWork work;
    work.lba = lba;
    work.bytes = bytes;
    work.function = function;
    return work;
}

inline MediaWork write_of(std::uint32_t bytes = 4096, std::uint16_t function = 0) {
    MediaWork work;
    work.op = nvme::MediaOp::Write;
    work.bytes = bytes;
    work.function = function;
    return work;
}

}  // namespace lmsim::sim
