#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "model/spec/table.hpp"
#include "tests/catch.hpp"

using namespace lmsim;

namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Adds what follows each `marker` ("Id::"), with `prefix` before it.
void collect(const std::string& text, const std::string& marker, const std::string& prefix,
             std::set<std::string>& names) {
    for (std::size_t at = 0; (at = text.find(marker, at)) != std::string::npos;) {
        at += marker.size();
        std::size_t end = at;
        while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) {
            ++end;
        }
        names.insert(prefix + text.substr(at, end - at));
    }
}

/// The rows that the code of model/ and sim/ names.
std::set<std::string> named_by_code() {
    std::set<std::string> names;
    for (const char* folder : {"/model", "/sim"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 std::string(LMSIM_SOURCE_DIR) + folder)) {
            const std::string extension = entry.path().extension();
            if (extension == ".cpp" || extension == ".hpp" || extension == ".inc") {
                const std::string text = text_of(entry.path());
                collect(text, "Id::", "", names);
                collect(text, "status::", "Status", names);
                collect(text, "opcode::", "Opcode", names);
                collect(text, "Errno::", "Errno", names);
            }
        }
    }
    return names;
}

}  // namespace

TEST_CASE("no row is an orphan: code or another row names it") {
    std::set<std::string> names = named_by_code();
    for (const spec::Row& row : spec::table) {
        if (row.status != spec::Id::Count) {
            names.insert(std::string(spec::row(row.status).symbol));
        }
    }
    for (const spec::Row& row : spec::table) {
        // Statuses that no rule here answers with still name what other devices answer.
        if (row.kind != spec::Kind::Status) {
            CAPTURE(row.name, row.title);
            CHECK(names.count(std::string(row.symbol)) == 1);
        }
    }
}
