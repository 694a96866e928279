#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/guest/fio/error.hpp"

namespace lmsim::sim::fio {

/// Reads a whole text file of at most `limit` bytes. Throws InputError if it cannot be read, is
/// larger (nothing beyond the limit is read), is empty, has NUL bytes or is not UTF-8.
std::string read_text(const std::string& path, std::size_t limit);

/// The same checks for text that is in memory already; `name` stands in the messages.
void check_text(const std::string& name, std::string_view text, std::size_t limit);

/// Walks over the lines of a text; '\n' and "\r\n" end a line. A line over `longest_line` bytes is
/// an InputError: fio itself would cut it in two.
class Lines {
  public:
    static constexpr std::size_t longest_line = 4095;

    Lines(std::string name, std::string_view text) : name_(std::move(name)), rest_(text) {}

    /// False at the end of the text.
    bool next(std::string_view& line);

    std::uint32_t number() const { return number_; }

    /// True if the last line returned had no '\n': the end of a file that may have been cut off.
    bool unterminated() const { return unterminated_; }

  private:
    std::string name_;
    std::string_view rest_;
    std::uint32_t number_ = 0;
    bool unterminated_ = false;
};

inline bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace lmsim::sim::fio
