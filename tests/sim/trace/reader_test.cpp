#include "sim/trace/reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sim/core/text.hpp"
#include "sim/core/version.hpp"
#include "sim/metrics/display.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"
#include "tests/sim/metrics/golden.hpp"

using namespace lmsim::sim::trace;

namespace {

/// A folder of its own that is gone afterwards.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-read-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::string& path() const { return path_; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ + "/" + name, std::ios::binary) << text;
        return path_ + "/" + name;
    }

  private:
    std::string path_;
};

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const std::string newer = ". A newer lmsim than " + std::string(lmsim::version) +
                          " wrote it: read it with that one, or write it anew with this";

constexpr const char* header =
    R"({"schema":"lmsim/trace/1","version":"0.1.0","scenario":"s","seed":7,)"
    R"("time_base":"simulated","unit":"ps"})"
    "\n";

/// "" or what the reader says of a header and these lines, without the file's name.
std::string refusal(const std::string& lines, const std::string& first = header) {
    const Folder folder;
    const std::string file = folder.write("t", first + lines);
    TraceSink sink;
    const auto read = read_trace(file, sink);
    if (read) return "";
    CHECK(read.error().substr(0, file.size()) == file);
    return read.error().substr(std::min(file.size() + 1, read.error().size()));
}

std::string copied(const std::string& from, TraceRead* read = nullptr) {
    const Folder folder;
    const std::string to = folder.path() + "/copy";
    {
        NdjsonWriter writer(std::move(OutputFile::create(to).value()), {"0.1.0", "quickstart", 7});
        const auto result = read_trace(from, writer);
        INFO((result ? "" : result.error()));
        REQUIRE(result.ok());
        if (read != nullptr) *read = result.value();
    }
    return read_file(to);
}

// --- Any record: what a writer can be told ------------------------------------------------------

using lmsim::sim::Ps;

