#include "sim/host/user_data_log.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/host/cdq_list.hpp"
#include "model/vfio/errno.hpp"

namespace lmsim::sim {

using host::LogCall;
using host::LogCommand;
using host::LogReport;
using host::UdmqEvent;

namespace {

// Requests of the flow, as their tickets name them.
constexpr std::uint32_t log_start_ticket = 1;
constexpr std::uint32_t log_suspended_ticket = 2;
constexpr std::uint32_t log_stop_ticket = 3;

constexpr std::uint64_t list_entries = page_size / 8;

std::uint64_t pages_of(std::uint64_t bytes) { return (bytes + page_size - 1) / page_size; }

/// Pages of a PRP list that chains: the last entry of each but the last names the next one.
std::uint64_t list_pages(std::uint64_t pages) {
    return pages <= list_entries ? 1 : (pages - 1 + list_entries - 2) / (list_entries - 1);
}

}  // namespace

std::uint64_t UserDataLog::memory_bytes(const UserDataLogTiming& timing) {
    const std::uint64_t bytes =
        std::uint64_t{timing.entries} * wire::udmq_entry_size(spec::Rules{});
    const std::uint64_t list = timing.contiguous ? 0 : list_pages(pages_of(bytes));
    return (pages_of(bytes) + list) * page_size;
}

UserDataLog::UserDataLog(sc_core::sc_module_name name, Kernel& kernel,
                         const UserDataLogTiming& timing, AdminQueue& admin, DevicePort& pf,
                         std::uint16_t vfs, const spec::Rules& rules)
    : Component(name, kernel),
      timing_(timing),
      rules_(rules),
      admin_(admin),
      memory_(pf.memory()),
      vfs_(vfs),
      cpu_lane_(add_lane()) {
    for (Vf& vf : vfs_) {
        vf.memory = pf.allocate(pages() * page_size);
        vf.list = timing.contiguous ? 0 : pf.allocate(list_pages(pages()) * page_size);
        vf.log.entries = timing.entries;
        vf.log.batch = timing.batch;
        vf.log.poll = static_cast<std::uint64_t>(timing.poll);
        vf.log.contiguous = timing.contiguous;
        vf.log.dudmq = timing.dudmq;
        vf.log.base = timing.contiguous ? vf.memory : vf.list;
    }
}

std::uint64_t UserDataLog::pages() const {
    return pages_of(std::uint64_t{timing_.entries} * wire::udmq_entry_size(rules_));
}

/// A discontiguous queue lies in memory backwards, so that nobody can take it for the other kind.
std::uint64_t UserDataLog::page_address(const Vf& vf, std::uint64_t page) const {
    return vf.memory + page_size * (timing_.contiguous ? page : pages() - 1 - page);
}

void UserDataLog::write_list(const Vf& vf) {
    std::vector<host::DmaSegment> segments;
    for (std::uint64_t page = 0; page < pages(); ++page) {
        segments.push_back({page_address(vf, page), page_size});
    }
    const std::uint64_t list_page = host::CdqListShape(rules_).page();
    host::write_cdq_list(
        segments.data(), segments.size(), rules_,
        [&](std::uint64_t page) { return vf.list + page * list_page; },
        [this](std::uint64_t at, std::uint64_t value) {
            wire::store_le<std::uint64_t>(memory_.bytes(at, 8), value);
        });
}

void UserDataLog::start(Done done) {
    started_ = std::move(done);
    start_error_ = vfio::Errno::Ok;
    starting_ = static_cast<std::uint32_t>(vfs_.size());
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, UdmqEvent::Kind::Start, log_start_ticket);
    }
}

void UserDataLog::suspended(std::uint16_t vf) {
    ++closing_;
    request(vf, UdmqEvent::Kind::Suspended, log_suspended_ticket);
}

void UserDataLog::resumed(std::uint16_t vf) { request(vf, UdmqEvent::Kind::Resumed, 0); }

void UserDataLog::when_closed(std::function<void()> done) {
    if (closing_ == 0) {
        done();
    } else {
        closed_ = std::move(done);
    }
}

