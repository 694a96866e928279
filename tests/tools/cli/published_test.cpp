// What takes little time of `lmsim validate`; the night runs all of it.
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/validate_table.hpp"

namespace lmsim::cli {

namespace {

const std::string folder = LMSIM_SOURCE_DIR "/scenarios/published";

}  // namespace

TEST_CASE("tables of published figures are sound, and name their source", "[validate]") {
    const std::vector<std::string> files = table_files(folder);
    CHECK(files.size() >= 7);
    for (const std::string& file : files) {
        const Table table = load_table(file);
        INFO(file);
        CHECK(table.error.empty());
        CHECK_FALSE(table.params.source.empty());
        CHECK_FALSE(table.params.rows.empty());
        if (table.params.dataset == "D1") {
            CHECK(table.params.seeds >= 30);
            CHECK(table.params.statistic == Statistic::P25);
        }
    }
}

TEST_CASE("published figures hold", "[validate]") {
    const tests::Folder results;
    const tests::Ended ended = tests::run_lmsim(
        results, "validate R1 D3 D4 D6 D8 D14 D15 --seeds 1 --json --folder " + folder);
    INFO(ended.out << ended.err);
    std::vector<std::string> missed;
    const auto judged = nlohmann::ordered_json::parse(ended.out);
    for (const auto& row : judged["rows"]) {
        if (!row["within"].get<bool>()) {
            missed.push_back(row["dataset"].get<std::string>() + ", " +
                             row["row"].get<std::string>());
        }
    }
    CHECK(missed.empty());
    CHECK(ended.exit_code == Ok);
}

}  // namespace lmsim::cli
