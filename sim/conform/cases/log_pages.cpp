#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr std::uint64_t page_bytes = 4096;

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft("Log pages", "log." + id, title, rows);
    return draft.buffer("data", page_bytes).buffer("mc-data", page_bytes, "mc").mc_enabled();
}

/// `bytes` of the page from `offset` on.
Command get_log(Id lid, const std::string& buffer, std::uint64_t bytes, std::uint64_t offset = 0) {
    Command command(Id::OpcodeAdminGetLogPage);
    return command.set(Id::LogLid, oracle().value(lid))
        .set(Id::LogNumdl, bytes / 4 - 1)
        .set(Id::LogLpol, offset)
        .with_data(buffer, bytes);
}

Step check_supported_log(const char* buffer, Id lid) {
    const std::uint64_t entry = oracle().value(Id::SupportedLogSize);
    return check(buffer, entry * oracle().value(lid), {field(Id::SupportedLogLsupp, 1)});
}

Step check_effect(const char* buffer, bool admin, Id opcode, Id row, Value value) {
    const std::uint64_t entry = oracle().value(Id::CommandEffectSize);
    const std::uint64_t first = admin ? 0 : oracle().value(Id::CommandEffectsIo);
    return check(buffer, first + entry * oracle().value(opcode), {field(row, std::move(value))});
}

Step check_feature(const char* buffer, Id fid, Id row, Value value) {
    const std::uint64_t entry = oracle().value(Id::FeatureEffectSize);
    return check(buffer, entry * oracle().value(fid), {field(row, std::move(value))});
}

constexpr Id mandatory_logs[] = {Id::LogSupportedPages, Id::LogErrors,   Id::LogHealth,
                                 Id::LogFirmware,       Id::LogCommands, Id::LogFeatures};

