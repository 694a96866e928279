#pragma once

#include <cstddef>
#include <cstdint>

namespace lmsim::spec {

/// Every row of the specification. The rows stand in model/spec/rows/*.def, each once.
enum class Id : std::uint16_t {
#define LMSIM_ROW(symbol, name, kind, title, source, section, value, place, status) symbol,
#include "model/spec/rows/all.def"
#undef LMSIM_ROW
    Count
};

constexpr std::size_t row_count = static_cast<std::size_t>(Id::Count);

constexpr std::size_t index(Id id) { return static_cast<std::size_t>(id); }

}  // namespace lmsim::spec
