#include "viz/report/run_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/core/units.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/display.hpp"
#include "sim/trace/reader.hpp"
#include "sim/trace/tee.hpp"
#include "viz/diagram/graphviz.hpp"
#include "viz/diagram/overlay.hpp"
#include "viz/report/series_json.hpp"
#include "viz/sequence/chart.hpp"

namespace lmsim::viz {

namespace {

using sim::Failure;
using sim::Ps;
using sim::trace::RunInfo;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::optional<std::string> whole_file(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// null where there is no such file or no JSON in it.
Json file_json(const std::string& path) {
    const auto text = whole_file(path);
    Json json = text ? Json::parse(*text, nullptr, false) : Json();
    return json.is_discarded() ? Json() : json;
}

/// A text without its quotes; all else as it stands in config.toml. What TOML escapes in a text of
/// one line JSON escapes the same way.
std::string plain_value(const std::string& value) {
    const Json text = Json::parse(value, nullptr, false);
    return text.is_string() ? text.get<std::string>() : value;
}

/// Where the comment of a line begins, which may not be within a text.
std::size_t comment_of(const std::string& line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && quoted) {
            ++i;
        } else if (line[i] == '"') {
            quoted = !quoted;
        } else if (line[i] == '#' && !quoted) {
            return i;
        }
    }
    return std::string::npos;
}

/// Reads the headings of config.toml: "[vm]" is vm, the second "[[workload]]" workload[1].
class ConfigTables {
  public:
    /// Is the line a heading?
    bool take(const std::string& line) {
        if (line.empty() || line.front() != '[') return false;
        const bool list = line.compare(0, 2, "[[") == 0;
        const std::size_t from = list ? 2 : 1;
        name_ = line.substr(from, line.find(']') - from);
        if (list) name_ += fmt::format("[{}]", lists_[name_]++);
        return true;
    }
    std::string key(const std::string& last) const {
        return name_.empty() ? last : name_ + "." + last;
    }

  private:
    std::string name_;
    std::map<std::string, std::size_t> lists_;
};

/// The lines "key = value  # origin" of config.toml, which a scenario's writer makes.
Json config_rows(const std::string& text) {
    Json rows = Json::array();
    ConfigTables tables;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        if (tables.take(line)) continue;
        const std::size_t mark = comment_of(line);
        const std::size_t equals = line.find(" = ");
        if (mark == std::string::npos || mark < 2 || equals + 5 > mark) continue;
        const std::string value = line.substr(equals + 3, mark - 2 - (equals + 3));
        rows.push_back({{"key", tables.key(line.substr(0, equals))},
                        {"value", plain_value(value)},
                        {"origin", line.substr(std::min(mark + 2, line.size()))}});
    }
    return rows;
}

std::string value_in(const Json& rows, std::string_view key) {
    for (const Json& row : rows) {
        if (row.at("key") == key) {
            return row.at("value");
        }
    }
    return "";
}

/// What the scenario expects of the run, as far as the page judges by it.
Json expectation_of(const Json& rows) {
    Json expect = Json::object();
    for (const char* key : {"outcome", "broken", "downtime_max"}) {
        const std::string value = value_in(rows, std::string("expect.") + key);
        if (!value.empty() && value != "none") expect[key] = value;
    }
    const auto most = sim::parse<sim::Time>(expect.value("downtime_max", ""));
    if (most) expect["downtime_max_ps"] = most.value().ps;
    return expect;
}

/// The sentence of report.md, in which Markdown's marks have backslashes, without the name of the
/// scenario.
std::string headline_of(const std::string& directory, const std::string& scenario) {
    std::istringstream stream(whole_file(directory + "/report.md").value_or(""));
    std::string line;
    for (int i = 0; i < 3; ++i) {
        std::getline(stream, line);
    }
    const std::string name = sim::metrics::markdown_text(scenario) + ": ";
    const std::size_t at = scenario.empty() ? std::string::npos : line.find(name);
    if (at != std::string::npos) line.erase(at, name.size());
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) ++i;
        out += line[i];
    }
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
    return out;
}