Ps any_time() { return *rc::gen::inRange<Ps>(0, INT64_MAX); }
Ps maybe_time() { return *rc::gen::element(true, false) ? not_reached : any_time(); }
Side any_side() { return static_cast<Side>(*rc::gen::inRange(0, 3)); }
Device any_device() { return *rc::gen::inRange<Device>(-1, 65'536); }
template <class T>
T any() {
    return *rc::gen::arbitrary<T>();
}

/// Written as it is if it is ASCII, else as people are shown it.
std::string any_text() {
    const std::string text = *rc::gen::container<std::string>(rc::gen::inRange<char>(-128, 127));
    const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
    return ascii ? text : lmsim::sim::metrics::terminal_text(text);
}

void tell_any_command(TraceSink& sink) {
    CommandRecord record{maybe_time(),
                         maybe_time(),
                         maybe_time(),
                         maybe_time(),
                         any_side(),
                         any_device(),
                         any<std::uint16_t>(),
                         any<std::uint16_t>(),
                         any<std::uint8_t>(),
                         any<std::uint16_t>(),
                         any<std::uint32_t>(),
                         any<std::uint64_t>(),
                         0,
                         0,
                         any_device()};
    if (*rc::gen::element(true, false)) {
        record.qid = 0;
        record.cdw10 = any<std::uint32_t>();
        record.cdw11 = any<std::uint32_t>();
    }
    if (record.submit == not_reached && record.fetch == not_reached) record.post = 3;
    sink.command(record);
}

void tell_any_state(TraceSink& sink) {
    const std::string machine = any_text();
    const std::string state = any_text();
    StateRecord record{any_time(), any_side(), any_device(), machine, state};
    record.queue = any<std::uint16_t>();
    const std::string from = any_text();
    const std::string event = any_text();
    if (*rc::gen::element(true, false)) {
        record.from = from;
        record.event = event;
        record.rule = "LM-1";
    }
    sink.state(record);
}

void tell_any_log(TraceSink& sink) {
    const std::string what = any_text();
    const std::string place = any_text();
    LogRecord record{any_time(), any_side(), any_device(), what, place};
    if (*rc::gen::element(true, false)) {
        record.nsid = 1 + any<std::uint16_t>();
        record.slba = any<std::uint64_t>();
        record.blocks = any<std::uint64_t>();
        record.deallocated = any<bool>();
    }
    sink.log(record);
}

void tell_any(TraceSink& sink) {
    const std::string text = any_text();
    switch (*rc::gen::inRange(0, 8)) {
        case 0: tell_any_command(sink); return;
        case 1: tell_any_state(sink); return;
        case 2: tell_any_log(sink); return;
        case 3: {
            const std::string detail = any_text();
            const bool begin = any<bool>();
            sink.phase({any_time(), begin, any_side(), any_device(), text,
                        begin ? 0 : any<std::int32_t>(), begin ? 0 : any<std::uint64_t>(), detail});
            return;
        }
        case 4:
            sink.round(
                {any_time(), any<std::uint32_t>(), any<std::uint64_t>(), any<std::uint64_t>()});
            return;
        case 5: sink.link({any_time(), any_time(), any_side(), text, any_time()}); return;
        case 6: sink.interrupt_lost(any_time(), any_side(), any_device()); return;
        default: sink.note(any_time(), text); return;
    }
}

}  // namespace

TEST_CASE("what was written is read: a record of each kind") {
    const std::string golden = std::string(LMSIM_SOURCE_DIR) + "/tests/sim/trace/golden/all.ndjson";
    TraceRead read;
    CHECK(copied(golden, &read) == read_file(golden));
    CHECK(read.header.version == "0.1.0");
    CHECK(read.header.scenario == "quickstart");
    CHECK(read.header.seed == 7);
    CHECK(read.header.time_base == "simulated");
    std::size_t newlines = 0;
    for (const char c : read_file(golden)) newlines += c == '\n' ? 1 : 0;
    CHECK(read.records == newlines - 1);
}

TEST_CASE("property: what any records are written as is read as these records") {
    CHECK(lmsim::tests::failure_of([] {
              const Folder folder;
              const std::string file = folder.path() + "/t";
              {
                  NdjsonWriter writer(std::move(OutputFile::create(file).value()),
                                      {"0.1.0", "quickstart", 7});
                  for (int i = *rc::gen::inRange(0, 10); i > 0; --i) tell_any(writer);
              }
              RC_ASSERT(copied(file) == read_file(file));
          }) == "");
}

TEST_CASE("lines longer than the reader's blocks, and one that is too long") {
    const Folder folder;
    const std::string note = R"({"t":1,"kind":"note","text":")" + std::string(3'000'000, 'x');
    const std::string file =
        folder.write("t", header + note + "\"}\n" + R"({"t":2,"kind":"note","text":"y"})" + "\n");
    TraceSink sink;
    CHECK(read_trace(file, sink).value().records == 2);
    CHECK(refusal(std::string(20'000'000, ' ') + "\n") ==
          "2: the line is longer than 16 MiB; expected a record");
}

TEST_CASE("keys and kinds of a later lmsim are passed over") {
    CHECK(
        refusal(
            R"({"t":1,"kind":"weather","sky":[1,{"a":"b\"","c":[]},-1.5e3,true,false,null]})"
            "\n"
            R"( { "x" : {} , "kind" : "note" , "text":"y", "t" : 1 , "new":18446744073709551616 } )"
            "\r\n") == "");
}

