#include <fmt/format.h>

#include "sim/conform/cases/cdq_commands.hpp"

/// Tracking of the memory that an MC writes: Track Memory Changes, Track Receive.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Tracking memory";
constexpr std::uint64_t granule = page_size;

std::uint64_t header_bytes() { return oracle().value(Id::TrackHeaderSize); }
std::uint64_t reported_header() { return oracle().value(Id::TrackedHeaderSize); }
std::uint64_t reported_descriptor() { return oracle().value(Id::TrackedDescriptorSize); }

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {}) {
    Draft draft(group, "track." + id, title, rows);
    draft.need("mmc.thmcs", 1, "TRATTR.THMCS is 0: memory cannot be tracked")
        .need("mmc.minmrtg", 0, "MINMRTG is above 4 KiB: the cases use pages", 0)
        .buffer("data", page_size)
        .mc_enabled(1);
    return store_track_range(draft);
}

Draft tracking(const std::string& id, const std::string& title,
               std::initializer_list<Id> rows = {}) {
    Draft draft = begin(id, title, rows);
    draft.step(track_start());
    return draft;
}

/// A read by the MC into this page of the tracked buffer.
Command read_into(std::uint64_t page) {
    return io(Id::OpcodeNvmRead, "tracked").with_data("tracked", page_size, page * page_size);
}

Field count(Value value) { return field(Id::TrackedNtmcd, std::move(value)); }
Field more(Value value) { return field(Id::TrackedMtr, std::move(value)); }

Step expect_report(std::vector<Field> fields) { return check("data", 0, std::move(fields)); }

Step expect_page(std::uint64_t index, std::uint64_t page) {
    return check(
        "data", reported_header() + index * reported_descriptor(),
        {field(Id::TrackedSaddr, Value("tracked", page * page_size)), field(Id::TrackedLen, 1)});
}

void add_structure(List& list) {
    const auto broken = [&](const char* id, const char* title, std::uint64_t at, Field wrong,
                            Id condition) {
        Draft draft = begin(id, title, {condition});
        draft.row(wrong.row);
        list.push_back(
            draft.step(store("ranges", at, {wrong})).refused(track_start().ends(condition)).done());
    };
    const std::uint64_t first = header_bytes();
    broken("version-1", "VER is 1", 0, field(Id::TrackVer, 1), Id::TrackBadVersion);
    broken("version-255", "VER is 255", 0, field(Id::TrackVer, 255), Id::TrackBadVersion);
    broken("too-coarse", "RMRTG is one above MAXMRTG", 0,
           field(Id::TrackRmrtg, Value("mmc.maxmrtg", 1)), Id::TrackTooCoarse);
    broken("too-coarse-255", "RMRTG is 255", 0, field(Id::TrackRmrtg, 255), Id::TrackTooCoarse);
    broken("no-descriptor", "RNMRTD is 0", 0, field(Id::TrackRnmrtd, 0), Id::TrackNoDescriptor);
    broken("unaligned", "SADDR is not aligned to the granularity", first,
           field(Id::TrackSaddr, Value("tracked", 512)), Id::TrackUnaligned);
    Draft coarse = begin("unaligned-coarse", "SADDR is aligned to a page and not to RMRTG",
                         {Id::TrackUnaligned, Id::TrackRmrtg});
    list.push_back(coarse.need("mmc.maxmrtg", 1, "MAXMRTG is 4 KiB")
                       .step(store("ranges", 0, {field(Id::TrackRmrtg, 1)}))
                       // One of two neighbouring pages is not at a multiple of two pages.
                       .step(store("ranges", 0, {field(Id::TrackRnmrtd, 2)}))
                       .step(store("ranges", first, {field(Id::TrackLen, 1)}))
                       .step(store("ranges", first + oracle().value(Id::TrackDescriptorSize),
                                   {field(Id::TrackSaddr, Value("tracked", page_size)),
                                    field(Id::TrackLen, 1)}))
                       .refused(track_start().ends(Id::TrackUnaligned))
                       .done());
    Draft many = begin("beyond-cmmrtd", "RNMRTD is one above CMMRTD",
                       {Id::TrackBeyondController, Id::TrackBeyondSubsystem, Id::TrackRnmrtd});
    list.push_back(
        many.need("mmc.cmmrtd", 1, "CMMRTD is above what the buffer holds", 1000)
            .step(store("ranges", 0, {field(Id::TrackRnmrtd, Value("mmc.cmmrtd", 1))}))
            .refused(
                track_start().with_data("ranges", 4 * page_size).ends(Id::TrackBeyondController))
            .done());
    Draft foreign = begin("foreign-range", "A range that is no host memory",
                          {Id::TrackNotHostMemory, Id::TrackSaddr});
    list.push_back(foreign.need("nowhere", 1, "the target names no address that is not host memory")
                       .step(store("ranges", first,
                                   {field(Id::TrackSaddr, "nowhere"), field(Id::TrackLen, 1)}))
                       .refused(track_start().ends(Id::TrackNotHostMemory))
                       .done());
    Draft power = begin("length-limit", "A length that is not a power of two although MRTLL = 1",
                        {Id::TrackLengthLimit, Id::TrackLen});
    list.push_back(power.need("mmc.mrtll", 1, "TRATTR.MRTLL is 0")
                       .step(store("ranges", first, {field(Id::TrackLen, 3)}))
                       .refused(track_start().ends(Id::TrackLengthLimit))
                       .done());
}