std::string_view purpose_of(std::string_view file) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known{
        {{"result.json", "all figures, exactly"},
         {"config.toml", "every parameter and where its value came from"},
         {"report.md", "the tables as text"},
         {"trace.ndjson", "what happened when"},
         {"trace.pftrace", "the same for Perfetto"},
         {"waves.vcd", "the same as waves, for GTKWave"},
         {"steps.log", "the log of step() calls"}}};
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& one) { return one.first == file; });
    if (found != known.end()) {
        return found->second;
    }
    return file.substr(0, 6) == "state/" ? "controller state that was moved" : "";
}

Json files_of(const std::string& directory, const Json& manifest) {
    Json files = Json::array();
    for (const Json& file : manifest.value("files", Json::array())) {
        const std::string name = file.is_string() ? file.get<std::string>() : "";
        std::error_code error;
        const auto bytes = fs::file_size(directory + "/" + name, error);
        if (!name.empty() && !error) {
            files.push_back({{"name", name}, {"bytes", bytes}, {"what", purpose_of(name)}});
        }
    }
    return files;
}

Json reproduction(const Json& result) {
    if (result.value("time_base", "") == "wall") {
        return {{"command", "lmsim hw run config.toml"},
                {"text", "A device's times do not come again; config.toml holds every parameter."}};
    }
    if (result.value("partial", false)) {
        return {
            {"command", fmt::format("lmsim run config.toml --seed {}", result.at("seed").dump())},
            {"text", "makes the run again, to its end. This one was interrupted."}};
    }
    return {{"command", fmt::format("lmsim run config.toml --seed {}", result.at("seed").dump())},
            {"text", fmt::format("gives the trace hash {} again, on any machine and in any build "
                                 "of lmsim {}.",
                                 result.value("trace_hash", ""), result.value("version", ""))}};
}

/// What a run did in the machines that it used.
class UsedMachines {
  public:
    UsedMachines() {
        for (const MachineInfo& machine : machines()) {
            meters_.push_back(std::make_unique<HeatMeter>(machine));
        }
    }
    void listen(std::vector<sim::trace::TraceSink*>& sinks) {
        for (const auto& meter : meters_) sinks.push_back(meter.get());
    }

    /// Adds to the data what was counted, and to the page pictures of the two that tell most.
    void tell(const std::string& run, Ps last, Json& heat, ReportPage& page) {
        for (std::size_t i = 0; i < meters_.size(); ++i) {
            const MachineInfo& machine = machines()[i];
            meters_[i]->note(last, "end");  // states last until then
            StateDiagram drawn = draw(machine, {});
            meters_[i]->apply(drawn, run);
            const bool used = std::any_of(drawn.arcs.begin(), drawn.arcs.end(),
                                          [](const DrawnArc& arc) { return arc.heat.count > 0; });
            if (!used) {
                continue;
            }
            heat.push_back(json(machine, drawn));
            if (machine.name() == "vfio" || machine.name() == "migration") {
                const Rendered picture = render(dot(drawn), "svg");
                if (picture.outcome == Rendered::Outcome::Drawn) {
                    page.heat += svg_for_html(picture.picture);
                }
            }
        }
    }

  private:
    static Json json(const MachineInfo& machine, const StateDiagram& drawn) {
        Json states = Json::array();
        for (const DrawnState& state : drawn.states) {
            states.push_back(
                {{"name", state.name}, {"entered", state.heat.count}, {"ps", state.heat.time}});
        }
        Json arcs = Json::array();
        for (const DrawnArc& arc : drawn.arcs) {
            arcs.push_back({{"from", arc.arc->source},
                            {"to", arc.arc->target},
                            {"event", arc.arc->event},
                            {"rule", rule_name(arc)},
                            {"taken", arc.heat.count}});
        }
        return {{"machine", machine.name()},
                {"title", machine.title},
                {"states", std::move(states)},
                {"arcs", std::move(arcs)}};
    }

