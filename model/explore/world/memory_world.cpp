#include <fmt/format.h>

#include <algorithm>

#include "model/explore/world/memory_machine.hpp"
#include "model/pack.hpp"
#include "model/spec/codes.hpp"

namespace lmsim::explore {
namespace {

using nvme::Slot;
using nvme::Stage;

enum class Kind : std::uint8_t {
    Start,
    Read,     // a: page
    Media,    // a: slot of the VF
    Execute,  // a: slot of the PF
    Complete,
    Report,
    Copy,  // a: page
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

std::string_view command_name(std::uint8_t opcode) {
    switch (opcode) {
        case spec::opcode::AdminTrackSend: return "Track Send (memory changes)";
        case spec::opcode::AdminTrackReceive: return "Track Receive";
        default: return "Migration Send";
    }
}

std::string_view owner_name(MemoryOwner owner) {
    switch (owner) {
        case MemoryOwner::Track: return "its tracking command";
        case MemoryOwner::Suspend: return "the Suspend";
        case MemoryOwner::Resume: return "the Resume";
        case MemoryOwner::None: break;
    }
    return "nothing";
}

class MemoryWorld : public System {
  public:
    MemoryWorld(const MemoryConfig& config, const spec::Rules& rules)
        : config_(config), machine_(config, rules) {}

    std::size_t state_bytes() const override { return max_packed_size<MemoryState>(); }

    void initial(std::uint8_t* bytes) override {
        MemoryState state;
        machine_.set_up(state);
        LMSIM_ASSERT(machine_.broken() == nullptr);
        store(state, bytes);
    }

    std::size_t actions(const std::uint8_t* bytes, Action* out, std::size_t room) override {
        load(bytes);
        Choices choices{out, room};
        list_device(choices);
        list_vmm(choices);
        return choices.count;
    }

    Outcome apply(std::uint8_t* bytes, Action action) override {
        load(bytes);
        machine_.begin(state_);
        perform(action);
        machine_.end();
        if (machine_.broken() == nullptr) {
            canonicalize(state_);
        }
        store(state_, bytes);
        return {machine_.broken()};
    }

    std::uint64_t fingerprint(const std::uint8_t* bytes) override {
        return hash_bytes(bytes, state_bytes());
    }

    bool at_rest(const std::uint8_t* bytes) override {
        load(bytes);
        return state_.phase == MemoryPhase::Idle || state_.phase == MemoryPhase::Running ||
               state_.phase == MemoryPhase::Over;
    }
    bool good(const std::uint8_t* bytes) override { return at_rest(bytes); }

    unsigned fair_class(const std::uint8_t* bytes, Action action) override;
    std::string describe(const std::uint8_t* bytes, Action action) override;
    Arrow arrow(const std::uint8_t* bytes, Action action) override;

  private:
    void load(const std::uint8_t* bytes) {
        const bool whole = unpack(bytes, state_bytes(), state_) != 0;
        LMSIM_ASSERT(whole);
        state_.device.subsystem.functions = 2;
    }
    void store(const MemoryState& state, std::uint8_t* bytes) const {
        const std::size_t size = pack(state, bytes, state_bytes());
        std::fill(bytes + size, bytes + state_bytes(), std::uint8_t{0});
    }
    MemoryOwner owner_of(std::uint16_t cid) const {
        return static_cast<MemoryOwner>(state_.device.owner[cid]);
    }

    void list_device(Choices& choices) const;
    void list_vmm(Choices& choices) const;
    void perform(Action action);

