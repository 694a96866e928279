#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"
#include "model/wire/sqe.hpp"

/// Get Log Page and the pages that it returns (NVMe Base 2.3, 5.2.12). Pages are written into
/// bytes that the caller has cleared; what does not fit into them is left out.
namespace lmsim::wire {

constexpr std::size_t largest_log = 4096;  // of the pages here

/// Get Log Page.
struct GetLogPage {
    std::uint8_t lid = 0;
    std::uint32_t nsid = 0;
    std::uint64_t dwords = 1;  // 1 to 2^32; 0's based on the wire
    std::uint64_t offset = 0;  // bytes; with `ot` an index
    bool rae = false;
    std::uint8_t lsp = 0;
    std::uint16_t lsi = 0;
    bool ot = false;
    std::uint8_t csi = 0;
    std::uint8_t uidx = 0;
};
/// CID and PRPs are the caller's.
Sqe encode(const GetLogPage& command, const spec::Rules& rules);
GetLogPage decode_get_log_page(const Sqe& sqe, const spec::Rules& rules);

/// What Supported Log Pages says of one page (figure 208).
struct SupportedLog {
    bool lsupp = false;
    bool ios = false;         // OT = 1 is allowed
    std::uint16_t lidsp = 0;  // by the page
};
void encode(const SupportedLog& log, std::uint8_t lid, std::uint8_t* page, std::size_t size,
            const spec::Rules& rules);
/// Faults: Truncated.
Result<SupportedLog> decode_supported_log(std::uint8_t lid, const std::uint8_t* page,
                                          std::size_t size, const spec::Rules& rules);

/// An entry of Error Information (figure 209). ECNT 0: there is none.
struct ErrorEntry {
    std::uint64_t ecnt = 0;
    std::uint16_t sqid = 0;  // FFFFh, as CID and PEL: of no command
    std::uint16_t cid = 0;
    std::uint16_t sts = 0;  // with the phase tag, as in a completion
    std::uint16_t pel = 0;
    std::uint64_t lba = 0;
    std::uint32_t nsid = 0;
    std::uint8_t vsia = 0;
    std::uint8_t trtype = 0;
    std::uint8_t csi = 0;
    std::uint8_t opc = 0;
    std::uint64_t csinfo = 0;
    std::uint16_t ttsi = 0;
    std::uint8_t lpver = 1;
};
void encode(const ErrorEntry& entry, std::uint8_t* to, std::size_t size, const spec::Rules& rules);
/// Faults: Truncated.
Result<ErrorEntry> decode_error_entry(const std::uint8_t* data, std::size_t size,
                                      const spec::Rules& rules);

/// SMART / Health Information (figure 210): the low 64 bits of what is wider. The fields after
/// the temperature sensors are not modelled.
struct Health {
    std::uint8_t cw = 0;
    std::uint16_t ctemp = 0;  // kelvins
    std::uint8_t avsp = 0;
    std::uint8_t avspt = 0;
    std::uint8_t pused = 0;
    std::uint8_t egcws = 0;
    std::uint64_t dur = 0;  // 1000 units of 512 bytes
    std::uint64_t duw = 0;
    std::uint64_t hrc = 0;
    std::uint64_t hwc = 0;
    std::uint64_t cbt = 0;
    std::uint64_t pwc = 0;
    std::uint64_t poh = 0;
    std::uint64_t upl = 0;
    std::uint64_t mdie = 0;
    std::uint64_t neile = 0;
    std::uint32_t wctt = 0;
    std::uint32_t cctt = 0;
    std::array<std::uint16_t, 8> tsen{};  // kelvins; 0 = no such sensor
};
void encode(const Health& health, std::uint8_t* to, std::size_t size, const spec::Rules& rules);
/// Faults: Truncated.
Result<Health> decode_health(const std::uint8_t* data, std::size_t size, const spec::Rules& rules);

/// Firmware Slot Information (figure 212).
struct FirmwareSlots {
    std::uint8_t cafs = 0;                     // 1 to 7
    std::uint8_t nafs = 0;                     // 0 = not told
    std::array<std::array<char, 8>, 7> frs{};  // ASCII; zeros: nothing in that slot
};
void encode(const FirmwareSlots& slots, std::uint8_t* to, std::size_t size,
            const spec::Rules& rules);
/// Faults: Truncated.
Result<FirmwareSlots> decode_firmware_slots(const std::uint8_t* data, std::size_t size,
                                            const spec::Rules& rules);

/// What Commands Supported and Effects says of one command (figure 214).
struct CommandEffect {
    bool csupp = false;
    bool lbcc = false;
    bool ncc = false;
    bool nic = false;
    bool ccc = false;
    std::uint8_t cser = 0;
    std::uint8_t cse = 0;
    bool uss = false;
    std::uint16_t csp = 0;
};
/// Of an admin command, or of an I/O command.
void encode(const CommandEffect& effect, bool admin, std::uint8_t opcode, std::uint8_t* page,
            std::size_t size, const spec::Rules& rules);
/// Faults: Truncated.
Result<CommandEffect> decode_command_effect(bool admin, std::uint8_t opcode,
                                            const std::uint8_t* page, std::size_t size,
                                            const spec::Rules& rules);

/// What Feature Identifiers Supported and Effects says of one feature (figure 267).
struct FeatureEffect {
    bool fsupp = false;
    bool udcc = false;
    bool ncc = false;
    bool nic = false;
    bool ccc = false;
    bool uss = false;
    std::uint16_t fsp = 0;
};
void encode(const FeatureEffect& effect, std::uint8_t fid, std::uint8_t* page, std::size_t size,
            const spec::Rules& rules);
/// Faults: Truncated.
Result<FeatureEffect> decode_feature_effect(std::uint8_t fid, const std::uint8_t* page,
                                            std::size_t size, const spec::Rules& rules);

}  // namespace lmsim::wire
