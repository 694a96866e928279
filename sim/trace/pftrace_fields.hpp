#pragma once

#include <cstdint>

/// Numbers of the fields of Perfetto's public schema (protos/perfetto/trace/trace_packet.proto and
/// the messages that it names) that trace.pftrace uses.
namespace lmsim::sim::trace::perfetto {

constexpr std::uint32_t trace_packet = 1;

namespace packet {
constexpr std::uint32_t timestamp = 8;
constexpr std::uint32_t trusted_packet_sequence_id = 10;
constexpr std::uint32_t track_event = 11;
constexpr std::uint32_t interned_data = 12;
constexpr std::uint32_t sequence_flags = 13;
constexpr std::uint32_t track_descriptor = 60;
constexpr std::uint64_t incremental_state_cleared = 1;  // of sequence_flags, as the next
constexpr std::uint64_t needs_incremental_state = 2;
}  // namespace packet

namespace event {
constexpr std::uint32_t category_iids = 3;
constexpr std::uint32_t debug_annotations = 4;
constexpr std::uint32_t type = 9;
constexpr std::uint32_t name_iid = 10;
constexpr std::uint32_t track_uuid = 11;
constexpr std::uint32_t name = 23;
constexpr std::uint32_t counter_value = 30;
constexpr std::uint32_t double_counter_value = 44;
constexpr std::uint32_t flow_ids = 47;
constexpr std::uint32_t terminating_flow_ids = 48;
enum class Type : std::uint8_t { SliceBegin = 1, SliceEnd = 2, Instant = 3, Counter = 4 };
}  // namespace event

namespace annotation {
constexpr std::uint32_t name_iid = 1;
constexpr std::uint32_t uint_value = 3;
constexpr std::uint32_t int_value = 4;
constexpr std::uint32_t string_value = 6;
}  // namespace annotation

namespace interned {
constexpr std::uint32_t event_categories = 1;
constexpr std::uint32_t event_names = 2;
constexpr std::uint32_t debug_annotation_names = 3;
constexpr std::uint32_t iid = 1;  // of each entry, as the next
constexpr std::uint32_t name = 2;
}  // namespace interned

namespace track {
constexpr std::uint32_t uuid = 1;
constexpr std::uint32_t name = 2;
constexpr std::uint32_t process = 3;
constexpr std::uint32_t parent_uuid = 5;
constexpr std::uint32_t counter = 8;
constexpr std::uint32_t child_ordering = 11;
constexpr std::uint32_t sibling_order_rank = 12;
constexpr std::uint64_t ordered_explicitly = 3;  // of child_ordering
constexpr std::uint32_t pid = 1;                 // of process, as the next
constexpr std::uint32_t process_name = 6;
constexpr std::uint32_t unit = 3;  // of counter, as the next
constexpr std::uint32_t unit_name = 6;
constexpr std::uint64_t unit_count = 2;
constexpr std::uint64_t unit_size_bytes = 3;
}  // namespace track

}  // namespace lmsim::sim::trace::perfetto
