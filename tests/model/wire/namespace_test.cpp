#include "model/wire/namespace.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "model/wire/bits.hpp"
#include "model/wire/identify.hpp"
#include "tests/property.hpp"

using namespace lmsim;
using namespace lmsim::wire;
using spec::Rules;

namespace {

using Bytes = std::vector<std::uint8_t>;

template <class Page>
Bytes written(const Page& page) {
    Bytes bytes(identify_size, 0xEE);
    encode(page, bytes.data(), Rules{});
    return bytes;
}

/// Number of `size` bytes at `at`; all other bytes of the page must be 0.
std::uint64_t only(const Bytes& bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i >= at && i < at + size) {
            value |= std::uint64_t{bytes[i]} << 8 * (i - at);
        } else if (bytes[i] != 0) {
            return ~std::uint64_t{0};
        }
    }
    return value;
}

Bytes noise(std::uint64_t seed) {
    Bytes bytes(identify_size);
    for (auto& byte : bytes) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::uint8_t>(seed >> 56);
    }
    return bytes;
}

template <class Page, class Member>
std::uint64_t alone(Member Page::*member, std::size_t at, std::size_t size) {
    Page page;
    page.*member = static_cast<Member>(0xA5A4'A3A2'A1A0'9F9E);
    return only(written(page), at, size);
}

}  // namespace

