#include <cstdint>

#include "model/vfio/machine.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

namespace {

Event positioned(Event event) {
    event.positioned = true;
    return event;
}

constexpr std::uint64_t block = 1 << 20;

}  // namespace

TEST_CASE("these arcs open a session, these end it, the others leave it alone") {
    const struct {
        MigState from, to;
        Session before, after;
    } rows[] = {
        {MigState::RUNNING, MigState::PRE_COPY, Session::None, Session::Saving},
        {MigState::RUNNING_P2P, MigState::PRE_COPY_P2P, Session::None, Session::Saving},
        {MigState::STOP, MigState::STOP_COPY, Session::None, Session::Saving},
        {MigState::STOP, MigState::RESUMING, Session::None, Session::Resuming},
        {MigState::PRE_COPY, MigState::PRE_COPY_P2P, Session::Saving, Session::Saving},
        {MigState::PRE_COPY_P2P, MigState::PRE_COPY, Session::Saving, Session::Saving},
        {MigState::PRE_COPY_P2P, MigState::STOP_COPY, Session::Saving, Session::Saving},
        {MigState::PRE_COPY, MigState::RUNNING, Session::Saving, Session::None},
        {MigState::PRE_COPY_P2P, MigState::RUNNING_P2P, Session::Saving, Session::None},
        {MigState::STOP_COPY, MigState::STOP, Session::Saving, Session::None},
        {MigState::RESUMING, MigState::STOP, Session::Resuming, Session::None},
        {MigState::STOP, MigState::RUNNING_P2P, Session::None, Session::None},
        {MigState::RUNNING_P2P, MigState::STOP, Session::None, Session::None},
        {MigState::RUNNING_P2P, MigState::RUNNING, Session::None, Session::None},
        {MigState::RUNNING, MigState::RUNNING_P2P, Session::None, Session::None},
    };
    for (const auto& row : rows) {
        CAPTURE(row.from, row.to);
        Rig rig = Rig::in(row.from);
        REQUIRE(rig.device.session == row.before);
        const std::uint16_t sessions = rig.device.sessions;
        const Answer answer = rig.set(row.to);
        CHECK(answer.error == Errno::Ok);
        CHECK(rig.device.session == row.after);
        const bool opens = row.before == Session::None && row.after != Session::None;
        const bool ends = row.before != Session::None && row.after == Session::None;
        CHECK(rig.all(EffectKind::OpenSession).size() == (opens ? 1 : 0));
        CHECK(rig.all(EffectKind::CloseSession).size() == (ends ? 1 : 0));
        CHECK(rig.device.sessions == sessions + (opens ? 1 : 0));
        CHECK((answer.result >= 0) == opens);
        if (opens) {
            CHECK(rig.all(EffectKind::OpenSession)[0].token2 ==
                  static_cast<std::uint64_t>(answer.result));
        }
    }
}

TEST_CASE("without P2P the session of PRE_COPY goes straight on into STOP_COPY") {
    Rig rig = Rig::in(MigState::PRE_COPY, STOP_COPY_FLAG | PRE_COPY_FLAG);
    const Answer answer = rig.set(MigState::STOP_COPY);
    CHECK(rig.walked.size() == 2);
    CHECK(answer.result == -1);
    CHECK(rig.step(read(rig.handle(), block, 10))->result == 10);
}

TEST_CASE("a descriptor comes with the last hop only, and with each walk that ends in one") {
    for (const std::uint8_t flags : golden::feature_sets) {
        for (const MigState from : golden::states(flags)) {
            for (const MigState to : golden::states(flags)) {
                const auto path = golden::path(from, to, flags);
                if (path.size() < 2) {
                    continue;
                }
                CAPTURE(int{flags}, from, to);
                Rig rig = Rig::in(from, flags);
                const Answer answer = rig.set(to);
                const bool streams = is_saving(to) || to == MigState::RESUMING;
                CHECK((answer.result != -1) == (streams && !(is_saving(from) && is_saving(to))));
                CHECK((rig.device.session != Session::None) == streams);
            }
        }
    }
}

TEST_CASE("read takes what the driver holds, up to the length") {
    for (const MigState state : {MigState::PRE_COPY, MigState::PRE_COPY_P2P, MigState::STOP_COPY}) {
        Rig rig = Rig::in(state);
        CHECK(rig.step(read(rig.handle(), 100, 40))->result == 40);
        CHECK(rig.step(read(rig.handle(), 100, 100))->result == 100);
        CHECK(rig.step(read(rig.handle(), 100, 101))->result == 100);
        CHECK(rig.step(read(rig.handle(), 0, 40))->result == 0);
    }
}

