#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/conform/suite.hpp"
#include "sim/core/schemas.hpp"

namespace lmsim::sim::conform {

namespace {

using Json = nlohmann::ordered_json;

/// A number, or {"symbol": ..., "plus": ...}; "plus" is modulo 2^64 and written with its sign.
Json to_json(const Value& value) {
    if (value.symbol.empty()) {
        return value.number;
    }
    Json json = {{"symbol", value.symbol}};
    if (value.number != 0) {
        json["plus"] = static_cast<std::int64_t>(value.number);
    }
    return json;
}

Json to_json(const Field& field) {
    Json json = {{"name", field.name}};
    if (!field.row.empty()) {
        json["row"] = field.row;
    }
    json["bit"] = field.place.bit;
    json["width"] = field.place.width;
    json["value"] = to_json(field.value);
    return json;
}

Json to_json(const std::vector<Field>& fields) {
    Json json = Json::array();
    for (const Field& field : fields) {
        json.push_back(to_json(field));
    }
    return json;
}

Json to_json(const Answer& answer) {
    Json json = {{"status", answer.statuses}};
    if (!answer.fields.empty()) {
        json["fields"] = to_json(answer.fields);
    }
    for (const Save& save : answer.saves) {
        json["saves"].push_back(
            {{"symbol", save.symbol}, {"bit", save.place.bit}, {"width", save.place.width}});
    }
    return json;
}

const char* name_of(StepKind kind) {
    switch (kind) {
        case StepKind::Command: return "command";
        case StepKind::Await: return "await";
        case StepKind::Silent: return "silent";
        case StepKind::Remember: return "remember";
        case StepKind::Unchanged: return "unchanged";
        case StepKind::Store: return "store";
        case StepKind::Check: return "check";
        case StepKind::Find: return "find";
        case StepKind::Absent: return "absent";
        case StepKind::Load: return "load";
        case StepKind::Enable: return "enable";
        case StepKind::Disable: return "disable";
        case StepKind::Reset: return "reset";
        case StepKind::Write: return "write-property";
        case StepKind::Read: return "read-property";
    }
    return "?";
}

void add_command(const Step& step, Json& json) {
    json["queue"] = step.queue;
    json["fields"] = to_json(step.fields);
    if (!step.data.empty()) {
        json["data"] = {{"buffer", step.data}, {"at", step.at}, {"bytes", step.bytes}};
    }
    if (step.later) {
        json["later"] = true;
        json["times"] = to_json(step.times);
    } else {
        json["answer"] = to_json(step.answer);
    }
}

Json to_json(const Step& step) {
    Json json = {{"do", name_of(step.kind)}, {"controller", step.controller}};
    const bool probe = step.kind == StepKind::Remember || step.kind == StepKind::Unchanged;
    if (!step.tag.empty()) {
        json[probe ? "probe" : "tag"] = step.tag;
    }
    switch (step.kind) {
        case StepKind::Command: add_command(step, json); break;
        case StepKind::Await: json["answer"] = to_json(step.answer); break;
        case StepKind::Store:
        case StepKind::Check:
        case StepKind::Find:
        case StepKind::Absent:
        case StepKind::Load:
            json.erase("controller");
            json["buffer"] = step.buffer;
            json["at"] = step.at;
            json["fields"] = to_json(step.fields);
            if (step.count != 1) {
                json["count"] = step.count;
                json["stride"] = step.stride;
            }
            if (step.kind == StepKind::Store && step.count != 1) {
                json["grow"] = step.grow;
            }
            break;
        case StepKind::Write:
        case StepKind::Read:
            json["at"] = step.at;
            json["fields"] = to_json(step.fields);
            break;
        case StepKind::Silent:
        case StepKind::Remember:
        case StepKind::Unchanged:
        case StepKind::Enable:
        case StepKind::Disable:
        case StepKind::Reset: break;
    }
    return json;
}

Json to_json(const Need& need) {
    Json json = {{"symbol", need.symbol}, {"at_least", need.at_least}};
    if (need.at_most != UINT64_MAX) {
        json["at_most"] = need.at_most;
    }
    json["otherwise"] = need.otherwise;
    return json;
}

Json to_json(const Case& test) {
    Json needs = Json::array();
    for (const Need& need : test.needs) {
        needs.push_back(to_json(need));
    }
    Json buffers = Json::array();
    for (const Buffer& buffer : test.buffers) {
        buffers.push_back(
            {{"name", buffer.name}, {"bytes", buffer.bytes}, {"controller", buffer.controller}});
    }
    Json steps = Json::array();
    for (const Step& step : test.steps) {
        steps.push_back(to_json(step));
    }
    return {{"id", test.id},  {"group", test.group}, {"title", test.title}, {"rows", test.rows},
            {"needs", needs}, {"buffers", buffers},  {"steps", steps}};
}

}  // namespace

std::string export_json(const std::vector<Case>& cases) {
    Json probes = Json::array();
    for (const std::string& name : probe_names()) {
        Json steps = Json::array();
        for (const Step& step : probe(name)) {
            Json json = to_json(step);
            json["data"] = {{"bytes", step.bytes}};
            json.erase("answer");
            steps.push_back(std::move(json));
        }
        probes.push_back({{"name", name}, {"steps", std::move(steps)}});
    }
    Json list = Json::array();
    for (const Case& test : cases) {
        list.push_back(to_json(test));
    }
    const Json all = {{"schema", schema::ConformCases}, {"probes", probes}, {"cases", list}};
    return all.dump(1) + "\n";
}

}  // namespace lmsim::sim::conform
