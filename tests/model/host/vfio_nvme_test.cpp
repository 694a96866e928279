#include "model/host/vfio_nvme.hpp"

#include <cstring>
#include <optional>
#include <vector>

#include "model/vfio/machine.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "tests/catch.hpp"
#include "tests/model/arc_cover.hpp"

using namespace lmsim;
using namespace lmsim::host;
using vfio::Errno;
using vfio::MigState;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Steps = std::vector<FlowStep>;

/// A state of `pairs` queue pairs and some vendor data.
Bytes state_of(std::uint16_t pairs, std::size_t vendor_bytes, const spec::Rules& rules,
               bool cp = true) {
    const wire::StateShape shape{cp, true, pairs, pairs, vendor_bytes};
    Bytes bytes(wire::state_size(shape, rules));
    wire::ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules);
    for (std::uint16_t i = 0; i < pairs; ++i) {
        wire::SqState sq;
        sq.qid = sq.cqid = static_cast<std::uint16_t>(i + 1);
        sq.qsize = 7;
        writer.set_sq(i, sq);
        wire::CqState cq;
        cq.qid = sq.qid;
        cq.qsize = 7;
        writer.set_cq(i, cq);
    }
    return bytes;
}

/// The flow of one VF, and a controller that answers as it is told.
struct Rig {
    VfioNvme flow;
    spec::Rules rules;
    Bytes device;  // what a Migration Receive reads
    Bytes buffer;  // of the driver
    bool csup = true;
    std::vector<Effect> submitted;
    std::optional<Effect> reply;
    /// Of the n-th command of an arc, counted from 0.
    std::size_t fail_at = ~std::size_t{0};
    PfError error = PfError::None;
    std::uint16_t status = 0x002;
    fsm::Watcher* watcher = nullptr;

    Rig() {
        flow.cntlid = 5;
        flow.csvi = 1;
        flow.csuuidi = 1;
        flow.piece = 128;
        flow.limit = 4096;
        buffer.resize(8192);
        device = state_of(2, 64, rules);
    }
    void give(const FlowEvent& event) {
        Effects effects;
        effects.watcher = watcher;
        step(flow, event, rules, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply) {
                REQUIRE_FALSE(reply);
                reply = effect;
            } else {
                REQUIRE(effect.kind == EffectKind::Submit);
                submitted.push_back(effect);
            }
        }
    }
    void begin(MigState from, MigState to) {
        submitted.clear();
        reply.reset();
        FlowEvent arc;
        arc.kind = FlowEvent::Kind::Arc;
        arc.from = from;
        arc.to = to;
        arc.ticket = 44;
        arc.bytes = buffer.data();
        give(arc);
    }
    void answer() {
        const Effect& last = submitted.back();
        FlowEvent event;
        event.ticket = last.ticket;
        event.bytes = buffer.data();
        if (submitted.size() == fail_at + 1) {
            event.error = error;
            event.status = error == PfError::None ? status : std::uint16_t{0};
        } else if (static_cast<FlowStep>(last.token) == FlowStep::ReadHeader ||
                   static_cast<FlowStep>(last.token) == FlowStep::ReadState) {
            REQUIRE(last.address + last.length <= buffer.size());
            wire::copy_piece(device.data(), device.size(), last.address,
                             buffer.data() + last.address, last.length);
            event.dw0 = wire::encode_csup(csup, rules);
        }
        give(event);
    }
    Errno arc(MigState from, MigState to) {
        begin(from, to);
        for (int left = 1000; !reply && left != 0; --left) answer();
        REQUIRE(reply);
        CHECK(reply->ticket == 44);
        CHECK(flow.step == FlowStep::Idle);
        return static_cast<Errno>(reply->token);
    }
    Errno load(const Bytes& state) {
        REQUIRE(arc(MigState::STOP, MigState::RESUMING) == Errno::Ok);
        buffer.assign(8192, 0xEE);
        std::copy(state.begin(), state.end(), buffer.begin());
        FlowEvent written;
        written.kind = FlowEvent::Kind::Written;
        written.value = state.size();
        give(written);
        return arc(MigState::RESUMING, MigState::STOP);
    }
    Steps steps() const {
        Steps result;
        for (const Effect& effect : submitted)
            result.push_back(static_cast<FlowStep>(effect.token));
        return result;
    }
};

