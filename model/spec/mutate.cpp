#include "model/spec/mutate.hpp"

#include "model/assert.hpp"
#include "model/spec/table.hpp"

namespace lmsim::spec {

namespace {

constexpr std::uint32_t size_step = 4;  // structures stay a whole number of dwords

std::uint32_t other_value(Kind kind, std::uint32_t value) {
    switch (kind) {
        case Kind::Opcode: return value ^ 0x80;  // the direction of the data stays
        case Kind::Status: return value ^ 0x40;  // no other row's code
        case Kind::Value: return value ^ 1;      // stays within the narrowest field
        case Kind::Size: return value + size_step;
        case Kind::Limit: return value + 1;
        case Kind::Switch: return value != 0 ? 0 : 1;
        default: LMSIM_ASSERT(false); return value;
    }
}

}  // namespace

Place moved(Kind kind, Place place) {
    // A field of a command stays within a dword, as any dialect's would; one of a structure within
    // its byte, if it is smaller than that. What fills its unit moves to the neighbouring unit.
    const std::uint32_t unit = kind == Kind::Field ? 32 : 8;
    const std::uint32_t first = place.bit % unit;
    if (place.width >= unit || first + place.width > unit) {
        const bool back = kind == Kind::Field && place.bit >= unit;
        return {back ? place.bit - unit : place.bit + unit, place.width};
    }
    const bool room_above = first + place.width < unit;
    return {room_above ? place.bit + 1 : place.bit - 1, place.width};
}

void mutate(Rules& rules, Id id) {
    const Row& source = row(id);
    switch (source.kind) {
        case Kind::Condition:
        case Kind::Behaviour:
        case Kind::Arc: return rules.set_on(id, false);
        case Kind::Defect: return rules.set_on(id, true);
        case Kind::Field:
        case Kind::Layout: return rules.set_place(id, moved(source.kind, source.place));
        default: return rules.set_value(id, other_value(source.kind, source.value));
    }
}

}  // namespace lmsim::spec
