#include "model/wire/vendor_area.hpp"

#include <vector>

#include "tests/model/wire/example_area.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;

namespace {

std::vector<std::uint8_t> write(const VendorArea& area) {
    std::vector<std::uint8_t> bytes(vendor_area_size(area), 0xEE);
    encode(area, bytes.data());
    return bytes;
}

VendorArea example() {
    VendorArea area = example_area();
    area.admin_cq_phase = false;
    area.pending_events = 5;
    area.aer_count = 3;
    area.aer_cids[0] = 0xA000;
    area.aer_cids[1] = 0xA001;
    area.aer_cids[2] = 0xA002;
    return area;
}

}  // namespace

TEST_CASE("the vendor area, byte by byte") {
    const auto bytes = write(example());
    REQUIRE(bytes.size() == 84);
    CHECK(bytes[0] == 'L');
    CHECK(bytes[3] == 'A');
    CHECK(bytes[4] == 1);
    CHECK(bytes[8] == 84);
    CHECK(bytes[12] == 3);
    CHECK(bytes[14] == 5);
    CHECK(bytes[16] == 0x44);
    CHECK(bytes[33] == 0x90);
    CHECK(bytes[41] == 0x20);
    CHECK(bytes[48] == 2);
    CHECK(bytes[50] == 4);
    CHECK(bytes[52] == 6);
    CHECK(bytes[54] == 8);
    CHECK(bytes[56] == 0);
    CHECK(bytes[60] == 0x22);
    CHECK(bytes[64] == 0x23);
    CHECK(bytes[68] == 0x24);
    CHECK(bytes[81] == 0xA0);
    CHECK(bytes[82] == 0);
}

TEST_CASE("the vendor area survives encode and decode") {
    CHECK(tests::failure_of([](std::array<std::uint32_t, 7> dwords, std::uint64_t asq,
                               std::array<std::uint16_t, 6> words, bool phase) {
              VendorArea area;
              area.cc = dwords[0];
              area.csts = dwords[1];
              area.aqa = dwords[2];
              area.number_of_queues = dwords[3];
              area.async_event_config = dwords[4];
              area.interrupt_coalescing = dwords[5];
              area.volatile_write_cache = dwords[6];
              area.asq = asq;
              area.acq = ~asq;
              area.admin_sq_head = words[0];
              area.admin_sq_tail = words[1];
              area.admin_cq_head = words[2];
              area.admin_cq_tail = words[3];
              area.pending_events = words[4];
              area.admin_cq_phase = phase;
              area.aer_count = static_cast<std::uint16_t>(words[5] % (VendorArea::max_aers + 1));
              for (std::size_t i = 0; i < area.aer_count; ++i) {
                  area.aer_cids[i] = static_cast<std::uint16_t>(words[5] * (i + 1));
              }
              const auto bytes = write(area);
              const auto back = decode_vendor_area(bytes.data(), bytes.size());
              RC_ASSERT(back.ok());
              RC_ASSERT(*back == area);
              RC_ASSERT(back->aer_cids == area.aer_cids);
              RC_ASSERT(write(*back) == bytes);
          }) == "");
}

TEST_CASE("a vendor area cut short is refused at every length") {
    const auto bytes = write(example());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<std::uint8_t> cut(bytes.begin(),
                                            bytes.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(decode_vendor_area(cut.data(), cut.size()).error() == Error::Truncated);
    }
    auto longer = bytes;
    longer.resize(bytes.size() + 4);
    CHECK(decode_vendor_area(longer.data(), longer.size()).error() == Error::SizeMismatch);
}

TEST_CASE("the vendor area is validated") {
    const auto error = [](std::size_t at, std::uint8_t value) {
        auto bytes = write(example());
        bytes[at] = value;
        return decode_vendor_area(bytes.data(), bytes.size()).error();
    };
    CHECK(error(0, 0) == Error::BadMagic);
    CHECK(error(4, 2) == Error::BadVersion);
    CHECK(error(8, 88) == Error::SizeMismatch);
    CHECK(error(12, 5) == Error::SizeMismatch);
    CHECK(error(13, 0xFF) == Error::TooMany);
    CHECK(error(56, 2) == Error::OutOfRange);
    for (const std::size_t reserved : {6U, 7U, 57U, 59U, 72U, 75U, 82U}) {
        CAPTURE(reserved);
        CHECK(error(reserved, 1) == Error::Reserved);
    }
}

TEST_CASE("arbitrary bytes are not a vendor area, or are one exactly") {
    CHECK(tests::failure_of(
              [](std::vector<std::uint8_t> bytes, std::uint8_t count) {
                  if (bytes.size() >= vendor_area_header) {
                      const auto good = write(example());
                      std::copy(good.begin(), good.begin() + 12, bytes.begin());
                      bytes[8] = static_cast<std::uint8_t>(bytes.size());
                      bytes[12] = count;
                      bytes[13] = 0;
                  }
                  const auto area = decode_vendor_area(bytes.data(), bytes.size());
                  if (area) {
                      RC_ASSERT(write(*area) == bytes);
                  } else {
                      RC_ASSERT(area.at() <= bytes.size());
                  }
              },
              1000) == "");
}
