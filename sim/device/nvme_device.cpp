#include "sim/device/nvme_device.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "model/nvme/registers.hpp"
#include "model/wire/bits.hpp"
#include "sim/check/state_digest.hpp"
#include "sim/core/huge_pages.hpp"
#include "sim/device/device_port.hpp"
#include "sim/device/prp_walk.hpp"

namespace lmsim::sim {

namespace {

constexpr std::uint64_t register_bytes = 8;
// With fewer the memory of huge pages takes more to clear than they save.
constexpr std::uint16_t many_vfs = 64;

bool is_transaction(EffectKind kind) {
    return kind == EffectKind::ReadMemory || kind == EffectKind::TransferIn ||
           kind == EffectKind::TransferOut || kind == EffectKind::WriteMemory ||
           kind == EffectKind::PostCqe || kind == EffectKind::PostCdqe ||
           kind == EffectKind::Interrupt;
}

/// Memory whose content is only a version holds no bytes: there they read as zeros.
void read_bytes(const Memory& memory, std::uint64_t address, ZeroedBytes& to, std::uint64_t at,
                std::uint64_t length) {
    const bool some = memory.has_bytes(address, length) && !memory.known_zeros(address, length);
    to.put(at, some ? memory.look(address, length) : nullptr, some ? length : 0, length);
}

/// A posted write of `length` bytes, of which `from` holds `some`, and zeros: where there is no
/// memory it is lost, and its owner is not told. False then.
bool write_bytes(Memory& memory, std::uint64_t address, const std::uint8_t* from,
                 std::uint64_t some, std::uint64_t length) {
    const std::uint64_t end = memory.pages() * page_size;
    if (address >= end || length > end - address) {
        return false;
    }
    if (memory.has_bytes(address, length)) {
        memory.put(address, from, some, length);
    }
    memory.dma_wrote(address, length);
    return true;
}

}  // namespace

NvmeDevice::NvmeDevice(sc_core::sc_module_name name, Kernel& kernel, const DeviceTiming& params,
                       const spec::Rules& rules, std::uint64_t seed)
    : Component(name, kernel),
      ControllerMemory(params.vfs + std::size_t{1}, params.config.vendor_bytes),
      params_(params),
      rules_(rules),
      subsystem_block_(zeroed_subsystem(params.vfs)),
      subsystem_(reinterpret_cast<Subsystem*>(subsystem_block_.data())),
      link_times_(params.pcie),
      up_lane_(add_lane()),
      down_lane_(add_lane()),
      memory_lane_(add_lane()),
      read_random_(seed, std::string(this->name()) + ".media.read"),
      write_random_(seed, std::string(this->name()) + ".media.write"),
      flush_random_(seed, std::string(this->name()) + ".media.flush"),
      admin_random_(seed, std::string(this->name()) + ".admin"),
      host_random_(seed, std::string(this->name()) + ".host") {
    LMSIM_ASSERT(params_.vfs + 1U <= nvme::SimBounds::functions);
    for (std::uint32_t i = 0; i < params_.channels; ++i) {
        media_.add(add_lane());
    }
    for (std::uint32_t i = 0; i < params_.admin_parallel; ++i) {
        admin_.add(add_lane());
    }
    functions_.resize(params_.vfs + std::size_t{1});
    for (std::size_t i = 0; i < functions_.size(); ++i) {
        functions_[i].port = std::make_unique<Port>(*this, static_cast<std::uint16_t>(i));
    }
    nvme::initialize(*subsystem_, params_.config, params_.vfs);
    if (params_.dies.dies != 0) {
        die_media_ =
            std::make_unique<DieMedia>("media", kernel, params_.dies, params_.vfs + 1U, seed,
                                       [this](std::uint16_t function, std::uint32_t ticket) {
                                           Event event;
                                           event.at = now();
                                           event.kind = static_cast<std::uint32_t>(Kind::Media);
                                           event.a = function;
                                           event.b = ticket;
                                           handle(event);
                                       });
    }
}

NvmeDevice::~NvmeDevice() = default;

/// Room for 257 functions is 20 MB: constructing it would be most of the time of a short run. From
/// the allocator it comes as zeros whose pages cost nothing until nvme::initialize() writes the
/// functions in use; the rest of them, which stands behind all else, is never looked at.
ZeroedBlock NvmeDevice::zeroed_subsystem(std::uint16_t vfs) {
    static_assert(std::is_trivially_copyable_v<Subsystem>);
    ZeroedBlock block(sizeof(Subsystem));
    if (vfs >= many_vfs) {
        prefer_huge_pages(block.data(), block.size());
    }
    const std::size_t unused = nvme::SimBounds::functions - vfs - 1U;
    block.set_used(sizeof(Subsystem) - unused * sizeof(nvme::Controller<nvme::SimBounds>));
    return block;
}

DevicePort& NvmeDevice::port(std::uint16_t function) { return *functions_[function].port; }

void NvmeDevice::attach(std::uint16_t function, Memory& memory) {
    functions_[function].memory = &memory;
}

SparseBytes NvmeDevice::state_of(std::uint16_t function, std::uint64_t limit) {
    ZeroedBytes bytes;
    std::size_t stored = 0;
    const std::size_t size = nvme::snapshot(*subsystem_, function, params_.config, rules_, *this,
                                            bytes.look(limit), limit, &stored);
    return {bytes.room(stored), stored, size};
}

void NvmeDevice::send_down(const DownItem& item, Ps takes) {
    const Ps gone = down_.reserve(now(), takes);
    DownItem& sent = down_items_.add();
    sent.kind = item.kind;
    sent.what = item.what;
    sent.function = item.function;
    sent.queue = item.queue;
    sent.ticket = item.ticket;
    sent.address = item.address;
    sent.value = item.value;
    sent.length = item.length;
    post(down_lane_, gone + params_.link_latency, static_cast<std::uint32_t>(Kind::Down),
         item.function, item.address);
}

/// What memory tracking costs a write before it leaves: its granules are marked one by one.
Ps NvmeDevice::marking(const Effect& effect) const {
    const auto& tracking = subsystem_->controller[effect.function].tracking;
    if (!tracking.on || effect.kind == EffectKind::PostCdqe || !is_transaction(effect.kind)) {
        return 0;
    }
    const std::uint64_t granule = page_size << tracking.granularity;
    const auto granules = static_cast<Ps>((effect.length + granule - 1) / granule);
    return granules * params_.memory_cost;
}

void NvmeDevice::send_up(const Effect& effect, Ps takes) {
    const Ps gone = up_.reserve(now() + marking(effect), takes);
    const Ps arrives = gone + params_.link_latency;
    // A log entry is followed by the completion of what it tells of: they arrive together, which
    // saves an event for each entry.
    const bool rides = effect.kind == EffectKind::PostCdqe;
    UpItem& item = up_items_.add();
    item.kind = effect.kind;
    item.function = effect.function;
    item.ticket = effect.ticket;
    item.address = effect.address;
    item.token = effect.token;
    item.token2 = effect.token2;
    item.token3 = effect.token3;
    item.length = effect.length;
    item.rides = rides;
    if (rides) {
        ++riders_;
        riders_at_ = arrives;
        kernel().trace(id(), effect.address);
        return;
    }
    riders_ = 0;
    post(up_lane_, arrives, static_cast<std::uint32_t>(Kind::Up), effect.function, effect.address);
}

/// Log entries after which this step sent nothing arrive by themselves.
void NvmeDevice::send_riders() {
    if (riders_ != 0) {
        post(up_lane_, riders_at_, static_cast<std::uint32_t>(Kind::Riders), 0, riders_);
        riders_ = 0;
    }
}

/// A DMA read: the request goes up, the host's memory answers, the data comes down.
void NvmeDevice::read_host(const Effect& effect, std::uint8_t what) {
    const Ps gone = up_.reserve(now(), link_times_.request(effect.length));
    const std::uint64_t prp2 = what == read_data ? effect.token : effect.token2;
    DownItem& item = memory_items_.add();
    item.kind = DownKind::Answer;
    item.what = what;
    item.function = effect.function;
    item.queue = 0;
    item.ticket = effect.ticket;
    item.address = effect.address;
    item.value = prp2;
    item.length = effect.length;
    post(memory_lane_, gone + params_.link_latency + params_.memory_latency,
         static_cast<std::uint32_t>(Kind::MemoryReady), effect.function, effect.address);
}

void NvmeDevice::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Down: arrive_down(down_items_.pop()); break;
        case Kind::MemoryReady: {
            const DownItem item = memory_items_.pop();
            send_down(item, link_times_.completion(item.length));
            break;
        }
        case Kind::Up:
            for (bool more = true; more;) {
                const UpItem item = up_items_.pop();
                arrive_up(item);
                more = item.rides;
            }
            break;
        case Kind::Riders:
            for (std::uint64_t i = 0; i < event.b; ++i) {
                arrive_up(up_items_.pop());
            }
            break;
        case Kind::Media:
            if (faults_ != nullptr && event.a != 0 && spoils_completion(event)) {
                return;
            }
            if (!host_ios_.empty() && host_done(event)) {
                return;
            }
            if (media_listener_ != nullptr) {
                if (waits_for_mirror(event)) {
                    return;
                }
                tell_changes(event);
            }
            [[fallthrough]];
        case Kind::Work:
            if (pins_ != nullptr && stops(event)) {
                return;
            }
            [[fallthrough]];
        case Kind::Timer: work_done(event); break;
        case Kind::Interrupt:
            interrupt(static_cast<std::uint16_t>(event.a), static_cast<std::uint32_t>(event.b));
            break;
        case Kind::Reset: {
            nvme::Event reset;
            reset.kind = nvme::Event::Kind::LevelReset;
            reset.function = static_cast<std::uint16_t>(event.a);
            step(reset);
            Function& function = functions_[event.a];
            switch_interrupts(static_cast<std::uint16_t>(event.a), false);
            const std::function<void()> reset_done = std::move(function.reset_done);
            function.reset_done = nullptr;
            if (reset_done) {
                reset_done();
            }
            break;
        }
    }
}

