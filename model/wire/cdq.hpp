#pragma once

#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// The management operations of Controller Data Queue (NVMe Base 2.3, 5.2.4).
enum class CdqOperation : std::uint8_t { Create, Delete, Reserved };

/// Controller Data Queue, all operations. Members that the operation does not use stay at 0.
struct ControllerDataQueue {
    CdqOperation operation = CdqOperation::Reserved;
    std::uint8_t sel = 0;  // as on the wire; tells reserved operations apart
    // Create
    std::uint8_t qt = 0;  // as on the wire; 0 is a UDMQ
    bool pc = true;
    std::uint16_t cntlid = 0;  // CQS: the MC whose changes a UDMQ takes
    std::uint32_t dwords = 0;  // CDQSIZE
    std::uint64_t prp1 = 0;    // the memory (PC = 1) or its PRP list
    // Delete
    std::uint16_t cdqid = 0;

    static ControllerDataQueue create(std::uint16_t cntlid, std::uint64_t prp1,
                                      std::uint32_t dwords, bool pc = true);
    static ControllerDataQueue remove(std::uint16_t cdqid);
};
bool operator==(const ControllerDataQueue& a, const ControllerDataQueue& b);

/// An entry with opcode, PRP1 and command dwords; CID is the caller's.
Sqe encode(const ControllerDataQueue& command, const spec::Rules& rules);
/// Any entry decodes; what it asks for may still be refused.
ControllerDataQueue decode_cdq(const Sqe& sqe, const spec::Rules& rules);

/// CDQID of a Create's completion, DW0 (figure 172).
std::uint32_t encode_created_cdqid(std::uint16_t cdqid, const spec::Rules& rules);
std::uint16_t decode_created_cdqid(const Cqe& cqe, const spec::Rules& rules);

/// Logging actions of Track Send (5.2.28.1.1, figure 493).
enum class LogAction : std::uint8_t { Stop, Start, Reserved };

/// Track Send, Log User Data Changes.
struct LogUserData {
    LogAction action = LogAction::Start;
    std::uint8_t lact = 0;  // as on the wire; tells reserved actions apart
    std::uint16_t cdqid = 0;
};
bool operator==(const LogUserData& a, const LogUserData& b);

Sqe encode(const LogUserData& command, const spec::Rules& rules);
/// The entry's SEL is not looked at.
LogUserData decode_log_user_data(const Sqe& sqe, const spec::Rules& rules);

/// Feature 21h (5.2.26.1.23) of one queue: CDW11 to CDW13 of Set Features, or what Get Features
/// brings in DW0 and data.
struct CdqFeature {
    std::uint16_t cdqid = 0;
    std::uint32_t hp = 0;  // slots
    bool etpt = false;
    std::uint32_t tpt = 0;  // 0 in what Get Features brings with ETPT = 0
};
bool operator==(const CdqFeature& a, const CdqFeature& b);

Sqe encode_set_cdq_feature(const CdqFeature& feature, const spec::Rules& rules);
Sqe encode_get_cdq_feature(std::uint16_t cdqid, const spec::Rules& rules);
/// Of a Set Features; of a Get Features only `cdqid` says something.
CdqFeature decode_cdq_feature(const Sqe& sqe, const spec::Rules& rules);

/// DW0 of a Get Features 21h.
std::uint32_t encode_cdq_feature_result(const CdqFeature& feature, const spec::Rules& rules);
/// Writes `size` bytes of data (figure 447): zeros around HP and TPT.
void encode_cdq_feature_data(const CdqFeature& feature, std::uint8_t* to, std::size_t size,
                             const spec::Rules& rules);
/// Faults: Truncated (no room for HP and TPT).
Result<CdqFeature> decode_cdq_feature_got(const Cqe& cqe, const std::uint8_t* data,
                                          std::size_t size, const spec::Rules& rules);

/// Entry sequence attribute of an LBA Migration Queue entry (NVM Command Set 1.2, 5.6).
enum class Esa : std::uint8_t { Ordinary, First, Stopped, Suspended, Full };

/// What LBAs an entry speaks of (LBACIR).
enum class Lbacir : std::uint8_t { Range, Namespace, None };

