#include <functional>

#include "tests/catch.hpp"
#include "tests/tidy/functions.hpp"
#include "tests/tidy/includes.hpp"
#include "tests/tidy/text.hpp"

using namespace lmsim::tidy;

namespace {

using Wanted = std::function<bool(const std::string&)>;
using Rule = std::function<std::vector<Finding>(const Source&)>;

void check(const Wanted& wanted, const Rule& rule) {
    std::size_t judged = 0;
    std::string report;
    for (const Source& source : repository(LMSIM_SOURCE_DIR)) {
        if (!wanted(source.path)) {
            continue;
        }
        ++judged;
        for (const Finding& finding : rule(source)) {
            report +=
                finding.path + ":" + std::to_string(finding.line) + ": " + finding.what + "\n";
        }
    }
    INFO(report);
    CHECK(report.empty());
    CHECK(judged > 0);
}

bool is_code(const std::string& path) {
    return !is_data(path) && (is_cpp(path) || is_table(path) || is_script(path));
}

}  // namespace

TEST_CASE("includes follow model -> sim -> viz -> tools") {
    check([](const std::string& path) { return is_cpp(path) || is_table(path); }, bad_includes);
}

TEST_CASE("functions have at most 70 lines") {
    check(is_cpp, [](const Source& source) { return long_functions(source, 70); });
}

TEST_CASE("files have at most 700 lines") {
    check(is_code, [](const Source& source) { return long_file(source, 700); });
}

TEST_CASE("half of the files have at most 150 lines") {
    std::vector<Source> code;
    for (Source& source : repository(LMSIM_SOURCE_DIR)) {
        if (is_cpp(source.path) || is_table(source.path)) {
            code.push_back(std::move(source));
        }
    }
    CHECK(median_lines(code) <= 150);
}

TEST_CASE("lines of code have at most 100 columns") {
    check(is_code, [](const Source& source) { return wide_lines(source, 100); });
}

TEST_CASE("text is tidy: no tabs, no trailing space, ends with one newline") {
    check([](const std::string& path) { return !is_data(path); }, untidy_text);
}

TEST_CASE("the repository names no machine, no package mirror and no unfinished work") {
    check([](const std::string&) { return true; }, forbidden_words);
}
