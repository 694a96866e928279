#include "model/wire/describe/identify.hpp"

#include "model/wire/bits.hpp"
#include "model/wire/identify.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

void says_mdts(const Value& value, Text& text) {
    if (value.number == 0) return text.add("no limit");
    text.add("2^{} pages of CAP.MPSMIN", value.number);
}
void says_version(const Value& value, Text& text) {
    text.add("NVMe {}.{}.{}", value.number >> 16, value.number >> 8 & 0xFF, value.number & 0xFF);
}
void says_controller_type(const Value& value, Text& text) {
    constexpr const char* names[] = {"not reported", "I/O", "Discovery", "Administrative"};
    text.add("{}", value.number < 4 ? names[value.number] : "reserved");
}
void says_hmlms(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "an MMC" : "not an MMC");
}
void says_entry_size(const Value& value, Text& text) {
    text.add("2^{} to 2^{} bytes", value.number & 0xF, value.number >> 4);
}
void says_trattr(const Value& value, Text& text) {
    text.add("{}{}{}", (value.number & trattr_thmcs) != 0 ? "THMCS " : "",
             (value.number & trattr_tudcs) != 0 ? "TUDCS " : "",
             (value.number & trattr_mrtll) != 0 ? "MRTLL" : "");
}
void says_power(const Value& value, Text& text) {
    text.add("{}.{:02} W", value.number / 100, value.number % 100);
}
void says_4k(const Value& value, Text& text) { text.add("{} KiB", value.number * 4); }

constexpr Field controller_fields[] = {
    {"VID", Id::IdVid, Style::Hex},
    {"SSVID", Id::IdSsvid, Style::Hex},
    {"SN", Id::IdSn, Style::Ascii},
    {"MN", Id::IdMn, Style::Ascii},
    {"FR", Id::IdFr, Style::Ascii},
    {"RAB", Id::IdRab},
    {"CMIC", Id::IdCmic, Style::Hex},
    {"MDTS", Id::IdMdts, Style::Decimal, says_mdts},
    {"IEEE", Id::IdIeee, Style::Hex},
    {"CNTLID", Id::IdCntlid, Style::Hex},
    {"VER", Id::IdVer, Style::Hex, says_version},
    {"RTD3R", Id::IdRtd3r},
    {"RTD3E", Id::IdRtd3e},
    {"OAES", Id::IdOaes, Style::Hex},
    {"CTRATT", Id::IdCtratt, Style::Hex},
    {"CNTRLTYPE", Id::IdCntrltype, Style::Decimal, says_controller_type},
    {"OACS", Id::IdOacs, Style::Hex},
    {"OACS.HMLMS", Id::IdOacsHmlms, Style::Flag, says_hmlms, nullptr, Id::IdOacs},
    {"OACS.VMS", Id::IdOacsVms, Style::Flag, nullptr, nullptr, Id::IdOacs},
    {"ACL", Id::IdAcl, Style::Decimal, says_zero_based},
    {"AERL", Id::IdAerl, Style::Decimal, says_zero_based},
    {"FRMW", Id::IdFrmw, Style::Hex},
    {"LPA", Id::IdLpa, Style::Hex},
    {"ELPE", Id::IdElpe, Style::Decimal, says_zero_based},
    {"NPSS", Id::IdNpss, Style::Decimal, says_zero_based},
    {"WCTEMP", Id::IdWctemp, Style::Decimal, says_kelvins},
    {"CCTEMP", Id::IdCctemp, Style::Decimal, says_kelvins},
    {"HMPRE", Id::IdHmpre, Style::Decimal, says_4k},
    {"TNVMCAP", Id::IdTnvmcap},
    {"UNVMCAP", Id::IdUnvmcap},
    {"SANICAP", Id::IdSanicap, Style::Hex},
    {"KAS", Id::IdKas},
    {"SQES", Id::IdSqes, Style::Hex, says_entry_size},
    {"CQES", Id::IdCqes, Style::Hex, says_entry_size},
    {"MAXCMD", Id::IdMaxcmd},
    {"NN", Id::IdNn},
    {"ONCS", Id::IdOncs, Style::Hex},
    {"FNA", Id::IdFna, Style::Hex},
    {"VWC", Id::IdVwc, Style::Hex},
    {"AWUN", Id::IdAwun, Style::Decimal, says_zero_based},
    {"AWUPF", Id::IdAwupf, Style::Decimal, says_zero_based},
    {"SGLS", Id::IdSgls, Style::Hex},
    {"MNAN", Id::IdMnan},
    {"CMMRTD", Id::IdCmmrtd},
    {"NMMRTD", Id::IdNmmrtd},
    {"MINMRTG", Id::IdMinmrtg, Style::Decimal, says_4k_power},
    {"MAXMRTG", Id::IdMaxmrtg, Style::Decimal, says_4k_power},
    {"TRATTR", Id::IdTrattr, Style::Hex, says_trattr},
    {"MCUDMQ", Id::IdMcudmq},
    {"MNSUDMQ", Id::IdMnsudmq},
    {"MCMR", Id::IdMcmr},
    {"NMCMR", Id::IdNmcmr},
    {"MCDQPC", Id::IdMcdqpc},
    {"SUBNQN", Id::IdSubnqn, Style::Ascii},
    {"PSD0.MP", Id::IdPsd0Mp, Style::Decimal, says_power},
};
// Of the dialect that exports subsystems after templates.
constexpr Field export_fields[] = {
    {"ENSA.TMPL", Id::EnsaTemplate, Style::Flag},
    {"ENSA.MIGR", Id::EnsaMigration, Style::Flag},
};

