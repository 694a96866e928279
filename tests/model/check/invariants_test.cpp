#include <set>
#include <string>

#include "model/vfio/uapi.hpp"
#include "tests/catch.hpp"
#include "tests/model/check/observe.hpp"

// Each invariant falls by a story of its own, and by none that lacks a part of it.

namespace lmsim::check {

using namespace observe;

namespace {

struct Case {
    Inv breaks;
    Story story;
    bool at_the_end = false;
};

constexpr auto STOP = static_cast<std::uint64_t>(vfio::MigState::STOP);
constexpr auto RUNNING = static_cast<std::uint64_t>(vfio::MigState::RUNNING);
constexpr auto STOP_COPY = static_cast<std::uint64_t>(vfio::MigState::STOP_COPY);
constexpr auto RESUMING = static_cast<std::uint64_t>(vfio::MigState::RESUMING);

std::vector<Case> command_cases() {
    return {
        {Inv::CompletesOnce, {command(What::Posted, 3)}},
        {Inv::CompletesOnce, {command(What::Completed, 3)}},
        {Inv::CompletesOnce,
         {command(What::Submitted, 3), command(What::Posted, 3), command(What::Posted, 3)}},
        {Inv::CompletesOnOneSide,
         {command(What::Submitted, 3), command(What::Posted, 3), command(What::Posted, 3, dst)}},
        {Inv::IdentifierIsFree, {command(What::Submitted, 3), command(What::Submitted, 3)}},
        {Inv::TakenWasPosted, {command(What::Submitted, 3), command(What::Completed, 3)}},
        {Inv::NoneIsAborted,
         {command(What::Submitted, 2), flagged(command(What::Posted, 2), flag::aborted)}},
        {Inv::CompletesAtAll, {vm(What::VmRuns), command(What::Submitted, 1)}, true},
    };
}

std::vector<Case> controller_cases() {
    const Observation suspended = on(What::Suspended, src);
    return {
        {Inv::SuspendedFetchesNothing, {suspended, queue(What::Fetches, 1)}},
        {Inv::SuspendedFetchesNothing, {suspended, on(What::Reads, src)}},
        {Inv::SuspendedWritesNothing, {suspended, on(What::Writes, src)}},
        {Inv::SuspendedWritesNothing, {suspended, command(What::Posted, 0)}},
        {Inv::SuspendedIsSilent, {suspended, on(What::Interrupts, src)}},
        {Inv::SuspendingFetchesNothing, {on(What::Suspending, src), queue(What::Fetches, 1)}},
        {Inv::QueueIsAlive, {queue(What::QueueDeleted, 1), queue(What::Fetches, 1)}},
        {Inv::QueueIsAlive,
         {queue(What::QueueCreated, 1), on(What::Reset, src), queue(What::Fetches, 1)}},
        {Inv::BufferIsAlive, {with(What::BufferTaken, src, 2), with(What::Writes, src, 2)}},
        {Inv::BufferIsAlive, {with(What::BufferTaken, dst, 2), with(What::Reads, dst, 2)}},
        {Inv::WritesInside, {flagged(on(What::Writes, src), flag::outside)}},
    };
}

Story with_cq(Story story) {
    story.back().value = 2;  // completion queue 1
    return story;
}

std::vector<Case> vfio_cases() {
    return {
        {Inv::VfioArcs,
         {with(What::VfioState, src, RUNNING), with(What::VfioState, src, STOP_COPY, RUNNING)}},
        {Inv::VfioArcs,
         {with(What::VfioState, src, STOP), with(What::VfioState, src, STOP, RUNNING)}},
        {Inv::VfioSessionState,
         {with(What::VfioState, src, STOP), session(What::SessionOpened, 1),
          session(What::SessionUsed, 1)}},
        {Inv::VfioSessionState,
         {with(What::VfioState, dst, RESUMING), session(What::SessionOpened, 1, true, dst),
          session(What::SessionUsed, 1, true, dst)}},
        {Inv::VfioStopped, {with(What::VfioState, src, STOP), on(What::Interrupts, src)}},
        {Inv::VfioOneSession, {session(What::SessionOpened, 1), session(What::SessionOpened, 2)}},
        {Inv::SessionIsAlive, {session(What::SessionUsed, 1)}},
        {Inv::SessionIsAlive, {session(What::SessionOpened, 2), session(What::SessionUsed, 1)}},
        {Inv::SessionIsAlive, {session(What::SessionClosed, 1)}},
    };
}

std::vector<Case> moved_cases() {
    return {
        {Inv::StateIsKept, {with(What::StateSaved, src, 7), with(What::StateLoaded, dst, 8)}},
        {Inv::StateWasSaved, {with(What::StateLoaded, dst, 8)}},
        {Inv::StateIsLast, {with(What::StateSaved, src, 7), vm(What::VmRuns, dst)}},
        {Inv::StateIsLast,
         {with(What::StateSaved, src, 7), with(What::StateLoaded, dst, 7), on(What::Resumed, src),
          vm(What::VmRuns, dst)}},
        {Inv::StateIsLast,
         {with(What::StateSaved, src, 7), with(What::StateLoaded, dst, 7), on(What::Writes, src),
          vm(What::VmRuns, dst)}},
        {Inv::ChangesAreLogged,
         {on(What::LogStarts, src), with(What::Changed, src, 4, 2), vm(What::VmRuns, dst)}},
        {Inv::PagesAreSent,
         {vm(What::MigrationBegins), with(What::PageWritten, src, 3), vm(What::VmRuns, dst)}},
        {Inv::PagesAreSent, {with(What::MemoryArrived, dst, 1)}},
    };
}

std::vector<Case> owner_cases() {
    return {
        {Inv::OneOwner, {vm(What::VmRuns), vm(What::VmRuns, dst)}},
        {Inv::SomeOwner, {}, true},
        {Inv::WorksForOwner, {vm(What::VmRuns, dst), on(What::Writes, src)}},
        {Inv::OwnerHasDevices, {vm(What::VmRuns), on(What::Suspended, src)}, true},
        {Inv::OwnerHasDevices, {vm(What::VmRuns, dst), with(What::VfioState, dst, STOP)}, true},
        {Inv::AbortKeepsVm, {vm(What::MigrationAborted)}, true},
        {Inv::AbortKeepsDevices,
         {vm(What::VmRuns), on(What::Suspended, src), vm(What::MigrationAborted)},
         true},
    };
}

std::vector<Case> data_queue_cases() {
    const Observation made = with(What::CdqCreated, src, 2);
    const Observation first = with(What::CdqPosted, src, 0, 1);
    const Observation second = with(What::CdqPosted, src, 1, 1);
    const Observation taken = with(What::CdqTaken, src, 0, 1);
    Observation both = taken;
    both.cid = 1;  // and the one behind it
    Observation beyond = with(What::CdqTaken, src, ~std::uint64_t{0}, 1);
    beyond.cid = 0xffff;
    return {
        {Inv::CdqInOrder, {made, second}},
        {Inv::CdqInOrder, {made, with(What::CdqPosted, src, 0, 0)}},
        {Inv::CdqInOrder, {made, first, second, with(What::CdqPosted, src, 0, 1)}},
        {Inv::CdqKeepsEntries, {made, first, second, with(What::CdqPosted, src, 0, 0)}},
        {Inv::CdqTakenInOrder, {made, taken}},
        {Inv::CdqTakenInOrder, {made, first, taken, taken}},
        {Inv::CdqTakenInOrder, {made, first, both}},
        {Inv::CdqTakenInOrder, {made, first, second, both, taken}},
        {Inv::CdqTakenInOrder, {made, first, second, beyond}},
        {Inv::CdqTakenInOrder, {made, first, with(What::CdqTaken, src, 0, 0)}},
        {Inv::CdqTakenInOrder, {made, first, with(What::CdqHead, src, 1)}},
        {Inv::CdqTakenInOrder, {made, with(What::CdqHead, src, 2)}},
        {Inv::CdqIsAlive, {made, on(What::CdqDeleted, src), first}},
    };
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const auto& group : {command_cases(), controller_cases(), vfio_cases(), moved_cases(),
                              owner_cases(), data_queue_cases()}) {
        cases.insert(cases.end(), group.begin(), group.end());
    }
    cases.push_back({Inv::QueueIsAlive,
                     with_cq({command(What::Submitted, 0), queue(What::QueueDeleted, 1, true),
                              command(What::Posted, 0)})});
    return cases;
}

std::string_view id_of(const Invariant* broken) { return broken == nullptr ? "none" : broken->id; }

}  // namespace

