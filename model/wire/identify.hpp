#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/spec/rules.hpp"
#include "model/wire/result.hpp"

namespace lmsim::wire {

constexpr std::size_t identify_size = 4096;

/// OACS.HMLMS as the ratified standard places it; encode and decode go by the row IdOacsHmlms.
constexpr std::uint16_t oacs_hmlms = 1U << 11;
constexpr std::uint16_t oacs_format = 1U << 1;
constexpr std::uint16_t oacs_namespaces = 1U << 3;
constexpr std::uint16_t oacs_lba_status = 1U << 9;
constexpr std::uint16_t oncs_compare = 1U << 0;
constexpr std::uint16_t oncs_dataset_management = 1U << 2;
constexpr std::uint16_t oncs_write_zeroes = 1U << 3;
constexpr std::uint8_t vwc_present = 1U << 0;
constexpr std::uint8_t vwc_flush_one = 2U << 1;  // FB: NSID FFFFFFFFh is not supported
constexpr std::uint8_t vwc_flush_all = 3U << 1;  // FB: it is
constexpr std::uint8_t fna_crypto_erase = 1U << 2;
constexpr std::uint32_t sanicap_crypto = 1U << 0;
constexpr std::uint32_t sanicap_block = 1U << 1;
constexpr std::uint32_t sanicap_overwrite = 1U << 2;
constexpr std::uint16_t oncs_ssfs = 1U << 4;  // Save and Select of features
constexpr std::uint8_t frmw_slot_1_read_only = 1U << 0;
constexpr std::uint8_t frmw_one_slot = 1U << 1;
constexpr std::uint8_t lpa_effects = 1U << 1;        // CSES: Commands Supported and Effects
constexpr std::uint8_t lpa_extended = 1U << 2;       // LPEDS: NUMDU, LPOL, LPOU
constexpr std::uint8_t lpa_miscellaneous = 1U << 5;  // MLPS: LIDs 00h, 12h, 13h; CSP
constexpr std::uint8_t trattr_thmcs = 1U << 0;
constexpr std::uint8_t trattr_tudcs = 1U << 1;
constexpr std::uint8_t trattr_mrtll = 1U << 2;

/// Identify Controller, CNS 01h (NVMe Base 2.3, 5.2.13.2.1, figure 328): the fields that the model
/// sets. Text is ASCII, padded with spaces (SN, MN, FR) or zeros (SUBNQN).
struct IdentifyController {
    std::uint16_t vid = 0;
    std::uint16_t ssvid = 0;
    std::array<char, 20> sn{};
    std::array<char, 40> mn{};
    std::array<char, 8> fr{};
    std::uint8_t rab = 0;
    std::uint8_t cmic = 0;
    std::uint8_t mdts = 0;   // 2^mdts pages of CAP.MPSMIN; 0 = no limit
    std::uint32_t ieee = 0;  // an OUI
    std::uint16_t cntlid = 0;
    std::uint32_t ver = 0x00020300;
    std::uint32_t rtd3r = 0;  // us; 0 = not told
    std::uint32_t rtd3e = 0;
    std::uint32_t oaes = 0;
    std::uint32_t ctratt = 0;
    std::uint8_t cntrltype = 1;  // I/O controller
    std::uint16_t oacs = 0;      // without HMLMS
    bool hmlms = false;
    std::uint8_t acl = 0;   // 0's based
    std::uint8_t aerl = 0;  // 0's based
    std::uint8_t frmw = 0;
    std::uint8_t lpa = 0;
    std::uint8_t elpe = 0;     // 0's based
    std::uint8_t npss = 0;     // 0's based
    std::uint16_t wctemp = 0;  // kelvins
    std::uint16_t cctemp = 0;
    std::uint16_t kas = 0;      // 100 ms; 0 = no Keep Alive
    std::uint16_t psd0_mp = 0;  // of power state 0: 0.01 W; 0 = not told
    std::uint32_t hmpre = 0;
    std::uint64_t tnvmcap = 0;  // bytes, the low 64 bits
    std::uint64_t unvmcap = 0;  // bytes, the low 64 bits
    std::uint32_t sanicap = 0;
    std::uint8_t sqes = 0x66;  // 64 bytes
    std::uint8_t cqes = 0x44;  // 16 bytes
    std::uint16_t maxcmd = 0;
    std::uint32_t nn = 0;
    std::uint16_t oncs = 0;
    std::uint8_t fna = 0;
    std::uint8_t vwc = 0;
    std::uint16_t awun = 0;   // 0's based
    std::uint16_t awupf = 0;  // 0's based
    std::uint32_t sgls = 0;
    std::uint32_t mnan = 0;
    std::uint16_t cmmrtd = 0;
    std::uint16_t nmmrtd = 0;
    std::uint8_t minmrtg = 0;
    std::uint8_t maxmrtg = 0;
    std::uint8_t trattr = 0;
    std::uint16_t mcudmq = 0;
    std::uint16_t mnsudmq = 0;
    std::uint16_t mcmr = 0;
    std::uint16_t nmcmr = 0;
    std::uint16_t mcdqpc = 0;
    bool ensa_template = false;  // of a dialect that exports subsystems after templates: LM-TPL-01
    bool ensa_migration = false;
    std::array<char, 256> subnqn{};
};
bool operator==(const IdentifyController& a, const IdentifyController& b);

/// Fills a text field: as much of `text` as fits, the rest `pad`.
template <std::size_t N>
void set_text(std::array<char, N>& field, const char* text, char pad) {
    for (std::size_t i = 0; i < N; ++i) {
        field[i] = *text != '\0' ? *text++ : pad;
    }
}

/// Writes 4096 bytes.
void encode(const IdentifyController& page, std::uint8_t* to, const spec::Rules& rules);

/// Faults: Truncated (a driver that asks for less than 4096 bytes reads beyond its buffer).
Result<IdentifyController> decode_identify_controller(const std::uint8_t* data, std::size_t size,
                                                      const spec::Rules& rules);

/// One entry of the Secondary Controller list, CNS 15h (5.2.13.3.2, figure 348).
struct SecondaryController {
    std::uint16_t scid = 0;
    std::uint16_t pcid = 0;
    bool online = false;
    std::uint16_t vfn = 0;  // 1 = the first VF
    std::uint16_t nvq = 0;
    std::uint16_t nvi = 0;
};
bool operator==(const SecondaryController& a, const SecondaryController& b);

/// Writes a Secondary Controller list of 4096 bytes, entry by entry.
class SecondaryListWriter {
  public:
    SecondaryListWriter(std::uint8_t* to, const spec::Rules& rules);
    /// False when the list is full (127 entries): the host asks again with a higher CNTID.
    bool add(const SecondaryController& entry);
    std::size_t count() const { return count_; }

