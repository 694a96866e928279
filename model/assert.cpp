#include "model/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace lmsim {

void assertion_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "lmsim: internal bug: %s does not hold (%s:%d). Please report it.\n", what,
                 file, line);
    std::fflush(nullptr);
    std::_Exit(3);
}

}  // namespace lmsim
