#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;

// With a device: tests/lab/mtty. What is compared, and how it is shown:
// tests/sim/conform/migration.

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a mediated device that is none, or is not there, is told in words", "[cli][hw]") {
    const Folder folder;
    const Ended named = run_lmsim(folder, "hw compare mdev:17");
    CHECK(named.exit_code == 2);
    CHECK(has(named.err, "lmsim hw compare: mdev:17: expected mdev:UUID"));
    const Ended absent =
        run_lmsim(folder, "hw compare mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 --json");
    CHECK(absent.exit_code == 4);
    CHECK(has(absent.err, "no such mediated device in /sys/bus/mdev/devices"));
    const Ended recorded = run_lmsim(folder, "hw compare mdev:17 --record " + folder.file("s"));
    CHECK(recorded.exit_code == 2);
    CHECK(has(recorded.err, "calls of VFIO migration are not recorded"));
}

TEST_CASE("a function of vfio:BDF that is none, or is not there, is told in words", "[cli][hw]") {
    const Folder folder;
    const Ended named = run_lmsim(folder, "hw compare vfio:nvme0");
    CHECK(named.exit_code == 2);
    CHECK(has(named.err, "vfio:nvme0: \"nvme0\" is no PCI address"));
    const std::string absent = "vfio:ffff:ff:1f.7";
    const Ended compared = run_lmsim(folder, "hw compare " + absent);
    CHECK(compared.exit_code == 4);
    CHECK(has(compared.err, "ffff:ff:1f.7: there is no such PCI function"));
    const std::string migrate = "hw migrate --source " + absent;
    CHECK(run_lmsim(folder, migrate + " --destination vfio:ffff:ff:1f.6").exit_code == 4);
    const Ended mixed = run_lmsim(folder, migrate + " --destination vf1");
    CHECK(mixed.exit_code == 2);
    CHECK(has(mixed.err, "expected mdev:UUID or vfio:BDF"));
    CHECK(run_lmsim(folder, migrate).exit_code == 2);
}

TEST_CASE("VFIO has two ways to give devices away, and another is no way", "[cli][hw]") {
    const Folder folder;
    const Ended other = run_lmsim(folder, "hw compare mdev:17 --access any");
    CHECK(other.exit_code == 2);
    CHECK(has(other.err, "--access"));
    const std::string absent = "hw compare mdev:83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 --access ";
    CHECK(run_lmsim(folder, absent + "group").exit_code == 4);
    CHECK(run_lmsim(folder, absent + "cdev").exit_code == 4);
}
