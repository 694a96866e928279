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

/// Delete I/O Submission Queue (5.3.4).
struct DeleteSq {
    std::uint16_t qid = 0;
};

/// Delete I/O Completion Queue (5.3.3).
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
/// Interrupt Coalescing (5.2.26.2.2).
struct InterruptCoalescing {
    std::uint8_t threshold = 0;  // 0's based count of completions
    std::uint8_t time = 0;       // units of 100 us; 0 = no delay
};
/// Interrupt Vector Configuration (5.2.26.2.3).
struct InterruptVector {
    std::uint16_t iv = 0;
    bool cd = false;  // coalescing disabled
};
/// Volatile Write Cache (5.2.26.1.4).
struct VolatileWriteCache {
    bool wce = false;
};

/// Temperature Threshold (5.2.26.1.3).
struct TemperatureThreshold {
    std::uint16_t kelvins = 0;
    std::uint8_t tmpsel = 0;  // 0 = the Composite Temperature
    std::uint8_t thsel = 0;
};
/// Power Management (5.2.26.1.2).
struct PowerManagement {
    std::uint8_t ps = 0;
    std::uint8_t wh = 0;
};

/// The dword that holds a feature: CDW11 of Set Features, DW0 of the completion of Get Features.
std::uint32_t encode(const NumberOfQueues& queues, const spec::Rules& rules);
std::uint32_t encode(const InterruptCoalescing& coalescing, const spec::Rules& rules);
std::uint32_t encode(const InterruptVector& vector, const spec::Rules& rules);
std::uint32_t encode(const VolatileWriteCache& cache, const spec::Rules& rules);
std::uint32_t encode(const TemperatureThreshold& threshold, const spec::Rules& rules);
std::uint32_t encode(const PowerManagement& power, const spec::Rules& rules);
NumberOfQueues decode_number_of_queues(std::uint32_t dword, const spec::Rules& rules);
InterruptCoalescing decode_interrupt_coalescing(std::uint32_t dword, const spec::Rules& rules);
InterruptVector decode_interrupt_vector(std::uint32_t dword, const spec::Rules& rules);
VolatileWriteCache decode_volatile_write_cache(std::uint32_t dword, const spec::Rules& rules);
TemperatureThreshold decode_temperature_threshold(std::uint32_t dword, const spec::Rules& rules);
PowerManagement decode_power_management(std::uint32_t dword, const spec::Rules& rules);

/// What Get Features says of a feature with SEL 011b, in DW0 (5.2.11.2, figure 199).
struct FeatureCapabilities {
    bool saveable = false;
    bool of_namespace = false;
    bool changeable = false;
};
std::uint32_t encode(const FeatureCapabilities& capabilities, const spec::Rules& rules);

}  // namespace lmsim::wire