    MemoryConfig config_;
    MemoryMachine machine_;
    MemoryState state_;  // what is being worked on: nothing is kept here
};

void MemoryWorld::list_device(Choices& choices) const {
    const auto& pf = state_.device.subsystem.controller[0];
    const auto& vf = state_.device.subsystem.controller[1];
    for (std::size_t i = 0; i < SmallBounds::slots; ++i) {
        if (vf.slot[i].stage == Stage::Media) choices.add(Kind::Media, i);
        if (pf.slot[i].stage == Stage::Executing) choices.add(Kind::Execute, i);
    }
    const auto in_use = static_cast<unsigned>(__builtin_popcount(state_.device.in_use));
    if (state_.phase <= MemoryPhase::Suspending && in_use < config_.commands) {
        for (std::uint8_t page = 1; page <= config_.pages; ++page) {
            choices.add(Kind::Read, page);
        }
    }
    if (state_.device.done != 0) choices.add(Kind::Complete);
}

void MemoryWorld::list_vmm(Choices& choices) const {
    const bool tracks = state_.log.state == host::TrackState::Tracking;
    const bool copies =
        state_.phase >= MemoryPhase::Running && state_.phase <= MemoryPhase::Resuming;
    for (std::uint8_t page = 0; copies && page <= config_.pages; ++page) {
        if ((state_.to_copy >> page & 1) != 0) choices.add(Kind::Copy, page);
    }
    switch (state_.phase) {
        case MemoryPhase::Idle: choices.add(Kind::Start); break;
        case MemoryPhase::Running:
            choices.add(Kind::Suspend);
            if (tracks) choices.add(Kind::Report);
            if (tracks && config_.abort) choices.add(Kind::Stop);
            break;
        case MemoryPhase::Still:
            // Where nothing is tracked the answer is an error, and all memory counts as written.
            if ((tracks || state_.log.state == host::TrackState::Off) && !state_.complete) {
                choices.add(Kind::Report);
            }
            if (state_.complete && state_.to_copy == 0) choices.add(Kind::Arrive);
            if (config_.abort) choices.add(Kind::Resume);
            break;
        case MemoryPhase::Arrived: choices.add(Kind::Stop); break;
        default: break;
    }
}

void MemoryWorld::perform(Action action) {
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start: return machine_.start();
        case Kind::Read: return machine_.read(action.a);
        case Kind::Media: return machine_.moved(action.a);
        case Kind::Execute: return machine_.executed(action.a);
        case Kind::Complete: return machine_.complete();
        case Kind::Report: return machine_.report();
        case Kind::Copy: return machine_.copy(action.a);
        case Kind::Suspend: return machine_.suspend();
        case Kind::Resume: return machine_.resume();
        case Kind::Arrive: return machine_.arrive();
        case Kind::Stop: return machine_.stop();
    }
}

/// What guest and VMM wish is free, but for the ways on from a suspension. Commands are told apart
/// by whose they are: their slots change.
unsigned MemoryWorld::fair_class(const std::uint8_t* bytes, Action action) {
    load(bytes);
    const auto* controllers = state_.device.subsystem.controller;
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start:
        case Kind::Read:
        case Kind::Suspend:
        case Kind::Resume: return unfair;
        case Kind::Stop: return state_.phase == MemoryPhase::Arrived ? 1 : unfair;
        case Kind::Report: return state_.phase == MemoryPhase::Still ? 2 : unfair;
        case Kind::Complete: return 3;
        case Kind::Arrive: return 4;
        case Kind::Copy: return 8U + action.a;
        case Kind::Media: return 12U + controllers[1].slot[action.a].cid;
        case Kind::Execute: break;
    }
    return 16U + static_cast<unsigned>(owner_of(controllers[0].slot[action.a].cid));
}

std::string MemoryWorld::describe(const std::uint8_t* bytes, Action action) {
    load(bytes);
    const auto* controllers = state_.device.subsystem.controller;
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start: return "VMM: track the memory that the VF writes";
        case Kind::Read: return fmt::format("guest: read into page {}", action.a);
        case Kind::Media:
            return fmt::format("VF: page {} written, completion posted into page 0",
                               controllers[1].slot[action.a].prp1 >> 12 & 7);
        case Kind::Execute:
            return fmt::format("PF: {} done", command_name(controllers[0].slot[action.a].opcode));
        case Kind::Complete:
            return fmt::format("PF driver: takes the completion of {}",
                               owner_name(owner_of(state_.device.completion[0].cid)));
        case Kind::Report: return "VMM: what was written?";
        case Kind::Copy: return fmt::format("VMM: copies page {}", action.a);
        case Kind::Suspend: return "VMM: suspend the VF";
        case Kind::Resume: return "VMM: gives up, resume the VF";
        case Kind::Arrive: return "VMM: all is copied, the VM runs on the destination";
        case Kind::Stop: break;
    }
    return "VMM: end the tracking";
}

/// Who says it stands before the colon.
Arrow MemoryWorld::arrow(const std::uint8_t* bytes, Action action) {
    const std::string text = describe(bytes, action);
    const std::size_t colon = text.find(": ");
    std::string who = text.substr(0, colon);
    std::string to;
    switch (static_cast<Kind>(action.kind)) {
        case Kind::Start:
        case Kind::Report:
        case Kind::Stop: to = "host"; break;
        case Kind::Read: to = "VF"; break;
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

std::string objection(const MemoryConfig& config) {
    const struct {
        const char* name;
        unsigned value;
        unsigned least;
        unsigned most;
    } ranges[] = {{"pages", config.pages, 1, MemoryState::tracked_pages - 2U},
                  {"commands", config.commands, 1, 2},
                  {"descriptors", config.descriptors, 1, MemoryState::most_descriptors}};
    for (const auto& range : ranges) {
        if (range.value < range.least || range.value > range.most) {
            return fmt::format("{} is {}, expected {} to {}", range.name, range.value, range.least,
                               range.most);
        }
    }
    return "";
}

std::unique_ptr<System> make_memory_world(const MemoryConfig& config, const spec::Rules& rules) {
    return std::make_unique<MemoryWorld>(config, rules);
}

}  // namespace lmsim::explore
