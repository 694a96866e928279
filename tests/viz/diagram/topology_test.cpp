#include "viz/diagram/topology.hpp"

#include "sim/scenario/load.hpp"
#include "tests/catch.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/viz/diagram/dot_reader.hpp"

using namespace lmsim;
using namespace lmsim::viz;
using namespace lmsim::viz::test;

namespace {

Topology topology_of(const std::string& text, const std::vector<std::string>& set = {}) {
    const sim::LoadedScenario loaded = sim::load_scenario_text(text, "s.toml", set);
    INFO(loaded.error_text());
    REQUIRE(loaded.ok());
    return topology(loaded.scenario, "s.toml");
}

std::string label(const DotGraph& graph, const std::string& node) {
    return shown(graph.nodes.at(node).at("label"));
}

}  // namespace

TEST_CASE("the topology of the quickstart is the golden one", "[diagram]") {
    const sim::LoadedScenario loaded =
        sim::load_scenario(LMSIM_SOURCE_DIR "/scenarios/quickstart.toml");
    REQUIRE(loaded.ok());
    const Topology picture = topology(loaded.scenario, "quickstart.toml");
    lmsim::tests::check_golden("tests/viz/diagram/golden/topology.dot", dot(picture));
    lmsim::tests::check_golden("tests/viz/diagram/golden/topology.mmd", mermaid(picture));
    lmsim::tests::check_golden("tests/viz/diagram/golden/topology.puml", plantuml(picture));
}

TEST_CASE("a topology tells the parameters of the effective scenario", "[diagram]") {
    const Topology picture = topology_of(
        "[hosts.both.device]\nvfs = 2\nqueue_pairs = 3\nqueue_size = 64\n"
        "completion_queue_size = 32\n[hosts.both.device.admin]\ndepth = 16\n"
        "[hosts.dst.link]\nlanes = 8\n[hosts.src.driver]\npre_copy = true\n",
        {"channel.bandwidth=100Gbit/s"});
    const DotGraph graph = read_dot(dot(picture));
    CHECK(label(graph, "src_vf1") == "VF 1 3 queue pairs SQ: 64 entries CQ: 32 entries 4 vectors");
    CHECK(graph.nodes.count("src_vf2") == 0);
    CHECK(label(graph, "dst_pf").find("admin queue: 16 entries") != std::string::npos);
    CHECK(label(graph, "dst_pcie").find("PCIe 4.0 x8") == 0);
    CHECK(label(graph, "src_pcie").find("PCIe 4.0 x4") == 0);
    std::size_t found = 0;
    for (const DotEdge& edge : graph.edges) {
        if (edge.from == "src_vmm" && edge.to == "dst_vmm") {
            ++found;
            CHECK(shown(edge.attributes.at("label")).find("100Gbit/s") != std::string::npos);
        }
        if (edge.from == "src_vmm" && edge.to == "src_driver") {
            ++found;
            CHECK(shown(edge.attributes.at("label")) == "VFIO: STOP_COPY, P2P, PRE_COPY");
        }
        CHECK(graph.nodes.count(edge.from) == 1);
        CHECK(graph.nodes.count(edge.to) == 1);
    }
    CHECK(found == 2);
}

TEST_CASE("many VFs are one box, and a shared namespace is one", "[diagram]") {
    const DotGraph graph = read_dot(dot(topology_of(
        "", {"hosts.both.device.vfs=256", "hosts.both.device.max_vfs=256",
             "hosts.both.device.queue_pairs=2", "hosts.both.device.private_namespaces=false"})));
    CHECK(label(graph, "src_vf0").find("VF 0 to VF 255 each: 2 queue pairs") == 0);
    CHECK(graph.nodes.count("src_vf1") == 0);
    CHECK(graph.nodes.count("src_ns") == 1);
    CHECK(graph.nodes.count("src_ns0") == 0);
}

TEST_CASE("a scenario's name is shown and never interpreted", "[diagram]") {
    const std::string name = "<b>&amp;\\\"]; x -> y;\\n\\u001b[2J%date()%{{#9829;";
    const Topology picture = topology_of("name = \"" + name + "\"\ndescription = \"<i>\\\\N\"\n");
    const DotGraph graph = read_dot(dot(picture));
    CHECK(shown(graph.attributes.at("label")) ==
          "<b>&amp;\"]; x -> y;\\n\\u001B[2J%date()%{{#9829; <i>\\N  ");
    CHECK(graph.nodes.count("y") == 0);
    const std::string graph_text = mermaid(picture);
    CHECK(graph_text.find("<b>") == std::string::npos);
    CHECK(graph_text.find("9829;") == std::string::npos);
    const std::string uml = plantuml(picture);
    CHECK(uml.find("<b>") == std::string::npos);
    CHECK(uml.find('%') == std::string::npos);
    for (const std::string& text : {graph_text, uml}) {
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find("u001B") != std::string::npos);
    }
}

TEST_CASE("a scenario without a name is called after its file", "[diagram]") {
    CHECK(topology_of("").title == "s.toml");
    CHECK(topology_of("name = \"x\"").title == "x");
}
