#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/metrics/result.hpp"

namespace lmsim::runs {

/// One cell of a row.
struct RowCell {
    enum class Kind : std::uint8_t { Null, Integer, Real, Text };

    Kind kind = Kind::Null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view text;
};

/// Appends the values of figures(), in their order, in a form for CellReader alone: the same values
/// that value_of() finds in result.json, at a hundredth of the price.
void append_figures(const sim::metrics::Result& result, std::string& out);

/// Reads such cells one after the other; what is not there is null.
class CellReader {
  public:
    /// `cells` must outlive what is read.
    explicit CellReader(std::string_view cells) : rest_(cells) {}
    RowCell next();

  private:
    template <class T>
    T take();

    std::string_view rest_;
};

}  // namespace lmsim::runs