void NvmeDevice::arrive_down(const DownItem& item) {
    nvme::Event event;
    event.function = item.function;
    event.queue = item.queue;
    event.address = item.address;
    event.value = item.value;
    event.length = static_cast<std::uint32_t>(item.length);
    switch (item.kind) {
        case DownKind::SqDoorbell: event.kind = nvme::Event::Kind::SqDoorbell; break;
        case DownKind::CqDoorbell: event.kind = nvme::Event::Kind::CqDoorbell; break;
        case DownKind::Write: event.kind = nvme::Event::Kind::Register; break;
        case DownKind::Answer: answer(item); return;
        case DownKind::Reset:
            post_once(now() + params_.function_reset, static_cast<std::uint32_t>(Kind::Reset),
                      item.function);
            return;
        case DownKind::Read: {
            Effect effect;
            effect.kind = EffectKind::Reply;
            effect.function = item.function;
            effect.token = item.value;
            effect.token2 = nvme::read_register(*subsystem_, params_.config, rules_, item.function,
                                                item.address);
            send_up(effect, link_times_.completion(register_bytes));
            return;
        }
    }
    step(event);
}

void NvmeDevice::work_done(const Event& event) {
    nvme::Event done;
    done.function = static_cast<std::uint16_t>(event.a);
    done.ticket = static_cast<std::uint32_t>(event.b);
    done.failed = store_ != nullptr && event.kind == static_cast<std::uint32_t>(Kind::Media) &&
                  !move_payload(done.function, done.ticket);
    if (faults_ != nullptr) {
        done.failed = done.failed || std::exchange(media_fails_, false);
    }
    step(done);
}

