#include "tools/runs/slurm.hpp"

#include <cstdlib>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "tools/runs/program.hpp"
#include "tools/runs/slurm_tasks.hpp"

using namespace lmsim::runs;
using lmsim::tests::Folder;
using lmsim::tests::read_file;

TEST_CASE("a program of somebody else is run without a shell, and told of", "[slurm]") {
    const Ran echo = run_program({"printf", "%s|", "a b", "$HOME", "'"}, 10);
    CHECK(echo.well());
    CHECK(echo.out == "a b|$HOME|'|");
    const Ran failing = run_program({"sh", "-c", "echo one >&2; echo two >&2; exit 3"}, 10);
    CHECK(!failing.well());
    CHECK(failing.code == 3);
    CHECK(failing.complaint() == "one; two");
    CHECK(run_program({"sh", "-c", "exit 7"}, 10).complaint() == "exit code 7");
    CHECK(run_program({"sh", "-c", "kill -9 $$"}, 10).complaint() == "a signal ended it");
    const Ran absent = run_program({"/no/such program"}, 10);
    CHECK(!absent.began);
    CHECK(absent.complaint() == "No such file or directory");
    const Ran late = run_program({"sh", "-c", "echo begun >&2; sleep 60"}, 1);
    CHECK(late.late);
    CHECK(!late.well());
    CHECK(late.complaint() == "begun (and then no answer)");
    // More than a pipe holds, to both at once.
    const Ran much =
        run_program({"sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"}, 10);
    CHECK(much.well());
    CHECK(much.out.size() == 300000);
    CHECK(much.err.size() == 300000);
}

