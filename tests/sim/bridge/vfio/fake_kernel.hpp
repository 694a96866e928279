#pragma once

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sim/bridge/vfio/system.hpp"

namespace lmsim::sim::vfio_kernel {

/// A tree of sysfs and proc that does what Linux does when it is written to: drivers are bound and
/// unbound, VFs come and go. All of it is in files, so that every process sees the same.
class FakeKernel : public System {
  public:
    FakeKernel() : FakeKernel(make_folder()) {}
    ~FakeKernel() override {
        if (::getpid() == owner_) std::filesystem::remove_all(root_);
    }
    FakeKernel(const FakeKernel&) = delete;
    FakeKernel& operator=(const FakeKernel&) = delete;

    void file(const std::string& below, const std::string& text) const {
        std::filesystem::create_directories((root_ / below).parent_path());
        std::ofstream(root_ / below) << text;
    }
    void point(const std::string& below, const std::string& target) const {
        std::filesystem::create_directories((root_ / below).parent_path());
        std::filesystem::remove(root_ / below);
        std::filesystem::create_symlink(target, root_ / below);
    }
    void drop(const std::string& below) const { std::filesystem::remove_all(root_ / below); }

    /// A function, alone in its group unless that is shared.
    void add(const std::string& bdf, const std::string& driver, int group,
             const std::string& class_code = "0x010802") const {
        const std::string folder = devices + bdf + "/";
        file(folder + "vendor", "0x1b36\n");
        file(folder + "device", "0x0010\n");
        file(folder + "class", class_code + "\n");
        file(folder + "driver_override", "(null)\n");
        if (group >= 0) {
            const std::string number = std::to_string(group);
            point(folder + "iommu_group", "../../../kernel/iommu_groups/" + number);
            point("sys/kernel/iommu_groups/" + number + "/devices/" + bdf, "../" + bdf);
            file("dev/vfio/" + number, "");
        }
        if (!driver.empty()) bind(bdf, driver);
    }
    void add_driver(const std::string& name) const {
        std::filesystem::create_directories(root_ / (drivers + name));
    }
    void add_sriov(const std::string& bdf, unsigned total) const {
        file(devices + bdf + "/sriov_totalvfs", std::to_string(total) + "\n");
        file(devices + bdf + "/sriov_numvfs", "0\n");
    }
    /// A disk of the function's controller.
    void add_disk(const std::string& bdf, const std::string& controller, const std::string& name,
                  const std::string& path = "") const {
        file(devices + bdf + "/nvme/" + controller + "/" + (path.empty() ? name : path) + "/nsid",
             "1\n");
        add_block(name, "259:0");
    }
    void add_block(const std::string& name, const std::string& number) const {
        file("sys/class/block/" + name + "/size", "2048\n");
        file("sys/class/block/" + name + "/dev", number + "\n");
    }
    void add_partition(const std::string& disk, const std::string& name,
                       const std::string& number) const {
        file("sys/class/block/" + disk + "/" + name + "/partition", "1\n");
        add_block(name, number);
    }
    /// Somebody has the group open.
    void open_group(int group) const { file("open/" + std::to_string(group), ""); }
    void close_group(int group) const { drop("open/" + std::to_string(group)); }

    /// Writes of files that end so: fail, or never come back.
    std::map<std::string, int> failing;
    std::string hanging;
    /// Of try_open, try_write and try_claim.
    std::map<std::string, int> forbidden;
    std::string module_error = "modprobe fails";

