#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/trace/device_names.hpp"
#include "sim/trace/output_file.hpp"
#include "sim/trace/sink.hpp"
#include "sim/trace/storyline.hpp"

namespace lmsim::sim::trace {

/// Writes waves.vcd, a Value Change Dump (IEEE 1364-2005, clause 18) in picoseconds: the states of
/// machines as strings, queue depths and the use of links, see docs/traces.md. A variable is
/// declared once it has its first value, and declarations come first in the file: the changes go to
/// a file of their own until close() puts both together.
class VcdWriter final : public TraceSink {
  public:
    /// `changes` is removed by close().
    VcdWriter(OutputFile file, OutputFile changes, std::string_view scenario,
              DeviceNames names = {});
    ~VcdWriter() override;

    void state(const StateRecord& record) override;
    void command(const CommandRecord& record) override;
    void phase(const PhaseRecord& record) override;
    void round(const RoundRecord& record) override;
    void link(const LinkRecord& record) override;
    void submitted(Ps at, Side side, Device vf, std::uint16_t qid) override;

    /// All that was told is in the file, or error() says why not. Nothing is taken after it.
    void close();
    const std::string& error() const { return error_.empty() ? file_.error() : error_; }

  private:
    enum class Type : std::uint8_t { Text, Count, Share };
    struct Variable {
        std::string scope;  // "source.vf0"
        std::string name;
        Type type;
        std::string id;
        std::string initial = {};  // of a text
    };
    /// How a type stands in the file: in a declaration, and its value before any other.
    struct Form {
        const char* type;
        const char* range;
        const char* first;
    };
    /// How many commands of a queue are on their way.
    struct Depth {
        const std::string* id = nullptr;
        std::uint64_t now = 0;
    };
    using StateKey = std::tuple<Side, Device, std::uint16_t, std::string>;

    static Form form_of(Type type);
    std::string scope_of(Side side, Device vf) const;
    const std::string* declare(const std::string& scope, std::string_view name, Type type);
    Depth& depth(Side side, Device vf, std::uint16_t qid);
    void time(Ps at);
    void set_text(Ps at, const std::string& id, std::string_view value);
    void set_count(Ps at, const std::string& id, std::uint64_t value);
    void set_share(Ps at, const std::string& id, std::uint64_t ppm);
    void tell(Ps at, Storyline::Change change);
    std::string declarations() const;
    void append_changes();
    char* room(std::size_t bytes);
    void flush();

    OutputFile file_;
    OutputFile changes_;
    std::string scenario_;
    DeviceNames device_names_;
    std::string error_;
    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    Ps now_ = 0;
    bool closed_ = false;

    std::vector<std::unique_ptr<Variable>> variables_;  // stay where they are
    std::set<std::string> taken_;                       // full names
    Storyline story_;
    const std::string* phase_;
    const std::string* guest_;
    const std::string* round_;
    const std::string* dirty_;
    const std::string* calls_[3] = {};        // by side
    const std::string* checkpoints_[3] = {};  // by side
    std::map<StateKey, const std::string*> states_;
    std::map<std::pair<Side, std::string>, const std::string*> links_;
    std::vector<std::vector<Depth>> depths_[3];  // side, or 0 for the guest's; function, queue
};

/// A name as a VCD identifier: letters, digits and underscores, not empty, no digit first.
std::string vcd_name(std::string_view text);

/// A text as the value of a string variable: what is no graphic ASCII character stands as `\ooo`.
std::string vcd_text(std::string_view text);

}  // namespace lmsim::sim::trace