TEST_CASE("what squeue says of tasks", "[slurm]") {
    const auto states = read_slurm_states(
        "lmsim-a-1|12|0|RUNNING|None|node[1-2]\n"
        "lmsim-a-1|12|7|PENDING|Resources|\n"
        "lmsim-a-1|12|8|CANCELLED|None|b\n"
        "no array|13|N/A|RUNNING|None|b\n"
        "cut|14|");
    REQUIRE(states.size() == 3);
    CHECK(states[0].name == "lmsim-a-1");
    CHECK(states[0].job == "12");
    CHECK(!states[0].ended());
    CHECK(states[1].index == 7);
    CHECK(!states[1].ended());
    CHECK(states[1].text() == "PENDING (Resources)");
    CHECK(states[2].ended());
    CHECK(states[2].text() == "CANCELLED on node b");
    CHECK(read_slurm_states("").empty());
    // One that Slurm begins again by itself has not ended.
    for (const char* alive : {"COMPLETING", "REQUEUED", "SUSPENDED", "CONFIGURING"}) {
        CHECK(!SlurmState{"", "", 0, alive, "", ""}.ended());
    }
    for (const char* over : {"COMPLETED", "NODE_FAIL", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED"}) {
        CHECK(SlurmState{"", "", 0, over, "", ""}.ended());
    }
}

TEST_CASE("what scontrol says of arrays", "[slurm]") {
    CHECK(read_slurm_array_limit("LogTimeFormat           = iso8601\n"
                                 "MaxArraySize            = 101\nMaxBatchRequeue = 5\n") == 101);
    CHECK(read_slurm_array_limit("") == 1001);
}

TEST_CASE("options for sbatch are words as a shell has them", "[slurm]") {
    const auto words = slurm_words(R"(-p big --comment="two words" --constraint='a&b')");
    REQUIRE(words);
    CHECK(words.value() ==
          std::vector<std::string>{"-p", "big", "--comment=two words", "--constraint=a&b"});
    CHECK(slurm_words("").value().empty());
    for (const char* bad : {"\"open", "$(reboot)", "`reboot`", "a; b", "a | b", "a\nb"}) {
        INFO(bad);
        const auto refused = slurm_words(bad);
        REQUIRE(!refused);
        CHECK(refused.error().find("expected options of sbatch as a shell has them") !=
              std::string::npos);
    }
}

namespace {

std::string ranges_text(const std::vector<PointRange>& ranges) {
    std::string text;
    for (const PointRange& range : ranges) {
        text += range.text() + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("what is missing is split into tasks", "[slurm]") {
    std::vector<bool> missing(25, true);
    CHECK(ranges_text(task_ranges(missing, 0, 10, 1)) == "0:10 10:20 20:25 ");
    CHECK(ranges_text(task_ranges(missing, 0, 10, 4)) == "0:8 8:16 16:24 24:25 ");
    CHECK(ranges_text(task_ranges(missing, 0, 2, 5)) == "0:5 5:10 10:15 15:20 20:25 ");
    // What is there already is at no end of a task, but for what has to stay together.
    std::fill(missing.begin(), missing.begin() + 13, false);
    std::fill(missing.begin() + 15, missing.begin() + 18, false);
    CHECK(ranges_text(task_ranges(missing, 0, 10, 1)) == "13:23 23:25 ");
    CHECK(ranges_text(task_ranges(missing, 0, 4, 1)) == "13:15 18:22 22:25 ");
    CHECK(ranges_text(task_ranges(missing, 0, 4, 2)) == "12:16 18:22 22:25 ");
    // A part of a study that begins anywhere.
    CHECK(ranges_text(task_ranges(std::vector<bool>(9, true), 103, 4, 4)) ==
          "103:104 104:108 108:112 ");
    CHECK(task_ranges({}, 0, 10, 1).empty());
    CHECK(task_ranges(std::vector<bool>(7, false), 0, 10, 1).empty());
}

TEST_CASE("a task does a thousand points or more", "[slurm]") {
    CHECK(points_per_task(10, 1000, 1) == 1000);
    CHECK(points_per_task(1'000'000, 1000, 1) == 1000);
    CHECK(points_per_task(1'000'001, 1000, 1) == 1001);
    CHECK(points_per_task(1'000'000, 100, 1) == 10'000);
    CHECK(points_per_task(10, 1000, 7) == 1001);
}

TEST_CASE("what is with Slurm outlives who waits for it", "[slurm]") {
    const Folder folder;
    SlurmTasks tasks(folder.file("out"));
    CHECK(!tasks.exist());
    tasks.fingerprint = "abc";
    tasks.add({0, 10}, 1);
    tasks.add({10, 15}, 3);
    CHECK(tasks.arrays().empty());
    const std::string name = tasks.new_array("a, b/\"c\xc3\xa4");
    CHECK(name.find("lmsim-a__b__c__-") == 0);
    tasks.open[1].array = name;
    tasks.open[1].index = 4;
    CHECK(tasks.new_array("") != tasks.new_array(""));
    REQUIRE(tasks.save().empty());
    SlurmTasks again(folder.file("out"));
    REQUIRE(again.exist());
    REQUIRE(again.load().empty());
    CHECK(again.fingerprint == "abc");
    REQUIRE(again.open.size() == 2);
    CHECK(again.open[0].points.text() == "0:10");
    CHECK(again.open[1].points.text() == "10:15");
    CHECK(again.open[1].tries == 3);
    CHECK(again.open[1].index == 4);
    CHECK(again.arrays() == std::vector<std::string>{name});
    CHECK(again.log(again.open[1]) == tasks.path(name + "-4.log"));
    again.add({20, 30}, 1);
    CHECK(again.open[2].number == 2);
    CHECK(again.new_array("") != name);
    for (const char* bad : {"", "{}", "[1]", "{\"schema\": \"lmsim/slurm-tasks/1\"}"}) {
        std::ofstream(tasks.path("tasks.json")) << bad;
        SlurmTasks broken(folder.file("out"));
        CHECK(broken.load().find("is not what lmsim sweep --executor slurm leaves; expected") !=
              std::string::npos);
    }
    CHECK(again.remove().empty());
    CHECK(!std::filesystem::exists(tasks.path("")));
}

TEST_CASE("the script of an array gives each task its points", "[slurm]") {
    const Folder folder;
    SlurmTasks tasks(folder.file("it's out"));
    tasks.add({0, 10}, 1);
    tasks.add({10, 15}, 1);
    std::filesystem::create_directories(tasks.path(""));
    SlurmScript what;
    what.program = folder.write("a program", "#!/bin/sh\nprintf '%s|' \"$@\"\nexit ${CODE:-0}\n");
    std::filesystem::permissions(what.program, std::filesystem::perms::owner_all);
    what.study = folder.write("$study", "");
    what.folder = "/nonexistent";
    what.options = {"--set", "a=\"b c\""};
    const std::string script = folder.write("script", slurm_script(what, tasks, tasks.open));
    const auto run = [&](const std::string& before) {
        return run_program({"sh", "-c", before + " sh \"$1\"", "sh", script}, 10);
    };
    const Ran well = run("SLURM_ARRAY_TASK_ID=1 CODE=1");
    CHECK(well.code == 0);
    CHECK(well.out == "sweep|" + what.study + "|--out|" + tasks.path("1") +
                          "|--points|10:15|--jobs|1|--resume|--set|a=\"b c\"|");
    CHECK(std::filesystem::exists(tasks.mark(tasks.open[1])));
    const Ran badly = run("SLURM_ARRAY_TASK_ID=0 SLURM_CPUS_ON_NODE=8 CODE=130");
    CHECK(badly.code == 130);
    CHECK(badly.out.find("|0:10|--jobs|8|") != std::string::npos);
    CHECK(!std::filesystem::exists(tasks.mark(tasks.open[0])));
    std::filesystem::remove(what.study);
    const Ran unseen = run("SLURM_ARRAY_TASK_ID=0 SLURMD_NODENAME=n7");
    CHECK(unseen.code == 4);
    CHECK(unseen.err == "node n7 does not see " + what.study +
                            ": it has to lie where all nodes see it by the same name\n");
}
