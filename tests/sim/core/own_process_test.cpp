#include "sim/core/own_process.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "model/assert.hpp"
#include "tests/catch.hpp"

namespace lmsim::sim {

TEST_CASE("work in a process of its own returns what it found", "[core]") {
    const std::string long_text(200'000, 'x');
    const OwnProcess process = in_own_process([&] { return long_text; });
    CHECK(process.ended);
    CHECK(process.returned == long_text);
    CHECK(process.said.empty());
    CHECK(process.how.empty());
}

TEST_CASE("work that breaks ends alone, and says which promise it was", "[core]") {
    const OwnProcess promise = in_own_process([] {
        LMSIM_ASSERT(std::string("one") == "another");
        return std::string();
    });
    CHECK(!promise.ended);
    CHECK(promise.said.find("\"one\") == \"another\" does not hold") != std::string::npos);
    CHECK(promise.how == "exit code 3");
    const OwnProcess gone = in_own_process([]() -> std::string { std::_Exit(7); });
    CHECK(!gone.ended);
    CHECK(gone.returned.empty());
    CHECK(gone.how == "exit code 7");
}

TEST_CASE("of many processes never more than told are under way, and each is heard of", "[core]") {
    for (const unsigned jobs : {1U, 3U, 20U}) {
        std::vector<std::string> returned(7);
        OwnProcesses all;
        all.count = returned.size();
        all.jobs = jobs;
        all.work = [](std::size_t i) -> std::string {
            if (i == 4) {
                std::_Exit(1);
            }
            return std::string(i * 50'000, static_cast<char>('a' + i));
        };
        all.ended = [&](std::size_t i, const OwnProcess& process) {
            returned[i] = process.ended ? process.returned : process.how;
        };
        CHECK(in_own_processes(all));
        for (std::size_t i = 0; i < returned.size(); ++i) {
            const std::string whole(i * 50'000, static_cast<char>('a' + i));
            CHECK(returned[i] == (i == 4 ? "exit code 1" : whole));
        }
    }
}

TEST_CASE("a stop ends the processes that are under way", "[core]") {
    int heard = 0;
    OwnProcesses all;
    all.count = 5;
    all.jobs = 2;
    all.work = [](std::size_t i) -> std::string {
        if (i != 0) {
            pause();
        }
        return "done";
    };
    all.ended = [&](std::size_t, const OwnProcess&) { ++heard; };
    all.stop = [&] { return heard != 0; };
    CHECK(!in_own_processes(all));
    CHECK(heard == 1);
}

TEST_CASE("processes do not outlive the one that began them", "[core]") {
    // The pipe's other end is held by the grandchild alone, so that its end is seen here.
    int held[2];
    REQUIRE(pipe(held) == 0);
    const OwnProcess process = in_own_process([&held]() -> std::string {
        OwnProcesses all;
        all.count = 2;
        all.jobs = 2;
        all.work = [&held](std::size_t i) -> std::string {
            if (i == 0) {
                pause();
            }
            return std::string(held[0] < 0 ? "" : "up");
        };
        all.ended = [](std::size_t, const OwnProcess&) { kill(getpid(), SIGKILL); };
        in_own_processes(all);
        return "not reached";
    });
    CHECK(process.how == "signal 9 (Killed)");
    close(held[1]);
    char nothing = 0;
    CHECK(read(held[0], &nothing, 1) == 0);
    close(held[0]);
}

}  // namespace lmsim::sim
