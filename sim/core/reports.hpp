#pragma once

namespace lmsim::sim {

/// SystemC's own reports: information is not for users, a warning is a bug of ours (exit code 3).
void install_report_handler();

}  // namespace lmsim::sim
