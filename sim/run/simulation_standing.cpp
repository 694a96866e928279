#include <fmt/format.h>

#include <algorithm>

#include "sim/host/media_copy.hpp"
#include "sim/metrics/display.hpp"
#include "sim/run/director.hpp"
#include "sim/run/simulation.hpp"

// How far a run is.

namespace lmsim::sim {

namespace {

/// "state-read of VF 3 on the source"; of the first devices, which are the VFs.
std::string label_words(const metrics::Label& label, std::uint32_t vfs) {
    const std::string device =
        label.device == metrics::no_device
            ? ""
            : fmt::format(" of {} {}",
                          static_cast<std::uint32_t>(label.device) < vfs ? "VF" : "device",
                          label.device);
    return fmt::format("{}{} on the {}", metrics::name(label.part), device,
                       metrics::name(label.side));
}

/// "round 2: 43 %, 1.20 GiB left"
std::string media_words(const MediaCopy& media) {
    if (!media.on()) {
        return "setup";
    }
    const std::uint64_t copied = media.used().bytes;
    const std::uint64_t left = media.left();
    const std::uint64_t percent =
        static_cast<std::uint64_t>(Uint128{copied} * 100 / std::max<Uint128>(copied + left, 1));
    return fmt::format("round {}: {} %, {} left", media.used().rounds.size() + 1, percent,
                       metrics::readable_bytes(left));
}

std::string precopy_words(const Vm& vm) {
    const std::size_t round = vm.meter.rounds().size();
    return fmt::format("pre-copy{}: {} left", round == 0 ? "" : fmt::format(" round {}", round),
                       metrics::readable_bytes(vm.vmms->pages_left() * page_size));
}

}  // namespace

std::string Simulation::migration_words(const Vm& vm) const {
    const std::string_view story = vm.meter.story().phase();
    const std::string media = media_ != nullptr ? "media copy " + media_words(*media_) : "";
    if (story.empty()) {
        return media;  // it comes first
    }
    if (story == "pre-copy") {
        const bool beside = media_ != nullptr && media_->on() && media_->left() != 0;
        return precopy_words(vm) + (beside ? ", " + media : "");
    }
    const std::optional<metrics::Label> at_work = vm.meter.downtime().at_work();
    return at_work
               ? fmt::format("{}: {}", story, label_words(*at_work, scenario_.hosts.src.device.vfs))
               : std::string(story);
}

Standing Simulation::standing() const {
    Standing standing;
    standing.now = kernel_.now();
    standing.events = kernel_.events();
    standing.stage = Director::name_of(director_->phase());
    standing.vms = vms_.size();
    Ps last = 0;
    for (const auto& vm : vms_) {
        standing.moved += vm->ended != 0 ? 1 : 0;
        last = std::max(last, vm->ended);
        if (vm->began != 0 && vm->ended == 0 && standing.under_way++ == 0) {
            standing.vm = vm->number + std::size_t{1};
            standing.migration = migration_words(*vm);
        }
    }
    if (director_->phase() >= Director::Phase::CoolDown) {
        standing.cooled_down = last + scenario_.run.cool_down.ps;
    }
    if (director_->phase() >= Director::Phase::Migration) {
        standing.migration_begins = director_->migration_began();
    } else if (director_->phase() == Director::Phase::WarmUp) {
        standing.migration_begins = director_->guest_ready_at() + scenario_.run.warm_up.ps;
    }
    return standing;
}

}  // namespace lmsim::sim
