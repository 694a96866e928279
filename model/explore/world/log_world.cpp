#include <fmt/format.h>

#include <algorithm>

#include "model/explore/world/log_machine.hpp"
#include "model/pack.hpp"
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

/// Where a System writes what can happen.
struct Choices {
    Action* out;
    std::size_t room;
    std::size_t count = 0;

    void add(Kind kind, std::size_t a = 0) {
        LMSIM_ASSERT(count < room);
        out[count++] = {static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(a), 0};
    }
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

class LogWorld : public System {
  public:
    LogWorld(const LogConfig& config, const spec::Rules& rules)
        : config_(config), rules_(rules), machine_(config, rules) {}

    std::size_t state_bytes() const override { return max_packed_size<LogState>(); }

    void initial(std::uint8_t* bytes) override {
        LogState state;
        machine_.set_up(state);
        LMSIM_ASSERT(machine_.broken() == nullptr);
        store(state, bytes);
    }

    std::size_t actions(const std::uint8_t* bytes, Action* out, std::size_t room) override {
        load(bytes);
        Choices choices{out, room};
        list_device(choices);
        list_host(choices);
        list_vmm(choices);
        return choices.count;
    }

    Outcome apply(std::uint8_t* bytes, Action action) override {
        load(bytes);
        machine_.begin(state_);
        perform(action);
        if (machine_.broken() == nullptr) {
            canonicalize(state_, rules_);
        }
        store(state_, bytes);
        return {machine_.broken()};
    }

    std::uint64_t fingerprint(const std::uint8_t* bytes) override {
        return hash_bytes(bytes, state_bytes());
    }

    bool at_rest(const std::uint8_t* bytes) override {
        load(bytes);
        return resting();
    }
    bool good(const std::uint8_t* bytes) override { return at_rest(bytes); }

    unsigned fair_class(const std::uint8_t*, Action action) override;
    std::string describe(const std::uint8_t* bytes, Action action) override;
    Arrow arrow(const std::uint8_t* bytes, Action action) override;

  private:
    void load(const std::uint8_t* bytes) {
        const bool whole = unpack(bytes, state_bytes(), state_) != 0;
        LMSIM_ASSERT(whole);
        state_.device.subsystem.functions = 2;
    }
    void store(const LogState& state, std::uint8_t* bytes) const {
        const std::size_t size = pack(state, bytes, state_bytes());
        std::fill(bytes + size, bytes + state_bytes(), std::uint8_t{0});
    }
    bool resting() const {
        return state_.phase == LogPhase::Idle || state_.phase == LogPhase::Over ||
               (state_.phase == LogPhase::Running && !lies_unread());
    }
    /// Are there as many entries as are to be read together, and the host does not know?
    bool lies_unread() const {
        const nvme::Cdq& queue = state_.device.subsystem.cdq[0];
        const std::uint32_t unread =
            (queue.tail + state_.log.entries - state_.log.slot) % state_.log.entries;
        return state_.log.state == Udmq::Logging && unread >= state_.log.batch;
    }

    void list_device(Choices& choices) const;
    void list_host(Choices& choices) const;
    void list_vmm(Choices& choices) const;
    void perform(Action action);

    LogConfig config_;
    spec::Rules rules_;
    LogMachine machine_;
    LogState state_;  // what is being worked on: nothing is kept here
};

void LogWorld::list_device(Choices& choices) const {
    const auto& pf = state_.device.subsystem.controller[0];
    const auto& vf = state_.device.subsystem.controller[1];
    for (std::size_t i = 0; i < SmallBounds::slots; ++i) {
        if (vf.slot[i].stage == Stage::Media) choices.add(Kind::Media, i);
        if (pf.slot[i].stage == Stage::Executing) choices.add(Kind::Execute, i);
    }
    const auto in_use = static_cast<unsigned>(__builtin_popcount(state_.device.in_use));
    if (state_.phase <= LogPhase::Suspending && in_use < config_.commands) {
        for (std::uint8_t block = 0; block < config_.blocks; ++block) {
            choices.add(Kind::Write, block);
        }
    }
}

void LogWorld::list_host(Choices& choices) const {
    const host::Udmq& log = state_.log;
    if (state_.device.done != 0) choices.add(Kind::Complete);
    if (log.looking) choices.add(Kind::Look);
    if (log.looking && log.state == Udmq::Tail) choices.add(Kind::LastLook);
    if (log.ticking) choices.add(Kind::Tick);
    const bool may_copy =
        state_.phase == LogPhase::Still ||
        (!state_.lost && state_.phase >= LogPhase::Running && state_.phase <= LogPhase::Resuming);
    for (std::uint8_t block = 0; may_copy && block < config_.blocks; ++block) {
        if ((state_.to_copy >> block & 1) != 0) choices.add(Kind::Copy, block);
    }
}

void LogWorld::list_vmm(Choices& choices) const {
    switch (state_.phase) {
        case LogPhase::Idle: choices.add(Kind::Start); break;
        case LogPhase::Running:
            choices.add(Kind::Suspend);
            if (config_.abort) choices.add(Kind::Stop);
            break;
        case LogPhase::Still:
            if (state_.to_copy == 0) choices.add(Kind::Arrive);
            if (config_.abort) choices.add(Kind::Resume);
            break;
        case LogPhase::Arrived: choices.add(Kind::Stop); break;
        default: break;
    }
}

void LogWorld::perform(Action action) {
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start: return machine_.start();
        case Kind::Write: return machine_.write(action.a);
        case Kind::Media: return machine_.written(action.a);
        case Kind::Execute: return machine_.finish(0, action.a);
        case Kind::Complete: return machine_.complete();
        case Kind::Look: return machine_.look();
        case Kind::LastLook: return machine_.give_up_waiting();
        case Kind::Tick: return machine_.tick();
        case Kind::Copy: return machine_.copy(action.a);
        case Kind::Suspend: return machine_.suspend();
        case Kind::Resume: return machine_.resume();
        case Kind::Arrive: return machine_.arrive();
        case Kind::Stop: return machine_.stop();
    }
}