Steps expected_steps(MigState from, MigState to) {
    const auto works = [](MigState s) { return s == MigState::RUNNING || s == MigState::PRE_COPY; };
    if (from == MigState::RUNNING && to == MigState::PRE_COPY) return {FlowStep::Notify};
    Steps steps;
    if (works(from) && !works(to)) steps.push_back(FlowStep::Suspend);
    if (!works(from) && works(to)) steps.push_back(FlowStep::Resume);
    if (to == MigState::STOP_COPY) {
        steps.push_back(FlowStep::ReadHeader);
        steps.insert(steps.end(), 2, FlowStep::ReadState);  // 216 bytes, in pieces of 128
    }
    return steps;
}

}  // namespace

TEST_CASE("every arc of every feature set asks what it has to, and no more") {
    const spec::Rules rules;
    std::size_t arcs = 0;
    for (const std::uint8_t flags : {1, 3, 5, 7}) {
        for (const vfio::DriverArc& arc : vfio::driver_arcs()) {
            if (!arc.exists(flags, rules)) continue;
            Rig rig;
            ++arcs;
            CAPTURE(vfio::to_string(arc.from), vfio::to_string(arc.to));
            if (arc.from == MigState::RESUMING) {
                CHECK(rig.load(rig.device) == Errno::Ok);
                CHECK(rig.steps() == Steps(2, FlowStep::LoadState));
                continue;
            }
            CHECK(rig.arc(arc.from, arc.to) == Errno::Ok);
            CHECK(rig.steps() == expected_steps(arc.from, arc.to));
            const bool reads = arc.to == MigState::STOP_COPY;
            CHECK(rig.reply->token2 == (reads ? rig.device.size() : 0));
        }
    }
    CHECK(arcs == 6 + 8 + 9 + 15);
}

TEST_CASE("a failure of any command of any arc fails the arc") {
    const spec::Rules rules;
    const std::pair<PfError, Errno> errors[] = {{PfError::None, Errno::Io},
                                                {PfError::Again, Errno::Again},
                                                {PfError::TimedOut, Errno::TimedOut},
                                                {PfError::Reset, Errno::Io}};
    for (const vfio::DriverArc& arc : vfio::driver_arcs()) {
        for (const auto& [error, expected] : errors) {
            for (std::size_t n = 0; n < 4; ++n) {
                Rig rig;
                rig.fail_at = n;
                rig.error = error;
                const Errno answer = arc.from == MigState::RESUMING ? rig.load(rig.device)
                                                                    : rig.arc(arc.from, arc.to);
                CHECK(answer == (rig.submitted.size() == n + 1 ? expected : Errno::Ok));
                // The user may try again.
                rig.fail_at = ~std::size_t{0};
                CHECK(rig.arc(arc.from, arc.to) == Errno::Ok);
            }
        }
    }
}

