#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/wire/result.hpp"

namespace lmsim::wire {

/// What version 0 of the NVMe Controller State leaves out (NVMe Base 2.3, 5.2.17.1.3) and a moved
/// controller still needs, in the Vendor Specific Data of our own making: docs/vendor-area.md.
struct VendorArea {
    static constexpr std::size_t max_aers = 256;  // AERL is 8 bits, 0's based

    std::uint32_t cc = 0;
    std::uint32_t csts = 0;
    std::uint32_t aqa = 0;
    std::uint64_t asq = 0;
    std::uint64_t acq = 0;
    std::uint16_t admin_sq_head = 0;
    std::uint16_t admin_sq_tail = 0;
    std::uint16_t admin_cq_head = 0;
    std::uint16_t admin_cq_tail = 0;
    bool admin_cq_phase = true;              // the tag of the next completion
    std::uint32_t number_of_queues = 0;      // feature 07h as its completion's DW0
    std::uint32_t async_event_config = 0;    // feature 0Bh, CDW11
    std::uint32_t interrupt_coalescing = 0;  // feature 08h, CDW11
    std::uint32_t volatile_write_cache = 0;  // feature 06h, CDW11
    std::uint16_t pending_events = 0;        // waiting for an AER
    std::uint16_t aer_count = 0;
    std::array<std::uint16_t, max_aers> aer_cids{};  // outstanding AERs, oldest first
};
bool operator==(const VendorArea& a, const VendorArea& b);

/// The UUID that CNS 20h lists for this format (RFC 9562 byte order).
inline constexpr std::array<std::uint8_t, 16> vendor_area_uuid = {
    0x6C, 0x6D, 0x73, 0x69, 0x6D, 0x2D, 0x4B, 0x01, 0x9C, 0x5E, 0x1A, 0x3F, 0x76, 0xD2, 0x08, 0xB4};

constexpr std::size_t vendor_area_header = 76;
constexpr std::size_t vendor_area_max = vendor_area_header + 2 * VendorArea::max_aers;

/// Bytes that the area takes; a multiple of 4.
std::size_t vendor_area_size(const VendorArea& area);

/// Writes vendor_area_size(area) bytes.
void encode(const VendorArea& area, std::uint8_t* to);

/// The numbers of the area that every area holds: visit(name, first byte, member). Encode, decode
/// and description go by this one list.
template <class Area, class Visitor>
void visit_vendor_area(Area& area, Visitor&& visit) {
    visit("AERS", 12, area.aer_count);
    visit("EVENTS", 14, area.pending_events);
    visit("CC", 16, area.cc);
    visit("CSTS", 20, area.csts);
    visit("AQA", 24, area.aqa);
    visit("FID 07h", 28, area.number_of_queues);
    visit("ASQ", 32, area.asq);
    visit("ACQ", 40, area.acq);
    visit("SQ head", 48, area.admin_sq_head);
    visit("SQ tail", 50, area.admin_sq_tail);
    visit("CQ head", 52, area.admin_cq_head);
    visit("CQ tail", 54, area.admin_cq_tail);
    visit("FID 0Bh", 60, area.async_event_config);
    visit("FID 08h", 64, area.interrupt_coalescing);
    visit("FID 06h", 68, area.volatile_write_cache);
}
constexpr std::uint32_t vendor_area_magic = 0x41564D4C;  // "LMVA"
constexpr std::size_t vendor_area_length_at = 8;
constexpr std::size_t vendor_area_phase_at = 56;

/// `size` must be what the area says of itself. Faults: Truncated, BadMagic, BadVersion,
/// SizeMismatch, TooMany (AERs), OutOfRange (phase), Reserved.
Result<VendorArea> decode_vendor_area(const std::uint8_t* data, std::size_t size);

}  // namespace lmsim::wire
