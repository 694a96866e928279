#include "tools/system/checks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace lmsim::system {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = 1ULL << 20;
constexpr std::uint64_t memory_needed = 256 * mebibyte;  // a run of a few VFs takes 50 to 150
constexpr std::uint64_t disk_needed = 64 * mebibyte;     // the quickstart writes 20 with its trace

std::string read_start(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(4096, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

/// The names in a folder; none if there is no such folder.
std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        names.push_back(it->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The first of these programs that PATH has.
Found program(const Machine& machine, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        std::istringstream folders(machine.path);
        for (std::string folder; std::getline(folders, folder, ':');) {
            const std::string file = (folder.empty() ? "." : folder) + "/" + name;
            std::error_code error;
            if (fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) {
                return {true, file};
            }
        }
    }
    return {false, fmt::format("no {} in PATH", fmt::join(names, ", "))};
}

/// All of these programs.
Found programs(const Machine& machine, const std::vector<std::string>& names) {
    std::string where;
    for (const std::string& name : names) {
        Found found = program(machine, {name});
        if (!found.yes) {
            return found;
        }
        where += (where.empty() ? "" : ", ") + found.detail;
    }
    return {true, where};
}

/// A device node that we may open.
Found node(const Machine& machine, const std::string& path) {
    const std::string file = machine.root + path;
    std::error_code error;
    if (!fs::exists(file, error)) {
        return {false, "no " + path};
    }
    return ::access(file.c_str(), R_OK | W_OK) == 0 ? Found{true, path}
                                                    : Found{false, path + " may not be opened"};
}

Found systemc(const Machine& machine) { return {!machine.systemc.empty(), machine.systemc}; }

Found memory(const Machine& machine) {
    std::istringstream lines(read_start(machine.root + "/proc/meminfo"));
    for (std::string line; std::getline(lines, line);) {
        std::uint64_t kib = 0;
        if (std::sscanf(line.c_str(), "MemAvailable: %lu kB", &kib) == 1) {
            return {kib * 1024 >= memory_needed,
                    fmt::format("{} MiB available", kib * 1024 / mebibyte)};
        }
    }
    return {true, "not known: no MemAvailable in /proc/meminfo"};
}

Found disk(const Machine& machine) {
    return {machine.disk >= disk_needed,
            fmt::format("{} MiB free in this folder", machine.disk / mebibyte)};
}

Found scenarios(const Machine& machine) {
    return machine.scenarios.empty()
               ? Found{false, "neither here nor in share/lmsim beside the program"}
               : Found{true, machine.scenarios};
}

Found schemas(const Machine& machine) {
    return machine.schemas.empty()
               ? Found{false, "neither here nor in share/lmsim beside the program"}
               : Found{true, machine.schemas};
}

Found locale(const Machine& machine) {
    std::string upper = machine.locale;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const bool utf8 =
        upper.find("UTF-8") != std::string::npos || upper.find("UTF8") != std::string::npos;
    return {utf8, machine.locale.empty() ? "none is set" : machine.locale};
}

Found huge_pages(const Machine& machine) {
    const std::string text =
        read_start(machine.root + "/sys/kernel/mm/transparent_hugepage/enabled");
    const std::size_t from = text.find('[');
    const std::size_t to = text.find(']');
    if (from == std::string::npos || to == std::string::npos) {
        return {false, "this kernel has no transparent huge pages"};
    }
    const std::string now = text.substr(from + 1, to - from - 1);
    return {now != "never", "transparent huge pages: " + now};
}

Found dot(const Machine& machine) { return program(machine, {"dot"}); }
Found fio(const Machine& machine) { return program(machine, {"fio"}); }
Found slurm(const Machine& machine) { return programs(machine, {"sbatch", "squeue", "scancel"}); }
Found node_js(const Machine& machine) { return program(machine, {"node", "nodejs"}); }
Found spin(const Machine& machine) { return program(machine, {"spin"}); }
Found chromium(const Machine& machine) {
    return program(machine, {"chromium", "chromium-browser", "google-chrome"});
}

Found simpy(const Machine& machine) {
    for (const char* prefix : {"/usr/lib", "/usr/local/lib"}) {
        for (const std::string& python : names_in(machine.root + prefix)) {
            const std::string folder = fmt::format("{}/{}/dist-packages/simpy", prefix, python);
            std::error_code error;
            if (python.rfind("python3", 0) == 0 && fs::exists(machine.root + folder, error)) {
                return {true, folder};
            }
        }
    }
    return {false, "no simpy in Python's dist-packages"};
}

Found qemu(const Machine& machine) {
    const Found found = program(machine, {"qemu-system-x86_64"});
    const std::string lab = machine.cache + "/lmsim/lab/emulator";
    std::error_code error;
    return !found.yes && fs::exists(lab, error) ? Found{true, lab + " (of tools/lab)"} : found;
}

Found kvm(const Machine& machine) { return node(machine, "/dev/kvm"); }
Found vfio(const Machine& machine) { return node(machine, "/dev/vfio/vfio"); }
Found iommufd(const Machine& machine) { return node(machine, "/dev/iommu"); }

Found iommu_groups(const Machine& machine) {
    const std::size_t groups = names_in(machine.root + "/sys/kernel/iommu_groups").size();
    return {groups > 0, groups == 1 ? "1 group" : fmt::format("{} groups", groups)};
}

Found nvme(const Machine& machine) {
    const std::vector<std::string> names = names_in(machine.root + "/sys/class/nvme");
    return {!names.empty(),
            names.empty() ? "no controller" : fmt::format("{}", fmt::join(names, ", "))};
}

}  // namespace

// clang-format off
const std::vector<Check>& checks() {
    static const std::vector<Check> rows = {
        {"SystemC", "every run",
         "build lmsim with libsystemc-dev (tools/setup)", true, systemc},
        {"scenarios", "lmsim run scenarios/...",
         "go to the source tree, or install lmsim with its data: docs/install.md", true, scenarios},
        {"memory", "every run, more with many VMs",
         "end other programs, or make vm.ram smaller", true, memory},
        {"disk", "--out: traces have 200 bytes for each command",
         "free some, or leave the trace out: --no-trace", true, disk},
        {"schemas", "programs that check what lmsim writes",
         "go to the source tree, or install lmsim with its data: docs/install.md", false, schemas},
        {"UTF-8", "letters of names and titles in a terminal",
         "export LC_ALL=C.UTF-8", false, locale},
        {"huge pages", "speed: runs of many VFs are a tenth faster",
         "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)", false, huge_pages},
        {"Graphviz", "lmsim diagram --format svg or png",
         "apt-get install graphviz", false, dot},
        {"fio", "recording I/O logs to replay",
         "apt-get install fio", false, fio},
        {"Slurm", "lmsim sweep --executor slurm",
         "apt-get install slurm-client, and a cluster", false, slurm},
        {"Spin", "checking what lmsim export spin writes",
         "apt-get install spin", false, spin},
        {"QEMU", "guests on lmsim serve, tools/lab",
         "tools/lab setup in a source tree, or apt-get install qemu-system-x86", false, qemu},
        {"KVM", "those guests at full speed",
         "modprobe kvm_intel or kvm_amd; be root or in the group kvm", false, kvm},
        {"NVMe", "lmsim hw: a controller of this machine",
         "a device, passed through if this is a virtual machine", false, nvme},
        {"IOMMU groups", "lmsim hw",
         "switch the IOMMU on in the firmware, and boot with intel_iommu=on or amd_iommu=on",
         false, iommu_groups},
        {"VFIO", "lmsim hw",
         "modprobe vfio-pci; be root, or let root give you /dev/vfio: docs/hardware.md",
         false, vfio},
        {"iommufd", "lmsim hw --access cdev",
         "a kernel with CONFIG_IOMMUFD (6.6 or later); --access group does without",
         false, iommufd},
        {"SimPy", "bench/run beside SimPy",
         "apt-get install python3-simpy3", false, simpy},
        {"Node.js", "tests of the report's page",
         "apt-get install nodejs npm", false, node_js},
        {"Chromium", "tests of the report's page",
         "apt-get install chromium", false, chromium},
    };
    return rows;
}
// clang-format on

std::vector<Checked> look_at(const Machine& machine) {
    std::vector<Checked> all;
    for (const Check& check : checks()) {
        all.push_back({&check, check.look(machine)});
    }
    return all;
}

bool ready(const std::vector<Checked>& all) {
    return std::all_of(all.begin(), all.end(), [](const Checked& checked) {
        return checked.found.yes || !checked.check->needed_by_run;
    });
}

}  // namespace lmsim::system
