#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using Catch::Contains;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Serving;
using Json = nlohmann::json;

namespace {

const std::string scenarios = LMSIM_SOURCE_DIR "/scenarios/";
const std::string reads = scenarios + "hardware/one-vf.toml";
const std::string writes = scenarios + "hardware/one-vf-write.toml";
const std::string shorter = " --set run.warm_up=150ms --set run.cool_down=150ms";

Ended hw_run(const Folder& folder, const std::string& more) {
    return run_lmsim(folder, "hw run " + more + " --json");
}

/// The same run again, without its device: all that it leaves is the same.
void check_replay(const Folder& folder, const std::string& run, const Ended& recorded) {
    const Ended again = hw_run(folder, run + " --out " + folder.file("again"));
    CAPTURE(again.err);
    CHECK(again.err.empty());
    CHECK(again.exit_code == recorded.exit_code);
    CHECK(again.out == recorded.out);
    for (const char* const file : {"trace.ndjson", "result.json", "report.md"}) {
        CAPTURE(file);
        CHECK(read_file(folder.file("again/") + file) == read_file(folder.file("o/") + file));
    }
    std::filesystem::remove_all(folder.file("again"));
}

Json check_session(const Folder& folder, const std::string& session, int exit_code = 0) {
    const Ended judged = run_lmsim(folder, "check --json " + session);
    CAPTURE(judged.out, judged.err);
    CHECK(judged.exit_code == exit_code);
    return Json::parse(judged.out);
}

}  // namespace

TEST_CASE("a run on a device is recorded, and replays without it with the same result",
          "[cli][hw]") {
    const Folder folder;
    const std::string session = folder.file("session");
    const std::string out = " --out " + folder.file("o");
    Ended recorded;
    {
        const Serving server(folder, "pf,vf0");
        recorded = hw_run(folder, reads + shorter + " --device " + server.target() + " --record " +
                                      session + out);
        CAPTURE(recorded.err, recorded.out, server.output());
        REQUIRE(recorded.exit_code == 0);
    }
    CHECK(recorded.err.empty());
    CHECK(Json::parse(recorded.out)["outcome"] == "completed");
    const std::string device = " --device replay:" + session;
    check_replay(folder, reads + shorter + device, recorded);

    const Json verdict = check_session(folder, session);
    CHECK(verdict["suspended"] == 1);
    CHECK(verdict["taken_over"] == 0);
    CHECK(verdict["unfollowed"].empty());
    CHECK(verdict["commands"]["completed"] > 100);
    CHECK_THAT(verdict["command"].get<std::string>(), Contains("hw run"));

    // What was not recorded is not replayed.
    const auto refused = [&](const std::string& run, const std::string& words) {
        const Ended ended = hw_run(folder, run);
        CAPTURE(run, ended.err);
        CHECK(ended.exit_code == 4);
        CHECK_THAT(ended.err, Contains(words));
        CHECK(ended.out.empty());
    };
    refused(writes + shorter + device, "it is a session of scenario one-vf (parameters ");
    refused(writes + shorter + device, ", and this is to be one of scenario one-vf-write (");
    refused(reads + device, "expected the same. It was recorded by: ");
    refused(reads + shorter + device + " --destination vfio-user:/nowhere/d",
            "there is no second device in this session; expected no --destination");
    const Ended probe = run_lmsim(folder, "hw probe replay:" + session);
    CHECK(probe.exit_code == 4);
    CHECK_THAT(probe.err, Contains(", and this is to be one of no scenario; expected the same"));
    refused(reads + shorter + device + " --record " + folder.file("more"), "recorded already");
    std::string text = read_file(session);
    const std::size_t middle = text.size() / 2;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(middle), '\n');
    text[middle] = static_cast<char>(text[middle] ^ 1);
    folder.write("session", text);
    refused(reads + shorter + device,
            session + ":" + std::to_string(line) + ": this line is not as it was written");
    CHECK(run_lmsim(folder, "check " + session).exit_code == 2);
}

