#pragma once

#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

namespace lmsim::wire {

/// ACT of Virtualization Management (NVMe Base 2.3, 5.3.6).
enum class VirtualizationAction : std::uint8_t {
    PrimaryFlexible,
    SecondaryOffline,
    SecondaryAssign,
    SecondaryOnline,
    Reserved
};
/// RT: what is moved.
enum class ResourceType : std::uint8_t { Vq, Vi, Reserved };

/// Virtualization Management (5.3.6). NR counts resources, not 0's based.
struct VirtualizationManagement {
    VirtualizationAction action = VirtualizationAction::Reserved;
    ResourceType type = ResourceType::Vq;
    std::uint16_t cntlid = 0;
    std::uint16_t nr = 0;
};
Sqe encode(const VirtualizationManagement& command, const spec::Rules& rules);
VirtualizationManagement decode_virtualization(const Sqe& sqe, const spec::Rules& rules);

/// NRM in DW0 of the completion: resources that were assigned or allocated.
std::uint32_t encode_resources_modified(std::uint16_t nrm, const spec::Rules& rules);
std::uint16_t decode_resources_modified(const Cqe& cqe, const spec::Rules& rules);

/// One type of resources in Primary Controller Capabilities.
struct FlexibleResources {
    bool supported = false;         // VQRS, VIRS; if not, all are private and the rest is 0
    std::uint32_t total = 0;        // VQFRT, VIFRT
    std::uint32_t assigned = 0;     // VQRFA, VIRFA: to secondary controllers
    std::uint16_t primary = 0;      // VQRFAP, VIRFAP
    std::uint16_t privately = 0;    // VQPRT, VIPRT: of the primary's own
    std::uint16_t secondary = 0;    // VQFRSM, VIFRSM: one secondary's at most
    std::uint16_t granularity = 0;  // VQGRAN, VIGRAN
};
bool operator==(const FlexibleResources& a, const FlexibleResources& b);

/// Primary Controller Capabilities, CNS 14h (5.2.13.3.1, figure 346).
struct PrimaryCapabilities {
    std::uint16_t cntlid = 0;
    std::uint16_t portid = 0;
    FlexibleResources vq;
    FlexibleResources vi;
};
bool operator==(const PrimaryCapabilities& a, const PrimaryCapabilities& b);

/// Writes into a page of 4096 zeros.
void encode(const PrimaryCapabilities& page, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated.
Result<PrimaryCapabilities> decode_primary_capabilities(const std::uint8_t* data, std::size_t size,
                                                        const spec::Rules& rules);

}  // namespace lmsim::wire
