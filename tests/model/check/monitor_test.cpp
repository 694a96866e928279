#include "model/check/monitor.hpp"

#include "model/pack.hpp"
#include "model/vfio/uapi.hpp"
#include "tests/catch.hpp"
#include "tests/model/check/observe.hpp"

namespace lmsim::check {

using namespace observe;

namespace {

constexpr auto state(vfio::MigState s) { return static_cast<std::uint64_t>(s); }
constexpr auto STOP = state(vfio::MigState::STOP);
constexpr auto RUNNING = state(vfio::MigState::RUNNING);
constexpr auto STOP_COPY = state(vfio::MigState::STOP_COPY);
constexpr auto RESUMING = state(vfio::MigState::RESUMING);

Story operator+(Story a, const Story& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// A guest with two commands, an AER and a log of user data.
Story before() {
    return {vm(What::VmRuns),
            flagged(command(What::Submitted, 0, src, 0), flag::may_wait),
            queue(What::QueueCreated, 1, true),
            queue(What::QueueCreated, 1),
            command(What::Submitted, 1),
            queue(What::Fetches, 1),
            vm(What::MigrationBegins),
            on(What::LogStarts, src),
            with(What::CdqCreated, src, 4),
            with(What::PageWritten, src, 5),
            with(What::PageSent, src, 5),
            with(What::PageWritten, src, 5),
            command(What::Submitted, 2),
            vm(What::VmStops)};
}

Story source_stops() {
    return {with(What::VfioArc, src, STOP),
            on(What::Writes, src),
            with(What::Changed, src, 8, 4),
            with(What::CdqPosted, src, 0, 1),
            command(What::Posted, 1),
            on(What::Interrupts, src),
            with(What::CdqTaken, src, 0, 1),
            with(What::Logged, src, 8, 4),
            with(What::CdqHead, src, 1),
            on(What::Suspended, src),
            with(What::VfioState, src, STOP, RUNNING),
            session(What::SessionOpened, 1),
            with(What::VfioState, src, STOP_COPY, STOP),
            with(What::PageSent, src, 5)};
}

Story state_moves() {
    return {session(What::SessionUsed, 1),
            with(What::StateSaved, src, 77),
            with(What::VfioState, dst, STOP, RUNNING),
            session(What::SessionOpened, 1, false, dst),
            with(What::VfioState, dst, RESUMING, STOP),
            session(What::SessionUsed, 1, false, dst),
            session(What::SessionClosed, 1, false, dst),
            with(What::StateLoaded, dst, 77),
            with(What::VfioState, dst, STOP, RESUMING)};
}

Story destination_goes_on() {
    return {with(What::MemoryArrived, dst, 0),
            with(What::VfioArc, dst, RUNNING),
            on(What::Resumed, dst),
            queue(What::Fetches, 1, false, dst),
            with(What::VfioState, dst, RUNNING, STOP),
            vm(What::VmRuns, dst),
            command(What::Completed, 1, dst),
            command(What::Posted, 2, dst),
            command(What::Completed, 2, dst),
            session(What::SessionClosed, 1),
            on(What::LogStops, src),
            vm(What::MigrationCompleted)};
}

Story source_goes_on() {
    return {session(What::SessionClosed, 1),
            with(What::VfioState, src, STOP, STOP_COPY),
            with(What::VfioArc, src, RUNNING),
            on(What::Resumed, src),
            queue(What::Fetches, 1),
            with(What::VfioState, src, RUNNING, STOP),
            vm(What::VmRuns),
            command(What::Completed, 1),
            command(What::Posted, 2),
            command(What::Completed, 2),
            vm(What::MigrationAborted)};
}

}  // namespace

TEST_CASE("a migration that goes well breaks nothing", "[check]") {
    const Story story = before() + source_stops() + state_moves() + destination_goes_on();
    CHECK(told<ProofBounds>(story, true) == nullptr);
    CHECK(told<WideBounds>(story, true) == nullptr);
}

TEST_CASE("an abort that goes well breaks nothing", "[check]") {
    CHECK(told<ProofBounds>(before() + source_stops() + source_goes_on(), true) == nullptr);
    // Also when the state had been loaded by then.
    const Story late =
        before() + source_stops() + state_moves() + Story{on(What::Reset, dst)} + source_goes_on();
    CHECK(told<ProofBounds>(late, true) == nullptr);
    CHECK(told<WideBounds>(late, true) == nullptr);
}

TEST_CASE("nothing may be missing in such a migration", "[check]") {
    struct Missing {
        Story story;
        Inv breaks;
    };
    const auto without = [](const Story& part, std::size_t at) {
        Story less = part;
        less.erase(less.begin() + static_cast<std::ptrdiff_t>(at));
        return less;
    };
    const Missing cases[] = {
        {before() + without(source_stops(), 4) + state_moves() + destination_goes_on(),
         Inv::TakenWasPosted},
        {before() + without(source_stops(), 7) + state_moves() + destination_goes_on(),
         Inv::ChangesAreLogged},
        {before() + without(source_stops(), 13) + state_moves() + destination_goes_on(),
         Inv::PagesAreSent},
        {before() + source_stops() + without(state_moves(), 7) + destination_goes_on(),
         Inv::StateIsLast},
        {before() + source_stops() + state_moves() + without(destination_goes_on(), 1),
         Inv::VfioStopped},
        {before() + source_stops() + state_moves() + without(destination_goes_on(), 8),
         Inv::CompletesAtAll},
        {before() + source_stops() + without(source_goes_on(), 3), Inv::SuspendedFetchesNothing},
    };
    for (const Missing& c : cases) {
        INFO(invariant(c.breaks)->id);
        CHECK(told<ProofBounds>(c.story, true) == invariant(c.breaks));
    }
}

TEST_CASE("a VMM that gave the VM up is asked for nothing more", "[check]") {
    CHECK(told<ProofBounds>(before() + Story{vm(What::VmEnds)}, true) == nullptr);
}

TEST_CASE("a reset by the guest ends its commands and the suspension", "[check]") {
    const Story story = {vm(What::VmRuns),
                         command(What::Submitted, 1),
                         on(What::Suspended, src),
                         on(What::Reset, src),
                         command(What::Abandoned, every_cid),
                         queue(What::QueueCreated, 1),
                         command(What::Submitted, 1),
                         queue(What::Fetches, 1),
                         command(What::Posted, 1),
                         command(What::Completed, 1)};
    CHECK(told<ProofBounds>(story, true) == nullptr);
}

TEST_CASE("a VF that loses its state before the VM starts: excused if nobody could know",
          "[check]") {
    const auto lost = [](Observation how) {
        return Story{vm(What::MigrationBegins),
                     vm(What::VmRuns),
                     vm(What::VmStops),
                     with(What::StateSaved, src, 7),
                     with(What::StateLoaded, dst, 7),
                     how,
                     vm(What::VmRuns, dst)};
    };
    const Observation asked = on(What::Reset, dst);
    CHECK(told<ProofBounds>(lost(asked), false) == invariant(Inv::StateIsLast));
    CHECK(told<ProofBounds>(lost(flagged(asked, flag::unasked)), false) == nullptr);
    const Story early = {vm(What::VmRuns), vm(What::VmStops), with(What::StateSaved, src, 7),
                         flagged(asked, flag::unasked), vm(What::VmRuns, dst)};
    CHECK(told<ProofBounds>(early, false) == nullptr);
    Story known = early;
    known.insert(known.end() - 1, asked);
    CHECK(told<ProofBounds>(known, false) == invariant(Inv::StateIsLast));
}

TEST_CASE("what a destination completed before a reset, and before the VM ran, is still to be done",
          "[check]") {
    const auto back = [](const Story& between) {
        const Story begin = {vm(What::VmRuns), command(What::Submitted, 1), vm(What::VmStops),
                             command(What::Posted, 1, dst)};
        return begin + between + Story{command(What::Posted, 1)};
    };
    const Observation reset = on(What::Reset, dst);
    CHECK(told<ProofBounds>(back({reset}), false) == nullptr);
    // Both controllers are at work.
    CHECK(told<ProofBounds>(back({}), false) == invariant(Inv::CompletesOnOneSide));
    // The VM has run there.
    const Story ran = {vm(What::VmRuns, dst), reset, vm(What::VmStops, dst)};
    CHECK(told<ProofBounds>(back({vm(What::VmRuns, dst), vm(What::VmStops, dst)}), false) ==
          invariant(Inv::CompletesOnOneSide));
    CHECK(told<ProofBounds>(back(ran), false) == invariant(Inv::CompletesOnOneSide));
    // It is lost if nobody does it.
    const Story lost = {vm(What::VmRuns),
                        command(What::Submitted, 1),
                        vm(What::VmStops),
                        command(What::Posted, 1, dst),
                        reset,
                        vm(What::VmRuns)};
    CHECK(told<ProofBounds>(lost, true) == invariant(Inv::CompletesAtAll));
}

TEST_CASE("a state that the source has left behind harms who runs on it", "[check]") {
    const Story stale = {vm(What::VmRuns), vm(What::VmStops), with(What::StateSaved, src, 7),
                         on(What::Resumed, src), with(What::StateLoaded, dst, 7)};
    CHECK(told<ProofBounds>(stale, false) == nullptr);
    CHECK(told<ProofBounds>(stale + Story{vm(What::VmRuns, dst)}, false) ==
          invariant(Inv::StateIsLast));
}

TEST_CASE("a controller that suspends finishes, and fetches again when it goes on", "[check]") {
    const Story story = {vm(What::VmRuns),        command(What::Submitted, 1),
                         queue(What::Fetches, 1), on(What::Suspending, src),
                         on(What::Writes, src),   command(What::Posted, 1),
                         on(What::Suspended, src)};
    CHECK(told<ProofBounds>(story, false) == nullptr);
    CHECK(told<ProofBounds>(story + Story{on(What::Resumed, src), queue(What::Fetches, 1)},
                            false) == nullptr);
    const Story aborted = {vm(What::VmRuns), on(What::Suspending, src), on(What::Resumed, src),
                           queue(What::Fetches, 1)};
    CHECK(told<ProofBounds>(aborted, false) == nullptr);
}

TEST_CASE("a log that is lost, and known to be, is no stale copy", "[check]") {
    const Story lost = {on(What::LogStarts, src), with(What::Changed, src, 0, 64),
                        on(What::LogLost, src), with(What::Changed, src, 1, 1),
                        vm(What::VmRuns, dst)};
    CHECK(told<ProofBounds>(lost, false) == nullptr);
    // An entry for everything covers all of it; one for a part does not.
    Story story = {on(What::LogStarts, src), with(What::Changed, src, 10, 20),
                   with(What::Logged, src, 0, 0), vm(What::VmRuns, dst)};
    CHECK(told<WideBounds>(story, false) == nullptr);
    story[2] = with(What::Logged, src, 10, 19);
    CHECK(told<WideBounds>(story, false) == invariant(Inv::ChangesAreLogged));
}

TEST_CASE("a data queue goes round and round", "[check]") {
    Story story = {with(What::CdqCreated, src, 3)};
    for (std::uint64_t i = 0; i < 20; ++i) {
        const std::uint64_t phase = 1 - i / 3 % 2;
        story.push_back(with(What::CdqPosted, src, i % 3, phase));
        story.push_back(with(What::CdqTaken, src, i % 3, phase));
        story.push_back(with(What::CdqHead, src, (i + 1) % 3));
    }
    CHECK(told<ProofBounds>(story, false) == nullptr);
    // Entries that follow each other may be told of at once.
    story.push_back(with(What::CdqPosted, src, 2, 1));
    story.push_back(with(What::CdqTaken, src, 2, 1));
    story.push_back(with(What::CdqHead, src, 0));
    story.push_back(with(What::CdqPosted, src, 0, 0));
    story.push_back(with(What::CdqPosted, src, 1, 0));
    story.push_back(with(What::CdqTaken, src, 0, 0));
    story.back().cid = 1;
    story.push_back(with(What::CdqHead, src, 2));
    CHECK(told<ProofBounds>(story, false) == nullptr);
    story.push_back(with(What::CdqPosted, src, 2, 0));
    story.push_back(on(What::CdqDeleted, src));
    story.push_back(with(What::CdqTaken, src, 2, 0));
    CHECK(told<ProofBounds>(story, false) == nullptr);
}

TEST_CASE("the monitor of a search packs, and is small", "[check]") {
    Monitor<ProofBounds> monitor;
    const spec::Rules rules;
    for (const Observation& o : before() + source_stops()) {
        REQUIRE(step(monitor, o, rules) == nullptr);
    }
    const Packed<Monitor<ProofBounds>> packed(monitor);
    Monitor<ProofBounds> again;
    REQUIRE(unpack(packed.bytes.data(), packed.size, again) == packed.size);
    CHECK(packed_equal(monitor, again));
    CHECK(max_packed_size<Monitor<ProofBounds>>() <= 200);
}

}  // namespace lmsim::check