/// LBA Migration Queue entry, type 0 (figure 177). NLB is a plain count here; 0 with LBACIR 1 or 2.
struct UdmqEntry {
    std::uint32_t nsid = 0;
    std::uint64_t slba = 0;
    std::uint64_t blocks = 0;
    Esa esa = Esa::Ordinary;
    Lbacir lbacir = Lbacir::Range;
    bool deallocated = false;
    bool phase = false;  // CDQP
};
bool operator==(const UdmqEntry& a, const UdmqEntry& b);

/// The entry as little-endian words, as an Effect carries them: the third is zero.
struct UdmqWords {
    std::uint64_t word[4] = {};
};
UdmqWords to_words(const UdmqEntry& entry, const spec::Rules& rules);

/// The most blocks that one entry can name.
inline std::uint64_t udmq_max_blocks(const spec::Rules& rules) {
    return std::uint64_t{1} << (rules.place(spec::Id::UdmqNlb).width & 63U);
}

/// Bytes of an entry under these rules.
inline std::uint32_t udmq_entry_size(const spec::Rules& rules) {
    return rules.value(spec::Id::UdmqEntrySize);
}

/// Writes udmq_entry_size() bytes.
void encode(const UdmqEntry& entry, std::uint8_t* to, const spec::Rules& rules);

/// CDQP, of any place and width.
bool udmq_phase_anywhere(const std::uint8_t* entry, const spec::Rules& rules);

/// CDQP alone: what a host polls.
inline bool udmq_phase(const std::uint8_t* entry, const spec::Rules& rules) {
    const spec::Place place = rules.place(spec::Id::UdmqCdqp);
    if (place.width != 1 || place.bit / 8 >= udmq_entry_size(rules)) {
        return udmq_phase_anywhere(entry, rules);
    }
    return (entry[place.bit / 8] >> place.bit % 8 & 1) != 0;
}

/// Reads entry after entry: what they have in common is looked up once. The rules must outlive it.
class UdmqReader {
  public:
    explicit UdmqReader(const spec::Rules& rules);
    /// As decode_udmq_entry().
    Result<UdmqEntry> decode(const std::uint8_t* data, std::size_t size) const;

  private:
    bool has_reserved(const UdmqWords& words) const;

    const spec::Rules* rules_;
    std::size_t size_;
    UdmqWords fields_;
};

/// Faults: Truncated; Reserved (bits, or ESA 4 to 6 or LBACIR 3); OutOfRange (a combination that
/// figure 177 excludes). NLB of an entry with LBACIR 1 says nothing and is not kept.
Result<UdmqEntry> decode_udmq_entry(const std::uint8_t* data, std::size_t size,
                                    const spec::Rules& rules);

/// The memory of a UDMQ, contiguous in the caller's bytes, which must outlive the view, as must the
/// rules.
class UdmqView {
  public:
    UdmqView() = default;
    /// Faults: SizeMismatch (not a whole number of entries, or none).
    static Result<UdmqView> parse(const std::uint8_t* data, std::size_t size,
                                  const spec::Rules& rules);
    std::size_t slots() const { return slots_; }
    const std::uint8_t* at(std::size_t slot) const;
    bool phase(std::size_t slot) const { return udmq_phase(at(slot), *rules_); }
    Result<UdmqEntry> operator[](std::size_t slot) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    std::size_t slots_ = 0;
};

/// One-shot events (NVMe Base 2.3, 5.2.2.1, figure 157).
enum class CdqEvent : std::uint8_t { TailPointer, FullError };

/// DW0 and DW1 of an AER's completion.
struct AerResult {
    std::uint8_t type = 0;
    std::uint8_t information = 0;
    std::uint8_t log_page = 0;
    std::uint16_t cdqid = 0;  // of a CDQ event

    static AerResult of(CdqEvent event, std::uint16_t cdqid, const spec::Rules& rules);
    bool is(CdqEvent event, const spec::Rules& rules) const;
};
bool operator==(const AerResult& a, const AerResult& b);

/// An entry with DW0 and DW1 of the event.
Cqe encode(const AerResult& result, const spec::Rules& rules);
AerResult decode_aer_result(const Cqe& cqe, const spec::Rules& rules);

}  // namespace lmsim::wire