    std::vector<std::unique_ptr<HeatMeter>> meters_;
};

/// Why this cannot be the trace of that result, or nothing: where all commands are simulated, both
/// count the same.
std::string not_of_run(const RunInfo& run, const Json& result, const SeriesMeter& series) {
    const auto counted = result.at("commands").at("completed").get<std::uint64_t>();
    std::uint64_t traced = 0;
    for (const GuestBin& bin : series.guest().bins()) traced += bin.commands;
    if (result.at("fidelity") != "exact" || traced == counted) {
        return "";
    }
    return fmt::format(
        "{}: it has {} commands of the guest that completed, and result.json beside it counts {}; "
        "expected the trace of this run, whole",
        sim::printable(run.trace()), traced, counted);
}

/// All that the trace has to say; empty, or why it cannot be used.
std::string add_trace(const RunInfo& run, Json& data, ReportPage& page, Survey& survey) {
    const Json& result = data.at("result");
    const auto duration = [&](const char* window) {
        return result.at("guest").at(window).at("duration_ps").get<Ps>();
    };
    SeriesMeter series(duration("before"), duration("during"), duration("after"));
    UsedMachines used;
    std::vector<sim::trace::TraceSink*> sinks{&series, &survey};
    used.listen(sinks);
    sim::trace::TeeSink all(sinks);
    const auto read = sim::trace::read_trace(run.trace(), all);
    if (!read) {
        return read.error();
    }
    const Ps last = read.value().last;
    const std::string foreign = not_of_run(run, result, series);
    if (!foreign.empty()) {
        return foreign;
    }
    for (auto& [key, value] : {std::make_pair("series", series_json(series, result, last)),
                               std::make_pair("distribution", distribution_json(series, result))}) {
        if (!value.is_null()) data[key] = value;
    }
    data["heat"] = Json::array();
    used.tell(fmt::format("{}, seed {}", run.scenario, run.seed), last, data["heat"], page);
    return "";
}

void add_sequence(const RunInfo& run, const RunReportRequest& request, const Survey& survey,
                  Json& data, ReportPage& page) {
    SequenceRequest wanted;
    wanted.fold = true;
    wanted.dialect = request.dialect;
    if (run.downtime > 0) wanted.from = wanted.to = "downtime";
    const auto chart = sequence_chart(run, wanted, survey);
    if (!chart) {
        data["notes"].push_back("There is no sequence chart: " + chart.error() + ".");
        return;
    }
    page.sequence = sequence_svg(chart.value());
    data["sequence"] = {{"description", chart.value().description},
                        {"left_out", chart.value().left_out}};
}

/// What the page cannot show, and why.
void note_what_is_missing(const RunInfo& run, Json& data) {
    Json& notes = data["notes"];
    if (data["headline"] == "") {
        notes.push_back("There is no report.md, which says in a sentence what came of the run.");
    }
    if (data["config"].empty()) {
        notes.push_back("There is no config.toml: no configuration, and no way to run it again.");
        data.erase("reproduce");
    }
    if (!run.traced && data["result"].value("fidelity", "") == "fluid") {
        notes.push_back(
            "Closed forms have no trace: nothing over time, no sequence chart (run.fidelity).");
    } else if (!run.traced) {
        notes.push_back(
            "There is no trace.ndjson (--no-trace): nothing over time, no sequence chart.");
    } else if (data.count("distribution") == 0 && data.count("series") != 0) {
        notes.push_back(
            "Latencies before and after are left out: the trace has other commands than the "
            "windows of result.json count (several VMs, or rates).");
    }
}

/// Of another version of that schema: what to do.
std::string other_version(const Json& json, const char* wanted) {
    const bool says = json.is_object() && json.contains("schema") && json["schema"].is_string();
    const std::string found = says ? json["schema"].get<std::string>() : std::string();
    return found != wanted && sim::is_version_of(found, wanted) ? sim::other_schema(found, wanted)
                                                                : std::string();
}

