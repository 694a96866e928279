#include <algorithm>

#include "sim/host/vmm_pair.hpp"

// Device state over multifd: a thread for each device on either side, and the channels that its
// packets share with the last pages. A channel holds one job; its CPU bounds the channel, the
// network all of them.

namespace lmsim::sim {

using host::vmm::Call;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

}  // namespace

void VmmPair::start_threads() {
    for (std::vector<Line>& lines : lines_) {
        lines.resize(config_.devices);
    }
    channels_.resize(timing_.multifd_channels);
}

void VmmPair::answer_thread(VmmSide side, std::uint16_t device, Ps at, std::int32_t error,
                            std::uint64_t value0) {
    Answer& pending_answer = line(side, device).pending;
    pending_answer.error = error;
    pending_answer.value0 = value0;
    post_once(at, static_cast<std::uint32_t>(Kind::ThreadAnswer), static_cast<std::uint32_t>(side),
              device);
}

void VmmPair::thread_answers(VmmSide side, std::uint16_t device) {
    if (crashed(side)) {
        return;
    }
    const Line& from = line(side, device);
    const Answer pending_answer = from.pending;
    if (faults_ != nullptr && pending_answer.error != 0) {
        faults_->notice(sign::call_failed);
    }
    if (observer_ != nullptr) {
        observer_->thread_call_ended(now(), side, from.call, pending_answer.error,
                                     pending_answer.value0);
    }
    if (pins_ != nullptr) {
        pins_->happened(from.called);
    }
    step(side, host::vmm::answer(pending_answer.ticket, now_ms(), pending_answer.error,
                                 pending_answer.value0));
}

void VmmPair::call_thread(VmmSide side, const Effect& effect) {
    if (channels_.empty()) {
        start_threads();
    }
    Line& of = line(side, effect.function);
    of.call = effect;
    of.pending.ticket = effect.ticket;
    switch (static_cast<Call>(effect.token)) {
        case Call::SetDeviceState:
        case Call::ResetDevice: thread_set_state(side, effect); break;
        case Call::ReadDeviceBlock: thread_reads(effect); break;
        case Call::QueueDevicePacket: thread_queues(effect); break;
        case Call::WriteDeviceBlock: thread_writes(effect); break;
        case Call::LoadNonIterable:
            load_non_iterable(effect.function);
            answer_thread(side, effect.function,
                          now() + device(side, effect.function).interrupt_setup());
            break;
        default: LMSIM_ASSERT(!"a call of a thread");
    }
}

void VmmPair::thread_set_state(VmmSide side, const Effect& effect) {
    const std::uint16_t index = effect.function;
    const VfioDone done = [this, side, index](const VfioAnswer& from) {
        answer_thread(side, index, now(), static_cast<std::int32_t>(from.error));
    };
    if (static_cast<Call>(effect.token) == Call::ResetDevice) {
        device(side, index).reset(done);
    } else {
        device(side, index).set_state(static_cast<vfio::MigState>(effect.token2), done);
    }
}

void VmmPair::thread_reads(const Effect& effect) {
    const std::uint16_t index = effect.function;
    VfioDevice& from = device(VmmSide::Source, index);
    from.read(effect.length, [this, index, &from](const VfioAnswer& got) {
        if (got.error == vfio::Errno::Ok) {
            line(VmmSide::Source, index).block = from.bytes_read();
        }
        answer_thread(VmmSide::Source, index, now(), static_cast<std::int32_t>(got.error),
                      got.value);
    });
}

/// The packet is copied first, while the thread has the queue for itself.
void VmmPair::thread_queues(const Effect& effect) {
    const Int128 copy = static_cast<Int128>(timing_.multifd_copy) * effect.length / mib;
    post_once(now() + static_cast<Ps>(copy), static_cast<std::uint32_t>(Kind::Copied),
              effect.function);
}

