#pragma once

#include <memory>
#include <string>

#include "sim/trace/output_file.hpp"
#include "sim/trace/sink.hpp"

namespace lmsim::sim::trace {

/// What stands in the first line.
struct TraceHeader {
    std::string version;
    std::string scenario;
    std::uint64_t seed = 0;
    std::string_view time_base = "simulated";  // or "wall"
    std::uint32_t vms = 1;                     // of several all but the first have names
};

/// Writes trace.ndjson: a line of JSON for each record, in the order in which they come. Made for
/// millions of records: no JSON library, one buffer.
class NdjsonWriter final : public TraceSink {
  public:
    NdjsonWriter(OutputFile file, const TraceHeader& header);
    ~NdjsonWriter() override;

    void state(const StateRecord& record) override;
    void command(const CommandRecord& record) override;
    void phase(const PhaseRecord& record) override;
    void round(const RoundRecord& record) override;
    void log(const LogRecord& record) override;
    void link(const LinkRecord& record) override;
    void seen(const SeenRecord& record) override;
    void interrupt_lost(Ps at, Side side, Device vf) override;
    void note(Ps at, std::string_view text) override;

    /// All that was told is in the file, or error() says why not. Nothing is taken after it.
    void close();
    /// The first failure of the disk as a sentence; empty if there was none. Records after it are
    /// dropped.
    const std::string& error() const { return file_.error(); }
    std::uint64_t records() const { return records_; }

  private:
    class Line;

    char* room(std::size_t bytes);
    void flush();

    OutputFile file_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    std::size_t used_ = 0;
    std::uint64_t records_ = 0;
};

/// The text of the JSON Schema (2020-12) that each line follows.
std::string trace_schema();

}  // namespace lmsim::sim::trace
