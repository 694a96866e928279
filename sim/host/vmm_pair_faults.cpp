#include <algorithm>

#include "model/wire/controller_state.hpp"
#include "sim/host/vmm_pair.hpp"

// What goes wrong with VMMs and with what they send: sim/fault/classes.def.

namespace lmsim::sim {

using host::vmm::Message;

namespace {

unsigned host_number(VmmSide side) { return side == VmmSide::Destination ? 1 : 0; }

}  // namespace

void VmmPair::stall(Ps length) {
    channel_.forward.reserve(now(), length);
    channel_.back.reserve(now(), length);
}

void VmmPair::slow_down(std::uint64_t parts) {
    for (Bandwidth* rate : {&channel_.bandwidth, &channel_.stream_limit}) {
        rate->bits_per_s = std::max<std::uint64_t>(rate->bits_per_s * slow_ / parts, 1'000'000);
    }
    slow_ = parts;
}

/// Calls of one side keep their order: each waits for the answer to the one before.
bool VmmPair::spoils_call(VmmSide side, const Effect& call) {
    if (std::exchange(on_time_, false)) {
        return false;
    }
    const FaultPlan* const late = faults_->strikes(Fault::VmmLate, host_number(side), -1);
    if (late == nullptr || !late_calls_.empty()) {
        return false;
    }
    late_calls_.emplace_back(side, call);
    post_once(now() + late->length, static_cast<std::uint32_t>(Kind::LateCall));
    return true;
}

void VmmPair::begin_late_call() {
    const auto [side, call] = late_calls_.front();
    late_calls_.pop_front();
    on_time_ = true;
    begin_call(side, call);
}

/// A piece of device state, as it leaves the source.
void VmmPair::spoil_state(SparseBytes& bytes) {
    constexpr std::size_t least = 8;
    if (bytes.size() < least) {
        return;
    }
    const auto strikes = [this](Fault what) { return faults_->strikes(what, 0, -1); };
    const bool begins = bytes.size() >= wire::state_header_size(rules_);
    if (strikes(Fault::StateTruncated) != nullptr) {
        bytes.resize(bytes.size() - 4);
    }
    if (strikes(Fault::StateReordered) != nullptr) {
        std::vector<std::uint8_t> all = bytes.all();
        std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2),
                    all.end());
        bytes = SparseBytes(std::move(all));
    }
    if (const FaultPlan* const flip = strikes(Fault::StateFlipped)) {
        const std::uint64_t bit = faults_->draw(*flip, bytes.size() * 8);
        bytes.at(bit / 8) = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
    }
    if (begins && strikes(Fault::StateVersion) != nullptr) {
        bytes.at(0) ^= 0x40;
    }
    const std::size_t queues = wire::state_header_size(rules_) + 2;
    if (queues + 4 < bytes.size() && strikes(Fault::StateForeign) != nullptr) {
        bytes.at(queues) = static_cast<std::uint8_t>(bytes[queues] + 64);
    }
}

bool VmmPair::loses_state(const Item& item) {
    return item.message == Message::DeviceData && !item.bytes.empty() &&
           faults_->strikes(Fault::StateLost, 0, -1) != nullptr;
}

/// The log of the guest's memory, just before it is read.
void VmmPair::spoil_log() {
    Memory& memory = *source_host_.memory;
    const std::uint64_t pages = memory.pages();
    if (const FaultPlan* const extra = faults_->strikes(Fault::DirtyExtra, 0, -1)) {
        for (std::uint64_t i = 0; i < std::min(extra->value, pages); ++i) {
            memory.mark_dirty(faults_->draw(*extra, pages) * page_size, 1);
        }
    }
    if (const FaultPlan* const missed = faults_->strikes(Fault::DirtyMissed, 0, -1)) {
        const std::vector<std::uint64_t> log = memory.dirty_log(pages);
        std::uint64_t left = missed->value;
        const std::size_t first = faults_->draw(*missed, log.size());
        for (std::size_t i = 0; i < log.size() && left != 0; ++i) {
            const std::size_t word = (first + i) % log.size();
            std::uint64_t bits = log[word];
            for (; bits != 0 && left != 0; --left) {
                const std::uint64_t lowest = bits & (~bits + 1);
                memory.forget_dirty(word, lowest);
                bits ^= lowest;
            }
        }
    }
}

/// The kernel closes what the process had open: its devices are reset.
void VmmPair::close_devices(VmmSide side) {
    const VmmHost& host = side == VmmSide::Source ? source_host_ : destination_host_;
    for (std::size_t i = 0; i < host.devices.size(); ++i) {
        const bool nvme = i < host.ports.size();
        if (nvme) {
            host.driver->release(static_cast<std::uint16_t>(host.vm * host.ports.size() + i));
        }
    }
}

/// A VM that runs there ends with it. The other side finds its connection closed.
bool VmmPair::crash(VmmSide side) {
    if (crashed(side)) {
        return false;
    }
    const bool was_finished = finished();
    crashed_[static_cast<std::size_t>(side)] = true;
    const bool owns = owner_ == side && resuming_ != static_cast<int>(VmmSide::Destination);
    if (owns && !guest_.paused()) {
        guest_.pause();
    }
    if (on_crash_) {
        on_crash_(side);
    }
    close_devices(side);
    if (side == VmmSide::Source) {
        // What has left is on its way; nothing more comes.
        stop_logs();
        post(forward_lane_, std::max(channel_.forward.free_at, now()) + channel_.one_way,
             static_cast<std::uint32_t>(Kind::Closed));
        gone_ = gone_ || flow(VmmSide::Destination).finished || crashed(VmmSide::Destination);
    } else {
        inbox_.clear();
        untaken_ = 0;
        cut_ = true;
        asks_destination_ = false;
        gone_ = gone_ || crashed(VmmSide::Source);
        if (config_.return_path || is_cloud()) {
            hear_shut(vfio::Errno::Io);
        }
        look_for_room();
    }
    if (finished() && !was_finished && on_finish_) {
        on_finish_();
    }
    return true;
}

/// With the source's VMM gone, the destination's end is that of the migration.
void VmmPair::end_crashed() {
    if (crashed(VmmSide::Source) && !gone_) {
        gone_ = true;
        if (on_finish_) {
            on_finish_();
        }
    }
}

}  // namespace lmsim::sim
