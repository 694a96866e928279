#pragma once

#include "bench/command_path.hpp"

namespace lmsim::bench {

/// The baseline: the same machine, steps and draws as straight C++ around one std::priority_queue,
/// without SystemC, model or layers. Nothing in its loop is virtual or allocates.
Tally run_plain(const CommandPath& path);

}  // namespace lmsim::bench
