#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/small.hpp"

using lmsim::tests::Ended;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;

// What lmsim makes of Slurm's answers; tests/tools/slurm/run has the real one.

namespace {

/// A study of 6 points, and programs named as Slurm's: `sbatch` does all tasks at once.
struct FakeSlurm : Small {
    std::string study = write("study.toml",
                              "name = \"few\"\nscenario = \"small.toml\"\nseeds = 2\n"
                              "[set]\nrun.fidelity = \"fluid\"\n"
                              "[grid]\nchannel.bandwidth = [\"5Gbit/s\", \"10Gbit/s\", "
                              "\"25Gbit/s\"]\n");

    FakeSlurm() {
        fake("scontrol", "echo 'MaxArraySize = 3'");
        fake("scancel", "echo \"$@\" >>" + file("cancelled"));
        fake("squeue", "[ \"$1\" = --version ] || cat " + file("states") + " 2>/dev/null; exit 0");
        fake("sbatch",
             "[ \"$1\" != --version ] || exit 0\n"
             "echo \"$@\" >>" +
                 file("asked") + "\n" +
                 "for word; do case $word in\n"
                 "    --array=0-*) last=${word#--array=0-} ;;\n"
                 "    --job-name=*) name=${word#*=} ;;\n"
                 "    --chdir=*) cd \"${word#*=}\" ;;\n"
                 "esac; done\n"
                 "for i in $(seq 0 $last); do\n"
                 "    export SLURM_ARRAY_TASK_ID=$i\n"
                 "    [ ! -e " +
                 file("sick") +
                 " ] || { echo a bad day; false; } >$name-$i.log 2>&1 &&\n"
                 "        sh \"$word\" >$name-$i.log 2>&1 ||\n"
                 "        echo \"$name|7|$i|FAILED|NonZeroExitCode|n1\" >>" +
                 file("states") +
                 "\n"
                 "done\necho '7;here'\n");
    }
    void fake(const std::string& name, const std::string& body) const {
        std::filesystem::create_directories(file("bin"));
        write("bin/" + name, "#!/bin/sh\n" + body + "\n");
        std::filesystem::permissions(file("bin/" + name), std::filesystem::perms::owner_all);
    }
    Ended sweep(const std::string& out, const std::string& more) const {
        return run_lmsim(*this, "sweep " + study + " --out " + file(out) + " " + more,
                         "PATH=" + file("bin") + ":$PATH");
    }
    Ended slurm(const std::string& more = "") const {
        return sweep("out", "--executor slurm --points-per-task 2 " + more);
    }
};

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("tasks of Slurm give the rows of the local executor", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    CHECK(folder.sweep("local", "").exit_code == 0);
    const Ended ended = folder.slurm("--jobs 3 --slurm-options \"--partition='big one'\" --watch");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(ended.out.find("few: 6 of 6 runs done: 6 well") == 0);
    has(ended.err, "job 7 of Slurm: 3 tasks, points 0 to 5\n");
    has(ended.err, "6 of 6 runs done, over after ");
    CHECK(read_file(folder.file("out/results.csv")) == read_file(folder.file("local/results.csv")));
    CHECK(!std::filesystem::exists(folder.file("out/tasks")));
    const std::string asked = read_file(folder.file("asked"));
    CHECK(asked.find("--partition=big one --parsable --array=0-2 --job-name=lmsim-few-") == 0);
    has(asked, " --cpus-per-task=3 ");
    // Only what is left, also of a part.
    const Ended part = folder.slurm("--resume");
    CHECK(part.exit_code == 0);
    CHECK(read_file(folder.file("asked")) == asked);
    CHECK(folder.sweep("part", "--executor slurm --points 2:4").exit_code == 0);
    CHECK(folder.sweep("part", "--executor slurm --resume").exit_code == 0);
    CHECK(read_file(folder.file("part/results.csv")) ==
          read_file(folder.file("local/results.csv")));
}

TEST_CASE("more tasks than an array may have are several arrays", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    folder.fake("scontrol", "echo 'MaxArraySize = 2'");
    const Ended ended = folder.slurm();
    CHECK(ended.exit_code == 0);
    has(ended.err, "2 tasks, points 0 to 3\njob 7 of Slurm: 1 task, points 4 to 5\n");
}

TEST_CASE("a task that is lost is tried so often, then its points are told",
          "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    folder.write("sick", "");
    const Ended ended = folder.slurm("--retries 1 --points 0:4");
    CHECK(ended.exit_code == 1);
    has(ended.err, "points 0 to 1, try 1 of 2: FAILED (NonZeroExitCode) on node n1\n");
    has(ended.err,
        "points 2 to 3 have no rows after 2 tries: FAILED (NonZeroExitCode) on node n1\n");
    has(ended.err, " ends with\n    a bad day\n");
    has(ended.out, "few: 0 of 4 runs done");
    std::filesystem::remove(folder.file("sick"));
    CHECK(folder.slurm("--resume").exit_code == 0);
    CHECK(!std::filesystem::exists(folder.file("out/tasks")));
}

TEST_CASE("a study that stops early stops so by Slurm too", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    folder.write("study.toml",
                 "scenario = \"small.toml\"\nseeds = 8\n[set]\nrun.fidelity = \"fluid\"\n"
                 "[stop]\nfigure = \"downtime_ps\"\nwithin = \"1%\"\nat_least = 3\n"
                 "[grid]\nchannel.bandwidth = [\"5Gbit/s\", \"10Gbit/s\", \"25Gbit/s\"]\n");
    const Ended local = folder.sweep("local", "");
    INFO(local.out << local.err);
    CHECK(local.exit_code == 0);
    const Ended ended = folder.slurm("--set vm.ram_used=16MiB");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    has(ended.err, "3 tasks, points 0 to 23\n");
    CHECK(folder.sweep("local", "--anew --set vm.ram_used=16MiB").exit_code == 0);
    CHECK(read_file(folder.file("out/results.csv")) == read_file(folder.file("local/results.csv")));
    const std::string asked = read_file(folder.file("asked"));
    CHECK(folder.slurm("--resume --set vm.ram_used=16MiB").exit_code == 0);
    CHECK(read_file(folder.file("asked")) == asked);
}

TEST_CASE("without Slurm a sweep by it ends before it begins", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    const Ended absent =
        run_lmsim(folder, "sweep " + folder.study + " --executor slurm --out " + folder.file("out"),
                  "PATH=/nonexistent");
    CHECK(absent.exit_code == 4);
    has(absent.err,
        "--executor slurm: there is no sbatch (No such file or directory); expected Slurm's "
        "programs in PATH (Debian: slurm-client");
    folder.fake("scontrol", "echo 'Unable to contact slurm controller' >&2; exit 1");
    const Ended down = folder.slurm();
    CHECK(down.exit_code == 4);
    CHECK(!std::filesystem::exists(folder.file("out")));
    has(down.err,
        "--executor slurm: Slurm does not answer: scontrol says: Unable to contact slurm "
        "controller; see that slurmctld and munged run");
}

TEST_CASE("what sbatch refuses is told with its own words", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    folder.fake("sbatch", "[ \"$1\" = --version ] || { echo 'no such account' >&2; exit 1; }");
    const Ended ended = folder.slurm();
    CHECK(ended.exit_code == 2);
    has(ended.err, "--executor slurm: sbatch: no such account\n");
    const Ended words = folder.slurm("--resume --slurm-options \"'open\"");
    CHECK(words.exit_code == 2);
    has(words.err, "--slurm-options \"'open\": expected options of sbatch as a shell has them");
    const Ended local = folder.sweep("local", "--retries 3");
    CHECK(local.exit_code == 2);
    has(local.err, "--retries is for --executor slurm\n");
    CHECK(folder.sweep("local", "--executor mail").exit_code == 2);
}

TEST_CASE("tasks from before are in nobody's way unawares", "[cli][sweep][slurm]") {
    const FakeSlurm folder;
    CHECK(folder.slurm("--points 0:2").exit_code == 0);
    std::filesystem::create_directories(folder.file("out/tasks"));
    const std::string fingerprint = nlohmann::json::parse(
        folder.sweep("out", "--resume --points 0:2 --json").out)["fingerprint"];
    const auto record = [&](const std::string& print) {
        folder.write("out/tasks/tasks.json",
                     "{\"schema\": \"lmsim/slurm-tasks/1\", \"key\": \"k\", \"next_task\": 9, "
                     "\"next_array\": 3, \"fingerprint\": \"" +
                         print +
                         "\", \"open\": "
                         "[{\"task\": 8, \"first\": 2, \"last\": 6, \"tries\": 1, \"array\": "
                         "\"lmsim-few-k-2\", \"index\": 0, \"cancelled\": true}]}");
    };
    record(fingerprint);
    const Ended local = folder.sweep("out", "--resume");
    CHECK(local.exit_code == 2);
    has(local.err, "has 1 task with Slurm; expected --executor slurm --resume to wait for them");
    // Cancelled, and gone: they are done at once.
    CHECK(folder.slurm("--resume").exit_code == 0);
    CHECK(!std::filesystem::exists(folder.file("out/tasks")));
    std::filesystem::create_directories(folder.file("out/tasks"));
    record("other");
    const Ended other = folder.slurm("--resume");
    CHECK(other.exit_code == 2);
    has(other.err, "out/tasks has tasks of another study; expected --anew to drop them");
    CHECK(folder.sweep("out", "--anew").exit_code == 0);
    has(read_file(folder.file("cancelled")), "--name=lmsim-few-k-2");
    CHECK(!std::filesystem::exists(folder.file("out/tasks")));
    folder.write("states", "");
    std::filesystem::create_directories(folder.file("out/tasks"));
    folder.write("out/tasks/tasks.json", "{");
    const Ended broken = folder.slurm("--resume");
    CHECK(broken.exit_code == 2);
    has(broken.err, "tasks.json: is not what lmsim sweep --executor slurm leaves");
    const Ended kept = folder.sweep("out", "--anew");
    CHECK(kept.exit_code == 4);
    has(kept.err, "to forget them, remove that folder");
}
