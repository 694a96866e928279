#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "sim/bridge/record/session_line.hpp"
#include "sim/core/result.hpp"
#include "sim/trace/output_file.hpp"

namespace lmsim::sim::record {

/// Of all memories of a session: 4 GiB.
constexpr std::uint64_t most_pages = std::uint64_t{1} << 20;

/// The first line of a session file.
struct SessionHeader {
    /// Of a function, as the session found it.
    struct Memory {
        std::uint64_t pages = 0;
        std::uint64_t allocated = 0;  // pages, before the session
    };

    std::string version;  // of lmsim
    std::string command;  // what was typed, in one line
    std::string device;   // Rig::name()
    std::string subject;  // of what the session is, if its verb does one of several things
    std::string second;   // the name of the second device; empty: there is one
    std::uint32_t second_from = 0;  // its first function; 0: there is one device
    std::uint64_t no_memory = 0;
    std::vector<Memory> memories;
    std::vector<std::uint32_t> memory_of;  // each function's, the PF's first
};

/// What stands at the end of each line: all lines up to there, and so each byte of them, have gone
/// into it (FNV-1a, 64 bits).
class RunningSum {
  public:
    void add(std::string_view text);
    std::string hex() const;

  private:
    std::uint64_t sum_ = 0xcbf2'9ce4'8422'2325;
};

/// Writes a session, line by line, each with its sum. Errors are in words.
class SessionWriter {
  public:
    /// Makes the file or empties it.
    static Result<SessionWriter> create(const std::string& path, const SessionHeader& header);
    SessionWriter(SessionWriter&&) noexcept = default;
    SessionWriter& operator=(SessionWriter&&) noexcept = default;
    ~SessionWriter() = default;

    void add(const SessionLine& line);
    /// Written so far, the first one too.
    std::uint64_t lines() const { return lines_; }
    /// So that a process that is killed leaves what it has done so far.
    void flush();
    /// Writes the line that says that nothing is missing.
    void close();
    /// What went wrong first; empty as long as all is well.
    const std::string& error() const { return file_.error(); }

  private:
    explicit SessionWriter(trace::OutputFile file) : file_(std::move(file)) {}
    void put(const std::string& text);

    trace::OutputFile file_;
    RunningSum sum_;
    std::string buffer_;
    std::uint64_t lines_ = 0;
};

/// Reads a session file line by line. Any bytes are safe.
class SessionReader {
  public:
    static Result<SessionReader> open(const std::string& path);

    const SessionHeader& header() const { return header_; }
    /// The next line; nothing after End, or if something is wrong: see error().
    bool next(SessionLine& line);
    /// "FILE:LINE: what is wrong"; empty as long as all is well.
    const std::string& error() const { return error_; }
    /// The error is that the file ends too early, at a place where it could go on: whoever wrote
    /// it was stopped.
    bool cut_short() const { return cut_short_; }
    std::uint64_t line() const { return number_; }

  private:
    explicit SessionReader(std::string path) : path_(std::move(path)) {}
    bool read_block();
    bool read_line(std::string& text);
    bool take(std::string& text);
    bool wrong(const std::string& what);
    bool read_header();
    std::string looks_wrong(const SessionLine& line) const;

    std::string path_;
    std::ifstream file_;
    std::string block_;  // of the file, of which at_ bytes were taken
    std::size_t at_ = 0;
    SessionHeader header_;
    RunningSum sum_;
    std::uint64_t number_ = 0;
    bool ended_ = false;
    bool cut_short_ = false;
    std::string error_;
};

/// Reads it to its end. In words what is wrong: a byte that was changed, with its line, or an end
/// that is missing.
std::string verify_session(const std::string& path);

}  // namespace lmsim::sim::record
