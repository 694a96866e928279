#include "model/spec/table.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/spec/codes.hpp"
#include "model/spec/rules.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;
using spec::Kind;
using spec::Row;

TEST_CASE("rows stand at the index of their id") {
    for (std::size_t i = 0; i < spec::row_count; ++i) {
        CHECK(spec::index(spec::table[i].id) == i);
    }
}

TEST_CASE("requirement ids and symbols are unique") {
    std::set<std::string_view> names;
    std::set<std::string_view> symbols;
    for (const Row& row : spec::table) {
        CAPTURE(row.name, row.symbol);
        CHECK(names.insert(row.name).second);
        CHECK(symbols.insert(row.symbol).second);
    }
}

TEST_CASE("every row says what it states and where that is written") {
    for (const Row& row : spec::table) {
        CAPTURE(row.symbol);
        CHECK(!row.name.empty());
        CHECK(!row.title.empty());
        CHECK(!row.document.empty());
        CHECK(!row.section.empty());
        CHECK(std::all_of(row.name.begin(), row.name.end(), [](unsigned char c) {
            return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '-';
        }));
    }
}

TEST_CASE("a row fills the columns of its kind") {
    for (const Row& row : spec::table) {
        CAPTURE(row.name);
        const bool placed = row.kind == Kind::Field || row.kind == Kind::Layout;
        CHECK((row.place.width != 0) == placed);
        if (row.kind == Kind::Field) {
            CHECK(row.place.end_byte() <= 64);
        }
        if (row.kind == Kind::Opcode) {
            CHECK(row.value <= 0xFF);
        }
        if (row.kind == Kind::Status) {
            CHECK(row.value <= 0x7FF);
        }
        if (row.status != Id::Count) {
            CHECK(row.kind == Kind::Condition);
            const Kind answer = spec::row(row.status).kind;  // a status, or VFIO's errno
            CHECK((answer == Kind::Status || answer == Kind::Value));
        }
    }
}

TEST_CASE("no two opcodes of a set and no two statuses are equal") {
    std::set<std::tuple<Kind, std::string_view, std::uint32_t>> seen;
    for (const Row& row : spec::table) {
        if (row.kind == Kind::Opcode || row.kind == Kind::Status) {
            CAPTURE(row.name);
            CHECK(seen.insert({row.kind, row.name.substr(0, 6), row.value}).second);
        }
    }
}

TEST_CASE("rows of one kind of code are sorted") {
    const auto sorted = [](std::string_view prefix) {
        std::vector<std::uint32_t> values;
        for (const Row& row : spec::table) {
            if (row.name.substr(0, prefix.size()) == prefix) {
                values.push_back(row.value);
            }
        }
        return !values.empty() && std::is_sorted(values.begin(), values.end());
    };
    CHECK(sorted("OP-ADM-"));
    CHECK(sorted("OP-NVM-"));
    CHECK(sorted("ST-"));
}

TEST_CASE("codes have names") {
    CHECK(spec::status::InvalidControllerId == 0x11F);
    CHECK(spec::opcode::AdminMigrationSend == 0x41);
    CHECK(spec::status_name(0x13A) == "Controller Not Suspended");
    CHECK(spec::status_name(0x7FF) == "unknown status");
    CHECK(spec::admin_opcode_name(0x42) == "Migration Receive");
    CHECK(spec::admin_opcode_name(0x43) == "unknown opcode");
    CHECK(spec::nvm_opcode_name(0x02) == "Read");
    CHECK(spec::nvm_opcode_name(0x41) == "unknown opcode");
}

TEST_CASE("every kind has a name") {
    for (const Row& row : spec::table) {
        CHECK(spec::to_string(row.kind) != "?");
    }
}
