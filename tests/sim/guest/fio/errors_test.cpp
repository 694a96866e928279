// Every message about a bad job file or log, word for word (tests/data/fio/*_errors.txt), and those
// about files that no text can hold.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "sim/guest/fio/source.hpp"
#include "tests/catch.hpp"
#include "tests/sim/guest/fio/transcript.hpp"

using namespace lmsim;
using namespace lmsim::sim::fio;

namespace {

const std::string data = LMSIM_SOURCE_DIR "/tests/data/fio/";
constexpr Target small{1ULL << 30, 512};

template <class Attempt>
std::string message_of(const Attempt& attempt) {
    try {
        attempt();
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

std::string job_message(const std::string& text) {
    return message_of([&] { make_sources(parse_job_file("f", text), 1, "vm", small); });
}

std::string log_message(const std::string& text) {
    return message_of([&] { make_sources(parse_iolog("f", text), {}, small); });
}

struct TemporaryFile {
    explicit TemporaryFile(const std::string& content) {
        char name[] = "/tmp/lmsim-fio-XXXXXX";
        const int descriptor = mkstemp(name);
        REQUIRE(descriptor >= 0);
        close(descriptor);
        path = name;
        std::ofstream(path, std::ios::binary) << content;
    }
    ~TemporaryFile() { std::remove(path.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    std::string path;
};

std::string without_path(const std::string& message, const std::string& path) {
    REQUIRE(message.substr(0, path.size()) == path);
    return message.substr(path.size());
}

std::string load_message(const std::string& content) {
    const TemporaryFile file(content);
    const std::string as_job = message_of([&] { load_job_file(file.path); });
    const std::string as_log = message_of([&] { load_iolog(file.path); });
    CHECK(as_job == as_log);
    return without_path(as_job, file.path);
}

}  // namespace

TEST_CASE("fio: each mistake in a job file has its message") {
    lmsim::tests::check_transcript(data + "job_errors.txt", job_message);
}

TEST_CASE("fio: each mistake in an I/O log has its message") {
    lmsim::tests::check_transcript(data + "iolog_errors.txt", log_message);
}

TEST_CASE("fio: files that are no text are refused") {
    CHECK(load_message("") == ": the file is empty; expected a fio job file or I/O log");
    CHECK(load_message(" \n\n") == ": the file is empty; expected a fio job file or I/O log");
    CHECK(load_message(std::string("[a]\nrw=re\0ad\n", 13)) ==
          ":2:6: byte 0x00 in a text file; expected UTF-8 without NUL");
    CHECK(load_message("[a]\nrw=\xff\xfe\n") ==
          ":2:4: byte 0xff in a text file; expected UTF-8 without NUL");
    CHECK(load_message("\xc0\x80") == ":1:1: byte 0xc0 in a text file; expected UTF-8 without NUL");
    CHECK(load_message("[\xe2\x82]") ==
          ":1:2: byte 0xe2 in a text file; expected UTF-8 without NUL");
    CHECK(load_message("\xed\xa0\x80") ==
          ":1:1: byte 0xed in a text file; expected UTF-8 without NUL");
}

TEST_CASE("fio: UTF-8 in names and comments is text") {
    const JobFile file = parse_job_file("f", "# Größe \xf0\x9f\x92\xbe\n[größe]\nrw=read\n");
    CHECK(file.jobs.at(0).name == "größe");
}

TEST_CASE("fio: what is no file, or too large, is refused") {
    CHECK(message_of([] { load_job_file("/nonexistent/a.fio"); }) ==
          "/nonexistent/a.fio: cannot be read: No such file or directory");
    CHECK(message_of([] { load_iolog("/tmp"); }) == "/tmp: is a directory; expected a file");
    CHECK(message_of([] { load_iolog("/dev/zero"); }) ==
          "/dev/zero: is not a regular file; expected one");
    const TemporaryFile file("[a]\n" + std::string(2 << 20, '#'));
    CHECK(without_path(message_of([&] { load_job_file(file.path); }), file.path) ==
          ": the file is too large; expected at most 1 MiB");
}

TEST_CASE("fio: long lines and many sections are refused") {
    CHECK(job_message("[a]\nname=" + std::string(5000, 'x')) ==
          "f:2: a line of 5005 bytes; expected at most 4095");
    std::string many;
    for (int i = 0; i < 1025; ++i) many += "[a]\n";
    CHECK(job_message(many) == "f:1025:1: too many jobs; expected at most 1024");
}

TEST_CASE("fio: a log that stops in the middle of a line is refused") {
    CHECK(log_message("fio version 3 iolog\n0 f add\n1 f open\n2 f read 40") ==
          "f:4:10: \"read\" with too few fields at the end of the file, which seems cut off; "
          "expected offset and length");
    CHECK(log_message("fio version 3 iolog\n0 f add\n1 f") ==
          "f:3:1: a line of 2 fields at the end of the file, which seems cut off; expected "
          "timestamp file action [offset length]");
}

TEST_CASE("fio: blocks must be whole logical blocks of the namespace") {
    const Target native{1ULL << 30, 4096};
    CHECK(message_of([&] {
              make_sources(parse_job_file("f", "[a]\nbssplit=4k/50:512/50\n"), 1, "vm", native);
          }) ==
          "f:2:9: bs: 512 bytes in job \"a\"; expected a multiple of the namespace's logical "
          "block, 4096 bytes");
    CHECK(
        message_of([&] {
            make_sources(parse_iolog("f", "fio version 2 iolog\nd add\nd open\nd read 512 4096\n"),
                         {}, native);
        }) == "f:4: offset or length is no multiple of the namespace's logical block, 4096 bytes");
}
