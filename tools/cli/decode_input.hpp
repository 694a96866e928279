#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Bytes from a file: as they are, or from one of the dumps that people paste.
namespace lmsim::cli {

/// What a group of more than two digits means.
enum class Groups : std::uint8_t {
    Auto,   // numbers where the dump is one of hexdump or od, or where they begin with 0x
    Bytes,  // bytes in their order, as xxd writes them
    Words,  // little-endian numbers
};

struct DumpOptions {
    Groups groups = Groups::Auto;
    std::size_t max_bytes = std::size_t{64} << 20;
};

struct Dump {
    std::vector<std::uint8_t> bytes;
    std::string format;  // "xxd", "hexdump or od", "plain hex", "C array", "binary"
    // What is wrong, with line and column; empty: nothing.
    std::string error;

    bool ok() const { return error.empty(); }
};

/// No byte that a text file would not have?
bool is_text(std::string_view content);

/// Reads the dump in `text`. Lines that begin with '#' are skipped. Never more than
/// options.max_bytes, and never more than 16 bytes for each character but where the dump leaves
/// out repeated lines ("*").
Dump parse_dump(std::string_view text, const DumpOptions& options);

}  // namespace lmsim::cli
