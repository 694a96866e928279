#include <fmt/format.h>

#include "model/explore/world/memory_machine.hpp"
#include "model/explore/world/small_world.hpp"
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

MemoryOwner owner_of(const MemoryState& state, std::uint16_t cid) {
    return static_cast<MemoryOwner>(state.device.owner[cid]);
}

class MemoryWorld final : public SmallWorld<MemoryState, MemoryMachine, Kind> {
  public:
    MemoryWorld(const MemoryConfig& config, const spec::Rules& rules)
        : SmallWorld(config, rules), config_(config) {}

  private:
    void list(const MemoryState& state, Choices& choices) const override {
        list_device(state, choices);
        list_vmm(state, choices);
    }
    bool rests(const MemoryState& state) const override {
        return state.phase == MemoryPhase::Idle || state.phase == MemoryPhase::Running ||
               state.phase == MemoryPhase::Over;
    }

    void list_device(const MemoryState& state, Choices& choices) const;
    void list_vmm(const MemoryState& state, Choices& choices) const;
    void perform(Kind kind, std::uint8_t a) override;
    unsigned fair_class_of(const MemoryState& state, Kind kind, std::uint8_t a) const override;
    std::string text(const MemoryState& state, Kind kind, std::uint8_t a) const override;
    void direct(Kind kind, Arrow& arrow) const override;

    MemoryConfig config_;
};

void MemoryWorld::list_device(const MemoryState& state, Choices& choices) const {
    const auto& pf = state.device.subsystem.controller[0];
    const auto& vf = state.device.subsystem.controller[1];
    for (std::size_t i = 0; i < SmallBounds::slots; ++i) {
        if (vf.slot[i].stage == Stage::Media) choices.add(Kind::Media, i);
        if (pf.slot[i].stage == Stage::Executing) choices.add(Kind::Execute, i);
    }
    const auto in_use = static_cast<unsigned>(__builtin_popcount(state.device.in_use));
    if (state.phase <= MemoryPhase::Suspending && in_use < config_.commands) {
        for (std::uint8_t page = 1; page <= config_.pages; ++page) {
            choices.add(Kind::Read, page);
        }
    }
    if (state.device.done != 0) choices.add(Kind::Complete);
}

void MemoryWorld::list_vmm(const MemoryState& state, Choices& choices) const {
    const bool tracks = state.log.state == host::TrackState::Tracking;
    const bool copies = state.phase >= MemoryPhase::Running && state.phase <= MemoryPhase::Resuming;
    for (std::uint8_t page = 0; copies && page <= config_.pages; ++page) {
        if ((state.to_copy >> page & 1) != 0) choices.add(Kind::Copy, page);
    }
    switch (state.phase) {
        case MemoryPhase::Idle: choices.add(Kind::Start); break;
        case MemoryPhase::Running:
            choices.add(Kind::Suspend);
            if (tracks) choices.add(Kind::Report);
            if (tracks && config_.abort) choices.add(Kind::Stop);
            break;
        case MemoryPhase::Still:
            // Where nothing is tracked the answer is an error, and all memory counts as written.
            if ((tracks || state.log.state == host::TrackState::Off) && !state.complete) {
                choices.add(Kind::Report);
            }
            if (state.complete && state.to_copy == 0) choices.add(Kind::Arrive);
            if (config_.abort) choices.add(Kind::Resume);
            break;
        case MemoryPhase::Arrived: choices.add(Kind::Stop); break;
        default: break;
    }
}

void MemoryWorld::perform(Kind kind, std::uint8_t a) {
    switch (kind) {
        case Kind::Start: return machine_.start();
        case Kind::Read: return machine_.read(a);
        case Kind::Media: return machine_.moved(a);
        case Kind::Execute: return machine_.executed(a);
        case Kind::Complete: return machine_.complete();
        case Kind::Report: return machine_.report();
        case Kind::Copy: return machine_.copy(a);
        case Kind::Suspend: return machine_.suspend();
        case Kind::Resume: return machine_.resume();
        case Kind::Arrive: return machine_.arrive();
        case Kind::Stop: return machine_.stop();
    }
}

/// What guest and VMM wish is free, but for the ways on from a suspension. Commands are told apart
/// by whose they are: their slots change.
unsigned MemoryWorld::fair_class_of(const MemoryState& state, Kind kind, std::uint8_t a) const {
    const auto& controllers = state.device.subsystem.controller;
    switch (kind) {
        case Kind::Start:
        case Kind::Read:
        case Kind::Suspend:
        case Kind::Resume: return unfair;
        case Kind::Stop: return state.phase == MemoryPhase::Arrived ? 1 : unfair;
        case Kind::Report: return state.phase == MemoryPhase::Still ? 2 : unfair;
        case Kind::Complete: return 3;
        case Kind::Arrive: return 4;
        case Kind::Copy: return 8U + a;
        case Kind::Media: return 12U + controllers[1].slot[a].cid;
        case Kind::Execute: break;
    }
    return 16U + static_cast<unsigned>(owner_of(state, controllers[0].slot[a].cid));
}

std::string MemoryWorld::text(const MemoryState& state, Kind kind, std::uint8_t a) const {
    const auto& controllers = state.device.subsystem.controller;
    switch (kind) {
        case Kind::Start: return "VMM: track the memory that the VF writes";
        case Kind::Read: return fmt::format("guest: read into page {}", a);
        case Kind::Media:
            return fmt::format("VF: page {} written, completion posted into page 0",
                               controllers[1].slot[a].prp1 >> 12 & 7);
        case Kind::Execute:
            return fmt::format("PF: {} done", command_name(controllers[0].slot[a].opcode));
        case Kind::Complete:
            return fmt::format("PF driver: takes the completion of {}",
                               owner_name(owner_of(state, state.device.completion[0].cid)));
        case Kind::Report: return "VMM: what was written?";
        case Kind::Copy: return fmt::format("VMM: copies page {}", a);
        case Kind::Suspend: return "VMM: suspend the VF";
        case Kind::Resume: return "VMM: gives up, resume the VF";
        case Kind::Arrive: return "VMM: all is copied, the VM runs on the destination";
        case Kind::Stop: break;
    }
    return "VMM: end the tracking";
}

void MemoryWorld::direct(Kind kind, Arrow& arrow) const {
    switch (kind) {
        case Kind::Start:
        case Kind::Report:
        case Kind::Stop: arrow.to = "host"; break;
        case Kind::Read: arrow.to = "VF"; break;
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

std::string objection(const MemoryConfig& config) {
    const SmallRange ranges[] = {
        {"pages", config.pages, 1, MemoryState::tracked_pages - 2U},
        {"commands", config.commands, 1, 2},
        {"descriptors", config.descriptors, 1, MemoryState::most_descriptors}};
    return objection_to(ranges);
}

std::unique_ptr<System> make_memory_world(const MemoryConfig& config, const spec::Rules& rules) {
    return std::make_unique<MemoryWorld>(config, rules);
}

}  // namespace lmsim::explore
