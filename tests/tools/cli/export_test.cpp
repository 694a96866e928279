#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"
#include "viz/diagram/machines.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;

namespace {

void refused(const std::string& arguments, const std::string& why) {
    const Folder folder;
    const Ended ended = run_lmsim(folder, "export " + arguments);
    INFO(arguments << ": " << ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("every machine is exported for Spin", "[cli]") {
    const Folder folder;
    for (const lmsim::viz::MachineInfo& machine : lmsim::viz::machines()) {
        const Ended ended = run_lmsim(folder, "export spin " + std::string(machine.name()));
        CHECK(ended.exit_code == 0);
        CHECK(ended.out.find("active proctype ") != std::string::npos);
    }
    const Ended plain = run_lmsim(folder, "export spin");
    CHECK(plain.out.find("of a driver with STOP_COPY, P2P, PRE_COPY;") != std::string::npos);
    CHECK(plain.out == run_lmsim(folder, "export spin vfio").out);
    const std::string file = folder.file("m.pml");
    const Ended written =
        run_lmsim(folder, "export spin vfio --features stop_copy,p2p --out " + file);
    CHECK(written.exit_code == 0);
    CHECK(written.out.empty());
    CHECK(read_file(file).find("of a driver with STOP_COPY, P2P;") != std::string::npos);
}

TEST_CASE("an export under a profile lacks what the profile lacks", "[cli]") {
    const Folder folder;
    const std::string profile =
        folder.write("p.toml", "name = \"draft\"\noff = [\"VFIO-ARC-17\"]\n");
    const std::string all = run_lmsim(folder, "export spin").out;
    const Ended less = run_lmsim(folder, "export spin --profile " + profile);
    CHECK(less.exit_code == 0);
    CHECK(all.find("VFIO-ARC-17") != std::string::npos);
    CHECK(less.out.find("VFIO-ARC-17") == std::string::npos);
    CHECK(less.out.find("; draft.\n") != std::string::npos);
}

TEST_CASE("a wrong export is refused with what was expected", "[cli]") {
    refused("", "A subcommand is required");
    refused("promela", "A subcommand is required");
    refused("spin vfo", "no machine \"vfo\"; did you mean vfio?");
    refused("spin vfio --features p3p", "no feature \"p3p\"; did you mean p2p?");
    refused("spin controller --features p2p", "controller has none; only vfio has");
    refused("spin --profile /nowhere/p.toml", "/nowhere/p.toml");
    refused("spin --out /nowhere/x.pml", "--out");
}
