#include "viz/report/run_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
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

/// A value as it stands in config.toml, without quotes around what is plain text.
std::string plain_value(const std::string& value) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"' &&
                        value.find_first_of("\"\\", 1) == value.size() - 1;
    return quoted ? value.substr(1, value.size() - 2) : value;
}

/// The lines "key = value  # origin" of config.toml, which a scenario's writer makes.
Json config_rows(const std::string& text) {
    Json rows = Json::array();
    std::string table;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t mark = line.rfind("  # ");
        const std::size_t equals = line.find(" = ");
        if (!line.empty() && line.front() == '[') {
            table = line.substr(0, line.find_last_of(']'));
            table.erase(0, table.find_first_not_of('['));
            table.erase(std::min(table.find(']'), table.size()));
        } else if (mark != std::string::npos && equals < mark) {
            const std::string key = line.substr(0, equals);
            rows.push_back({{"key", table.empty() ? key : table + "." + key},
                            {"value", plain_value(line.substr(equals + 3, mark - equals - 3))},
                            {"origin", line.substr(mark + 4)}});
        }
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

/// The sentence of report.md, in which Markdown's marks have backslashes.
std::string headline_of(const std::string& directory) {
    std::istringstream stream(whole_file(directory + "/report.md").value_or(""));
    std::string line;
    for (int i = 0; i < 3; ++i) {
        std::getline(stream, line);
    }
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) ++i;
        out += line[i];
    }
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

/// All that the trace has to say; empty, or why it cannot be used.
std::string add_trace(const RunInfo& run, Json& data, ReportPage& page) {
    const Json& result = data.at("result");
    const auto duration = [&](const char* window) {
        return result.at("guest").at(window).at("duration_ps").get<Ps>();
    };
    SeriesMeter series(duration("before"), duration("during"), duration("after"));
    UsedMachines used;
    std::vector<sim::trace::TraceSink*> sinks{&series};
    used.listen(sinks);
    sim::trace::TeeSink all(sinks);
    const auto read = sim::trace::read_trace(run.trace(), all);
    if (!read) {
        return read.error();
    }
    const Ps last = read.value().last;
    for (auto& [key, value] : {std::make_pair("series", series_json(series, result, last)),
                               std::make_pair("distribution", distribution_json(series, result))}) {
        if (!value.is_null()) data[key] = value;
    }
    data["heat"] = Json::array();
    used.tell(fmt::format("{}, seed {}", run.scenario, run.seed), last, data["heat"], page);
    return "";
}

void add_sequence(const RunInfo& run, const RunReportRequest& request, Json& data,
                  ReportPage& page) {
    SequenceRequest wanted;
    wanted.fold = true;
    wanted.dialect = request.dialect;
    if (run.downtime > 0) wanted.from = wanted.to = "downtime";
    const auto chart = sequence_chart(run, wanted);
    if (!chart) {
        data["notes"].push_back("There is no sequence chart: " + chart.error());
        return;
    }
    page.sequence = sequence_svg(chart.value());
    data["sequence"] = {{"description", chart.value().description},
                        {"left_out", chart.value().left_out}};
}

}  // namespace

sim::Result<ReportPage> run_report(const RunReportRequest& request) {
    const auto opened = sim::trace::open_run(request.directory, {false, false});
    if (!opened) {
        return Failure{opened.error()};
    }
    const RunInfo& run = opened.value();
    ReportPage page;
    Json data{{"schema", "lmsim/report/1"}, {"kind", "run"}, {"version", version}};
    data["result"] = file_json(run.path + "/result.json");
    if (!data["result"].is_object()) {
        return Failure{
            fmt::format("{}: it has no result.json; expected what lmsim run --out "
                        "leaves",
                        sim::printable(run.path))};
    }
    data["manifest"] = file_json(run.path + "/manifest.json");
    data["config"] = config_rows(whole_file(run.path + "/config.toml").value_or(""));
    data["title"] = page.title = run.scenario;
    data["description"] = value_in(data["config"], "description");
    data["headline"] = headline_of(run.path);
    data["notes"] = Json::array();
    try {
        data["reproduce"] = reproduction(data["result"]);
        data["files"] = files_of(run.path, data["manifest"]);
        const std::string wrong = run.traced ? add_trace(run, data, page) : "";
        if (!wrong.empty()) {
            return Failure{wrong};
        }
    } catch (const Json::exception&) {
        return Failure{fmt::format("{}/result.json: it is no result of this version of lmsim",
                                   sim::printable(run.path))};
    }
    if (!run.traced) {
        data["notes"].push_back(
            "There is no trace.ndjson (--no-trace): nothing over time, no sequence chart.");
    } else if (!run.partial) {
        add_sequence(run, request, data, page);
    }
    const std::string tornado =
        request.tornado.empty() ? run.path + "/tornado.json" : request.tornado;
    Json sensitivity = file_json(tornado);
    if (sensitivity.is_object() && sensitivity.value("schema", "") == "lmsim/tornado/1") {
        data["sensitivity"] = std::move(sensitivity);
    } else if (!request.tornado.empty()) {
        return Failure{fmt::format("{}: expected what lmsim tornado --json prints",
                                   sim::printable(request.tornado))};
    }
    page.data = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    return page;
}

}  // namespace lmsim::viz
