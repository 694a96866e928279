#include "model/wire/vendor_area.hpp"

#include <cstring>

#include "tests/fuzz/checking_sink.hpp"

using namespace lmsim;
using namespace lmsim::wire;

FUZZ_TARGET(vendor_area, 128) {
    static const auto& structure = fuzz::structure("vendor-area");
    fuzz::CheckingSink sink(size);
    const auto outcome = describe_as(structure, data, size, sink);
    const auto area = decode_vendor_area(data, size);
    if (!area) {
        FUZZ_CHECK(area.at() <= size);
        FUZZ_CHECK(!outcome.ok() || outcome.end < size);
        return;
    }
    FUZZ_CHECK(outcome.ok() && outcome.end == size && sink.rules_broken == 0);
    std::uint8_t bytes[vendor_area_max];
    FUZZ_CHECK(vendor_area_size(*area) == size);
    encode(*area, bytes);
    FUZZ_CHECK(std::memcmp(bytes, data, size) == 0);
}
