#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// The management operations of Migration Send (NVMe Base 2.3, 5.2.17).
enum class SendOperation : std::uint8_t { Suspend, Resume, SetControllerState, Reserved };

/// Suspend types (5.2.17.1.1, figure 367).
enum class SuspendType : std::uint8_t { Notification, Suspend, Reserved };

/// Sequence indicators of Set Controller State (5.2.17.1.3, figure 369).
enum class Seqind : std::uint8_t { Middle, First, Last, Only };

/// Migration Send, all operations. Members that the operation does not use stay at 0.
struct MigrationSend {
    SendOperation operation = SendOperation::Reserved;
    std::uint8_t sel = 0;  // as on the wire; tells reserved operations apart
    std::uint8_t uidx = 0;
    std::uint16_t cntlid = 0;
    // Suspend
    SuspendType type = SuspendType::Notification;
    std::uint8_t stype = 0;  // as on the wire
    bool dudmq = false;
    // Set Controller State
    Seqind seqind = Seqind::Middle;
    std::uint8_t csvi = 0;
    std::uint8_t csuuidi = 0;
    std::uint64_t offset = 0;  // bytes
    std::uint64_t dwords = 0;  // length; on the wire as NUMD's rule says

    static MigrationSend suspend(std::uint16_t cntlid, SuspendType type, bool dudmq = false);
    static MigrationSend resume(std::uint16_t cntlid);
    static MigrationSend set_controller_state(std::uint16_t cntlid, Seqind seqind,
                                              std::uint8_t csvi, std::uint8_t csuuidi,
                                              std::uint64_t offset, std::uint64_t dwords);
};
bool operator==(const MigrationSend& a, const MigrationSend& b);

/// Migration Receive (NVMe Base 2.3, 5.2.16), of which Get Controller State is the only operation.
struct MigrationReceive {
    bool get_controller_state = true;  // false: SEL is reserved
    bool query_size = false;           // of the dialect that asks for the size first: LM-VND-02
    std::uint8_t sel = 0;              // as on the wire
    std::uint8_t uidx = 0;
    std::uint16_t cntlid = 0;
    std::uint8_t csvi = 0;
    std::uint8_t csuuidi = 0;
    std::uint8_t csuidxp = 0;
    std::uint64_t offset = 0;  // bytes
    std::uint64_t dwords = 1;  // length, at least 1; on the wire as NUMDL's rule says
};
bool operator==(const MigrationReceive& a, const MigrationReceive& b);

/// Is it Migration Send, or Migration Receive? A dialect may have an opcode for each operation
/// (LM-VND-01).
bool is_migration_send(const Sqe& sqe, const spec::Rules& rules);
bool is_migration_receive(const Sqe& sqe, const spec::Rules& rules);

/// An entry with opcode and command dwords; CID and PRPs are the caller's.
Sqe encode(const MigrationSend& command, const spec::Rules& rules);
Sqe encode(const MigrationReceive& command, const spec::Rules& rules);

/// Any entry decodes; what it asks for may still be refused.
MigrationSend decode_migration_send(const Sqe& sqe, const spec::Rules& rules);
MigrationReceive decode_migration_receive(const Sqe& sqe, const spec::Rules& rules);

/// CSUP of a Migration Receive's completion (figure 363).
std::uint32_t encode_csup(bool csup, const spec::Rules& rules);
bool decode_csup(const Cqe& cqe, const spec::Rules& rules);

}  // namespace lmsim::wire
