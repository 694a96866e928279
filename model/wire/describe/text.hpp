#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

namespace lmsim::wire::describe {

/// A sentence of bounded length on the stack; what does not fit is cut off.
class Text {
  public:
    static constexpr std::size_t capacity = 240;

    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        const auto done =
            fmt::format_to_n(data_ + size_, capacity - size_, format, std::forward<Args>(args)...);
        size_ = size_ + done.size < capacity ? size_ + done.size : capacity;
    }
    void clear() { size_ = 0; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {data_, size_}; }

  private:
    char data_[capacity];
    std::size_t size_ = 0;
};

}  // namespace lmsim::wire::describe
