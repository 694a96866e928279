#include <fmt/format.h>

#include "sim/conform/cases/cases.hpp"

/// Tracking of the memory that an MC writes: Track Memory Changes, Track Receive.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

constexpr const char* group = "Tracking memory";
constexpr std::uint64_t pages = 16;  // of the MC's buffer that is tracked
constexpr std::uint64_t granule = page_size;
constexpr std::uint64_t report_bytes = page_size;

std::uint64_t header_bytes() { return oracle().value(Id::TrackHeaderSize); }
std::uint64_t reported_header() { return oracle().value(Id::TrackedHeaderSize); }
std::uint64_t reported_descriptor() { return oracle().value(Id::TrackedDescriptorSize); }

Command start(const std::string& buffer = "ranges") {
    Command command(Id::OpcodeAdminTrackSend);
    return command.set(Id::TrackSendSel, oracle().value(Id::SelTrackMemoryChanges))
        .set(Id::TrackTact, 1)
        .set(Id::TrackCntlid, "mc.cntlid")
        .with_data(buffer, page_size);
}

Command stop() {
    Command command = start();
    command.data.clear();
    return command.set(Id::TrackTact, 0);
}

Command report(std::uint64_t bytes = report_bytes) {
    Command command(Id::OpcodeAdminTrackReceive);
    return command.set(Id::TrackReceiveSel, oracle().value(Id::SelTrackedMemoryChanges))
        .set(Id::TrackReceiveCntlid, "mc.cntlid")
        .set(Id::TrackReceiveNumdl, bytes / 4 - oracle().value(Id::TrackReceiveNumdIsZeroBased))
        .with_data("data", bytes);
}

/// A structure in "ranges" that asks for all of the MC's buffer "tracked" as one range.
Draft& store_range(Draft& draft) {
    return draft.buffer("ranges", 4 * page_size)
        .buffer("tracked", pages * page_size, "mc")
        .step(store("ranges", 0,
                    {field(Id::TrackVer, oracle().value(Id::TrackVersion)),
                     field(Id::TrackRmrtg, "mmc.minmrtg"), field(Id::TrackRnmrtd, 1)}))
        .step(store("ranges", header_bytes(),
                    {field(Id::TrackSaddr, "tracked"), field(Id::TrackLen, pages)}));
}

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {}) {
    Draft draft(group, "track." + id, title, rows);
    draft.need("mmc.thmcs", 1, "TRATTR.THMCS is 0: memory cannot be tracked")
        .need("mmc.minmrtg", 0, "MINMRTG is above 4 KiB: the cases use pages", 0)
        .buffer("data", page_size)
        .mc_enabled(1);
    return store_range(draft);
}

Draft tracking(const std::string& id, const std::string& title,
               std::initializer_list<Id> rows = {}) {
    Draft draft = begin(id, title, rows);
    draft.step(start());
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
            draft.step(store("ranges", at, {wrong})).refused(start().ends(condition)).done());
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
                       .refused(start().ends(Id::TrackUnaligned))
                       .done());
    Draft many = begin("beyond-cmmrtd", "RNMRTD is one above CMMRTD",
                       {Id::TrackBeyondController, Id::TrackBeyondSubsystem, Id::TrackRnmrtd});
    list.push_back(
        many.need("mmc.cmmrtd", 1, "CMMRTD is above what the buffer holds", 1000)
            .step(store("ranges", 0, {field(Id::TrackRnmrtd, Value("mmc.cmmrtd", 1))}))
            .refused(start().with_data("ranges", 4 * page_size).ends(Id::TrackBeyondController))
            .done());
    Draft foreign = begin("foreign-range", "A range that is no host memory",
                          {Id::TrackNotHostMemory, Id::TrackSaddr});
    list.push_back(foreign.need("nowhere", 1, "the target names no address that is not host memory")
                       .step(store("ranges", first,
                                   {field(Id::TrackSaddr, "nowhere"), field(Id::TrackLen, 1)}))
                       .refused(start().ends(Id::TrackNotHostMemory))
                       .done());
    Draft power = begin("length-limit", "A length that is not a power of two although MRTLL = 1",
                        {Id::TrackLengthLimit, Id::TrackLen});
    list.push_back(power.need("mmc.mrtll", 1, "TRATTR.MRTLL is 0")
                       .step(store("ranges", first, {field(Id::TrackLen, 3)}))
                       .refused(start().ends(Id::TrackLengthLimit))
                       .done());
}

