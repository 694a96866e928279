#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "model/spec/rules.hpp"

/// Fuzz targets. Built with clang and LMSIM_LIBFUZZER each is a program of libFuzzer; else all are
/// in one test program, which runs their corpora and a short run of mutations (run_test.cpp).
namespace lmsim::fuzz {

using Run = void (*)(const std::uint8_t* data, std::size_t size);

struct Target {
    const char* name;  // of its corpus too: tests/fuzz/data/NAME
    std::size_t max_size;
    Run run;
    const Target* next;
};

/// The targets of this program.
inline const Target*& first_target() {
    static const Target* first = nullptr;
    return first;
}

struct Registration {
    explicit Registration(Target& target) {
        target.next = first_target();
        first_target() = &target;
    }
};

/// The rules that are in force, made once: they are large.
inline const spec::Rules& rules() {
    static const spec::Rules rules;
    return rules;
}

[[noreturn]] inline void failed(const char* what, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    std::abort();
}

}  // namespace lmsim::fuzz

#define FUZZ_CHECK(condition)                                      \
    do {                                                           \
        if (!(condition)) {                                        \
            ::lmsim::fuzz::failed(#condition, __FILE__, __LINE__); \
        }                                                          \
    } while (false)

#ifdef LMSIM_LIBFUZZER
#define FUZZ_TARGET(name, max_size)                                                     \
    static void fuzz_##name(const std::uint8_t* data, std::size_t size);                \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
        fuzz_##name(data, size);                                                        \
        return 0;                                                                       \
    }                                                                                   \
    static void fuzz_##name(const std::uint8_t* data, std::size_t size)
#else
#define FUZZ_TARGET(name, max_size)                                                       \
    static void fuzz_##name(const std::uint8_t* data, std::size_t size);                  \
    static ::lmsim::fuzz::Target target_##name = {#name, max_size, fuzz_##name, nullptr}; \
    static const ::lmsim::fuzz::Registration registration_##name(target_##name);          \
    static void fuzz_##name(const std::uint8_t* data, std::size_t size)
#endif
