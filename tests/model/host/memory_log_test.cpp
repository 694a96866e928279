#include "model/host/memory_log.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "model/spec/table.hpp"
#include "model/vfio/errno.hpp"
#include "model/wire/track.hpp"
#include "tests/catch.hpp"
#include "tests/model/arc_cover.hpp"

using namespace lmsim;
using namespace lmsim::host;
using spec::Id;
using vfio::Errno;

namespace {

constexpr std::uint16_t no_resources = 0x138;

/// A host that tracks one VF, and a controller that answers as it is told.
struct Rig {
    MemoryLog log;
    spec::Rules rules;
    std::vector<std::uint8_t> buffer;
    std::deque<Effect> commands;
    std::vector<Effect> sent;
    std::vector<Effect> replies;
    int taken = 0;
    fsm::Watcher* watcher = nullptr;

    Rig() {
        log.cntlid = 6;
        log.wanted = 1;
        log.coarsest = 9;
        log.report = 48;
        buffer.resize(48);
    }
    void give(const MemoryLogEvent& event) {
        Effects effects;
        effects.watcher = watcher;
        step(log, event, rules, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Submit) {
                commands.push_back(effect);
                sent.push_back(effect);
            } else if (effect.kind == EffectKind::Reply) {
                replies.push_back(effect);
            } else {
                REQUIRE(effect.kind == EffectKind::Call);
                ++taken;
            }
        }
    }
    void give(MemoryLogEvent::Kind kind, std::uint32_t ticket = 0) {
        MemoryLogEvent event;
        event.kind = kind;
        event.ticket = ticket;
        give(event);
    }
    void answer(std::uint16_t status = 0, std::uint32_t dw0 = 0, PfError error = PfError::None) {
        REQUIRE_FALSE(commands.empty());
        MemoryLogEvent event;
        event.ticket = commands.front().ticket;
        event.status = status;
        event.error = error;
        event.dw0 = dw0;
        event.bytes = buffer.data();
        commands.pop_front();
        give(event);
    }
    void write_report(int ranges, bool more) {
        wire::TrackedMemoryWriter writer(buffer.data(), buffer.size(), rules);
        for (int i = 0; i < ranges; ++i) {
            writer.add({std::uint64_t{8192} * static_cast<unsigned>(i + 1), 1});
        }
        wire::TrackedHeader header;
        header.more = more;
        header.cntlid = 6;
        header.granularity = log.granularity;
        writer.finish(header);
    }
    void start() {
        give(MemoryLogEvent::Kind::Start, 1);
        answer();
        REQUIRE(log.state == TrackState::Tracking);
    }
    std::optional<Errno> reply(std::uint32_t ticket) const {
        for (const Effect& effect : replies) {
            if (effect.ticket == ticket) {
                return static_cast<Errno>(effect.token);
            }
        }
        return {};
    }
};

}  // namespace

TEST_CASE("tracking begins when Track Send has completed", "[memory_log]") {
    Rig rig;
    rig.give(MemoryLogEvent::Kind::Start, 1);
    REQUIRE(rig.commands.size() == 1);
    const auto send =
        wire::decode_track_memory(command(rig.log, rig.commands[0], rig.rules), rig.rules);
    CHECK(send == wire::TrackMemory{true, 6});
    CHECK(rig.commands[0].token2 == 1);
    CHECK_FALSE(rig.reply(1));
    rig.answer();
    CHECK(rig.reply(1) == Errno::Ok);
    rig.give(MemoryLogEvent::Kind::Start, 2);
    CHECK(rig.reply(2) == Errno::Busy);

    Rig early;
    early.rules.set_on(Id::HostTracksBeforeCopy, false);
    early.give(MemoryLogEvent::Kind::Start, 1);
    CHECK(early.reply(1) == Errno::Ok);
    CHECK(early.log.state == TrackState::Starting);
}

