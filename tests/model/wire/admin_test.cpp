#include "model/wire/admin.hpp"

#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

// NVMe Base 2.3, 5.2.13.1: CNS 7:0 and CNTID 31:16 of CDW10, CSI 31:24 of CDW11, UIDX of CDW14.
TEST_CASE("identify") {
    const Sqe sqe = encode(Identify{0x15, 0x0203, 0x04, 0x05}, Rules{});
    CHECK(sqe.opcode == 0x06);
    CHECK(sqe.cdw10 == 0x02030015);
    CHECK(sqe.cdw11 == 0x04000000);
    CHECK(sqe.cdw14 == 0x05);
    const Identify back = decode_identify(sqe, Rules{});
    CHECK(back.cns == 0x15);
    CHECK(back.cntid == 0x0203);
    CHECK(back.csi == 0x04);
    CHECK(back.uidx == 0x05);
}

// 5.3.1: QID 15:0, QSIZE 31:16 of CDW10; PC bit 0, IEN bit 1, IV 31:16 of CDW11.
TEST_CASE("create completion queue") {
    const Sqe sqe = encode(CreateCq{3, 1023, true, true, 7, 0xABCD000}, Rules{});
    CHECK(sqe.opcode == 0x05);
    CHECK(sqe.prp1 == 0xABCD000);
    CHECK(sqe.cdw10 == (1023U << 16 | 3));
    CHECK(sqe.cdw11 == (7U << 16 | 3));
    const CreateCq back = decode_create_cq(sqe, Rules{});
    CHECK(back.qid == 3);
    CHECK(back.qsize == 1023);
    CHECK(back.pc);
    CHECK(back.ien);
    CHECK(back.iv == 7);
    CHECK(back.prp1 == 0xABCD000);
    CHECK(encode(CreateCq{1, 1, false, true, 0, 0}, Rules{}).cdw11 == 2);
}

// 5.3.2: PC bit 0, QPRIO 2:1, CQID 31:16 of CDW11.
TEST_CASE("create submission queue") {
    const Sqe sqe = encode(CreateSq{3, 1023, true, 2, 9, 0x1000}, Rules{});
    CHECK(sqe.opcode == 0x01);
    CHECK(sqe.cdw10 == (1023U << 16 | 3));
    CHECK(sqe.cdw11 == (9U << 16 | 2U << 1 | 1));
    const CreateSq back = decode_create_sq(sqe, Rules{});
    CHECK(back.qid == 3);
    CHECK(back.qsize == 1023);
    CHECK(back.pc);
    CHECK(back.qprio == 2);
    CHECK(back.cqid == 9);
    CHECK(back.prp1 == 0x1000);
}

TEST_CASE("delete queues") {
    const Sqe sq = encode(DeleteSq{0xFFFF}, Rules{});
    CHECK(sq.opcode == 0x00);
    CHECK(decode_delete_sq(sq, Rules{}).qid == 0xFFFF);
    const Sqe cq = encode(DeleteCq{2}, Rules{});
    CHECK(cq.opcode == 0x04);
    CHECK(cq.cdw10 == 2);
    CHECK(decode_delete_cq(cq, Rules{}).qid == 2);
}

TEST_CASE("features") {
    const NumberOfQueues queues{7, 15};
    const Sqe set = encode(SetFeatures{0x07, true, encode(queues, Rules{})}, Rules{});
    CHECK(set.opcode == 0x09);
    CHECK(set.cdw10 == 0x80000007);
    CHECK(set.cdw11 == 0x000F0007);
    CHECK(decode_set_features(set, Rules{}).fid == 0x07);
    CHECK(decode_set_features(set, Rules{}).sv);
    CHECK(decode_number_of_queues(set.cdw11, Rules{}).sqs == 7);
    CHECK(decode_number_of_queues(set.cdw11, Rules{}).cqs == 15);
    const Sqe get = encode(GetFeatures{0x0B, 3, 0x21}, Rules{});
    CHECK(get.opcode == 0x0A);
    CHECK(get.cdw10 == 0x30B);
    CHECK(decode_get_features(get, Rules{}).fid == 0x0B);
    CHECK(decode_get_features(get, Rules{}).sel == 3);
    CHECK(decode_get_features(get, Rules{}).cdw11 == 0x21);
    CHECK(encode(InterruptCoalescing{4, 9}, Rules{}) == 0x0904);
    CHECK(decode_interrupt_coalescing(0x0904, Rules{}).time == 9);
    CHECK(decode_interrupt_coalescing(0x0904, Rules{}).threshold == 4);
    CHECK(encode(InterruptVector{0x1234, true}, Rules{}) == 0x1'1234);
    CHECK(decode_interrupt_vector(0x1234, Rules{}).iv == 0x1234);
    CHECK_FALSE(decode_interrupt_vector(0xfffe'ffff, Rules{}).cd);
    CHECK(decode_interrupt_vector(0x1'0000, Rules{}).cd);
    CHECK(encode(VolatileWriteCache{true}, Rules{}) == 1);
    CHECK_FALSE(decode_volatile_write_cache(0xffff'fffe, Rules{}).wce);
    CHECK(encode(FeatureCapabilities{true, false, false}, Rules{}) == 1);
    CHECK(encode(FeatureCapabilities{false, true, false}, Rules{}) == 2);
    CHECK(encode(FeatureCapabilities{false, false, true}, Rules{}) == 4);
}

TEST_CASE("abort and asynchronous event request") {
    const Sqe abort = encode(Abort{2, 0x1234}, Rules{});
    CHECK(abort.opcode == 0x08);
    CHECK(abort.cdw10 == 0x12340002);
    CHECK(decode_abort(abort, Rules{}).sqid == 2);
    CHECK(decode_abort(abort, Rules{}).cid == 0x1234);
    CHECK(encode(Aer{}, Rules{}).opcode == 0x0C);
}

TEST_CASE("queue creation survives encode and decode") {
    CHECK(tests::failure_of([](std::uint16_t qid, std::uint16_t qsize, std::uint16_t other,
                               std::uint64_t prp1, bool pc, bool ien) {
              const Rules rules;
              const CreateCq cq = decode_create_cq(
                  encode(CreateCq{qid, qsize, pc, ien, other, prp1}, rules), rules);
              RC_ASSERT(cq.qid == qid);
              RC_ASSERT(cq.qsize == qsize);
              RC_ASSERT(cq.pc == pc);
              RC_ASSERT(cq.ien == ien);
              RC_ASSERT(cq.iv == other);
              RC_ASSERT(cq.prp1 == prp1);
              const auto qprio = static_cast<std::uint8_t>(qid & 3);
              const CreateSq sq = decode_create_sq(
                  encode(CreateSq{qid, qsize, pc, qprio, other, prp1}, rules), rules);
              RC_ASSERT(sq.qid == qid);
              RC_ASSERT(sq.qsize == qsize);
              RC_ASSERT(sq.pc == pc);
              RC_ASSERT(sq.qprio == qprio);
              RC_ASSERT(sq.cqid == other);
              RC_ASSERT(sq.prp1 == prp1);
          }) == "");
}
