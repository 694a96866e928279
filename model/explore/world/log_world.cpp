#include <fmt/format.h>

#include "model/explore/world/log_machine.hpp"
#include "model/explore/world/small_world.hpp"
#include "model/spec/codes.hpp"

namespace lmsim::explore {
namespace {

using nvme::Slot;
using nvme::Stage;
using Udmq = host::LogState;

enum class Kind : std::uint8_t {
    Start,
    Write,    // a: block
    Media,    // a: slot of the VF
    Execute,  // a: slot of the PF
    Complete,
    Look,
    LastLook,
    Tick,
    Copy,  // a: block
    Suspend,
    Resume,
    Arrive,
    Stop
};

LogOwner owner_of(const LogState& state, std::uint16_t cid) {
    return static_cast<LogOwner>(state.device.owner[cid]);
}

std::string_view command_name(const LogState& state, const Slot& slot) {
    switch (owner_of(state, slot.cid)) {
        case LogOwner::Move:
        case LogOwner::StaleMove: return "Set Features 21h";
        case LogOwner::Suspend: return "Suspend";
        case LogOwner::Resume: return "Resume";
        case LogOwner::Event: return "Asynchronous Event Request";
        default: break;
    }
    return slot.opcode == spec::opcode::AdminTrackSend ? "Track Send (log user data)"
                                                       : "Controller Data Queue";
}

std::string_view owner_name(LogOwner owner) {
    switch (owner) {
        case LogOwner::Event: return "an event";
        case LogOwner::Log: return "its command";
        case LogOwner::Move: return "Set Features 21h";
        case LogOwner::StaleLog:
        case LogOwner::StaleMove: return "a command that it has given up";
        case LogOwner::Suspend: return "the Suspend";
        case LogOwner::Resume: return "the Resume";
        case LogOwner::None: break;
    }
    return "nothing";
}

class LogWorld final : public SmallWorld<LogState, LogMachine, Kind> {
  public:
    LogWorld(const LogConfig& config, const spec::Rules& rules)
        : SmallWorld(config, rules), config_(config) {}

  private:
    void list(const LogState& state, Choices& choices) const override {
        list_device(state, choices);
        list_host(state, choices);
        list_vmm(state, choices);
    }
    bool rests(const LogState& state) const override {
        return state.phase == LogPhase::Idle || state.phase == LogPhase::Over ||
               (state.phase == LogPhase::Running && !lies_unread(state) && !is_kept(state));
    }
    /// Are there as many entries as are to be read together, and the host does not know?
    static bool lies_unread(const LogState& state) {
        const nvme::Cdq& queue = state.device.subsystem.cdq[0];
        const std::uint32_t unread =
            (queue.tail + state.log.entries - state.log.slot) % state.log.entries;
        return state.log.state == Udmq::Logging && unread >= state.log.batch;
    }
    /// Has the host read as many slots as it gives back together, and the controller not got them?
    /// (One that polls may be late with them for as long as its timer is faster than it looks;
    /// after the last entry of a log the controller writes nothing that would need them.)
    bool is_kept(const LogState& state) const {
        const nvme::Cdq& queue = state.device.subsystem.cdq[0];
        const std::uint32_t read =
            (state.log.slot + state.log.entries - queue.head) % state.log.entries;
        return !config_.polled && state.log.state == Udmq::Logging && !state.log.ended &&
               read >= state.log.batch;
    }

    void list_device(const LogState& state, Choices& choices) const;
    void list_host(const LogState& state, Choices& choices) const;
    void list_vmm(const LogState& state, Choices& choices) const;
    void perform(Kind kind, std::uint8_t a) override;
    unsigned fair_class_of(const LogState& state, Kind kind, std::uint8_t a) const override;
    std::string text(const LogState& state, Kind kind, std::uint8_t a) const override;
    void direct(Kind kind, Arrow& arrow) const override;

