#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/host/udmq.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/cdq.hpp"
#include "tests/catch.hpp"

namespace lmsim::tests {

using namespace host;
using vfio::Errno;
using wire::Esa;

constexpr std::uint16_t good = 0;
constexpr std::uint32_t start_ticket = 7;
constexpr std::uint32_t suspend_ticket = 8;
constexpr std::uint32_t stop_ticket = 9;

/// A host with one queue, and a controller that posts into it as it is told. Commands wait in
/// `commands` until they are answered, looks until they are served.
struct Rig {
    Udmq log;
    spec::Rules rules;
    std::vector<std::uint8_t> ring;
    // The controller
    bool exists = false;
    bool logging = false;
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
    bool phase = true;
    std::optional<std::uint32_t> tpt;
    bool tail_event = false;
    bool full_event = false;
    // What the host did
    std::deque<Effect> commands;
    std::deque<Effect> looks;
    std::vector<Effect> told;  // Reports
    std::vector<Effect> replies;
    std::vector<LogCommand> sent;
    int zeroed = 0;
    int released = 0;
    bool ticking = false;
    fsm::Watcher* watcher = nullptr;

    explicit Rig(std::uint32_t entries = 8, std::uint32_t batch = 3) {
        log.cntlid = 5;
        log.entries = entries;
        log.batch = batch;
        log.base = 0x10000;
        ring.assign(std::size_t{32} * entries, 0);
    }
    void give(const UdmqEvent& event) {
        Effects effects;
        effects.watcher = watcher;
        step(log, event, rules, effects);
        for (const Effect& effect : effects) {
            switch (effect.kind) {
                case EffectKind::Submit:
                    commands.push_back(effect);
                    sent.push_back(static_cast<LogCommand>(effect.token));
                    break;
                case EffectKind::Call: called(effect); break;
                case EffectKind::Report: told.push_back(effect); break;
                case EffectKind::Reply: replies.push_back(effect); break;
                case EffectKind::StartTimer: ticking = true; break;
                default: FAIL("not an effect of this flow");
            }
        }
    }
    void called(const Effect& effect) {
        switch (static_cast<LogCall>(effect.token)) {
            case LogCall::ZeroRing:
                ++zeroed;
                ring.assign(ring.size(), 0);
                break;
            case LogCall::Look: looks.push_back(effect); break;
            case LogCall::Release: ++released; break;
        }
    }
    void give(UdmqEvent::Kind kind, std::uint32_t ticket = 0) {
        UdmqEvent event;
        event.kind = kind;
        event.ticket = ticket;
        give(event);
    }
    bool look() {
        if (looks.empty()) {
            return false;
        }
        const Effect effect = looks.front();
        looks.pop_front();
        UdmqEvent event;
        event.kind = UdmqEvent::Kind::Looked;
        event.count = static_cast<std::uint32_t>(effect.length);
        REQUIRE(effect.address + effect.length <= log.entries);
        event.bytes = ring.data() + 32 * effect.address;
        give(event);
        return true;
    }
    /// The oldest command is carried out, or ends with `status`.
    bool answer(std::uint16_t status = good, PfError error = PfError::None) {
        if (commands.empty()) {
            return false;
        }
        const Effect effect = commands.front();
        commands.pop_front();
        UdmqEvent event;
        event.ticket = effect.ticket;
        event.error = error;
        event.status = status;
        if (status == good && error == PfError::None) {
            carry_out(effect, event);
        }
        give(event);
        return true;
    }
    void carry_out(const Effect& effect, UdmqEvent& event) {
        const wire::Sqe sqe = command(log, effect, rules);
        switch (static_cast<LogCommand>(effect.token)) {
            case LogCommand::Create: {
                const auto create = wire::decode_cdq(sqe, rules);
                CHECK(create.operation == wire::CdqOperation::Create);
                CHECK(create.cntlid == 5);
                CHECK(create.dwords == 8 * log.entries);
                CHECK(create.prp1 == 0x10000);
                exists = true;
                head = tail = 0;
                phase = true;
                event.dw0 = wire::encode_created_cdqid(3, rules);
                break;
            }
            case LogCommand::Move: {
                const auto feature = wire::decode_cdq_feature(sqe, rules);
                if (!exists || feature.cdqid != 3 || !may_move(feature.hp)) {
                    event.status = exists ? 0x002 : 0x137;
                    break;
                }
                head = feature.hp;
                tpt.reset();
                tail_event = false;
                if (feature.etpt) {
                    REQUIRE(feature.tpt < log.entries);
                    tpt = feature.tpt;
                }
                break;
            }
            case LogCommand::StartLog:
                CHECK(wire::decode_log_user_data(sqe, rules).action == wire::LogAction::Start);
                CHECK(wire::decode_log_user_data(sqe, rules).cdqid == 3);
                logging = true;
                post(0, Esa::First);
                break;
            case LogCommand::StopLog:
                CHECK(wire::decode_log_user_data(sqe, rules).action == wire::LogAction::Stop);
                post(0, Esa::Stopped);
                logging = false;
                break;
            case LogCommand::Delete:
                CHECK(wire::decode_cdq(sqe, rules).cdqid == 3);
                event.status = exists ? good : std::uint16_t{0x137};
                exists = logging = false;
                break;
        }
    }
    bool may_move(std::uint32_t to) const {
        const auto distance = [this](std::uint32_t slot) {
            return (slot + log.entries - head) % log.entries;
        };
        return distance(to) <= distance(tail);
    }
    /// A change of one block, or (block 0) a marker.
    void post(std::uint64_t block, Esa esa = Esa::Ordinary) {
        if (!logging) {
            return;
        }
        wire::UdmqEntry entry;
        const bool fills = (tail + 2) % log.entries == head;
        entry.esa = fills ? Esa::Full : esa;
        entry.lbacir = block == 0 ? wire::Lbacir::None : wire::Lbacir::Range;
        entry.nsid = block == 0 ? 0 : 1;
        entry.slba = block;
        entry.blocks = block == 0 ? 0 : 1;
        entry.phase = phase;
        wire::encode(entry, ring.data() + 32 * tail, rules);
        if (tpt == tail) {
            tpt.reset();
            tail_event = true;
        }
        if (++tail == log.entries) {
            tail = 0;
            phase = !phase;
        }
        if (fills) {
            logging = false;
            full_event = true;
        }
    }
    void deliver() {
        if (std::exchange(tail_event, false)) {
            give(UdmqEvent::Kind::Tail);
        }
        if (std::exchange(full_event, false)) {
            give(UdmqEvent::Kind::Full);
        }
    }
    /// Until nothing is left to be done.
    void settle() {
        for (int left = 1000; left != 0; --left) {
            deliver();
            if (!look() && !answer()) {
                return;
            }
        }
        FAIL("the flow does not come to rest");
    }
    void start() {
        give(UdmqEvent::Kind::Start, start_ticket);
        settle();
        REQUIRE(log.state == LogState::Logging);
    }
    void suspend() {
        post(0, Esa::Suspended);
        logging = false;
        if (log.dudmq) {
            exists = false;
        }
        give(UdmqEvent::Kind::Suspended, suspend_ticket);
    }
    std::optional<Errno> reply(std::uint32_t ticket) const {
        for (const Effect& effect : replies) {
            if (effect.ticket == ticket) {
                return static_cast<Errno>(effect.token);
            }
        }
        return {};
    }
    std::vector<std::uint64_t> blocks() const {
        std::vector<std::uint64_t> list;
        for (const Effect& effect : told) {
            if (static_cast<LogReport>(effect.token) == LogReport::Range) {
                list.push_back(effect.address);
            }
        }
        return list;
    }
    int count(LogReport what) const {
        int n = 0;
        for (const Effect& effect : told) {
            n += static_cast<LogReport>(effect.token) == what ? 1 : 0;
        }
        return n;
    }
    int count(LogCommand what) const {
        return static_cast<int>(std::count(sent.begin(), sent.end(), what));
    }
};

inline std::vector<std::uint64_t> up_to(std::uint64_t last) {
    std::vector<std::uint64_t> list;
    for (std::uint64_t block = 1; block <= last; ++block) {
        list.push_back(block);
    }
    return list;
}

}  // namespace lmsim::tests