// NVM Command Set 1.2, 4.1.5.1.
TEST_CASE("an identify namespace page places its fields") {
    using Ns = IdentifyNamespace;
    CHECK(alone(&Ns::nsze, 0, 8) == 0xA5A4'A3A2'A1A0'9F9E);
    CHECK(alone(&Ns::ncap, 8, 8) == 0xA5A4'A3A2'A1A0'9F9E);
    CHECK(alone(&Ns::nuse, 16, 8) == 0xA5A4'A3A2'A1A0'9F9E);
    CHECK(alone(&Ns::nsfeat, 24, 1) == 0x9E);
    CHECK(alone(&Ns::nlbaf, 25, 1) == 0x9E);
    CHECK(alone(&Ns::flbas, 26, 1) == 0x9E);
    CHECK(alone(&Ns::mc, 27, 1) == 0x9E);
    CHECK(alone(&Ns::dpc, 28, 1) == 0x9E);
    CHECK(alone(&Ns::dps, 29, 1) == 0x9E);
    CHECK(alone(&Ns::nmic, 30, 1) == 0x9E);
    CHECK(alone(&Ns::dlfeat, 33, 1) == 0x9E);
    CHECK(alone(&Ns::nvmcap, 48, 8) == 0xA5A4'A3A2'A1A0'9F9E);
    Ns page;
    page.nguid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    page.eui64 = {21, 22, 23, 24, 25, 26, 27, 28};
    const Bytes bytes = written(page);
    CHECK(std::memcmp(bytes.data() + 104, page.nguid.data(), 16) == 0);
    CHECK(std::memcmp(bytes.data() + 120, page.eui64.data(), 8) == 0);
    CHECK(std::count(bytes.begin(), bytes.end(), 0) == 4096 - 24);
}

TEST_CASE("the LBA formats of an identify namespace page") {
    IdentifyNamespace page;
    page.lbaf[0] = {0x1234, 9, 1};
    CHECK(only(written(page), 128, 4) == 0x0109'1234);
    page.lbaf[0] = {};
    page.lbaf[63] = {8, 12, 3};
    CHECK(only(written(page), 128 + 63 * 4, 4) == 0x030C'0008);
    page.flbas = 0x6F;  // bits 6:5 are 11b, bit 4 is none of the index
    CHECK(page.format() == 63);
    page.flbas = 0x10;
    CHECK(page.format() == 0);
    page.flbas = 0x21;
    CHECK(page.format() == 17);
    CHECK(LbaFormat{8, 12, 3} == page.lbaf[63]);
    CHECK(!(LbaFormat{8, 12, 2} == page.lbaf[63]));
    CHECK(Rules{}.value(spec::Id::NsMaxFormats) == lba_formats);
    Rules fewer;
    fewer.set_value(spec::Id::NsMaxFormats, 63);
    Bytes bytes(identify_size);
    encode(page, bytes.data(), fewer);
    CHECK(only(bytes, 26, 1) == 0x21);
}

TEST_CASE("any page is an identify namespace whose fields come back") {
    CHECK(tests::failure_of([](std::uint64_t seed) {
              const Bytes bytes = noise(seed);
              const auto page = decode_identify_namespace(bytes.data(), bytes.size(), Rules{});
              RC_ASSERT(page.ok());
              const Bytes again = written(*page);
              const auto back = decode_identify_namespace(again.data(), again.size(), Rules{});
              RC_ASSERT(*back == *page);
              RC_ASSERT(std::memcmp(again.data(), bytes.data(), 31) == 0);
              RC_ASSERT(std::memcmp(again.data() + 48, bytes.data() + 48, 8) == 0);
              RC_ASSERT(std::memcmp(again.data() + 104, bytes.data() + 104, 24) == 0);
              for (std::size_t i = 128; i < 384; ++i) {
                  RC_ASSERT(again[i] == (i % 4 == 3 ? bytes[i] & 3 : bytes[i]));
              }
          }) == "");
}

// NVMe Base 2.3, 5.2.13.2.8.
TEST_CASE("an independent identify namespace page") {
    using Ns = IndependentNamespace;
    CHECK(alone(&Ns::nsfeat, 0, 1) == 0x9E);
    CHECK(alone(&Ns::nmic, 1, 1) == 0x9E);
    CHECK(alone(&Ns::ready, 14, 1) == 1);
    const Bytes bytes = noise(7);
    const auto page = decode_independent_namespace(bytes.data(), bytes.size(), Rules{});
    CHECK(page->nsfeat == bytes[0]);
    CHECK(page->nmic == bytes[1]);
    CHECK(page->ready == ((bytes[14] & 1) != 0));
    CHECK(!(*page == Ns{}));
}

// NVM Command Set 1.2, 4.1.5.4.
TEST_CASE("an identify controller page of the NVM command set") {
    using Nvm = IdentifyControllerNvm;
    CHECK(alone(&Nvm::vsl, 0, 1) == 0x9E);
    CHECK(alone(&Nvm::wzsl, 1, 1) == 0x9E);
    CHECK(alone(&Nvm::wusl, 2, 1) == 0x9E);
    CHECK(alone(&Nvm::dmrl, 3, 1) == 0x9E);
    CHECK(alone(&Nvm::dmrsl, 4, 4) == 0xA1A0'9F9E);
    CHECK(alone(&Nvm::dmsl, 8, 8) == 0xA5A4'A3A2'A1A0'9F9E);
    CHECK(alone(&Nvm::ralbas, 18, 2) == 1);
    CHECK(alone(&Nvm::ver, 20, 4) == 0xA1A0'9F9E);
    CHECK(alone(&Nvm::lbamqf, 24, 1) == 0x9E);
    CHECK(tests::failure_of([](std::uint64_t seed) {
              const Bytes bytes = noise(seed);
              const auto page = decode_identify_controller_nvm(bytes.data(), bytes.size(), Rules{});
              const Bytes again = written(*page);
              const auto back = decode_identify_controller_nvm(again.data(), 4096, Rules{});
              RC_ASSERT(*back == *page);
              RC_ASSERT(std::memcmp(again.data(), bytes.data(), 16) == 0);
              RC_ASSERT(std::memcmp(again.data() + 20, bytes.data() + 20, 5) == 0);
          }) == "");
}

TEST_CASE("namespace pages of less than 4096 bytes are truncated") {
    const Bytes bytes(4096);
    for (const std::size_t size : {std::size_t{0}, std::size_t{384}, std::size_t{4095}}) {
        CHECK(decode_identify_namespace(bytes.data(), size, Rules{}).error() == Error::Truncated);
        CHECK(decode_independent_namespace(bytes.data(), size, Rules{}).at() == size);
        CHECK(decode_identify_controller_nvm(bytes.data(), size, Rules{}).error() ==
              Error::Truncated);
    }
}

TEST_CASE("a dialect may move namespace fields out of the page, and nothing is touched there") {
    Rules dialect;
    for (const spec::Id id : {spec::Id::NsNguid, spec::Id::NsEui64, spec::Id::NsLbaf0}) {
        dialect.set_place(id, spec::bytes(4090, 4105));
    }
    Bytes bytes(identify_size + 64, 0xEE);
    IdentifyNamespace page;
    page.nguid.fill(1);
    page.eui64.fill(2);
    page.lbaf[5] = {1, 2, 3};
    encode(page, bytes.data(), dialect);
    CHECK(std::count(bytes.begin(), bytes.end(), 0xEE) == 64);
    CHECK(decode_identify_namespace(bytes.data(), identify_size, dialect)->nguid == Nguid{});
}
