#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "model/explore/rfc/host_memory.hpp"
#include "model/nvme/registers.hpp"
#include "model/nvme/step.hpp"

namespace lmsim::nvme::bench {

/// A device without time: what a driver of one of its functions sees, whatever its bounds.
class Device : protected Env {
  public:
    static constexpr std::uint64_t memory_end = std::uint64_t{1} << 48;  // of every host

    Config config;
    spec::Rules rules;
    std::vector<Effect> log;                  // every effect so far
    fsm::Watcher* watcher = nullptr;          // is told of the rows that machines take
    std::function<bool(const Effect&)> held;  // these are not answered by run()
    std::uint64_t seed = 0;                   // 0: answers first come, first served

    /// Memory that a function reads and writes.
    std::map<std::uint16_t, std::shared_ptr<Memory>> memory;

    virtual void step(const Event& event) = 0;
    virtual std::uint64_t read(std::uint16_t function, std::uint64_t offset) = 0;

    void write(std::uint16_t function, std::uint64_t offset, std::uint64_t value) {
        Event event;
        event.kind = Event::Kind::Register;
        event.function = function;
        event.address = offset;
        event.value = value;
        step(event);
    }
    void ring_sq(std::uint16_t function, std::uint16_t queue, std::uint64_t value) {
        step(doorbell(Event::Kind::SqDoorbell, function, queue, value));
    }
    void ring_cq(std::uint16_t function, std::uint16_t queue, std::uint64_t value) {
        step(doorbell(Event::Kind::CqDoorbell, function, queue, value));
    }
    void reset(std::uint16_t function) {
        Event event;
        event.kind = Event::Kind::LevelReset;
        event.function = function;
        step(event);
    }

    std::size_t pending() const { return pending_.size(); }
    const std::vector<Effect>& waiting() const { return pending_; }

    /// Answers until nothing is left that is not held back; false if that never ends.
    bool run() {
        for (int left = 200'000; left != 0; --left) {
            const std::size_t chosen = choose();
            if (chosen == pending_.size()) {
                return true;
            }
            const Effect effect = pending_[chosen];
            pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(chosen));
            answer(effect);
        }
        return false;
    }

    std::size_t count(EffectKind kind, std::uint16_t function) const {
        std::size_t result = 0;
        for (const Effect& effect : log) {
            result += effect.kind == kind && effect.function == function ? 1 : 0;
        }
        return result;
    }

    /// Which blocks of a namespace are allocated.
    LbaMap& blocks_of(std::uint32_t nsid) { return allocated_[nsid]; }

    std::vector<std::uint8_t>& vendor_state(std::uint16_t function) {
        std::vector<std::uint8_t>& bytes = vendor_[function];
        bytes.resize(config.vendor_bytes);
        return bytes;
    }

  protected:
    void perform(const Effect& effect) {
        log.push_back(effect);
        switch (effect.kind) {
            case EffectKind::ReadMemory:
            case EffectKind::TransferIn:
            case EffectKind::Media:
            case EffectKind::Execute: pending_.push_back(effect); break;
            case EffectKind::WriteMemory: {
                const std::uint8_t* from = data(effect.function, effect.ticket, 0);
                Memory& to = *memory.at(effect.function);
                to.walk(
                    effect.address, effect.token, effect.length,
                    [&](std::uint64_t address, std::uint64_t length) {
                        to.write(address, from, length);
                        from += length;
                        written(effect, address, length);
                    },
                    memory_end);
                break;
            }
            case EffectKind::PostCqe: {
                const std::uint64_t words[2] = {effect.token, effect.token2};
                post(effect, words);
                break;
            }
            case EffectKind::PostCdqe: {
                const std::uint64_t words[4] = {effect.token, effect.token2, 0, effect.token3};
                post(effect, words);
                break;
            }
            case EffectKind::TransferOut:
                memory.at(effect.function)
                    ->walk(
                        effect.address, effect.token, effect.length,
                        [&](std::uint64_t address, std::uint64_t length) {
                            written(effect, address, length);
                        },
                        memory_end);
                break;
            case EffectKind::Interrupt:
            case EffectKind::EnterState: break;
            default: LMSIM_ASSERT(!"not an effect of a controller");
        }
    }

  private:
    /// A posted write: where there is no memory it is lost.
    template <std::size_t N>
    void post(const Effect& effect, const std::uint64_t (&words)[N]) {
        if (reaches(effect.function, effect.address, sizeof words)) {
            memory.at(effect.function)->write(effect.address, words, sizeof words);
            written(effect, effect.address, sizeof words);
        }
    }
    /// The function's own writes are tracked where its TrackedMemory is on.
    void written(const Effect& effect, std::uint64_t address, std::uint64_t length) {
        if (is_tracked_write(effect.kind, rules)) {
            tracked_[effect.function].mark(address, length);
        }
    }
    static Event doorbell(Event::Kind kind, std::uint16_t function, std::uint16_t queue,
                          std::uint64_t value) {
        Event event;
        event.kind = kind;
        event.function = function;
        event.queue = queue;
        event.value = value;
        return event;
    }

