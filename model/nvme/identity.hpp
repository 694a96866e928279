#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "model/nvme/config.hpp"
#include "model/wire/identify.hpp"

/// What tells this subsystem from others, and what it is made of.
namespace lmsim::nvme {

constexpr const char* firmware_revision = "1";  // of slot 1, the only one

/// Writes `text` and, where the configuration has a serial number, `-` and that number.
template <std::size_t N>
void set_serial(std::array<char, N>& field, std::string_view text, const Config& config) {
    char all[64] = {};
    char* end = std::copy(text.begin(), text.end(), all);
    if (config.serial != 0) {
        *end++ = '-';
        std::to_chars(end, std::end(all) - 1, config.serial);
    }
    wire::set_text(field, all, '\0');
}

/// The fields of Identify Controller that are the same whatever the controller may do.
inline void describe_identity(const Config& config, wire::IdentifyController& id) {
    char sn[16] = {};
    std::to_chars(std::begin(sn), std::end(sn) - 1, config.serial);
    wire::set_text(id.sn, sn, ' ');
    wire::set_text(id.mn, "lmsim", ' ');
    wire::set_text(id.fr, firmware_revision, ' ');
    set_serial(id.subnqn, "nqn.2026-11.sim.lm:subsystem", config);
    id.vid = config.vid;
    id.ssvid = config.ssvid;
    id.frmw = wire::frmw_slot_1_read_only | wire::frmw_one_slot;
    id.lpa = wire::lpa_effects | wire::lpa_extended | wire::lpa_miscellaneous;
    id.wctemp = config.warning_temperature;
    id.cctemp = config.critical_temperature;
    id.psd0_mp = config.power;
    constexpr std::uint32_t half_second = 500'000;  // us, of CAP.TO
    id.rtd3r = config.ready_timeout * half_second;
    id.rtd3e = id.rtd3r;
}

}  // namespace lmsim::nvme
