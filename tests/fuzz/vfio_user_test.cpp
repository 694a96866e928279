// A server and hostile clients: random sessions, the same in every build and at every run. The long
// runs are tools/nightly vfio-user, with LMSIM_FUZZ_MESSAGES. A finding names its session:
// LMSIM_FUZZ_SESSION runs it alone.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "sim/core/reports.hpp"
#include "tests/catch.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/vfio_user_session.hpp"

using namespace lmsim;
using fuzz::Session;

namespace {

constexpr std::uint64_t short_run = 20'000;  // messages
constexpr std::uint64_t session_messages = 500;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void run_sessions(bool mutates) {
    sim::install_report_handler();
    const std::uint64_t wanted = from_environment("LMSIM_FUZZ_MESSAGES", short_run);
    const bool one = std::getenv("LMSIM_FUZZ_SESSION") != nullptr;
    const auto peers = std::make_unique<fuzz::Peers>();
    std::size_t open = 0;
    std::uint64_t done = 0;
    for (std::uint64_t seed = from_environment("LMSIM_FUZZ_SESSION", 0); done < wanted; ++seed) {
        std::fprintf(stderr, "session %llu\n", static_cast<unsigned long long>(seed));
        done += Session(*peers, seed, mutates).run(session_messages);
        const std::size_t now = fuzz::open_fds();
        FUZZ_CHECK(open == 0 || now == open);
        open = now;
        if (one) break;
    }
    std::size_t kinds = 0;
    for (const auto& command : peers->observer.succeeded) {
        kinds += command.second != 0 ? 1 : 0;
        std::fprintf(stderr, "%s %02x succeeded %llu times\n",
                     command.first.first ? "I/O" : "admin", command.first.second,
                     static_cast<unsigned long long>(command.second));
    }
    CHECK((one || kinds > (mutates ? 3 : 12)));
}

}  // namespace

TEST_CASE("fuzz: vfio-user messages of hostile clients") { run_sessions(false); }
TEST_CASE("fuzz: vfio-user bytes of hostile clients") { run_sessions(true); }
