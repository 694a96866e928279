#pragma once

#include "sim/guest/fio/job.hpp"

namespace lmsim::sim::fio {

/// Resolves what depends on several keys and refuses contradictions. `file` has the jobs before
/// this one, and gets the notes. Throws InputError.
void finish_job(Job& job, JobFile& file);

}  // namespace lmsim::sim::fio
