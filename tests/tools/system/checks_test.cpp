#include "tools/system/checks.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/tools/cli/process.hpp"

namespace sys = lmsim::system;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;

namespace {

/// A root folder and a PATH that are made up.
struct MadeUp {
    Folder folder;
    sys::Machine machine;

    MadeUp() {
        machine.root = folder.file("root");
        machine.path = folder.file("bin");
        machine.scenarios = "scenarios";
        machine.schemas = "docs/schema";
        machine.cache = folder.file("cache");
        machine.disk = 1ULL << 40;
        machine.systemc = "2.3.4";
        machine.locale = "C.UTF-8";
        std::filesystem::create_directories(machine.path);
        write("/proc/meminfo", "MemTotal: 9999999 kB\nMemAvailable: 4194304 kB\n");
    }
    void write(const std::string& path, const std::string& text) {
        const std::filesystem::path file = machine.root + path;
        std::filesystem::create_directories(file.parent_path());
        folder.write("root" + path, text);
    }
    void program(const std::string& name) {
        chmod(folder.write("bin/" + name, "#!/bin/sh\n").c_str(), 0755);
    }
    sys::Found found(const std::string& what) const {
        for (const sys::Checked& checked : sys::look_at(machine)) {
            if (checked.check->what == what) return checked.found;
        }
        return {false, "there is no such check"};
    }
    bool has(const std::string& what) const { return found(what).yes; }
};

}  // namespace

TEST_CASE("doctor finds programs in PATH, and says which it looked for", "[cli]") {
    MadeUp made;
    for (const char* what : {"Graphviz", "fio", "Slurm", "Spin", "QEMU", "Node.js", "Chromium"}) {
        INFO(what);
        CHECK_FALSE(made.has(what));
    }
    CHECK(made.found("Graphviz").detail == "no dot in PATH");
    for (const char* name : {"dot", "fio", "sbatch", "squeue", "spin", "nodejs"}) {
        made.program(name);
    }
    CHECK(made.found("Graphviz").detail == made.machine.path + "/dot");
    CHECK(made.has("fio"));
    CHECK(made.has("Spin"));
    CHECK(made.has("Node.js"));
    CHECK(made.found("Slurm").detail == "no scancel in PATH");
    made.program("scancel");
    CHECK(made.has("Slurm"));
    // What may not be run is not there.
    made.folder.write("bin/chromium", "");
    CHECK_FALSE(made.has("Chromium"));
    // tools/lab has an emulator of its own.
    std::filesystem::create_directories(made.machine.cache + "/lmsim/lab/emulator");
    CHECK(made.has("QEMU"));
}

TEST_CASE("doctor finds devices and what the kernel has", "[cli]") {
    MadeUp made;
    for (const char* what : {"KVM", "VFIO", "iommufd", "IOMMU groups", "NVMe", "huge pages"}) {
        INFO(what);
        CHECK_FALSE(made.has(what));
    }
    made.write("/dev/kvm", "");
    made.write("/dev/vfio/vfio", "");
    made.write("/dev/iommu", "");
    made.write("/sys/kernel/iommu_groups/0/type", "");
    made.write("/sys/kernel/iommu_groups/1/type", "");
    made.write("/sys/class/nvme/nvme0/model", "");
    made.write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    CHECK(made.has("KVM"));
    CHECK(made.has("VFIO"));
    CHECK(made.has("iommufd"));
    CHECK(made.found("IOMMU groups").detail == "2 groups");
    CHECK(made.found("NVMe").detail == "nvme0");
    CHECK(made.found("huge pages").detail == "transparent huge pages: madvise");
    made.write("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
    CHECK_FALSE(made.has("huge pages"));
    CHECK_FALSE(made.has("SimPy"));
    made.write("/usr/lib/python3/dist-packages/simpy/__init__.py", "");
    CHECK(made.found("SimPy").detail == "/usr/lib/python3/dist-packages/simpy");
}

TEST_CASE("doctor: what lmsim run needs decides", "[cli]") {
    MadeUp made;
    const auto ready = [&made] { return sys::ready(sys::look_at(made.machine)); };
    CHECK(ready());
    made.machine.locale = "C";
    CHECK_FALSE(made.has("UTF-8"));
    CHECK(ready());  // runs do without
    made.machine.scenarios.clear();
    CHECK_FALSE(ready());
    made.machine.scenarios = "scenarios";
    made.machine.disk = (64ULL << 20) - 1;
    CHECK_FALSE(ready());
    made.machine.disk = 64ULL << 20;
    CHECK(ready());
    made.write("/proc/meminfo", "MemAvailable: 262143 kB\n");
    CHECK_FALSE(ready());
    made.write("/proc/meminfo", "MemAvailable: 262144 kB\n");
    CHECK(ready());
    made.write("/proc/meminfo", "nothing\n");  // an unusual kernel is no lack
    CHECK(ready());
}

TEST_CASE("lmsim doctor prints a table, and JSON, and ends as it should", "[cli]") {
    MadeUp made;
    made.program("dot");
    const std::string before = "cd " LMSIM_SOURCE_DIR " && PATH=" + made.machine.path;
    const std::string root = "doctor --root " + made.machine.root;
    const Ended text = run_lmsim(made.folder, root, before);
    INFO(text.out << text.err);
    CHECK(text.exit_code == 0);
    CHECK(text.out.find("lmsim run has all that it needs.\n") != std::string::npos);
    CHECK(text.out.find("  fio: apt-get install fio\n") != std::string::npos);
    CHECK(text.out.find("  Graphviz: ") == std::string::npos);
    const Ended json = run_lmsim(made.folder, root + " --json", before);
    CHECK(json.exit_code == 0);
    const auto read = nlohmann::json::parse(json.out);
    CHECK(read["schema"] == "lmsim/doctor/1");
    CHECK(read["ready"] == true);
    CHECK(read["checks"].size() == sys::checks().size());
    // Without its scenarios it is not complete; elsewhere there are none.
    const Ended elsewhere = run_lmsim(made.folder, root, "cd " + made.machine.root + " && ");
    CHECK(elsewhere.exit_code == 4);
    CHECK(elsewhere.out.find("NO") != std::string::npos);
    CHECK(run_lmsim(made.folder, "doctor --root /nowhere").exit_code == 2);
}
