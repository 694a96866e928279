#include <nlohmann/json.hpp>
#include <regex>

#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

namespace {

/// The schema of a parameter by its path.
nlohmann::json schema_at(const nlohmann::json& schema, const std::string& path) {
    nlohmann::json at = schema;
    std::istringstream names(path);
    for (std::string name; std::getline(names, name, '.');) {
        const bool is_list = name.back() == ']';
        at = at.at("properties").at(is_list ? name.substr(0, name.size() - 2) : name);
        if (is_list) {
            at = at.at("items");
        }
    }
    return at;
}

}  // namespace

TEST_CASE("the effective scenario names the origin of each value", "[scenario]") {
    const LoadedScenario loaded = load_scenario_text(
        "vm.ram = \"8GiB\"\n[hosts.both]\ndevice.vfs = 2\nlink.lanes = 8\n[hosts.src.link]\n"
        "lanes = 16\n[[workload]]\nfio = \"/f/a.fio\"\n",
        "q.toml", {"vm.vcpus=2", "hosts.both.link.mps=512B"}, 9);
    REQUIRE(loaded.error_text().empty());
    const std::string toml = effective_toml(loaded);
    const auto has = [&](const std::string& text) { return toml.find(text) != std::string::npos; };
    CHECK(has("seed = 9  # --seed 9\n"));
    CHECK(has("\n[vm]\nvcpus = 2  # --set vm.vcpus=2\nram = \"8GiB\"  # q.toml:1:4\n"));
    CHECK(has("pause = \"100us\"  # default\n"));
    CHECK(has("\n[hosts.both.device]\nvfs = 2  # q.toml:3:8 hosts.both.device.vfs\n"));
    CHECK(has("lanes = 16  # q.toml:6:1\nmps = \"512B\"  # --set hosts.both.link.mps=512B\n"));
    CHECK(has("lanes = 8  # q.toml:4:6 hosts.both.link.lanes\n"));
    CHECK(has("\n[[workload]]\nfio = \"/f/a.fio\"  # q.toml:8:1\n"));

    const LoadedScenario again = load_scenario_text(toml, "config.toml");
    REQUIRE(again.error_text().empty());
    const std::regex origins("  # .*\n");
    CHECK(std::regex_replace(effective_toml(again), origins, "\n") ==
          std::regex_replace(toml, origins, "\n"));
}

TEST_CASE("the schema knows every parameter", "[scenario]") {
    const nlohmann::json schema = nlohmann::json::parse(scenario_schema());
    CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema.at("additionalProperties") == false);
    for (const std::string& path : all_paths(schema_of<Scenario>())) {
        INFO(path);
        const nlohmann::json param = schema_at(schema, path);
        CHECK_FALSE(param.at("description").get<std::string>().empty());
        CHECK_FALSE(param.at("x-source").get<std::string>().empty());
        CHECK(param.contains("default"));
    }
    const nlohmann::json vcpus = schema_at(schema, "vm.vcpus");
    CHECK(vcpus.at("minimum") == 1);
    CHECK(vcpus.at("maximum") == 1024);
    const std::string pattern = schema_at(schema, "vm.pause").at("pattern");
    CHECK(std::regex_match("1.5ms", std::regex(pattern)));
    CHECK_FALSE(std::regex_match("15", std::regex(pattern)));
    CHECK(schema_at(schema, "hosts.both.link.lanes").at("enum") ==
          nlohmann::json({1, 2, 4, 8, 16}));
    CHECK_FALSE(schema_at(schema, "hosts.src.device").at("properties").contains("vfs"));
    CHECK(schema_at(schema, "hosts.both.device").at("properties").contains("vfs"));
}

TEST_CASE("the docs have a row for every parameter", "[scenario]") {
    const std::string docs = scenario_docs();
    CHECK(docs.find("| `ram` | size | `\"4GiB\"` | `\"16MiB\" to \"64TiB\"` | guest memory | "
                    "estimate |\n") != std::string::npos);
    CHECK(docs.find("\n### `hosts.both.device.admin`\n") != std::string::npos);
    CHECK(docs.find("hosts.src.device") == std::string::npos);
    CHECK(docs.find("`hosts.both` stands for `hosts.src` and `hosts.dst`") != std::string::npos);
}
