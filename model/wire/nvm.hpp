#pragma once

#include <cstdint>

#include "model/spec/codes.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

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

/// Does a Write Zeroes ask for the blocks to be deallocated (3.3.8)?
inline bool decode_deac(const Sqe& sqe, const spec::Rules& rules) {
    return SqeFields(sqe, rules).flag(spec::Id::WriteZeroesDeac);
}

inline Sqe encode_write_zeroes(std::uint32_t nsid, const NvmRange& range, bool deac,
                               const spec::Rules& rules) {
    SqeFields fields(encode_nvm(spec::opcode::NvmWriteZeroes, nsid, range), rules);
    fields.set(spec::Id::WriteZeroesDeac, deac ? 1 : 0);
    return fields.sqe();
}

/// Dataset Management (NVM Command Set 1.2, 3.3.3): `ranges` 16-byte ranges in the data buffer.
struct DatasetManagement {
    std::uint16_t ranges = 1;  // 1 to 256; 0's based on the wire
    bool deallocate = false;
};

inline DatasetManagement decode_dataset_management(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    return {static_cast<std::uint16_t>(fields.get(spec::Id::DsmNr) + 1),
            fields.flag(spec::Id::DsmAd)};
}

inline Sqe encode(const DatasetManagement& command, std::uint32_t nsid, const spec::Rules& rules) {
    LMSIM_ASSERT(command.ranges >= 1 && command.ranges <= 256);
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(spec::Id::OpcodeNvmDatasetManagement));
    sqe.nsid = nsid;
    SqeFields fields(sqe, rules);
    fields.set(spec::Id::DsmNr, command.ranges - 1U);
    fields.set(spec::Id::DsmAd, command.deallocate ? 1 : 0);
    return fields.sqe();
}

/// One range of Dataset Management. nlb is a plain count here.
struct DsmRange {
    std::uint32_t cattr = 0;
    std::uint32_t nlb = 0;
    std::uint64_t slba = 0;
};

/// Writes one range: DsmRangeSize bytes.
inline void encode(const DsmRange& range, std::uint8_t* to, const spec::Rules& rules) {
    LayoutWriter writer(to, rules.value(spec::Id::DsmRangeSize), rules);
    writer.set(spec::Id::DsmRangeCattr, range.cattr);
    writer.set(spec::Id::DsmRangeNlb, range.nlb);
    writer.set(spec::Id::DsmRangeSlba, range.slba);
}

/// Reads one range: DsmRangeSize bytes.
inline DsmRange decode_dsm_range(const std::uint8_t* from, const spec::Rules& rules) {
    const LayoutReader reader(from, rules.value(spec::Id::DsmRangeSize), rules);
    return {reader.u32(spec::Id::DsmRangeCattr), reader.u32(spec::Id::DsmRangeNlb),
            reader.get(spec::Id::DsmRangeSlba)};
}

}  // namespace lmsim::wire
