#pragma once

#include <cstdint>

#include "model/spec/codes.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// Read, Write, Compare, Write Zeroes (NVM Command Set 1.2, 3.3). On the hot path: fixed places.
struct NvmRange {
    std::uint64_t slba = 0;
    std::uint16_t nlb = 0;  // 0's based
    bool fua = false;

    constexpr std::uint32_t blocks() const { return std::uint32_t{nlb} + 1; }
};

inline NvmRange decode_nvm_range(const Sqe& sqe) {
    return {sqe.cdw10 | std::uint64_t{sqe.cdw11} << 32, static_cast<std::uint16_t>(sqe.cdw12),
            (sqe.cdw12 >> 30 & 1) != 0};
}

inline Sqe encode_nvm(std::uint8_t opcode, std::uint32_t nsid, const NvmRange& range) {
    Sqe sqe;
    sqe.opcode = opcode;
    sqe.nsid = nsid;
    sqe.cdw10 = static_cast<std::uint32_t>(range.slba);
    sqe.cdw11 = static_cast<std::uint32_t>(range.slba >> 32);
    sqe.cdw12 = range.nlb | std::uint32_t{range.fua} << 30;
    return sqe;
}

inline Sqe encode_flush(std::uint32_t nsid) {
    Sqe sqe;
    sqe.opcode = spec::opcode::NvmFlush;
    sqe.nsid = nsid;
    return sqe;
}

/// Dataset Management (NVM Command Set 1.2, 3.3.3): `ranges` 16-byte ranges in the data buffer.
struct DatasetManagement {
    std::uint16_t ranges = 1;  // 1 to 256; 0's based on the wire
    bool deallocate = false;
};

inline DatasetManagement decode_dataset_management(const Sqe& sqe) {
    return {static_cast<std::uint16_t>((sqe.cdw10 & 0xFF) + 1), (sqe.cdw11 >> 2 & 1) != 0};
}

inline Sqe encode(const DatasetManagement& command, std::uint32_t nsid) {
    LMSIM_ASSERT(command.ranges >= 1 && command.ranges <= 256);
    Sqe sqe;
    sqe.opcode = spec::opcode::NvmDatasetManagement;
    sqe.nsid = nsid;
    sqe.cdw10 = command.ranges - 1U;
    sqe.cdw11 = std::uint32_t{command.deallocate} << 2;
    return sqe;
}

/// One range of Dataset Management, 16 bytes. nlb is a plain count here.
struct DsmRange {
    static constexpr std::size_t size = 16;

    std::uint32_t cattr = 0;
    std::uint32_t nlb = 0;
    std::uint64_t slba = 0;
};

inline void encode(const DsmRange& range, std::uint8_t* to) {
    store_le(to, range.cattr);
    store_le(to + 4, range.nlb);
    store_le(to + 8, range.slba);
}

inline DsmRange decode_dsm_range(const std::uint8_t* from) {
    return {load_le<std::uint32_t>(from), load_le<std::uint32_t>(from + 4),
            load_le<std::uint64_t>(from + 8)};
}

}  // namespace lmsim::wire
