#include "sim/scenario/include.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;

namespace {

namespace fs = std::filesystem;

/// A folder of scenario files that goes away with the test.
class Files {
  public:
    Files() { fs::create_directories(folder_ / "devices"); }
    ~Files() { fs::remove_all(folder_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    Files& add(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return *this;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    LoadedScenario load(const std::string& name, const std::vector<std::string>& set = {}) const {
        return load_scenario(path(name), set);
    }
    /// What is wrong, without the folder.
    std::string errors(const std::string& name, const std::vector<std::string>& set = {}) const {
        std::string text = load(name, set).error_text();
        const std::string folder = folder_.string() + "/";
        for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
            text.erase(at, folder.size());
        }
        return text;
    }

  private:
    fs::path folder_ =
        fs::temp_directory_path() / ("lmsim_include_test." + std::to_string(getpid()));
};

}  // namespace

TEST_CASE("an including file wins over what it includes, a later file over an earlier one",
          "[scenario]") {
    Files files;
    files.add("devices/a.toml", "vm.ram = \"1GiB\"\nvm.vcpus = 1\nseed = 7\n");
    files.add("devices/b.toml", "vm.ram = \"2GiB\"\nvm.vcpus = 2\n");
    files.add("s.toml", "include = [\"devices/a.toml\", \"devices/b.toml\"]\nvm.vcpus = 3\n");
    const LoadedScenario loaded = files.load("s.toml");
    REQUIRE(loaded.error_text().empty());
    CHECK(loaded.scenario.seed == 7);
    CHECK(loaded.scenario.vm.ram == 2_GiB);
    CHECK(loaded.scenario.vm.vcpus == 3);
    CHECK(loaded.where("vm.ram").text() == files.path("devices/b.toml") + ":1:4");
    CHECK(loaded.where("vm.vcpus").text() == files.path("s.toml") + ":2:4");
    CHECK(files.load("s.toml", {"vm.vcpus=4"}).scenario.vm.vcpus == 4);
    CHECK(load_scenario(files.path("s.toml"), {}, 9).scenario.seed == 9);
}

TEST_CASE("what is said of both hosts later wins over what was said of one", "[scenario]") {
    Files files;
    files.add("a.toml", "hosts.src.link.lanes = 1\nhosts.both.link.lanes = 2\n");
    files.add("s.toml", "include = \"a.toml\"\nhosts.both.link.lanes = 8\n");
    CHECK(files.load("a.toml").scenario.hosts.src.link.lanes == 1);
    CHECK(files.load("s.toml").scenario.hosts.src.link.lanes == 8);
}

TEST_CASE("files are named relative to the file that names them", "[scenario]") {
    Files files;
    files.add("base.toml", "vm.vcpus = 6\n");
    files.add("devices/a.toml", "include = \"../base.toml\"\n[[workload]]\nfio = \"a.fio\"\n");
    files.add("s.toml", "include = \"devices/a.toml\"\n");
    files.add("t.toml", "include = \"" + files.path("devices/a.toml") + "\"\n");
    const LoadedScenario loaded = files.load("s.toml");
    REQUIRE(loaded.error_text().empty());
    CHECK(loaded.scenario.vm.vcpus == 6);
    CHECK(loaded.scenario.workloads.at(0).fio.path == files.path("devices/a.fio"));
    CHECK(files.load("t.toml").scenario.vm.vcpus == 6);
}

TEST_CASE("lists grow; an empty one drops what came before", "[scenario]") {
    Files files;
    files.add("a.toml", "[[workload]]\nfio = \"a.fio\"\n");
    files.add("b.toml", "[[workload]]\nfio = \"b.fio\"\nvf = [1]\n");
    files.add("s.toml", "include = [\"a.toml\", \"b.toml\"]\n[[workload]]\nfio = \"s.fio\"\n");
    files.add("t.toml", "include = [\"a.toml\", \"b.toml\", \"a.toml\"]\nworkload = []\n");
    const LoadedScenario loaded = files.load("s.toml");
    REQUIRE(loaded.error_text().empty());
    REQUIRE(loaded.scenario.workloads.size() == 3);
    CHECK(loaded.where("workload[0].fio").text() == files.path("a.toml") + ":2:1");
    CHECK(loaded.where("workload[1].vf").text() == files.path("b.toml") + ":3:1");
    CHECK(loaded.where("workload[2].fio").text() == files.path("s.toml") + ":3:1");
    CHECK(loaded.scenario.workloads[2].fio.path == files.path("s.fio"));
    CHECK(files.load("t.toml").scenario.workloads.empty());
    // An option replaces the list, as ever.
    CHECK(files.load("s.toml", {"workload=[{fio = '/x'}]"}).scenario.workloads.size() == 1);
}

TEST_CASE("an option includes a file between the scenario and the other options", "[scenario]") {
    Files files;
    files.add("a.toml", "vm.ram = \"1GiB\"\nvm.vcpus = 1\n");
    files.add("s.toml", "vm.vcpus = 3\nvm.ram = \"3GiB\"\n");
    const LoadedScenario loaded =
        files.load("s.toml", {"vm.vcpus=4", "include=[\"" + files.path("a.toml") + "\"]"});
    REQUIRE(loaded.error_text().empty());
    CHECK(loaded.scenario.vm.ram == 1_GiB);
    CHECK(loaded.scenario.vm.vcpus == 4);
    CHECK(files.load("s.toml", {"include=" + files.path("a.toml")}).scenario.vm.vcpus == 1);
    CHECK(files.errors("s.toml", {"include=7"}) ==
          "--set include=7: include: expected a file name or a list of them such as "
          "[\"../devices/x.toml\"], not a whole number\n");
}

TEST_CASE("the effective scenario names included files and stands alone", "[scenario]") {
    Files files;
    files.add("devices/a.toml",
              "[hosts.both.device]\nqueue_pairs = 2\n[[workload]]\nfio = \"f\"\n");
    files.add("s.toml", "include = \"devices/a.toml\"\nvm.vcpus = 3\n");
    const std::string toml = effective_toml(files.load("s.toml"));
    CHECK(toml.find("queue_pairs = 2  # " + files.path("devices/a.toml") +
                    ":2:1 hosts.both.device.queue_pairs\n") != std::string::npos);
    const LoadedScenario again = load_scenario_text(toml, "config.toml");
    REQUIRE(again.error_text().empty());
    const std::regex origins("  # .*\n");
    CHECK(std::regex_replace(effective_toml(again), origins, "\n") ==
          std::regex_replace(toml, origins, "\n"));
}

TEST_CASE("a file that cannot be included is named with its place", "[scenario]") {
    Files files;
    files.add("a.toml", "name = \"a\"\ninclude = [\"b.toml\"]\n");
    files.add("b.toml", "include = [\"a.toml\"]\n");
    files.add("self.toml", "include = \"./self.toml\"\n");
    files.add("bad.toml", "vm.ram = \n");
    files.add("wrong.toml", "\n\n[vm]\ninclude = 3\n");
    files.add("s.toml", "include = [\"none.toml\",\n \"devices\", \"\", 4,\n \"bad.toml\"]\n");
    files.add("t.toml", "vm.vcpus = 0\ninclude = [\"u.toml\"]\nincludes = 7\n");
    files.add("u.toml", "\n\n\nvm.ram = 3\n");
    files.add("v.toml", "vm.vcpus = 0\ninclude = [\"u.toml\"]\n");
    CHECK(files.errors("a.toml") ==
          "b.toml:1:12: include: \"a.toml\" includes itself, by way of \"b.toml\"\n");
    CHECK(files.errors("self.toml") == "self.toml:1:11: include: \"self.toml\" includes itself\n");
    CHECK(files.errors("s.toml") ==
          "s.toml:1:12: include: \"none.toml\": cannot be opened: No such file or directory\n"
          "s.toml:2:2: include: \"devices\": this is a folder; expected a scenario file\n"
          "s.toml:2:13: include: the name is empty; expected a file name or a list of them such as "
          "[\"../devices/x.toml\"]\n"
          "s.toml:2:17: include: expected a string, not a whole number\n"
          "bad.toml:1:10: this is not TOML: Error while parsing key-value pair: expected value, "
          "saw '\\n'\n");
    CHECK(files.errors("t.toml") ==
          "t.toml:3:1: unknown key \"includes\"; did you mean \"include\"?\n");
    CHECK(files.errors("wrong.toml") ==
          "wrong.toml:4:1: unknown key \"vm.include\"; include stands above the first table of a "
          "file\n");
    CHECK(files.errors("v.toml") ==
          "u.toml:4:10: vm.ram: the bare number 3 has no unit; expected a size such as \"4KiB\"\n"
          "v.toml:1:12: vm.vcpus: 0 is out of range; expected 1 to 1024\n");
    CHECK(load_scenario_text("include = \"u.toml\"", "/nowhere/q.toml").error_text() ==
          "/nowhere/q.toml:1:11: include: \"/nowhere/u.toml\": cannot be opened: No such file or "
          "directory\n");
}

TEST_CASE("includes neither nest nor multiply without end", "[scenario]") {
    Files files;
    std::string many;
    for (std::size_t i = 0; i <= include_depth + 1; ++i) {
        const std::string next = std::to_string(i + 1) + ".toml";
        const std::string text = i == include_depth + 1 ? "" : "include = \"" + next + "\"\n";
        files.add(std::to_string(i) + ".toml", text);
    }
    CHECK(files.load("1.toml").ok());
    CHECK(files.errors("0.toml") ==
          "16.toml:1:11: include: 17 files include each other in a row; expected at most 16\n");
    for (std::size_t i = 0; i <= include_files; ++i) many += "\"17.toml\",";
    files.add("many.toml", "include = [" + many + "]\n");
    CHECK(files.errors("many.toml").find("more than 256 files are included") != std::string::npos);
}

TEST_CASE("schema and docs know of includes", "[scenario]") {
    const nlohmann::json schema = nlohmann::json::parse(scenario_schema());
    CHECK(schema.at("properties").at("include").at("description") == include_help);
    CHECK(scenario_docs().find(include_help) != std::string::npos);
}
