#include <string>

#include "tests/fuzz/fuzz.hpp"
#include "tools/cli/decode_input.hpp"

using namespace lmsim;
using cli::Dump;
using cli::DumpOptions;

namespace {

std::string plain(const std::vector<std::uint8_t>& bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        constexpr const char* digits = "0123456789abcdef";
        text += {digits[byte >> 4], digits[byte & 15]};
    }
    return text;
}

}  // namespace

// The first byte is the options, the rest the text.
FUZZ_TARGET(dump, 256) {
    if (size == 0) {
        return;
    }
    DumpOptions options;
    options.max_bytes = 4096;
    options.groups = static_cast<cli::Groups>(data[0] % 3);
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const Dump dump = cli::parse_dump(text, options);
    FUZZ_CHECK(dump.bytes.size() <= options.max_bytes);
    FUZZ_CHECK(dump.bytes.capacity() <= 16384);
    if (dump.ok() && !dump.bytes.empty()) {
        const Dump again = cli::parse_dump(plain(dump.bytes), DumpOptions{});
        FUZZ_CHECK(again.ok() && again.bytes == dump.bytes);
    }
}