void add_conditions(List& list) {
    for (const Stranger& stranger : strangers()) {
        list.push_back(
            begin(stranger.id, "Tracking of " + stranger.who)
                .refused(
                    track_start().set(Id::TrackCntlid, stranger.cntlid).ends(Id::TrackBadCntlid))
                .done());
        list.push_back(
            tracking(std::string("receive-") + stranger.id, "Tracking of " + stranger.who)
                .refused(track_report()
                             .set(Id::TrackReceiveCntlid, stranger.cntlid)
                             .ends(Id::TrackReceiveBadCntlid))
                .done());
    }
    list.push_back(tracking("twice", "TACT = 1 although the MC is tracked already")
                       .refused(track_start().ends(Id::TrackAlready))
                       .done());
    list.push_back(begin("suspended-start", "TACT = 1 while the MC is suspended")
                       .step(suspend())
                       .refused(track_start().ends(Id::TrackSuspended))
                       .done());
    list.push_back(tracking("suspended-stop", "TACT = 0 while the MC is suspended")
                       .step(suspend())
                       .refused(track_stop().ends(Id::TrackSuspended))
                       .done());
    for (const std::uint32_t sel : {1U, 0x80U, 0xffU}) {
        list.push_back(
            tracking(fmt::format("receive-sel-{:02x}", sel), "Track Receive with a reserved SEL",
                     {Id::TrackReceiveSel})
                .refused(
                    track_report().set(Id::TrackReceiveSel, sel).ends(Id::TrackReceiveSelReserved))
                .done());
    }
    list.push_back(begin("receive-not-tracked", "Track Receive of an MC that is not tracked")
                       .refused(track_report().ends(Id::TrackReceiveBadCntlid))
                       .done());
    list.push_back(tracking("receive-stopped", "Track Receive after tracking was stopped")
                       .step(track_stop())
                       .refused(track_report().ends(Id::TrackReceiveBadCntlid))
                       .done());
    list.push_back(begin("sent-to-mc", "Track Memory Changes sent to an MC")
                       .buffer("mc-ranges", page_size, "mc")
                       .refused(track_start("mc-ranges")
                                    .to("mc")
                                    .set(Id::TrackCntlid, "mc2.cntlid")
                                    .ends(Id::TrackSendToMc)
                                    .or_with(invalid_field())
                                    .or_with(oracle().status(Id::StatusInvalidControllerId)))
                       .done());
    list.push_back(begin("receive-sent-to-mc", "Track Receive sent to an MC")
                       .buffer("mc-data", page_size, "mc")
                       .refused(track_report()
                                    .to("mc")
                                    .with_data("mc-data", page_size)
                                    .ends(Id::TrackReceiveToMc)
                                    .or_with(invalid_field())
                                    .or_with(oracle().status(Id::StatusInvalidControllerId)))
                       .done());
}