/// What guest and VMM wish is free, but for the ways on from a suspension. Commands are told apart
/// by whose they are: their slots change.
unsigned LogWorld::fair_class(const std::uint8_t* bytes, Action action) {
    load(bytes);
    const auto* slots = state_.device.subsystem.controller;
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start:
        case Kind::Write:
        case Kind::Suspend:
        case Kind::Resume:
        case Kind::LastLook: return unfair;
        case Kind::Stop: return state_.phase == LogPhase::Arrived ? 1 : unfair;
        case Kind::Complete: return 2;
        case Kind::Look: return 3;
        case Kind::Tick: return 4;
        case Kind::Arrive: return 5;
        case Kind::Copy: return 8U + action.a;
        case Kind::Media: return 12U + slots[1].slot[action.a].cid;
        case Kind::Execute: break;
    }
    return 16U + static_cast<unsigned>(owner_of(state_, slots[0].slot[action.a].cid));
}

std::string LogWorld::describe(const std::uint8_t* bytes, Action action) {
    load(bytes);
    const auto& pf = state_.device.subsystem.controller[0];
    const auto& vf = state_.device.subsystem.controller[1];
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start: return "VMM: log the VF's user data";
        case Kind::Write: return fmt::format("guest: write block {}", action.a);
        case Kind::Media:
            return fmt::format("VF: block {} written, logged, completed", vf.slot[action.a].slba);
        case Kind::Execute:
            return fmt::format("PF: {} done", command_name(state_, pf.slot[action.a]));
        case Kind::Complete:
            return fmt::format("PF driver: takes the completion of {}",
                               owner_name(owner_of(state_, state_.device.completion[0].cid)));
        case Kind::Look: return fmt::format("host: looks at slot {} and on", state_.log.slot);
        case Kind::LastLook: return "host: looks, and waits no longer for the last entry";
        case Kind::Tick: return "host: timer";
        case Kind::Copy: return fmt::format("VMM: copies block {}", action.a);
        case Kind::Suspend: return "VMM: suspend the VF";
        case Kind::Resume: return "VMM: gives up, resume the VF";
        case Kind::Arrive: return "VMM: all is copied, the VM runs on the destination";
        case Kind::Stop: break;
    }
    return "VMM: end the log";
}

/// Who says it stands before the colon.
Arrow LogWorld::arrow(const std::uint8_t* bytes, Action action) {
    const std::string text = describe(bytes, action);
    const std::size_t colon = text.find(": ");
    std::string who = text.substr(0, colon);
    std::string to;
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start:
        case Kind::Stop: to = "host"; break;
        case Kind::Write: to = "VF"; break;
        case Kind::Media: to = "guest"; break;
        case Kind::Complete:
            who = "PF";
            to = "PF driver";
            break;
        case Kind::Suspend:
        case Kind::Resume: to = "PF"; break;
        default: break;  // what one does alone
    }
    return {who, to, text.substr(colon + 2)};
}

}  // namespace

std::string objection(const LogConfig& config) {
    const struct {
        const char* name;
        unsigned value;
        unsigned least;
        unsigned most;
    } ranges[] = {{"entries", config.entries, 2, LogState::most_slots},
                  {"batch", config.batch, 1, config.entries - 1U},
                  {"blocks", config.blocks, 1, 3},
                  {"commands", config.commands, 1, 2}};
    for (const auto& range : ranges) {
        if (range.value < range.least || range.value > range.most) {
            return fmt::format("{} is {}, expected {} to {}", range.name, range.value, range.least,
                               range.most);
        }
    }
    return "";
}

std::unique_ptr<System> make_log_world(const LogConfig& config, const spec::Rules& rules) {
    return std::make_unique<LogWorld>(config, rules);
}

}  // namespace lmsim::explore
