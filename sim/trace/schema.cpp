#include <nlohmann/json.hpp>
#include <vector>

#include "sim/core/schemas.hpp"
#include "sim/trace/ndjson.hpp"

namespace lmsim::sim::trace {
namespace {

using Json = nlohmann::ordered_json;

// Types as text, because a braced list of one pair is an array to one compiler and an object to
// another.
constexpr const char* count = R"({"type":"integer","minimum":0})";
constexpr const char* number = R"({"type":"integer"})";
constexpr const char* maybe_count = R"({"type":["integer","null"],"minimum":0})";
constexpr const char* text = R"({"type":"string"})";
constexpr const char* sides = R"({"enum":["source","destination","network"]})";
constexpr const char* edges = R"({"enum":["begin","end"]})";
constexpr const char* time_bases = R"({"enum":["simulated","wall"]})";

struct Field {
    const char* name;
    const char* type;
    const char* help;
    bool required = true;
};

const Field side{"side", sides, "where"};
const Field vf{"vf", maybe_count, "index of the VF; null: the PF, or none"};

struct Kind {
    const char* name;
    const char* help;
    std::vector<Field> fields;
};

Kind seen() {
    return {
        "seen",
        "an observation that an invariant looks at and no other kind tells; the other keys are 0 "
        "if they are not there",
        {side,
         vf,
         {"what", text, "which: a name of docs/check.md, which says what the others mean of it"},
         {"queue", count, "of it: QID or CDQID", false},
         {"cid", count, "of it: command identifier, or number of a data_fd", false},
         {"flags", count, "of it", false},
         {"value", count, "of it", false},
         {"value2", count, "of it", false}}};
}

std::vector<Kind> kinds() {
    return {
        {"state",
         "a machine took a row of its table and entered a state, or stayed there; or a VMM has "
         "come to a checkpoint",
         {side,
          vf,
          {"machine", text, "its table's name: vfio, controller, ...; vmm: a checkpoint"},
          {"state", text, "the state as the table names it, or the checkpoint"},
          {"queue", count, "of the machine of a queue: its QID or CDQID", false},
          {"from", text, "the state before; of a checkpoint there is none, nor what follows",
           false},
          {"event", text, "of the row that was taken", false},
          {"rule", text, "its requirement id", false}}},
        {"command",
         "a command of the guest, or an admin command (qid 0), once it has ended; t is its latest "
         "time",
         {side,
          vf,
          {"qid", count, "submission queue"},
          {"cid", count, "command identifier"},
          {"opcode", count, "opcode of the submission entry"},
          {"slba", count, "starting LBA; 0 if it has none"},
          {"length", count, "bytes of data"},
          {"status", count, "status field of the completion without the phase tag"},
          {"submit", maybe_count, "the doorbell rang"},
          {"fetch", maybe_count, "the controller had the entry"},
          {"post", maybe_count, "the completion started on the link"},
          {"complete", maybe_count, "the submitter saw the completion"},
          {"cdw10", count, "of an admin command: its Command Dword 10", false},
          {"cdw11", count, "of an admin command: its Command Dword 11", false},
          {"for_vf", count, "of an admin command: the VF that the driver sent it for", false}}},
        {"phase",
         "a phase of the migration or a call of the VMM begins or ends",
         {side,
          vf,
          {"name", text, "which"},
          {"edge", edges, "which end of it"},
          {"error", number, "at the end: errno, 0 is success", false},
          {"amount", count, "at the end: bytes moved", false},
          {"detail", text, "of a call, what it asks for: the state, the message", false}}},
        {"round",
         "a pass over dirty memory begins",
         {{"round", count, "from 0"},
          {"dirty_bytes", count, "found dirty"},
          {"sent_bytes", count, "sent over the channel so far"}}},
        {"log",
         "the host heard of, or read, the log of a VF's user data changes",
         {side,
          vf,
          {"what", text, "range, marker, tail event, full event, lost or restarted"},
          {"esa", text, "of an entry: which of all it is, as its ESA says", false},
          {"nsid", count, "of a range: its namespace", false},
          {"slba", count, "of a range: its first block", false},
          {"blocks", count, "of a range: how many; 0: the whole namespace", false},
          {"deallocated", count, "of a range: 1 if it was deallocated", false}}},
        {"link",
         "what one direction of a link did up to t; idle spans after an idle one are left out",
         {side,
          {"link", text, "of a device: up, down; of the network: forward, back"},
          {"span", count, "how long, in ps"},
          {"busy", count, "of it, in ps"}}},
        seen(),
        {"interrupt_lost", "an interrupt found nobody who takes it", {side, vf}},
        {"note", "a remark", {{"text", text, "in words"}}},
    };
}

void add(Json& object, const Field& field) {
    Json& property = object["properties"][field.name];
    property["description"] = field.help;
    property.update(Json::parse(field.type));
    if (field.required) object["required"].push_back(field.name);
}

void add_constant(Json& object, const char* name, const char* value) {
    object["properties"][name]["const"] = value;
    object["required"].push_back(name);
}

Json object_of(const char* help) {
    Json object;
    object["description"] = help;
    object["type"] = "object";
    return object;
}

Json header() {
    Json object = object_of("the first line");
    add_constant(object, "schema", schema::Trace);
    add(object, {"version", text, "of lmsim"});
    add(object, {"scenario", text, "its name"});
    add(object, {"seed", count, "of all random streams"});
    add(object, {"time_base", time_bases, "what a second is"});
    add_constant(object, "unit", "ps");
    add(object, {"vms", count, "VMs that migrate, if they are several", false});
    return object;
}

Json record(const Kind& kind) {
    Json object = object_of(kind.help);
    add(object, {"t", count, "when"});
    add_constant(object, "kind", kind.name);
    for (const Field& field : kind.fields) add(object, field);
    return object;
}

}  // namespace

std::string trace_schema() {
    Json schema;
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["$id"] = schema::Trace;
    schema["title"] = "a line of trace.ndjson of lmsim";
    schema["oneOf"] = Json::array();
    schema["oneOf"].push_back(header());
    for (const Kind& kind : kinds()) schema["oneOf"].push_back(record(kind));
    return schema.dump(2) + "\n";
}

}  // namespace lmsim::sim::trace
