#include "tools/runs/settings.hpp"

#include "sim/scenario/toml.hpp"
#include "tests/catch.hpp"

namespace lmsim::runs {

TEST_CASE("keys are found as they are written", "[runs]") {
    REQUIRE(find_param("vmm.engine") != nullptr);
    CHECK(find_param("vmm.engine")->name == "engine");
    CHECK(find_param("hosts.both.driver.ioctl") == find_param("hosts.src.driver.ioctl"));
    CHECK(find_param("workload[3].start") != nullptr);
    for (const char* key : {"", "vmm", "vmm.", "vmm.engin", "engine", "hosts.each.driver.ioctl",
                            "workload.start.x", "vmm[0].engine", "."}) {
        INFO(key);
        CHECK(find_param(key) == nullptr);
    }
    CHECK(unknown_key("vmm.engin") == "unknown key \"vmm.engin\"; did you mean \"vmm.engine\"?");
}

TEST_CASE("an axis has the values that are given, or all that there are", "[runs]") {
    const auto values = [](const std::string& text) {
        const auto axis = read_axis(text);
        INFO(text << ": " << (axis ? "" : axis.error()));
        REQUIRE(axis);
        return axis.value().values;
    };
    using Values = std::vector<std::string>;
    CHECK(values("carry.msix") == Values{"vmm", "none"});
    CHECK(values("hosts.both.driver.p2p") == Values{"false", "true"});
    CHECK(values("hosts.both.device.block") == Values{"512B", "4KiB"});
    CHECK(values("vmm.downtime_limit=300ms,1s") == Values{"300ms", "1s"});
    CHECK(values("hosts.both.device.admin.suspend=1us,{min = \"1us\", max = \"2us\"},'3us'") ==
          Values{"1us", "{min = \"1us\", max = \"2us\"}", "'3us'"});
    CHECK(values("workload[0].vf=[0, 1],all") == Values{"[0, 1]", "all"});
    CHECK(values("include=a.toml,b.toml") == Values{"a.toml", "b.toml"});
}

TEST_CASE("an axis that is none says what is wrong with it", "[runs]") {
    struct Bad {
        const char* text;
        const char* message;
    };
    for (const Bad& bad :
         {Bad{"vmm.engin=a", "did you mean \"vmm.engine\""},
          Bad{"vmm.downtime_limit", "has no short list of values (it is a time)"},
          Bad{"vmm.engine=", "an empty value"}, Bad{"vmm.engine=a,,b", "an empty value"},
          Bad{"vmm.engine=a,b,a", "\"a\" stands twice"}, Bad{"include", "expected include=A,B,..."},
          Bad{"", "unknown key"}}) {
        INFO(bad.text);
        const auto axis = read_axis(bad.text);
        REQUIRE(!axis);
        CHECK(axis.error().find(bad.message) != std::string::npos);
    }
}

TEST_CASE("combinations count like a clock", "[runs]") {
    const auto all = combinations({{"a", {"1", "2"}}, {"b", {"x", "y", "z"}}});
    REQUIRE(all.size() == 6);
    CHECK(all[1][0].text() == "a=1");
    CHECK(all[1][1].text() == "b=y");
    CHECK(all[3][0].text() == "a=2");
    CHECK(all[3][1].text() == "b=x");
    CHECK(combinations({}).size() == 1);
}

TEST_CASE("values of a file become options that mean the same", "[runs]") {
    const sim::TomlText toml = sim::parse_toml(
        "a = 1\nb = \"5us\"\nc = [1, \"x\"]\nd = {min = \"1us\", max = \"2us\"}\ne = true\n", "t");
    REQUIRE(toml.ok);
    std::vector<std::string> texts;
    for (const auto& member : toml.root.members) {
        texts.push_back(value_text(member.value));
    }
    CHECK(texts == std::vector<std::string>{"1", "\"5us\"", "[1, \"x\"]",
                                            "{min = \"1us\", max = \"2us\"}", "true"});
}

}  // namespace lmsim::runs