TEST_CASE("every invariant falls by its own story, whatever the bounds", "[check]") {
    std::set<Inv> fell;
    for (const Case& c : all_cases()) {
        INFO(invariant(c.breaks)->id << ", " << c.story.size() << " observations");
        CHECK(id_of(told<ProofBounds>(c.story, c.at_the_end)) == invariant(c.breaks)->id);
        CHECK(id_of(told<WideBounds>(c.story, c.at_the_end)) == invariant(c.breaks)->id);
        fell.insert(c.breaks);
    }
    CHECK(fell.size() == invariant_count);
}

TEST_CASE("no part of such a story can be left out", "[check]") {
    for (const Case& c : all_cases()) {
        for (std::size_t out = 0; out < c.story.size(); ++out) {
            Story less = c.story;
            less.erase(less.begin() + static_cast<std::ptrdiff_t>(out));
            const Invariant* broken = told<ProofBounds>(less, c.at_the_end);
            INFO(invariant(c.breaks)->id << " without observation " << out);
            // Of some the rest is another way to break the same.
            const bool another_way = c.breaks == Inv::CompletesOnce ||
                                     c.breaks == Inv::CdqTakenInOrder ||
                                     c.breaks == Inv::CdqInOrder || c.breaks == Inv::StateIsLast ||
                                     c.breaks == Inv::SessionIsAlive;
            CHECK((broken != invariant(c.breaks) || another_way));
        }
    }
}

TEST_CASE("invariants have ids, and say what they cost", "[check]") {
    std::set<std::string_view> ids;
    for (const Invariant& row : invariants) {
        INFO(row.id);
        CHECK(row.id.substr(0, 4) == "INV-");
        CHECK(ids.insert(row.id).second);
        CHECK(find_invariant(row.id) == &row);
        CHECK(!row.name.empty());
        CHECK(row.text.back() == '.');
        CHECK(row.why.back() == '.');
        CHECK(row.document.empty() == row.section.empty());
    }
    CHECK(find_invariant("INV-NONE-01") == nullptr);
}

}  // namespace lmsim::check
