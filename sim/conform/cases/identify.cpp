#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Identify";
constexpr const char* no_mmc = "OACS.HMLMS is 0: the PF is no Migration Management Controller";

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft(group, "identify." + id, title, rows);
    return draft.buffer("data", 2 * page_size).buffer("mc-data", page_size, "mc").mc_enabled();
}

/// The bit of OACS as a field of the page.
Field hmlms(Value value) {
    Field bit = field(Id::IdOacsHmlms, std::move(value));
    bit.place.bit += oracle().place(Id::IdOacs).bit;
    return bit;
}

void add_pages(List& list) {
    list.push_back(begin("mmc", "The PF says that it is an MMC",
                         {Id::CnsController, Id::IdOacs, Id::IdOacsHmlms, Id::IdCntlid, Id::OneMmc})
                       .need("mmc.hmlms", 1, no_mmc)
                       .step(identify(Id::CnsController, "data"))
                       .step(check("data", 0, {hmlms(1), field(Id::IdCntlid, "mmc.cntlid")}))
                       .done());
    list.push_back(
        begin("mc", "An MC says that it is none",
              {Id::CnsController, Id::IdOacsHmlms, Id::SecondaryReportsNoHmlms, Id::IdCntlid})
            .step(identify(Id::CnsController, "mc-data").to("mc"))
            .step(check("mc-data", 0, {hmlms(0), field(Id::IdCntlid, "mc.cntlid")}))
            .done());
    list.push_back(begin("no-hmb", "Nobody beside an MMC asks for a Host Memory Buffer",
                         {Id::IdHmpre, Id::NoHmbBesideMmc})
                       .need("mmc.hmlms", 1, no_mmc)
                       .step(identify(Id::CnsController, "data"))
                       .step(check("data", 0, {field(Id::IdHmpre, 0)}))
                       .step(identify(Id::CnsController, "mc-data").to("mc"))
                       .step(check("mc-data", 0, {field(Id::IdHmpre, 0)}))
                       .done());
    list.push_back(begin("entry-sizes", "SQES and CQES: 64 and 16 bytes, and are where they belong",
                         {Id::IdSqes, Id::IdCqes})
                       .step(identify(Id::CnsController, "data"))
                       .step(check("data", 0,
                                   {raw("SQES, the least", {512 * 8, 4}, 6),
                                    raw("CQES, the least", {513 * 8, 4}, 4)}))
                       .done());
    const std::uint32_t first = oracle().value(Id::SecondaryHeaderSize);
    list.push_back(
        begin("secondaries", "The Secondary Controller list names the MC",
              {Id::CnsSecondaryControllers, Id::SecondaryHeaderSize, Id::SecondaryScid,
               Id::SecondaryPcid, Id::SecondaryOls, Id::SecondaryVfn})
            .step(identify(Id::CnsSecondaryControllers, "data").set(Id::IdentifyCntid, "mc.cntlid"))
            .step(check(
                "data", first,
                {field(Id::SecondaryScid, "mc.cntlid"), field(Id::SecondaryPcid, "mmc.cntlid"),
                 field(Id::SecondaryOls, 1), field(Id::SecondaryVfn, 1)}))
            .done());
    list.push_back(
        begin("secondaries-past-last", "A CNTID above all: an empty list",
              {Id::IdentifyCntid, Id::SecondaryNument})
            .step(identify(Id::CnsSecondaryControllers, "data").set(Id::IdentifyCntid, 0xffff))
            .step(check("data", 0, {field(Id::SecondaryNument, 0)}))
            .done());
    list.push_back(
        begin("formats", "Supported Controller State Formats lists version 0",
              {Id::CnsControllerStateFormats, Id::FormatsNv, Id::FormatsNuuid,
               Id::FormatsHeaderSize, Id::FormatsVersionSize, Id::NvmeStateVersion})
            .step(identify(Id::CnsControllerStateFormats, "data"))
            .step(check(
                "data", 0,
                {field(Id::FormatsNv, "formats.nv"), field(Id::FormatsNuuid, "formats.nuuid")}))
            .step(check("data", oracle().value(Id::FormatsHeaderSize),
                        {raw("the first version", {0, 16}, oracle().value(Id::NvmeStateVersion))}))
            .done());
}

void add_conditions(List& list) {
    list.push_back(begin("formats-of-mc", "Supported Controller State Formats asked of an MC",
                         {Id::StateFormatsToMc, Id::CnsControllerStateFormats})
                       .refused(identify(Id::CnsControllerStateFormats, "mc-data")
                                    .to("mc")
                                    .ends(Id::StateFormatsToMc))
                       .done());
    for (const std::uint32_t cns : {0x22U, 0x7fU, 0xbfU}) {
        list.push_back(begin(fmt::format("cns-{:02x}", cns), "A reserved CNS",
                             {Id::IdentifyCns, Id::ReservedFieldValue})
                           .refused(identify(Id::CnsController, "data")
                                        .set(Id::IdentifyCns, cns)
                                        .ends(Id::ReservedFieldValue))
                           .done());
    }
    list.push_back(begin("prp1-offset", "PRP1 is not dword aligned", {Id::PrpOffsetNotAllowed})
                       .need("mc.prp-offsets", 1,
                             "the controller does not look at bits 1:0 of PRPs, and need not")
                       .refused(identify(Id::CnsController, "data")
                                    .set("PRP1", spec::bytes(24, 31), Value("data", 2))
                                    .ends(Id::PrpOffsetNotAllowed))
                       .done());
    list.push_back(begin("two-prps", "A page that two PRPs name", {Id::IdentifySize})
                       .step(identify(Id::CnsController, "data").with_data("data", page_size, 8))
                       .step(check("data", 8, {field(Id::IdCntlid, "mmc.cntlid")}))
                       .step(check("data", 8, {raw("SQES, the least", {512 * 8, 4}, 6)}))
                       .done());
    for (const std::uint32_t opcode : {0x03U, 0x43U, 0x44U, 0x7bU}) {
        Command command(static_cast<std::uint8_t>(opcode));
        list.push_back(begin(fmt::format("opcode-{:02x}", opcode), "An admin opcode of no command",
                             {Id::UnsupportedOpcode})
                           .refused(command.ends(Id::UnsupportedOpcode))
                           .done());
    }
}

}  // namespace

void add_identify(List& list) {
    add_pages(list);
    add_conditions(list);
}

}  // namespace lmsim::sim::conform::cases
