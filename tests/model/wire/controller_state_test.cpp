#include "model/wire/controller_state.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "model/spec/table.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Id;
using spec::Rules;

namespace {

struct Content {
    bool cp = false;
    std::vector<SqState> sqs;
    std::vector<CqState> cqs;
    std::vector<std::uint8_t> vendor;
};

std::vector<std::uint8_t> write(const Content& content, const Rules& rules) {
    StateShape shape;
    shape.cp = content.cp;
    shape.sqs = static_cast<std::uint16_t>(content.sqs.size());
    shape.cqs = static_cast<std::uint16_t>(content.cqs.size());
    shape.vendor_bytes = content.vendor.size();
    std::vector<std::uint8_t> bytes(state_size(shape, rules), 0xEE);
    ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules);
    for (std::size_t i = 0; i < content.sqs.size(); ++i) writer.set_sq(i, content.sqs[i]);
    for (std::size_t i = 0; i < content.cqs.size(); ++i) writer.set_cq(i, content.cqs[i]);
    std::copy(content.vendor.begin(), content.vendor.end(), writer.vendor_data());
    CHECK(writer.size() == bytes.size());
    return bytes;
}

SqState any_sq(std::uint16_t qid) {
    SqState sq;
    sq.prp1 = *rc::gen::arbitrary<std::uint64_t>();
    sq.qsize = *rc::gen::arbitrary<std::uint16_t>();
    sq.qid = qid;
    sq.cqid = *rc::gen::arbitrary<std::uint16_t>();
    sq.pc = *rc::gen::arbitrary<bool>();
    sq.qprio = *rc::gen::inRange<std::uint8_t>(0, 4);
    sq.hp = *rc::gen::arbitrary<std::uint16_t>();
    sq.tp = *rc::gen::arbitrary<std::uint16_t>();
    return sq;
}

CqState any_cq(std::uint16_t qid) {
    CqState cq;
    cq.prp1 = *rc::gen::arbitrary<std::uint64_t>();
    cq.qsize = *rc::gen::arbitrary<std::uint16_t>();
    cq.qid = qid;
    cq.hp = *rc::gen::arbitrary<std::uint16_t>();
    cq.tp = *rc::gen::arbitrary<std::uint16_t>();
    cq.pc = *rc::gen::arbitrary<bool>();
    cq.ien = *rc::gen::arbitrary<bool>();
    cq.s0pt = *rc::gen::arbitrary<bool>();
    cq.iv = *rc::gen::arbitrary<std::uint16_t>();
    return cq;
}

Content any_content() {
    Content content;
    content.cp = *rc::gen::arbitrary<bool>();
    std::uint16_t qid = 0;
    const auto sqs = *rc::gen::inRange(0, 6);
    for (int i = 0; i < sqs; ++i) {
        qid = static_cast<std::uint16_t>(qid + *rc::gen::inRange(1, 9000));
        content.sqs.push_back(any_sq(qid));
    }
    qid = 0;
    const auto cqs = *rc::gen::inRange(0, 6);
    for (int i = 0; i < cqs; ++i) {
        qid = static_cast<std::uint16_t>(qid + *rc::gen::inRange(1, 9000));
        content.cqs.push_back(any_cq(qid));
    }
    content.vendor = *rc::gen::container<std::vector<std::uint8_t>>(
        static_cast<std::size_t>(*rc::gen::inRange(0, 5)) * 4, rc::gen::arbitrary<std::uint8_t>());
    return content;
}

Content one_pair() {
    Content content;
    content.cp = true;
    SqState sq{0x1112131415161718, 0x0021, 0x0001, 0x0001, true, 2, 0x0005, 0x0007};
    CqState cq{0x2122232425262728, 0x0022, 0x0001, 0x0003, 0x0004, true, true, true, 0x0BEE};
    content.sqs.push_back(sq);
    content.cqs.push_back(cq);
    content.vendor = {1, 2, 3, 4};
    return content;
}

}  // namespace

