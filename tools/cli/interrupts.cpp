#include "tools/cli/interrupts.hpp"

#include <atomic>
#include <csignal>

namespace lmsim::cli {

namespace {

std::atomic<bool> interrupted{false};

}  // namespace

void catch_interrupts() {
    const auto note = [](int) { interrupted.store(true); };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
}

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

bool was_interrupted() { return interrupted.load(); }

}  // namespace lmsim::cli