  private:
    std::uint8_t* to_;
    const spec::Rules& rules_;
    std::size_t count_ = 0;
};

/// A Secondary Controller list in the caller's bytes, which must outlive it, as must the rules.
class SecondaryListView {
  public:
    SecondaryListView() = default;
    /// Faults: Truncated, TooMany.
    static Result<SecondaryListView> parse(const std::uint8_t* data, std::size_t size,
                                           const spec::Rules& rules);
    std::size_t count() const { return count_; }
    SecondaryController operator[](std::size_t i) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    std::size_t count_ = 0;
};

using Uuid = std::array<std::uint8_t, 16>;

/// Writes Supported Controller State Formats, CNS 20h (5.2.13.2.21, figure 345), 4096 bytes.
/// False, and nothing but zeros, if the lists do not fit into the page.
bool encode_state_formats(const std::uint16_t* versions, std::uint8_t version_count,
                          const Uuid* uuids, std::uint8_t uuid_count, std::uint8_t* to,
                          const spec::Rules& rules);

/// Supported Controller State Formats in the caller's bytes. Indices are 1-based, as CSVI and
/// CSUUIDI are; an index is not a version.
class StateFormatsView {
  public:
    StateFormatsView() = default;
    /// Faults: Truncated.
    static Result<StateFormatsView> parse(const std::uint8_t* data, std::size_t size,
                                          const spec::Rules& rules);
    std::size_t version_count() const { return version_count_; }
    std::size_t uuid_count() const { return uuid_count_; }
    std::uint16_t version(std::size_t index) const;  // 1 to version_count()
    Uuid uuid(std::size_t index) const;              // 1 to uuid_count()
    /// The index to give as CSVI or CSUUIDI; 0 if the controller does not know it.
    std::uint8_t find_version(std::uint16_t wanted) const;
    std::uint8_t find_uuid(const Uuid& wanted) const;

  private:
    const std::uint8_t* data_ = nullptr;
    const spec::Rules* rules_ = nullptr;
    std::size_t version_count_ = 0;
    std::size_t uuid_count_ = 0;
};

}  // namespace lmsim::wire
