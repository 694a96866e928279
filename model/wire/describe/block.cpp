#include "model/wire/describe/block.hpp"

#include "model/spec/table.hpp"
#include "model/wire/bits.hpp"

namespace lmsim::wire::describe {

using spec::Id;

spec::Place place_of(const Field& field, const spec::Rules& rules) {
    if (field.row == Id::Count) {
        return field.fixed;
    }
    spec::Place place = rules.place(field.row);
    if (field.within != Id::Count) {
        place.bit += rules.place(field.within).bit;
    }
    return place;
}

std::string_view short_title(Id id) {
    const std::string_view title = spec::row(id).title;
    const std::size_t colon = title.find(": ");
    return colon == std::string_view::npos ? title : title.substr(colon + 2);
}

std::size_t size_of(const Block& block, const spec::Rules& rules) {
    return block.size_row != Id::Count ? rules.value(block.size_row) : block.size;
}

std::uint64_t View::get(Id row) const {
    const spec::Place place = rules->place(row);
    return place.end_byte() <= size ? load_bits(data, place) : 0;
}

void Value::meaning(Text& text) const {
    if (field->codes != nullptr) {
        for (const Id code : field->codes->rows) {
            if (number == rules->value(code)) {
                text.add("{}", short_title(code));
                return;
            }
        }
        const bool vendor = number >= field->codes->vendor;
        text.add("{}", vendor                              ? "vendor specific"
                       : field->codes->breaks != Id::Count ? "reserved"
                                                           : "not modelled");
        return;
    }
    if (field->says != nullptr) {
        field->says(*this, text);
    }
}

void says_zero_based(const Value& value, Text& text) {
    if (value.number != ~0ULL) {
        text.add("0's based: {}", value.number + 1);
    }
}

void says_dwords(const Value& value, Text& text) {
    if (!value.beyond_64_bits && value.number >> 62 == 0) {
        text.add("{} bytes", value.number * 4);
    }
}

void says_kelvins(const Value& value, Text& text) {
    constexpr int freezing = 273;
    if (value.number != 0) text.add("{} C", static_cast<int>(value.number) - freezing);
}

void says_4k_power(const Value& value, Text& text) {
    if (value.number < 10) {
        text.add("{} KiB", std::uint64_t{4} << value.number);
    } else if (value.number < 20) {
        text.add("{} MiB", std::uint64_t{1} << (value.number - 8));
    } else {
        text.add("2^{} * 4 KiB", value.number);
    }
}

}  // namespace lmsim::wire::describe
