#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/conform/session.hpp"

namespace lmsim::sim::conform {

/// How a case ended.
enum class Verdict : std::uint8_t { Passed, Failed, Skipped };

/// What became of a case. Of a failed one: at which step, and in words what was sent, what came
/// back and what was expected; of a skipped one the reason.
struct Outcome {
    Verdict verdict = Verdict::Passed;
    std::size_t step = 0;  // counted from 1
    std::string sent;
    std::string got;
    std::string expected;
    std::string reason;
};

/// The commands that Step `Remember` and `Unchanged` send for the probe of this name; none if there
/// is no such probe.
std::vector<Step> probe(const std::string& name);
/// The names of all probes.
const std::vector<std::string>& probe_names();

/// What one step of a case brought, whatever it should have: for whoever compares two targets.
struct Observed {
    std::size_t step = 0;  // counted from 1
    std::string sent;      // of a command: decoded
    bool command = false;
    bool completed = true;               // the command did, or what else was done took effect
    std::uint16_t status = 0;            // of a command
    std::vector<std::uint64_t> found;    // what stands in the fields that it looks at, in order
    std::vector<std::string> completes;  // tags of what has completed since the step before
    std::string got;                     // of a step that is no command: how it went wrong
};
using Observer = std::function<void(const Observed&)>;

/// Runs cases one after the other against a target, each from the same known state.
class Runner {
  public:
    /// With an observer nothing is judged: a case goes on as long as commands complete.
    explicit Runner(Session& session, Observer observer = {})
        : session_(session), observer_(std::move(observer)) {}

    Outcome run(const Case& test);
    /// Why the case says nothing on this target; nothing if it does.
    std::optional<std::string> missing(const Case& test);

  private:
    struct Failure {
        std::string sent;
        std::string got;
        std::string expected;
    };
    using Maybe = std::optional<Failure>;

    bool names_missing(const Step& step);
    std::string prepare(const Case& test);
    std::optional<std::uint64_t> resolve(const Value& value) const;
    Unit& unit_of(const Step& step);

    Maybe perform(const Step& step);
    Maybe command(const Step& step);
    Maybe await(const Step& step);
    Maybe silent(const Step& step);
    Maybe judge(const Step& step, const Pending& pending);
    Maybe note(const Step& step, const Pending& pending);
    bool observe(const Step& step, std::size_t number, Maybe& failure);
    Maybe store(const Step& step);
    Maybe check(const Step& step);
    Maybe load(const Step& step);
    Maybe find(const Step& step);
    Maybe looks_wrong(const Step& step);
    const Field* differs(const Step& step, std::uint64_t at, std::uint64_t& got);
    Maybe property(const Step& step);
    Maybe remember(const Step& step);
    Maybe unchanged(const Step& step);
    Maybe encode(const Step& step, std::uint8_t* sqe);
    Maybe place_data(const Step& step, std::uint8_t* sqe);
    std::string describe(const Step& step, const std::uint8_t* sqe) const;
    Maybe lacks(const std::string& what) const;
    std::vector<std::string> read_probe(const std::string& name);

    Session& session_;
    Observer observer_;
    Observed seen_;
    Symbols symbols_;
    std::map<std::string, std::pair<std::string, std::uint64_t>> buffers_;  // controller, bytes
    std::map<std::string, std::vector<std::string>> remembered_;
};

}  // namespace lmsim::sim::conform
