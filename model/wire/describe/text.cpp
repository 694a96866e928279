#include "model/wire/describe/text.hpp"

#include <fmt/format.h>

namespace lmsim::wire::describe {

void Text::add_formatted(fmt::string_view format, fmt::format_args args) {
    const auto done = fmt::vformat_to_n(data_ + size_, capacity - size_, format, args);
    size_ = size_ + done.size < capacity ? size_ + done.size : capacity;
}

}  // namespace lmsim::wire::describe
