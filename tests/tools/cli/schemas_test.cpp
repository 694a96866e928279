#include "sim/core/schemas.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

// What programs read of lmsim stays as it is, or gets another number. Of each version there is an
// example in tests/tools/schemas/examples: today's lmsim reads it, and writes all that is in it.

using namespace lmsim;
using namespace lmsim::tests;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

const std::string schemas_folder = LMSIM_SOURCE_DIR "/tests/tools/schemas/";
const std::string examples = schemas_folder + "examples/";

/// Nothing but a real device makes one of these, and a page of HTML or Slurm the others; they are
/// tested where they are written.
const std::set<std::string> without_example{sim::schema::HwCompareVfio, sim::schema::HwMigrateVfio,
                                            sim::schema::HwRelease, sim::schema::Report,
                                            sim::schema::SlurmTasks};
/// Members that are maps: their keys are data.
const std::set<std::string> maps{"faults", "outcomes", "set"};

json first_of(const fs::path& file) {
    const std::string text = read_file(file.string());
    const bool lines = file.extension() == ".ndjson";
    return json::parse(lines ? text.substr(0, text.find('\n')) : text);
}

/// The examples by what their files are called.
std::map<std::string, fs::path> files_of(const std::string& folder) {
    std::map<std::string, fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string extension = entry.path().extension();
        if (extension == ".json" || extension == ".ndjson") {
            files[entry.path().lexically_relative(folder)] = entry.path();
        }
    }
    return files;
}

bool same_kind(const json& a, const json& b) {
    return a.type() == b.type() || (a.is_number() && b.is_number());
}

/// Each member that was there is there, and is of the same kind. Null is no kind.
void check_kept(const json& was, const json& is, const std::string& where) {
    INFO(where);
    if (was.is_null() || is.is_null()) {
        return;
    }
    CHECK(same_kind(was, is));
    if (was.is_object() && is.is_object()) {
        for (const auto& [name, value] : was.items()) {
            if (maps.count(name) != 0) continue;
            INFO(name);
            CHECK(is.contains(name));
            if (is.contains(name))
                check_kept(value, is[name], std::string(where).append(".").append(name));
        }
    } else if (was.is_array() && is.is_array() && !was.empty() && !is.empty()) {
        check_kept(was.front(), is.front(), where + "[0]");
    }
}

/// A copy of the examples in which that one is of the next version.
void make_newer(const Folder& folder, const std::string& name) {
    fs::remove_all(folder.file("examples"));
    fs::copy(examples, folder.file("examples"), fs::copy_options::recursive);
    const std::string file = folder.file("examples/" + name);
    std::string text = read_file(file);
    static const std::regex version(R"re(("schema": ?"lmsim[^"]*[/-])1")re");
    text = std::regex_replace(text, version, "$012\"", std::regex_constants::format_first_only);
    folder.write("examples/" + name, text);
}

/// Which verb reads an example again.
struct Reader {
    std::string file;
    std::string words;  // with % for the folder
};
const std::vector<Reader> readers{
    {"run/trace.ndjson", "check %/run"},
    {"run/manifest.json", "report %/run --out %/page.html"},
    {"run/result.json", "report %/run --out %/page.html"},
    {"run/result.json", "sequence %/run --out %/chart.svg"},
    {"run/manifest.json", "diagram vfio --overlay %/run"},
    {"run/steps.ndjson", "check --steps %/run/steps.ndjson"},
    {"tornado.json", "report %/run --tornado %/tornado.json --out %/page.html"},
    {"compare/compare.json", "report %/compare --out %/page.html"},
    {"explore-steps.ndjson", "explore --replay %/explore-steps.ndjson"},
    {"session.ndjson", "check %/session.ndjson"},
};

Ended read_by(const Folder& folder, const Reader& reader, const std::string& place) {
    std::string words = reader.words;
    for (std::size_t at = 0; (at = words.find('%')) != std::string::npos;) {
        words.replace(at, 1, place);
    }
    return run_lmsim(folder, words);
}

}  // namespace

TEST_CASE("schemas: each has an example, and each example one", "[cli][schemas]") {
    std::set<std::string> wanted;
    for (const sim::SchemaInfo& row : sim::all_schemas()) {
        wanted.insert(std::string(row.name));
    }
    CHECK(wanted.size() == sim::all_schemas().size());
    std::set<std::string> found = without_example;
    for (const auto& [name, file] : files_of(examples)) {
        INFO(name);
        const json first = first_of(file);
        REQUIRE(first.contains("schema"));
        found.insert(first["schema"].get<std::string>());
    }
    CHECK(found == wanted);
}

