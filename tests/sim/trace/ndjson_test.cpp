#include "sim/trace/ndjson.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/sim/metrics/schema_check.hpp"

using namespace lmsim::sim::trace;
using Json = nlohmann::json;

namespace {

std::string temporary_file() {
    std::string name = (std::filesystem::temp_directory_path() / "lmsim-trace-XXXXXX").string();
    ::close(::mkstemp(name.data()));
    return name;
}

/// What is written when `tell` tells it.
template <class Tell>
std::string written(const Tell& tell, const TraceHeader& header = {"0.1.0", "quickstart", 7}) {
    const std::string path = temporary_file();
    {
        NdjsonWriter writer(std::move(OutputFile::create(path).value()), header);
        tell(writer);
        writer.close();
        CHECK(writer.error() == "");
    }
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::filesystem::remove(path);
    return text;
}

std::vector<Json> lines(const std::string& text) {
    std::vector<Json> list;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at);
        REQUIRE(end != std::string::npos);
        list.push_back(Json::parse(text.substr(at, end - at)));
        at = end + 1;
    }
    return list;
}

void tell_all(TraceSink& sink) {
    sink.state({1'000, Side::Source, 3, "vfio", "RUNNING_P2P"});
    sink.state({2'000, Side::Destination, no_device, "vmm", "src-vm-stopped"});
    sink.state({2'500, Side::Source, 3, "sq", "Absent", "Active", "Delete \"SQ\"", "LM-Q-1", 7});
    CommandRecord command;
    command.submit = 10;
    command.fetch = 20;
    command.post = 30;
    command.complete = 40;
    command.vf = 0;
    command.qid = 8;
    command.cid = 65'535;
    command.opcode = 2;
    command.length = 4096;
    command.slba = UINT64_MAX;
    sink.command(command);
    command.post = command.complete = not_reached;
    sink.command(command);
    sink.command({7, not_reached, not_reached, 9, Side::Destination, no_device, 0, 5, 0x41, 0x201,
                  0, 0, 0x10001, 7, 2});
    sink.phase({3'000, true, Side::Source, no_device, "switchover"});
    sink.phase({4'000, false, Side::Source, 2, "SetDeviceState", -22, 123, "STOP_COPY"});
    sink.round({5'000, 1, 1 << 20, 1 << 21});
    sink.log({5'100, Side::Source, 2, "range", "full", 3, 1 << 20, 8, true});
    sink.log({5'200, Side::Source, 2, "full event", {}});
    sink.link({5'300, 300, Side::Network, "forward", 200});
    sink.interrupt_lost(INT64_MAX, Side::Destination, 1);
    sink.note(6'000, "a \"note\"\n\xC3\xA4 \xff");
}

}  // namespace

TEST_CASE("the trace schema in docs is the one that the program writes by") {
    lmsim::tests::check_golden("docs/schema/trace.schema.json", trace_schema());
}

TEST_CASE("a record of each kind, as text") {
    lmsim::tests::check_golden("tests/sim/trace/golden/all.ndjson", written(tell_all));
}

TEST_CASE("each line follows the schema") {
    const Json schema = Json::parse(trace_schema());
    const std::vector<Json> all = lines(written(tell_all));
    CHECK(all.size() == 15);
    for (const Json& line : all) {
        INFO(line.dump());
        CHECK(lmsim::tests::SchemaCheck::wrong(schema, line) == "");
    }
}

TEST_CASE("what is not reached is null, and t is the latest time that is") {
    const std::vector<Json> all = lines(written(tell_all));
    CHECK(all.at(4)["t"] == 40);
    CHECK(all.at(5)["t"] == 20);
    CHECK(all.at(5)["complete"].is_null());
    CHECK(all.at(2)["vf"].is_null());
}

TEST_CASE("texts are escaped: control characters, quotes, what is not UTF-8") {
    const std::vector<Json> all = lines(written(tell_all));
    const std::string text = all.back()["text"];
    CHECK(text.find('\xff') == std::string::npos);
    CHECK(text.find("\xC3\xA4") != std::string::npos);
    const std::vector<Json> ascii =
        lines(written([](TraceSink& sink) { sink.note(0, "a \"b\" \\ \n\x1f"); }));
    CHECK(ascii.back()["text"] == "a \"b\" \\ \n\x1f");
}

TEST_CASE("more than the buffer holds, and a text that is longer than the buffer") {
    const std::string text = written([](NdjsonWriter& writer) {
        for (lmsim::sim::Ps at = 0; at < 30'000; ++at) writer.round({at, 0, 0, 0});
        writer.note(30'000, std::string(3'000'000, '"'));
        writer.round({30'001, 1, 2, 3});
        CHECK(writer.records() == 30'002);
    });
    const std::vector<Json> all = lines(text);
    REQUIRE(all.size() == 30'003);
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i]["t"] == i - 1);
}

TEST_CASE("a full disk is said once, and the run goes on") {
    NdjsonWriter writer(std::move(OutputFile::create("/dev/full").value()), {});
    for (int i = 0; i < 100'000; ++i) writer.note(i, "text");
    CHECK(writer.error() == "cannot write \"/dev/full\": the disk is full");
    writer.close();
    CHECK(writer.error() == "cannot write \"/dev/full\": the disk is full");
}

TEST_CASE("a full disk is noticed at the end, too") {
    NdjsonWriter writer(std::move(OutputFile::create("/dev/full").value()), {});
    CHECK(writer.error() == "");
    writer.close();
    CHECK(writer.error() == "cannot write \"/dev/full\": the disk is full");
}

TEST_CASE("a file that cannot be made") {
    const auto file = OutputFile::create("/no/such/folder/trace.ndjson");
    REQUIRE_FALSE(file);
    CHECK(file.error() ==
          "cannot write \"/no/such/folder/trace.ndjson\": No such file or directory");
}
