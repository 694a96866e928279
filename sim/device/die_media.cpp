#include "sim/device/die_media.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace lmsim::sim {

namespace {

constexpr std::uint64_t one = 1'000'000;
// Stalls that follow one another faster are one.
constexpr Ps shortest_interval = 1'000'000'000;

bool is_read(const MediaWork& work) { return work.op == nvme::MediaOp::Read; }
bool is_write(const MediaWork& work) { return work.op == nvme::MediaOp::Write; }

Ps time_of(std::uint64_t bytes, Bandwidth rate) {
    return rate.bits_per_s == 0 ? 0 : transfer(Bytes{bytes}, rate).ps;
}

/// Spreads functions over the dies, whose namespaces all begin with block 0.
std::uint64_t spread(std::uint16_t function) { return function * std::uint64_t{0x9E3779B1}; }

std::uint64_t packed(const MediaWork& work) {
    return std::uint64_t{work.bytes} << 32U | work.ticket;
}

}  // namespace

DieMedia::DieMedia(sc_core::sc_module_name name, Kernel& kernel, const DieMediaTiming& timing,
                   std::uint32_t functions, std::uint64_t seed, Done done)
    : Component(name, kernel),
      timing_(timing),
      done_(std::move(done)),
      command_random_(seed, std::string(this->name()) + ".command"),
      read_random_(seed, std::string(this->name()) + ".read"),
      write_random_(seed, std::string(this->name()) + ".write"),
      flush_random_(seed, std::string(this->name()) + ".flush"),
      program_random_(seed, std::string(this->name()) + ".program"),
      stall_random_(seed, std::string(this->name()) + ".stalls"),
      dies_(timing.dies),
      ends_(functions, ~std::uint64_t{0}) {
    LMSIM_ASSERT(timing.dies != 0 && timing.stripe != 0 && timing.unit != 0);
    for (Die& die : dies_) {
        die.lane = add_lane();
    }
    if (timing.limit.is_set()) {
        gates_.resize(std::size_t{2} * functions);
        for (Gate& gate : gates_) {
            gate.lane = add_lane();
        }
    }
    if (timing.stalls) {
        next_stall_ = timing_.stall_interval.draw(stall_random_).ps;
    }
}

/// Reads and writes of a VF are paced each by themselves; nothing else is.
DieMedia::Gate* DieMedia::gate_of(const MediaWork& work) {
    if (gates_.empty() || work.function == 0 || (!is_read(work) && !is_write(work))) {
        return nullptr;
    }
    return &gates_[std::size_t{2} * work.function + (is_write(work) ? 1 : 0)];
}

/// How long the VF has to wait behind this command before its next one.
Ps DieMedia::share_of(const MediaWork& work) const {
    const VfLimit& limit = timing_.limit;
    const Rate iops = is_read(work) ? limit.read_iops : limit.write_iops;
    const Bandwidth rate = is_read(work) ? limit.read_rate : limit.write_rate;
    const Ps each = iops.milli_per_s == 0 ? 0 : period(iops).ps;
    return std::max(each, time_of(work.bytes, rate));
}

void DieMedia::start(const MediaWork& work) {
    Gate* const gate = gate_of(work);
    if (gate == nullptr) {
        return enter(work);
    }
    const Ps at = std::max(gate->next, now());
    gate->next = at + share_of(work);
    if (at == now()) {
        return enter(work);
    }
    gate->waiting.push_back(work);
    const auto index = static_cast<std::uint32_t>(gate - gates_.data());
    post(gate->lane, at, static_cast<std::uint32_t>(Kind::Paced), index);
}

/// What has stalled the controller since the last command. Nobody sees a stall without commands.
void DieMedia::stall() {
    while (next_stall_ <= now()) {
        const Ps begin = next_stall_;
        controller_.reserve(begin, timing_.stall.draw(stall_random_).ps);
        next_stall_ +=
            std::max<Ps>(shortest_interval, timing_.stall_interval.draw(stall_random_).ps);
    }
}

/// The controller takes commands in their order, so all that a read will meet is known now.
void DieMedia::enter(const MediaWork& work) {
    if (timing_.stalls) {
        stall();
    }
    Ps at = controller_.reserve(now(), draw(timing_.command, command_random_));
    if (is_read(work)) {
        at = std::max(at, reading_.reserve(now(), time_of(work.bytes, timing_.read_rate)));
        return read(work, at);
    }
    if (is_write(work)) {
        const Ps each = std::max(timing_.write_command, time_of(work.bytes, timing_.write_rate));
        at = std::max(at, writing_.reserve(now(), each));
        waiting_.push_back({work, at});
        return admit();
    }
    const Ps took = work.op == nvme::MediaOp::Flush ? draw(timing_.flush, flush_random_)
                                                    : draw(timing_.write, write_random_);
    finish(work, at + took + work.extra, Kind::Done);
}

/// Blocks lie on the dies in turn. The last die to answer ends the command.
void DieMedia::read(const MediaWork& work, Ps at) {
    const std::uint64_t first = work.lba * timing_.block / timing_.stripe;
    const std::uint64_t last =
        (work.lba * timing_.block + std::max(work.bytes, 1U) - 1) / timing_.stripe;
    Ps end = 0;
    for (std::uint64_t piece = first; piece <= last; ++piece) {
        Die& die = dies_[(piece + spread(work.function)) % dies_.size()];
        end = std::max(end, read_at(die, at, draw(timing_.read, read_random_)));
        if (first == last) {
            return post(die.lane, end, static_cast<std::uint32_t>(Kind::Done), work.function,
                        packed(work));
        }
    }
    finish(work, end, Kind::Done);
}

