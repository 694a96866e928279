#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

/// A directory that goes with the test.
class TemporaryDirectory {
  public:
    TemporaryDirectory() { REQUIRE(mkdtemp(path_) != nullptr); }
    ~TemporaryDirectory() {
        [[maybe_unused]] const int code = std::system(("rm -rf " + path()).c_str());
    }
    std::string path() const { return path_; }

  private:
    char path_[32] = "/tmp/lmsim_fio_XXXXXX";
};

bool have_fio() {
    if (access("/usr/bin/fio", X_OK) == 0) {
        return true;
    }
    REQUIRE(std::getenv("CI") == nullptr);
    WARN("skipped: there is no /usr/bin/fio");
    return false;
}

/// What fio itself did just now, as it wrote it down.
std::string record(const TemporaryDirectory& directory, const std::string& options) {
    const std::string log = directory.path() + "/io.log";
    const std::string command = "cd " + directory.path() +
                                " && /usr/bin/fio --name=recorded --filename=blocks --size=16m " +
                                options + " --write_iolog=" + log + " >fio.out 2>&1";
    INFO(command);
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream text(log);
    std::string version;
    std::getline(text, version);
    CHECK(version == "fio version 3 iolog");
    return log;
}

void migrates_under(const std::string& log, const std::vector<std::string>& options) {
    Run run;
    run.file = std::string(LMSIM_SOURCE_DIR) + "/scenarios/quickstart.toml";
    run.options = {"workload[0].iolog=" + log, "workload[0].fio=", "workload[0].loop=true"};
    run.options.insert(run.options.end(), options.begin(), options.end());
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "completed");
    CHECK(seen.result["guest"]["before"]["commands"].get<int>() > 0);
    CHECK(seen.result["guest"]["after"]["commands"].get<int>() > 0);
    check_conserved(seen.result);
}

}  // namespace

TEST_CASE("the quickstart's VM migrates under a log that fio has just recorded") {
    if (!have_fio()) {
        return;
    }
    const TemporaryDirectory directory;
    migrates_under(record(directory,
                          "--ioengine=psync --rw=randrw --bssplit=4k/70:16k/20:64k/10 "
                          "--fsync=16 --number_ios=2000"),
                   {});
}

TEST_CASE("a small VM migrates under a log of writes that touched no disk") {
    if (!have_fio()) {
        return;
    }
    const TemporaryDirectory directory;
    migrates_under(record(directory, "--ioengine=null --rw=write --bs=128k"),
                   {"hosts.both.device.vfs=2", "vm.ram=256MiB", "vm.ram_used=256MiB",
                    "vm.dirty.working_set=32MiB"});
}

}  // namespace lmsim::tests
