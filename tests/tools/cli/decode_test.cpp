#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/cli/decode_input.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using namespace lmsim::cli;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes parsed(const std::string& text, Groups groups = Groups::Auto) {
    DumpOptions options;
    options.groups = groups;
    const Dump dump = parse_dump(text, options);
    INFO(dump.error);
    CHECK(dump.ok());
    return dump.bytes;
}

std::string error_of(const std::string& text) {
    DumpOptions options;
    options.max_bytes = 1024;
    return parse_dump(text, options).error;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Migration Send, Suspend of controller 2, with a reserved STYPE.
constexpr const char* bad_suspend =
    "00000000: 4100 0700 0000 0000 0000 0000 0000 0000  A...............\n"
    "00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
    "00000020: 0000 0000 0000 0000 0000 0000 0200 0900  ................\n"
    "00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n";

std::string state_of_one_pair() {
    std::string bytes(104, '\0');
    bytes[2] = 1;
    bytes[16] = 14;
    bytes[50] = bytes[52] = 1;
    for (const std::size_t at : {std::size_t{56}, std::size_t{80}}) {
        bytes[at + 8] = 31;
        bytes[at + 10] = 1;
    }
    bytes[56 + 12] = 1;
    return bytes;
}

}  // namespace

TEST_CASE("dumps: xxd, hexdump, od, nvme-cli and others give the same bytes") {
    Bytes bytes;
    for (int i = 0; i < 20; ++i) bytes.push_back(static_cast<std::uint8_t>(0x41 + i));
    CHECK(parsed("00000000: 4142 4344 4546 4748 494a 4b4c 4d4e 4f50  ABCDEFGHIJKLMNOP\n"
                 "00000010: 5152 5354                                QRST\n") == bytes);
    CHECK(parsed("00000000: 44434241 48474645 4c4b4a49 504f4e4d  ABCDEFGHIJKLMNOP\n"
                 "00000010: 54535251                             QRST\n",
                 Groups::Words) == bytes);
    CHECK(parsed("00000000  41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  |ABCDEFGHIJKLMNOP|\n"
                 "00000010  51 52 53 54                                       |QRST|\n"
                 "00000014\n") == bytes);
    CHECK(parsed("0000000 4241 4443 4645 4847 4a49 4c4b 4e4d 504f\n"
                 "0000010 5251 5453\n0000014\n") == bytes);
    CHECK(parsed("0000000 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50\n"
                 "0000020 51 52 53 54\n0000024\n") == bytes);
    CHECK(parsed("000000 44434241 48474645 4c4b4a49 504f4e4d\n000010 54535251\n000014\n") == bytes);
    CHECK(parsed("       0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f\n"
                 "0000: 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 \"ABCDEFGHIJKLMNOP\"\n"
                 "0010: 51 52 53 54 \"QRST\"\n") == bytes);
    CHECK(parsed("# a comment\n4142434445464748\n494a4b4c 4d4e4f50 51 52 53 54") == bytes);
    CHECK(parsed("{0x41, 0x42}; 0x43") == Bytes{0x41, 0x42, 0x43});
    CHECK(parsed("0x41, 0x12345678") == Bytes{0x41, 0, 0, 0, 0x78, 0x56, 0x34, 0x12});
    CHECK(parsed("\"\\x01\\xff\"") == Bytes{1, 0xFF});
    CHECK(parsed("\t0x0000:  4142 4344\n\t0x0004:  45\n") == Bytes{0x41, 0x42, 0x43, 0x44, 0x45});
}

TEST_CASE("dumps: repeated lines that are left out") {
    CHECK(parsed("0000: 01 02\n*\n0006: 03\n") == Bytes{1, 2, 1, 2, 1, 2, 3});
    CHECK(parsed("0000000 00 01\n*\n0000040\n").size() == 32);    // od counts in octal
    CHECK(parsed("00000000 00 01\n*\n00000040\n").size() == 64);  // hexdump -C does not
    CHECK(has(error_of("0000: 01 02\n*\n0007: 03\n"), "line 3"));
    CHECK(has(error_of("0000: 01 02\n*\n"), "repeats"));
    CHECK(has(error_of("0000: 01 02\n*\nfffffffffffffff0: 03\n"), "1024 bytes"));
}

TEST_CASE("dumps: what is wrong is told with line and column") {
    CHECK(has(error_of(""), "line 1, column 1"));
    CHECK(has(error_of("41 4\n"), "line 1, column 4: '4' is half a byte"));
    CHECK(has(error_of("41 42\nhello\n"), "line 2, column 1"));
    CHECK(has(error_of("0000: 01 02\n0004: 03\n"), "the offset is 0x4, 0x2 bytes are before it"));
    CHECK(has(error_of("0000000 000400 001402\n0000004\n"), "octal"));
    CHECK(has(error_of("0x11111111111111111"), "17 digits"));
}

