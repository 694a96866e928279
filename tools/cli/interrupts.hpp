#pragma once

namespace lmsim::cli {

/// From now on SIGINT and SIGTERM are noted instead of ending the program.
void catch_interrupts();
bool was_interrupted();

}  // namespace lmsim::cli