void UserDataLog::stop() {
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, UdmqEvent::Kind::Stop, log_stop_ticket);
    }
}

void UserDataLog::reset() {
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        request(vf, UdmqEvent::Kind::Reset, 0);
    }
}

bool UserDataLog::claims(std::uint16_t cdqid) const {
    return std::any_of(vfs_.begin(), vfs_.end(), [cdqid](const Vf& vf) {
        return vf.log.state != host::LogState::Off && vf.log.cdqid == cdqid;
    });
}

void UserDataLog::event(const wire::AerResult& event) {
    const bool full = event.is(wire::CdqEvent::FullError, rules_);
    if (!full && !event.is(wire::CdqEvent::TailPointer, rules_)) {
        return;
    }
    ++(full ? used_.full_events : used_.tail_events);
    for (std::uint16_t vf = 0; vf < vfs_.size(); ++vf) {
        if (exists(vf) && vfs_[vf].log.cdqid == event.cdqid) {
            if (observer_ != nullptr) {
                observer_->log_event(
                    now(), vf, full ? wire::CdqEvent::FullError : wire::CdqEvent::TailPointer);
            }
            request(vf, full ? UdmqEvent::Kind::Full : UdmqEvent::Kind::Tail, 0);
            return;
        }
    }
}

void UserDataLog::request(std::uint16_t vf, UdmqEvent::Kind kind, std::uint32_t ticket) {
    UdmqEvent event;
    event.kind = kind;
    event.ticket = ticket;
    step(vf, event);
}

void UserDataLog::step(std::uint16_t vf, const UdmqEvent& event) {
    Effects effects;
    effects.watcher = tap_.at(now(), vf);
    if (steps_ != nullptr) {
        steps_->before(now(), side_, trace::StepPart::Udmq, vf, vfs_[vf].log);
    }
    host::step(vfs_[vf].log, event, rules_, effects);
    if (steps_ != nullptr) {
        steps_->after(side_, trace::StepPart::Udmq, vf, vfs_[vf].log);
        steps_->udmq(now(), side_, vf, event, effects);
    }
    for (const Effect& effect : effects) {
        perform(vf, effect);
    }
}

void UserDataLog::perform(std::uint16_t vf, const Effect& effect) {
    switch (effect.kind) {
        case EffectKind::Submit: submit(vf, effect); break;
        case EffectKind::Call: call(vf, effect); break;
        case EffectKind::Report: report(vf, effect); break;
        case EffectKind::Reply: replied(effect); break;
        case EffectKind::StartTimer:
            post_once(now() + static_cast<Ps>(effect.length),
                      static_cast<std::uint32_t>(Kind::Timer), vf);
            break;
        default: LMSIM_ASSERT(!"not an effect of a log");
    }
}

void UserDataLog::submit(std::uint16_t vf, const Effect& effect) {
    const bool moves = static_cast<LogCommand>(effect.token) == LogCommand::Move;
    used_.head_updates += moves ? 1 : 0;
    if (moves) {
        watch_head(vf, effect.address);
    }
    const std::uint32_t ticket = effect.ticket;
    admin_.submit(host::command(vfs_[vf].log, effect, rules_),
                  [this, vf, ticket](const AdminAnswer& answer) {
                      UdmqEvent event;
                      event.ticket = ticket;
                      event.error = answer.error;
                      event.status = answer.status;
                      event.dw0 = answer.dw0;
                      step(vf, event);
                  });
}

void UserDataLog::call(std::uint16_t index, const Effect& effect) {
    const Vf& vf = vfs_[index];
    switch (static_cast<LogCall>(effect.token)) {
        case LogCall::ZeroRing:
            std::memset(memory_.bytes(vf.memory, pages() * page_size), 0, pages() * page_size);
            if (!timing_.contiguous) {
                write_list(vf);
            }
            break;
        case LogCall::Look:
            next_look_ = {index, effect.address << 32 | effect.length};
            if (!looking_) {
                send_look();
            }
            break;
        case LogCall::Release: break;  // the next log of this VF takes it again
    }
}

