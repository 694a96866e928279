#include "tools/cli/spec_measure.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "sim/run/simulation.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr double ps_per_us = 1e6;

/// In the child: runs, and writes the result into the pipe.
void run_child(PreparedRun& prepared, int to) {
    sim::RunOptions options;
    options.dialects = prepared.dialects;
    sim::Simulation simulation(prepared.loaded.scenario, prepared.workload, options);
    simulation.run();
    const std::string text = sim::metrics::result_json(simulation.result());
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t wrote = write(to, text.data() + written, text.size() - written);
        if (wrote <= 0) {
            _exit(Bug);
        }
        written += static_cast<std::size_t>(wrote);
    }
    _exit(Ok);
}

std::string read_all(int from) {
    std::string text;
    char piece[65536];
    for (ssize_t got = read(from, piece, sizeof piece); got > 0;
         got = read(from, piece, sizeof piece)) {
        text.append(piece, static_cast<std::size_t>(got));
    }
    return text;
}

/// The result of a run under this profile; an exit code other than Ok if there is none.
int measure(const std::string& profile, ScenarioOptions scenario, Json& result) {
    scenario.profile = profile;
    PreparedRun prepared = prepare(scenario);
    if (!prepared.loaded.ok()) {
        fmt::print(stderr, "{}", prepared.loaded.error_text());
        return Usage;
    }
    int ends[2];
    if (pipe(ends) != 0) {
        fmt::print(stderr, "lmsim spec diff: no pipe to a run of its own\n");
        return Environment;
    }
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(prepared, ends[1]);
    }
    close(ends[1]);
    const std::string text = read_all(ends[0]);
    close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != Ok) {
        fmt::print(stderr, "lmsim spec diff: the run under {} ended without a result\n", profile);
        return Bug;
    }
    result = Json::parse(text);
    return Ok;
}

/// Picoseconds of each part and side of the downtime, all VFs together.
std::map<std::string, std::int64_t> parts_of(const Json& result) {
    std::map<std::string, std::int64_t> parts;
    for (const Json& part : result["downtime"]["parts"]) {
        const std::string name =
            fmt::format("{}, {}", part["name"].get<std::string>(), part["side"].get<std::string>());
        parts[name] += part["ps"].get<std::int64_t>();
    }
    return parts;
}

class Rows {
  public:
    explicit Rows(Comparison& comparison) : comparison_(comparison) {
        comparison_.table.header = {"downtime, us", "", "", "change"};
        comparison_.json["rows"] = Json::array();
    }
    void time(const std::string& what, std::int64_t first, std::int64_t second, bool always) {
        if (first == second && !always) {
            return;
        }
        const auto us = [](std::int64_t ps) {
            return fmt::format("{:.3f}", static_cast<double>(ps) / ps_per_us);
        };
        comparison_.table.rows.push_back(
            {what, us(first), us(second),
             second < first ? us(second - first) : "+" + us(second - first)});
        comparison_.json["rows"].push_back(
            {{"what", what}, {"first_ps", first}, {"second_ps", second}});
    }
    void text(const std::string& what, const std::string& first, const std::string& second) {
        comparison_.table.rows.push_back({what, first, second, first == second ? "" : "differs"});
        comparison_.json[what] = {{"first", first}, {"second", second}};
    }

  private:
    Comparison& comparison_;
};

}  // namespace

int compare(const std::string& first, const std::string& second, const ScenarioOptions& scenario,
            Comparison& comparison) {
    Json a;
    Json b;
    int code = measure(first, scenario, a);
    code = code == Ok ? measure(second, scenario, b) : code;
    if (code != Ok) {
        return code;
    }
    Rows rows(comparison);
    const auto total = [](const Json& result) {
        return result["downtime"]["total_ps"].get<std::int64_t>();
    };
    rows.time("total", total(a), total(b), true);
    const auto in_a = parts_of(a);
    const auto in_b = parts_of(b);
    auto names = in_a;
    names.insert(in_b.begin(), in_b.end());
    for (const auto& each : names) {
        const auto of = [&](const std::map<std::string, std::int64_t>& parts) {
            const auto at = parts.find(each.first);
            return at == parts.end() ? 0 : at->second;
        };
        rows.time(each.first, of(in_a), of(in_b), false);
    }
    const auto state = [](const Json& result) {
        return std::to_string(result["bytes"]["device_state"].get<std::uint64_t>());
    };
    rows.text("outcome", a["outcome"], b["outcome"]);
    rows.text("bytes of state", state(a), state(b));
    return Ok;
}

}  // namespace lmsim::cli