TEST_CASE("a line that is wrong is refused with line, column and what was expected") {
    const auto [lines, says] = GENERATE(table<const char*, const char*>({
        {"", ""},
        {"\n", "2:1: found the end of the line; expected '{'"},
        {"{}\n", "2:1: no \"kind\"; expected one in a line of this kind"},
        {R"({"t":1,"kind":"note","text":"x"})",
         "2:33: the file ends within a line; expected a newline"},
        {"{\"t\":1,\"kind\":\"note\",\"text\":\"x\"}\n[]\n", "3:1: found '['; expected '{'"},
        {R"({"t":1,"kind":"note"})"
         "\n",
         "2:1: no \"text\"; expected one in a line of this kind"},
        {R"({"t":-1,"kind":"note","text":""})"
         "\n",
         "2:6: \"t\" is something else; expected an "
         "integer from 0 to 9223372036854775807"},
        {R"({"t":9223372036854775808,"kind":"note","text":""})"
         "\n",
         "2:6: \"t\" is something else; expected an integer from 0 to 9223372036854775807"},
        {R"({"t":1.5,"kind":"note","text":""})"
         "\n",
         "2:6: \"t\" is something else; expected an integer from 0 to 9223372036854775807"},
        {R"({"t":01,"kind":"note","text":""})"
         "\n",
         "2:6: a number begins with 0; expected none of its zeros"},
        {R"({"t":1,"t":1})"
         "\n",
         "2:12: a second \"t\"; expected one"},
        {R"({"t":1,"kind":"note","text":3})"
         "\n",
         "2:29: \"text\" is something else; expected a text"},
        {R"({"t":1,"kind":"interrupt_lost","side":"left","vf":1})"
         "\n",
         "2:39: \"side\" is something else; expected \"source\", \"destination\" or \"network\""},
        {R"({"t":1,"kind":"interrupt_lost","side":"source","vf":65536})"
         "\n",
         "2:53: \"vf\" is something else; expected an integer from 0 to 65535"},
        {R"({"t":1,"kind":"phase","side":"source","vf":1,"name":"x","edge":"middle"})"
         "\n",
         "2:64: \"edge\" is something else; expected \"begin\" or \"end\""},
        {R"({"t":1} x)"
         "\n",
         "2:9: found 'x' behind the object; expected the end of the line"},
        {R"({"t":1;})"
         "\n",
         "2:7: found ';'; expected ',' or '}'"},
        {R"({"t":1,})"
         "\n",
         "2:8: found '}'; expected '\"'"},
        {R"({"t)"
         "\n",
         "2:2: a text does not end; expected '\"'"},
        {R"({"t":tru})"
         "\n",
         "2:6: found 't'; expected a value"},
        {"{\"t\":\"\x01\"}\n", "2:7: byte 0x01 in a text; expected an escape"},
        {"{\"t\":\"\xFF\"}\n", "2:7: byte 0xFF in a text; expected UTF-8"},
        {R"({"t":"\ud800"})"
         "\n",
         "2:7: half of a surrogate pair; expected \\uD800 to \\uDBFF and "
         "then \\uDC00 to \\uDFFF"},
        {R"({"t":"\q"})"
         "\n",
         "2:7: no such escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r "
         "\\t \\uXXXX"},
        {"\x80\n", "2:1: found byte 0x80; expected '{'"},
    }));
    CAPTURE(lines);
    CHECK(refusal(lines) == says);
}

