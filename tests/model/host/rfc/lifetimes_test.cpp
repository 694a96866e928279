#include <map>
#include <set>
#include <string>

#include "model/check/invariant.hpp"
#include "model/explore/rfc/cdq_owner_system.hpp"
#include "model/explore/rfc/saved_state_system.hpp"
#include "model/explore/search/search.hpp"
#include "model/host/cdq_owner.hpp"
#include "model/spec/defects.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::explore;
using spec::Id;

namespace {

SearchReport search_of(const spec::Rules& rules, bool of_cdq) {
    const SystemFactory make = [&] {
        return of_cdq ? make_cdq_owner_system({}, rules) : make_saved_state_system(rules);
    };
    return search(make, {});
}

spec::Rules with(Id defect) {
    spec::Rules rules;
    rules.set_on(defect, true);
    return rules;
}

}  // namespace

TEST_CASE("without a defect nothing is held too long, too short or twice", "[rfc]") {
    for (const bool of_cdq : {false, true}) {
        const SearchReport report = search_of(spec::Rules{}, of_cdq);
        CHECK(report.complete());
        CHECK(report.violations.empty());
        CHECK(report.states == (of_cdq ? 20000 : 50));
    }
}

TEST_CASE("each defect of a lifetime breaks its invariant, in so many steps", "[rfc]") {
    const struct {
        Id defect;
        const char* invariant;
        std::size_t steps;
    } cases[] = {
        {Id::RfcHeaderBeforeRead, "INV-HOLD-03", 3},
        {Id::RfcShortIdentify, "INV-HOLD-06", 2},
        {Id::RfcPfMayBeGone, "INV-HOLD-03", 2},
        {Id::RfcStateFreedTwice, "INV-HOLD-02", 4},
        {Id::RfcUnalignedRing, "INV-HOLD-06", 3},
        {Id::RfcUnknownIdUsed, "INV-HOLD-03", 1},
        {Id::RfcBadEventfdKept, "INV-HOLD-03", 2},
        {Id::RfcEventfdPutEarly, "INV-HOLD-01", 5},
        {Id::RfcEventUnlocked, "INV-HOLD-01", 5},
        {Id::RfcPagesKfreed, "INV-HOLD-08", 2},
        {Id::RfcUnpinnedClean, "INV-HOLD-09", 4},
        {Id::RfcDeletedTooLate, "INV-HOLD-04", 5},
        {Id::RfcStaleAfterReset, "INV-HOLD-04", 5},
        {Id::RfcDeleteFailureForgotten, "INV-HOLD-05", 4},
        {Id::RfcAnybodyCreates, "INV-HOLD-07", 1},
    };
    std::set<std::string_view> seen;
    std::set<Id> tested;
    for (const auto& each : cases) {
        CAPTURE(each.invariant, static_cast<int>(each.defect));
        tested.insert(each.defect);
        std::map<std::string_view, std::size_t> found;
        for (const bool of_cdq : {false, true}) {
            for (const Violation& violation : search_of(with(each.defect), of_cdq).violations) {
                REQUIRE(violation.kind == Violation::Kind::Invariant);
                found[violation.invariant->id] = violation.steps.size();
                seen.insert(violation.invariant->id);
            }
        }
        CHECK(found[each.invariant] == each.steps);
    }
    CHECK(seen.size() == 9);  // every invariant of lifetimes
    for (const spec::Defect& defect : spec::defects) {
        CAPTURE(defect.name);
        const bool lifetime = defect.of == spec::DefectClass::Lifetime;
        CHECK(tested.count(defect.id) == (lifetime ? 1 : 0));
    }
}

TEST_CASE("what is not checked the device refuses, and nothing is held", "[rfc]") {
    for (const Id defect : {Id::RfcCreateUnchecked, Id::RfcAnyQueueType}) {
        const SearchReport report = search_of(with(defect), true);
        CHECK(report.complete());
        CHECK(report.violations.empty());
        CHECK(report.states > 20000);  // the device was asked
    }
}

TEST_CASE("who may create a queue, and of what", "[rfc]") {
    using namespace host;
    const auto created = [](std::uint8_t flags, const spec::Rules& rules) {
        CdqOwner owner;
        OwnerEvent event;
        event.flags = flags;
        event.ticket = 1;
        Effects effects;
        step(owner, event, rules, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Reply) {
                return static_cast<int>(effect.token);
            }
        }
        return 0;
    };
    const spec::Rules rules;
    CHECK(created(asks::with_event, rules) == 0);
    CHECK(created(asks::unprivileged, rules) == 13);
    CHECK(created(asks::unaligned, rules) == 22);
    CHECK(created(asks::malformed, rules) == 22);
    CHECK(created(asks::other_type, rules) == 22);
    CHECK(created(asks::bad_event, rules) == 9);
    CHECK(created(asks::malformed, with(Id::RfcCreateUnchecked)) == 0);
    CHECK(created(asks::other_type, with(Id::RfcAnyQueueType)) == 0);
    CHECK(created(asks::other_type, with(Id::RfcCreateUnchecked)) == 22);
}
