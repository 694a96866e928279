#include "viz/diagram/graphviz.hpp"

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/catch.hpp"
#include "viz/diagram/topology.hpp"

using namespace lmsim::viz;

namespace {

/// Is Graphviz here? If not, says that a test is left out.
bool has_graphviz() {
    const bool here = render("digraph { a }", "svg").outcome != Rendered::Outcome::NoProgram;
    if (!here) {
        WARN("left out: Graphviz's program dot is not installed");
    }
    return here;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Graphviz draws each golden diagram without a warning", "[diagram]") {
    if (!has_graphviz()) {
        return;
    }
    std::size_t drawn = 0;
    const std::string folder = LMSIM_SOURCE_DIR "/tests/viz/diagram/golden";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".dot") {
            const Rendered rendered = render(read_file(entry.path()), "svg");
            INFO(entry.path());
            CHECK(rendered.said == "");
            CHECK(rendered.outcome == Rendered::Outcome::Drawn);
            CHECK(rendered.picture.find("</svg>") != std::string::npos);
            ++drawn;
        }
    }
    CHECK(drawn >= 20);
}

TEST_CASE("a hostile name is shown by Graphviz, never interpreted", "[diagram]") {
    if (!has_graphviz()) {
        return;
    }
    lmsim::sim::Scenario scenario;
    scenario.name = "<b>x</b> \\N \\\\G \"]; q -> r; <script>1</script> &lt;\x1b[2J\n\xff";
    const Rendered rendered = render(dot(topology(scenario, "s.toml")), "svg");
    INFO(rendered.picture.substr(0, 2000));
    CHECK(rendered.said == "");
    CHECK(rendered.picture.find("&lt;b&gt;x&lt;/b&gt; ") != std::string::npos);
    CHECK(rendered.picture.find("&lt;script&gt;") != std::string::npos);
    CHECK(rendered.picture.find("&amp;lt;") != std::string::npos);
    CHECK(rendered.picture.find("<script") == std::string::npos);
    CHECK(rendered.picture.find(">\\</text>") != std::string::npos);
    CHECK(rendered.picture.find("topology</text>") == std::string::npos);
    CHECK(rendered.picture.find('\x1b') == std::string::npos);
    CHECK(rendered.picture.find("<title>q") == std::string::npos);
}

TEST_CASE("an SVG tells what it was drawn from", "[diagram]") {
    if (!has_graphviz()) {
        return;
    }
    const std::string text = "digraph { a -> b }";
    const std::string picture = render(text, "svg").picture;
    CHECK(picture.find("<!-- " + source_mark(text) + " -->\n") != std::string::npos);
    CHECK(source_mark(text) != source_mark(text + " "));
    CHECK(source_mark("") == "lmsim source cbf29ce484222325");
    CHECK(render(text, "png").picture.substr(1, 3) == "PNG");
}

TEST_CASE("what Graphviz cannot draw is an error with its words", "[diagram]") {
    if (!has_graphviz()) {
        return;
    }
    const Rendered rendered = render("digraph { a -> ", "svg");
    CHECK(rendered.outcome == Rendered::Outcome::Failed);
    CHECK(rendered.said.find("syntax error") != std::string::npos);
}

TEST_CASE("without Graphviz the outcome says so", "[diagram]") {
    setenv("PATH", "/nonexistent", 1);
    const Rendered rendered = render("digraph { a }", "svg");
    CHECK(rendered.outcome == Rendered::Outcome::NoProgram);
    CHECK(rendered.picture.empty());
}

TEST_CASE("a program that reads nothing, or says a lot, hangs nobody", "[diagram]") {
    std::string folder = (std::filesystem::temp_directory_path() / "lmsim-dot-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    const std::string program = folder + "/dot";
    const auto pretend = [&](const std::string& script) {
        std::ofstream(program) << "#!/bin/sh\n" << script;
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    };
    setenv("PATH", (folder + ":/usr/bin:/bin").c_str(), 1);
    const std::string large(1U << 20U, 'x');
    pretend("exit 3\n");
    CHECK(render(large, "svg").outcome == Rendered::Outcome::Failed);
    pretend("head -c 300000 /dev/zero >&2; cat > /dev/null; echo picture\n");
    const Rendered chatty = render(large, "svg");
    CHECK(chatty.outcome == Rendered::Outcome::Drawn);
    CHECK(chatty.said.size() == 300000);
    pretend("cat\n");
    CHECK(render(large, "png").picture == large);
    pretend("kill -9 $$\n");
    CHECK(render("digraph { a }", "svg").outcome == Rendered::Outcome::Failed);
    std::filesystem::remove_all(folder);
}