TEST_CASE("a device that cannot track so finely says how it can", "[memory_log]") {
    Rig rig;
    rig.give(MemoryLogEvent::Kind::Start, 1);
    rig.answer(no_resources, 4);
    REQUIRE(rig.commands.size() == 1);
    CHECK(rig.commands[0].token2 == 4);
    CHECK(rig.log.granularity == 4);
    rig.answer();
    CHECK(rig.reply(1) == Errno::Ok);

    for (const std::uint32_t offer : {0U, 1U, 10U}) {  // no better, or beyond what it knows
        Rig refused;
        refused.give(MemoryLogEvent::Kind::Start, 1);
        refused.answer(no_resources, offer);
        CHECK(refused.reply(1) == Errno::Io);
        CHECK(refused.log.state == TrackState::Off);
    }
    Rig deaf;
    deaf.rules.set_on(Id::HostTakesHints, false);
    deaf.give(MemoryLogEvent::Kind::Start, 1);
    deaf.answer(no_resources, 4);
    CHECK(deaf.reply(1) == Errno::Io);
    Rig other;
    other.give(MemoryLogEvent::Kind::Start, 1);
    other.answer(0x11F, 4);
    CHECK(other.reply(1) == Errno::Io);
}

TEST_CASE("a report is read to its end", "[memory_log]") {
    for (const bool whole : {true, false}) {
        Rig rig;
        if (!whole) {
            rig.rules.set_on(Id::HostReadsWholeReport, false);
        }
        rig.start();
        rig.give(MemoryLogEvent::Kind::Report, 5);
        const auto receive =
            wire::decode_track_receive(command(rig.log, rig.commands[0], rig.rules), rig.rules);
        CHECK(receive.cntlid == 6);
        CHECK(receive.dwords == 12);
        CHECK(rig.commands[0].length == 48);
        rig.write_report(2, true);
        rig.answer();
        CHECK(rig.taken == 1);
        CHECK(rig.reply(5).has_value() == !whole);
        if (whole) {
            rig.write_report(1, false);
            rig.answer();
            CHECK(rig.taken == 2);
        }
        CHECK(rig.reply(5) == Errno::Ok);
        CHECK(rig.commands.empty());
    }
}

TEST_CASE("a report that fails, or says nothing sound, is one of all memory", "[memory_log]") {
    Rig rig;
    rig.give(MemoryLogEvent::Kind::Report, 4);
    CHECK(rig.reply(4) == Errno::Invalid);
    rig.start();
    rig.give(MemoryLogEvent::Kind::Report, 5);
    rig.answer(0x006);
    CHECK(rig.reply(5) == Errno::Io);
    rig.give(MemoryLogEvent::Kind::Report, 6);
    rig.write_report(0, false);
    rig.buffer[0] = 1;  // VER
    rig.answer();
    CHECK(rig.reply(6) == Errno::Io);
    CHECK(rig.taken == 0);
    rig.give(MemoryLogEvent::Kind::Report, 7);
    rig.answer(0, 0, PfError::TimedOut);
    CHECK(rig.reply(7) == Errno::TimedOut);
}

TEST_CASE("tracking stops, and does not care whether the device heard", "[memory_log]") {
    for (const std::uint16_t status : {0x000, 0x139}) {
        Rig rig;
        rig.start();
        rig.give(MemoryLogEvent::Kind::Stop, 8);
        CHECK(wire::decode_track_memory(command(rig.log, rig.commands[0], rig.rules), rig.rules) ==
              wire::TrackMemory{false, 6});
        rig.answer(status);
        CHECK(rig.reply(8) == Errno::Ok);
        CHECK(rig.log.state == TrackState::Off);
        rig.give(MemoryLogEvent::Kind::Stop, 9);
        CHECK(rig.reply(9) == Errno::Ok);
    }
    Rig busy;
    busy.start();
    busy.give(MemoryLogEvent::Kind::Report, 5);
    busy.give(MemoryLogEvent::Kind::Stop, 9);
    CHECK(busy.reply(9) == Errno::Busy);
}

