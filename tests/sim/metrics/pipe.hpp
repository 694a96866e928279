#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/catch.hpp"

namespace lmsim::tests {

/// What can be read there by now.
inline std::string read_some(int descriptor) {
    std::array<char, 4096> buffer{};
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

/// A pipe that a live line writes into.
struct Pipe {
    std::array<int, 2> ends{};
    Pipe() { REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::string text() const { return read_some(ends[0]); }
};

}  // namespace lmsim::tests
