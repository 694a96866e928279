#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lmsim::runs {

/// How a figure is counted.
enum class Unit : std::uint8_t { Text, Note, Count, Bytes, Picoseconds, Nanoseconds, Milliseconds };

/// Whether a comparison prints it: always, if it is anything but 0 somewhere, if it is not the same
/// everywhere, or never.
enum class Shown : std::uint8_t { Always, IfAny, IfDifferent, Never };

/// One figure of a run: a row of `lmsim compare`, a column of `lmsim sweep`.
struct Figure {
    std::string name;   // of the column: "downtime_ps"
    std::string title;  // in words, without the unit
    Unit unit = Unit::Count;
    Shown shown = Shown::IfAny;
    /// Where it stands in result.json: a JSON pointer, "part:drain" (a part of the downtime),
    /// "vf:last:ready_ps" (of the last VF), "access:host memory" (who can reach it) or
    /// "list:/host/cannot:what" (these texts of a list).
    std::string source;
};

/// All of them, in their order.
const std::vector<Figure>& figures();

/// Is it the downtime, or a part of it?
bool is_downtime(const Figure& figure);

/// Its value in a result.json: a number, a text, or null if the run has none. A list counts its
/// entries. A migration that ended otherwise than completed before its guest stood still has no
/// downtime: 0 would be the best of all.
nlohmann::ordered_json value_of(const Figure& figure, const nlohmann::ordered_json& result);

}  // namespace lmsim::runs
