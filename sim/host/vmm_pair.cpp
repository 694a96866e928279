#include "sim/host/vmm_pair.hpp"

#include <algorithm>
#include <utility>

namespace lmsim::sim {

using host::vmm::Call;
using host::vmm::Message;

namespace {

constexpr std::uint64_t message_bytes = 16;

bool of_thread(const Effect& call) { return (call.ticket & host::vmm::thread_mark) != 0; }

}  // namespace

VmmPair::VmmPair(sc_core::sc_module_name name, Kernel& kernel, const VmmTiming& timing,
                 const Channel& channel, const host::vmm::Config& config, const spec::Rules& rules,
                 Guest& guest, const VmmHost& source, const VmmHost& destination)
    : Component(name, kernel),
      timing_(timing),
      channel_(channel),
      config_(config),
      rules_(rules),
      guest_(guest),
      source_host_(source),
      destination_host_(destination),
      ram_(*source.memory, *destination.memory),
      forward_lane_(add_lane()),
      back_lane_(add_lane()) {
    ram_.clear_before_sending(timing.clear_log);
}

void VmmPair::start() {
    const auto begin = host::vmm::occurrence(host::vmm::EventKind::Start, now_ms());
    step(VmmSide::Destination, begin);
    step(VmmSide::Source, begin);
}

void VmmPair::cancel() {
    step(VmmSide::Source, host::vmm::occurrence(host::vmm::EventKind::Cancel, now_ms()));
    // The socket is shut down: what waits in send() comes back (QEMU 10.1 migration/migration.c).
    shut_ = true;
    look_for_room();
}

void VmmPair::set_trace(trace::TraceSink* sink) {
    taps_[0].connect(sink, metrics::Side::Source);
    taps_[1].connect(sink, metrics::Side::Destination);
}

void VmmPair::step(VmmSide side, const host::vmm::Event& event) {
    if (crashed(side)) {
        return;
    }
    Effects effects;
    effects.watcher = taps_[static_cast<std::size_t>(side)].at(now(), metrics::no_device);
    const bool was_finished = finished();
    const bool was_there = !flow(VmmSide::Destination).finished;
    if (is_cloud()) {
        step_cloud(side, event, effects);
    } else if (side == VmmSide::Source) {
        step_vmm(source_, metrics::Side::Source, event, effects);
    } else {
        step_vmm(destination_, metrics::Side::Destination, event, effects);
    }
    for (const Effect& effect : effects) {
        perform(side, effect);
    }
    if (side == VmmSide::Destination) {
        if (was_there && flow(VmmSide::Destination).finished) {
            break_return_path();
            look_at_destination();
            end_crashed();
        }
        deliver();
    } else if (finished() && !was_finished) {
        stop_logs();
        if (!config_.return_path) {
            close_channels();
        }
        if (on_finish_) {
            on_finish_();
        }
    }
}

void VmmPair::perform(VmmSide side, const Effect& effect) {
    switch (effect.kind) {
        case EffectKind::Call: begin_call(side, effect); break;
        case EffectKind::StartTimer:
            post_once(now() + static_cast<Ps>(effect.length),
                      static_cast<std::uint32_t>(Kind::Timer), static_cast<std::uint32_t>(side),
                      effect.ticket);
            break;
        case EffectKind::Report:
            kernel().trace(id(), effect.token ^ effect.token2 << 8);
            if (static_cast<host::vmm::Report>(effect.token) == host::vmm::Report::CpuThrottle) {
                guest_.throttle(static_cast<std::uint8_t>(effect.token2));
            }
            if (observer_ != nullptr) {
                observer_->reported(now(), side, effect);
            }
            break;
        case EffectKind::CancelTimer:
        case EffectKind::EnterState: break;
        default: LMSIM_ASSERT(!"not an effect of a VMM");
    }
}

void VmmPair::begin_call(VmmSide side, const Effect& effect) {
    if (crashed(side) || (faults_ != nullptr && spoils_call(side, effect))) {
        return;
    }
    if (gate_ && gate_(side, effect, [this, side, effect] { begin_call(side, effect); })) {
        return;
    }
    if (pins_ != nullptr) {
        const std::string name = effect_of(side, effect);
        if (pins_->holds(name, [this, side, effect] { begin_call(side, effect); })) {
            return;
        }
        if (of_thread(effect)) {
            start_threads();
            line(side, effect.function).called = name;
        } else {
            called_[static_cast<std::size_t>(side)] = name;
        }
    }
    if (of_thread(effect)) {
        if (observer_ != nullptr) {
            observer_->thread_call_began(now(), side, effect);
        }
        call_thread(side, effect);
        return;
    }
    if (observer_ != nullptr) {
        observer_->call_began(now(), side, effect);
    }
    call(side, effect);
}

void VmmPair::answer(VmmSide side, Ps at, std::int32_t error, std::uint64_t value0,
                     std::uint64_t value1) {
    Answer& pending_answer = pending(side);
    pending_answer.error = error;
    pending_answer.value0 = value0;
    pending_answer.value1 = value1;
    pending_answer.length = 0;
    post_once(at, static_cast<std::uint32_t>(Kind::Answer), static_cast<std::uint32_t>(side));
}

VfioDone VmmPair::answer_vfio(VmmSide side) {
    return [this, side](const VfioAnswer& from) {
        answer(side, now(), static_cast<std::int32_t>(from.error), from.value, from.value2);
    };
}

/// The VMM's own work for a device that stops or starts, besides the device's.
Ps VmmPair::state_cost(const Effect& effect) const {
    const auto wanted = static_cast<vfio::MigState>(effect.token2);
    const auto from = static_cast<vfio::MigState>(effect.token3);
    const bool stops = wanted == vfio::MigState::STOP ||
                       (wanted == vfio::MigState::STOP_COPY && from != vfio::MigState::STOP);
    if (stops && from != vfio::MigState::STOP_COPY) {
        // They stop in reverse order.
        return timing_.stop.of(config_.devices - effect.function - std::uint64_t{1});
    }
    return wanted == vfio::MigState::RUNNING ? timing_.start.of(effect.function) : 0;
}

VfioDone VmmPair::answer_state(VmmSide side, const Effect& effect) {
    const Ps cost = state_cost(effect);
    if (cost == 0) {
        return answer_vfio(side);
    }
    return [this, side, cost](const VfioAnswer& from) {
        if (observer_ != nullptr) {
            observer_->device_done(now(), side);
        }
        answer(side, now() + cost, static_cast<std::int32_t>(from.error), from.value, from.value2);
    };
}

void VmmPair::call(VmmSide side, const Effect& effect) {
    pending(side).ticket = effect.ticket;
    const bool known =
        call_device(side, effect) || call_channel(side, effect) || call_host(side, effect);
    LMSIM_ASSERT(known);
}

/// Calls on one VFIO device.
bool VmmPair::call_device(VmmSide side, const Effect& effect) {
    const auto to = [this, side, &effect]() -> VfioDevice& {
        return device(side, effect.function);
    };
    switch (static_cast<Call>(effect.token)) {
        case Call::SetDeviceState:
            to().set_state(static_cast<vfio::MigState>(effect.token2), answer_state(side, effect));
            return true;
        case Call::ResetDevice:
        case Call::ReleaseDevice: to().reset(answer_vfio(side)); return true;
        case Call::QueryStopCopySize: to().data_size(answer_vfio(side)); return true;
        case Call::QueryPrecopyInfo: to().precopy_info(answer_vfio(side)); return true;
        case Call::ReadDeviceBlock: {
            VfioDevice& from = to();
            const std::uint16_t index = effect.function;
            from.read(effect.length, [this, index, &from](const VfioAnswer& got) {
                if (got.error == vfio::Errno::Ok) {
                    block_ = from.bytes_read();
                    if (is_cloud() && !block_.empty()) {
                        blobs_[index].push_back(block_);
                    }
                }
                answer(VmmSide::Source, now(), static_cast<std::int32_t>(got.error), got.value);
            });
            return true;
        }
        case Call::WriteDeviceBlock:
            if (is_cloud()) {
                write_blob(effect.function);
                return true;
            }
            to().write(loading_, answer_vfio(side));
            return true;
        default: return false;
    }
}

/// Calls that send something, or wait for the channel.
bool VmmPair::call_channel(VmmSide side, const Effect& effect) {
    switch (static_cast<Call>(effect.token)) {
        case Call::RamSendSlice: begin_slice(effect); return true;
        case Call::SendDeviceBlock: {
            Item item;
            item.message = Message::DeviceData;
            item.marker = static_cast<host::vmm::Marker>(effect.token3);
            item.device = effect.function;
            item.length = effect.length;
            if (effect.length != 0) {
                item.bytes = std::move(block_);
            }
            if (faults_ != nullptr) {
                spoil_state(item.bytes);
                item.length = item.bytes.empty() ? item.length : item.bytes.size();
            }
            const std::uint64_t bytes = effect.length + effect.address;
            used_.device_state += effect.length;
            used_.other += effect.address;
            const Ps gone = channel_.send(now(), bytes);
            send_item(std::move(item), gone);
            answer_sent(gone, bytes);
            return true;
        }
        case Call::SaveNonIterable:
            if (effect.function == host::vmm::no_device) {
                post_once(now() + timing_.device_save, static_cast<std::uint32_t>(Kind::Saved));
            } else {
                send_saved(effect.function, effect.token2 != 0);
            }
            return true;
        case Call::SendMessage: {
            Item item;
            item.message = static_cast<Message>(effect.token2);
            item.error = static_cast<std::int32_t>(effect.token3);
            used_.other += message_bytes;
            if (side == VmmSide::Source) {
                const Ps gone = channel_.send(now(), message_bytes);
                send_item(std::move(item), gone);
                answer_sent(gone, message_bytes);
            } else {
                const Ps gone = channel_.reply(now(), message_bytes);
                send_back(std::move(item), gone);
                answer(side, gone, sending_error(), message_bytes);
            }
            return true;
        }
        case Call::SendState:
            state_bytes_ = effect.length;
            post_once(now() + timing_.device_save, static_cast<std::uint32_t>(Kind::StateSaved));
            return true;
        case Call::CloseChannel:
            post(forward_lane_, std::max(channel_.forward.free_at, now()) + channel_.one_way,
                 static_cast<std::uint32_t>(Kind::Closed));
            answer(side, now());
            return true;
        default: return false;
    }
}

/// Calls on the host itself.
bool VmmPair::call_host(VmmSide side, const Effect& effect) {
    switch (static_cast<Call>(effect.token)) {
        case Call::ResumeVcpus: resume_vcpus(side); return true;
        case Call::StartThread:
            start_threads();
            answer(side, now());
            return true;
        case Call::DirtyLogStart:
            guest_.catch_up();
            ram_.start();
            start_logs([this, side] {
                answer(side, now() + timing_.bitmap_sync + timing_.setup.all(config_.devices));
            });
            return true;
        case Call::DirtyLogStop:
            stop_logs();
            answer(side, now());
            return true;
        case Call::RamSyncBitmap: sync_bitmap(effect.token2 != 0); return true;
        case Call::PauseVcpus:
            if (guest_.paused()) {  // by its user, before the migration
                answer(side, now());
                return true;
            }
            guest_.pause();
            answer(side, now() + timing_.pause);
            return true;
        case Call::BlockFlush: answer(side, now() + timing_.block_flush); return true;
        case Call::LoadRam: answer(side, std::max(ram_loaded_, now())); return true;
        case Call::LoadNonIterable:
            load_non_iterable(effect.function);
            answer(side, now() + (effect.function == host::vmm::no_device
                                      ? timing_.device_load
                                      : device(side, effect.function).interrupt_setup()));
            return true;
        default: return false;
    }
}

/// The config space of a VFIO device carries its MSI-X table: with it the interrupts reach the VM
/// on this host (QEMU 10.1 hw/vfio/pci.c: vfio_pci_load_config()).
void VmmPair::load_non_iterable(std::uint16_t index) {
    if (index == host::vmm::no_device) {
        return;
    }
    // A source whose connection broke may be about to go on with the VM meanwhile.
    const bool goes_back = resuming_ == static_cast<int>(VmmSide::Source);
    if (guest_.paused() && !goes_back && index < destination_host_.ports.size()) {
        guest_.move_vf(index, *destination_host_.ports[index]);
    }
    device(VmmSide::Destination, index).enable_interrupts(timing_.carry_msix);
}

/// There is one guest here: if it runs on one host, and the other's VMM starts it as well, it stays
/// where it is. The monitor is told of both.
void VmmPair::resume_vcpus(VmmSide side) {
    if (!guest_.paused()) {
        answer(side, now() + timing_.resume);
        return;
    }
    const VmmHost& host = side == VmmSide::Source ? source_host_ : destination_host_;
    for (std::uint16_t vf = 0; side == VmmSide::Source && vf < host.ports.size(); ++vf) {
        guest_.move_vf(vf, *host.ports[vf]);
    }
    guest_.move_memory(*host.memory);
    answer(side, now() + timing_.resume);
    resuming_ = static_cast<int>(side);
    owner_ = side;
}

/// The config space of one device, or CPUs and emulated devices once they are collected.
void VmmPair::send_saved(std::uint16_t device, bool bare) {
    const bool all = device == host::vmm::no_device;
    if (all && observer_ != nullptr) {
        observer_->sending(now(), VmmSide::Source);
    }
    Item item;
    item.message = Message::NonIterable;
    item.device = device;
    item.length = all ? timing_.device_bytes : bare ? message_bytes : config_space_bytes;
    const std::uint64_t bytes = item.length;
    used_.other += bytes;
    const Ps gone = channel_.send(now(), bytes);
    send_item(std::move(item), gone);
    answer_sent(gone, bytes);
}

void VmmPair::send_item(Item item, Ps gone) {
    if (cut_ || (faults_ != nullptr && loses_state(item))) {
        return;  // nobody takes what is sent
    }
    if (item.message != Message::Ram || pages_on_main_stream()) {
        item.held = item.length;
        untaken_ += item.held;
    }
    wire_.push_back(std::move(item));
    post(forward_lane_, gone + channel_.one_way, static_cast<std::uint32_t>(Kind::Arrive));
}

/// Does what the main stream has sent fit the sockets' buffers? A destination that waits for it
/// reads along.
bool VmmPair::fits() const {
    const bool reads = inbox_.empty() && takes_messages();
    const bool nobody = cut_ || shut_ || flow(VmmSide::Destination).finished;
    if (channel_.buffer == 0 || reads || nobody) {
        return true;
    }
    const std::uint64_t slice = pages_on_main_stream() ? slice_.sent.bytes() : 0;
    return untaken_ + slice <= channel_.buffer;
}

void VmmPair::when_fits(std::function<void()> go) {
    LMSIM_ASSERT(!waits_for_room_);
    waits_for_room_ = std::move(go);
    look_for_room();
}

void VmmPair::look_for_room() {
    if (waits_for_room_ && fits()) {
        std::exchange(waits_for_room_, nullptr)();
    }
}

/// The source's call ends when all of it has left, and what is not taken fits the buffer.
void VmmPair::answer_sent(Ps gone, std::uint64_t bytes) {
    when_fits([this, gone, bytes] {
        answer(VmmSide::Source, std::max(gone, now()), sending_error(), bytes);
    });
}

void VmmPair::send_back(Item item, Ps gone) {
    if (cut_) {
        return;
    }
    back_wire_.push_back(std::move(item));
    post(back_lane_, gone + channel_.one_way, static_cast<std::uint32_t>(Kind::ReturnArrive));
}

/// A destination that ends without a word: the source reads the end of the path.
void VmmPair::break_return_path() {
    if (flow(VmmSide::Destination).outcome != host::vmm::Outcome::Failed || !config_.return_path ||
        rules_.on(spec::Id::VmmShutOnFailure)) {
        return;
    }
    Item item;
    item.message = Message::Shut;
    item.error = static_cast<std::int32_t>(vfio::Errno::Io);
    send_back(std::move(item), now());
}

void VmmPair::deliver() {
    take_inbox();
    look_for_room();
}

/// The destination takes messages one by one, as it is ready for them.
void VmmPair::take_inbox() {
    while (!inbox_.empty() && takes_messages()) {
        if (pins_ != nullptr && stops_message(VmmSide::Destination, inbox_.front())) {
            return;
        }
        Item item = std::move(inbox_.front());
        inbox_.pop_front();
        untaken_ -= item.held;
        host::vmm::Event event = host::vmm::occurrence(host::vmm::EventKind::Message, now_ms());
        event.message = item.message;
        event.marker = item.marker;
        event.device = item.device;
        event.length = item.length;
        loading_ = std::move(item.bytes);
        has_all_ = has_all_ || item.message == Message::End || item.message == Message::Complete;
        const bool late = item.arrived != now();  // it was busy with what came before
        const auto pages = static_cast<Ps>(item.length / page_size);
        ram_loaded_ = std::max(now(), late ? now() + pages * timing_.page : item.loaded);
        step(VmmSide::Destination, event);
    }
    if (inbox_.empty() && closed_) {
        if (pins_ != nullptr && stops_closing()) {
            return;
        }
        closed_ = false;
        step(VmmSide::Destination,
             host::vmm::occurrence(host::vmm::EventKind::ChannelClosed, now_ms()));
    }
}

/// The source takes what has come over the return path.
void VmmPair::take_back() {
    while (!back_inbox_.empty()) {
        if (pins_ != nullptr && stops_message(VmmSide::Source, back_inbox_.front())) {
            return;
        }
        const Item item = std::move(back_inbox_.front());
        back_inbox_.pop_front();
        auto back = host::vmm::occurrence(host::vmm::EventKind::ReturnPath, now_ms());
        back.message = item.message;
        back.error = item.error;
        step(VmmSide::Source, back);
    }
}

void VmmPair::handle(const Event& event) {
    const auto side = static_cast<VmmSide>(event.a);
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Answer: {
            const Answer from = pending(side);
            if (crashed(side)) {
                break;
            }
            if (faults_ != nullptr && from.error != 0) {
                faults_->notice(sign::call_failed);
            }
            if (observer_ != nullptr) {
                observer_->call_ended(now(), side, from.error, from.value0);
            }
            if (pins_ != nullptr) {
                pins_->happened(called_[event.a]);
            }
            if (resuming_ == static_cast<int>(side)) {
                resuming_ = -1;
                guest_.resume();
            }
            auto done =
                host::vmm::answer(from.ticket, now_ms(), from.error, from.value0, from.value1);
            done.length = from.length;
            step(side, done);
            break;
        }
        case Kind::Timer: {
            auto fired = host::vmm::occurrence(host::vmm::EventKind::TimerFired, now_ms());
            fired.ticket = static_cast<std::uint32_t>(event.b);
            step(side, fired);
            break;
        }
        case Kind::Arrive:
            if (wire_.empty()) {
                break;  // the channel was cut
            }
            inbox_.push_back(std::move(wire_.front()));
            inbox_.back().arrived = now();
            wire_.pop_front();
            deliver();
            break;
        case Kind::ReturnArrive:
            if (!back_wire_.empty()) {
                back_inbox_.push_back(std::move(back_wire_.front()));
                back_wire_.pop_front();
                take_back();
            }
            break;
        case Kind::Chunk:
            if (observer_ != nullptr) {
                observer_->pages_sent(now());
            }
            send_chunks();
            break;
        case Kind::Saved: send_saved(host::vmm::no_device); break;
        case Kind::ThreadAnswer: thread_answers(side, static_cast<std::uint16_t>(event.b)); break;
        case Kind::Copied: queue_packet(static_cast<std::uint16_t>(event.a)); break;
        case Kind::ChannelIdle: start_jobs(); break;
        case Kind::PacketArrives: packet_arrives(event.b); break;
        case Kind::StateSaved: send_state(); break;
        case Kind::LateCall: begin_late_call(); break;
        case Kind::Closed:
            closed_ = closed_ || !cut_;
            deliver();
            break;
    }
}

}  // namespace lmsim::sim
