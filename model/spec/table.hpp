#pragma once

#include "model/spec/documents.hpp"
#include "model/spec/row.hpp"

namespace lmsim::spec {

namespace detail {

using namespace document;  // rows name their documents plainly

inline constexpr Row table[] = {
#define LMSIM_ROW(symbol, name, kind, title, source, section, value, place, status) \
    {Id::symbol, Kind::kind, #symbol, name, title, source, section, value, place, Id::status},
#include "model/spec/rows/all.def"
#undef LMSIM_ROW
};
static_assert(sizeof(table) / sizeof(table[0]) == row_count);

}  // namespace detail

/// All rows, indexed by Id.
inline constexpr auto& table = detail::table;

constexpr const Row& row(Id id) { return detail::table[index(id)]; }

}  // namespace lmsim::spec