void check_controller(Walker& walker, const View& view) {
    const spec::Place oacs = view.rules->place(Id::IdOacs);
    const spec::Place inner = view.rules->place(Id::IdOacsHmlms);
    const spec::Place hmlms{oacs.bit + inner.bit, inner.width};
    const bool mmc = hmlms.end_byte() <= view.size && load_bits(view.data, hmlms) != 0;
    if (mmc && view.get(Id::IdHmpre) != 0) {
        walker.broken(Id::NoHmbBesideMmc, view.where(Id::IdHmpre),
                      "an MMC asks for a Host Memory Buffer");
    }
}

bool printable(const View& view, Id row) {
    const spec::Place place = view.rules->place(row);
    bool some = false;
    for (std::size_t i = place.byte(); i < place.end_byte() && i < view.size; ++i) {
        if (view.data[i] < 0x20 || view.data[i] > 0x7E) return false;
        some = some || view.data[i] != ' ';
    }
    return some;
}

constexpr Field secondary_header_fields[] = {{"NUMENT", Id::SecondaryNument}};
constexpr Block secondary_header = {"Secondary Controller list", Id::SecondaryHeaderSize, 0,
                                    secondary_header_fields};

void says_online(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "online" : "offline");
}
void says_vfn(const Value& value, Text& text) {
    if (value.number == 0) text.add("not a virtual function");
}
constexpr Field secondary_fields[] = {
    {"SCID", Id::SecondaryScid, Style::Hex},
    {"PCID", Id::SecondaryPcid, Style::Hex},
    {"SCS.OLS", Id::SecondaryOls, Style::Flag, says_online},
    {"VFN", Id::SecondaryVfn, Style::Decimal, says_vfn},
    {"NVQ", Id::SecondaryNvq},
    {"NVI", Id::SecondaryNvi},
};
constexpr Block secondary_entry = {"Secondary Controller entry", Id::SecondaryEntrySize, 0,
                                   secondary_fields};

constexpr Field primary_fields[] = {
    {"CNTLID", Id::PrimaryCntlid, Style::Hex},
    {"PORTID", Id::PrimaryPortid, Style::Hex},
    {"CRT.VQRS", Id::PrimaryVqrs, Style::Flag},
    {"CRT.VIRS", Id::PrimaryVirs, Style::Flag},
    {"VQFRT", Id::PrimaryVqfrt},
    {"VQRFA", Id::PrimaryVqrfa},
    {"VQRFAP", Id::PrimaryVqrfap},
    {"VQPRT", Id::PrimaryVqprt},
    {"VQFRSM", Id::PrimaryVqfrsm},
    {"VQGRAN", Id::PrimaryVqgran},
    {"VIFRT", Id::PrimaryVifrt},
    {"VIRFA", Id::PrimaryVirfa},
    {"VIRFAP", Id::PrimaryVirfap},
    {"VIPRT", Id::PrimaryViprt},
    {"VIFRSM", Id::PrimaryVifrsm},
    {"VIGRAN", Id::PrimaryVigran},
};

constexpr Field formats_fields[] = {{"NV", Id::FormatsNv}, {"NUUID", Id::FormatsNuuid}};
constexpr Block formats_header = {"Supported Controller State Formats", Id::FormatsHeaderSize, 0,
                                  formats_fields};
constexpr Field version_field[] = {
    {"version", Id::Count, Style::Hex, nullptr, nullptr, Id::Count, {0, 16}}};
constexpr Block version_block = {"Version at this index (CSVI)", Id::FormatsVersionSize, 0,
                                 version_field};
constexpr Field uuid_field[] = {
    {"UUID", Id::Count, Style::Uuid, nullptr, nullptr, Id::Count, {0, 128}}};
