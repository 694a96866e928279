#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "sim/conform/session.hpp"

/// What cases are written with: commands whose fields stand where the rows say.
namespace lmsim::sim::conform {

/// The field of a Field or Layout row.
Field field(spec::Id row, Value value);
/// Bits that no row names.
Field raw(std::string name, spec::Place place, Value value);

constexpr spec::Place dw0(std::uint32_t msb, std::uint32_t lsb) { return spec::bits(0, msb, lsb); }
constexpr spec::Place dw1(std::uint32_t msb, std::uint32_t lsb) { return spec::bits(4, msb, lsb); }

/// A command under construction.
struct Command : Step {
    std::vector<spec::Id> conditions;  // that it ends with

    explicit Command(spec::Id opcode_row);
    explicit Command(std::uint8_t opcode);

    Command& to(const char* name);
    Command& on_queue(std::uint16_t id);
    Command& nsid(Value value);
    Command& set(spec::Id row, Value value);  // again: replaces
    Command& set(const char* name, spec::Place place, Value value);
    Command& with_data(const std::string& name, std::uint64_t length, std::uint64_t from = 0);
    /// Ends with what this condition answers with; `or_with` allows another as well.
    Command& ends(spec::Id condition);
    Command& ends_with(std::uint16_t status);
    Command& or_with(std::uint16_t status);
    Command& gives(const std::string& name, spec::Place place, Value value);
    Command& gives(spec::Id row, Value value);
    Command& saves(const char* symbol, spec::Place place);
    Command& runs_on(const char* name);  // is not waited for; later steps call it `name`
};

/// What the rules answer when nothing is wrong, and when a coded value is reserved.
std::uint16_t success();
std::uint16_t invalid_field();

// The commands, with the MMC and its first MC unless said otherwise. `bytes` is of data.
Command suspend(Value cntlid = "mc.cntlid", Value stype = 1);
Command resume(Value cntlid = "mc.cntlid");
Command set_state(Value seqind, const std::string& buffer, std::uint64_t offset,
                  std::uint64_t bytes);
Command get_state(const std::string& buffer, std::uint64_t offset, std::uint64_t bytes);
Command identify(spec::Id cns, const std::string& buffer);
Command create_cq(const char* controller, std::uint16_t id);
Command create_sq(const char* controller, std::uint16_t id);
Command delete_sq(const char* controller, std::uint16_t id);
Command delete_cq(const char* controller, std::uint16_t id);
Command set_features(spec::Id feature, Value cdw11);
Command get_features(spec::Id feature);
Command abort(Value sqid, Value cid);
Command aer();
/// One block of the MC's namespace, on its I/O queue 1.
Command io(spec::Id opcode, const std::string& buffer);
/// Is the MC suspended? Asks with a Get Controller State of the header alone.
Command expects_suspended(bool suspended, const std::string& buffer, Value cntlid = "mc.cntlid");

Step await(const char* controller, const char* tag, std::uint16_t status);
Step silent(const char* controller, const char* tag);
Step simple(StepKind kind, const char* controller);
Step store(const std::string& buffer, std::uint64_t at, std::vector<Field> fields);
/// The bits at `place`, `at` bytes into the buffer, are `symbol` from now on.
Step load(const std::string& buffer, std::uint64_t at, spec::Place place, const char* symbol);
Step check(const std::string& buffer, std::uint64_t at, std::vector<Field> fields);

/// A case under construction.
class Draft {
  public:
    Draft(std::string group, std::string id, std::string title,
          std::initializer_list<spec::Id> rows = {});

    Draft& row(spec::Id id);
    Draft& row(const std::string& requirement);
    Draft& need(std::string symbol, std::uint64_t at_least, std::string otherwise,
                std::uint64_t at_most = UINT64_MAX);
    Draft& buffer(const std::string& name, std::uint64_t bytes, const char* controller = "mmc");
    /// The rows of what a step looks at, and the conditions that a command ends with, are rows of
    /// the case.
    Draft& step(Step step);
    Draft& step(const Command& command);
    Draft& steps(std::initializer_list<Step> more);
    /// The MC with CC.EN = 1; with I/O queue pairs 1 to `pairs` as well.
    Draft& mc_enabled(std::uint16_t pairs = 0);
    /// The command, and a probe of this name before and after it that must read the same.
    Draft& refused(const Command& command, const char* probe = "mc");

    const Case& done() const { return case_; }

  private:
    Case case_;
};

}  // namespace lmsim::sim::conform
