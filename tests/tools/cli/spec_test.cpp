#include <nlohmann/json.hpp>
#include <set>

#include "model/spec/table.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/cli/kills.hpp"

using namespace lmsim;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;

namespace {

Ended spec_verb(const std::string& arguments) {
    const Folder folder;
    return run_lmsim(folder, "spec " + arguments);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("spec list prints rows of a prefix and a kind", "[cli][spec]") {
    const Ended text = spec_verb("list --prefix LM-RESU --kind conditions");
    CHECK(text.exit_code == 0);
    CHECK(has(text.out, "LM-RESU-41  condition  13Ah Controller Not Suspended"));
    CHECK(!has(text.out, "LM-RESU-01"));
    const Ended markdown = spec_verb("list --subject LM-RESU --format md");
    CHECK(has(markdown.out, "| id | kind | says | title | section |\n| --- |"));
    CHECK(has(markdown.out, "| LM-RESU-41 | condition | 13Ah Controller Not Suspended |"));
    CHECK(spec_verb("list --json").out == spec_verb("list --format json").out);
}

TEST_CASE("spec list tells every row to programs", "[cli][spec]") {
    const auto json = nlohmann::json::parse(spec_verb("list --json").out);
    REQUIRE(json["rows"].size() == spec::row_count);
    for (std::size_t i = 0; i < spec::row_count; ++i) {
        CHECK(json["rows"][i]["id"] == spec::table[i].name);
        CHECK(json["rows"][i]["document"] == spec::table[i].document);
    }
}

TEST_CASE("spec show tells all about a row, by id, symbol and in any case", "[cli][spec]") {
    const Ended id = spec_verb("show LM-SEND-29");
    CHECK(id.exit_code == 0);
    for (const char* part : {"Set Controller State: CSVI", "CDW11 23:16", "5.2.17.1.3, figure 370",
                             "NVM Express Base Specification 2.3", "SetStateCsvi", "LM-SEND-28"}) {
        CAPTURE(part);
        CHECK(has(id.out, part));
    }
    CHECK(spec_verb("show SetStateCsvi").out == id.out);
    CHECK(spec_verb("show lm-send-29").out == id.out);
    CHECK(has(spec_verb("show LM-SUSP-11").out, "default           0 (off)"));
    const auto json = nlohmann::json::parse(spec_verb("show LM-RESU-41 --json").out);
    CHECK(json["status"]["code"] == 0x13A);
    CHECK(json["status"]["id"] == "ST-13A");
}

TEST_CASE("an unknown row gets near names and exit code 2", "[cli][spec]") {
    const Ended ended = spec_verb("show LM-SUPS-03");
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(has(ended.err, "no row \"LM-SUPS-03\"; near it are LM-SUSP-03"));
    CHECK(spec_verb("list --prefix XY").exit_code == 2);
    CHECK(spec_verb("coverage --prefix XY").exit_code == 2);
    CHECK(spec_verb("list --kind fielt").exit_code == 2);
    CHECK(spec_verb("list --format yaml").exit_code == 2);
}

TEST_CASE("spec table groups conditions by command", "[cli][spec]") {
    const Ended all = spec_verb("table conditions");
    CHECK(all.exit_code == 0);
    CHECK(has(all.out, "\nResume\nstatus"));
    CHECK(has(all.out, "Resume: the MC is not suspended"));
    const Ended fields = spec_verb("table fields suspend --format md");
    CHECK(fields.out ==
          "### Migration Send\n\n"
          "| place | title | id | section |\n| --- | --- | --- | --- |\n"
          "| CDW11 15:0 | Suspend: CNTLID | LM-SEND-23 | 5.2.17.1.1, figure 367 |\n"
          "| CDW11 23:16 | Suspend: STYPE | LM-SEND-24 | 5.2.17.1.1, figure 367 |\n"
          "| CDW11 31 | Suspend: DUDMQ | LM-SEND-25 | 5.2.17.1.1, figure 367 |\n");
    const Ended layout = spec_verb("table layout 'i/o sq state'");
    CHECK(has(layout.out, "I/O SQ state\nplace "));
    CHECK(has(layout.out, "24 bytes "));
    const Ended unknown = spec_verb("table fields Suspnd");
    CHECK(unknown.exit_code == 2);
    CHECK(has(unknown.err, "did you mean \"Suspend\"?"));
    CHECK(has(spec_verb("table feilds").err, "there are opcodes, status, fields"));
}

TEST_CASE("a record of kills is read with its quotes", "[spec]") {
    const auto kills = cli::parse_kills(
        "id,program,test,reason\n"
        "A-01,model,\"one, two \"\"three\"\"\",\n"
        "A-02,,,\"nobody, yet\"\n"
        "A-03,sim,plain,\n");
    REQUIRE(kills.size() == 3);
    CHECK(kills[0].test == "one, two \"three\"");
    CHECK(kills[0].killed());
    CHECK(!kills[1].killed());
    CHECK(kills[1].reason == "nobody, yet");
    CHECK(kills[2].program == "sim");
}