TEST_CASE("a run on two devices is recorded in one file, and replays without them", "[cli][hw]") {
    const Folder folder;
    const Folder there;
    const std::string session = folder.file("session");
    Ended recorded;
    std::string target;
    {
        const Serving source(folder, "pf,vf0");
        const Serving destination(there, "pf,vf0");
        target = destination.target();
        recorded = hw_run(folder, writes + shorter + " --device " + source.target() +
                                      " --destination " + target + " --write --record " + session +
                                      " --out " + folder.file("o"));
        CAPTURE(recorded.err, recorded.out, source.output(), destination.output());
        REQUIRE(recorded.exit_code == 0);
    }
    CHECK(recorded.err.empty());
    const std::string run = writes + shorter + " --device replay:" + session;
    // It knows that there were two, and a replay destroys nothing.
    check_replay(folder, run, recorded);
    check_replay(folder, run + " --write --destination " + target, recorded);

    const Json verdict = check_session(folder, session);
    CHECK(verdict["suspended"] >= 1);
    CHECK(verdict["taken_over"] == 1);
    CHECK(verdict["unfollowed"].empty());
    const Ended half = hw_run(folder, writes + shorter + " --write --device vfio-user:/nowhere/d" +
                                          " --destination replay:" + session);
    CHECK(half.exit_code == 4);
    CHECK_THAT(half.err, Contains("a session is replayed as a whole"));
}

TEST_CASE("a replayed host that does something else is told the line", "[cli][hw][bad]") {
    const Folder folder;
    std::filesystem::create_directories(folder.file("hardware"));
    std::filesystem::copy(scenarios + "jobs", folder.file("jobs"));
    std::filesystem::copy(reads, folder.file("hardware"));
    const std::string run = folder.file("hardware/one-vf.toml") + shorter + " --device ";
    const std::string session = folder.file("session");
    {
        const Serving server(folder, "pf,vf0");
        const Ended recorded = hw_run(folder, run + server.target() + " --record " + session);
        CAPTURE(recorded.err, recorded.out);
        REQUIRE(recorded.exit_code == 0);
    }
    std::string job = read_file(folder.file("jobs/device-read.fio"));
    const std::size_t depth = job.find("iodepth=");
    REQUIRE(depth != std::string::npos);
    job.replace(depth, job.find('\n', depth) - depth, "iodepth=1");
    folder.write("jobs/device-read.fio", job);
    const Ended other = hw_run(folder, run + "replay:" + session);
    CAPTURE(other.err, other.out);
    CHECK(other.exit_code == 1);
    CHECK_THAT(other.err, Contains(session + ": line ") && Contains(": expected "));
    const std::string words = "The host's side does not do what it did when this was recorded by: ";
    const std::size_t said = other.err.find(words);
    REQUIRE(said != std::string::npos);
    CHECK(other.err.find(words, said + 1) == std::string::npos);  // once
    CHECK(Json::parse(other.out)["partial"] == true);
}

TEST_CASE("a recorded run that was ended replays up to there", "[cli][hw][bad]") {
    const Folder folder;
    const std::string longer = reads + " --set run.warm_up=20s --device ";
    const auto record = [&](const Serving& server, const std::string& name) {
        return longer + server.target() + " --record " + folder.file(name) + " --out " +
               folder.file("o");
    };
    const auto replay = [&](const std::string& name) {
        return longer + "replay:" + folder.file(name);
    };
    auto server = std::make_unique<Serving>(folder, "pf,vf0");
    {
        // By the user.
        const Ended ended = run_lmsim(folder, "hw run " + record(*server, "a") + " --json",
                                      "timeout --preserve-status -s INT 1.5");
        CAPTURE(ended.err, ended.out);
        CHECK(ended.exit_code == 130);
        CHECK(Json::parse(ended.out)["partial"] == true);
        const Ended again = hw_run(folder, replay("a"));
        CAPTURE(again.err);
        CHECK(again.out == ended.out);
        CHECK(again.err.empty());
        CHECK(again.exit_code == 130);
    }
    std::filesystem::remove_all(folder.file("o"));
    {
        // By the device.
        std::thread killer([&server] {
            ::usleep(1'000'000);
            server->end(SIGKILL);
        });
        const Ended ended = hw_run(folder, record(*server, "b"));
        killer.join();
        CAPTURE(ended.err, ended.out);
        CHECK(ended.exit_code == 4);
        CHECK_THAT(ended.err, Contains("lmsim hw run: "));
        const Ended again = hw_run(folder, replay("b"));
        CHECK(again.out == ended.out);
        CHECK(again.err == ended.err);
        CHECK(again.exit_code == 4);
    }
}