void add_reports(List& list) {
    list.push_back(
        tracking("nothing", "Nothing written, nothing reported", {Id::TrackedNoneMeansNoMore})
            .step(track_report())
            .step(expect_report({field(Id::TrackedVer, oracle().value(Id::TrackedVersion)),
                                 field(Id::TrackedCntlid, "mc.cntlid"), count(0), more(0),
                                 field(Id::TrackedSusp, 0)}))
            .done());
    list.push_back(tracking("one-page", "A page that a command's data were written to",
                            {Id::TrackIncludesData, Id::SelTrackMemoryChanges,
                             Id::SelTrackedMemoryChanges, Id::TrackedDescriptorSize})
                       .steps({read_into(3), track_report(),
                               expect_report({count(1), more(0), field(Id::TrackedRpmrg, 0)}),
                               expect_page(0, 3)})
                       .done());
    list.push_back(tracking("admin-data", "A page that an admin command's data were written to",
                            {Id::TrackIncludesAdminData})
                       .steps({identify(Id::CnsController, "tracked")
                                   .to("mc")
                                   .with_data("tracked", page_size, 5 * page_size),
                               track_report(), expect_report({count(1)}), expect_page(0, 5)})
                       .done());
    list.push_back(begin("completions", "The page that completions were written to",
                         {Id::TrackIncludesCompletions})
                       .step(store("ranges", header_bytes(),
                                   {field(Id::TrackSaddr, "mc.cq1"), field(Id::TrackLen, 1)}))
                       .steps({track_start(), io(Id::OpcodeNvmFlush, ""), track_report(),
                               expect_report({count(1)})})
                       .step(check("data", reported_header(), {field(Id::TrackedSaddr, "mc.cq1")}))
                       .done());
    list.push_back(
        tracking("forgets", "What was reported is not reported again", {Id::TrackReceiveForgets})
            .steps({read_into(3), track_report(), expect_report({count(1)}), track_report(),
                    expect_report({count(0), more(0)}), read_into(3), track_report(),
                    expect_report({count(1)}), expect_page(0, 3)})
            .done());
    list.push_back(tracking("not-reads", "What a command only reads is not reported")
                       .step(io(Id::OpcodeNvmWrite, "tracked"))
                       .step(track_report())
                       .step(expect_report({count(0)}))
                       .done());
    Draft outside = tracking("outside", "Memory outside of the ranges is not reported");
    list.push_back(
        outside.buffer("other", page_size, "mc")
            .steps({io(Id::OpcodeNvmRead, "other"), track_report(), expect_report({count(0)})})
            .done());
    Draft part = begin("part", "A range of one page: its neighbours are not reported",
                       {Id::TrackSaddr, Id::TrackLen});
    list.push_back(part.step(store("ranges", header_bytes(),
                                   {field(Id::TrackSaddr, Value("tracked", 2 * granule)),
                                    field(Id::TrackLen, 1)}))
                       .steps({track_start(), read_into(1), read_into(2), read_into(3),
                               track_report(), expect_report({count(1)}), expect_page(0, 2)})
                       .done());
    Draft small = tracking("more", "No room for all: MTR, and the rest comes with the next",
                           {Id::TrackReceiveNumdl});
    const std::uint64_t room = reported_header() + reported_descriptor();
    small.steps({read_into(0), read_into(4), read_into(8)});
    for (const int left : {1, 1, 0}) {
        small.steps({track_report(room), expect_report({count(1), more(left)})});
    }
    list.push_back(small.steps({track_report(room), expect_report({count(0), more(0)})}).done());
}

void add_lifetimes(List& list) {
    list.push_back(tracking("suspended", "SUSP, and MTR = 0: there is no more to come",
                            {Id::TrackedSuspMeansSuspended})
                       .steps({read_into(5), suspend(), track_report(),
                               expect_report({count(1), more(0), field(Id::TrackedSusp, 1)}),
                               expect_page(0, 5), track_report(),
                               expect_report({count(0), more(0), field(Id::TrackedSusp, 1)})})
                       .done());
    list.push_back(
        tracking("resumed", "After a Resume tracking goes on", {Id::TrackedSusp})
            .steps({suspend(), resume(), read_into(6), track_report(),
                    expect_report({count(1), field(Id::TrackedSusp, 0)}), expect_page(0, 6)})
            .done());
    list.push_back(
        tracking("stop", "TACT = 0 ends tracking, and it can begin anew", {Id::TrackTact})
            .steps({read_into(1), track_stop(), track_start(), read_into(2), track_report(),
                    expect_report({count(1)}), expect_page(0, 2)})
            .done());
    list.push_back(
        tracking("mmc-reset", "A CLR of the MMC stops its tracking", {Id::TrackEndsWithMmc})
            .steps({simple(StepKind::Disable, "mmc"), simple(StepKind::Enable, "mmc"),
                    track_report().ends(Id::TrackReceiveBadCntlid)})
            .done());
    Draft other = tracking("other-mc", "What another MC writes is not reported");
    list.push_back(
        other.buffer("block2", page_size, "mc2")
            .steps({simple(StepKind::Enable, "mc2"), create_cq("mc2", 1), create_sq("mc2", 1),
                    io(Id::OpcodeNvmRead, "block2").to("mc2").nsid("mc2.nsid"), track_report(),
                    expect_report({count(0)})})
            .done());
}