/// The data of a DMA read have arrived. Host memory is read now: until its owner knows of the
/// completion nobody writes it, so this equals reading it when the request was served.
void NvmeDevice::answer(const DownItem& item) {
    if (pins_ != nullptr && stops(item)) {
        return;
    }
    if (faults_ != nullptr) {
        spoil_entry(item);
    }
    if (Dma* const dma = functions_[item.function].dma) {
        return answer_from_peer(item, *dma);
    }
    Memory& memory = *functions_[item.function].memory;
    SimulatedHost host{memory};
    if (item.what == read_data) {
        const auto ignore = [](std::uint64_t, std::uint64_t) {};
        const bool there = walk_prp(host, item.address, item.value, item.length, ignore);
        return done(item, nullptr, there);
    }
    if (static_cast<nvme::Read>(item.what) != nvme::Read::CommandData) {
        const bool there = memory.has_bytes(item.address, item.length);
        return done(item, there ? memory.bytes(item.address, item.length) : nullptr, there);
    }
    ZeroedBytes& bytes = data_of(item.function, item.ticket);
    bytes.clear_from(0);
    std::uint64_t at = 0;
    const bool there = walk_prp(host, item.address, item.value, item.length,
                                [&](std::uint64_t address, std::uint64_t piece) {
                                    read_bytes(memory, address, bytes, at, piece);
                                    at += piece;
                                });
    done(item, bytes.look(item.length), there);
}

