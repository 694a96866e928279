// The one translation unit that carries Catch's main; compiled once for all test programs.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

// libsystemc refers to it, also in programs with a main of their own. Weak, as sim/ may have one.
extern "C" [[gnu::weak]] int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