/// RNMRTD descriptors of one page each.
Draft& store_pages(Draft& draft, Value count) {
    Step addresses = store("ranges", header_bytes(), {field(Id::TrackSaddr, "tracked")});
    addresses.count = tracked_pages;
    addresses.stride = oracle().value(Id::TrackDescriptorSize);
    addresses.grow = page_size;
    Step lengths = store("ranges", header_bytes(), {field(Id::TrackLen, 1)});
    lengths.count = addresses.count;
    lengths.stride = addresses.stride;
    return draft.step(addresses).step(lengths).step(
        store("ranges", 0, {field(Id::TrackRnmrtd, std::move(count))}));
}

void add_boundaries(List& list) {
    const std::uint64_t first = header_bytes();
    Draft most = begin("cmmrtd", "RNMRTD is CMMRTD", {Id::TrackRnmrtd, Id::TrackNoResources});
    most.need("mmc.cmmrtd", 1, "CMMRTD is above what the buffer holds", tracked_pages);
    list.push_back(store_pages(most, "mmc.cmmrtd")
                       .step(track_start().or_with(oracle().status(Id::TrackNoResources)))
                       .done());
    Draft both = tracking("cmmrtd-of-two", "RNMRTD for two MCs is one above CMMRTD",
                          {Id::TrackRnmrtd, Id::TrackBeyondSubsystem});
    both.need("mmc.cmmrtd", 1, "CMMRTD is above what the buffer holds", tracked_pages);
    list.push_back(
        store_pages(both, "mmc.cmmrtd")
            .refused(
                track_start().set(Id::TrackCntlid, "mc2.cntlid").ends(Id::TrackBeyondController))
            .done());
    list.push_back(begin("length-0", "LEN is 0: a range of nothing, or none", {Id::TrackLen})
                       .row(Id::TrackEmptyAllowed)
                       .step(store("ranges", first, {field(Id::TrackLen, 0)}))
                       .step(track_start().ends_with(success()).or_with(invalid_field()))
                       .done());
    const std::pair<const char*, std::uint64_t> beyond[] = {{"length-max", 0xffff'ffff},
                                                            {"length-high", 0x8000'0000}};
    for (const auto& each : beyond) {
        list.push_back(begin(each.first, "LEN leads out of host memory", {Id::TrackLen})
                           .step(store("ranges", first, {field(Id::TrackLen, each.second)}))
                           .refused(track_start().ends(Id::TrackNotHostMemory))
                           .done());
    }
    list.push_back(begin("wraps", "A range that ends above 64 bits", {Id::TrackSaddr})
                       .step(store("ranges", first,
                                   {field(Id::TrackSaddr, ~(granule - 1)), field(Id::TrackLen, 2)}))
                       .refused(track_start().ends(Id::TrackNotHostMemory))
                       .done());
    list.push_back(
        begin("header-split", "The structure's header crosses a page", {Id::TrackHeaderSplit})
            .step(track_start()
                      .with_data("ranges", 20, page_size - 4)
                      .ends(Id::TrackHeaderSplit)
                      .or_with(invalid_field()))  // zeros: RNMRTD is 0
            .done());
    Draft fine(group, "track.too-fine", "RMRTG is one below MINMRTG",
               {Id::TrackTooFine, Id::TrackRmrtg});
    fine.need("mmc.thmcs", 1, "TRATTR.THMCS is 0: memory cannot be tracked")
        .need("mmc.minmrtg", 1, "MINMRTG is 4 KiB, there is nothing below")
        .buffer("data", page_size)
        .mc_enabled();
    list.push_back(
        store_track_range(fine)
            .step(store("ranges", 0,
                        {field(Id::TrackRmrtg, Value("mmc.minmrtg", ~std::uint64_t{0}))}))
            .refused(track_start().ends(Id::TrackTooFine))
            .done());
    list.push_back(begin("stop-idle", "TACT = 0 of an MC that is not tracked (code not stated)",
                         {Id::TrackTact, Id::TrackStopIdleSucceeds})
                       .step(track_stop().or_with(oracle().status(Id::TrackBadCntlid)))
                       .done());
}

/// Not Enough Resources, with what would be enough in DW0 and DW1.
void add_hints(List& list) {
    constexpr std::uint64_t half = 16;  // pages: fits once, and twice only as granules of 8 KiB
    const auto short_of = [&](const char* id, const char* title) {
        Draft draft = begin(id, title, {Id::TrackNoResources});
        return draft
            .need("mc.trackable", half + 2,
                  "the target does not say that 18 to 31 pages "
                  "are what it can track of an MC",
                  2 * half - 1)
            .need("mmc.maxmrtg", 1, "MAXMRTG is 4 KiB")
            .buffer("more", 2 * half * page_size, "mc");
    };
    const std::uint32_t next = oracle().value(Id::TrackMrtgIsExponent) != 0 ? 1 : 2;
    const Step wide = store("ranges", header_bytes(),
                            {field(Id::TrackSaddr, "more"), field(Id::TrackLen, 2 * half)});
    list.push_back(short_of("hint-granularity", "MRTG is the granularity that would do")
                       .step(wide)
                       .refused(track_start()
                                    .ends(Id::TrackNoResources)
                                    .gives(Id::TrackMrtg, next)
                                    .gives(Id::TrackNmrtd, 0))
                       .done());
    Draft two = short_of("hint-descriptors", "NMRTD descriptors would do, and do");
    two.step(store("ranges", 0, {field(Id::TrackRnmrtd, 2)}))
        .step(store("ranges", header_bytes() + oracle().value(Id::TrackDescriptorSize),
                    {field(Id::TrackSaddr, "more"), field(Id::TrackLen, half)}))
        .refused(track_start()
                     .ends(Id::TrackNoResources)
                     .gives(Id::TrackMrtg, next)
                     .gives(Id::TrackNmrtd, 1)
                     .saves("nmrtd", oracle().place(Id::TrackNmrtd)));
    list.push_back(two.step(store("ranges", 0, {field(Id::TrackRnmrtd, "nmrtd")}))
                       .steps({track_start(), read_into(3), track_report(),
                               expect_report({count(1)}), expect_page(0, 3)})
                       .done());
}

/// Buffers of a Track Receive that hold too little, or cannot be.
void add_small_reports(List& list) {
    list.push_back(tracking("receive-header", "A buffer for the header alone, nothing to report",
                            {Id::TrackReceiveNumdl, Id::TrackedHeaderSize})
                       .steps({track_report(reported_header()), expect_report({count(0), more(0)})})
                       .done());
    for (const std::uint64_t bytes : {std::uint64_t{4}, reported_header() - 4}) {
        list.push_back(
            tracking(fmt::format("receive-{}-bytes", bytes),
                     "A buffer that is less than the header (code not stated)",
                     {Id::TrackReceiveNumdl})
                .step(track_report(bytes).ends(Id::TrackReceiveNoHeader).or_with(success()))
                .done());
    }
    const auto loses_nothing = [&](const char* id, const char* title, const Command& failing) {
        Draft draft = tracking(id, title, {Id::TrackReceiveForgets});
        list.push_back(draft.step(read_into(3))
                           .step(failing)
                           .steps({track_report(), expect_report({count(1)}), expect_page(0, 3)})
                           .done());
    };
    loses_nothing("receive-no-room", "Without room for a descriptor nothing is forgotten",
                  track_report(reported_header()).ends(Id::TrackReceiveNoRoom).or_with(success()));
    loses_nothing("receive-failed", "A report that fails forgets nothing",
                  track_report()
                      .set("PRP1", spec::bytes(24, 31), Value("data", 2))
                      .ends(Id::PrpOffsetNotAllowed));
    loses_nothing("receive-sel-keeps", "A reserved SEL forgets nothing",
                  track_report().set(Id::TrackReceiveSel, 1).ends(Id::TrackReceiveSelReserved));
    list.push_back(tracking("receive-beyond-mdts", "NUMDL asks for more than MDTS allows",
                            {Id::TrackReceiveNumdl, Id::TransferBeyondMdts, Id::IdMdts})
                       .need("mmc.mdts", 1, "MDTS sets no limit")
                       .refused(track_report()
                                    .set(Id::TrackReceiveNumdl, Value("mmc.mdts.dwords"))
                                    .ends(Id::TransferBeyondMdts))
                       .done());
}

}  // namespace

void add_tracking(List& list) {
    add_boundaries(list);
    add_hints(list);
    add_small_reports(list);
    add_structure(list);
    add_conditions(list);
    add_reports(list);
    add_lifetimes(list);
}

}  // namespace lmsim::sim::conform::cases
