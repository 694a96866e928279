#include <fmt/format.h>
#include <unistd.h>

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

const char* const known = R"(
[hosts.both.device]
vfs = 1
capacity = "16MiB"
[hosts.both.device.admin]
identify = { p50 = "2ms" }
create_queue = { p50 = "3ms" }
[hosts.both.device.media]
read = { p50 = "4ms" }
)";

json kind(const json& report, const std::string& name) {
    for (const json& row : report["kinds"]) {
        if (row["kind"] == name) return row;
    }
    return {};
}

}  // namespace

TEST_CASE("calibrate measures a served PF and its VF, and lmsim run takes the profile",
          "[cli][hw][calibrate]") {
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    const std::string out = folder.file("mine.toml");
    const std::string scenario = folder.file("check.toml");
    const Ended ended =
        run_lmsim(folder, fmt::format("hw calibrate {} --samples 20 --write --out {} --scenario {} "
                                      "--json",
                                      server.target(), out, scenario));
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report["schema"] == "lmsim/calibration/1");
    CHECK(report["facts"]["mmc"] == true);
    for (const char* const name :
         {"register read", "doorbell write", "identify",     "get features", "set features",
          "create cq",     "create sq",      "delete sq",    "delete cq",    "read 4KiB",
          "read 128KiB",   "write 4KiB",     "write 128KiB", "flush",        "suspend",
          "get state",     "set state",      "resume",       "cdq create",   "cdq delete",
          "track send",    "track receive",  "disable",      "enable",       "reset",
          "interrupt"}) {
        CAPTURE(name, kind(report, name).dump());
        CHECK(kind(report, name)["samples"] == 20);
    }
    CHECK_THAT(read_file(out), Catch::Contains("# Measured by `lmsim hw calibrate"));
    const Ended run = run_lmsim(folder, fmt::format("run {} --json", scenario));
    CAPTURE(run.err);
    REQUIRE(run.exit_code == 0);
    CHECK(json::parse(run.out)["guest"]["before"]["p50_ns"] > 0);
    // Again, over what is there.
    const Ended again = run_lmsim(
        folder, fmt::format("hw calibrate {} --samples 1 --out {}", server.target(), out));
    CAPTURE(again.err);
    CHECK(again.exit_code == 0);
    CHECK_THAT(again.out, Catch::Contains("left out: writes destroy data: only with --write"));
    CHECK_THAT(read_file(out), Catch::Contains("# Left out: write"));
}

TEST_CASE("calibrate finds what a paced server takes and compares", "[cli][hw][calibrate]") {
    const Folder folder;
    const std::string scenario = folder.write("known.toml", known);
    const Serving server(folder, "vf0", {"--scenario", scenario});
    const Ended ended = run_lmsim(
        folder, fmt::format("hw calibrate {} --samples 9 --sizes 4KiB --depth 2 --time 200ms "
                            "--verify --json --out {}",
                            server.target(), folder.file("mine.toml")));
    CAPTURE(ended.out, ended.err, read_file(folder.file("mine.toml")));
    const json report = json::parse(ended.out);
    // It is never faster than it says; how much slower is the machine's affair.
    CHECK(kind(report, "identify")["min_ps"] >= 2'000'000'000);
    CHECK(kind(report, "create cq")["min_ps"] >= 3'000'000'000);
    CHECK(kind(report, "read 4KiB")["min_ps"] >= 4'000'000'000);
    CHECK(kind(report, "suspend")["left_out"] == "it takes a PF and a VF of it");
    CHECK(report["comparison"].size() > 10);
    // With so few samples on a busy machine the medians may differ.
    CHECK(ended.exit_code == (report["verified"] == true ? 0 : 1));
}

TEST_CASE("calibrate says what is wrong with its options", "[cli][hw][calibrate]") {
    const Folder folder;
    const std::pair<const char*, const char*> wrong[] = {
        {"--samples 0", "--samples"},
        {"--sizes 4kB", "--sizes 4kB: expected whole blocks of 512B, up to 1MiB, in rising order"},
        {"--sizes 8KiB,4KiB", "--sizes 4KiB: expected whole blocks"},
        {"--time 0s", "--time 0s: expected more than 0"},
        {"--timeout soon", "--timeout soon: "},
        {"--scenario x.toml", "expected --out PROFILE.toml with it"},
        {"--out /nowhere/at/all.toml", "--out: cannot write \"/nowhere/at/all.toml"},
        {"--out /tmp", "--out: cannot write \"/tmp\": it is a directory"},
    };
    for (const auto& [options, says] : wrong) {
        const Ended ended =
            run_lmsim(folder, fmt::format("hw calibrate vfio-user:/nowhere {}", options));
        CAPTURE(options, ended.err);
        CHECK(ended.exit_code == 2);
        CHECK_THAT(ended.err, Catch::Contains(says));
    }
}

TEST_CASE("calibrate has memory for as many large commands at once as it can be asked for",
          "[cli][hw][calibrate]") {
    const Folder folder;
    const std::string scenario = folder.write("large.toml", R"(
[hosts.both.device]
vfs = 1
capacity = "16MiB"
mdts = "1MiB"
)");
    const Serving server(folder, "vf0", {"--scenario", scenario});
    const Ended ended =
        run_lmsim(folder, fmt::format("hw calibrate {} --samples 5 --sizes 1MiB --depth 100 --json",
                                      server.target()));
    CAPTURE(ended.out, ended.err, server.output());
    REQUIRE(ended.exit_code == 0);
    CHECK(kind(json::parse(ended.out), "read 1MiB")["samples"] == 5);
}

TEST_CASE("calibrate leaves nothing behind where there is no device", "[cli][hw][calibrate]") {
    const Folder folder;
    const Ended ended = run_lmsim(folder, fmt::format("hw calibrate vfio-user:{} --out {}",
                                                      folder.file("d"), folder.file("p.toml")));
    CAPTURE(ended.err);
    CHECK(ended.exit_code == 4);
    CHECK(folder.empty_but_for("none"));
}

TEST_CASE("a server that ends in the middle of a calibration is told, and nothing is written",
          "[cli][hw][calibrate]") {
    const Folder folder;
    const std::string scenario = folder.write("known.toml", known);
    Serving server(folder, "vf0", {"--scenario", scenario});
    std::thread killer([&server] {
        ::sleep(1);
        server.end(SIGKILL);
    });
    const Ended ended = run_lmsim(folder, fmt::format("hw calibrate {} --samples 100000 --out {}",
                                                      server.target(), folder.file("p.toml")));
    killer.join();
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit_code == 4);
    CHECK_THAT(ended.err, Catch::StartsWith("lmsim hw calibrate: "));
    CHECK_FALSE(std::filesystem::exists(folder.file("p.toml")));
}

TEST_CASE("calibration that is interrupted writes nothing", "[cli][hw][calibrate]") {
    const Folder folder;
    const std::string scenario = folder.write("known.toml", known);
    const Serving server(folder, "vf0", {"--scenario", scenario});
    folder.write("p.toml", "mine");
    const Ended ended = run_lmsim(folder,
                                  fmt::format("hw calibrate {} --samples 100000 --out {}",
                                              server.target(), folder.file("p.toml")),
                                  "timeout --preserve-status -s INT 1");
    CAPTURE(ended.out, ended.err);
    CHECK(ended.exit_code == 130);
    CHECK_THAT(ended.err, Catch::Contains("interrupted"));
    CHECK(read_file(folder.file("p.toml")) == "mine");
}
