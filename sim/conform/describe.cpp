#include "sim/conform/describe.hpp"

#include <fmt/format.h>

#include "model/spec/codes.hpp"

namespace lmsim::sim::conform {

namespace {

std::string bits_of(spec::Place place, std::uint32_t unit) {
    const std::uint32_t low = place.bit % unit;
    return fmt::format("{}:{}", low + place.width - 1, low);
}

}  // namespace

std::string place_in_command(spec::Place place) {
    if (place.width > 32 || place.bit % 32 + place.width > 32) {
        return place_in_bytes(place);
    }
    return fmt::format("CDW{} {}", place.bit / 32, bits_of(place, 32));
}

std::string place_in_completion(spec::Place place) {
    if (place.width > 32 || place.bit % 32 + place.width > 32) {
        return place_in_bytes(place);
    }
    return fmt::format("DW{} {}", place.bit / 32, bits_of(place, 32));
}

std::string place_in_bytes(spec::Place place) {
    const std::uint32_t first = place.byte();
    const std::uint32_t last = place.end_byte() - 1;
    const std::string where =
        first == last ? fmt::format("byte {}", first) : fmt::format("bytes {}:{}", last, first);
    const bool whole = place.bit % 8 == 0 && place.width % 8 == 0;
    return whole ? where : fmt::format("{} bits {}", where, bits_of(place, 8));
}

std::string describe_status(std::uint16_t status) {
    return fmt::format("{} ({:03x}h)", spec::status_name(status), status);
}

std::string describe_statuses(const std::vector<std::uint16_t>& statuses) {
    std::string text;
    for (const std::uint16_t status : statuses) {
        text += (text.empty() ? "" : " or ") + describe_status(status);
    }
    return text;
}

std::string describe(const Value& value) {
    if (value.symbol.empty()) {
        return value.number < 10 ? fmt::format("{}", value.number)
                                 : fmt::format("{:x}h", value.number);
    }
    const auto offset = static_cast<std::int64_t>(value.number);
    if (offset == 0) {
        return value.symbol;
    }
    return fmt::format("{} {} {}", value.symbol, offset < 0 ? '-' : '+',
                       offset < 0 ? std::uint64_t{0} - value.number : value.number);
}

std::string describe_opcode(std::uint8_t opcode, std::uint16_t queue) {
    return fmt::format("{} ({:02x}h)",
                       queue == 0 ? spec::admin_opcode_name(opcode) : spec::nvm_opcode_name(opcode),
                       opcode);
}

}  // namespace lmsim::sim::conform