TEST_CASE("the commands of a migration, to their bits") {
    Rig rig;
    const auto sqe = [&](std::size_t n) {
        return command(rig.flow, rig.submitted.at(n), rig.rules);
    };
    REQUIRE(rig.arc(MigState::RUNNING, MigState::PRE_COPY) == Errno::Ok);
    CHECK(sqe(0).opcode == 0x41);
    CHECK(sqe(0).cdw10 == 0);
    CHECK(sqe(0).cdw11 == 5);
    REQUIRE(rig.arc(MigState::PRE_COPY, MigState::STOP_COPY) == Errno::Ok);
    REQUIRE(rig.submitted.size() == 4);
    CHECK(sqe(0).cdw11 == (5U | 1U << 16));
    CHECK(sqe(1).opcode == 0x42);
    CHECK(sqe(1).cdw10 == 1U << 16);
    CHECK(sqe(1).cdw11 == (5U | 1U << 16));
    CHECK(sqe(1).cdw12 == 0);
    CHECK(sqe(1).cdw15 == 11);  // 0's based: 48 bytes
    CHECK(sqe(2).cdw12 == 0);
    CHECK(sqe(2).cdw15 == 31);
    CHECK(sqe(3).cdw12 == 128);
    CHECK(sqe(3).cdw15 == (rig.device.size() - 128) / 4 - 1);
    CHECK(Bytes(rig.buffer.begin(), rig.buffer.begin() + 216) == rig.device);

    const Bytes state = rig.device;
    REQUIRE(rig.load(state) == Errno::Ok);
    REQUIRE(rig.submitted.size() == 2);
    CHECK(sqe(0).opcode == 0x41);
    CHECK(sqe(0).cdw10 == (2U | 1U << 16));
    CHECK(sqe(0).cdw11 == (5U | 1U << 16 | 1U << 24));
    CHECK(sqe(0).cdw12 == 0);
    CHECK(sqe(0).cdw15 == 32);  // a plain count
    CHECK(sqe(1).cdw10 == (2U | 2U << 16));
    CHECK(sqe(1).cdw12 == 128);
    CHECK(sqe(1).cdw15 == (state.size() - 128) / 4);
    REQUIRE(rig.arc(MigState::STOP, MigState::RUNNING) == Errno::Ok);
    CHECK(sqe(0).cdw10 == 1);
    CHECK(sqe(0).cdw11 == 5);
}

TEST_CASE("pieces by MDTS: first, middle, last, or the one and only") {
    for (const std::uint32_t piece : {4U, 8U, 72U, 108U, 212U, 216U, 220U, 4096U}) {
        Rig rig;
        rig.flow.piece = piece;
        REQUIRE(rig.load(rig.device) == Errno::Ok);
        const std::size_t count = (rig.device.size() + piece - 1) / piece;
        REQUIRE(rig.submitted.size() == count);
        std::uint64_t sent = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const Effect& effect = rig.submitted[i];
            CHECK(effect.address == sent);
            CHECK(effect.length <= piece);
            sent += effect.length;
            const auto seqind = static_cast<wire::Seqind>(effect.token2);
            CHECK(seqind == (count == 1       ? wire::Seqind::Only
                             : i == 0         ? wire::Seqind::First
                             : i + 1 == count ? wire::Seqind::Last
                                              : wire::Seqind::Middle));
        }
        CHECK(sent == rig.device.size());
        REQUIRE(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Ok);
        CHECK(rig.submitted.size() == count + 1);
    }
    Rig whole;
    whole.rules.set_on(spec::Id::HostSplitsByMdts, false);
    REQUIRE(whole.load(whole.device) == Errno::Ok);
    CHECK(whole.submitted.size() == 1);
    CHECK(whole.submitted[0].length == whole.device.size());
}

TEST_CASE("a state of a controller that did not stand still is no state") {
    Rig rig;
    rig.csup = false;
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Io);
    CHECK(rig.submitted.size() == 1);
    rig.csup = true;
    rig.device = state_of(2, 64, rig.rules, false);  // CP
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Io);
    CHECK(rig.submitted.size() == 1);
    // In the middle of it.
    rig.device = state_of(2, 64, rig.rules);
    rig.begin(MigState::STOP, MigState::STOP_COPY);
    rig.answer();
    rig.csup = false;
    rig.answer();
    REQUIRE(rig.reply);
    CHECK(rig.reply->token == static_cast<std::uint64_t>(Errno::Io));
    rig.rules.set_on(spec::Id::HostChecksCsup, false);
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Ok);
}

TEST_CASE("headers that cannot be used") {
    Rig rig;
    rig.flow.limit = rig.device.size();
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Ok);
    rig.flow.limit = rig.device.size() - 4;
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::NoMemory);
    rig.flow.limit = ~0ULL;
    for (const std::size_t at : {0U, 24U, 40U}) {  // VER, sizes beyond all measure
        const Bytes good = rig.device;
        rig.device[at] = 1;
        CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Io);
        rig.device = good;
    }
    rig.device = Bytes(48);
    rig.device[2] = 1;  // suspended, and nothing there
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Io);
}

