#include "model/wire/track.hpp"

#include <cstring>
#include <vector>

#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using fuzz::rules;

namespace {

void memory(const std::uint8_t* data, std::size_t size) {
    const auto view = TrackMemoryView::parse(data, size, rules());
    if (!view) {
        FUZZ_CHECK(view.at() <= size);
        return;
    }
    if (view->check().error != Error::None) {
        return;
    }
    std::vector<MemoryRange> ranges;
    for (std::uint64_t i = 0; i < view->count(); ++i) ranges.push_back((*view)[i]);
    std::vector<std::uint8_t> bytes(track_memory_size(view->count(), rules()));
    FUZZ_CHECK(bytes.size() <= size);
    encode_track_memory(view->granularity(), ranges.data(),
                        static_cast<std::uint32_t>(ranges.size()), bytes.data(), rules());
    FUZZ_CHECK(std::memcmp(bytes.data(), data, bytes.size()) == 0);
}

void tracked(const std::uint8_t* data, std::size_t size, bool described) {
    const auto view = TrackedMemoryView::parse(data, size, rules());
    if (!view) {
        FUZZ_CHECK(view.at() <= size);
        return;
    }
    FUZZ_CHECK(described);
    std::vector<std::uint8_t> bytes(size);
    TrackedMemoryWriter writer(bytes.data(), bytes.size(), rules());
    FUZZ_CHECK(writer.room() >= view->count());
    for (std::uint64_t i = 0; i < view->count(); ++i) writer.add((*view)[i]);
    writer.finish(view->header());
    const auto again = TrackedMemoryView::parse(bytes.data(), bytes.size(), rules());
    FUZZ_CHECK(again && again->header() == view->header() && again->count() == view->count());
    for (std::uint64_t i = 0; i < view->count(); ++i) FUZZ_CHECK((*again)[i] == (*view)[i]);
}

}  // namespace

FUZZ_TARGET(track, 128) {
    static const auto& memory_structure = fuzz::structure("track-memory");
    static const auto& tracked_structure = fuzz::structure("tracked-memory");
    fuzz::CheckingSink sink(size);
    describe_as(memory_structure, data, size, sink);
    fuzz::CheckingSink other(size);
    const auto outcome = describe_as(tracked_structure, data, size, other);
    memory(data, size);
    tracked(data, size, outcome.ok() && other.rules_broken == 0);
    if (size < Sqe::size) {
        return;
    }
    const Sqe sqe = decode_sqe(data);
    const TrackMemory command = decode_track_memory(sqe, rules());
    FUZZ_CHECK(decode_track_memory(encode(command, rules()), rules()) == command);
    const TrackReceive receive = decode_track_receive(sqe, rules());
    FUZZ_CHECK(decode_track_receive(encode(receive, rules()), rules()) == receive);
}
