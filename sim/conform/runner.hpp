#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/conform/session.hpp"

namespace lmsim::sim::conform {

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

/// Runs cases one after the other against a target, each from the same known state.
class Runner {
  public:
    explicit Runner(Session& session) : session_(session) {}

    Outcome run(const Case& test);

  private:
    struct Failure {
        std::string sent;
        std::string got;
        std::string expected;
    };
    using Maybe = std::optional<Failure>;

    std::optional<std::string> missing(const Case& test);
    bool names_missing(const Step& step);
    std::string prepare(const Case& test);
    std::optional<std::uint64_t> resolve(const Value& value) const;
    Unit& unit_of(const Step& step);

    Maybe perform(const Step& step);
    Maybe command(const Step& step);
    Maybe await(const Step& step);
    Maybe silent(const Step& step);
    Maybe judge(const Step& step, const Pending& pending);
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
    Symbols symbols_;
    std::map<std::string, std::pair<std::string, std::uint64_t>> buffers_;  // controller, bytes
    std::map<std::string, std::vector<std::string>> remembered_;
};

}  // namespace lmsim::sim::conform
