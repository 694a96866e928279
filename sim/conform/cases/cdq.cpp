#include <fmt/format.h>

#include "sim/conform/cases/cdq_commands.hpp"

/// Creating and deleting Controller Data Queues, and their feature.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Controller Data Queues";
constexpr std::uint64_t slots = 8;
constexpr std::uint64_t entries_a_page = page_size / entry_bytes;
constexpr std::uint64_t list_entries = page_size / 8;
constexpr std::uint64_t entry_of_list = 8;

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {}) {
    Draft draft = cdq_case(group, "cdq." + id, title, rows, slots);
    return draft.row(Id::OpcodeAdminCdq);
}

Command create() { return cdq_create("queue", slots); }
std::uint16_t prp_offset() { return oracle().status(Id::StatusPrpOffsetInvalid); }

void add_create_fields(List& list) {
    for (const std::uint32_t sel : {2U, 0x45U, 0xbfU}) {
        list.push_back(begin(fmt::format("sel-{:02x}", sel), "A reserved SEL")
                           .refused(create().set(Id::CdqSel, sel).ends(Id::CdqSelReserved))
                           .done());
    }
    for (const std::uint32_t type : {1U, 0x80U, 0xbfU}) {
        list.push_back(begin(fmt::format("qt-{:02x}", type), "A reserved QT")
                           .refused(create().set(Id::CdqQt, type).ends(Id::CdqTypeReserved))
                           .done());
    }
    for (const std::uint32_t offset : {8U, 32U, 0x800U, 0xff8U}) {
        list.push_back(begin(fmt::format("prp1-offset-{:x}", offset), "PRP1 has an offset")
                           .refused(create()
                                        .set("PRP1", spec::bytes(24, 31), Value("queue", offset))
                                        .ends(Id::CdqPrpOffset))
                           .done());
    }
    for (const std::uint32_t dwords : {7U, 9U, 12U, 63U, 65U}) {
        list.push_back(begin(fmt::format("size-{}", dwords),
                             "CDQSIZE is not a multiple of the entry's 8 dwords")
                           .refused(create().set(Id::CdqSize, dwords).ends(Id::CdqSizeNotEntries))
                           .done());
    }
    for (const std::uint32_t dwords : {0U, 8U}) {
        list.push_back(begin(fmt::format("size-{}", dwords),
                             "A CDQSIZE without two entries, of which one stays free (code not "
                             "stated)")
                           .refused(create().set(Id::CdqSize, dwords).ends(Id::CdqTooSmall))
                           .done());
    }
    list.push_back(begin("size-16", "The least queue: two entries", {Id::CdqTooSmall})
                       .steps({create().set(Id::CdqSize, 16), cdq_get("cdqid", "data")})
                       .done());
    list.push_back(begin("size-fffffff8", "The greatest CDQSIZE leads out of host memory")
                       .need("nowhere", 1, "the target names no address that is not host memory")
                       .refused(create().set(Id::CdqSize, 0xffff'fff8U).ends(Id::CdqNotHostMemory))
                       .done());
    for (const Stranger& stranger : strangers()) {
        list.push_back(
            begin(stranger.id, "A UDMQ for " + stranger.who)
                .refused(create().set(Id::CdqCqs, stranger.cntlid).ends(Id::CdqBadCntlid))
                .done());
    }
    list.push_back(begin("sent-to-mc", "Create sent to an MC")
                       .buffer("mc-queue", page_size, "mc")
                       .refused(cdq_create("mc-queue", slots)
                                    .to("mc")
                                    .set(Id::CdqCqs, "mc2.cntlid")
                                    .ends(Id::CdqCreateAtMc)
                                    .or_with(oracle().status(Id::StatusInvalidOpcode)))
                       .done());
}

void add_create(List& list) {
    list.push_back(begin("contiguous", "A contiguous queue can be created and deleted",
                         {Id::SelCreateCdq, Id::SelDeleteCdq, Id::CdqTypeUdmq, Id::CdqSize,
                          Id::CdqCreatedCdqid})
                       .steps({create(), cdq_get("cdqid", "data"), cdq_delete(),
                               cdq_get("cdqid", "data").ends(Id::CdqDeleteUnknown)})
                       .done());
    list.push_back(begin("second-for-mc", "An MC has one UDMQ at most")
                       .buffer("more", page_size)
                       .step(create())
                       .refused(cdq_create("more", slots, "other").ends(Id::CdqMcHasUdmq))
                       .step(cdq_get("cdqid", "data"))
                       .done());
    list.push_back(
        begin("one-for-each", "Two MCs have a UDMQ each, with CDQIDs of their own")
            .need("mmc.mcudmq", 2, "MCUDMQ is less than 2")
            .need("mmc.mnsudmq", 2, "MNSUDMQ is less than 2")
            .buffer("more", page_size)
            .steps({create(), cdq_create("more", slots, "other").set(Id::CdqCqs, "mc2.cntlid"),
                    cdq_delete("cdqid"), cdq_get("other", "data"),
                    cdq_get("cdqid", "data").ends(Id::CdqDeleteUnknown)})
            .done());
    // MCUDMQ is 1 or 2, and two sections contradict each other about the code.
    for (const std::uint64_t limit : {1U, 2U}) {
        Draft draft = begin(fmt::format("too-many-{}", limit), "One UDMQ more than MCUDMQ allows",
                            {Id::IdMcudmq});
        draft.need("mmc.mcudmq", limit, fmt::format("MCUDMQ is not {}", limit), limit)
            .need("mc3.cntlid", 0, "the target has no third MC")
            .buffer("more", page_size)
            .buffer("even-more", page_size)
            .step(create());
        if (limit == 2) {
            draft.step(cdq_create("more", slots, "second").set(Id::CdqCqs, "mc2.cntlid"));
        }
        list.push_back(draft
                           .refused(cdq_create("even-more", slots, "third")
                                        .set(Id::CdqCqs, "mc3.cntlid")
                                        .ends(Id::CdqTooManyUdmqs)
                                        .or_with(invalid_field()))
                           .done());
    }
    list.push_back(begin("again", "After a Delete the MC can have a UDMQ again")
                       .steps({create(), cdq_delete(), create(), cdq_get("cdqid", "data")})
                       .done());
    list.push_back(begin("dudmq", "A Suspend with DUDMQ = 1 deletes the UDMQ", {Id::SuspendDudmq})
                       .steps({create(), suspend().set(Id::SuspendDudmq, 1),
                               cdq_get("cdqid", "data").ends(Id::CdqFeatureUnknown),
                               cdq_delete().ends(Id::CdqDeleteUnknown), resume(), create()})
                       .done());
    list.push_back(begin("no-dudmq", "A Suspend with DUDMQ = 0 keeps the UDMQ", {Id::SuspendDudmq})
                       .steps({create(), suspend(), cdq_get("cdqid", "data")})
                       .done());
    list.push_back(
        begin("dudmq-other", "DUDMQ concerns the UDMQ of that MC alone", {Id::SuspendDudmq})
            .steps({create(), suspend("mc2.cntlid").set(Id::SuspendDudmq, 1),
                    cdq_get("cdqid", "data")})
            .done());
    list.push_back(
        begin("mmc-reset", "A CLR of the MMC deletes its queues", {Id::CdqEndsWithCreator})
            .steps({create(), simple(StepKind::Disable, "mmc"), simple(StepKind::Enable, "mmc"),
                    cdq_get("cdqid", "data").ends(Id::CdqFeatureUnknown), create()})
            .done());
    list.push_back(begin("mc-reset", "A CLR of the MC leaves the MMC's queue alone")
                       .steps({create(), simple(StepKind::Disable, "mc"),
                               simple(StepKind::Enable, "mc"), cdq_get("cdqid", "data")})
                       .done());
}

void add_delete(List& list) {
    for (const std::uint32_t cdqid : {0U, 0xfffU, 0xffffU}) {
        list.push_back(
            begin(fmt::format("delete-{:x}", cdqid), "Delete of a CDQID that is not there")
                .refused(cdq_delete(cdqid).ends(Id::CdqDeleteUnknown))
                .done());
    }
    list.push_back(begin("delete-twice", "A second Delete")
                       .steps({create(), cdq_delete()})
                       .refused(cdq_delete().ends(Id::CdqDeleteUnknown))
                       .done());
    list.push_back(begin("delete-other-kept", "Delete of an unknown CDQID beside a queue")
                       .step(create())
                       .refused(cdq_delete(Value("cdqid", 0x100)).ends(Id::CdqDeleteUnknown))
                       .step(cdq_get("cdqid", "data"))
                       .done());
}

/// A queue of `pages` pages behind a PRP list in the buffer "list"; its last entry of a full list
/// page names the next page of the list.
Draft& store_list(Draft& draft, std::uint64_t pages) {
    const std::uint64_t list_pages = pages <= list_entries ? 1 : 2;
    draft.buffer("pages", pages * page_size).buffer("list", list_pages * page_size);
    const auto run = [&](std::uint64_t at, std::uint64_t first, std::uint64_t count) {
        Step step = store("list", at,
                          {raw("PRP entry", spec::bytes(0, 7), Value("pages", first * page_size))});
        step.count = count;
        step.stride = entry_of_list;
        step.grow = page_size;
        draft.step(step);
    };
    if (list_pages == 1) {
        run(0, 0, pages);
        return draft;
    }
    run(0, 0, list_entries - 1);
    draft.step(
        store("list", page_size - entry_of_list,
              {raw("the next page of the list", spec::bytes(0, 7), Value("list", page_size))}));
    run(page_size, list_entries - 1, pages - (list_entries - 1));
    return draft;
}

Command create_by_list(std::uint64_t pages) {
    return cdq_create("list", pages * entries_a_page).set(Id::CdqPc, 0);
}

Draft list_case(const std::string& id, const std::string& title, std::uint64_t pages) {
    Draft draft = begin(id, title);
    draft.need("mmc.mcdqpc", pages, fmt::format("MCDQPC is less than {}", pages));
    return store_list(draft, pages);
}

void add_lists(List& list) {
    for (const std::uint64_t pages : {1U, 2U, 4U}) {
        list.push_back(list_case(fmt::format("list-{}", pages),
                                 fmt::format("A queue of {} pages by a PRP list", pages), pages)
                           .steps({create_by_list(pages), cdq_get("cdqid", "data"), cdq_delete()})
                           .done());
    }
    constexpr std::uint64_t many = 600;
    for (const std::uint64_t pages : {list_entries, list_entries + 1, many}) {
        list.push_back(list_case(fmt::format("list-{}", pages),
                                 fmt::format("A queue of {} pages: {}", pages,
                                             pages > list_entries ? "the PRP list is chained"
                                                                  : "one page of PRPs is enough"),
                                 pages)
                           .steps({create_by_list(pages), cdq_get("cdqid", "data"), cdq_delete()})
                           .done());
    }
    const auto broken = [&](const char* id, const char* title, std::uint64_t pages,
                            std::uint64_t at, Value entry) {
        list.push_back(list_case(id, title, pages)
                           .step(store("list", at, {raw("PRP entry", spec::bytes(0, 7), entry)}))
                           .refused(create_by_list(pages).ends(Id::CdqPrpOffset))
                           .done());
    };
    broken("list-entry-offset", "The second entry of the PRP list has an offset", 3, 8,
           Value("pages", page_size + 64));
    broken("list-last-offset", "The last entry of the PRP list has an offset", 3, 16,
           Value("pages", 2 * page_size + 8));
    broken("list-chained-offset", "An entry of the second page of the PRP list has an offset", many,
           page_size + 80, Value("pages", 520 * page_size + 16));
    broken("list-pointer-offset", "The pointer to the next page of the PRP list has an offset",
           many, page_size - 8, Value("list", page_size + 8));
    list.push_back(
        list_case("list-prp1-offset", "PRP1 as the pointer to a PRP list has an offset", 2)
            .refused(create_by_list(2)
                         .set("PRP1", spec::bytes(24, 31), Value("list", 8))
                         .ends(Id::CdqPrpOffset))
            .done());
    list.push_back(list_case("list-loop", "A PRP list that leads back to its first page", many)
                       .step(store("list", page_size - 8,
                                   {raw("PRP entry", spec::bytes(0, 7), Value("list"))}))
                       // Nothing is stated but for its end: the command completes.
                       .step(create_by_list(many)
                                 .ends(Id::CdqListLoops)
                                 .or_with(success())
                                 .or_with(prp_offset())
                                 .or_with(oracle().status(Id::StatusNotEnoughResources)))
                       .step(identify(Id::CnsController, "data"))
                       .done());
}

/// `count` pages of the buffer, every other one, behind the list in another.
Draft& store_scattered(Draft& draft, const std::string& pages, const std::string& list,
                       std::uint64_t count) {
    Step spread = store(list, 0, {raw("PRP entry", spec::bytes(0, 7), Value(pages))});
    spread.count = count;
    spread.stride = entry_of_list;
    spread.grow = 2 * page_size;
    return draft.buffer(pages, 2 * count * page_size).buffer(list, page_size).step(spread);
}

Command create_scattered(const std::string& list, std::uint64_t count) {
    return cdq_create(list, count * entries_a_page).set(Id::CdqPc, 0);
}

void add_ranges(List& list) {
    constexpr std::uint64_t most = 700;  // what the lists of store_list() can name
    Draft many = begin("too-many-prps", "One PRP more than MCDQPC allows (code not stated)");
    many.need("mmc.mcdqpc", most, "MCDQPC is not 700", most);
    list.push_back(store_list(many, most + 1)
                       .refused(create_by_list(most + 1).ends(Id::CdqTooManyPrps))
                       .done());
    constexpr std::uint64_t one = 34;
    Draft ranges = begin("ranges", "More memory ranges than MCMR allows", {Id::IdMcmr});
    ranges.need("mmc.mcmr", 1, "MCMR is above 33", one - 1)
        .need("mmc.mcdqpc", one, "MCDQPC is less than 34");
    list.push_back(store_scattered(ranges, "pages", "list", one)
                       .refused(create_scattered("list", one).ends(Id::CdqTooManyRanges))
                       .done());
    constexpr std::uint64_t half = 12;
    Draft all =
        begin("ranges-in-all", "More memory ranges in two queues than NMCMR allows", {Id::IdNmcmr});
    all.need("mmc.nmcmr", half, "NMCMR is not 12 to 23", 2 * half - 1)
        .need("mmc.mcmr", half, "MCMR is less than 12")
        .need("mmc.mcdqpc", half, "MCDQPC is less than 12")
        .need("mmc.mcudmq", 2, "MCUDMQ is less than 2");
    store_scattered(all, "pages", "list", half);
    list.push_back(store_scattered(all, "more", "more-list", half)
                       .step(create_scattered("list", half))
                       .refused(create_scattered("more-list", half)
                                    .set(Id::CdqCqs, "mc2.cntlid")
                                    .ends(Id::CdqTooManyRangesInAll))
                       .done());
}

void add_foreign_memory(List& list) {
    const auto foreign = [](const char* id, const char* title) {
        Draft draft = list_case(id, title, 3);
        return draft.need("nowhere", 1, "the target names no address that is not host memory");
    };
    list.push_back(
        foreign("foreign-contiguous", "The queue's memory is no host memory")
            .refused(
                create().set("PRP1", spec::bytes(24, 31), "nowhere").ends(Id::CdqNotHostMemory))
            .done());
    list.push_back(foreign("foreign-page", "A page of the queue is no host memory")
                       .step(store("list", 8, {raw("PRP entry", spec::bytes(0, 7), "nowhere")}))
                       .refused(create_by_list(3).ends(Id::CdqNotHostMemory))
                       .done());
    list.push_back(foreign("foreign-list", "The PRP list is in no host memory")
                       .refused(create_by_list(3)
                                    .set("PRP1", spec::bytes(24, 31), "nowhere")
                                    .ends(Id::CdqListUnreachable)
                                    .or_with(invalid_field()))
                       .done());
}

void add_feature(List& list) {
    for (const std::uint32_t cdqid : {0U, 0x7ffU, 0xffffU}) {
        list.push_back(begin(fmt::format("set-{:x}", cdqid),
                             "Set Features 21h of a CDQID that is not there", {Id::FeatureCdq})
                           .refused(cdq_set(cdqid, 0).ends(Id::CdqFeatureUnknown))
                           .done());
        list.push_back(begin(fmt::format("get-{:x}", cdqid),
                             "Get Features 21h of a CDQID that is not there", {Id::FeatureCdq})
                           .refused(cdq_get(cdqid, "data").ends(Id::CdqFeatureUnknown))
                           .done());
    }
    for (const std::uint64_t head : {std::uint64_t{1}, slots - 1, slots, ~std::uint64_t{0} >> 32}) {
        list.push_back(begin(fmt::format("empty-head-{:x}", head),
                             "HP other than it is, of an empty queue", {Id::FeatureCdq})
                           .step(create())
                           .refused(cdq_set("cdqid", head).ends(Id::CdqHeadOfEmpty))
                           .step(cdq_get("cdqid", "data"))
                           .step(check("data", 0, {field(Id::CdqGotHp, 0)}))
                           .done());
    }
    list.push_back(begin("empty-head-same", "HP as it is, of an empty queue",
                         {Id::FeatureCdq, Id::CdqFeatureHp})
                       .steps({create(), cdq_set("cdqid", 0)})
                       .done());
    for (const std::uint64_t trigger : {slots, slots + 1, ~std::uint64_t{0} >> 32}) {
        list.push_back(begin(fmt::format("trigger-{:x}", trigger), "TPT is no slot of the queue",
                             {Id::FeatureCdq})
                           .step(create())
                           .refused(cdq_arm("cdqid", 0, trigger).ends(Id::CdqTriggerBeyond))
                           .step(cdq_get("cdqid", "data").gives(Id::CdqGotEtpt, 0))
                           .done());
    }
    for (const std::uint64_t trigger : {std::uint64_t{0}, slots - 1}) {
        list.push_back(
            begin(fmt::format("armed-{}", trigger), "What was set is what is told",
                  {Id::FeatureCdq})
                .step(create())
                .step(cdq_arm("cdqid", 0, trigger))
                .step(cdq_get("cdqid", "data")
                          .gives(Id::CdqGotCdqid, "cdqid")
                          .gives(Id::CdqGotEtpt, 1))
                .step(check("data", 0, {field(Id::CdqGotHp, 0), field(Id::CdqGotTpt, trigger)}))
                .done());
    }
    list.push_back(begin("disarmed", "With ETPT = 0 TPT is ignored, and told as 0",
                         {Id::FeatureCdq, Id::CdqFeatureTpt})
                       .steps({create(), cdq_arm("cdqid", 0, 3)})
                       .step(cdq_set("cdqid", 0).set(Id::CdqFeatureTpt, 0xffff'ffffU))
                       .step(cdq_get("cdqid", "data").gives(Id::CdqGotEtpt, 0))
                       .step(check("data", 0, {field(Id::CdqGotTpt, 0)}))
                       .done());
}

/// What feature 21h has in common with others.
void add_as_feature(List& list) {
    list.push_back(begin("feature-capabilities", "Get Features 21h with SEL = 011b: changeable",
                         {Id::FeatureCdq, Id::SelectCapabilities})
                       .step(create())
                       .step(cdq_get("cdqid", "data")
                                 .set(Id::GetFeaturesSel, oracle().value(Id::SelectCapabilities))
                                 .gives(Id::CapabilitySaveable, 0)
                                 .gives(Id::CapabilityOfNamespace, 0)
                                 .gives(Id::CapabilityChangeable, 1))
                       .done());
    for (const std::uint32_t select : {4U, 7U}) {
        list.push_back(begin(fmt::format("feature-select-{}", select),
                             "Get Features 21h with a reserved SEL", {Id::FeatureCdq})
                           .step(create())
                           .step(cdq_get("cdqid", "data")
                                     .set(Id::GetFeaturesSel, select)
                                     .ends(Id::SelectReserved))
                           .done());
    }
    list.push_back(begin("feature-of-namespace", "Set Features 21h for one namespace",
                         {Id::FeatureOfController})
                       .step(create())
                       .refused(cdq_set("cdqid", 0).nsid("mc.nsid").ends(Id::FeatureOfController))
                       .done());
    list.push_back(begin("feature-saved", "Set Features 21h with SV = 1", {Id::FeatureSaved})
                       .step(create())
                       .refused(cdq_set("cdqid", 0)
                                    .set(Id::SetFeaturesSv, 1)
                                    .ends(Id::FeatureSaved)
                                    .or_with(invalid_field()))
                       .done());
}

}  // namespace

void add_cdq(List& list) {
    add_create_fields(list);
    add_create(list);
    add_delete(list);
    add_lists(list);
    add_ranges(list);
    add_foreign_memory(list);
    add_feature(list);
    add_as_feature(list);
}

}  // namespace lmsim::sim::conform::cases
