#include "model/spec/rules.hpp"

#include "model/assert.hpp"
#include "model/spec/table.hpp"

namespace lmsim::spec {

Rules::Rules(Ratified) {
    for (std::size_t i = 0; i < row_count; ++i) {
        cells_[i] = ratified(static_cast<Id>(i));
    }
}

Rules Rules::ratified() { return Rules(Ratified{}); }

Rules& Rules::mutable_baseline() {
    static Rules rules = ratified();
    return rules;
}

const Rules& Rules::baseline() { return mutable_baseline(); }

void Rules::set_baseline_for_mutation_tests(const Rules& rules) { mutable_baseline() = rules; }

Rules::Cell Rules::ratified(Id id) {
    const Row& source = row(id);
    // An alternative reading of an open point is a Switch; it is in force when its value says so.
    const bool in_force =
        source.kind == Kind::Switch ? source.value != 0 : source.kind != Kind::Defect;
    return {source.value, source.place.bit, source.place.width,
            static_cast<std::uint16_t>(source.status), in_force ? 1U : 0U};
}

std::uint16_t Rules::status(Id id) const {
    if (row(id).kind == Kind::Status) {
        return static_cast<std::uint16_t>(cell(id).value);
    }
    const std::uint16_t answer = cell(id).status;
    if ((answer & literal_code) != 0) {
        return static_cast<std::uint16_t>(answer & ~literal_code);
    }
    if (answer == index(Id::Count)) {
        return 0;
    }
    return static_cast<std::uint16_t>(cells_[answer].value);
}

void Rules::set_on(Id id, bool on) {
    mutable_cell(id).on = on ? 1 : 0;
    if (row(id).kind == Kind::Switch) {
        mutable_cell(id).value = on ? 1 : 0;
    }
}

void Rules::set_value(Id id, std::uint32_t value) {
    mutable_cell(id).value = value;
    if (row(id).kind == Kind::Switch) {
        mutable_cell(id).on = value != 0 ? 1 : 0;
    }
}

void Rules::set_place(Id id, Place place) {
    LMSIM_ASSERT(place.width != 0);
    mutable_cell(id).bit = place.bit;
    mutable_cell(id).width = place.width;
}

void Rules::set_status(Id id, Id status_row) {
    const Kind kind = row(status_row).kind;
    LMSIM_ASSERT(kind == Kind::Status || kind == Kind::Value);
    mutable_cell(id).status = static_cast<std::uint16_t>(status_row);
}

void Rules::set_status_code(Id id, std::uint16_t code) {
    LMSIM_ASSERT(code < literal_code);
    mutable_cell(id).status = static_cast<std::uint16_t>(literal_code | code);
}

bool Rules::same(const Cell& a, const Cell& b) {
    return a.value == b.value && a.bit == b.bit && a.width == b.width && a.status == b.status &&
           a.on == b.on;
}

bool Rules::overlaid(Id id) const { return !same(cell(id), ratified(id)); }

bool operator==(const Rules& a, const Rules& b) {
    for (std::size_t i = 0; i < row_count; ++i) {
        if (!Rules::same(a.cells_[i], b.cells_[i])) {
            return false;
        }
    }
    return true;
}

std::optional<Id> find(std::string_view name_or_symbol) {
    for (const Row& candidate : table) {
        if (candidate.name == name_or_symbol || candidate.symbol == name_or_symbol) {
            return candidate.id;
        }
    }
    return std::nullopt;
}

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::Opcode: return "opcode";
        case Kind::Status: return "status";
        case Kind::Field: return "field";
        case Kind::Layout: return "layout";
        case Kind::Size: return "size";
        case Kind::Value: return "value";
        case Kind::Limit: return "limit";
        case Kind::Condition: return "condition";
        case Kind::Behaviour: return "behaviour";
        case Kind::Switch: return "switch";
        case Kind::Arc: return "arc";
        case Kind::Defect: return "defect";
    }
    return "?";
}

}  // namespace lmsim::spec
