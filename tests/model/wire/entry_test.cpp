#include <array>
#include <cstdint>

#include "model/wire/cqe.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/sqe.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;

namespace {

std::array<std::uint8_t, 64> sqe_bytes(const Sqe& sqe) {
    std::array<std::uint8_t, 64> bytes{};
    encode(sqe, bytes.data());
    return bytes;
}

}  // namespace

// NVMe Base 2.3, 4.1.1: the bytes of each field.
TEST_CASE("a submission entry places its fields") {
    Sqe sqe;
    sqe.opcode = 0x41;
    sqe.flags = 0x80;
    sqe.cid = 0x1234;
    sqe.nsid = 0x01020304;
    sqe.cdw2 = 0x22222222;
    sqe.cdw3 = 0x33333333;
    sqe.mptr = 0x4444444444444444;
    sqe.prp1 = 0x1112131415161718;
    sqe.prp2 = 0x2122232425262728;
    sqe.cdw10 = 10;
    sqe.cdw11 = 11;
    sqe.cdw12 = 12;
    sqe.cdw13 = 13;
    sqe.cdw14 = 14;
    sqe.cdw15 = 15;
    const auto bytes = sqe_bytes(sqe);
    CHECK(bytes[0] == 0x41);
    CHECK(bytes[1] == 0x80);
    CHECK(bytes[2] == 0x34);
    CHECK(bytes[3] == 0x12);
    CHECK(bytes[4] == 0x04);
    CHECK(bytes[8] == 0x22);
    CHECK(bytes[12] == 0x33);
    CHECK(bytes[16] == 0x44);
    CHECK(bytes[24] == 0x18);
    CHECK(bytes[31] == 0x11);
    CHECK(bytes[32] == 0x28);
    for (std::uint8_t dword = 10; dword <= 15; ++dword) {
        CHECK(bytes[dword * 4U] == dword);
    }
    CHECK(decode_sqe(bytes.data()) == sqe);
}

TEST_CASE("any 64 bytes are a submission entry that encodes to the same bytes") {
    CHECK(tests::failure_of([](const std::array<std::uint8_t, 64>& bytes) {
              RC_ASSERT(sqe_bytes(decode_sqe(bytes.data())) == bytes);
          }) == "");
}

// NVMe Base 2.3, 4.2.1: DW3 holds CID 15:0, P 16, SF 31:17.
TEST_CASE("a completion entry places its fields") {
    Cqe cqe;
    cqe.dw0 = 0x00000104;
    cqe.dw1 = 0xAABBCCDD;
    cqe.sqhd = 0x0102;
    cqe.sqid = 0x0304;
    cqe.cid = 0x0506;
    cqe.phase = true;
    cqe.status = 0x13A | status_dnr;
    std::array<std::uint8_t, 16> bytes{};
    encode(cqe, bytes.data());
    CHECK(bytes[0] == 0x04);
    CHECK(bytes[1] == 0x01);
    CHECK(bytes[4] == 0xDD);
    CHECK(bytes[8] == 0x02);
    CHECK(bytes[10] == 0x04);
    CHECK(bytes[12] == 0x06);
    CHECK((bytes[14] & 1) == 1);
    CHECK((bytes[14] | bytes[15] << 8) >> 1 == (0x413A));
    CHECK(phase_of(bytes.data()));
    CHECK(decode_cqe(bytes.data()) == cqe);
    CHECK(status_code(cqe.status) == 0x13A);
}

TEST_CASE("any 16 bytes are a completion entry that encodes to the same bytes") {
    CHECK(tests::failure_of([](const std::array<std::uint8_t, 16>& bytes) {
              std::array<std::uint8_t, 16> again{};
              encode(decode_cqe(bytes.data()), again.data());
              RC_ASSERT(again == bytes);
          }) == "");
}

TEST_CASE("a status of more than 15 bits cannot reach the phase tag") {
    Cqe cqe;
    cqe.status = 0xFFFF;
    const Cqe back = from_words(to_words(cqe));
    CHECK(!back.phase);
    CHECK(back.status == 0x7FFF);
}

// NVM Command Set 1.2, 3.3: SLBA in CDW10 and CDW11, NLB in CDW12 15:0, FUA in CDW12 bit 30.
TEST_CASE("read and write ranges") {
    const Sqe sqe = encode_nvm(spec::opcode::NvmWrite, 7, {0x0123456789ABCDEF, 0xFFFF, true});
    CHECK(sqe.opcode == 0x01);
    CHECK(sqe.nsid == 7);
    CHECK(sqe.cdw10 == 0x89ABCDEF);
    CHECK(sqe.cdw11 == 0x01234567);
    CHECK(sqe.cdw12 == 0x4000FFFF);
    const NvmRange range = decode_nvm_range(sqe);
    CHECK(range.slba == 0x0123456789ABCDEF);
    CHECK(range.blocks() == 65536);
    CHECK(range.fua);
    CHECK(encode_flush(1).opcode == 0x00);
}

TEST_CASE("dataset management") {
    const spec::Rules rules;
    const Sqe sqe = encode(DatasetManagement{256, true}, 1, rules);
    CHECK(sqe.opcode == 0x09);
    CHECK(sqe.cdw10 == 255);
    CHECK(sqe.cdw11 == 4);
    CHECK(decode_dataset_management(sqe, rules).ranges == 256);
    CHECK(decode_dataset_management(sqe, rules).deallocate);
    std::array<std::uint8_t, 16> bytes{};
    encode(DsmRange{1, 2, 3}, bytes.data(), rules);
    CHECK(bytes[0] == 1);
    CHECK(bytes[4] == 2);
    CHECK(bytes[8] == 3);
    CHECK(decode_dsm_range(bytes.data(), rules).slba == 3);
    CHECK(rules.value(spec::Id::DsmRangeSize) == bytes.size());
}

// 3.3.8: DEAC is bit 25 of CDW12.
TEST_CASE("write zeroes that deallocates") {
    const spec::Rules rules;
    const Sqe sqe = encode_write_zeroes(2, {0x1234, 7, false}, true, rules);
    CHECK(sqe.opcode == 0x08);
    CHECK(sqe.nsid == 2);
    CHECK(sqe.cdw12 == (1U << 25 | 7));
    CHECK(decode_deac(sqe, rules));
    CHECK(!decode_deac(encode_write_zeroes(2, {0x1234, 7, false}, false, rules), rules));
}
