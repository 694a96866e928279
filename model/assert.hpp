#pragma once

namespace lmsim {

/// Ends the program with exit code 3 after naming the broken promise: our own bug, never the
/// user's.
[[noreturn]] void assertion_failed(const char* what, const char* file, int line) noexcept;

}  // namespace lmsim

/// Always on: a simulator that goes on after a broken promise prints made-up numbers.
#define LMSIM_ASSERT(condition)                                        \
    do {                                                               \
        if (__builtin_expect(!(condition), 0)) {                       \
            ::lmsim::assertion_failed(#condition, __FILE__, __LINE__); \
        }                                                              \
    } while (false)
