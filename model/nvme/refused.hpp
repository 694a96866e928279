#pragma once

#include "model/spec/id.hpp"

namespace lmsim::nvme {

/// By which row a command of this thread was last refused, for whoever explains an answer; Count:
/// since he set it so, none was.
inline thread_local spec::Id refused_by = spec::Id::Count;

}  // namespace lmsim::nvme
