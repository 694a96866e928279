#include "model/wire/describe/command.hpp"

// The admin commands that make, attach, format, erase and look at namespaces.
namespace lmsim::wire::describe {

using spec::Id;

namespace {

constexpr Id management_rows[] = {Id::NmCreate, Id::NmDelete};
constexpr Codes management_codes = {management_rows, Id::NmSelReserved};
constexpr Field create_fields[] = {
    {"SEL", Id::NmSel, Style::Decimal, nullptr, &management_codes},
    {"CSI", Id::NmCsi, Style::Hex},
};
constexpr Field management_fields[] = {
    {"SEL", Id::NmSel, Style::Decimal, nullptr, &management_codes}};

constexpr Id attachment_rows[] = {Id::NaAttach, Id::NaDetach};
constexpr Codes attachment_codes = {attachment_rows, Id::NaSelReserved};
constexpr Field attachment_fields[] = {
    {"SEL", Id::NaSel, Style::Decimal, nullptr, &attachment_codes}};

void says_ses(const Value& value, Text& text) {
    constexpr const char* names[] = {"no secure erase", "user data erase", "cryptographic erase"};
    text.add("{}", value.number < 3 ? names[value.number] : "reserved");
}
constexpr Field format_fields[] = {
    {"LBAFL", Id::FormatLbafl},
    {"MSET", Id::FormatMset, Style::Flag},
    {"PI", Id::FormatPi},
    {"PIL", Id::FormatPil, Style::Flag},
    {"SES", Id::FormatSes, Style::Decimal, says_ses},
    {"LBAFU", Id::FormatLbafu},
};

constexpr Id sanact_rows[] = {Id::SanactExitFailure, Id::SanactBlockErase, Id::SanactOverwrite,
                              Id::SanactCryptoErase, Id::SanactExitVerification};
constexpr Codes sanact_codes = {sanact_rows, Id::SanitizeSanactReserved};
void says_owpass(const Value& value, Text& text) {
    if (value.number == 0) text.add("16");
}
constexpr Field sanitize_fields[] = {
    {"SANACT", Id::SanitizeSanact, Style::Decimal, nullptr, &sanact_codes},
    {"AUSE", Id::SanitizeAuse, Style::Flag},
    {"OWPASS", Id::SanitizeOwpass, Style::Decimal, says_owpass},
    {"OIPBP", Id::SanitizeOipbp, Style::Flag},
    {"NDAS", Id::SanitizeNdas, Style::Flag},
    {"EMVS", Id::SanitizeEmvs, Style::Flag},
    {"OVRPAT", Id::SanitizeOvrpat, Style::Hex},
};

constexpr Id atype_rows[] = {Id::AtypeAllocated};
constexpr Codes atype_codes = {atype_rows, Id::LbaStatusAtypeReserved};
void says_rl(const Value& value, Text& text) {
    if (value.number == 0) text.add("to the end of the namespace");
}
constexpr Field lba_status_fields[] = {
    {"SLBA", Id::LbaStatusSlba},
    {"MNDW", Id::LbaStatusMndw, Style::Decimal, says_zero_based},
    {"RL", Id::LbaStatusRl, Style::Decimal, says_rl},
    {"ATYPE", Id::LbaStatusAtype, Style::Hex, nullptr, &atype_codes},
};

void check_create(Walker& walker, const View& view) {
    if (view.get(Id::SqeNsid) != 0) {
        walker.broken(Id::NmNsidReserved, view.where(Id::SqeNsid),
                      "NSID = {:#x}: the controller chooses it", view.get(Id::SqeNsid));
    }
}
template <Id rule>
void check_nsid(Walker& walker, const View& view) {
    if (view.get(Id::SqeNsid) == 0) {
        walker.broken(rule, view.where(Id::SqeNsid), "NSID = 0 is no namespace");
    }
}
void check_format(Walker& walker, const View& view) {
    check_nsid<Id::FormatNsidInvalid>(walker, view);
    if (view.get(Id::FormatSes) > view.rules->value(Id::FormatMaxSes)) {
        walker.broken(Id::FormatSesReserved, view.where(Id::FormatSes), "SES = {} is reserved",
                      view.get(Id::FormatSes));
    }
}

constexpr Command commands[] = {
    {Id::OpcodeAdminNamespaceManagement, UsesNsidAndData, create_fields,
     "Namespace Management, Create", Id::NmSel, Id::NmCreate, check_create},
    {Id::OpcodeAdminNamespaceManagement, UsesNsid, management_fields,
     "Namespace Management, Delete", Id::NmSel, Id::NmDelete, check_nsid<Id::NmNsidInvalid>},
    command(Id::OpcodeAdminNamespaceManagement, UsesNsidAndData, management_fields, nullptr,
            Rest::Undescribed),
    command(Id::OpcodeAdminNamespaceAttachment, UsesNsidAndData, attachment_fields,
            check_nsid<Id::NmNsidInvalid>),
    command(Id::OpcodeAdminFormatNvm, UsesNsid, format_fields, check_format),
    {Id::OpcodeAdminSanitize, UsesNothing, sanitize_fields},
    command(Id::OpcodeAdminGetLbaStatus, UsesNsidAndData, lba_status_fields,
            check_nsid<Id::NamespaceInvalid>),
};

}  // namespace

Span<Command> namespace_commands() { return commands; }

}  // namespace lmsim::wire::describe
