#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/guest/fio/error.hpp"
#include "sim/guest/fio/io.hpp"

namespace lmsim::sim::fio {

/// One I/O of a log. `gap_us` is the time since the line (version 3) or I/O (version 2) before.
struct LoggedIo {
    std::uint64_t offset = 0;  // in the namespace, files laid out
    std::uint32_t length = 0;  // bytes; 0 for a flush
    std::uint32_t line = 0;
    std::uint64_t gap_us = 0;
    Op op = Op::Read;
};

/// A file of the log and the region of the namespace that stands for it.
struct LoggedFile {
    std::string name;
    std::uint64_t base = 0;
    std::uint64_t size = 0;  // furthest byte the log reaches
    Where furthest;          // the offset that reaches it
};

/// A fio I/O log. One file keeps its offsets; several lie one after another in the order in which
/// they are added, each at a multiple of 1 MiB.
struct IoLog {
    std::string path;
    unsigned version = 0;  // 2 or 3; 0: a trace of another program, which the first note names
    std::vector<LoggedFile> files;
    std::vector<LoggedIo> ios;
    std::uint64_t size = 0;  // bytes of the namespace that the log needs
    std::vector<std::string> notes;
};

constexpr std::size_t iolog_limit = 256ULL << 20;
constexpr std::size_t logged_files_limit = 4096;

/// A log of fio's 2 or 3 (fio(1), "Trace file format"), or a trace_log.hpp. Timestamps of 3 are
/// microseconds, as fio 3.33 writes them; `wait` of version 2 is microseconds since the wait
/// before, as the manual says (fio 3.33 itself takes them for milliseconds since its start).
/// Throws InputError at the first mistake. Bounded by iolog_limit.
IoLog load_iolog(const std::string& path);

/// The same from text; `name` stands for the file in messages.
IoLog parse_iolog(const std::string& name, std::string_view text);

/// True if the text begins like an I/O log rather than a job file.
bool looks_like_iolog(std::string_view text);

}  // namespace lmsim::sim::fio
