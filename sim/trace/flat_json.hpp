#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lmsim::sim::trace {

/// Reads one line that is a JSON object, member by member and without allocation for most of them:
/// general JSON libraries take longer for a trace than the run that wrote it. Values that are
/// objects or arrays are checked and passed over. Any bytes are safe.
class FlatJson {
  public:
    enum class Type : std::uint8_t { Null, Integer, Text, Other };

    /// A member's value.
    struct Value {
        Type type = Type::Null;
        bool negative = false;     // of an integer
        std::uint64_t number = 0;  // its magnitude
        std::string_view text;     // of a text, without escapes; as long as the line is read
        const char* at = nullptr;  // where it begins in the line
    };

    /// A line without its newline. It must stay until the last next().
    void start(std::string_view line);
    /// The next member. False at the end of the object, or if the line is wrong: see what().
    bool next(std::string_view& key, Value& value);

    /// Empty as long as the line is well; at which byte it is not, from 1.
    const std::string& what() const { return what_; }
    std::size_t column() const { return column_; }
    /// Says what is wrong at a place in the line. Returns false.
    bool wrong(const char* at, std::string what);

  private:
    bool value(Value& into);
    bool number(Value& into);
    bool fraction();
    bool some_digits();
    bool text(std::string_view& into);
    bool escaped_text(const char* begin, std::string_view& into);
    bool escape();
    bool unit(std::uint32_t& into);
    void append_utf8(std::uint32_t code);
    bool literal(std::string_view word);
    bool pass_over_value(unsigned depth);
    bool ends();
    bool here(char c) const { return at_ != end_ && *at_ == c; }
    bool take(char c);
    void skip_space();

    const char* begin_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    bool first_ = true;
    std::string what_;
    std::size_t column_ = 0;
    std::string scratch_;  // texts without their escapes; has room for the line, so never moves
};

}  // namespace lmsim::sim::trace
