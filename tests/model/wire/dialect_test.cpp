#include <vector>

#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "tests/catch.hpp"
#include "tests/model/dialects.hpp"
#include "tests/model/wire/example_area.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;
using tests::parts;
using tests::version1;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A state of one SQ and one CQ with all that `own` says.
Bytes written(const Rules& rules, bool version0 = false) {
    StateShape shape;
    shape.sqs = 1;
    shape.cqs = 1;
    shape.version0 = version0;
    const bool whole = state_body(version0, rules) != StateBody::Queues;
    shape.aers = whole ? 1 : 0;
    Bytes bytes(state_size(shape, rules));
    ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules);
    SqState sq;
    sq.qid = 1;
    sq.cqid = 1;
    sq.qsize = 7;
    writer.set_sq(0, sq);
    CqState cq;
    cq.qid = 1;
    cq.qsize = 7;
    cq.iv = 5;
    writer.set_cq(0, cq);
    if (whole) {
        writer.set_own(example_area());
    }
    return bytes;
}

Bytes slice(const Bytes& bytes, std::size_t from, std::size_t length) {
    REQUIRE(from + length <= bytes.size());
    return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(from + length)};
}

const Bytes own_bytes{0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55,  // CC, CSTS
                      0x1f, 0,    0x1f, 0,    1,    0,    0,    0,     // AQA, phase
                      0,    0x90, 0x78, 0x56, 0x34, 0x12, 0,    0,     // ASQ
                      0,    0x20, 0x01, 0xef, 0xcd, 0xab, 0,    0,     // ACQ
                      2,    1,    4,    3,    6,    5,    8,    7};    // heads and tails
const Bytes feature_bytes{7, 0, 0, 0, 0x21, 0, 0, 0, 0x0b, 0, 0, 0, 0x22, 0, 0, 0,
                          8, 0, 0, 0, 0x23, 0, 0, 0, 6,    0, 0, 0, 0x24, 0, 0, 0};
const Bytes aer_bytes{0x42, 0x41, 0, 0};

}  // namespace

TEST_CASE("version 1h holds registers, features and AERs before the queues", "[wire]") {
    const Rules rules = version1();
    const Bytes bytes = written(rules);
    REQUIRE(bytes.size() == 48 + 16 + 40 + 32 + 4 + 24 + 24);
    CHECK(slice(bytes, 48, 16) == Bytes{1, 0, 1, 0, 1, 0, 0, 0, 4, 0, 1, 0, 0, 0, 0, 0});
    CHECK(slice(bytes, 64, 40) == own_bytes);
    CHECK(slice(bytes, 104, 32) == feature_bytes);
    CHECK(slice(bytes, 136, 4) == aer_bytes);
    const auto view =
        ControllerStateView::parse(bytes.data(), bytes.size(), rules, Strictness::CheckReserved);
    REQUIRE(view.ok());
    REQUIRE(view->nvme().has_own());
    CHECK(*view->nvme().own() == example_area());
    CHECK(view->cq(0).iv == 5);
    CHECK(view->sq(0).qid == 1);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(ControllerStateView::parse(bytes.data(), size, rules).ok());
    }
}

TEST_CASE("a state of parts describes itself", "[wire]") {
    const Rules rules = parts();
    const Bytes bytes = written(rules);
    REQUIRE(bytes.size() == 48 + 8 + (8 + 40) + (8 + 32) + (8 + 4) + (8 + 24) + (8 + 24));
    CHECK(slice(bytes, 56, 8) == Bytes{0x10, 0, 0, 0, 10, 0, 0, 0});
    CHECK(slice(bytes, 64, 40) == own_bytes);
    CHECK(slice(bytes, 104, 8) == Bytes{0x20, 0, 0, 0, 8, 0, 0, 0});
    CHECK(slice(bytes, 112, 32) == feature_bytes);
    CHECK(slice(bytes, 144, 8) == Bytes{0x30, 0, 0, 0, 1, 0, 0, 0});
    CHECK(slice(bytes, 152, 4) == aer_bytes);
    CHECK(slice(bytes, 156, 8) == Bytes{0x40, 0, 0, 0, 6, 0, 0, 0});
    CHECK(slice(bytes, 188, 8) == Bytes{0x50, 0, 0, 0, 6, 0, 0, 0});
    const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    CHECK(*view->nvme().own() == example_area());
    CHECK(view->cq(0).iv == 5);
}

