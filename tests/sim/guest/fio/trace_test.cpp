// Traces of other programs: a sample of each, and every message about a bad one, word for word.
#include <string>

#include "sim/guest/fio/describe.hpp"
#include "sim/guest/fio/source.hpp"
#include "sim/guest/fio/trace_log.hpp"
#include "tests/property.hpp"
#include "tests/sim/guest/fio/run_source.hpp"
#include "tests/sim/guest/fio/transcript.hpp"

// A file of tests/data/fio, as a literal.
#define TRACE_DATA(name) LMSIM_SOURCE_DIR "/tests/data/fio/" name

using namespace lmsim::sim;
using namespace lmsim::sim::fio;
using namespace lmsim::tests;

namespace {

constexpr Target terabyte{1ULL << 40, 512};

std::string trace_message(const std::string& text) {
    try {
        make_sources(parse_iolog("f", text), {}, terabyte);
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

/// An I/O in a line: gap, kind, offset, length.
std::string in_words(const IoLog& log) {
    std::string text;
    for (const LoggedIo& io : log.ios) {
        const char* const names[] = {"read", "write", "trim", "flush"};
        const std::size_t kind = io.op == Op::Read    ? 0
                                 : io.op == Op::Write ? 1
                                 : io.op == Op::Trim  ? 2
                                                      : 3;
        text += std::to_string(io.gap_us) + " " + names[kind] + " " + std::to_string(io.offset) +
                " " + std::to_string(io.length) + "\n";
    }
    return text;
}

std::string notes_of(const IoLog& log) {
    std::string text;
    for (const std::string& note : log.notes) {
        text += note + "\n";
    }
    return text;
}

/// True if the text was accepted; any exception but InputError ends the test.
bool try_trace(const std::string& text) {
    try {
        const IoLog log = parse_iolog("f", text);
        for (const auto& source : make_sources(log, {}, terabyte)) run(*source, 10_us, 100);
        return true;
    } catch (const InputError& error) {
        RC_ASSERT(std::string(error.what()).substr(0, 2) == "f:");
        return false;
    }
}

std::string one_of(const std::vector<std::string>& words) { return *rc::gen::elementOf(words); }

/// Lines that are nearly right, after a first one that is.
std::string likely_trace() {
    static const std::vector<std::string> firsts = {"8,0 1 2 0.000000001 3 D R 0 + 8 [x]\n",
                                                    "10,h,0,Write,0,512,1\n", "0 0 0 8 1\n"};
    static const std::vector<std::vector<std::string>> words = {
        {"8,0", "1", "0.000000009", "D", "Q", "R", "FW", "FN", "0", "+", "8", "(", "[x]", "C"},
        {"10", "h", "0", "Read", "Write", "512", "4096", "", "99999999999999999999"},
        {"0", "1", "8", "100", "-1", "18014398509481983", "x"}};
    const int format = *rc::gen::inRange(0, 3);
    std::string text = firsts[format];
    const int lines = *rc::gen::inRange(0, 4);
    for (int i = 0; i < lines; ++i) {
        if (*rc::gen::inRange(0, 3) != 0) {
            text += firsts[format];
            continue;
        }
        const int fields = *rc::gen::inRange(0, 12);
        for (int j = 0; j < fields; ++j) {
            text += one_of(words[format]) + (format == 1 ? "," : " ");
        }
        text += "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("traces: MSR Cambridge, in the order of its times, volumes one after another") {
    const IoLog log = load_iolog(TRACE_DATA("sample.msr.csv"));
    // 9056014336 + 2048 is rounded up to 1 MiB: 8637 MiB.
    CHECK(in_words(log) ==
          "0 write 3154132992 4096\n10 read 9056551424 512\n90 read 9056014336 2048\n"
          "1000000 write 0 40960\n");
    CHECK(notes_of(log) ==
          "MSR Cambridge trace\n"
          "not in the order of its times: 2 of 4 I/Os were put at their places\n"
          "2 devices lie one after another in the namespace, 9056551936 bytes in all\n");
    CHECK(log.files[0].name == "web.0");
    CHECK(log.files[1].name == "web.1");
    CHECK(describe(log).source == "MSR Cambridge trace " TRACE_DATA("sample.msr.csv"));
    const std::string head = "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\r\n";
    CHECK(parse_iolog("f", head + "10, h ,0,read,0,512,1\r\n").ios.size() == 1);
}

TEST_CASE("traces: MQSim, in nanoseconds and sectors") {
    const IoLog log = load_iolog(TRACE_DATA("sample.mqsim.txt"));
    CHECK(in_words(log) ==
          "0 read 65536 4096\n5 write 0 8192\n0 read 2097152 512\n"
          "1000000 read 69632 4096\n");
    CHECK(log.files[1].base == 1 << 20);
    CHECK(describe(log).jobs.size() == 1);
    // Rounding down never adds up.
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        many += std::to_string(i * 1500) + " 0 0 1 1\n";
    }
    std::uint64_t sum = 0;
    const IoLog dense = parse_iolog("f", many);
    for (const LoggedIo& io : dense.ios) {
        sum += io.gap_us;
    }
    CHECK(sum == 999 * 1500 / 1000);
}

TEST_CASE("traces: blkparse, what was issued to the driver") {
    const IoLog log = load_iolog(TRACE_DATA("sample.blkparse.txt"));
    CHECK(in_words(log) ==
          "0 write 114426880 4096\n100 read 32768 131072\n900 trim 2097152 1048576\n"
          "100 flush 0 0\n100 flush 0 0\n0 write 8192 4096\n");
    CHECK(notes_of(log) == "blkparse trace\n1 packet commands are left out\n");
    CHECK(log.files.size() == 1);
    // Without any that was issued, what was queued.
    const IoLog queued =
        parse_iolog("f",
                    "8,16 0 1 5.000000000 1 Q R 8 + 8 [x]\n8,16 0 2 5.000010000 1 G R 8 + 8\n"
                    "8,16 0 3 5.000020000 1 Q FWS [x]\n");
    CHECK(in_words(queued) == "0 read 4096 4096\n20 flush 0 0\n");
}

TEST_CASE("traces: they are told apart by their first line") {
    const auto named = [](const std::string& text) {
        const TraceFormat* format = trace_format_of(text);
        return format == nullptr ? std::string() : std::string(format->name);
    };
    CHECK(named("\n\n  8,0 1 2 0.000000001 3 Q R 0 + 8 [x]\n") == "blkparse");
    CHECK(named("128166372003061629,hm,0,Write,0,512,1\n") == "MSR Cambridge");
    CHECK(named("Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\n") ==
          "MSR Cambridge");
    CHECK(named("0 0 0 8 1\n") == "MQSim");
    CHECK(named("0 f read 0 4096\n").empty());
    CHECK(named("[job]\nrw=read\n").empty());
    CHECK(named("").empty());
}

TEST_CASE("traces: each mistake has its message") {
    check_transcript(TRACE_DATA("trace_errors.txt"), trace_message);
}

TEST_CASE("traces: whatever the lines, there is a result or one error") {
    int accepted = 0;
    CHECK(failure_of([&] { accepted += try_trace(likely_trace()) ? 1 : 0; }, 3000).empty());
    CHECK(accepted > 300);
    CHECK(failure_of(
              [] {
                  const std::string bytes = *rc::gen::arbitrary<std::string>();
                  try_trace("8,0 1 2 0.000000001 3 D R 0 + 8 [x]\n" + bytes);
                  try_trace("10,h,0,Write,0,512,1\n" + bytes);
                  try_trace("0 0 0 8 1\n" + bytes);
              },
              1000)
              .empty());
}
