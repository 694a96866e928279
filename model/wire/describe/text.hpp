#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <string_view>

namespace lmsim::wire::describe {

/// A sentence of bounded length on the stack; what does not fit is cut off.
class Text {
  public:
    static constexpr std::size_t capacity = 240;

    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        add_formatted(format, fmt::make_format_args(args...));
    }
    void clear() { size_ = 0; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {data_, size_}; }

  private:
    // Once for all: to compile what formats in each file that adds words took most of its time.
    void add_formatted(fmt::string_view format, fmt::format_args args);

    char data_[capacity];
    std::size_t size_ = 0;
};

}  // namespace lmsim::wire::describe