void NvmeDevice::arrive_up(const UpItem& item) {
    const Function& function = functions_[item.function];
    bool inside = true;
    switch (item.kind) {
        case EffectKind::TransferOut:
        case EffectKind::WriteMemory: inside = write_data(item); break;
        case EffectKind::PostCqe: {
            std::uint8_t entry[16];
            wire::store_le(entry, item.token);
            wire::store_le(entry + 8, item.token2);
            inside = write_entry(item, entry, sizeof entry);
            break;
        }
        case EffectKind::PostCdqe: {
            std::uint8_t entry[32];
            wire::store_le(entry, item.token);
            wire::store_le(entry + 8, item.token2);
            wire::store_le<std::uint64_t>(entry + 16, 0);
            wire::store_le(entry + 24, item.token3);
            inside = write_entry(item, entry, sizeof entry);
            break;
        }
        case EffectKind::Interrupt:
            if (faults_ == nullptr || !spoils_interrupt(item)) {
                interrupt(item.function, static_cast<std::uint32_t>(item.token));
            }
            break;
        case EffectKind::Reply: function.client->read_done(item.token, item.token2); break;
        default: LMSIM_ASSERT(!"nothing else goes up");
    }
    if (!inside) {
        watch_.wrote_outside(now(), item.function);
    }
}

void NvmeDevice::interrupt(std::uint16_t function, std::uint32_t vector) {
    const Function& to = functions_[function];
    if (to.interrupts && to.client != nullptr) {
        to.client->interrupt(vector);
    } else if (observer_ != nullptr) {
        observer_->interrupt_lost(now(), function);
    }
}

bool NvmeDevice::write_entry(const UpItem& item, const std::uint8_t* entry, std::uint64_t length) {
    const Function& function = functions_[item.function];
    return function.dma != nullptr
               ? function.dma->write(item.address, entry, length)
               : write_bytes(*function.memory, item.address, entry, length, length);
}

/// False if part of it has no memory.
bool NvmeDevice::write_data(const UpItem& item) {
    if (Dma* const dma = functions_[item.function].dma) {
        return write_to_peer(item, *dma);
    }
    Memory& memory = *functions_[item.function].memory;
    const SimulatedHost host{memory};
    if (item.kind == EffectKind::TransferOut) {
        return walk_prp(host, item.address, item.token, item.length,
                        [&](std::uint64_t address, std::uint64_t length) {
                            memory.dma_wrote(address, length);
                        });
    }
    const SparseBytes bytes = std::move(outgoing_.front());
    outgoing_.pop_front();
    std::uint64_t at = 0;
    return walk_prp(host, item.address, item.token, item.length,
                    [&](std::uint64_t address, std::uint64_t length) {
                        write_bytes(memory, address, bytes.stored() + at,
                                    bytes.stored_of(at, length), length);
                        at += length;
                    });
}

