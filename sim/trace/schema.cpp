#include <array>
#include <nlohmann/json.hpp>

#include "sim/trace/ndjson.hpp"

namespace lmsim::sim::trace {
namespace {

using Json = nlohmann::ordered_json;

enum class Type { Count, Number, Text, Side, Vf, Time, MaybeTime, Edge };

struct Field {
    const char* name;
    Type type;
    const char* help;
    bool required = true;
};

const Field side{"side", Type::Side, "where"};
const Field vf{"vf", Type::Vf, "index of the VF; null: the PF, or none"};

struct Kind {
    const char* name;
    const char* help;
    std::vector<Field> fields;
};

std::vector<Kind> kinds() {
    return {
        {"state",
         "a machine entered a state",
         {side,
          vf,
          {"machine", Type::Text, "which machine: vfio, controller, migration, vmm, ..."},
          {"state", Type::Text, "the state as the machine's table names it"}}},
        {"command",
         "a command of the guest, or an admin command (qid 0), once it has ended; t is its latest "
         "time",
         {side,
          vf,
          {"qid", Type::Count, "submission queue"},
          {"cid", Type::Count, "command identifier"},
          {"opcode", Type::Count, "opcode of the submission entry"},
          {"slba", Type::Count, "starting LBA; 0 if it has none"},
          {"length", Type::Count, "bytes of data"},
          {"status", Type::Count, "status field of the completion without the phase tag"},
          {"submit", Type::MaybeTime, "the doorbell rang"},
          {"fetch", Type::MaybeTime, "the controller had the entry"},
          {"post", Type::MaybeTime, "the completion started on the link"},
          {"complete", Type::MaybeTime, "the submitter saw the completion"}}},
        {"phase",
         "a phase of the migration or a call of the VMM begins or ends",
         {side,
          vf,
          {"name", Type::Text, "which"},
          {"edge", Type::Edge, "which end of it"},
          {"error", Type::Number, "at the end: errno, 0 is success", false},
          {"amount", Type::Count, "at the end: bytes moved", false}}},
        {"round",
         "a pass over dirty memory begins",
         {{"round", Type::Count, "from 0"},
          {"dirty_bytes", Type::Count, "found dirty"},
          {"sent_bytes", Type::Count, "sent over the channel so far"}}},
        {"interrupt_lost", "an interrupt found nobody who takes it", {side, vf}},
        {"note", "a remark", {{"text", Type::Text, "in words"}}},
    };
}

Json type_of(Type type) {
    switch (type) {
        case Type::Count:
        case Type::Time: return {{"type", "integer"}, {"minimum", 0}};
        case Type::Number: return {{"type", "integer"}};
        case Type::Text: return {{"type", "string"}};
        case Type::Side: return {{"enum", metrics::side_names}};
        case Type::Vf:
        case Type::MaybeTime: return {{"type", {"integer", "null"}}, {"minimum", 0}};
        case Type::Edge: return {{"enum", {"begin", "end"}}};
    }
    return {};
}

void add(Json& object, const Field& field) {
    Json property{{"description", field.help}};
    property.update(type_of(field.type));
    object["properties"][field.name] = std::move(property);
    if (field.required) object["required"].push_back(field.name);
}

Json header() {
    Json object{{"description", "the first line"}, {"type", "object"}};
    object["required"] = {"schema", "version", "scenario", "seed", "time_base", "unit"};
    object["properties"] = {
        {"schema",
         {{"description", "name and version of this format"}, {"const", trace_schema_name}}},
        {"version", {{"description", "of lmsim"}, {"type", "string"}}},
        {"scenario", {{"description", "its name"}, {"type", "string"}}},
        {"seed", {{"description", "of all random streams"}, {"type", "integer"}, {"minimum", 0}}},
        {"time_base", {{"description", "what a second is"}, {"enum", {"simulated", "wall"}}}},
        {"unit", {{"description", "of every time: picoseconds"}, {"const", "ps"}}},
    };
    return object;
}

Json record(const Kind& kind) {
    Json object{{"description", kind.help}, {"type", "object"}};
    object["required"] = Json::array();
    add(object, {"t", Type::Time, "when"});
    object["properties"]["kind"] = {{"const", kind.name}};
    object["required"].push_back("kind");
    for (const Field& field : kind.fields) add(object, field);
    return object;
}

}  // namespace

std::string trace_schema() {
    Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"$id", trace_schema_name},
                {"title", "a line of trace.ndjson of lmsim"}};
    schema["oneOf"] = {header()};
    for (const Kind& kind : kinds()) schema["oneOf"].push_back(record(kind));
    return schema.dump(2) + "\n";
}

}  // namespace lmsim::sim::trace
