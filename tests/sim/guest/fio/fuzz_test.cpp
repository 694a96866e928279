// Whatever the bytes, the parsers end with a result or one InputError, and what they accept runs.
#include "sim/guest/fio/keys.hpp"
#include "tests/property.hpp"
#include "tests/sim/guest/fio/run_source.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::fio;
using namespace lmsim::tests;

namespace {

/// True if the text was accepted. Any other exception ends the test.
bool try_job(const std::string& text) {
    try {
        const JobFile file = parse_job_file("f", text);
        for (const auto& source : make_sources(file, 1, "vm", gigabyte)) {
            for (const Step& step : run(*source, 10_us, 100)) {
                RC_ASSERT(step.io.offset + step.io.length <= gigabyte.capacity);
                RC_ASSERT(step.io.length % 512 == 0);
                RC_ASSERT((step.io.length == 0) == (step.io.op == Op::Flush));
            }
        }
        return true;
    } catch (const InputError& error) {
        RC_ASSERT(std::string(error.what()).substr(0, 2) == "f:");
        return false;
    }
}

bool try_log(const std::string& text) {
    try {
        const IoLog log = parse_iolog("f", text);
        for (const auto& source : make_sources(log, {}, gigabyte)) run(*source, 10_us, 100);
        return true;
    } catch (const InputError& error) {
        RC_ASSERT(std::string(error.what()).substr(0, 2) == "f:");
        return false;
    }
}

std::string pick(const std::vector<std::string>& from) { return *rc::gen::elementOf(from); }

/// Lines that are nearly right: known keys with likely and unlikely values.
std::string likely_job() {
    static const std::vector<std::string> values = {
        "0",     "1",     "4k",          "8k,16k",    "4k-64k",     "70",       "randrw",   "read",
        "",      "1m",    "4k/50:8k/50", "zipf:1.2",  "pareto:0.3", "10ms",     "1000",     "50%",
        ",,",    ",8k",   "4k/",         "randwrite", "rw",         "512",      "complete", "issue",
        "-1",    "1:2:3", "0x1000",      "100%",      "zipf:9.9:1", "99999999", "1g",       "1-2",
        "64k,,", "none",  "1000000p",    ":",         "-",          "%",        "zipf:",    "k"};
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> out;
        for (const std::string_view name : key_names()) {
            if (find_key(name)->use == KeyClass::Supported) out.emplace_back(name);
        }
        return out;
    }();
    std::string text = "[a]\n";
    const int lines = *rc::gen::inRange(0, 6);
    for (int i = 0; i < lines; ++i) {
        text += pick(keys) + (*rc::gen::inRange(0, 10) == 0 ? "" : "=" + pick(values)) + "\n";
    }
    return text;
}

std::string likely_log() {
    static const std::vector<std::string> words = {
        "f",     "g",    "add",  "open",     "close",      "read",
        "write", "trim", "sync", "datasync", "wait",       "0",
        "1",     "512",  "4096", "100",      "1000000000", "99999999999999999999",
        "-1",    ""};
    std::string text =
        std::string("fio version ") + (*rc::gen::arbitrary<bool>() ? "2" : "3") + " iolog\n";
    const bool three = text[12] == '3';
    text += three ? "0 f add\n0 f open\n" : "f add\nf open\n";
    const int lines = *rc::gen::inRange(0, 5);
    for (int i = 0; i < lines; ++i) {
        if (*rc::gen::inRange(0, 3) != 0) {
            text += std::string(three ? "9 " : "") + "f " +
                    pick({"read", "write", "trim", "sync"}) + " " + pick({"0", "512", "4096"}) +
                    " " + pick({"512", "4096", "0"}) + "\n";
            continue;
        }
        const int fields = *rc::gen::inRange(0, 7);
        for (int j = 0; j < fields; ++j) text += pick(words) + " ";
        text += "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("fio fuzz: any bytes") {
    CHECK(failure_of(
              [] {
                  const std::string bytes = *rc::gen::arbitrary<std::string>();
                  try_job(bytes);
                  try_job("[a]\n" + bytes);
                  try_log(bytes);
                  try_log("fio version 3 iolog\n" + bytes);
              },
              2000)
              .empty());
}

TEST_CASE("fio fuzz: likely job files") {
    int accepted = 0;
    CHECK(failure_of([&] { accepted += try_job(likely_job()) ? 1 : 0; }, 5000).empty());
    CHECK(accepted > 300);
}

TEST_CASE("fio fuzz: likely logs") {
    int accepted = 0;
    CHECK(failure_of([&] { accepted += try_log(likely_log()) ? 1 : 0; }, 5000).empty());
    CHECK(accepted > 300);
}

TEST_CASE("fio fuzz: a good file cut off or with one byte changed") {
    const std::string job =
        "[global]\nioengine=libaio\ntime_based\nruntime=1s\n[a]\nrw=randrw\nrwmixread=70\n"
        "bssplit=4k/70:64k/30,8k/100\niodepth=32\nrandom_distribution=zipf:1.1\nsize=40%\n"
        "[b]\nrw=write\nfsync=8\nrate=,10m\nthinktime=10us\n";
    const std::string log =
        "fio version 3 iolog\n0 f add\n5 f open\n9 f read 0 4096\n12 f write 4096 4096\n"
        "20 f sync 4096 0\n33 f trim 8192 4096\n40 f close\n";
    CHECK(failure_of(
              [&] {
                  const bool is_job = *rc::gen::arbitrary<bool>();
                  std::string text = is_job ? job : log;
                  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
                  if (*rc::gen::arbitrary<bool>()) {
                      text.resize(at);
                  } else {
                      text[at] = *rc::gen::arbitrary<char>();
                  }
                  static_cast<void>(is_job ? try_job(text) : try_log(text));
              },
              3000)
              .empty());
}