/// When a read ends that comes to the die then. It waits for the reads before it, and for a program
/// under way: for its end, or for the end of a slice where the die can suspend it.
Ps DieMedia::read_at(Die& die, Ps at, Ps duration) {
    Ps begin = std::max(at, die.reads_end);
    const bool meets = die.programs && die.program_end > begin;
    if (meets && (timing_.slice == 0 || die.yields == 0)) {
        begin = die.program_end;
    } else if (meets && begin == at && at > die.program_begin) {
        const Ps into = (at - die.program_begin) % timing_.slice;
        begin = std::min(die.program_end, into == 0 ? at : at + timing_.slice - into);
    }
    if (die.programs && die.program_end > begin) {
        --die.yields;
        die.program_begin += duration;
        die.program_end += duration;
    }
    die.reads_end = begin + duration;
    busy_ += duration;
    return die.reads_end;
}

/// Whoever came first gets the room first. What is larger than the cache has it for itself.
void DieMedia::admit() {
    while (!waiting_.empty()) {
        const Waiting& next = waiting_.front();
        const std::uint64_t bytes = next.work.bytes;
        if (timing_.cache != 0) {
            if (used_ != 0 && used_ + bytes > timing_.cache) {
                break;
            }
            used_ += bytes;
        }
        const Ps begin = std::max(next.at, now());
        const Kind kind = continues(next.work) ? Kind::WroteInTurn : Kind::Wrote;
        finish(next.work, begin + draw(timing_.write, write_random_) + next.work.extra, kind);
        waiting_.pop_front();
    }
    // Less than a unit is written back only where somebody waits for it.
    if (!waiting_.empty() && programs_ == 0 && dirty_ != 0 && dirty_ == used_) {
        issue(static_cast<std::uint32_t>(std::exchange(dirty_, 0)));
    }
}

/// What is written in turn becomes invalid in turn: whole units, of which nothing has to be moved.
bool DieMedia::continues(const MediaWork& work) {
    std::uint64_t& end = ends_[work.function];
    const bool in_turn = work.lba == end;
    end = work.lba + work.bytes / timing_.block;
    return in_turn;
}

void DieMedia::wrote(std::uint32_t bytes, bool in_turn) {
    if (timing_.cache == 0) {
        return;
    }
    dirty_ += bytes;
    scattered_ += in_turn ? 0 : bytes;
    while (dirty_ >= timing_.unit) {
        dirty_ -= timing_.unit;
        issue(static_cast<std::uint32_t>(timing_.unit));
    }
    admit();
}

/// A program of what leaves the cache, and those that make room for it by moving older data.
void DieMedia::issue(std::uint32_t bytes) {
    ++programs_;
    queue(bytes);
    const std::uint64_t scattered = std::min<std::uint64_t>(scattered_, bytes);
    scattered_ -= scattered;
    owed_ += (timing_.amplification.ppm - one) * scattered / bytes;
    collected_ += bytes;
    if (collected_ < timing_.collection) {
        return;
    }
    collected_ = 0;
    for (; owed_ >= one; owed_ -= one) {
        queue(0);
    }
}

/// A program on the next die, of so much of the cache.
void DieMedia::queue(std::uint32_t bytes) {
    const std::uint32_t index = next_die_++ % timing_.dies;
    Die& die = dies_[index];
    die.units.push_back(bytes);
    if (!die.programs) {
        begin_program(index);
    }
}

void DieMedia::leave(std::uint32_t bytes) {
    if (bytes != 0) {
        used_ -= bytes;
        --programs_;
    }
}

void DieMedia::begin_program(std::uint32_t index) {
    Die& die = dies_[index];
    const Ps duration = draw(timing_.program, program_random_);
    die.programs = true;
    die.yields = timing_.yields;
    die.program_begin = std::max(now(), die.reads_end);
    die.program_end = die.program_begin + duration;
    busy_ += duration;
    if (timing_.registers) {
        leave(std::exchange(die.units.front(), 0));
    }
    post_once(die.program_end, static_cast<std::uint32_t>(Kind::Programmed), index);
}

void DieMedia::programmed(std::uint32_t index) {
    Die& die = dies_[index];
    if (die.program_end > now()) {  // it let reads pass
        return post_once(die.program_end, static_cast<std::uint32_t>(Kind::Programmed), index);
    }
    leave(die.units.front());
    die.units.pop_front();
    die.programs = false;
    if (!die.units.empty()) {
        begin_program(index);
    }
    admit();
}

void DieMedia::finish(const MediaWork& work, Ps at, Kind kind) {
    post_once(at, static_cast<std::uint32_t>(kind), work.function, packed(work));
}

void DieMedia::handle(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
        case Kind::Paced: {
            Gate& gate = gates_[event.a];
            const MediaWork work = gate.waiting.front();
            gate.waiting.pop_front();
            return enter(work);
        }
        case Kind::Programmed: return programmed(event.a);
        case Kind::Wrote: wrote(static_cast<std::uint32_t>(event.b >> 32U), false); break;
        case Kind::WroteInTurn: wrote(static_cast<std::uint32_t>(event.b >> 32U), true); break;
        case Kind::Done: break;
    }
    done_(static_cast<std::uint16_t>(event.a), static_cast<std::uint32_t>(event.b));
}

}  // namespace lmsim::sim
