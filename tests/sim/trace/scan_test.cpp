#include "sim/trace/scan.hpp"

#include <fstream>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/property.hpp"

using namespace lmsim::sim::trace;
using lmsim::sim::Ps;

namespace {

constexpr const char* header =
    R"({"schema":"lmsim/trace/1","version":"0.1.0","scenario":"s","seed":7,)"
    R"("time_base":"simulated","unit":"ps"})";

/// Keeps what it was told last.
class Last final : public TraceSink {
  public:
    void note(Ps /*at*/, std::string_view words) override { text = words; }
    void command(const CommandRecord& record) override { told = record; }
    void phase(const PhaseRecord& record) override { error = record.error; }

    std::string text;
    CommandRecord told;
    std::int32_t error = 0;
};

/// "", or what is wrong with a line behind a header.
std::string wrong(const std::string& line, TraceSink& sink) {
    TraceScanner scanner(sink);
    REQUIRE(scanner.line(header));
    const std::string exact(line);
    if (scanner.line(exact)) {
        CHECK(scanner.what().empty());
        return "";
    }
    CHECK_FALSE(scanner.what().empty());
    CHECK(scanner.column() >= 1);
    CHECK(scanner.column() <= line.size() + 1);
    return scanner.what();
}

std::string wrong(const std::string& line) {
    TraceSink ignores;
    return wrong(line, ignores);
}

std::string note_of(const std::string& text) {
    Last last;
    CHECK(wrong(R"({"t":1,"kind":"note","text":")" + text + "\"}", last) == "");
    return last.text;
}

std::string error_of(const std::string& number, std::int32_t& into) {
    Last last;
    const std::string said =
        wrong(R"({"t":1,"kind":"phase","side":"source","vf":1,"name":"x","edge":"end","error":)" +
                  number + "}",
              last);
    into = last.error;
    return said;
}

std::vector<std::string> golden_lines() {
    std::ifstream file(LMSIM_SOURCE_DIR "/tests/sim/trace/golden/all.ndjson", std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    REQUIRE(lines.size() > 10);
    return lines;
}

}  // namespace

TEST_CASE("a line that is cut off anywhere is wrong") {
    for (const std::string& line : golden_lines()) {
        for (std::size_t size = 0; size < line.size(); ++size) {
            TraceSink ignores;
            TraceScanner scanner(ignores);
            if (line != golden_lines().front()) REQUIRE(scanner.line(header));
            CAPTURE(line, size);
            REQUIRE_FALSE(scanner.line(line.substr(0, size)));
        }
    }
}

TEST_CASE("property: any bytes are scanned, alone and within a line") {
    const std::vector<std::string> lines = golden_lines();
    CHECK(lmsim::tests::failure_of(
              [&lines] {
                  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
                  std::string line = *rc::gen::elementOf(lines);
                  const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
                  const auto cut = *rc::gen::inRange<std::size_t>(0, 4);
                  wrong(bytes);
                  wrong(line.replace(at, cut, bytes));
              },
              1000) == "");
}

TEST_CASE("escapes stand for what they say") {
    CHECK(note_of(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
    CHECK(note_of(R"(\u0041\u00e4\u20AC\uD83D\uDE00.)") ==
          "A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80.");
    CHECK(note_of(R"(a\u0000b)") == std::string("a\0b", 3));
    CHECK(note_of("\xC3\xA4 \xF0\x9F\x98\x80") == "\xC3\xA4 \xF0\x9F\x98\x80");
    CHECK(note_of("") == "");
}

TEST_CASE("keys and kinds may be written with escapes, too") {
    Last last;
    CHECK(wrong(R"({"\u0074":1,"k\u0069nd":"n\u006Fte","text":"\u0078y"})", last) == "");
    CHECK(last.text == "xy");
}

TEST_CASE("escapes and bytes that are none are wrong") {
    for (const char* text :
         {R"(\)", R"(\x41)", R"(\u12)", R"(\u12G4)", R"(\uD800x)", R"(\uDC00)", R"(\uD800\u0041)",
          R"(\uD800\)", "\t", "\x7F\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
        CAPTURE(text);
        CHECK(wrong(R"({"t":1,"kind":"note","text":")" + std::string(text) + "\"}") != "");
        CHECK(wrong(R"({"t":1,"kind":"note","text":"","new":{"a":")" + std::string(text) +
                    "\"}}") != "");
    }
}

TEST_CASE("numbers at their bounds, and beyond") {
    std::int32_t error = 0;
    CHECK(error_of("-2147483648", error) == "");
    CHECK(error == INT32_MIN);
    CHECK(error_of("2147483647", error) == "");
    CHECK(error == INT32_MAX);
    CHECK(error_of("-0", error) == "");
    CHECK(error == 0);
    for (const char* number : {"2147483648", "-2147483649", "1.0", "1e3", "null", "\"1\"",
                               "99999999999999999999999999", "-18446744073709551615"}) {
        CAPTURE(number);
        CHECK(error_of(number, error) ==
              "\"error\" is something else; expected an integer of 32 bits");
    }
    const std::string nines(100'000, '9');
    CHECK(error_of(nines, error) == "\"error\" is something else; expected an integer of 32 bits");
    for (const char* number : {"-", "+1", "00", "1.", "1e", "1e+", ".5", "0x1", "NaN"}) {
        CAPTURE(number);
        CHECK(error_of(number, error) != "");
    }
}

TEST_CASE("a command that was under way has no completion") {
    Last last;
    CHECK(wrong(R"({"t":20,"kind":"command","side":"destination","vf":null,"qid":0,"cid":5,)"
                R"("opcode":65,"slba":18446744073709551615,"length":0,"status":513,"submit":7,)"
                R"("fetch":20,"post":null,"complete":null,"cdw10":4294967295,"for_vf":2})",
                last) == "");
    CHECK(last.told.side == Side::Destination);
    CHECK(last.told.vf == no_device);
    CHECK(last.told.fetch == 20);
    CHECK(last.told.post == not_reached);
    CHECK(last.told.complete == not_reached);
    CHECK(last.told.slba == UINT64_MAX);
    CHECK(last.told.cdw10 == UINT32_MAX);
    CHECK(last.told.cdw11 == 0);
    CHECK(last.told.for_vf == 2);
}

TEST_CASE("what is passed over may be 64 deep") {
    const auto nested = [](std::size_t depth) {
        return R"({"t":1,"kind":"new","x":)" + std::string(depth, '[') + std::string(depth, ']') +
               "}";
    };
    CHECK(wrong(nested(64)) == "");
    CHECK(wrong(nested(66)) == "more than 64 objects and arrays in each other");
    CHECK(wrong(nested(1'000'000)) == "more than 64 objects and arrays in each other");
}

TEST_CASE("the last time is the latest of all lines, in any order and of any kind") {
    TraceSink ignores;
    TraceScanner scanner(ignores);
    REQUIRE(scanner.line(header));
    CHECK(scanner.last() == 0);
    CHECK(scanner.line(R"({"t":9,"kind":"note","text":""})"));
    CHECK(scanner.line(R"({"t":30,"kind":"of a later lmsim"})"));
    CHECK(scanner.line(R"({"t":20,"kind":"note","text":""})"));
    CHECK(scanner.last() == 30);
    CHECK(scanner.records() == 2);
    CHECK(scanner.lines() == 4);
    CHECK_FALSE(scanner.line(R"({"kind":"of a later lmsim"})"));
    CHECK(scanner.what() == "no \"t\"; expected one in a line of this kind");
}