void add_conditions(List& list) {
    for (const Stranger& stranger : strangers()) {
        list.push_back(
            begin(stranger.id, "Tracking of " + stranger.who)
                .refused(start().set(Id::TrackCntlid, stranger.cntlid).ends(Id::TrackBadCntlid))
                .done());
        list.push_back(
            tracking(std::string("receive-") + stranger.id, "Tracking of " + stranger.who)
                .refused(report()
                             .set(Id::TrackReceiveCntlid, stranger.cntlid)
                             .ends(Id::TrackReceiveBadCntlid))
                .done());
    }
    list.push_back(tracking("twice", "TACT = 1 although the MC is tracked already")
                       .refused(start().ends(Id::TrackAlready))
                       .done());
    list.push_back(begin("suspended-start", "TACT = 1 while the MC is suspended")
                       .step(suspend())
                       .refused(start().ends(Id::TrackSuspended))
                       .done());
    list.push_back(tracking("suspended-stop", "TACT = 0 while the MC is suspended")
                       .step(suspend())
                       .refused(stop().ends(Id::TrackSuspended))
                       .done());
    for (const std::uint32_t sel : {1U, 0x80U, 0xffU}) {
        list.push_back(
            tracking(fmt::format("receive-sel-{:02x}", sel), "Track Receive with a reserved SEL",
                     {Id::TrackReceiveSel})
                .refused(report().set(Id::TrackReceiveSel, sel).ends(Id::TrackReceiveSelReserved))
                .done());
    }
    list.push_back(begin("receive-not-tracked", "Track Receive of an MC that is not tracked")
                       .refused(report().ends(Id::TrackReceiveBadCntlid))
                       .done());
    list.push_back(tracking("receive-stopped", "Track Receive after tracking was stopped")
                       .step(stop())
                       .refused(report().ends(Id::TrackReceiveBadCntlid))
                       .done());
    list.push_back(begin("sent-to-mc", "Track Memory Changes sent to an MC")
                       .buffer("mc-ranges", page_size, "mc")
                       .refused(start("mc-ranges")
                                    .to("mc")
                                    .set(Id::TrackCntlid, "mc2.cntlid")
                                    .ends(Id::TrackSendToMc)
                                    .or_with(invalid_field())
                                    .or_with(oracle().status(Id::StatusInvalidControllerId)))
                       .done());
    list.push_back(begin("receive-sent-to-mc", "Track Receive sent to an MC")
                       .buffer("mc-data", page_size, "mc")
                       .refused(report()
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
            .step(report())
            .step(expect_report({field(Id::TrackedVer, oracle().value(Id::TrackedVersion)),
                                 field(Id::TrackedCntlid, "mc.cntlid"), count(0), more(0),
                                 field(Id::TrackedSusp, 0)}))
            .done());
    list.push_back(tracking("one-page", "A page that a command's data were written to",
                            {Id::TrackIncludesData})
                       .steps({read_into(3), report(),
                               expect_report({count(1), more(0), field(Id::TrackedRpmrg, 0)}),
                               expect_page(0, 3)})
                       .done());
    list.push_back(
        tracking("forgets", "What was reported is not reported again", {Id::TrackReceiveForgets})
            .steps({read_into(3), report(), expect_report({count(1)}), report(),
                    expect_report({count(0), more(0)}), read_into(3), report(),
                    expect_report({count(1)}), expect_page(0, 3)})
            .done());
    list.push_back(tracking("not-reads", "What a command only reads is not reported")
                       .step(io(Id::OpcodeNvmWrite, "tracked"))
                       .step(report())
                       .step(expect_report({count(0)}))
                       .done());
    Draft outside = tracking("outside", "Memory outside of the ranges is not reported");
    list.push_back(outside.buffer("other", page_size, "mc")
                       .steps({io(Id::OpcodeNvmRead, "other"), report(), expect_report({count(0)})})
                       .done());
    Draft part = begin("part", "A range of one page: its neighbours are not reported",
                       {Id::TrackSaddr, Id::TrackLen});
    list.push_back(part.step(store("ranges", header_bytes(),
                                   {field(Id::TrackSaddr, Value("tracked", 2 * granule)),
                                    field(Id::TrackLen, 1)}))
                       .steps({start(), read_into(1), read_into(2), read_into(3), report(),
                               expect_report({count(1)}), expect_page(0, 2)})
                       .done());
    Draft small = tracking("more", "No room for all: MTR, and the rest comes with the next",
                           {Id::TrackReceiveNumdl});
    const std::uint64_t room = reported_header() + reported_descriptor();
    small.steps({read_into(0), read_into(4), read_into(8)});
    for (const int left : {1, 1, 0}) {
        small.steps({report(room), expect_report({count(1), more(left)})});
    }
    list.push_back(small.steps({report(room), expect_report({count(0), more(0)})}).done());
}

void add_lifetimes(List& list) {
    list.push_back(tracking("suspended", "SUSP, and MTR = 0: there is no more to come",
                            {Id::TrackedSuspMeansSuspended})
                       .steps({read_into(5), suspend(), report(),
                               expect_report({count(1), more(0), field(Id::TrackedSusp, 1)}),
                               expect_page(0, 5), report(),
                               expect_report({count(0), more(0), field(Id::TrackedSusp, 1)})})
                       .done());
    list.push_back(
        tracking("resumed", "After a Resume tracking goes on", {Id::TrackedSusp})
            .steps({suspend(), resume(), read_into(6), report(),
                    expect_report({count(1), field(Id::TrackedSusp, 0)}), expect_page(0, 6)})
            .done());
    list.push_back(
        tracking("stop", "TACT = 0 ends tracking, and it can begin anew", {Id::TrackTact})
            .steps({read_into(1), stop(), start(), read_into(2), report(),
                    expect_report({count(1)}), expect_page(0, 2)})
            .done());
    list.push_back(
        tracking("mmc-reset", "A CLR of the MMC stops its tracking", {Id::TrackEndsWithMmc})
            .steps({simple(StepKind::Disable, "mmc"), simple(StepKind::Enable, "mmc"),
                    report().ends(Id::TrackReceiveBadCntlid)})
            .done());
    Draft other = tracking("other-mc", "What another MC writes is not reported");
    list.push_back(
        other.buffer("block2", page_size, "mc2")
            .steps({simple(StepKind::Enable, "mc2"), create_cq("mc2", 1), create_sq("mc2", 1),
                    io(Id::OpcodeNvmRead, "block2").to("mc2"), report(), expect_report({count(0)})})
            .done());
}

}  // namespace

void add_tracking(List& list) {
    add_structure(list);
    add_conditions(list);
    add_reports(list);
    add_lifetimes(list);
}

}  // namespace lmsim::sim::conform::cases
