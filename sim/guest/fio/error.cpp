#include "sim/guest/fio/error.hpp"

#include <utility>

#include <fmt/format.h>

#include "sim/core/text.hpp"

namespace lmsim::sim::fio {

namespace {

std::string located(const std::string& file, Where where, const std::string& message) {
    if (where.line == 0) {
        return fmt::format("{}: {}", file, message);
    }
    if (where.column == 0) {
        return fmt::format("{}:{}: {}", file, where.line, message);
    }
    return fmt::format("{}:{}:{}: {}", file, where.line, where.column, message);
}

}  // namespace

InputError::InputError(std::string file, Where where, const std::string& message)
    : std::runtime_error(located(file, where, message)), file_(std::move(file)), where_(where) {}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
    constexpr std::size_t longest = 64;  // bounds the work
    if (name.size() > longest) {
        return {};
    }
    const std::string found =
        nearest(name, std::vector<std::string>(candidates.begin(), candidates.end()));
    return found.empty() ? found : fmt::format("; did you mean {}?", in_quotes(found));
}

}  // namespace lmsim::sim::fio
