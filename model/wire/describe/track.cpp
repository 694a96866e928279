#include "model/wire/describe/track.hpp"

#include "model/wire/track.hpp"

namespace lmsim::wire::describe {

using spec::Id;

namespace {

void says_count(const Value& value, Text& text) {
    const std::uint64_t count = value.number + value.rules->value(Id::TrackRnmrtdIsZeroBased);
    if (count != value.number) text.add("0's based: {}", count);
}
constexpr Field memory_fields[] = {
    {"VER", Id::TrackVer},
    {"RMRTG", Id::TrackRmrtg, Style::Decimal, says_4k_power},
    {"RNMRTD", Id::TrackRnmrtd, Style::Decimal, says_count},
};
constexpr Block memory_block = {"Track Memory Changes", Id::TrackHeaderSize, 0, memory_fields};
constexpr Field range_fields[] = {{"SADDR", Id::TrackSaddr, Style::Hex}, {"LEN", Id::TrackLen}};
constexpr Block range_block = {"Memory Range Tracking Descriptor", Id::TrackDescriptorSize, 0,
                               range_fields};

void says_more(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "more to report" : "no more to report");
}
void says_suspended(const Value& value, Text& text) {
    text.add("{}", value.number != 0 ? "suspended throughout" : "not suspended throughout");
}
constexpr Field tracked_fields[] = {
    {"VER", Id::TrackedVer},
    {"ATTRB.MTR", Id::TrackedMtr, Style::Flag, says_more},
    {"ATTRB.SUSP", Id::TrackedSusp, Style::Flag, says_suspended},
    {"CNTLID", Id::TrackedCntlid, Style::Hex},
    {"NTMCD", Id::TrackedNtmcd},
    {"RPMRG", Id::TrackedRpmrg, Style::Decimal, says_4k_power},
};
constexpr Block tracked_block = {"Tracked Memory Changes", Id::TrackedHeaderSize, 0,
                                 tracked_fields};
constexpr Field changed_fields[] = {{"SADDR", Id::TrackedSaddr, Style::Hex},
                                    {"LEN", Id::TrackedLen}};
constexpr Block changed_block = {"Tracked Memory Changed Descriptor", Id::TrackedDescriptorSize, 0,
                                 changed_fields};

std::uint64_t descriptors(const View& header) {
    return header.get(Id::TrackRnmrtd) + header.rules->value(Id::TrackRnmrtdIsZeroBased);
}

void check_range(Walker& walker, const View& range, std::uint64_t granule) {
    if (granule == 0 || range.get(Id::TrackSaddr) % granule != 0) {
        walker.broken(Id::TrackUnaligned, range.where(Id::TrackSaddr),
                      "SADDR is not aligned to a granule of {} bytes", granule);
    }
    if (range.get(Id::TrackLen) == 0 && !walker.rules().on(Id::TrackEmptyAllowed)) {
        walker.breaks(Id::TrackEmptyAllowed, range.where(Id::TrackLen), "LEN = 0");
    }
}

}  // namespace

void walk_track_memory(Walker& walker) {
    if (!walker.block(memory_block)) {
        return;
    }
    const View header = walker.last();
    const std::uint64_t version = walker.rules().value(Id::TrackVersion);
    if (header.get(Id::TrackVer) != version) {
        walker.broken(Id::TrackBadVersion, header.where(Id::TrackVer), "VER = {}",
                      header.get(Id::TrackVer));
        walker.stop(Error::BadVersion, header.where(Id::TrackVer), Id::TrackVersion,
                    "VER = {}: no other version than {} is known", header.get(Id::TrackVer),
                    version);
        return;
    }
    const std::uint64_t count = descriptors(header);
    if (count == 0) {
        walker.broken(Id::TrackNoDescriptor, header.where(Id::TrackRnmrtd), "RNMRTD = 0");
    }
    const auto granularity = static_cast<std::uint32_t>(header.get(Id::TrackRmrtg));
    for (std::uint64_t i = 0; i < count && walker.block(range_block, i); ++i) {
        check_range(walker, walker.last(), granule_bytes(granularity));
    }
}

void track_memory_evidence(const Input& input, Evidence& evidence) {
    const auto view = TrackMemoryView::parse(input.data, input.size, *input.rules);
    if (!view) {
        evidence.points = -60;
        return evidence.because.add("{}", to_string(view.error()));
    }
    const bool sound = view->check().error == Error::None;
    const bool exact = track_memory_size(view->count(), *input.rules) == input.size;
    evidence.points = sound && exact ? 45 : sound ? 0 : -60;
    evidence.because.add("{} aligned ranges of 2^{} * 4 KiB", view->count(), view->granularity());
}

void walk_tracked_memory(Walker& walker) {
    if (!walker.block(tracked_block)) {
        return;
    }
    const View header = walker.last();
    const std::uint64_t version = walker.rules().value(Id::TrackedVersion);
    if (header.get(Id::TrackedVer) != version) {
        walker.stop(Error::BadVersion, header.where(Id::TrackedVer), Id::TrackedVersion,
                    "VER = {}: no other version than {} is known", header.get(Id::TrackedVer),
                    version);
        return;
    }
    const std::uint64_t count = header.get(Id::TrackedNtmcd);
    if (count == 0 && header.get(Id::TrackedMtr) != 0) {
        walker.broken(Id::TrackedNoneMeansNoMore, header.where(Id::TrackedMtr),
                      "NTMCD = 0 and MTR = 1");
    }
    const std::uint64_t granule =
        granule_bytes(static_cast<std::uint32_t>(header.get(Id::TrackedRpmrg)));
    for (std::uint64_t i = 0; i < count && walker.block(changed_block, i); ++i) {
        const View range = walker.last();
        if (granule == 0 || range.get(Id::TrackedSaddr) % granule != 0) {
            walker.note(range.where(Id::TrackedSaddr),
                        "SADDR is not aligned to a granule of {} bytes", granule);
        }
    }
}

void tracked_memory_evidence(const Input& input, Evidence& evidence) {
    const auto view = TrackedMemoryView::parse(input.data, input.size, *input.rules);
    if (!view) {
        evidence.points = -60;
        return evidence.because.add("{}", to_string(view.error()));
    }
    evidence.points = view->count() != 0 ? 45 : -5;
    evidence.because.add("{} aligned ranges of 2^{} * 4 KiB", view->count(),
                         view->header().granularity);
}

}  // namespace lmsim::wire::describe