TEST_CASE("what comes in over the network is looked at before the device sees it") {
    Rig rig;
    const Bytes good = rig.device;
    const auto refused = [&](const Bytes& state) {
        const Errno error = rig.load(state);
        return error == Errno::Invalid && rig.submitted.empty();
    };
    CHECK(refused({}));
    for (std::size_t size = 1; size < good.size(); ++size) {
        CHECK(refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
    }
    Bytes longer = good;
    longer.resize(good.size() + 4);
    CHECK(refused(longer));
    CHECK(refused(Bytes(216, 0xff)));
    CHECK(refused(Bytes(216)));
    CHECK(refused(state_of(2, 64, rig.rules, false)));
    for (const std::size_t at : {0U, 16U, 24U, 32U, 48U, 50U, 52U}) {
        Bytes bad = good;
        bad[at] ^= 1;
        CAPTURE(at);
        CHECK(refused(bad));
    }
    Bytes bare(48);
    bare[2] = 1;
    CHECK(refused(bare));
    rig.flow.csuuidi = 0;  // this device does not know our vendor area
    CHECK(refused(good));
    CHECK(rig.load(state_of(2, 0, rig.rules)) == Errno::Ok);
    rig.flow.csuuidi = 1;
    CHECK(rig.load(good) == Errno::Ok);
    rig.rules.set_on(spec::Id::HostChecksHeader, false);
    CHECK(rig.load(Bytes(216, 0xff)) == Errno::Ok);  // the device has to find out
    CHECK(rig.submitted.size() == 2);
}

TEST_CASE("a failed piece: the whole state is sent again from its first piece") {
    Rig rig;
    rig.fail_at = 1;
    CHECK(rig.load(rig.device) == Errno::Io);
    rig.fail_at = ~std::size_t{0};
    REQUIRE(rig.arc(MigState::RESUMING, MigState::STOP) == Errno::Ok);
    CHECK(rig.submitted[0].address == 0);
    CHECK(static_cast<wire::Seqind>(rig.submitted[0].token2) == wire::Seqind::First);
}

TEST_CASE("HO-MIG-08 off: a Resume that failed passes for a success") {
    Rig rig;
    rig.fail_at = 0;
    CHECK(rig.arc(MigState::STOP, MigState::RUNNING) == Errno::Io);
    rig.rules.set_on(spec::Id::HostFailsOnResumeError, false);
    CHECK(rig.arc(MigState::STOP, MigState::RUNNING) == Errno::Ok);
    CHECK(rig.arc(MigState::RUNNING, MigState::STOP) == Errno::Io);
}

/// Begins the arc, answers `answers` commands, resets the VF. False if it was over before.
bool reset_during(Rig& rig, std::pair<MigState, MigState> arc, int answers) {
    rig.begin(arc.first, arc.second);
    for (int i = 0; i < answers && !rig.reply; ++i) rig.answer();
    if (rig.reply) return false;
    FlowEvent reset;
    reset.kind = FlowEvent::Kind::Reset;
    rig.give(reset);
    return true;
}

TEST_CASE("HO-MIG-09: an arc that a reset overtakes fails when its command has ended") {
    const std::pair<MigState, MigState> arcs[] = {{MigState::RUNNING, MigState::PRE_COPY},
                                                  {MigState::PRE_COPY, MigState::STOP_COPY},
                                                  {MigState::RUNNING, MigState::STOP},
                                                  {MigState::STOP, MigState::RUNNING}};
    for (const auto& arc : arcs) {
        for (int round = 0; round < 8; ++round) {
            Rig rig;
            if (!reset_during(rig, arc, round % 4)) continue;
            CHECK_FALSE(rig.reply);
            const FlowStep step = rig.flow.step;
            rig.answer();
            if (step == FlowStep::Suspend) {
                CHECK_FALSE(rig.reply);
                CHECK(static_cast<FlowStep>(rig.submitted.back().token) == FlowStep::Resume);
                // Or there is nothing to resume: the reset came after the Suspend.
                if (round >= 4) rig.fail_at = rig.submitted.size() - 1;
                rig.answer();
                rig.fail_at = ~std::size_t{0};
            }
            REQUIRE(rig.reply);
            CHECK(rig.reply->token == static_cast<std::uint64_t>(Errno::Io));
            CHECK(rig.flow.step == FlowStep::Idle);
            CHECK(rig.arc(MigState::RUNNING, MigState::STOP) == Errno::Ok);
        }
    }
}

TEST_CASE("a Suspend that failed suspends nothing that a reset would have to undo") {
    Rig rig;
    rig.fail_at = 0;
    REQUIRE(reset_during(rig, {MigState::RUNNING, MigState::STOP}, 0));
    rig.answer();
    REQUIRE(rig.reply);
    CHECK(rig.submitted.size() == 1);
}

TEST_CASE("HO-MIG-09 off: a reset ends the arc at once; the late answer is nobody's") {
    const std::pair<MigState, MigState> arcs[] = {{MigState::RUNNING, MigState::PRE_COPY},
                                                  {MigState::PRE_COPY, MigState::STOP_COPY},
                                                  {MigState::STOP, MigState::RUNNING}};
    for (const auto& [from, to] : arcs) {
        for (int answers = 0; answers < 4; ++answers) {
            Rig rig;
            rig.rules.set_on(spec::Id::HostWaitsOverReset, false);
            rig.begin(from, to);
            for (int i = 0; i < answers && !rig.reply; ++i) rig.answer();
            if (rig.reply) continue;
            const std::uint32_t old = rig.submitted.back().ticket;
            FlowEvent reset;
            reset.kind = FlowEvent::Kind::Reset;
            rig.give(reset);
            REQUIRE(rig.reply);
            CHECK(rig.reply->token == static_cast<std::uint64_t>(Errno::Io));
            CHECK(rig.flow.step == FlowStep::Idle);
            CHECK(rig.flow.size == 0);
            rig.begin(MigState::RUNNING, MigState::STOP);
            FlowEvent late;
            late.ticket = old;
            rig.give(late);
            CHECK_FALSE(rig.reply);
            rig.answer();
            CHECK(rig.reply);
        }
    }
    Rig idle;
    FlowEvent reset;
    reset.kind = FlowEvent::Kind::Reset;
    idle.give(reset);
    CHECK_FALSE(idle.reply);
    idle.give(FlowEvent{});  // an answer that nobody waits for
    CHECK_FALSE(idle.reply);
}

TEST_CASE("the machine's rows: all of them, in force and not") {
    const fsm::ArcList arcs = flow_arcs();
    CHECK(arcs.size() == 35);
    for (const fsm::Arc& arc : arcs) {
        CHECK(spec::Rules{}.on(arc.rule));
        CHECK(arc.from <= static_cast<std::uint8_t>(FlowStep::Resume));
    }
    Rig rig;
    rig.rules.set_on(spec::Id::FlowSuspend, false);
    CHECK(rig.arc(MigState::RUNNING, MigState::STOP) == Errno::Invalid);
    rig.rules = {};
    rig.rules.set_on(spec::Id::FlowSuspended, false);
    CHECK(rig.arc(MigState::RUNNING, MigState::STOP) == Errno::Io);
    rig.rules = {};
    rig.rules.set_on(spec::Id::FlowReadMore, false);
    CHECK(rig.arc(MigState::STOP, MigState::STOP_COPY) == Errno::Ok);
    CHECK(rig.submitted.size() == 2);  // of a state in two pieces the first
}

TEST_CASE("every row of the driver's flow is taken", "[arcs]") {
    tests::ArcCover cover;
    Rig rig;
    rig.watcher = &cover;
    FlowEvent reset;
    reset.kind = FlowEvent::Kind::Reset;
    const std::pair<MigState, MigState> arcs[] = {
        {MigState::RUNNING, MigState::PRE_COPY},   {MigState::RUNNING, MigState::STOP},
        {MigState::PRE_COPY, MigState::STOP_COPY}, {MigState::STOP, MigState::STOP_COPY},
        {MigState::STOP, MigState::RUNNING},       {MigState::STOP, MigState::RESUMING},
    };
    for (std::size_t round = 0; round < 8; ++round) {
        const std::size_t at = round % 4;
        rig.rules.set_on(spec::Id::HostWaitsOverReset, round >= 4);
        for (const auto& [from, to] : arcs) {
            rig.fail_at = at;
            rig.arc(from, to);
            rig.begin(from, to);
            for (std::size_t i = 0; i < at && !rig.reply; ++i) {
                rig.fail_at = ~std::size_t{0};
                rig.answer();
            }
            rig.give(reset);
            rig.fail_at = ~std::size_t{0};
            while (rig.flow.step != FlowStep::Idle) rig.answer();
            rig.reply.reset();
        }
        rig.fail_at = ~std::size_t{0};
        CHECK(rig.load(state_of(2, 64, rig.rules)) == Errno::Ok);
        CHECK(rig.load({}) != Errno::Ok);
        rig.fail_at = 1;
        CHECK(rig.load(state_of(2, 64, rig.rules)) != Errno::Ok);
        const Bytes state = state_of(2, 64, rig.rules);
        std::copy(state.begin(), state.end(), rig.buffer.begin());
        FlowEvent written;
        written.kind = FlowEvent::Kind::Written;
        written.value = state.size();
        rig.give(written);
        rig.begin(MigState::RESUMING, MigState::STOP);
        rig.give(reset);
        while (rig.flow.step != FlowStep::Idle) rig.answer();
    }
    CHECK(cover.missing(flow_arcs()) == "");
    CHECK(tests::alike(flow_arcs()) == "");
}

TEST_CASE("each piece waits for the completion of the one before (HO-MIG-02)") {
    Rig rig;
    const bool waits = GENERATE(true, false);
    if (!waits) rig.rules.set_on(spec::Id::HostWaitsBetweenPieces, false);
    const Bytes state = state_of(8, 64, rig.rules);
    const std::size_t pieces = (state.size() + 127) / 128;
    REQUIRE(pieces > 3);
    REQUIRE(rig.arc(MigState::STOP, MigState::RESUMING) == Errno::Ok);
    std::copy(state.begin(), state.end(), rig.buffer.begin());
    FlowEvent written;
    written.kind = FlowEvent::Kind::Written;
    written.value = state.size();
    rig.give(written);
    rig.begin(MigState::RESUMING, MigState::STOP);
    CHECK(rig.submitted.size() == (waits ? 1 : pieces));
    CHECK(rig.submitted.back().address == (waits ? 0 : 128 * (pieces - 1)));
    for (int left = 100; !rig.reply && left != 0; --left) rig.answer();
    REQUIRE(rig.reply);
    CHECK(static_cast<Errno>(rig.reply->token) == Errno::Ok);
    CHECK(rig.submitted.size() == pieces);
}

TEST_CASE("a state whose piece failed is sent again from its first one (HO-MIG-06)") {
    Rig rig;
    const bool first = GENERATE(true, false);
    if (!first) rig.rules.set_on(spec::Id::HostResendsFromFirst, false);
    const Bytes state = state_of(8, 64, rig.rules);
    rig.fail_at = 2;
    REQUIRE(rig.load(state) == Errno::Io);
    rig.fail_at = ~std::size_t{0};
    rig.begin(MigState::RESUMING, MigState::STOP);
    REQUIRE(rig.submitted.size() == 1);
    CHECK(rig.submitted[0].address == (first ? 0 : 256));
    CHECK(static_cast<wire::Seqind>(rig.submitted[0].token2) ==
          (first ? wire::Seqind::First : wire::Seqind::Middle));
}