TEST_CASE("a drained stream is ENOMSG in PRE_COPY and the end of the stream in STOP_COPY") {
    for (const MigState state : {MigState::PRE_COPY, MigState::PRE_COPY_P2P}) {
        Rig rig = Rig::in(state);
        CHECK(rig.step(read(rig.handle(), block, 0))->error == Errno::NoMessage);
        CHECK(rig.step(read(rig.handle(), block, 7))->result == 7);  // a temporary end
    }
    Rig rig = Rig::in(MigState::STOP_COPY);
    const auto answer = rig.step(read(rig.handle(), block, 0));
    CHECK(answer->error == Errno::Ok);
    CHECK(answer->result == 0);
    CHECK(rig.step(read(rig.handle(), block, 7))->result == 0);  // a permanent one
}

TEST_CASE("a driver that still saves blocks the reader, or says EAGAIN") {
    for (const MigState state : {MigState::PRE_COPY, MigState::STOP_COPY}) {
        Rig rig = Rig::in(state);
        Event event = read(rig.handle(), block, 0, true);
        CHECK(rig.step(event)->waits());
        event.nonblocking = true;
        CHECK(rig.step(event)->error == Errno::Again);
        CHECK_FALSE(rig.device.ended);
    }
}

TEST_CASE("write takes bytes in RESUMING and passes the driver's verdict on") {
    Rig rig = Rig::in(MigState::RESUMING);
    CHECK(rig.step(write(rig.handle(), 100))->result == 100);
    for (const Errno error : {Errno::NoMemory, Errno::Fault, Errno::Busy}) {
        const auto answer = rig.step(write(rig.handle(), 100, error));
        CHECK(answer->error == error);
        CHECK(answer->result == 0);
    }
}

TEST_CASE("the wrong direction, a position or a number of nobody's") {
    Rig saving = Rig::in(MigState::STOP_COPY);
    Rig resuming = Rig::in(MigState::RESUMING);
    CHECK(saving.step(write(saving.handle(), 1))->error == Errno::BadFd);
    CHECK(resuming.step(read(resuming.handle(), 1, 1))->error == Errno::BadFd);
    CHECK(saving.step(positioned(read(saving.handle(), 1, 1)))->error == Errno::NotSeekable);
    CHECK(resuming.step(positioned(write(resuming.handle(), 1)))->error == Errno::NotSeekable);
    for (const std::uint32_t fd : {0U, 1U, 4U, 1000U, ~0U}) {
        CHECK(saving.step(read(fd, 1, 1))->error == Errno::BadFd);
        CHECK(saving.step(close_fd(fd))->error == Errno::BadFd);
    }
}

TEST_CASE("a descriptor is stale once its session has ended, also beside a new one") {
    Rig rig = Rig::in(MigState::PRE_COPY);
    const std::uint32_t old = rig.handle();
    rig.set(MigState::RUNNING);
    CHECK(rig.step(read(old, 1, 1))->error == Errno::NoDevice);
    const auto fresh = static_cast<std::uint32_t>(rig.set(MigState::PRE_COPY).result);
    CHECK(fresh != old);
    CHECK(rig.step(read(old, 1, 1))->error == Errno::NoDevice);
    CHECK(rig.step(precopy_info(old, 1, 1))->error == Errno::NoDevice);
    CHECK(rig.step(read(fresh, 1, 1))->error == Errno::Ok);
    CHECK(rig.step(close_fd(old))->error == Errno::Ok);
    CHECK(rig.step(read(fresh, 1, 1))->error == Errno::Ok);

    Rig resuming = Rig::in(MigState::RESUMING);
    resuming.set(MigState::STOP);
    CHECK(resuming.step(write(resuming.handle(), 1))->error == Errno::NoDevice);
}

TEST_CASE("ERROR and reset end the session") {
    for (const MigState state : {MigState::PRE_COPY, MigState::STOP_COPY, MigState::RESUMING}) {
        Rig rig = Rig::in(state);
        const bool resuming = state == MigState::RESUMING;
        const Event use = resuming ? write(rig.handle(), 1) : read(rig.handle(), 1, 1);
        Rig broken = rig;
        broken.step(set_state(MigState::STOP));
        broken.step(arc_done(broken.device.hop, Errno::Io, true));
        CHECK(broken.all(EffectKind::CloseSession).size() == 1);
        CHECK(broken.step(use)->error == Errno::NoDevice);
        rig.step(reset());
        CHECK(rig.all(EffectKind::CloseSession).size() == 1);
        CHECK(rig.step(use)->error == Errno::NoDevice);
    }
}