    /// What was written, in its order: "sys/...: text", without the folders that all have.
    std::vector<std::string> log() const {
        std::vector<std::string> all;
        std::ifstream file(root_ / "log");
        for (std::string text; std::getline(file, text);) all.push_back(text);
        return all;
    }
    /// Every file and link of sysfs, with what is in it.
    std::map<std::string, std::string> all() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "sys")) {
            const std::string name = entry.path().string().substr(root_.string().size());
            if (entry.is_symlink()) {
                found[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
            } else if (entry.is_regular_file()) {
                found[name] = line(name.substr(1)).value_or("");
            }
        }
        return found;
    }

    int write(const std::string& below, const std::string& text) const override {
        const std::string value = text.substr(0, text.find('\n'));
        std::ofstream(root_ / "log", std::ios::app)
            << below.substr(below.find("pci/") + 4) << ": " << value << "\n";
        if (!hanging.empty() && ends(below, hanging)) {
            for (;;) ::pause();
        }
        for (const auto& [name, error] : failing) {
            if (ends(below, name)) return error;
        }
        if (ends(below, "/driver_override")) {
            file(below, value.empty() ? "(null)\n" : value + "\n");
            return 0;
        }
        if (ends(below, "/sriov_numvfs")) return number_vfs(below, std::stoi(value));
        if (ends(below, "/enable_sriov")) {
            file(below, value + "\n");
            return 0;
        }
        if (below == "sys/bus/pci/drivers_probe") return probe(value);
        const std::string name = below.substr(drivers.size(), below.rfind('/') - drivers.size());
        if (ends(below, "/unbind")) {
            if (driver(value) != name) return ENODEV;
            drop(devices + value + "/driver");
            return 0;
        }
        const std::string wanted = line(devices + value + "/driver_override").value_or("");
        if (!driver(value).empty()) return EBUSY;
        if (name == vfio_driver ? wanted != name : wanted != "(null)") return ENODEV;
        bind(value, name);
        return 0;
    }
    int try_open(const std::string& below) const override {
        const auto found = forbidden.find(below);
        if (found != forbidden.end()) return found->second;
        const std::string number = below.substr(below.rfind('/') + 1);
        if (exists("open/" + number)) return EBUSY;
        return System::try_open(below);
    }
    int try_write(const std::string& below) const override {
        const auto found = forbidden.find(below);
        return found == forbidden.end() ? 0 : found->second;
    }
    int try_claim(const std::string& disk) const override {
        const auto found = forbidden.find("dev/" + disk);
        return found == forbidden.end() ? 0 : found->second;
    }
    std::string load_module(const std::string& name) const override {
        if (module_error.empty()) add_driver(name);
        return module_error;
    }

  private:
    explicit FakeKernel(const std::string& root) : System(root), root_(root), owner_(::getpid()) {
        for (const char* name : {"nvme", "vfio-pci"}) add_driver(name);
        file("dev/vfio/vfio", "");
        file("sys/module/vfio_pci/parameters/enable_sriov", "N\n");
    }
    static std::string make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-pci-XXXXXX").string();
        return ::mkdtemp(name.data());
    }
    static bool ends(const std::string& text, const std::string& end) {
        return text.size() >= end.size() &&
               text.compare(text.size() - end.size(), end.size(), end) == 0;
    }
    void bind(const std::string& bdf, const std::string& driver) const {
        point(devices + bdf + "/driver", "../../../bus/pci/drivers/" + driver);
    }
    int probe(const std::string& bdf) const {
        const std::string wanted = line(devices + bdf + "/driver_override").value_or("");
        bind(bdf, wanted == "(null)" ? kernel_driver : wanted);
        return 0;
    }
    /// Of 0000:01:00.0: 0000:01:00.1 and so on, in groups from 100 on.
    int number_vfs(const std::string& below, int count) const {
        const std::string folder = below.substr(0, below.rfind('/'));
        const std::string pf = folder.substr(devices.size());
        for (int vf = 0; exists(folder + "/virtfn" + std::to_string(vf)); ++vf) {
            drop(folder + "/virtfn" + std::to_string(vf));
            drop(devices + pf.substr(0, pf.size() - 1) + std::to_string(vf + 1));
            drop("sys/kernel/iommu_groups/" + std::to_string(100 + vf));
        }
        for (int vf = 0; vf < count; ++vf) {
            const std::string bdf = pf.substr(0, pf.size() - 1) + std::to_string(vf + 1);
            add(bdf, driver(pf), 100 + vf);
            point(devices + bdf + "/physfn", "../" + pf);
            point(folder + "/virtfn" + std::to_string(vf), "../" + bdf);
        }
        file(below, std::to_string(count) + "\n");
        return 0;
    }

    inline static const std::string devices = "sys/bus/pci/devices/";
    inline static const std::string drivers = "sys/bus/pci/drivers/";
    std::filesystem::path root_;
    pid_t owner_;
};

}  // namespace lmsim::sim::vfio_kernel
