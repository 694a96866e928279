#include "model/wire/vendor_area.hpp"

#include <cstring>
#include <tuple>

#include "model/wire/bits.hpp"

namespace lmsim::wire {

namespace {

constexpr std::uint16_t version = 1;

constexpr std::size_t phase_at = vendor_area_phase_at;
constexpr std::size_t length_at = vendor_area_length_at;
constexpr std::size_t count_at = 12;

bool all_zero(const std::uint8_t* data, std::size_t from, std::size_t to, std::size_t& at) {
    for (at = from; at < to; ++at) {
        if (data[at] != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool operator==(const VendorArea& a, const VendorArea& b) {
    if (vendor_area_size(a) != vendor_area_size(b)) {
        return false;
    }
    std::uint8_t left[vendor_area_max];
    std::uint8_t right[vendor_area_max];
    encode(a, left);
    encode(b, right);
    return std::memcmp(left, right, vendor_area_size(a)) == 0;
}

std::size_t vendor_area_size(const VendorArea& area) {
    LMSIM_ASSERT(area.aer_count <= VendorArea::max_aers);
    return vendor_area_header + (std::size_t{area.aer_count} * 2 + 3) / 4 * 4;
}

void encode(const VendorArea& area, std::uint8_t* to) {
    const std::size_t size = vendor_area_size(area);
    std::memset(to, 0, size);
    store_le(to, vendor_area_magic);
    store_le(to + 4, version);
    store_le(to + length_at, static_cast<std::uint32_t>(size));
    visit_vendor_area(
        area, [to](const char*, std::size_t at, const auto& member) { store_le(to + at, member); });
    to[phase_at] = area.admin_cq_phase ? 1 : 0;
    for (std::size_t i = 0; i < area.aer_count; ++i) {
        store_le(to + vendor_area_header + 2 * i, area.aer_cids[i]);
    }
}

Result<VendorArea> decode_vendor_area(const std::uint8_t* data, std::size_t size) {
    if (size < vendor_area_header) {
        return Fault{Error::Truncated, size};
    }
    if (load_le<std::uint32_t>(data) != vendor_area_magic) {
        return Fault{Error::BadMagic, 0};
    }
    if (load_le<std::uint16_t>(data + 4) != version) {
        return Fault{Error::BadVersion, 4};
    }
    VendorArea area;
    visit_vendor_area(area, [data](const char*, std::size_t at, auto& member) {
        member = load_le<std::remove_reference_t<decltype(member)>>(data + at);
    });
    if (area.aer_count > VendorArea::max_aers) {
        return Fault{Error::TooMany, count_at};
    }
    if (load_le<std::uint32_t>(data + length_at) != vendor_area_size(area)) {
        return Fault{Error::SizeMismatch, length_at};
    }
    if (size < vendor_area_size(area)) {
        return Fault{Error::Truncated, size};
    }
    if (size > vendor_area_size(area)) {
        return Fault{Error::SizeMismatch, vendor_area_size(area)};
    }
    if (data[phase_at] > 1) {
        return Fault{Error::OutOfRange, phase_at};
    }
    area.admin_cq_phase = data[phase_at] == 1;
    const std::size_t cids_end = vendor_area_header + 2 * std::size_t{area.aer_count};
    std::size_t at = 0;
    if (!all_zero(data, 6, length_at, at) || !all_zero(data, phase_at + 1, 60, at) ||
        !all_zero(data, 72, vendor_area_header, at) || !all_zero(data, cids_end, size, at)) {
        return Fault{Error::Reserved, at};
    }
    for (std::size_t i = 0; i < area.aer_count; ++i) {
        area.aer_cids[i] = load_le<std::uint16_t>(data + vendor_area_header + 2 * i);
    }
    return area;
}

}  // namespace lmsim::wire
