#include <nlohmann/json.hpp>
#include <string>

#include "model/spec/defects.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using namespace lmsim;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;

namespace {

Ended rfc(const std::string& arguments) {
    const Folder folder;
    return run_lmsim(folder, "spec rfc " + arguments);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("docs/rfc-conformance.md is what the program prints", "[cli][rfc]") {
    const Ended printed = rfc("--format md");
    CHECK(printed.exit_code == 0);
    // Else: lmsim spec rfc --format md > docs/rfc-conformance.md
    CHECK(printed.out == tests::read_file(LMSIM_SOURCE_DIR "/docs/rfc-conformance.md"));
}

TEST_CASE("spec rfc prints one defect with the shortest run that shows it", "[cli][rfc]") {
    const Ended text = rfc("R004-19");
    CHECK(text.exit_code == 0);
    for (const char* part : {"Pages that the device wrote are unpinned as clean", "line 423",
                             "INV-HOLD-09 in 4 steps", "the device posts an entry to queue 0"}) {
        CAPTURE(part);
        CHECK(has(text.out, part));
    }
    const auto json = nlohmann::json::parse(rfc("R004-19 --json").out);
    CHECK(json["severity"] == "M");
    CHECK(json["class"] == "lifetime");
    CHECK(json["findings"][0]["violations"][0]["steps"].size() == 4);
}

TEST_CASE("spec rfc tells programs of every defect", "[cli][rfc]") {
    const auto json = nlohmann::json::parse(rfc("--json").out);
    REQUIRE(json["defects"].size() == std::size(spec::defects));
    for (std::size_t i = 0; i < std::size(spec::defects); ++i) {
        const auto& defect = json["defects"][i];
        CHECK(defect["id"] == spec::defects[i].name);
        CHECK(defect["switch"] == (spec::defects[i].id != spec::Id::Count));
    }
}

TEST_CASE("an unknown defect gets the nearest name and exit code 2", "[cli][rfc]") {
    const Ended ended = rfc("R004-91");
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(has(ended.err, "no defect \"R004-91\"; did you mean R004-01?"));
}
