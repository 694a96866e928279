#include "model/wire/describe/log_pages.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Field supported_fields[] = {
    {"LSUPP", Id::SupportedLogLsupp, Style::Flag},
    {"IOS", Id::SupportedLogIos, Style::Flag},
    {"LIDSP", Id::SupportedLogLidsp, Style::Hex},
};
constexpr Block supported_block = {"LID Supported and Effects, LID", Id::SupportedLogSize, 0,
                                   supported_fields};

constexpr Field error_fields[] = {
    {"ECNT", Id::ErrorEcnt},
    {"SQID", Id::ErrorSqid},
    {"CID", Id::ErrorCid, Style::Hex},
    {"STS", Id::ErrorSts, Style::Hex},
    {"PEL", Id::ErrorPel, Style::Hex},
    {"LBA", Id::ErrorLba},
    {"NSID", Id::ErrorNsid, Style::Hex},
    {"VSIA", Id::ErrorVsia, Style::Hex},
    {"TRTYPE", Id::ErrorTrtype, Style::Hex},
    {"CSI", Id::ErrorCsi, Style::Hex},
    {"OPC", Id::ErrorOpc, Style::Hex},
    {"CSINFO", Id::ErrorCsinfo, Style::Hex},
    {"TTSI", Id::ErrorTtsi, Style::Hex},
    {"LPVER", Id::ErrorLpver},
};

void says_percent(const Value& value, Text& text) { text.add("{} %", value.number); }
void says_units(const Value& value, Text& text) {
    constexpr std::uint64_t unit = 512'000;
    if (value.number > ~std::uint64_t{0} / unit) return text.add("more than 16 EiB");
    text.add("{} bytes", value.number * unit);
}

constexpr Field health_fields[] = {
    {"CW", Id::HealthCw, Style::Hex},
    {"CTEMP", Id::HealthCtemp, Style::Decimal, says_kelvins},
    {"AVSP", Id::HealthAvsp, Style::Decimal, says_percent},
    {"AVSPT", Id::HealthAvspt, Style::Decimal, says_percent},
    {"PUSED", Id::HealthPused, Style::Decimal, says_percent},
    {"EGCWS", Id::HealthEgcws, Style::Hex},
    {"DUR", Id::HealthDur, Style::Decimal, says_units},
    {"DUW", Id::HealthDuw, Style::Decimal, says_units},
    {"HRC", Id::HealthHrc},
    {"HWC", Id::HealthHwc},
    {"CBT", Id::HealthCbt},
    {"PWC", Id::HealthPwc},
    {"POH", Id::HealthPoh},
    {"UPL", Id::HealthUpl},
    {"MDIE", Id::HealthMdie},
    {"NEILE", Id::HealthNeile},
    {"WCTT", Id::HealthWctt},
    {"CCTT", Id::HealthCctt},
    {"TSEN1", Id::HealthTsen, Style::Decimal, says_kelvins},
};

constexpr Field firmware_fields[] = {
    {"AFI.CAFS", Id::FirmwareCafs},
    {"AFI.NAFS", Id::FirmwareNafs},
    {"FRS1", Id::FirmwareFrs, Style::Ascii},
};

constexpr Id cse_rows[] = {Id::CseNamespace, Id::CseNamespaces};
constexpr Codes cse_codes = {cse_rows};
constexpr Field command_fields[] = {
    {"CSUPP", Id::EffectCsupp, Style::Flag},
    {"LBCC", Id::EffectLbcc, Style::Flag},
    {"NCC", Id::EffectNcc, Style::Flag},
    {"NIC", Id::EffectNic, Style::Flag},
    {"CCC", Id::EffectCcc, Style::Flag},
    {"CSER", Id::EffectCser},
    {"CSE", Id::EffectCse, Style::Decimal, nullptr, &cse_codes},
    {"USS", Id::EffectUss, Style::Flag},
    {"CSP", Id::EffectCsp, Style::Hex},
};
constexpr Block admin_effect_block = {"Effects of the admin command", Id::CommandEffectSize, 0,
                                      command_fields};
constexpr Block io_effect_block = {"Effects of the I/O command", Id::CommandEffectSize, 0,
                                   command_fields};

constexpr Id fsp_rows[] = {Id::ScopeNamespace, Id::ScopeController, Id::ScopeSubsystem,
                           Id::ScopeCdq};
constexpr Codes fsp_codes = {fsp_rows};
constexpr Field feature_fields[] = {
    {"FSUPP", Id::FeatureEffectFsupp, Style::Flag},
    {"UDCC", Id::FeatureEffectUdcc, Style::Flag},
    {"NCC", Id::FeatureEffectNcc, Style::Flag},
    {"NIC", Id::FeatureEffectNic, Style::Flag},
    {"CCC", Id::FeatureEffectCcc, Style::Flag},
    {"USS", Id::FeatureEffectUss, Style::Flag},
    {"FSP", Id::FeatureEffectFsp, Style::Hex, nullptr, &fsp_codes},
};
constexpr Block feature_block = {"FID Supported and Effects, FID", Id::FeatureEffectSize, 0,
                                 feature_fields};

constexpr std::size_t codes = 256;  // of LIDs, FIDs, opcodes

/// Entries by code; runs of zeros are told in one note.
void walk_by_code(Walker& walker, const Block& block) {
    const std::size_t size = size_of(block, walker.rules());
    for (std::size_t code = 0; code < codes && !walker.stopped() && walker.left() != 0;) {
        std::size_t none = 0;
        while (code + none < codes && (none + 1) * size <= walker.left() &&
               all_zero(walker.data() + walker.at() + none * size, size)) {
            ++none;
        }
        if (none != 0) {
            walker.skip_to(walker.at() + none * size, "not supported");
            code += none;
        } else {
            walker.block(block, code++);
        }
    }
}

}  // namespace

const Block error_entry_block = {"Error Information entry", Id::ErrorEntrySize, 0, error_fields};
const Block health_block = {"SMART / Health Information", Id::HealthSize, 0, health_fields,
                            Rest::Undescribed};
const Block firmware_slots_block = {"Firmware Slot Information", Id::FirmwareSlotsSize, 0,
                                    firmware_fields, Rest::Undescribed};

void walk_supported_logs(Walker& walker) { walk_by_code(walker, supported_block); }

void walk_command_effects(Walker& walker) {
    walk_by_code(walker, admin_effect_block);
    if (walker.at() != walker.rules().value(Id::CommandEffectsIo)) {
        return;  // cut short, or placed elsewhere
    }
    walk_by_code(walker, io_effect_block);
    if (!walker.stopped() && walker.left() != 0) {
        walker.zeros_to(walker.rules().value(Id::CommandEffectsSize));
    }
}

void walk_feature_effects(Walker& walker) { walk_by_code(walker, feature_block); }

}  // namespace lmsim::wire::describe
