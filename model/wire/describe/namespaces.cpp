#include "model/wire/describe/namespaces.hpp"

#include "model/wire/namespace.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

void says_nmic(const Value& value, Text& text) {
    text.add("{}", (value.number & nmic_shared) != 0 ? "shared" : "private");
}
void says_flbas(const Value& value, Text& text) {
    text.add("LBA format {}", (value.number & 0xF) | (value.number >> 5 & 3) << 4);
}
constexpr Field namespace_fields[] = {
    {"NSZE", Id::NsNsze},
    {"NCAP", Id::NsNcap},
    {"NUSE", Id::NsNuse},
    {"NSFEAT", Id::NsNsfeat, Style::Hex},
    {"NLBAF", Id::NsNlbaf, Style::Decimal, says_zero_based},
    {"FLBAS", Id::NsFlbas, Style::Hex, says_flbas},
    {"MC", Id::NsMc, Style::Hex},
    {"DPC", Id::NsDpc, Style::Hex},
    {"DPS", Id::NsDps, Style::Hex},
    {"NMIC", Id::NsNmic, Style::Hex, says_nmic},
    {"DLFEAT", Id::NsDlfeat, Style::Hex},
    {"NVMCAP", Id::NsNvmcap},
    {"NGUID", Id::NsNguid, Style::Uuid},
    {"EUI64", Id::NsEui64, Style::Bytes},
};

void check_namespace(Walker& walker, const View& view) {
    if (view.get(Id::NsNcap) > view.get(Id::NsNsze)) {
        walker.note(view.where(Id::NsNcap), "NCAP is greater than NSZE");
    }
    if (view.get(Id::NsNuse) > view.get(Id::NsNcap)) {
        walker.note(view.where(Id::NsNuse), "NUSE is greater than NCAP");
    }
}

void says_block(const Value& value, Text& text) {
    if (value.number == 0) return text.add("not available");
    if (value.number < 32) text.add("{} bytes", std::uint64_t{1} << value.number);
}
constexpr Field format_fields[] = {
    {"MS", Id::LbafMs},
    {"LBADS", Id::LbafLbads, Style::Decimal, says_block},
    {"RP", Id::LbafRp},
};
constexpr Block format_block = {"LBA format", Id::LbafSize, 0, format_fields};

void says_ready(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "ready" : "not ready");
}
constexpr Field independent_fields[] = {
    {"NSFEAT", Id::IndNsfeat, Style::Hex},
    {"NMIC", Id::IndNmic, Style::Hex, says_nmic},
    {"NSTAT.NRDY", Id::IndNrdy, Style::Flag, says_ready},
};

void says_version(const Value& value, Text& text) {
    text.add("NVM Command Set {}.{}", value.number >> 16, value.number >> 8 & 0xFF);
}
void says_limit(const Value& value, Text& text) {
    if (value.number == 0) text.add("no limit");
}
constexpr Field controller_fields[] = {
    {"VSL", Id::NvmVsl, Style::Decimal, says_limit},
    {"WZSL", Id::NvmWzsl, Style::Decimal, says_limit},
    {"WUSL", Id::NvmWusl, Style::Decimal, says_limit},
    {"DMRL", Id::NvmDmrl, Style::Decimal, says_limit},
    {"DMRSL", Id::NvmDmrsl, Style::Decimal, says_limit},
    {"DMSL", Id::NvmDmsl, Style::Decimal, says_limit},
    {"AOCS.RALBAS", Id::NvmRalbas, Style::Flag},
    {"VER", Id::NvmVer, Style::Hex, says_version},
    {"LBAMQF", Id::NvmLbamqf, Style::Hex},
};

constexpr Field create_fields[] = {
    {"NSZE", Id::NmNsze},
    {"NCAP", Id::NmNcap},
    {"FLBAS", Id::NmFlbas, Style::Hex, says_flbas},
    {"DPS", Id::NmDps, Style::Hex},
    {"NMIC", Id::NmNmic, Style::Hex, says_nmic},
    {"ANAGRPID", Id::NmAnagrpid},
    {"NVMSETID", Id::NmNvmsetid},
    {"ENDGID", Id::NmEndgid},
};

void check_create(Walker& walker, const View& view) {
    const std::uint64_t size = view.get(Id::NmNsze);
    if (size == 0 || view.get(Id::NmNcap) > size) {
        walker.broken(Id::NmSizeInvalid, view.where(Id::NmNsze), "NSZE = {} and NCAP = {}", size,
                      view.get(Id::NmNcap));
    }
}

// The formats stand behind the other fields, up to the greatest number of them.
std::size_t formats_at(const spec::Rules& rules) { return rules.offset(Id::NsLbaf0); }

}  // namespace

const Block independent_namespace_block = {"I/O Command Set Independent Identify Namespace",
                                           Id::IdentifySize, 0, independent_fields,
                                           Rest::Undescribed};
const Block identify_controller_nvm_block = {"Identify Controller, NVM Command Set",
                                             Id::IdentifySize, 0, controller_fields,
                                             Rest::Undescribed};
const Block namespace_create_block = {"Namespace Management, Create: data",
                                      Id::NmDataSize,
                                      0,
                                      create_fields,
                                      Rest::Undescribed,
                                      check_create};

void walk_identify_namespace(Walker& walker) {
    const spec::Rules& rules = walker.rules();
    Block head = {"Identify Namespace", Id::Count,         formats_at(rules),
                  namespace_fields,     Rest::Undescribed, check_namespace};
    if (!walker.block(head)) {
        return;
    }
    const View view = walker.last();
    const std::uint64_t formats = view.get(Id::NsNlbaf) + 1;
    if (formats > rules.value(Id::NsMaxFormats)) {
        walker.stop(Error::TooMany, view.where(Id::NsNlbaf), Id::NsMaxFormats,
                    "{} LBA formats, at most {}", formats, rules.value(Id::NsMaxFormats));
        return;
    }
    for (std::uint64_t i = 0; i < formats && walker.block(format_block, i); ++i) {
    }
    if (!walker.stopped() && walker.at() < rules.value(Id::IdentifySize)) {
        walker.skip_to(rules.value(Id::IdentifySize), "The rest of the page");
    }
}

void identify_namespace_evidence(const Input& input, Evidence& evidence) {
    const auto page = decode_identify_namespace(input.data, input.size, *input.rules);
    if (!page) {
        evidence.points = -60;
        return evidence.because.add("shorter than a page");
    }
    const std::size_t format = page->format();
    const std::uint8_t lbads = format < lba_formats ? page->lbaf[format].lbads : std::uint8_t{0};
    const bool sound = page->nsze != 0 && page->ncap <= page->nsze && page->nuse <= page->ncap &&
                       page->nlbaf < lba_formats && lbads >= 9 && lbads <= 16;
    evidence.points = sound ? 50 : -60;
    evidence.because.add("NSZE {}, NCAP {}, NUSE {} blocks of 2^{} bytes", page->nsze, page->ncap,
                         page->nuse, lbads);
}

void identify_controller_nvm_evidence(const Input& input, Evidence& evidence) {
    const auto page = decode_identify_controller_nvm(input.data, input.size, *input.rules);
    const bool sound = page.ok() && page->ver >> 16 == 1 && page->ver >> 8 < 0x110;
    evidence.points = sound ? 30 : -60;
    evidence.because.add("VER is {}that of an NVM Command Set Specification", sound ? "" : "not ");
}

}  // namespace lmsim::wire::describe