/// The CPU has come to it: the slots as they are now, as many as lie in one page.
void UserDataLog::look(std::uint16_t index, std::uint32_t slot, std::uint32_t count) {
    const Vf& vf = vfs_[index];
    const std::uint64_t size = wire::udmq_entry_size(rules_);
    const std::uint64_t offset = slot * size;
    const std::uint64_t in_page = (page_size - offset % page_size) / size;
    UdmqEvent event;
    event.kind = UdmqEvent::Kind::Looked;
    event.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, in_page));
    const std::uint64_t at = page_address(vf, offset / page_size) + offset % page_size;
    event.bytes = memory_.bytes(at, size * event.count);
    const std::uint64_t before = used_.entries;
    looking_ = true;
    step(index, event);
    looking_ = false;
    used_.peak = std::max(used_.peak, vf.log.held);
    watch_taken(index, slot, event.bytes, used_.entries - before);
    // What follows waits for the CPU until it has taken these.
    const auto taken = static_cast<Ps>(used_.entries - before);
    cpu_busy_ = std::max(cpu_busy_, now()) + (timing_.entry_cost + timing_.copy_cost) * taken;
    // A read() returns when its buffer is full, or the queue empty.
    std::uint32_t& left = vfs_[index].read_left;
    const auto copied = static_cast<std::uint32_t>(taken);
    left = copied < event.count || copied >= left ? 0 : left - copied;
    send_look();
}

void UserDataLog::send_look() {
    if (next_look_) {
        cpu_busy_ = std::max(cpu_busy_, now());
        std::uint32_t& left = vfs_[next_look_->vf].read_left;
        if (timing_.read_entries != 0 && left == 0) {
            left = timing_.read_entries;
            cpu_busy_ += timing_.read_cost;
            ++used_.reads;
        }
        post(cpu_lane_, cpu_busy_, static_cast<std::uint32_t>(Kind::Look), next_look_->vf,
             next_look_->slots);
        next_look_.reset();
    }
}

void UserDataLog::report(std::uint16_t vf, const Effect& effect) {
    const auto what = static_cast<LogReport>(effect.token);
    watch_report(vf, effect);
    if (what == LogReport::Lost || what == LogReport::Restarted) {
        used_.lost += what == LogReport::Lost ? 1 : 0;
        if (observer_ != nullptr) {
            observer_->log_lost(now(), vf, what == LogReport::Restarted);
        }
        return;
    }
    ++used_.entries;
    const UserDataChange change{static_cast<std::uint32_t>(effect.token2), effect.address,
                                effect.length, effect.flags != 0};
    const bool range = what == LogReport::Range;
    if (range) {
        ++used_.ranges;
        used_.whole += change.blocks == 0 ? 1 : 0;
        (change.deallocated ? used_.deallocated : used_.blocks) += change.blocks;
    }
    if (observer_ != nullptr) {
        observer_->log_entry(now(), vf, static_cast<wire::Esa>(effect.token3),
                             range ? &change : nullptr);
    }
}

void UserDataLog::replied(const Effect& effect) {
    const auto error = static_cast<vfio::Errno>(effect.token);
    if (effect.ticket == log_start_ticket) {
        start_error_ = error == vfio::Errno::Ok ? start_error_ : error;
        if (--starting_ == 0) {
            std::exchange(started_, nullptr)(start_error_);
        }
    } else if (effect.ticket == log_suspended_ticket && --closing_ == 0 && closed_) {
        std::exchange(closed_, nullptr)();
    }
}

void UserDataLog::handle(const Event& event) {
    const auto vf = static_cast<std::uint16_t>(event.a);
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Look:
            look(vf, static_cast<std::uint32_t>(event.b >> 32),
                 static_cast<std::uint32_t>(event.b));
            break;
        case Kind::Timer: request(vf, UdmqEvent::Kind::Timer, 0); break;
    }
}

}  // namespace lmsim::sim