void NvmeDevice::done(const DownItem& item, const std::uint8_t* bytes, bool there) {
    nvme::Event event;
    event.kind = nvme::Event::Kind::Done;
    event.function = item.function;
    event.ticket = item.ticket;
    event.bytes = bytes;
    event.length = static_cast<std::uint32_t>(item.length);
    event.failed = !there;
    step(event);
}

void NvmeDevice::step(const nvme::Event& event) {
    step_once(event);
    while (subsystem_->more) {
        nvme::Event rest = event;
        rest.kind = nvme::Event::Kind::Continue;
        step_once(rest);
    }
}

void NvmeDevice::step_once(const nvme::Event& event) {
    subsystem_->more = false;
    effects_.clear();
    watch_.begin(now(), event);
    effects_.watcher = watch_.watcher(tap_.at(now()));
    const bool suspended = is_suspended(event.function);
    nvme::step(*subsystem_, event, params_.config, rules_, *this, effects_);
    if (steps_ != nullptr) {
        steps_->after(step_digest(*subsystem_, event, effects_));
        steps_->nvme(now(), side_, event, effects_);
    }
    watch_.stepped();
    for (const Effect& effect : effects_) {
        watch_.effect(effect);
        if (suspended && effect.function == event.function && is_transaction(effect.kind) &&
            is_suspended(event.function) && observer_ != nullptr) {
            observer_->broke_suspension(now(), event.function);
        }
        perform(effect);
    }
    watch_.ended();
    send_riders();
}

bool NvmeDevice::is_suspended(std::uint16_t function) const {
    return nvme::is(subsystem_->controller[function].migration, nvme::Migration::Suspended);
}

void NvmeDevice::switch_interrupts(std::uint16_t function, bool on) {
    functions_[function].interrupts = on;
    if (observer_ != nullptr) {
        observer_->interrupts_switched(now(), function, on);
    }
}

void NvmeDevice::perform(const Effect& effect) {
    if (faults_ != nullptr && spoils(effect)) {
        return;
    }
    switch (effect.kind) {
        case EffectKind::ReadMemory:
            if (tells_commands_ && static_cast<nvme::Read>(effect.token) == nvme::Read::Sqe) {
                fetched_at(effect.function, effect.ticket) = now();
            }
            read_host(effect, static_cast<std::uint8_t>(effect.token));
            break;
        case EffectKind::TransferIn: read_host(effect, read_data); break;
        case EffectKind::TransferOut:
            if (functions_[effect.function].dma != nullptr) {
                keep_outgoing(effect);
            }
            track(effect);
            send_up(effect, link_times_.write(effect.length));
            break;
        case EffectKind::WriteMemory: {
            keep_outgoing(effect);
            track(effect);
            send_up(effect, link_times_.write(effect.length));
            break;
        }
        case EffectKind::Media: start_media(effect); break;
        case EffectKind::Execute: execute(effect); break;
        case EffectKind::PostCqe:
            track(effect);
            send_up(effect, link_times_.write(effect.length));
            posted(effect);
            break;
        case EffectKind::PostCdqe: send_up(effect, link_times_.write(effect.length)); break;
        case EffectKind::Interrupt: send_up(effect, link_times_.write(4)); break;
        case EffectKind::EnterState:
            if (observer_ != nullptr) {
                observer_->state_entered(now(), effect.function,
                                         static_cast<std::uint32_t>(effect.token));
            }
            kernel().trace(id(), effect.token ^ effect.function);
            break;
        default: LMSIM_ASSERT(!"not an effect of a controller");
    }
}

/// The data of a command as they leave: its slot may serve another before they arrive.
void NvmeDevice::keep_outgoing(const Effect& effect) {
    ZeroedBytes& all = data_of(effect.function, effect.ticket);
    outgoing_.emplace_back(all.look(effect.length), all.used_of(0, effect.length), effect.length);
}