    std::size_t choose() {
        std::vector<std::size_t> free;
        for (std::size_t i = 0; i < pending_.size(); ++i) {
            if (!held || !held(pending_[i])) {
                free.push_back(i);
                if (seed == 0) {
                    break;
                }
            }
        }
        if (free.empty()) {
            return pending_.size();
        }
        seed = seed == 0 ? 0 : seed * 6364136223846793005U + 1442695040888963407U;
        return free[(seed >> 33) % free.size()];
    }

    void answer(const Effect& effect) {
        Event event;
        event.function = effect.function;
        event.ticket = effect.ticket;
        std::vector<std::uint8_t> bytes;
        Memory& host = *memory.at(effect.function);
        if (effect.kind == EffectKind::ReadMemory &&
            static_cast<Read>(effect.token) == Read::CommandData) {
            std::uint8_t* to =
                data(effect.function, effect.ticket, static_cast<std::uint32_t>(effect.length));
            event.failed = !host.walk(
                effect.address, effect.token2, effect.length,
                [&](std::uint64_t address, std::uint64_t length) {
                    host.read(address, to, length);
                    to += length;
                },
                memory_end);
        } else if (effect.kind == EffectKind::ReadMemory) {
            event.failed = !reaches(effect.function, effect.address, effect.length);
            bytes = event.failed ? bytes : host.bytes(effect.address, effect.length);
            event.bytes = bytes.data();
        } else if (effect.kind == EffectKind::TransferIn) {
            event.failed = !host.walk(
                effect.address, effect.token, effect.length, [](std::uint64_t, std::uint64_t) {},
                memory_end);
        }
        step(event);
    }

    std::uint8_t* data(std::uint16_t function, std::uint32_t ticket,
                       std::uint32_t length) override {
        return grown(data_[{function, Ticket::slot(ticket)}], length);
    }
    std::uint8_t* staging(std::uint16_t function, std::uint64_t length) override {
        return grown(staging_[function], length);
    }
    std::uint8_t* vendor(std::uint16_t function) override { return vendor_state(function).data(); }
    bool reaches(std::uint16_t, std::uint64_t address, std::uint64_t length) override {
        return address < memory_end && length <= memory_end - address;
    }
    std::uint64_t* cdq_pages(std::uint16_t cdqid, std::uint32_t pages) override {
        std::vector<std::uint64_t>& list = cdq_pages_[cdqid];
        list.resize(list.size() < pages ? pages : list.size());
        return list.data();
    }
    LbaMap& allocated(std::uint32_t nsid) override { return allocated_[nsid]; }
    TrackedMemory& tracked(std::uint16_t function) override { return tracked_[function]; }

    static std::uint8_t* grown(std::vector<std::uint8_t>& bytes, std::uint64_t length) {
        bytes.resize(bytes.size() < length ? length : bytes.size());
        return bytes.data();
    }

    std::vector<Effect> pending_;
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::vector<std::uint8_t>> data_;
    std::map<std::uint16_t, std::vector<std::uint8_t>> staging_;
    std::map<std::uint16_t, std::vector<std::uint8_t>> vendor_;
    std::map<std::uint16_t, std::vector<std::uint64_t>> cdq_pages_;
    std::map<std::uint32_t, LbaMap> allocated_;
    std::map<std::uint16_t, TrackedMemory> tracked_;
};

/// A controller without time and the device behind it: each effect is done at once.
template <class Bounds>
class Bench : public Device {
  public:
    std::unique_ptr<Subsystem<Bounds>> subsystem = std::make_unique<Subsystem<Bounds>>();

    explicit Bench(std::uint16_t vfs, const Config& given = {}) {
        config = given;
        initialize(*subsystem, config, vfs);
        for (std::uint16_t i = 0; i <= vfs; ++i) {
            memory[i] = std::make_shared<Memory>();
        }
    }

    Controller<Bounds>& at(std::uint16_t function) { return subsystem->controller[function]; }
    /// For a test that calls a function of the model by itself: its Env, and what it wants done.
    Env& env() { return *this; }
    void apply(const Effects& effects) {
        for (const Effect& effect : effects) {
            perform(effect);
        }
    }

    void step(const Event& first) override {
        Event event = first;
        do {
            Effects effects;
            effects.watcher = watcher;
            nvme::step(*subsystem, event, config, rules, *this, effects);
            for (const Effect& effect : effects) {
                perform(effect);
            }
            event.kind = Event::Kind::Continue;
        } while (subsystem->more);
    }

    std::uint64_t read(std::uint16_t function, std::uint64_t offset) override {
        return read_register(*subsystem, config, rules, function, offset);
    }
};

}  // namespace lmsim::nvme::bench
