#include <nlohmann/json.hpp>
#include <thread>

#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Serving;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("drive suspends and resumes a served VF, process after process", "[cli][drive]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string drive = "drive --target " + server.target() + " ";
    const Ended list = run_lmsim(folder, drive + "list");
    CAPTURE(list.out, list.err);
    REQUIRE(list.exit_code == 0);
    CHECK(has(list.out, "vf0: CNTLID 1, online"));
    const Ended many = run_lmsim(folder, drive + "suspend-resume --vf 0 --times 100");
    CAPTURE(many.out, many.err);
    CHECK(many.exit_code == 0);
    CHECK(has(many.out, "100 of 100 times suspended and resumed"));
    const Ended told =
        run_lmsim(folder, drive + "suspend-resume --vf 0 --times 3 --pause 1ms --json");
    REQUIRE(told.exit_code == 0);
    const json report = json::parse(told.out);
    CHECK(report["time_base"] == "wall");
    CHECK(report["times"] == 3);
    CHECK(report["steps"].size() == 6);
    CHECK(report["steps"][0]["do"] == "suspend");
    CHECK(report["steps"][0]["ok"] == true);
    CHECK(run_lmsim(folder, drive + "list --json").exit_code == 0);
    CHECK(has(run_lmsim(folder, drive + "list").out, "vf0: CNTLID 1, online"));
}

TEST_CASE("drive takes a state out of a VF and into that of another server", "[cli][drive]") {
    const Folder here;
    const Folder there;
    const Serving source(here, "pf");
    const Serving target(there, "pf,vf0,vf1");
    const std::string from = "drive --target " + source.target() + " ";
    const std::string to = "drive --target " + target.target() + " ";
    const std::string file = " --file " + here.file("state.bin");
    REQUIRE(run_lmsim(here, from + "suspend --vf 0").exit_code == 0);
    const Ended got = run_lmsim(here, from + "get-state --vf 0" + file);
    CAPTURE(got.out, got.err);
    REQUIRE(got.exit_code == 0);
    CHECK(has(got.out, "bytes in "));
    const Ended words = run_lmsim(here, "decode " + here.file("state.bin"));
    CAPTURE(words.out, words.err);
    CHECK(words.exit_code == 0);
    REQUIRE(run_lmsim(there, to + "suspend --vf 1").exit_code == 0);
    const Ended set = run_lmsim(there, to + "set-state --vf 1" + file);
    CAPTURE(set.out, set.err);
    CHECK(set.exit_code == 0);
    CHECK(run_lmsim(there, to + "resume --vf 1").exit_code == 0);
}

TEST_CASE("drive says what a device refuses, and what is not there", "[cli][drive]") {
    const Folder folder;
    const Serving server(folder, "pf");
    const std::string drive = "drive --target " + server.target() + " ";
    const Ended refused = run_lmsim(folder, drive + "resume --vf 0");
    CHECK(refused.exit_code == 1);
    CHECK(has(refused.out, "resume vf0 (CNTLID 1): Resume ends with Controller Not Suspended"));
    const Ended none = run_lmsim(folder, drive + "suspend --vf 77");
    CHECK(none.exit_code == 2);
    CHECK(has(none.err, "--vf 77: the PF has no such VF; it has 3 of them, from 0 on"));
    const Ended file = run_lmsim(folder, drive + "set-state --vf 0 --file /nowhere");
    CHECK(file.exit_code == 2);
    CHECK(has(file.err, "\"/nowhere\": it cannot be read"));
    const std::string odd = folder.write("odd", "12345");
    CHECK(has(run_lmsim(folder, drive + "set-state --vf 0 --file " + odd).err,
              "5 bytes; expected a controller's state"));
    CHECK(run_lmsim(folder, drive + "suspend-resume --vf 0 --pause 3").exit_code == 2);
    CHECK(run_lmsim(folder, drive + "suspend-resume").exit_code == 2);
    CHECK(run_lmsim(folder, drive).exit_code == 2);
}

TEST_CASE("drive without a server, or with one that goes, is told", "[cli][drive]") {
    const Folder folder;
    const std::string path = folder.file("d");
    const Ended nobody = run_lmsim(folder, "drive --target vfio-user:" + path + " list");
    CHECK(nobody.exit_code == 4);
    CHECK(has(nobody.err, "there is no socket " + path + ".pf, and none at "));
    CHECK(run_lmsim(folder, "drive --target model list").exit_code == 2);

    Serving server(folder, "pf");
    Ended ended;
    std::thread driver([&] {
        ended = run_lmsim(folder, "drive --target " + server.target() +
                                      " suspend-resume --vf 0 --times 1000000 --json");
    });
    ::usleep(300'000);
    server.end(SIGKILL);
    driver.join();
    CAPTURE(ended.out, ended.err);
    // Whether it had come to its first step by then or not.
    CHECK((ended.exit_code == 1 || ended.exit_code == 4));
    CHECK(has(ended.out + ended.err, path));
}