constexpr Block uuid_block = {"Vendor state UUID at this index (CSUUIDI)", Id::FormatsUuidSize, 0,
                              uuid_field};

}  // namespace

void walk_identify_controller(Walker& walker) {
    Block block{"Identify Controller", Id::IdentifySize,  0,
                controller_fields,     Rest::Undescribed, check_controller};
    if (walker.rules().on(Id::Templates)) {
        block.more[0] = export_fields;
    }
    walker.block(block);
}

const Block primary_capabilities_block = {"Primary Controller Capabilities", Id::IdentifySize, 0,
                                          primary_fields};

void primary_capabilities_evidence(const Input& input, Evidence& evidence) {
    const View view{input.data, input.size, 0, input.rules};
    const std::uint64_t total = view.get(Id::PrimaryVqfrt) + view.get(Id::PrimaryVqprt);
    const bool sound = view.get(Id::PrimaryVqrfa) <= view.get(Id::PrimaryVqfrt) &&
                       view.get(Id::PrimaryVirfa) <= view.get(Id::PrimaryVifrt) && total != 0;
    evidence.points = sound ? 15 : -60;
    evidence.because.add("{} flexible and {} private VQ resources", view.get(Id::PrimaryVqfrt),
                         view.get(Id::PrimaryVqprt));
}

void identify_controller_evidence(const Input& input, Evidence& evidence) {
    const View view{input.data, input.size, 0, input.rules};
    const bool text = printable(view, Id::IdSn) && printable(view, Id::IdMn);
    const std::uint64_t version = view.get(Id::IdVer);
    const bool version_known = version >> 16 >= 1 && version >> 16 <= 2;
    evidence.points = (text ? 30 : -60) + (version_known ? 30 : -30);
    evidence.because.add("SN and MN are {}, VER is {:#x}", text ? "text" : "not text", version);
}

void walk_secondary_list(Walker& walker) {
    if (!walker.block(secondary_header)) {
        return;
    }
    const View header = walker.last();
    const std::uint64_t count = header.get(Id::SecondaryNument);
    if (count > walker.rules().value(Id::SecondaryMaxEntries)) {
        walker.stop(Error::TooMany, header.where(Id::SecondaryNument), Id::SecondaryMaxEntries,
                    "NUMENT = {}, at most {}", count,
                    walker.rules().value(Id::SecondaryMaxEntries));
        return;
    }
    for (std::uint64_t i = 0; i < count && walker.block(secondary_entry, i); ++i) {
    }
    walker.zeros_to(walker.rules().value(Id::IdentifySize));
}

void secondary_list_evidence(const Input& input, Evidence& evidence) {
    const auto list = SecondaryListView::parse(input.data, input.size, *input.rules);
    if (!list || list->count() == 0) {
        evidence.points = list ? -10 : -60;
        return evidence.because.add("{}", list ? "no entries" : to_string(list.error()));
    }
    std::uint32_t last = 0;
    bool rising = true;
    for (std::size_t i = 0; i < list->count(); ++i) {
        rising = rising && (i == 0 || (*list)[i].scid > last);
        last = (*list)[i].scid;
    }
    evidence.points = rising ? 30 : -20;
    evidence.because.add("{} entries with {} SCIDs", list->count(),
                         rising ? "rising" : "SCIDs that do not rise:");
}

void walk_state_formats(Walker& walker) {
    if (!walker.block(formats_header)) {
        return;
    }
    const View header = walker.last();
    const std::uint64_t versions = header.get(Id::FormatsNv);
    const std::uint64_t uuids = header.get(Id::FormatsNuuid);
    for (std::uint64_t i = 1; i <= versions && walker.block(version_block, i); ++i) {
    }
    for (std::uint64_t i = 1; i <= uuids && walker.block(uuid_block, i); ++i) {
    }
    if (!walker.stopped() && walker.at() < walker.rules().value(Id::IdentifySize)) {
        walker.zeros_to(walker.rules().value(Id::IdentifySize));
    }
}

void state_formats_evidence(const Input& input, Evidence& evidence) {
    const auto formats = StateFormatsView::parse(input.data, input.size, *input.rules);
    if (!formats || formats->version_count() + formats->uuid_count() == 0) {
        evidence.points = formats ? -10 : -60;
        return evidence.because.add("{}", formats ? "empty" : to_string(formats.error()));
    }
    bool small = true;  // versions begin at 0, and there have been few
    for (std::size_t i = 1; i <= formats->version_count(); ++i) {
        small = small && formats->version(i) < 16;
    }
    evidence.points = small ? 20 : -20;
    evidence.because.add("{} versions and {} UUIDs", formats->version_count(),
                         formats->uuid_count());
}

}  // namespace lmsim::wire::describe
