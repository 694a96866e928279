// The one translation unit that carries Catch's main; compiled once for all test programs.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
#define LMSIM_LIST_NAMES "--list-tests", "--verbosity", "quiet"
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
#define LMSIM_LIST_NAMES "--list-test-names-only"
#endif

#include <cstdio>
#include <cstdlib>

#include "tests/mutants/batch.hpp"

// libsystemc refers to it, also in programs with a main of their own. Weak, as sim/ may have one.
extern "C" [[gnu::weak]] int sc_main(int, char**) { return 0; }

namespace lmsim::tests {

void (*on_test_case)(char what, const std::string& name) = nullptr;
const std::vector<std::string> list_names = {LMSIM_LIST_NAMES};

namespace {

struct Teller : ListenerBase {
    using ListenerBase::ListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& info) override { tell('S', info.name); }
    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        if (stats.totals.assertions.failed != 0) {
            tell('F', name_of(stats.testInfo));
        }
    }

  private:
    // A reference in Catch2 2, a pointer in 3.
    static const std::string& name_of(const Catch::TestCaseInfo& info) { return info.name; }
    static const std::string& name_of(const Catch::TestCaseInfo* info) { return info->name; }
    static void tell(char what, const std::string& name) {
        if (on_test_case != nullptr) {
            on_test_case(what, name);
        }
    }
};
CATCH_REGISTER_LISTENER(Teller)

int run_catch(const std::vector<std::string>& arguments) {
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(argument.c_str());
    }
    return Catch::Session().run(static_cast<int>(pointers.size()), pointers.data());
}

}  // namespace

}  // namespace lmsim::tests

int main(int argc, char** argv) {
    using namespace lmsim::tests;
    const std::vector<std::string> arguments(argv, argv + argc);
    if (argc > 1 && arguments[1] == "--mutants" && mutants_main != nullptr) {
        return mutants_main(arguments, run_catch);
    }
    const char* mutant = std::getenv("LMSIM_MUTANT");
    if (mutant != nullptr && apply_mutant != nullptr && !apply_mutant(mutant)) {
        std::fprintf(stderr, "LMSIM_MUTANT: no row %s\n", mutant);
        return 2;
    }
    return run_catch(arguments);
}
