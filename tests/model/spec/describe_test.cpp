#include "model/spec/describe.hpp"

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;
using spec::Kind;

namespace {

std::string place(Id id) { return spec::place_text(spec::row(id)); }
std::string value(Id id) { return spec::value_text(spec::row(id)); }
std::string status(Id id) { return spec::status_text(spec::row(id)); }

}  // namespace

TEST_CASE("places are written as the documents write them") {
    CHECK(place(Id::GetStateCsvi) == "CDW10 23:16");
    CHECK(place(Id::SuspendDudmq) == "CDW11 31");
    CHECK(place(Id::SetStateNumd) == "CDW15 31:0");
    CHECK(place(Id::GetStateCsup) == "CQE DW0 0");
    CHECK(place(Id::StateNvmecss) == "bytes 31:16");
    CHECK(place(Id::IdMdts) == "byte 77");
    CHECK(place(Id::StateCp) == "byte 2 bit 0");
    CHECK(place(Id::SqStateQprio) == "byte 14 bits 2:1");
    CHECK(place(Id::CqStateIv) == "bytes 19:18");
    CHECK(place(Id::IdOacsHmlms) == "bit 11");
    CHECK(place(Id::SqeCid) == "CDW0 31:16");
    CHECK(place(Id::CqeSqid) == "CQE DW2 31:16");
    CHECK(place(Id::LbaStatusSlba) == "bytes 47:40");
    CHECK(place(Id::SelResume).empty());
}

TEST_CASE("values are written by kind") {
    CHECK(value(Id::OpcodeAdminMigrationSend) == "41h");
    CHECK(value(Id::OpcodeNvmFlush) == "00h");
    CHECK(value(Id::StatusControllerNotSuspended) == "13Ah (SCT 1h, SC 3Ah)");
    CHECK(value(Id::StateHeaderSize) == "48 bytes");
    CHECK(value(Id::CnsControllerStateFormats) == "20h");
    CHECK(value(Id::SelResume) == "1");
    CHECK(value(Id::ErrnoInvalid) == "22");
    CHECK(value(Id::VfioLogMaxRanges) == "256");
    CHECK(value(Id::SuspendRecordsDoorbells) == "1 (on)");
    CHECK(value(Id::SetStateWhileEnabled) == "0 (off)");
    CHECK(value(Id::StateNvmecss).empty());
    CHECK(value(Id::ResumeNotSuspended).empty());
}

TEST_CASE("a status is written with its code and name") {
    CHECK(status(Id::ResumeNotSuspended) == "13Ah Controller Not Suspended");
    CHECK(status(Id::SuspendAgain) == "000h Successful Completion");
    CHECK(status(Id::VfioFdUnknown) == "9 EBADF");
    CHECK(status(Id::SelResume).empty());
}

TEST_CASE("subjects and heads of titles") {
    CHECK(spec::subject("LM-SUSP-03") == "LM-SUSP");
    CHECK(spec::subject("ST-13A") == "ST");
    CHECK(spec::subject_title("LM-SUSP") == "Suspend");
    CHECK(spec::subject_title("XX-YY") == "XX-YY");
    CHECK(spec::title_head(spec::row(Id::SuspendStype)) == "Suspend");
    CHECK(spec::title_head(spec::row(Id::StateVss)).empty());
}

TEST_CASE("kinds are found in singular and plural") {
    CHECK(spec::kind_named("condition") == Kind::Condition);
    CHECK(spec::kind_named("conditions") == Kind::Condition);
    CHECK(spec::kind_named("switches") == Kind::Switch);
    CHECK(spec::kind_named("status") == Kind::Status);
    CHECK(!spec::kind_named("rows").has_value());
    CHECK(!spec::kind_named("").has_value());
}