void VmmPair::queue_packet(std::uint16_t device) {
    Line& of = line(VmmSide::Source, device);
    Job job;
    job.device = device;
    job.number = static_cast<std::uint32_t>(of.call.token2);
    job.config = of.call.token3 != 0;
    job.length = of.call.address + (job.config ? config_space_bytes : of.call.length);
    if (!job.config) {
        job.bytes = std::move(of.block);
        if (faults_ != nullptr) {
            spoil_state(job.bytes);
        }
    }
    used_.device_state += of.call.length;
    used_.other += job.length - of.call.length;
    want_channel(std::move(job));
}

void VmmPair::want_channel(Job job) {
    jobs_.push_back(std::move(job));
    start_jobs();
}

/// Round robin over the channels that hold nothing.
void VmmPair::start_jobs() {
    std::size_t busy = 0;
    while (busy < channels_.size() && !jobs_.empty()) {
        const std::size_t channel = next_channel_;
        next_channel_ = (next_channel_ + 1) % channels_.size();
        if (channels_[channel] > now()) {
            ++busy;
            continue;
        }
        busy = 0;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        job.gone = channel_.send_job(now(), job.length);
        channels_[channel] = job.gone;
        post_once(job.gone, static_cast<std::uint32_t>(Kind::ChannelIdle));
        if (job.pages) {
            pages_taken(job, job.gone);
            continue;
        }
        answer_thread(VmmSide::Source, job.device, now(), sending_error(), job.length);
        if (!cut_) {
            const Ps arrives = job.gone + channel_.one_way;
            sending_.emplace(next_job_, std::move(job));
            post_once(arrives, static_cast<std::uint32_t>(Kind::PacketArrives), 0, next_job_);
            ++next_job_;
        }
    }
}

/// When each channel has sent what it holds.
Ps VmmPair::channels_sent() const {
    Ps sent = now();
    for (const Ps until : channels_) {
        sent = std::max(sent, until);
    }
    return sent;
}

/// A device's packets go to its thread in their order, whichever channel was faster.
void VmmPair::packet_arrives(std::uint64_t job) {
    const auto found = sending_.find(job);
    if (found == sending_.end()) {
        return;  // lost on its way
    }
    Job packet = std::move(found->second);
    sending_.erase(found);
    Line& to = line(VmmSide::Destination, packet.device);
    if (packet.config) {
        to.config = packet.number;
    }
    to.waiting += packet.bytes.size();
    to.packets[packet.number] = std::move(packet.bytes);
    while (to.packets.count(to.arrived) != 0) {
        auto event = host::vmm::occurrence(host::vmm::EventKind::DevicePacket, now_ms());
        event.device = packet.device;
        event.value0 = to.arrived;
        event.value1 = to.waiting;
        event.length = to.packets[to.arrived].size();
        const bool last = to.arrived == to.config;
        event.marker = last ? host::vmm::Marker::ConfigSpace : host::vmm::Marker::None;
        ++to.arrived;
        step(VmmSide::Destination, event);
    }
}

void VmmPair::thread_writes(const Effect& effect) {
    const std::uint16_t index = effect.function;
    Line& of = line(VmmSide::Destination, index);
    const auto number = static_cast<std::uint32_t>(effect.token2);
    of.block = std::move(of.packets[number]);
    of.packets[number].clear();  // stays, as come
    device(VmmSide::Destination, index).write(of.block, [this, index](const VfioAnswer& from) {
        Line& done = line(VmmSide::Destination, index);
        done.waiting -= done.block.size();
        answer_thread(VmmSide::Destination, index, now(), static_cast<std::int32_t>(from.error),
                      from.value);
    });
}

/// Nobody waits for the channels where there is no return path: what they still hold is lost.
void VmmPair::close_channels() {
    const std::size_t before = sending_.size();
    for (auto job = sending_.begin(); job != sending_.end();) {
        job = job->second.gone > now() ? sending_.erase(job) : std::next(job);
    }
    if (sending_.size() != before) {
        post(forward_lane_, std::max(channel_.forward.free_at, now()) + channel_.one_way,
             static_cast<std::uint32_t>(Kind::Closed));
    }
}

bool VmmPair::damage_packet() {
    for (auto& [number, job] : sending_) {
        if (job.bytes.size() >= 4) {
            job.bytes.resize(job.bytes.size() - 4);
            return true;
        }
    }
    return false;
}

}  // namespace lmsim::sim