TEST_CASE("a reset of the PF ends the tracking", "[memory_log]") {
    for (const bool knows : {true, false}) {
        Rig rig;
        rig.rules.set_on(Id::HostKnowsUntracked, knows);
        rig.start();
        rig.give(MemoryLogEvent::Kind::Reset);
        rig.give(MemoryLogEvent::Kind::Report, 5);
        CHECK(rig.reply(5).has_value() == knows);  // else the device is asked, and has nothing
    }
    Rig rig;
    rig.give(MemoryLogEvent::Kind::Start, 1);
    const Effect stale = rig.commands.front();
    rig.give(MemoryLogEvent::Kind::Reset);
    CHECK(rig.reply(1) == Errno::Io);
    rig.commands.clear();
    rig.give(MemoryLogEvent::Kind::Start, 2);
    MemoryLogEvent late;
    late.ticket = stale.ticket;
    rig.give(late);
    CHECK(rig.log.state == TrackState::Starting);
}

TEST_CASE("each row of the memory log's machine has an arc that needs it", "[memory_log]") {
    const auto walk = [](const spec::Rules& rules) {
        std::vector<std::size_t> seen;
        for (int kind = 0; kind < 5; ++kind) {
            Rig rig;
            rig.rules = rules;
            const auto note = [&] {
                seen.push_back(static_cast<std::size_t>(rig.log.state));
                seen.push_back(rig.sent.size());
                seen.push_back(rig.replies.size());
            };
            const auto answer = [&](std::uint16_t status = 0, std::uint32_t dw0 = 0) {
                if (!rig.commands.empty()) {
                    rig.answer(status, dw0);
                }
                note();
            };
            rig.give(MemoryLogEvent::Kind::Start, 1);
            note();
            answer(kind == 1 ? no_resources : kind == 2 ? 0x002 : 0, 3);
            rig.write_report(1, kind == 3);
            rig.give(MemoryLogEvent::Kind::Report, 2);
            answer();
            if (kind == 4) {
                rig.give(MemoryLogEvent::Kind::Reset);
                note();
            }
            rig.give(MemoryLogEvent::Kind::Stop, 3);
            answer();
        }
        return seen;
    };
    const auto expected = walk(spec::Rules::ratified());
    for (const fsm::Arc& arc : memory_log_arcs()) {
        spec::Rules without = spec::Rules::ratified();
        without.set_on(arc.rule, false);
        INFO(spec::row(arc.rule).name);
        CHECK(walk(without) != expected);
    }
}

TEST_CASE("every row of the memory log's machine is taken", "[memory_log][arcs]") {
    tests::ArcCover cover;
    for (int until = 0; until < 4; ++until) {
        Rig rig;
        rig.watcher = &cover;
        rig.give(MemoryLogEvent::Kind::Start, 1);
        if (until == 0) {
            rig.answer(no_resources, 4);
            rig.answer(0x002);
            rig.give(MemoryLogEvent::Kind::Start, 1);
        } else {
            rig.answer();
        }
        if (until >= 2) {
            rig.give(MemoryLogEvent::Kind::Report, 2);
            rig.write_report(1, true);
            rig.answer();
        }
        if (until == 3) {
            rig.write_report(1, false);
            rig.answer();
            rig.give(MemoryLogEvent::Kind::Stop, 3);
            rig.answer();
            rig.give(MemoryLogEvent::Kind::Start, 1);
            rig.answer();
            rig.give(MemoryLogEvent::Kind::Stop, 3);
        }
        rig.give(MemoryLogEvent::Kind::Reset);
        CHECK(rig.log.state == TrackState::Off);
    }
    CHECK(cover.missing(memory_log_arcs()) == "");
    CHECK(tests::alike(memory_log_arcs()) == "");
}