// NVMe Base 2.3, 5.2.17.1.3, figures 374 to 377: byte by byte.
TEST_CASE("a controller state of one queue pair, byte by byte") {
    const auto bytes = write(one_pair(), Rules{});
    REQUIRE(bytes.size() == 48 + 8 + 24 + 24 + 4);
    CHECK(bytes[0] == 0);
    CHECK(bytes[2] == 1);    // CSATTR.CP
    CHECK(bytes[16] == 14);  // NVMECSS: 2 + 6 * 2 dwords
    CHECK(bytes[32] == 1);   // VSS
    CHECK(bytes[50] == 1);   // NIOSQ
    CHECK(bytes[52] == 1);   // NIOCQ
    const std::uint8_t* sq = bytes.data() + 56;
    CHECK(sq[0] == 0x18);
    CHECK(sq[8] == 0x21);
    CHECK(sq[10] == 1);
    CHECK(sq[12] == 1);
    CHECK(sq[14] == 0x05);  // PC, QPRIO 10b
    CHECK(sq[16] == 5);
    CHECK(sq[18] == 7);
    const std::uint8_t* cq = bytes.data() + 80;
    CHECK(cq[0] == 0x28);
    CHECK(cq[8] == 0x22);
    CHECK(cq[10] == 1);
    CHECK(cq[12] == 3);
    CHECK(cq[14] == 4);
    CHECK(cq[16] == 0x07);  // PC, IEN, S0PT
    CHECK(cq[18] == 0xEE);  // IV
    CHECK(cq[19] == 0x0B);
    CHECK(bytes[104] == 1);
}

TEST_CASE("sizes follow the number of queues") {
    const Rules rules;
    const auto dwords = [&](std::uint16_t sqs, std::uint16_t cqs) {
        return (state_size(StateShape{false, true, sqs, cqs, 0}, rules) - 48) / 4;
    };
    CHECK(dwords(0, 0) == 2);
    CHECK(dwords(1, 1) == 14);
    CHECK(dwords(64, 64) == 770);
    CHECK(state_size(StateShape{false, false, 0, 0, 0}, rules) == 48);
}

TEST_CASE("a controller state survives encode and decode") {
    CHECK(tests::failure_of([] {
              const Rules rules;
              const Content content = any_content();
              const auto bytes = write(content, rules);
              const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules,
                                                           Strictness::CheckReserved);
              RC_ASSERT(view.ok());
              RC_ASSERT(view->header().cp == content.cp);
              RC_ASSERT(view->size() == bytes.size());
              RC_ASSERT(view->sq_count() == content.sqs.size());
              RC_ASSERT(view->cq_count() == content.cqs.size());
              for (std::size_t i = 0; i < content.sqs.size(); ++i) {
                  RC_ASSERT(view->sq(i) == content.sqs[i]);
              }
              for (std::size_t i = 0; i < content.cqs.size(); ++i) {
                  RC_ASSERT(view->cq(i) == content.cqs[i]);
              }
              RC_ASSERT(view->vendor_size() == content.vendor.size());
              RC_ASSERT(
                  std::equal(content.vendor.begin(), content.vendor.end(), view->vendor_data()));
          }) == "");
}

TEST_CASE("a controller state cut short is truncated at every length") {
    const auto bytes = write(one_pair(), Rules{});
    const Rules rules;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        const std::vector<std::uint8_t> cut(bytes.begin(),
                                            bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const auto view = ControllerStateView::parse(cut.data(), cut.size(), rules);
        CHECK(view.error() == Error::Truncated);
        CHECK(view.at() == size);
    }
}

