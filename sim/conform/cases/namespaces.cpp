#include <fmt/format.h>

#include "sim/conform/cases/cdq_commands.hpp"

/// The NVM command set and what stands around namespaces, as far as migration depends on it.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Namespaces";
constexpr std::uint32_t broadcast = 0xffff'ffff;

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {}) {
    Draft draft(group, "namespace." + id, title, rows);
    return draft.buffer("data", page_size)
        .buffer("mc-data", page_size, "mc")
        .buffer("block", page_size, "mc")
        .mc_enabled(1);
}

Command identify_of_mc(Id cns, Value nsid) {
    return identify(cns, "mc-data").to("mc").nsid(std::move(nsid));
}

void add_identify_pages(List& list) {
    list.push_back(
        begin("identify", "Identify Namespace of the MC's namespace",
              {Id::CnsNamespace, Id::NsNsze})
            .step(identify_of_mc(Id::CnsNamespace, "mc.nsid"))
            .step(load("mc-data", 0, oracle().place(Id::NsNsze), "nsze"))
            // The last block is there, and the one behind it is not.
            .step(io(Id::OpcodeNvmRead, "block")
                      .set("SLBA", spec::bytes(40, 47), Value("nsze", ~std::uint64_t{0})))
            .step(io(Id::OpcodeNvmRead, "block")
                      .set("SLBA", spec::bytes(40, 47), Value("nsze"))
                      .ends(Id::RangeBeyondNamespace))
            .step(io(Id::OpcodeNvmRead, "block")
                      .set("SLBA", spec::bytes(40, 47), Value("nsze", ~std::uint64_t{0}))
                      .set("NLB", spec::cdw(12, 15, 0), 1)
                      .ends(Id::RangeBeyondNamespace))
            .done());
    for (const std::uint32_t nsid : {0U, 0xffff'fffeU}) {
        list.push_back(
            begin(fmt::format("identify-{:x}", nsid),
                  "Identify Namespace of an NSID "
                  "that cannot be",
                  {Id::CnsNamespace})
                .step(identify_of_mc(Id::CnsNamespace, nsid).ends(Id::IdentifyNsidInvalid))
                .done());
    }
    list.push_back(begin("active", "The active namespaces of the MC, in ascending order",
                         {Id::CnsActiveNamespaces, Id::NamespaceListEntrySize})
                       .step(identify_of_mc(Id::CnsActiveNamespaces, 0))
                       .step(check("mc-data", 0, {raw("the first NSID", {0, 32}, "mc.nsid")}))
                       .done());
    list.push_back(begin("active-past-last", "No active namespace above the greatest NSID",
                         {Id::CnsActiveNamespaces})
                       .step(identify_of_mc(Id::CnsActiveNamespaces, 0xffff'fffdU))
                       .step(check("mc-data", 0, {raw("the first NSID", {0, 32}, 0)}))
                       .done());
    for (const std::uint32_t nsid : {0xffff'fffeU, broadcast}) {
        list.push_back(
            begin(fmt::format("active-{:x}", nsid),
                  "Active Namespace ID list from an NSID that cannot be", {Id::CnsActiveNamespaces})
                .step(identify_of_mc(Id::CnsActiveNamespaces, nsid).ends(Id::IdentifyListNsid))
                .done());
    }
    list.push_back(begin("descriptors", "The identifiers of the MC's namespace can be read",
                         {Id::CnsNamespaceDescriptors})
                       .step(identify_of_mc(Id::CnsNamespaceDescriptors, "mc.nsid"))
                       .done());
    list.push_back(begin("command-set", "Identify Controller of the NVM command set",
                         {Id::CnsCommandSetController, Id::CsiNvm})
                       .step(identify_of_mc(Id::CnsCommandSetController, 0))
                       .done());
    for (const std::uint32_t csi : {0x2fU, 0xffU}) {
        list.push_back(begin(fmt::format("csi-{:x}", csi), "A CSI that is not supported",
                             {Id::CnsCommandSetController, Id::IdentifyCsi})
                           .step(identify_of_mc(Id::CnsCommandSetController, 0)
                                     .set(Id::IdentifyCsi, csi)
                                     .ends(Id::IdentifyCsiNotSupported))
                           .done());
    }
}

/// A case in which logging is on and the MC offers this bit of ONCS.
Draft logged(const char* id, const char* title, std::initializer_list<Id> rows) {
    return logging_case(group, std::string("namespace.") + id, title, rows)
        .buffer("ranges", page_size, "mc");
}

Command zeroes(std::uint64_t slba, std::uint32_t blocks) {
    return io(Id::OpcodeNvmWriteZeroes, "")
        .set("SLBA", spec::bytes(40, 47), slba)
        .set("NLB", spec::cdw(12, 15, 0), blocks - 1);
}

Command deallocate(std::uint32_t ranges) {
    return io(Id::OpcodeNvmDatasetManagement, "")
        .with_data("ranges", page_size)
        .set(Id::DsmNr, ranges - 1)
        .set(Id::DsmAd, 1);
}

Step store_dsm(std::uint64_t index, std::uint64_t slba, std::uint32_t blocks) {
    return store("ranges", index * oracle().value(Id::DsmRangeSize),
                 {field(Id::DsmRangeSlba, slba), field(Id::DsmRangeNlb, blocks)});
}

void add_logged(List& list) {
    constexpr std::uint64_t slots = 8;
    list.push_back(logged("log-write-zeroes", "Write Zeroes is logged",
                          {Id::OpcodeNvmWriteZeroes, Id::WriteZeroesIsLogged})
                       .need("mc.oncs.write-zeroes", 1, "the MC does not offer Write Zeroes")
                       .step(zeroes(32, 4))
                       .step(find_entry("queue", slots,
                                        {entry_slba(32), entry_blocks(3), entry_nsid("mc.nsid")}))
                       .done());
    list.push_back(
        logged("log-deallocate", "A deallocated range is logged, with DLBA",
               {Id::OpcodeNvmDatasetManagement, Id::DsmIsLogged, Id::LogTellsDeallocation})
            .need("mc.oncs.dsm", 1, "the MC does not offer Dataset Management")
            .step(store_dsm(0, 48, 8))
            .step(deallocate(1))
            .step(
                find_entry("queue", slots, {entry_slba(48), entry_blocks(7), entry_deallocated(1)}))
            .done());
    list.push_back(logged("log-deallocate-two", "Each range of a Dataset Management is logged",
                          {Id::OpcodeNvmDatasetManagement, Id::DsmIsLogged, Id::DsmNr})
                       .need("mc.oncs.dsm", 1, "the MC does not offer Dataset Management")
                       .steps({store_dsm(0, 64, 8), store_dsm(1, 640, 16), deallocate(2)})
                       .step(find_entry("queue", slots, {entry_slba(64), entry_blocks(7)}))
                       .step(find_entry("queue", slots, {entry_slba(640), entry_blocks(15)}))
                       .done());
    list.push_back(logged("log-dsm-hint", "A Dataset Management without AD changes nothing",
                          {Id::OpcodeNvmDatasetManagement, Id::DsmAd})
                       .need("mc.oncs.dsm", 1, "the MC does not offer Dataset Management")
                       .steps({store_dsm(0, 64, 8), deallocate(1).set(Id::DsmAd, 0)})
                       .step(no_entry("queue", slots, {entry_slba(64)}))
                       .done());
}

void add_sanitize(List& list) {
    Command sanitize(Id::OpcodeAdminSanitize);
    sanitize.set(Id::SanitizeSanact, oracle().value(Id::SanactBlockErase));
    const auto with_sanitize = [](Draft draft) {
        return draft.need("mmc.sanicap.bes", 1, "SANICAP offers no Block Erase");
    };
    list.push_back(with_sanitize(begin("sanitize-suspended", "Sanitize while an MC is suspended",
                                       {Id::OpcodeAdminSanitize}))
                       .step(suspend())
                       .refused(Command(sanitize).ends(Id::SanitizeSuspended))
                       .done());
    list.push_back(
        with_sanitize(begin("sanitize-other-suspended", "Sanitize while another MC is suspended",
                            {Id::OpcodeAdminSanitize}))
            .step(suspend("mc2.cntlid"))
            .refused(Command(sanitize).ends(Id::SanitizeSuspended))
            .done());
    list.push_back(
        with_sanitize(
            begin("sanact-5", "Exit Media Verification State outside of it", {Id::SanitizeSanact}))
            .refused(Command(sanitize)
                         .set(Id::SanitizeSanact, oracle().value(Id::SanactExitVerification))
                         .ends(Id::SanitizeNotVerifying))
            .done());
    for (const std::uint32_t action : {0U, 6U, 7U}) {
        list.push_back(with_sanitize(begin(fmt::format("sanact-{}", action), "A reserved SANACT",
                                           {Id::SanitizeSanact}))
                           .refused(Command(sanitize)
                                        .set(Id::SanitizeSanact, action)
                                        .ends(Id::SanitizeSanactReserved))
                           .done());
    }
}

void add_format(List& list) {
    Command format(Id::OpcodeAdminFormatNvm);
    format.nsid("mc.nsid");
    for (const std::uint32_t erase : {3U, 7U}) {
        list.push_back(
            begin(fmt::format("format-ses-{}", erase), "Format NVM with a reserved SES",
                  {Id::OpcodeAdminFormatNvm, Id::FormatSes})
                .need("mmc.oacs.format", 1, "OACS offers no Format NVM")
                .refused(Command(format).set(Id::FormatSes, erase).ends(Id::FormatSesReserved))
                .done());
    }
    list.push_back(begin("format-lbaf", "Format NVM with an LBA format that there is not",
                         {Id::OpcodeAdminFormatNvm, Id::FormatLbafl, Id::FormatLbafu})
                       .need("mmc.oacs.format", 1, "OACS offers no Format NVM")
                       .refused(Command(format)
                                    .set(Id::FormatLbafl, 15)
                                    .set(Id::FormatLbafu, 3)
                                    .ends(Id::FormatUnsupported))
                       .done());
    for (const std::uint32_t nsid : {0U, 0xffff'fffeU}) {
        list.push_back(begin(fmt::format("format-nsid-{:x}", nsid),
                             "Format NVM of an NSID that cannot be", {Id::OpcodeAdminFormatNvm})
                           .need("mmc.oacs.format", 1, "OACS offers no Format NVM")
                           .refused(Command(format).nsid(nsid).ends(Id::FormatNsidInvalid))
                           .done());
    }
}

void add_lba_status(List& list) {
    Command status(Id::OpcodeAdminGetLbaStatus);
    status.to("mc")
        .nsid("mc.nsid")
        .set(Id::LbaStatusMndw, page_size / 4 - 1)
        .set(Id::LbaStatusAtype, oracle().value(Id::AtypeAllocated))
        .with_data("mc-data", page_size);
    const auto offered = [](const char* id, const char* title) {
        return begin(id, title, {Id::OpcodeAdminGetLbaStatus})
            .need("mmc.oacs.lba-status", 1, "OACS offers no Get LBA Status");
    };
    list.push_back(
        offered("lba-status-atype", "Get LBA Status with a reserved ATYPE")
            .step(Command(status).set(Id::LbaStatusAtype, 0x7f).ends(Id::LbaStatusAtypeReserved))
            .done());
    list.push_back(offered("lba-status-beyond", "Get LBA Status beyond the namespace")
                       .step(Command(status)
                                 .set(Id::LbaStatusSlba, ~std::uint64_t{0})
                                 .set(Id::LbaStatusRl, 1)
                                 .ends(Id::LbaStatusBeyondNamespace))
                       .done());
}

void add_management(List& list) {
    for (const std::uint32_t sel : {2U, 15U}) {
        Command manage(Id::OpcodeAdminNamespaceManagement);
        manage.set(Id::NmSel, sel).nsid("mc.nsid").ends(Id::NmSelReserved);
        Command attach(Id::OpcodeAdminNamespaceAttachment);
        attach.set(Id::NaSel, sel)
            .nsid("mc.nsid")
            .with_data("data", page_size)
            .ends(Id::NaSelReserved)
            .or_with(oracle().status(Id::NaListInvalid));  // which it is, too
        const char* reason = "OACS offers no Namespace Management";
        list.push_back(begin(fmt::format("manage-sel-{:x}", sel),
                             "Namespace Management with a reserved SEL", {Id::NmSel})
                           .need("mmc.oacs.namespaces", 1, reason)
                           .refused(manage)
                           .done());
        list.push_back(begin(fmt::format("attach-sel-{:x}", sel),
                             "Namespace Attachment with a reserved SEL", {Id::NaSel})
                           .need("mmc.oacs.namespaces", 1, reason)
                           .refused(attach)
                           .done());
    }
}

}  // namespace

void add_namespaces(List& list) {
    add_identify_pages(list);
    add_logged(list);
    add_sanitize(list);
    add_format(list);
    add_lba_status(list);
    add_management(list);
}

}  // namespace lmsim::sim::conform::cases
