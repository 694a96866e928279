#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/event_queue.hpp"

namespace lmsim::sim::metrics {

// Numbers for people: plain ASCII, integers only, rounded half up.

/// `value` / `unit` with a fixed number of decimals (0 to 9): decimal(1234, 1000, 2) is "1.23".
std::string decimal(std::uint64_t value, std::uint64_t unit, unsigned decimals);

/// Three significant digits and the largest unit of which there is at least one: "23.4 ms", "0 s".
std::string readable_time(Ps ps);

/// The same in binary units: "1.25 GiB", "4.00 KiB", "17 B".
std::string readable_bytes(std::uint64_t bytes);

/// "61.4 %" for 614000 parts per million.
std::string readable_share(std::uint32_t ppm);

/// "1 page", "2 pages".
std::string plural(std::uint64_t count, std::string_view noun);

/// Shown on a terminal as it is: control characters and what is not UTF-8 is escaped. Of any
/// length.
std::string terminal_text(std::string_view text);

/// Shown in Markdown as it is, never interpreted: control characters and what has a meaning there
/// is escaped.
std::string markdown_text(std::string_view text);

}  // namespace lmsim::sim::metrics
