#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "model/spec/row.hpp"

namespace lmsim::spec {

/// The rows in force: the baseline when default-constructed, plus overlays. Trivially copyable, so
/// that a dialect, a mutant or a "what if" is a value and not a build.
class Rules {
  public:
    /// The baseline: the ratified standard, unless a test program has set a mutant of it.
    Rules() : Rules(baseline()) {}

    /// The ratified standard, whatever the baseline is.
    static Rules ratified();

    /// What default construction copies.
    static const Rules& baseline();

    /// For the mutation tests alone, before anything of the model runs: every Rules() of this
    /// process is a copy of this one from now on.
    static void set_baseline_for_mutation_tests(const Rules& rules);

    /// Is the row in force? A Condition that is off is not tested, a Behaviour not shown.
    bool on(Id id) const { return cell(id).on != 0; }

    /// The number of an Opcode, Status, Size, Value, Limit or Switch row.
    std::uint32_t value(Id id) const { return cell(id).value; }

    /// SCT << 8 | SC that a Condition answers with, or a Status row's own code. 0 = success where
    /// the row states none.
    std::uint16_t status(Id id) const;

    /// Where a Field or Layout row stands.
    Place place(Id id) const { return {cell(id).bit, cell(id).width}; }

    /// The byte in which a Field or Layout row begins.
    std::uint32_t offset(Id id) const { return cell(id).bit / 8; }

    /// A Switch is on exactly when its value is not 0: either setter moves both.
    void set_on(Id id, bool on);
    void set_value(Id id, std::uint32_t value);
    void set_place(Id id, Place place);
    /// Answers with the code of a Status row (or a Value row: an errno), itself open to overlays.
    void set_status(Id id, Id status_row);
    /// Answers with this code, which no row has to name. 15 bits.
    void set_status_code(Id id, std::uint16_t code);

    /// Makes the row what it is in `from`.
    void take(Id id, const Rules& from) { mutable_cell(id) = from.cell(id); }

    /// Does the row differ from the ratified standard?
    bool overlaid(Id id) const;

    friend bool operator==(const Rules& a, const Rules& b);
    friend bool operator!=(const Rules& a, const Rules& b) { return !(a == b); }

  private:
    struct Cell {
        std::uint32_t value;
        std::uint32_t bit;
        std::uint16_t width;
        std::uint16_t status;  // an Id, or literal_code | code
        std::uint32_t on;
    };
    static constexpr std::uint16_t literal_code = 0x8000;

    struct Ratified {};
    explicit Rules(Ratified);
    static Cell ratified(Id id);
    static Rules& mutable_baseline();
    static bool same(const Cell& a, const Cell& b);
    const Cell& cell(Id id) const { return cells_[index(id)]; }
    Cell& mutable_cell(Id id) { return cells_[index(id)]; }

    Cell cells_[row_count];
};
static_assert(std::is_trivially_copyable_v<Rules>);

/// The row with this requirement id ("LM-SUSP-03") or enumerator ("SuspendStopsFetching").
std::optional<Id> find(std::string_view name_or_symbol);

}  // namespace lmsim::spec
