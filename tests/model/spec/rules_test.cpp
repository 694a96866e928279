#include "model/spec/rules.hpp"

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;
using spec::Kind;
using spec::Rules;

TEST_CASE("default rules are the ratified rows") {
    const Rules rules = Rules::ratified();
    for (const spec::Row& row : spec::table) {
        CAPTURE(row.name);
        CHECK(rules.value(row.id) == row.value);
        CHECK(rules.place(row.id) == row.place);
        CHECK(!rules.overlaid(row.id));
        const bool off = row.kind == Kind::Switch ? row.value == 0 : row.kind == Kind::Defect;
        CHECK(rules.on(row.id) == !off);
    }
}

// NVMe Base 2.3, 5.2.17.1 and 5.2.16.1: what the text states, typed again.
TEST_CASE("conditions answer with the status that the documents state") {
    const Rules rules = Rules::ratified();
    CHECK(rules.status(Id::ResumeNotSuspended) == 0x13A);
    CHECK(rules.status(Id::ResumeUncommitted) == 0x00C);
    CHECK(rules.status(Id::SetStateWrongState) == 0x11F);
    CHECK(rules.status(Id::SetStateNoSequence) == 0x00C);
    CHECK(rules.status(Id::SetStateQueuesExist) == 0x002);
    CHECK(rules.status(Id::SetStateNoIndex) == 0x002);
    CHECK(rules.status(Id::GetStateBadCntlid) == 0x11F);
    CHECK(rules.status(Id::GetStateOffsetTooLarge) == 0x002);
    CHECK(rules.status(Id::SuspendBadCntlid) == 0x11F);
    CHECK(rules.status(Id::SuspendAgain) == 0x000);
    CHECK(rules.status(Id::MigrationSendToMc) == 0x001);
    CHECK(rules.status(Id::CreateCqBadQid) == 0x101);
    CHECK(rules.status(Id::CreateSqNoCq) == 0x100);
    CHECK(rules.status(Id::DeleteCqInUse) == 0x10C);
    CHECK(rules.status(Id::AerTooMany) == 0x105);
}

TEST_CASE("a Status row answers with its own code, a row without one with success") {
    const Rules rules = Rules::ratified();
    CHECK(rules.status(Id::StatusNotEnoughResources) == 0x138);
    CHECK(rules.status(Id::SuspendStopsIoFetch) == 0);
}

TEST_CASE("an overlay changes its row alone") {
    Rules rules = Rules::ratified();
    rules.set_on(Id::SuspendStopsAdminFetch, false);
    rules.set_value(Id::SelResume, 2);
    rules.set_place(Id::IdCmmrtd, spec::bytes(352, 353));
    for (const spec::Row& row : spec::table) {
        const bool touched = row.id == Id::SuspendStopsAdminFetch || row.id == Id::SelResume ||
                             row.id == Id::IdCmmrtd;
        CAPTURE(row.name);
        CHECK(rules.overlaid(row.id) == touched);
    }
    CHECK(!rules.on(Id::SuspendStopsAdminFetch));
    CHECK(rules.value(Id::SelResume) == 2);
    CHECK(rules.offset(Id::IdCmmrtd) == 352);
    CHECK(rules != Rules::ratified());
}

TEST_CASE("conditions follow the status row that they name") {
    Rules rules = Rules::ratified();
    rules.set_value(Id::StatusControllerNotSuspended, 0x03A);
    CHECK(rules.status(Id::ResumeNotSuspended) == 0x03A);
    rules.set_status(Id::ResumeNotSuspended, Id::StatusInvalidField);
    CHECK(rules.status(Id::ResumeNotSuspended) == 0x002);
    rules.set_status_code(Id::ResumeNotSuspended, 0x1C5);
    CHECK(rules.status(Id::ResumeNotSuspended) == 0x1C5);
}

TEST_CASE("a switch is on exactly when its value is not 0") {
    Rules rules = Rules::ratified();
    CHECK(!rules.on(Id::SetStateWhileEnabled));
    rules.set_value(Id::SetStateWhileEnabled, 1);
    CHECK(rules.on(Id::SetStateWhileEnabled));
    rules.set_on(Id::SetStateWhileEnabled, false);
    CHECK(rules.value(Id::SetStateWhileEnabled) == 0);
    CHECK(rules == Rules::ratified());
}

TEST_CASE("rows are found by requirement id and by symbol") {
    CHECK(spec::find("LM-SUSP-03") == Id::SuspendStopsAdminFetch);
    CHECK(spec::find("SuspendStopsAdminFetch") == Id::SuspendStopsAdminFetch);
    CHECK(!spec::find("LM-SUSP-99").has_value());
    CHECK(!spec::find("").has_value());
}