TEST_CASE("an unknown part is passed over if it may be", "[wire]") {
    const Rules rules = parts();
    Bytes bytes;
    const auto with = [&](std::uint8_t type, std::uint8_t optional, std::uint8_t dwords) {
        bytes = written(rules);
        const Bytes part{type, 0, optional, 0, dwords, 0, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd};
        bytes.insert(bytes.begin() + 56, part.begin(), part.end());
        bytes[16] = static_cast<std::uint8_t>((bytes.size() - 48) / 4);
        return ControllerStateView::parse(bytes.data(), bytes.size(), rules);
    };
    const auto passed = with(0x77, 1, 1);
    REQUIRE(passed.ok());
    CHECK(*passed->nvme().own() == example_area());
    CHECK(with(0x77, 0, 1).error() == Error::Reserved);
    CHECK(with(0x77, 1, 200).error() == Error::Truncated);
    CHECK(with(0x20, 1, 1).error() == Error::SizeMismatch);  // features of half a value
    CHECK(with(0x10, 1, 1).error() == Error::Truncated);     // registers in one dword
    Rules strict = rules;
    strict.set_on(Id::PartUnknownOptional, false);
    bytes = written(rules);
    bytes.insert(bytes.begin() + 56, {0x77, 0, 1, 0, 0, 0, 0, 0});
    bytes[16] = static_cast<std::uint8_t>((bytes.size() - 48) / 4);
    CHECK(ControllerStateView::parse(bytes.data(), bytes.size(), rules).ok());
    CHECK(ControllerStateView::parse(bytes.data(), bytes.size(), strict).error() ==
          Error::Reserved);
}

TEST_CASE("a part that comes twice, or a feature that nobody knows, is refused", "[wire]") {
    const Rules rules = parts();
    Bytes twice = written(rules);
    twice.insert(twice.end(), {0x30, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
    twice[16] = static_cast<std::uint8_t>((twice.size() - 48) / 4);
    CHECK(ControllerStateView::parse(twice.data(), twice.size(), rules).error() ==
          Error::SizeMismatch);
    Bytes unknown = written(rules);
    unknown[112] = 0x7f;
    const auto view = ControllerStateView::parse(unknown.data(), unknown.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->nvme().own().error() == Error::OutOfRange);
    CHECK(view->nvme().own().at() == 64);
}

TEST_CASE("version 0h can stand beside another version", "[wire]") {
    Rules rules = version1();
    rules.set_value(Id::NvmeStateHeaderSize, 8);
    CHECK_FALSE(ControllerStateView::parse(written(Rules{}).data(), 48 + 56, rules).ok());
    rules.set_on(Id::FormatsListVersion0, true);
    const Bytes older = written(rules, true);
    CHECK(older == written(Rules{}));
    const auto view = ControllerStateView::parse(older.data(), older.size(), rules);
    REQUIRE(view.ok());
    CHECK_FALSE(view->nvme().has_own());
}

TEST_CASE("the commands of 2022 say by their opcode what they do", "[wire]") {
    Rules rules;
    rules.set_on(Id::VendorCommands, true);
    const auto send = [&](const MigrationSend& command) {
        const Sqe sqe = encode(command, rules);
        CHECK(is_migration_send(sqe, rules));
        CHECK_FALSE(is_migration_receive(sqe, rules));
        CHECK(decode_migration_send(sqe, rules) == command);
        CHECK((sqe.cdw10 & 0xff) == 0);
        return sqe.opcode;
    };
    CHECK(send(MigrationSend::suspend(3, SuspendType::Suspend)) == 0xc8);
    CHECK(send(MigrationSend::resume(3)) == 0xcc);
    CHECK(send(MigrationSend::set_controller_state(3, Seqind::Only, 0, 0, 0, 7)) == 0xd5);
    MigrationReceive receive;
    receive.cntlid = 3;
    CHECK(encode(receive, rules).opcode == 0xd2);
    receive.query_size = true;
    const Sqe query = encode(receive, rules);
    CHECK(query.opcode == 0xc4);
    CHECK(is_migration_receive(query, rules));
    CHECK(decode_migration_receive(query, rules) == receive);
    CHECK_FALSE(is_migration_send(query, rules));
    Sqe other;
    other.opcode = 0x41;
    CHECK_FALSE(is_migration_send(other, rules));
    CHECK(is_migration_send(other, Rules{}));
}

TEST_CASE("no byte of a dialect's state leads a reader astray", "[wire]") {
    for (const Rules& rules : {version1(), parts()}) {
        const Bytes sound = written(rules);
        for (std::size_t at = 0; at < sound.size(); ++at) {
            for (const std::uint8_t value : {0x00, 0x01, 0x10, 0x7f, 0xff}) {
                Bytes bytes = sound;
                bytes[at] = value;
                const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
                if (!view.ok() || !view->has_nvme_state()) {
                    continue;
                }
                for (std::size_t i = 0; i < view->sq_count(); ++i) {
                    CHECK(view->sq(i).qid != 0);
                }
                for (std::size_t i = 0; i < view->cq_count(); ++i) {
                    CHECK(view->cq(i).qid != 0);
                }
                if (view->nvme().has_own()) {
                    const auto own = view->nvme().own();
                    CHECK((!own.ok() || own->aer_count <= VendorArea::max_aers));
                }
            }
        }
    }
}
