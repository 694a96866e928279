#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lmsim::sim::fio {

/// A place in a file the user wrote. Line and column count from 1 (a column is a byte); 0 is
/// "none".
struct Where {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// The user's mistake in a job file or I/O log. what() is the whole message:
/// "jobs.fio:3:8: what is wrong; expected ...; did you mean 'x'?"
class InputError : public std::runtime_error {
  public:
    InputError(std::string file, Where where, const std::string& message);

    const std::string& file() const { return file_; }
    Where where() const { return where_; }

  private:
    std::string file_;
    Where where_;
};

/// "; did you mean "x"?" for the nearest candidate that is near enough; otherwise empty.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace lmsim::sim::fio