TEST_CASE("arbitrary bytes never lead beyond the input") {
    CHECK(tests::failure_of(
              [](std::vector<std::uint8_t> bytes, std::uint8_t nvmecss, std::uint8_t queues) {
                  const Rules rules;
                  if (bytes.size() >= 56) {  // steer past the header, or most inputs stop there
                      std::fill(bytes.begin(), bytes.begin() + 48, std::uint8_t{0});
                      bytes[16] = nvmecss;
                      bytes[48] = bytes[49] = 0;
                      bytes[50] = queues & 3;
                      bytes[51] = bytes[53] = 0;
                      bytes[52] = queues >> 6;
                  }
                  const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules,
                                                               Strictness::CheckReserved);
                  if (!view) {
                      RC_ASSERT(view.at() <= bytes.size());
                      return;
                  }
                  RC_ASSERT(view->size() <= bytes.size());
                  std::uint64_t sum = 0;
                  for (std::size_t i = 0; i < view->sq_count(); ++i) sum += view->sq(i).prp1;
                  for (std::size_t i = 0; i < view->cq_count(); ++i) sum += view->cq(i).prp1;
                  for (std::size_t i = 0; i < view->vendor_size(); ++i) {
                      sum += view->vendor_data()[i];
                  }
                  RC_ASSERT(sum != 1 || bytes.size() >= 48);
              },
              1000) == "");
}

TEST_CASE("the header is validated") {
    const Rules rules;
    const auto good = write(one_pair(), rules);
    const auto fault = [&](std::size_t at, std::uint8_t value) {
        auto bytes = good;
        bytes[at] = value;
        const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules,
                                                     Strictness::CheckReserved);
        return std::make_pair(view.error(), view.at());
    };
    CHECK(fault(0, 1) == std::make_pair(Error::BadVersion, std::size_t{0}));
    CHECK(fault(48, 1) == std::make_pair(Error::BadVersion, std::size_t{48}));
    CHECK(fault(23, 0xFF) == std::make_pair(Error::OutOfRange, std::size_t{16}));
    CHECK(fault(31, 0x01) == std::make_pair(Error::OutOfRange, std::size_t{16}));
    CHECK(fault(40, 0x01) == std::make_pair(Error::OutOfRange, std::size_t{32}));
    CHECK(fault(16, 13) == std::make_pair(Error::Truncated, std::size_t{48 + 52}));
    CHECK(fault(52, 0) == std::make_pair(Error::SizeMismatch, std::size_t{48 + 32}));
    CHECK(fault(2, 3) == std::make_pair(Error::Reserved, std::size_t{2}));
    CHECK(fault(54, 1) == std::make_pair(Error::Reserved, std::size_t{54}));
    CHECK(fault(56 + 20, 1) == std::make_pair(Error::Reserved, std::size_t{76}));
    CHECK(fault(80 + 23, 1) == std::make_pair(Error::Reserved, std::size_t{103}));
    CHECK(fault(56 + 10, 0) == std::make_pair(Error::OutOfRange, std::size_t{66}));
}

TEST_CASE("queue identifiers must rise") {
    Content content;
    content.sqs.resize(3);
    content.cqs.resize(2);
    content.sqs[0].qid = 1;
    content.sqs[1].qid = 5;
    content.sqs[2].qid = 5;
    content.cqs[0].qid = 2;
    content.cqs[1].qid = 1;
    Rules rules;
    auto bytes = write(content, rules);
    auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
    CHECK(view.error() == Error::NotAscending);
    CHECK(view.at() == 56 + 2 * 24 + 10);
    rules.set_on(Id::NvmeStateSqAscending, false);
    view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
    CHECK(view.error() == Error::NotAscending);
    CHECK(view.at() == 56 + 4 * 24 + 10);
    rules.set_on(Id::NvmeStateCqAscending, false);
    CHECK(ControllerStateView::parse(bytes.data(), bytes.size(), rules).ok());
}

TEST_CASE("queues that no controller could have") {
    const Rules rules;
    const auto check = [&](void (*change)(Content&)) {
        Content content = one_pair();
        change(content);
        const auto bytes = write(content, rules);
        const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
        REQUIRE(view.ok());
        return view->nvme().check_queues();
    };
    CHECK(check([](Content&) {}).error == Error::None);
    CHECK(check([](Content& c) { c.sqs[0].cqid = 2; }).error == Error::OutOfRange);
    CHECK(check([](Content& c) { c.sqs[0].hp = 0x22; }).error == Error::OutOfRange);
    CHECK(check([](Content& c) { c.sqs[0].tp = 0x22; }).error == Error::OutOfRange);
    CHECK(check([](Content& c) { c.sqs[0].tp = 0x21; }).error == Error::None);
    CHECK(check([](Content& c) { c.cqs[0].tp = 0x23; }).at == 8 + 24);
    CHECK(check([](Content& c) { c.cqs[0].qsize = 0; }).error == Error::OutOfRange);
    CHECK(check([](Content& c) { c.sqs[0].qsize = 0; }).at == 8);
}

