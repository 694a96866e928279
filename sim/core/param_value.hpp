#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lmsim::sim {

/// Where a value was written: in a file (line and column from 1), or as an option of the command
/// line.
struct Position {
    std::string file;
    std::string option;  // "--set vm.ram=1GiB" or "--seed 3"; then there is no file
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    bool known() const { return !option.empty() || line != 0; }
    /// "file:line:column", the option, or the file alone.
    std::string text() const;
};

/// A value as the user wrote it, before anything is known about the parameter it is for.
struct Value {
    enum class Type : std::uint8_t { Boolean, Integer, Real, Text, Moment, Array, Table };
    struct Member;

    Type type = Type::Text;
    bool boolean = false;
    std::int64_t integer = 0;
    std::string text;             // of a Text; of other scalars as written
    std::vector<Value> items;     // of an Array
    std::vector<Member> members;  // of a Table, in the order of the file
    Position where;
};

/// A key of a table, where it stands, and its value.
struct Value::Member {
    std::string name;
    Position where;
    Value value;
};

/// "a string", "an integer": for messages.
const char* type_phrase(Value::Type type);

/// One thing that is wrong with what the user gave.
struct Diagnostic {
    Position where;
    std::string message;

    /// "q.toml:3:9: vm.pause: ..."
    std::string text() const { return where.text() + ": " + message; }
};

}  // namespace lmsim::sim