/// What `lmsim tornado` found out about this run; empty, or why it cannot be used.
std::string add_tornado(const RunInfo& run, const std::string& wanted, Json& data) {
    const std::string file = wanted.empty() ? run.path + "/tornado.json" : wanted;
    const auto text = whole_file(file);
    if (!text) {
        return wanted.empty() ? "" : sim::printable(file) + ": there is no such file";
    }
    Json tornado = Json::parse(*text, nullptr, false);
    const std::string other = other_version(tornado, sim::schema::Tornado);
    if (!other.empty()) {
        return sim::printable(file) + ": " + other;
    }
    const bool ours = tornado.is_object() && tornado.contains("schema") &&
                      tornado["schema"] == sim::schema::Tornado && tornado.contains("parameters");
    if (!ours) {
        return sim::printable(file) +
               ": expected what lmsim tornado --json prints, whole and of schema "
               "\"" +
               std::string(sim::schema::Tornado) + "\"";
    }
    const double us = data["result"].at("downtime").at("total_ps").get<double>() / 1e6;
    const auto close = [us](const Json& other) {
        return std::abs(other.get<double>() - us) <= 1e-3;
    };
    const Json& each = tornado.at("downtime_us");
    if (std::none_of(each.begin(), each.end(), close)) {
        data["notes"].push_back(
            "What dominates is of a run with another downtime: of another scenario or seed.");
    }
    data["sensitivity"] = std::move(tornado);
    return "";
}

/// Fills data and page; empty, or why that cannot be.
std::string add_run(const RunReportRequest& request, const RunInfo& run, Json& data,
                    ReportPage& page) {
    data["config"] = config_rows(whole_file(run.path + "/config.toml").value_or(""));
    data["expect"] = expectation_of(data["config"]);
    data["title"] = page.title = run.scenario;
    data["description"] = value_in(data["config"], "description");
    data["headline"] = headline_of(run.path, run.scenario);
    data["notes"] = Json::array();
    data["reproduce"] = reproduction(data["result"]);
    data["files"] = files_of(run.path, data["manifest"]);
    if (data["manifest"].at("trace_hash") != data["result"].at("trace_hash")) {
        return sim::printable(run.path) +
               ": manifest.json and result.json have different trace hashes; expected the files "
               "of one run";
    }
    Survey survey;
    const std::string wrong = run.traced ? add_trace(run, data, page, survey) : "";
    if (!wrong.empty()) {
        return wrong;
    }
    note_what_is_missing(run, data);
    if (run.traced && !run.partial) {
        add_sequence(run, request, survey, data, page);
    }
    return add_tornado(run, request.tornado, data);
}

}  // namespace

sim::Result<ReportPage> run_report(const RunReportRequest& request) {
    const auto opened = sim::trace::open_run(request.directory, {false, false});
    if (!opened) {
        return Failure{opened.error()};
    }
    const RunInfo& run = opened.value();
    ReportPage page;
    Json data{{"schema", sim::schema::Report}, {"kind", "run"}, {"version", version}};
    data["result"] = file_json(run.path + "/result.json");
    data["manifest"] = file_json(run.path + "/manifest.json");
    if (!data["result"].is_object()) {
        return Failure{
            fmt::format("{}: it has no result.json; expected what lmsim run --out "
                        "leaves",
                        sim::printable(run.path))};
    }
    try {
        const std::string wrong = add_run(request, run, data, page);
        if (!wrong.empty()) {
            return Failure{wrong};
        }
    } catch (const Json::exception&) {
        return Failure{
            fmt::format("{}: its JSON files are not as this version of lmsim writes "
                        "them",
                        sim::printable(run.path))};
    }
    page.data = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    return page;
}

}  // namespace lmsim::viz