/// A write is tracked as it leaves: a report of it is behind it on the link, so who has the report
/// finds the data in memory.
void NvmeDevice::track(const Effect& effect) {
    nvme::TrackedMemory& memory = tracked(effect.function);
    if (!memory.on() || !nvme::is_tracked_write(effect.kind, rules_)) {
        return;
    }
    const auto mark = [&](std::uint64_t address, std::uint64_t length) {
        memory.mark(address, length);
        if (steps_ != nullptr) {
            steps_->memory_written(now(), side_, effect.function, address, length);
        }
    };
    if (effect.kind == EffectKind::PostCqe) {
        mark(effect.address, effect.length);
    } else {
        const Function& function = functions_[effect.function];
        const auto walk = [&](auto&& host) {
            walk_prp(host, effect.address, effect.token, effect.length, mark);
        };
        function.dma != nullptr ? walk(PeerHost{*function.dma})
                                : walk(SimulatedHost{*function.memory});
    }
}

void NvmeDevice::posted(const Effect& effect) {
    if (store_ != nullptr) {
        erase_after(subsystem_->controller[effect.function].slot[effect.ticket]);
    }
    if (!tells_commands_) {
        return;
    }
    const nvme::Controller<nvme::SimBounds>& c = subsystem_->controller[effect.function];
    const nvme::Slot& command = c.slot[effect.ticket];
    observer_->command_posted(fetched_at(effect.function, effect.ticket), now(), effect.function,
                              command.sqid, command.cid, command.opcode, command.status);
}

void NvmeDevice::start_media(const Effect& effect) {
    if (store_ != nullptr) {
        keep_target(effect.function, effect.ticket);
    }
    EpochRandom* random = &write_random_;
    Ps logging = 0;
    const auto op = static_cast<nvme::MediaOp>(effect.token);
    switch (op) {
        case nvme::MediaOp::Read: random = &read_random_; break;
        case nvme::MediaOp::Flush: random = &flush_random_; break;
        case nvme::MediaOp::Write:
        case nvme::MediaOp::Deallocate:
            if (media_listener_ != nullptr && effect.function != 0) {
                mirror_write(effect);
            }
            logging = nvme::logs(*subsystem_, subsystem_->controller[effect.function])
                          ? params_.user_data_cost
                          : 0;
            break;
    }
    if (faults_ != nullptr && effect.function != 0) {
        const FaultPlan* const spike = strikes(Fault::MediaSpike, effect.function);
        logging += spike != nullptr ? spike->length : 0;
    }
    if (die_media_ || media_model_ != nullptr) {
        const MediaWork work{op,
                             effect.function,
                             effect.ticket,
                             static_cast<std::uint32_t>(effect.length),
                             effect.address,
                             logging};
        if (media_model_ == nullptr) {
            return die_media_->start(work);
        }
        return post_once(model_time(work), static_cast<std::uint32_t>(Kind::Media), work.function,
                         work.ticket);
    }
    const Ps spent = media_time(op, effect.length, random->at(Time{guest_time()}).next()) + logging;
    const Servers::Slot slot = media_.take(now(), spent);
    post(slot.lane, slot.end, static_cast<std::uint32_t>(Kind::Media), effect.function,
         effect.ticket);
}

Ps& NvmeDevice::fetched_at(std::uint16_t function, std::uint32_t ticket) {
    std::vector<Ps>& times = functions_[function].fetched;
    if (times.empty()) {
        times.resize(nvme::SimBounds::slots, 0);
    }
    return times[nvme::Ticket::slot(ticket)];
}

bool NvmeDevice::reaches(std::uint16_t function, std::uint64_t address, std::uint64_t length) {
    if (const Dma* const dma = functions_[function].dma) {
        return dma->reaches(address, length);
    }
    const Memory* memory = functions_[function].memory;
    const std::uint64_t end = memory == nullptr ? 0 : memory->pages() * page_size;
    return address < end && length <= end - address;
}

}  // namespace lmsim::sim