TEST_CASE("objects in each other have an end") {
    CHECK(refusal("{\"x\":" + std::string(100'000, '[') + "\n") ==
          "2:71: more than 64 objects and arrays in each other");
}

TEST_CASE("a first line that is no header of ours") {
    CHECK(refusal("", "") == "1:1: the file is empty; expected the header of a trace");
    CHECK(refusal("", "{\"t\":1}\n") ==
          "1:1: no \"schema\"; expected the header of a trace, {\"schema\":\"lmsim/trace/1\",...");
    CHECK(refusal("", R"({"schema":"lmsim/trace/2"})"
                      "\n") ==
          "1:11: its schema is \"lmsim/trace/2\"; this lmsim reads \"lmsim/trace/1\"" + newer);
    std::string other = header;
    other.replace(other.find("\"ps\""), 4, "\"ns\"");
    CHECK(refusal("", other).find("\"unit\" is something else; expected \"ps\"") !=
          std::string::npos);
}

// --- Directories --------------------------------------------------------------------------------

namespace {

constexpr const char* good_result =
    R"({"schema":"lmsim/result/1","version":"0.1.0","scenario":"s","seed":3,"partial":false,
"outcome":"completed","reason":"the VM runs","downtime":{"total_ps":5,"begin_ps":4,"ended":true}})";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    REQUIRE(text.find(what) != std::string::npos);
    return text.replace(text.find(what), what.size(), by);
}

/// A run directory with this in its files; an empty text leaves one out.
std::string opened(const std::string& manifest, const std::string& result,
                   const std::string& trace = header) {
    const Folder folder;
    if (!manifest.empty()) folder.write("manifest.json", manifest);
    if (!result.empty()) folder.write("result.json", result);
    if (!trace.empty()) folder.write("trace.ndjson", trace);
    const auto run = open_run(folder.path() + "//");
    if (run) {
        CHECK(run.value().trace() == folder.path() + "/trace.ndjson");
        return fmt::format("{} seed {} {}+{}", run.value().scenario, run.value().seed,
                           run.value().downtime_begin, run.value().downtime);
    }
    CHECK(run.error().substr(0, folder.path().size()) == folder.path());
    return run.error().substr(folder.path().size());
}

constexpr const char* good_manifest = R"({"schema":"lmsim/manifest/1"})";

}  // namespace

TEST_CASE("a run directory is opened") {
    CHECK(opened(good_manifest, good_result) == "s seed 3 4+5");
    CHECK(opened(good_manifest, "") == " seed 0 0+0");  // a trace needs no result
}

TEST_CASE("what is no run directory is refused: file, place, what was expected") {
    CHECK(opened("", good_result) ==
          ": it has no manifest.json, so it is not the directory of a finished run; expected what "
          "lmsim run --out leaves");
    CHECK(opened(good_manifest, good_result, "") ==
          ": it has no trace.ndjson; expected a run without --no-trace");
    CHECK(opened(R"({"schema":"lmsim/manifest/1","partial":true})", "") ==
          "/manifest.json: \"partial\" is true: the run was interrupted; expected a whole run");
    CHECK(opened(R"({"schema":"lmsim/manifest/1","partial":1})", "") ==
          "/manifest.json: \"partial\" is something else; expected true or false");
    CHECK(opened(good_manifest, replaced(good_result, "false", "true")) ==
          "/result.json: \"partial\" is true: the run was interrupted; expected a whole run");
    CHECK(opened(good_manifest, replaced(good_result, "result/1", "result/2")) ==
          "/result.json: its schema is \"lmsim/result/2\"; this lmsim reads \"lmsim/result/1\"" +
              newer);
    CHECK(opened(R"({"schema":"other"})", good_result) ==
          "/manifest.json: its schema is \"other\"; this lmsim reads \"lmsim/manifest/1\"");
    CHECK(opened("[]", good_result) ==
          "/manifest.json: no \"schema\"; expected what lmsim run --out writes");
    CHECK(opened(good_manifest, replaced(good_result, "\"begin_ps\":4", "\"begin_ps\":-4")) ==
          "/result.json: \"begin_ps\" is something else; expected an integer from 0 to "
          "9223372036854775807");
    CHECK(opened(good_manifest, "{\n\"schema\" 3}") ==
          "/result.json:2:10: this is not JSON; expected what lmsim run --out writes");
    CHECK(opened(good_manifest, std::string(100'000, '[')).find("this is not JSON") !=
          std::string::npos);
}

TEST_CASE("what is no directory at all") {
    CHECK(open_run("/no/such\x1b").error() ==
          "/no/such\\u001B: there is no such directory; lmsim run SCENARIO --out DIR makes one");
    CHECK(open_run("").error() == "the run directory has no name");
    const Folder folder;
    const std::string file = folder.write("f", "x");
    CHECK(open_run(file).error() ==
          file + ": this is a file; expected the directory of a run, as lmsim run --out leaves it");
}
