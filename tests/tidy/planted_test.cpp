// The rules are only worth something if a planted violation of each is found.
#include "tests/catch.hpp"
#include "tests/tidy/functions.hpp"
#include "tests/tidy/includes.hpp"
#include "tests/tidy/text.hpp"

using namespace lmsim::tidy;

namespace {

std::string repeat(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

std::size_t bad(const std::string& path, const std::string& include) {
    return bad_includes({path, "#include " + include + "\n"}).size();
}

std::size_t long_ones(const std::string& text) {
    return long_functions({"sim/a.cpp", text}, 70).size();
}

}  // namespace

TEST_CASE("a function of 71 lines is found, one of 70 is not") {
    // The signature and the closing brace are two of them.
    const std::string signature = GENERATE(
        "void f() {\n", "TEST_CASE(\"x\") {\n", "namespace a {\nstruct B {\nint f() const {\n",
        "template <class T, int N = (1 > 2)>\nauto f(T x = {}) -> std::vector<T> {\n",
        "A::A(int x) : Base(x), a_{x}, b_{1, 2}, c_(3) {\n", "auto f = [](int x) {\n",
        "int a[] = {1, 2};\nstruct S { int x{3}; };\nbool operator()(int x) noexcept {\n",
        "extern \"C\" {\nint f() {\n", "enum class E : int { A, B };\nE f(E e = E{}) {\n");
    CAPTURE(signature);
    const bool two_line_signature = signature.rfind("template", 0) == 0;
    const int body = two_line_signature ? 67 : 68;
    CHECK(long_ones(signature + repeat("    g();\n", body) + "}\n") == 0);
    CHECK(long_ones(signature + repeat("    g();\n", body + 1) + "}\n") == 1);
}

TEST_CASE("what only looks like a function, or its end, does not count") {
    CHECK(long_ones("int table[] = {\n" + repeat("    f(1),\n", 90) + "};\n") == 0);
    CHECK(long_ones("struct A {\n" + repeat("    int f();\n", 90) + "};\n") == 0);
    CHECK(long_ones("namespace a {\n" + repeat("void f() { g(); }\n", 90) + "}\n") == 0);
    CHECK(long_ones("#define A \\\n    f() { \\\n    g()\n" + repeat("int x;\n", 90)) == 0);
    const std::string noise = "    g(\"}\", '}', R\"x(})x\", 1'000);  // }\n    /* } */\n";
    CHECK(long_ones("void f() {\n" + noise + repeat("    g();\n", 70) + "}\n") == 1);
}

TEST_CASE("functions are found with their lines") {
    const auto found =
        functions("struct A {\n    A() : x{1} {}\n\n    int f()\n    {\n    }\n};\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0].first_line == 2);
    CHECK(found[0].length() == 1);
    CHECK(found[1].first_line == 4);
    CHECK(found[1].length() == 3);
}

TEST_CASE("includes against the flow are found") {
    CHECK(bad("model/a.cpp", "\"sim/b.hpp\"") == 1);
    CHECK(bad("sim/a.cpp", "\"viz/b.hpp\"") == 1);
    CHECK(bad("viz/a.cpp", "\"tools/cli/b.hpp\"") == 1);
    CHECK(bad("tools/cli/a.cpp", "\"tests/b.hpp\"") == 1);
    CHECK(bad("model/nvme/a.cpp", "\"b.hpp\"") == 1);
    CHECK(bad("model/nvme/a.cpp", "\"../b.hpp\"") == 1);
    CHECK(bad("sim/a.cpp", "\"model/b.hpp\"") == 0);
    CHECK(bad("viz/a.cpp", "\"viz/b.hpp\"") == 0);
    CHECK(bad("tests/sim/a.cpp", "\"tools/cli/b.hpp\"") == 0);
}

TEST_CASE("libraries in folders that must not know them are found") {
    CHECK(bad("model/a.cpp", "<systemc>") == 1);
    CHECK(bad("model/a.cpp", "<toml++/toml.h>") == 1);
    CHECK(bad("model/a.cpp", "<nlohmann/json.hpp>") == 1);
    CHECK(bad("model/a.cpp", "<chrono>") == 1);
    CHECK(bad("model/a.cpp", "<unistd.h>") == 1);
    CHECK(bad("model/a.cpp", "<thread>") == 1);
    CHECK(bad("model/vfio/a.cpp", "<boost/msm/back/state_machine.hpp>") == 1);
    CHECK(bad("sim/a.cpp", "<CLI/CLI.hpp>") == 1);
    CHECK(bad("sim/a.cpp", "<boost/any.hpp>") == 1);
    CHECK(bad("model/fsm.hpp", "<boost/msm/back/state_machine.hpp>") == 0);
    CHECK(bad("model/explore/a.cpp", "<thread>") == 0);
    CHECK(bad("model/a.cpp", "<fmt/core.h>") == 0);
    CHECK(bad("model/a.cpp", "<cstdint>") == 0);
    CHECK(bad("sim/a.cpp", "<systemc>") == 0);
    CHECK(bad("tools/cli/a.cpp", "<CLI/CLI.hpp>") == 0);
}

TEST_CASE("untidy text is found") {
    CHECK(untidy_text({"a", "a\tb\n"}).size() == 1);
    CHECK(untidy_text({"a", "a \nb\r\n"}).size() == 2);
    CHECK(untidy_text({"a", "a"}).size() == 1);
    CHECK(untidy_text({"a", "a\n\n"}).size() == 1);
    CHECK(untidy_text({"a", ""}).empty());
    CHECK(untidy_text({"a", "a\n\n  b\n"}).empty());
}

TEST_CASE("lines of 101 columns and files of 701 lines are found") {
    CHECK(wide_lines({"a", repeat("x", 100) + "\n"}, 100).empty());
    CHECK(wide_lines({"a", "y\n" + repeat("x", 101) + "\n"}, 100).at(0).line == 2);
    CHECK(wide_lines({"a", repeat("\xC2\xB5", 100) + "\n"}, 100).empty());
    CHECK(long_file({"a", repeat("x\n", 700)}, 700).empty());
    CHECK(long_file({"a", repeat("x\n", 701)}, 700).size() == 1);
    CHECK(median_lines({{"a", "1\n"}, {"b", "1\n2\n3\n"}, {"c", repeat("x\n", 9)}}) == 3);
}

TEST_CASE("forbidden words are found, and words that contain them are not") {
    CHECK(forbidden_words({"a",
                           "see /wo"
                           "rk/x\n"})
              .size() == 1);
    CHECK(forbidden_words({"a",
                           "// TO"
                           "DO: later\n// FIX"
                           "ME\n"})
              .size() == 2);
    CHECK(forbidden_words({"a",
                           "http://deb.deb"
                           "ian.org/x\n"})
              .size() == 1);
    CHECK(forbidden_words({"a",
                           "METHO"
                           "DOLOGY TOD"
                           "O_1 work/ framework/x\n"})
              .empty());
}

TEST_CASE("the repository is read without what builds leave behind") {
    bool readme = false;
    for (const Source& source : repository(LMSIM_SOURCE_DIR)) {
        readme = readme || source.path == "README.md";
        CHECK(source.path.rfind("build/", 0) != 0);
        CHECK(source.path.rfind(".git/", 0) != 0);
    }
    CHECK(readme);
}