TEST_CASE("decode: a dump is guessed, printed and judged") {
    const Folder folder;
    const std::string file = folder.write("sqe.txt", bad_suspend);
    const Ended text = run_lmsim(folder, "decode " + file);
    CHECK(text.exit_code == 1);
    CHECK(has(text.out, "admin-sqe"));
    CHECK(has(text.out, "taken for it because 64 bytes with the opcode of Migration Send"));
    CHECK(has(text.out, "LM-SUSP-41: STYPE = 0x9 is reserved"));
    const Ended json = run_lmsim(folder, "decode --json --as sqe " + file);
    CHECK(json.exit_code == 1);
    const auto all = nlohmann::json::parse(json.out);
    CHECK(all["structure"] == "admin-sqe");
    CHECK(all["broken"][0]["row"] == "LM-SUSP-41");
    CHECK(all["broken"][0]["at"] == 46);
    CHECK(all["groups"][0]["fields"][6]["name"] == "CNTLID");
    CHECK(all["groups"][0]["fields"][6]["at"] == 44);
    CHECK(all["groups"][0]["fields"][6]["bits"] == "15:0");
    CHECK(all["groups"][0]["fields"][6]["value"] == 2);
    CHECK(all["groups"][0]["fields"][6]["row"] == "LM-SEND-23");
}

TEST_CASE("decode: a binary state, whole, cut and foreign") {
    const Folder folder;
    const std::string state = state_of_one_pair();
    const Ended whole = run_lmsim(folder, "decode " + folder.write("state.bin", state));
    CHECK(whole.exit_code == 0);
    CHECK(has(whole.out, "NVMECSS of 14 dwords is just what it takes for 1 SQ and 1 CQ states"));
    CHECK(has(whole.out, "CS-SQ-03"));
    CHECK(has(whole.out, "no rule is broken"));
    const std::string cut = folder.write("cut.bin", state.substr(0, 90));
    const Ended stopped = run_lmsim(folder, "decode " + cut);
    CHECK(stopped.exit_code == 2);
    CHECK(has(stopped.out, "I/O SQ state 0"));
    CHECK(has(stopped.err, "it stops making sense at byte 90 (0x5a)"));
    const auto json = nlohmann::json::parse(run_lmsim(folder, "decode --json " + cut).out);
    CHECK(json["complete"] == false);
    CHECK(json["stopped"]["at"] == 90);
    const std::string noise = folder.write("noise.bin", std::string(37, '\xA5'));
    const Ended foreign = run_lmsim(folder, "decode " + noise);
    CHECK(foreign.exit_code == 2);
    CHECK(has(foreign.err, "byte "));
    const Ended part = run_lmsim(folder, "decode --offset 48 --length 56 --brief --as nvme-state " +
                                             folder.file("state.bin"));
    CHECK(part.exit_code == 0);
    CHECK(has(part.out, "0x0008  I/O SQ state 0: PRP1=0x0000000000000000 QSIZE=31 QID=1"));
}

TEST_CASE("decode: what the user gets wrong") {
    const Folder folder;
    const std::string file = folder.write("a.txt", "hello\n");
    CHECK(run_lmsim(folder, "decode").exit_code == 2);
    CHECK(run_lmsim(folder, "decode " + folder.file("none")).exit_code == 2);
    CHECK(has(run_lmsim(folder, "decode " + file).err, "line 1, column 1"));
    const Ended name = run_lmsim(folder, "decode --as contoller-state " + file + " --input binary");
    CHECK(name.exit_code == 2);
    CHECK(has(name.err, "did you mean controller-state?"));
    CHECK(run_lmsim(folder, "decode --offset 99 --input binary " + file).exit_code == 2);
    CHECK(run_lmsim(folder, "decode --input binary --as cqe " + folder.write("empty", ""))
              .exit_code == 2);
    CHECK(has(run_lmsim(folder, "decode " + folder.file("none")).err, "No such file or directory"));
    const Ended directory = run_lmsim(folder, "decode /");
    CHECK(directory.exit_code == 2);
    CHECK(has(directory.err, "Is a directory"));
    const Ended empty = run_lmsim(folder, "decode " + folder.write("empty", ""));
    CHECK(empty.exit_code == 2);
    CHECK(has(empty.err, "there is nothing in it"));
    for (const char* range : {"--length 0", "--offset -1", "--length -1"}) {
        CHECK(run_lmsim(folder, std::string("decode --input binary ") + range + " " + file)
                  .exit_code == 2);
    }
    const Ended hostile = run_lmsim(folder, "decode \"$(printf 'a\\033[31mb')\"");
    CHECK(hostile.exit_code == 2);
    CHECK_FALSE(has(hostile.err, "\033"));
    const Ended marked =
        run_lmsim(folder, "decode --as cqe " + folder.write("m", "\xEF\xBB\xBF 00 01\n"));
    CHECK(has(marked.out, "plain hex, 2 bytes"));
    const Ended wide = run_lmsim(folder, "decode " + folder.write("w",
                                                                  "\xFF\xFE"
                                                                  "0\x01"));
    CHECK(wide.exit_code == 2);
    CHECK(has(wide.err, "UTF-16"));
    const std::string full = LMSIM_BINARY_DIR "/lmsim spec list > /dev/full 2> ";
    CHECK(WEXITSTATUS(std::system((full + folder.file("full")).c_str())) == 2);
    CHECK(has(read_file(folder.file("full")), "the standard output"));
    const Ended list = run_lmsim(folder, "decode --list");
    CHECK(list.exit_code == 0);
    CHECK(has(list.out, "tracked-memory"));
    const auto json = nlohmann::json::parse(run_lmsim(folder, "decode --list --json").out);
    CHECK(json["structures"].size() > 20);
}
