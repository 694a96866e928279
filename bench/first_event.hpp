#pragma once

namespace lmsim::bench {

/// Where preload/first_event.cpp writes one byte.
constexpr int first_event_fd = 9;

}  // namespace lmsim::bench