TEST_CASE("schemas: no source writes one that is not in the table", "[cli][schemas]") {
    std::set<std::string> known;
    for (const sim::SchemaInfo& row : sim::all_schemas()) {
        known.insert(std::string(row.name));
    }
    static const std::regex literal(R"re("(lmsim/[a-z-]+/[0-9]+))re");
    for (const char* top : {"sim", "viz", "tools", "model"}) {
        for (const auto& entry :
             fs::recursive_directory_iterator(LMSIM_SOURCE_DIR "/" + std::string(top))) {
            const std::string extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".hpp") continue;
            const std::string text = read_file(entry.path().string());
            for (std::sregex_iterator it(text.begin(), text.end(), literal), end; it != end; ++it) {
                INFO(entry.path() << ": " << (*it)[1]);
                CHECK(known.count((*it)[1]) == 1);
            }
        }
    }
}

TEST_CASE("schemas: what was written when they were new is written today", "[cli][schemas]") {
    const Folder folder;
    const std::string command = schemas_folder + "make " LMSIM_BINARY_DIR "/lmsim " +
                                folder.file("made") + " >" + folder.file("log") + " 2>&1";
    const int status = std::system(command.c_str());
    INFO(read_file(folder.file("log")));
    REQUIRE(status == 0);
    const auto today = files_of(folder.file("made"));
    for (const auto& [name, file] : files_of(examples)) {
        INFO(name);
        REQUIRE(today.count(name) == 1);
        const json was = first_of(file);
        const json is = first_of(today.at(name));
        CHECK(was["schema"] == is["schema"]);
        check_kept(was, is, name);
    }
}

TEST_CASE("schemas: today's lmsim reads each example", "[cli][schemas]") {
    const Folder folder;
    fs::copy(examples, folder.file("examples"), fs::copy_options::recursive);
    for (const Reader& reader : readers) {
        const Ended ended = read_by(folder, reader, folder.file("examples"));
        INFO(reader.words << "\n" << ended.out << ended.err);
        // The steps of a counterexample end in what they are a counterexample of; those of a log
        // are judged by today's model, which may be another.
        CHECK(ended.exit_code <= 1);
        CHECK(ended.err.find("schema") == std::string::npos);
    }
}

TEST_CASE("schemas: of a newer version lmsim says what to do", "[cli][schemas]") {
    const Folder folder;
    for (const Reader& reader : readers) {
        if (reader.file == "session.ndjson") continue;  // has sums: session_file_test.cpp
        make_newer(folder, reader.file);
        const Ended ended = read_by(folder, reader, folder.file("examples"));
        INFO(reader.words << "\n" << ended.out << ended.err);
        CHECK(ended.exit_code == 2);
        CHECK(ended.err.find("A newer lmsim than ") != std::string::npos);
        CHECK(ended.err.find("read it with that one, or write it anew with this") !=
              std::string::npos);
    }
}

TEST_CASE("schemas: the words for what is of another version", "[schemas]") {
    using sim::other_schema;
    CHECK(other_schema("lmsim/run/1", "lmsim/trace/1") ==
          "its schema is \"lmsim/run/1\"; this lmsim reads \"lmsim/trace/1\"");
    CHECK(other_schema("", "lmsim/trace/1").find("newer") == std::string::npos);
    CHECK(other_schema("lmsim/trace/12", "lmsim/trace/2").find("A newer lmsim") !=
          std::string::npos);
    CHECK(other_schema("lmsim/trace/1", "lmsim/trace/2").find("An older lmsim") !=
          std::string::npos);
    CHECK(other_schema("lmsim/trace/99999", "lmsim/trace/1").find("newer") == std::string::npos);
    CHECK(sim::is_version_of("lmsim-explore-steps-7", sim::schema::ExploreSteps));
    CHECK_FALSE(sim::is_version_of("lmsim/trace/", sim::schema::Trace));
    CHECK_FALSE(sim::is_version_of("7", "8"));
}

TEST_CASE("lmsim schemas prints the table, and as JSON", "[cli][schemas]") {
    const Folder folder;
    const Ended text = run_lmsim(folder, "schemas");
    CHECK(text.exit_code == 0);
    CHECK(text.out.find("lmsim/result/1") != std::string::npos);
    const json all = json::parse(run_lmsim(folder, "schemas --json").out);
    CHECK(all["schema"] == "lmsim/schemas/1");
    CHECK(all["schemas"].size() == sim::all_schemas().size());
}
