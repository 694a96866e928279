#pragma once

#include <cstring>

#include "model/wire/bits.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/sqe.hpp"
#include "tests/model/wire/describe/collect.hpp"

/// Structures byte by byte, as the documents place their fields: not through the encoders.
namespace lmsim::tests {

struct Dwords {
    std::uint32_t cdw10 = 0, cdw11 = 0, cdw12 = 0, cdw13 = 0, cdw14 = 0, cdw15 = 0;
};

inline Bytes sqe(std::uint8_t opcode, std::uint32_t nsid = 0, std::uint64_t prp1 = 0,
                 const Dwords& dwords = {}) {
    Bytes bytes(64);
    bytes[0] = opcode;
    bytes[2] = 7;  // CID
    wire::store_le(bytes.data() + 4, nsid);
    wire::store_le(bytes.data() + 24, prp1);
    const std::uint32_t all[] = {dwords.cdw10, dwords.cdw11, dwords.cdw12,
                                 dwords.cdw13, dwords.cdw14, dwords.cdw15};
    for (std::size_t i = 0; i < 6; ++i) wire::store_le(bytes.data() + 40 + 4 * i, all[i]);
    return bytes;
}

struct Entry {
    std::uint32_t nsid = 1;
    std::uint32_t nlb = 0;
    std::uint64_t slba = 0;
    std::uint8_t lbamqa = 1;  // CDQP 0, ESA 3:1, DLBA 5, LBACIR 7:6
};

inline Bytes udmq_entry(const Entry& entry) {
    Bytes bytes(32);
    wire::store_le(bytes.data(), entry.nsid);
    wire::store_le(bytes.data() + 4, entry.nlb);
    wire::store_le(bytes.data() + 8, entry.slba);
    bytes[31] = entry.lbamqa;
    return bytes;
}

inline Bytes joined(const std::vector<Bytes>& parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// A queue state: 24 bytes at `to`, QSIZE 32 entries, one command outstanding.
inline void put_queue(std::uint8_t* to, std::uint16_t qid, std::uint16_t cqid_or_head) {
    wire::store_le<std::uint64_t>(to, 0x10000U * qid);
    wire::store_le<std::uint16_t>(to + 8, 31);
    wire::store_le(to + 10, qid);
    wire::store_le(to + 12, cqid_or_head);
}

/// SQ 1 and CQ 1; the SQ state at 56, the CQ state at 80.
inline Bytes one_pair_state() {
    Bytes bytes(104);
    bytes[2] = 1;    // CP
    bytes[16] = 14;  // NVMECSS
    bytes[50] = 1;   // NIOSQ
    bytes[52] = 1;   // NIOCQ
    put_queue(bytes.data() + 56, 1, 1);
    bytes[56 + 14] = 1;  // PC
    bytes[56 + 16] = 3;  // HP
    bytes[56 + 18] = 4;  // TP
    put_queue(bytes.data() + 80, 1, 2);
    bytes[80 + 14] = 3;  // TP
    bytes[80 + 16] = 7;  // PC, IEN, S0PT
    bytes[80 + 18] = 5;  // IV
    return bytes;
}

inline Bytes two_queues(std::uint8_t sqs, std::uint8_t cqs) {
    Bytes bytes(56);
    bytes[2] = sqs;
    bytes[4] = cqs;
    put_queue(bytes.data() + 8, 3, 3);
    put_queue(bytes.data() + 32, 3, 3);
    return bytes;
}
inline Bytes two_sqs_of_one_qid() { return two_queues(2, 0); }
inline Bytes two_cqs_of_one_qid() { return two_queues(0, 2); }

/// One range: four granules of 8 KiB from 64 KiB on.
inline Bytes track_memory() {
    Bytes bytes(20);
    bytes[3] = 1;  // RMRTG
    bytes[4] = 1;  // RNMRTD
    wire::store_le<std::uint64_t>(bytes.data() + 8, 0x10000);
    wire::store_le<std::uint32_t>(bytes.data() + 16, 4);
    return bytes;
}

inline Bytes mmc_with_host_buffer() {
    Bytes bytes(4096);
    bytes[257] = 0x08;  // OACS.HMLMS
    bytes[272] = 1;     // HMPRE
    return bytes;
}

}  // namespace lmsim::tests