void add_supported(List& list) {
    Draft mmc = begin("supported", "Supported Log Pages names what every I/O controller has",
                      {Id::SupportedLogSize, Id::SupportedLogLsupp});
    mmc.step(get_log(Id::LogSupportedPages, "data", oracle().value(Id::SupportedLogsSize)));
    Draft mc = begin("supported-mc", "Supported Log Pages of an MC", {Id::SupportedLogLsupp});
    mc.step(
        get_log(Id::LogSupportedPages, "mc-data", oracle().value(Id::SupportedLogsSize)).to("mc"));
    for (const Id lid : mandatory_logs) {
        mmc.row(lid).step(check_supported_log("data", lid));
        mc.row(lid).step(check_supported_log("mc-data", lid));
    }
    list.push_back(mmc.done());
    list.push_back(mc.done());
    Draft all = begin("all", "Every log page that an I/O controller must have", {Id::LogLid});
    for (const Id lid : mandatory_logs) {
        all.row(lid)
            .step(get_log(lid, "data", 64))
            .step(get_log(lid, "data", 64).nsid(0xffff'ffffU));
    }
    list.push_back(all.done());
    for (const std::uint32_t lid : {0x24U, 0x6fU}) {
        list.push_back(
            begin(fmt::format("lid-{:02x}", lid), "A reserved LID", {Id::LogLid, Id::LogUnknown})
                .step(get_log(Id::LogSupportedPages, "data", 64)
                          .set(Id::LogLid, lid)
                          .ends(Id::LogUnknown))
                .done());
    }
    list.push_back(
        begin("errors", "Entries of Error Information tell their version",
              {Id::LogErrors, Id::ErrorLpver, Id::ErrorVersion})
            .need("mmc.vs", 0x2'00'00, "VS is below 2.0: entries have no LPVER")
            .step(get_log(Id::LogErrors, "data", oracle().value(Id::ErrorEntrySize)))
            .step(check("data", 0, {field(Id::ErrorLpver, oracle().value(Id::ErrorVersion))}))
            .done());
}

void add_effects(List& list) {
    const std::uint64_t size = oracle().value(Id::CommandEffectsSize);
    const auto lists = [&](const char* id, const char* title, std::initializer_list<Id> rows,
                           std::initializer_list<Id> opcodes) {
        Draft draft = begin(id, title, rows);
        draft.row(Id::LogCommands).row(Id::CommandEffectSize).row(Id::EffectCsupp);
        draft.step(get_log(Id::LogCommands, "data", size));
        for (const Id opcode : opcodes) {
            draft.step(check_effect("data", true, opcode, Id::EffectCsupp, 1));
        }
        return draft;
    };
    Draft all = lists("effects", "Commands Supported and Effects", {Id::CommandEffectsIo},
                      {Id::OpcodeAdminDeleteSq, Id::OpcodeAdminCreateSq, Id::OpcodeAdminGetLogPage,
                       Id::OpcodeAdminDeleteCq, Id::OpcodeAdminCreateCq, Id::OpcodeAdminIdentify,
                       Id::OpcodeAdminAbort, Id::OpcodeAdminSetFeatures, Id::OpcodeAdminGetFeatures,
                       Id::OpcodeAdminAer});
    for (const Id opcode : {Id::OpcodeNvmFlush, Id::OpcodeNvmWrite, Id::OpcodeNvmRead}) {
        all.step(check_effect("data", false, opcode, Id::EffectCsupp, 1));
    }
    list.push_back(all.done());
    Draft mmc = lists("effects-mmc", "An MMC lists the commands of live migration", {Id::OneMmc},
                      {Id::OpcodeAdminMigrationSend, Id::OpcodeAdminMigrationReceive});
    list.push_back(
        mmc.need("mmc.hmlms", 1, "OACS.HMLMS is 0: the PF is no Migration Management Controller")
            .done());
    list.push_back(
        begin("effects-mc", "An MC does not list commands of live migration",
              {Id::LogCommands, Id::EffectCsupp, Id::MigrationSendToMc, Id::MigrationReceiveToMc})
            .need("mc.secondary", 1, "there is no VF beside the PF")
            .step(get_log(Id::LogCommands, "mc-data", size).to("mc"))
            .step(check_effect("mc-data", true, Id::OpcodeAdminMigrationSend, Id::EffectCsupp, 0))
            .step(
                check_effect("mc-data", true, Id::OpcodeAdminMigrationReceive, Id::EffectCsupp, 0))
            .step(check_effect("mc-data", true, Id::OpcodeAdminIdentify, Id::EffectCsupp, 1))
            .done());
    list.push_back(begin("effects-data", "Write changes user data, Read does not",
                         {Id::LogCommands, Id::EffectLbcc})
                       .step(get_log(Id::LogCommands, "data", size))
                       .step(check_effect("data", false, Id::OpcodeNvmWrite, Id::EffectLbcc, 1))
                       .step(check_effect("data", false, Id::OpcodeNvmRead, Id::EffectLbcc, 0))
                       .done());
    list.push_back(
        begin("effects-format", "Format NVM changes data and what a namespace can",
              {Id::LogCommands, Id::EffectLbcc, Id::EffectNcc})
            .need("mmc.oacs.format", 1, "there is no Format NVM")
            .step(get_log(Id::LogCommands, "data", size))
            .step(check_effect("data", true, Id::OpcodeAdminFormatNvm, Id::EffectLbcc, 1))
            .step(check_effect("data", true, Id::OpcodeAdminFormatNvm, Id::EffectNcc, 1))
            .done());
    list.push_back(
        begin("effects-namespaces", "Namespace Management changes which there are",
              {Id::LogCommands, Id::EffectNic})
            .need("mmc.oacs.namespaces", 1, "there is no Namespace Management")
            .step(get_log(Id::LogCommands, "data", size))
            .step(check_effect("data", true, Id::OpcodeAdminNamespaceManagement, Id::EffectNic, 1))
            .done());
}

void add_features_log(List& list) {
    const std::uint64_t size = oracle().value(Id::FeatureEffectsSize);
    Draft draft = begin("features", "Features and their scopes",
                        {Id::LogFeatures, Id::FeatureEffectSize, Id::FeatureEffectFsupp,
                         Id::FeatureEffectFsp, Id::ScopeController, Id::ScopeNamespace});
    draft.step(get_log(Id::LogFeatures, "data", size));
    const auto known = [&](Id fid, Id scope) {
        draft.step(check_feature("data", fid, Id::FeatureEffectFsupp, 1))
            .step(check_feature("data", fid, Id::FeatureEffectFsp, oracle().value(scope)));
    };
    for (const Id fid :
         {Id::FeatureArbitration, Id::FeaturePowerManagement, Id::FeatureTemperatureThreshold,
          Id::FeatureNumberOfQueues, Id::FeatureInterruptCoalescing, Id::FeatureInterruptVector,
          Id::FeatureWriteAtomicity, Id::FeatureAsyncEventConfig}) {
        known(fid, Id::ScopeController);
    }
    known(Id::FeatureErrorRecovery, Id::ScopeNamespace);
    list.push_back(draft.done());
    list.push_back(begin("features-cdq", "Controller Data Queue is a feature of each queue",
                         {Id::LogFeatures, Id::ScopeCdq, Id::FeatureCdq})
                       .need("mmc.mcudmq", 1, "there are no Controller Data Queues")
                       .step(get_log(Id::LogFeatures, "data", size))
                       .step(check_feature("data", Id::FeatureCdq, Id::FeatureEffectFsupp, 1))
                       .step(check_feature("data", Id::FeatureCdq, Id::FeatureEffectFsp,
                                           oracle().value(Id::ScopeCdq)))
                       .done());
}

void add_offsets(List& list) {
    // No admin command has the opcode 03h: its entry is 0, unlike that of 00h.
    constexpr std::uint64_t entry = 12;
    list.push_back(begin("offset", "A page from an offset on", {Id::LogLpol})
                       .step(get_log(Id::LogCommands, "data", page_bytes))
                       .step(load("data", entry, spec::bytes(0, 3), "entry"))
                       .step(get_log(Id::LogCommands, "data", 8, entry))
                       .step(check("data", 0, {raw("the entry", spec::bytes(0, 3), "entry")}))
                       .done());
    const struct {
        const char* id;
        Id lid;
        Id size;
    } pages[] = {{"supported", Id::LogSupportedPages, Id::SupportedLogsSize},
                 {"health", Id::LogHealth, Id::HealthSize},
                 {"firmware", Id::LogFirmware, Id::FirmwareSlotsSize},
                 {"effects", Id::LogCommands, Id::CommandEffectsSize},
                 {"features", Id::LogFeatures, Id::FeatureEffectsSize}};
    for (const auto& page : pages) {
        const std::uint64_t size = oracle().value(page.size);
        list.push_back(begin(fmt::format("offset-{}", page.id), "The page's end, and beyond it",
                             {page.size, Id::LogOffsetTooLarge})
                           .step(get_log(page.lid, "data", 4, size - 4))
                           .step(get_log(page.lid, "data", 4, size))
                           .step(get_log(page.lid, "data", 4, size + 4).ends(Id::LogOffsetTooLarge))
                           .done());
    }
    list.push_back(
        begin("offset-upper", "An offset of 4 GiB", {Id::LogLpou, Id::LogOffsetTooLarge})
            .step(
                get_log(Id::LogHealth, "data", 64).set(Id::LogLpou, 1).ends(Id::LogOffsetTooLarge))
            .done());
    list.push_back(begin("offset-unaligned", "An offset within a dword", {Id::LogOffsetUnaligned})
                       .step(get_log(Id::LogHealth, "data", 64, 2)
                                 .ends(Id::LogOffsetUnaligned)
                                 .or_with(success()))
                       .done());
    list.push_back(
        begin("index", "An index into a page that is no list",
              {Id::LogOt, Id::LogIndexOffset, Id::SupportedLogIos})
            .step(get_log(Id::LogHealth, "data", 64).set(Id::LogOt, 1).ends(Id::LogIndexOffset))
            .done());
    list.push_back(
        begin("of-namespace", "A controller's page for one namespace", {Id::LogOfNamespace})
            .step(get_log(Id::LogCommands, "mc-data", page_bytes)
                      .to("mc")
                      .nsid("mc.nsid")
                      .ends(Id::LogOfNamespace))
            .done());
    list.push_back(begin("beyond-mdts", "More dwords than MDTS allows",
                         {Id::LogNumdl, Id::LogNumdu, Id::TransferBeyondMdts})
                       .need("mmc.mdts", 1, "MDTS sets no limit")
                       .step(get_log(Id::LogHealth, "data", 64)
                                 .set("NUMD", {10 * 32 + 16, 32}, Value("mmc.mdts.dwords"))
                                 .ends(Id::TransferBeyondMdts))
                       .done());
}

}  // namespace

void add_log_pages(List& list) {
    add_supported(list);
    add_effects(list);
    add_features_log(list);
    add_offsets(list);
}

}  // namespace lmsim::sim::conform::cases