TEST_CASE("data that RESUMING to STOP refuses stays in a session that can be written on") {
    Rig rig = Rig::in(MigState::RESUMING);
    rig.step(set_state(MigState::STOP));
    CHECK(rig.step(arc_done(rig.device.hop, Errno::Invalid))->error == Errno::Invalid);
    CHECK(rig.device.state == MigState::RESUMING);
    CHECK(rig.step(write(rig.handle(), 1))->error == Errno::Ok);
}

TEST_CASE("a user may close the descriptor before the session ends") {
    Rig rig = Rig::in(MigState::STOP_COPY);
    CHECK(rig.step(close_fd(rig.handle()))->error == Errno::Ok);
    CHECK(rig.all(EffectKind::CloseSession).size() == 1);
    CHECK(rig.step(read(rig.handle(), 1, 1))->error == Errno::BadFd);
    CHECK(rig.step(close_fd(rig.handle()))->error == Errno::BadFd);
    CHECK(rig.set(MigState::STOP).error == Errno::Ok);
    CHECK(rig.all(EffectKind::CloseSession).empty());  // it was told already
}

TEST_CASE("the pre-copy figures are for PRE_COPY and PRE_COPY_P2P") {
    for (const MigState state : {MigState::PRE_COPY, MigState::PRE_COPY_P2P}) {
        Rig rig = Rig::in(state);
        const auto answer = rig.step(precopy_info(rig.handle(), 4096, 12));
        CHECK(answer->error == Errno::Ok);
        CHECK(answer->result == 4096);
        CHECK(answer->third == 12);
        Event event = precopy_info(rig.handle(), 1, 1);
        event.argsz = 23;
        CHECK(rig.step(event)->error == Errno::Invalid);
        event.argsz = 25;
        CHECK(rig.step(event)->error == Errno::Ok);
        event.fault = true;
        CHECK(rig.step(event)->error == Errno::Fault);
        CHECK(rig.step(other_fd_ioctl(rig.handle()))->error == Errno::NotTty);
    }
    Rig stopped = Rig::in(MigState::STOP_COPY);
    CHECK(stopped.step(precopy_info(stopped.handle(), 1, 1))->error == Errno::Invalid);
    Rig resuming = Rig::in(MigState::RESUMING);
    CHECK(resuming.step(precopy_info(resuming.handle(), 1, 1))->error == Errno::NotTty);
    CHECK(resuming.step(precopy_info(999, 1, 1))->error == Errno::BadFd);
}

TEST_CASE("REINIT is told only to who asked for it") {
    Rig rig = Rig::in(MigState::PRE_COPY);
    Event event = precopy_info(rig.handle(), 1, 1);
    event.reinit = true;
    CHECK(rig.step(event)->flags == 0);
    CHECK(rig.step(enable_precopy_info_v2())->error == Errno::Ok);
    CHECK(rig.step(event)->flags == reply_reinit);
    event.reinit = false;
    CHECK(rig.step(event)->flags == 0);
}

TEST_CASE("an answer that cannot be written loses the descriptor, not the state") {
    Rig rig;
    Event event = set_state(MigState::PRE_COPY);
    event.reply_fault = true;
    rig.step(event);
    const auto answer = rig.arc();
    REQUIRE(answer);
    CHECK(answer->error == Errno::Fault);
    CHECK(answer->result == -1);
    CHECK(rig.device.state == MigState::PRE_COPY);
    CHECK(rig.all(EffectKind::CloseSession).size() == 1);
    CHECK(rig.step(read(data_fd(1, false), 1, 1))->error == Errno::BadFd);

    Event unread = set_state(MigState::RUNNING);
    unread.fault = true;
    CHECK(rig.step(unread)->error == Errno::Fault);
    CHECK(rig.device.state == MigState::PRE_COPY);
}

TEST_CASE("session numbers wrap without meeting zero") {
    Rig rig;
    rig.device.sessions = 0x7ffe;
    CHECK(rig.set(MigState::PRE_COPY).result == data_fd(0x7fff, false));
    rig.set(MigState::RUNNING);
    CHECK(rig.set(MigState::PRE_COPY).result == data_fd(1, false));
    CHECK(rig.step(read(data_fd(1, false), 1, 1))->error == Errno::Ok);
}
