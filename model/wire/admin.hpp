#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// Identify (NVMe Base 2.3, 5.2.13.1).
struct Identify {
    std::uint8_t cns = 0;
    std::uint16_t cntid = 0;
    std::uint8_t csi = 0;
    std::uint8_t uidx = 0;
};

/// Create I/O Completion Queue (5.3.1). qsize is 0's based.
struct CreateCq {
    std::uint16_t qid = 0;
    std::uint16_t qsize = 0;
    bool pc = true;
    bool ien = true;
    std::uint16_t iv = 0;
    std::uint64_t prp1 = 0;
};

/// Create I/O Submission Queue (5.3.2). qsize is 0's based.
struct CreateSq {
    std::uint16_t qid = 0;
    std::uint16_t qsize = 0;
    bool pc = true;
    std::uint8_t qprio = 0;
    std::uint16_t cqid = 0;
    std::uint64_t prp1 = 0;
};

/// Delete I/O Submission Queue (5.3.4) and Delete I/O Completion Queue (5.3.3).
struct DeleteSq {
    std::uint16_t qid = 0;
};
struct DeleteCq {
    std::uint16_t qid = 0;
};

/// Set Features (5.2.26) of a feature that lives in CDW11.
struct SetFeatures {
    std::uint8_t fid = 0;
    bool sv = false;
    std::uint32_t cdw11 = 0;
};

/// Get Features (5.2.11).
struct GetFeatures {
    std::uint8_t fid = 0;
    std::uint8_t sel = 0;
    std::uint32_t cdw11 = 0;
};

/// Abort (5.2.1).
struct Abort {
    std::uint16_t sqid = 0;
    std::uint16_t cid = 0;
};

/// Asynchronous Event Request (5.2.2).
struct Aer {};

/// An entry with opcode, command dwords and (queue creation) PRP1; CID is the caller's.
Sqe encode(const Identify& command, const spec::Rules& rules);
Sqe encode(const CreateCq& command, const spec::Rules& rules);
Sqe encode(const CreateSq& command, const spec::Rules& rules);
Sqe encode(const DeleteSq& command, const spec::Rules& rules);
Sqe encode(const DeleteCq& command, const spec::Rules& rules);
Sqe encode(const SetFeatures& command, const spec::Rules& rules);
Sqe encode(const GetFeatures& command, const spec::Rules& rules);
Sqe encode(const Abort& command, const spec::Rules& rules);
Sqe encode(const Aer& command, const spec::Rules& rules);

/// Any entry decodes; what it asks for may still be refused.
Identify decode_identify(const Sqe& sqe, const spec::Rules& rules);
CreateCq decode_create_cq(const Sqe& sqe, const spec::Rules& rules);
CreateSq decode_create_sq(const Sqe& sqe, const spec::Rules& rules);
DeleteSq decode_delete_sq(const Sqe& sqe, const spec::Rules& rules);
DeleteCq decode_delete_cq(const Sqe& sqe, const spec::Rules& rules);
SetFeatures decode_set_features(const Sqe& sqe, const spec::Rules& rules);
GetFeatures decode_get_features(const Sqe& sqe, const spec::Rules& rules);
Abort decode_abort(const Sqe& sqe, const spec::Rules& rules);

/// Number of Queues, CDW11 of Set Features and DW0 of the completion (5.2.26.2.1). 0's based.
struct NumberOfQueues {
    std::uint16_t sqs = 0;
    std::uint16_t cqs = 0;
};
constexpr std::uint32_t encode(NumberOfQueues queues) {
    return queues.sqs | std::uint32_t{queues.cqs} << 16;
}
constexpr NumberOfQueues decode_number_of_queues(std::uint32_t dword) {
    return {static_cast<std::uint16_t>(dword), static_cast<std::uint16_t>(dword >> 16)};
}

/// Interrupt Coalescing, CDW11 (5.2.26.2.2).
struct InterruptCoalescing {
    std::uint8_t threshold = 0;  // 0's based count of completions
    std::uint8_t time = 0;       // units of 100 us; 0 = no delay
};
constexpr std::uint32_t encode(InterruptCoalescing coalescing) {
    return coalescing.threshold | std::uint32_t{coalescing.time} << 8;
}
constexpr InterruptCoalescing decode_interrupt_coalescing(std::uint32_t dword) {
    return {static_cast<std::uint8_t>(dword), static_cast<std::uint8_t>(dword >> 8)};
}

}  // namespace lmsim::wire