    LogConfig config_;
};

void LogWorld::list_device(const LogState& state, Choices& choices) const {
    const auto& pf = state.device.subsystem.controller[0];
    const auto& vf = state.device.subsystem.controller[1];
    for (std::size_t i = 0; i < SmallBounds::slots; ++i) {
        if (vf.slot[i].stage == Stage::Media) choices.add(Kind::Media, i);
        if (pf.slot[i].stage == Stage::Executing) choices.add(Kind::Execute, i);
    }
    const auto in_use = static_cast<unsigned>(__builtin_popcount(state.device.in_use));
    if (state.phase <= LogPhase::Suspending && in_use < config_.commands) {
        for (std::uint8_t block = 0; block < config_.blocks; ++block) {
            choices.add(Kind::Write, block);
        }
    }
}

void LogWorld::list_host(const LogState& state, Choices& choices) const {
    const host::Udmq& log = state.log;
    if (state.device.done != 0) choices.add(Kind::Complete);
    if (log.looking) choices.add(Kind::Look);
    if (log.looking && log.state == Udmq::Tail) choices.add(Kind::LastLook);
    if (log.ticking) choices.add(Kind::Tick);
    const bool may_copy =
        state.phase == LogPhase::Still ||
        (!state.lost && state.phase >= LogPhase::Running && state.phase <= LogPhase::Resuming);
    for (std::uint8_t block = 0; may_copy && block < config_.blocks; ++block) {
        if ((state.to_copy >> block & 1) != 0) choices.add(Kind::Copy, block);
    }
}

void LogWorld::list_vmm(const LogState& state, Choices& choices) const {
    switch (state.phase) {
        case LogPhase::Idle: choices.add(Kind::Start); break;
        case LogPhase::Running:
            choices.add(Kind::Suspend);
            if (config_.abort) choices.add(Kind::Stop);
            break;
        case LogPhase::Still:
            if (state.to_copy == 0) choices.add(Kind::Arrive);
            if (config_.abort) choices.add(Kind::Resume);
            break;
        case LogPhase::Arrived: choices.add(Kind::Stop); break;
        default: break;
    }
}

void LogWorld::perform(Kind kind, std::uint8_t a) {
    switch (kind) {
        case Kind::Start: return machine_.start();
        case Kind::Write: return machine_.write(a);
        case Kind::Media: return machine_.written(a);
        case Kind::Execute: return machine_.finish(0, a);
        case Kind::Complete: return machine_.complete();
        case Kind::Look: return machine_.look();
        case Kind::LastLook: return machine_.give_up_waiting();
        case Kind::Tick: return machine_.tick();
        case Kind::Copy: return machine_.copy(a);
        case Kind::Suspend: return machine_.suspend();
        case Kind::Resume: return machine_.resume();
        case Kind::Arrive: return machine_.arrive();
        case Kind::Stop: return machine_.stop();
    }
}

/// What guest and VMM wish is free, but for the ways on from a suspension. Commands are told apart
/// by whose they are: their slots change.
unsigned LogWorld::fair_class_of(const LogState& state, Kind kind, std::uint8_t a) const {
    const auto& slots = state.device.subsystem.controller;
    switch (kind) {
        case Kind::Start:
        case Kind::Write:
        case Kind::Suspend:
        case Kind::Resume:
        case Kind::LastLook: return unfair;
        case Kind::Stop: return state.phase == LogPhase::Arrived ? 1 : unfair;
        case Kind::Complete: return 2;
        case Kind::Look: return 3;
        case Kind::Tick: return 4;
        case Kind::Arrive: return 5;
        case Kind::Copy: return 8U + a;
        case Kind::Media: return 12U + slots[1].slot[a].cid;
        case Kind::Execute: break;
    }
    return 16U + static_cast<unsigned>(owner_of(state, slots[0].slot[a].cid));
}

std::string LogWorld::text(const LogState& state, Kind kind, std::uint8_t a) const {
    const auto& pf = state.device.subsystem.controller[0];
    const auto& vf = state.device.subsystem.controller[1];
    switch (kind) {
        case Kind::Start: return "VMM: log the VF's user data";
        case Kind::Write: return fmt::format("guest: write block {}", a);
        case Kind::Media:
            return fmt::format("VF: block {} written, logged, completed", vf.slot[a].slba);
        case Kind::Execute: return fmt::format("PF: {} done", command_name(state, pf.slot[a]));
        case Kind::Complete:
            return fmt::format("PF driver: takes the completion of {}",
                               owner_name(owner_of(state, state.device.completion[0].cid)));
        case Kind::Look: return fmt::format("host: looks at slot {} and on", state.log.slot);
        case Kind::LastLook: return "host: looks, and waits no longer for the last entry";
        case Kind::Tick: return "host: timer";
        case Kind::Copy: return fmt::format("VMM: copies block {}", a);
        case Kind::Suspend: return "VMM: suspend the VF";
        case Kind::Resume: return "VMM: gives up, resume the VF";
        case Kind::Arrive: return "VMM: all is copied, the VM runs on the destination";
        case Kind::Stop: break;
    }
    return "VMM: end the log";
}

void LogWorld::direct(Kind kind, Arrow& arrow) const {
    switch (kind) {
        case Kind::Start:
        case Kind::Stop: arrow.to = "host"; break;
        case Kind::Write: arrow.to = "VF"; break;
        case Kind::Media: arrow.to = "guest"; break;
        case Kind::Complete:
            arrow.from = "PF";
            arrow.to = "PF driver";
            break;
        case Kind::Suspend:
        case Kind::Resume: arrow.to = "PF"; break;
        default: break;
    }
}

}  // namespace

std::string objection(const LogConfig& config) {
    const SmallRange ranges[] = {{"entries", config.entries, 2, LogState::most_slots},
                                 {"batch", config.batch, 1, config.entries - 1U},
                                 {"blocks", config.blocks, 1, 3},
                                 {"commands", config.commands, 1, 2}};
    return objection_to(ranges);
}

std::unique_ptr<System> make_log_world(const LogConfig& config, const spec::Rules& rules) {
    return std::make_unique<LogWorld>(config, rules);
}

}  // namespace lmsim::explore
