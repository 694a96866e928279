#pragma once

namespace lmsim::cli {

/// From now on SIGINT and SIGTERM are noted instead of ending the program.
void catch_interrupts();
bool was_interrupted();
/// From now on a write to a pipe that nobody reads fails and does not end the program: who serves
/// others goes on when nobody listens to what it says.
void ignore_broken_pipes();

}  // namespace lmsim::cli