// S0PT is what slot 0 holds (figure 377), not the tag to be written next.
TEST_CASE("phase of slot 0 and phase of the next completion") {
    CHECK(slot0_phase(true, 0) == false);  // first pass, nothing written
    CHECK(slot0_phase(true, 1) == true);
    CHECK(slot0_phase(false, 0) == true);  // just wrapped
    CHECK(slot0_phase(false, 1) == false);
    for (const bool phase : {false, true}) {
        for (const std::uint16_t tail : {std::uint16_t{0}, std::uint16_t{3}}) {
            CHECK(next_phase(slot0_phase(phase, tail), tail) == phase);
        }
    }
}

TEST_CASE("pieces by offset make up the whole") {
    const auto bytes = write(one_pair(), Rules{});
    for (std::size_t piece = 4; piece <= bytes.size() + 4; piece += 4) {
        std::vector<std::uint8_t> copy(bytes.size());
        std::size_t offset = 0;
        while (offset < bytes.size()) {
            std::vector<std::uint8_t> part(piece);
            const auto got =
                copy_piece(bytes.data(), bytes.size(), offset, part.data(), part.size());
            REQUIRE(got > 0);
            std::memcpy(copy.data() + offset, part.data(), got);
            offset += got;
        }
        CHECK(copy == bytes);
    }
    std::uint8_t none = 0;
    CHECK(copy_piece(bytes.data(), bytes.size(), bytes.size(), &none, 1) == 0);
    CHECK(copy_piece(bytes.data(), bytes.size(), ~std::uint64_t{0}, &none, 1) == 0);
}

TEST_CASE("the greatest number of queues") {
    const Rules rules;
    const std::uint16_t most = 0xFFFF;
    const StateShape shape{true, true, most, most, 0};
    std::vector<std::uint8_t> bytes(state_size(shape, rules));
    ControllerStateWriter writer(bytes.data(), bytes.size(), shape, rules);
    for (std::uint32_t i = 0; i < most; ++i) {
        SqState sq;
        sq.qid = sq.cqid = static_cast<std::uint16_t>(i + 1);
        sq.qsize = 1;
        writer.set_sq(i, sq);
        CqState cq;
        cq.qid = static_cast<std::uint16_t>(i + 1);
        cq.qsize = 1;
        writer.set_cq(i, cq);
    }
    const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), rules);
    REQUIRE(view.ok());
    CHECK(view->sq(most - 1).qid == most);
    CHECK(view->nvme().check_queues().error == Error::None);
}

// A draft's layout: a 20-byte header with 16-bit sizes, CQ states of 22 bytes with 16 bits of
// attributes. Each side understands itself, and the standard does not understand it.
TEST_CASE("a dialect's layout is encoded and decoded from the overlay") {
    Rules dialect;
    dialect.set_value(Id::StateHeaderSize, 20);
    dialect.set_place(Id::StateNvmecss, spec::bytes(16, 17));
    dialect.set_place(Id::StateVss, spec::bytes(18, 19));
    dialect.set_value(Id::CqStateSize, 22);
    dialect.set_place(Id::CqStateIv, spec::bits(16, 15, 3));
    Content content = one_pair();
    content.cqs.push_back(content.cqs[0]);
    content.cqs[1].qid = 2;
    const auto bytes = write(content, dialect);
    CHECK(bytes.size() == 20 + 8 + 24 + 2 * 22 + 4);
    const auto view = ControllerStateView::parse(bytes.data(), bytes.size(), dialect);
    REQUIRE(view.ok());
    CHECK(view->cq(1) == content.cqs[1]);
    CHECK(!ControllerStateView::parse(bytes.data(), bytes.size(), Rules{}).ok());
}
