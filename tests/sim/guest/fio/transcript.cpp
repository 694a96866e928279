#include "tests/sim/guest/fio/transcript.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/catch.hpp"

namespace lmsim::tests {

namespace {

struct Case {
    std::string before;  // comments and blank lines
    std::string input;   // as in the file, with "> "
    std::string text;    // what the input says
    std::string answer;
};

std::vector<Case> cases_of(std::istream& file, std::string& tail) {
    std::vector<Case> cases;
    std::string line;
    std::string before;
    bool inside = false;
    while (std::getline(file, line)) {
        const std::string start = line.substr(0, 2);
        if (start == "> ") {
            if (!inside) cases.push_back({before, {}, {}, {}});
            inside = true;
            before.clear();
            cases.back().input += line + "\n";
            cases.back().text += line.substr(2) + "\n";
        } else if (start == "< ") {
            REQUIRE(!cases.empty());
            cases.back().answer = line.substr(2);
            inside = false;
        } else {
            before += line + "\n";
            inside = false;
        }
    }
    tail = before;
    return cases;
}

}  // namespace

void check_transcript(const std::string& path,
                      const std::function<std::string(const std::string&)>& answer) {
    std::ifstream file(path);
    REQUIRE(file);
    std::string tail;
    const std::vector<Case> cases = cases_of(file, tail);
    REQUIRE(!cases.empty());
    std::ostringstream rewritten;
    for (const Case& one : cases) {
        const std::string now = answer(one.text);
        rewritten << one.before << one.input << "< " << now << "\n";
        if (std::getenv("LMSIM_REWRITE") == nullptr) {
            INFO(one.text);
            CHECK(now == one.answer);
        }
    }
    if (std::getenv("LMSIM_REWRITE") != nullptr) {
        std::ofstream(path) << rewritten.str() << tail;
    }
}

}  // namespace lmsim::tests
