#include "tools/cli/diagram_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "sim/core/text.hpp"
#include "sim/trace/ndjson.hpp"
#include "sim/trace/run_directory.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::json;

/// A member that is a text; empty where it is not.
std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string wrong_schema(const std::string& file, const Json& json, const std::string& expected) {
    if (!json.is_object() || text_of(json, "schema").empty()) {
        return fmt::format("{} has no schema; expected {}", file, expected);
    }
    if (text_of(json, "schema") != expected) {
        return fmt::format("{} is of another version, {}; expected {}", file,
                           sim::in_quotes(text_of(json, "schema")), expected);
    }
    return "";
}

std::string check_manifest(const std::string& directory) {
    std::ifstream file(directory + "/manifest.json", std::ios::binary);
    if (!file) {
        return "this is not the directory of a finished run: it has no manifest.json";
    }
    const Json json = Json::parse(file, nullptr, false);
    const std::string wrong = wrong_schema("manifest.json", json, sim::trace::manifest_schema_name);
    if (!wrong.empty()) {
        return wrong;
    }
    const auto partial = json.find("partial");
    if (partial != json.end() && *partial == true) {
        return "the run was interrupted: it is partial";
    }
    return "";
}

std::string title_of(const Json& header) {
    const std::string scenario = text_of(header, "scenario");
    const auto seed = header.find("seed");
    return (scenario.empty() ? "a scenario without a name" : scenario) +
           (seed == header.end() || !seed->is_number_integer() ? "" : ", seed " + seed->dump());
}

/// A record of a state, told to the sink. False: it is none.
bool tell_state(const std::string& line, sim::trace::TraceSink& sink) {
    const Json json = Json::parse(line, nullptr, false);
    const auto at = json.is_object() ? json.find("t") : json.end();
    constexpr auto latest = static_cast<std::uint64_t>(std::numeric_limits<sim::Ps>::max());
    if (at == json.end() || !at->is_number_unsigned() || at->get<std::uint64_t>() > latest) {
        return false;
    }
    const std::string side = text_of(json, "side");
    const std::string machine = text_of(json, "machine");
    const std::string state = text_of(json, "state");
    const std::string from = text_of(json, "from");
    const std::string event = text_of(json, "event");
    const std::string rule = text_of(json, "rule");
    sim::trace::StateRecord record;
    record.at = at->get<sim::Ps>();
    record.side = side == "destination" ? sim::trace::Side::Destination : sim::trace::Side::Source;
    const auto vf = json.find("vf");
    if (vf != json.end() && vf->is_number_integer()) {
        record.vf = vf->get<sim::trace::Device>();
    }
    const auto queue = json.find("queue");
    if (queue != json.end() && queue->is_number_integer()) {
        record.queue = queue->get<std::uint16_t>();
    }
    record.machine = machine;
    record.state = state;
    record.from = from;
    record.event = event;
    record.rule = rule;
    sink.state(record);
    return true;
}

}  // namespace

RunRead read_run(const std::string& directory, sim::trace::TraceSink& sink) {
    RunRead run{"", check_manifest(directory)};
    std::string& error = run.error;
    std::ifstream file(directory + "/trace.ndjson", std::ios::binary);
    std::string line;
    if (error.empty() && !std::getline(file, line)) {
        error = "the run has no trace.ndjson; it was made with --no-trace";
    }
    if (error.empty()) {
        const Json header = Json::parse(line, nullptr, false);
        error = wrong_schema("trace.ndjson", header, sim::trace::trace_schema_name);
        run.title = error.empty() ? title_of(header) : "";
    }
    constexpr std::string_view begin = "{\"t\":";
    sim::Ps last = 0;
    for (std::size_t number = 2; error.empty() && std::getline(file, line); ++number) {
        bool good = line.compare(0, begin.size(), begin) == 0 && line.back() == '}';
        if (good) {
            last = std::max<sim::Ps>(last, std::strtoll(line.c_str() + begin.size(), nullptr, 10));
            const bool state = line.find("\"kind\":\"state\"") != std::string::npos;
            good = !state || tell_state(line, sink);
        }
        error = good ? "" : fmt::format("trace.ndjson:{}: this is no record of a trace", number);
    }
    sink.note(last, "end");
    return run;
}

}  // namespace lmsim::cli
