#include "sim/bridge/vfio_user/pci_config.hpp"

#include <map>

#include "model/wire/bits.hpp"
#include "tests/catch.hpp"

using lmsim::sim::vfio_user::PciConfig;
using lmsim::wire::load_le;
using lmsim::wire::store_le;

namespace {

struct Config : PciConfig {
    explicit Config(std::uint16_t vectors = 65) : PciConfig(vectors) {}

    template <class T>
    T get(std::uint32_t offset) const {
        std::uint8_t bytes[sizeof(T)];
        read(offset, bytes, sizeof bytes);
        return load_le<T>(bytes);
    }
    template <class T>
    void set(std::uint32_t offset, T value) {
        std::uint8_t bytes[sizeof(T)];
        store_le(bytes, value);
        write(offset, bytes, sizeof bytes);
    }
    /// Capability ID to offset, as software finds them.
    std::map<unsigned, std::uint32_t> capabilities() const {
        std::map<unsigned, std::uint32_t> found;
        for (std::uint32_t at = get<std::uint8_t>(0x34); at != 0 && found.size() < 48;
             at = get<std::uint8_t>(at + 1)) {
            found[get<std::uint8_t>(at)] = at;
        }
        return found;
    }
};

}  // namespace

TEST_CASE("PCI: what a function says of itself", "[bridge][pci]") {
    const Config config;
    CHECK(config.get<std::uint32_t>(0x08) >> 8 == 0x01'08'02);  // NVM Express, I/O controller
    CHECK(config.get<std::uint8_t>(0x0e) == 0);                 // header type
    CHECK((config.get<std::uint16_t>(0x06) & 0x10) != 0);
    CHECK(config.get<std::uint8_t>(0x3d) == 0);  // no interrupt pin
    CHECK(config.get<std::uint32_t>(0x00) == config.get<std::uint32_t>(0x2c));
    CHECK_FALSE(config.bus_master());
}

TEST_CASE("PCI: the list of capabilities ends and has what drivers need", "[bridge][pci]") {
    const Config config;
    const auto found = config.capabilities();
    REQUIRE(found.size() == 3);
    REQUIRE(found.count(0x01) == 1);  // Power Management
    REQUIRE(found.count(0x10) == 1);  // PCI Express
    REQUIRE(found.count(0x11) == 1);  // MSI-X
    const std::uint32_t express = found.at(0x10);
    CHECK((config.get<std::uint16_t>(express + 2) & 0xf) == 2);
    CHECK((config.get<std::uint32_t>(express + 4) >> 28 & 1) == 1);  // FLR capable
    CHECK(config.get<std::uint32_t>(0x100) == 0);                    // no extended capabilities
}

TEST_CASE("PCI: BAR 0 says how long it is", "[bridge][pci]") {
    Config config;
    CHECK(config.get<std::uint32_t>(0x10) == 4);  // memory, 64 bits, not prefetchable
    config.set<std::uint32_t>(0x10, ~0U);
    config.set<std::uint32_t>(0x14, ~0U);
    const auto bar = config.get<std::uint64_t>(0x10);
    CHECK((bar & 0xf) == 4);
    CHECK(~(bar & ~std::uint64_t{0xf}) + 1 == PciConfig::bar_size);
    config.set<std::uint64_t>(0x10, 0x12'3456'7000);
    CHECK(config.get<std::uint64_t>(0x10) == 0x12'3456'4004);
    for (std::uint32_t other = 0x18; other < 0x28; other += 4) {
        config.set<std::uint32_t>(other, ~0U);
        CHECK(config.get<std::uint32_t>(other) == 0);
    }
    config.set<std::uint32_t>(0x30, ~0U);  // no expansion ROM
    CHECK(config.get<std::uint32_t>(0x30) == 0);
}

TEST_CASE("PCI: only writable bits change", "[bridge][pci]") {
    Config config;
    const auto id = config.get<std::uint32_t>(0);
    const auto list = config.get<std::uint8_t>(0x34);
    const std::vector<std::uint8_t> ones(PciConfig::size, 0xff);
    config.write(0, ones.data(), PciConfig::size);
    CHECK(config.get<std::uint32_t>(0) == id);
    CHECK(config.get<std::uint8_t>(0x34) == list);
    CHECK(config.get<std::uint16_t>(4) == 0x0546);
    CHECK(config.get<std::uint16_t>(6) == 0x0010);
    CHECK(config.capabilities().size() == 3);
    CHECK(config.bus_master());
    CHECK(config.take_reset_request());
    config.set<std::uint16_t>(4, 0);
    CHECK_FALSE(config.bus_master());
    config.set<std::uint8_t>(4, 0xff);  // a byte alone
    CHECK(config.get<std::uint16_t>(4) == 0x0046);
}

TEST_CASE("PCI: MSI-X tells its table, and is enabled by who knows", "[bridge][pci]") {
    for (const std::uint16_t vectors : {1, 9, 256}) {
        Config config(vectors);
        const std::uint32_t msix = config.capabilities().at(0x11);
        CHECK((config.get<std::uint16_t>(msix + 2) & 0x7ff) == vectors - 1);
        CHECK(config.get<std::uint32_t>(msix + 4) == PciConfig::msix_table);
        CHECK(config.get<std::uint32_t>(msix + 8) == PciConfig::msix_pba);
        CHECK(PciConfig::msix_table + 16U * vectors <= PciConfig::msix_pba);
        config.show_msix(true);
        CHECK((config.get<std::uint16_t>(msix + 2) & 0x8000) != 0);
        config.show_msix(false);
        CHECK((config.get<std::uint16_t>(msix + 2) & 0x8000) == 0);
        config.set<std::uint16_t>(msix + 2, 0xffff);
        CHECK(config.get<std::uint16_t>(msix + 2) == (0xc000 | (vectors - 1)));
    }
}

TEST_CASE("PCI: Initiate Function Level Reset is asked for once and reads as 0", "[bridge][pci]") {
    Config config;
    const std::uint32_t control = config.capabilities().at(0x10) + 8;
    CHECK_FALSE(config.take_reset_request());
    config.set<std::uint16_t>(control, 0xa810);
    CHECK(config.get<std::uint16_t>(control) == 0x2810);
    CHECK(config.take_reset_request());
    CHECK_FALSE(config.take_reset_request());
    config.set<std::uint8_t>(control + 1, 0x80);
    CHECK(config.take_reset_request());
    config.set<std::uint16_t>(control, 0x7fff);
    CHECK_FALSE(config.take_reset_request());
    config.set<std::uint16_t>(4, 6);
    config.reset();
    CHECK(config.get<std::uint16_t>(4) == 0);
    CHECK(config.get<std::uint16_t>(control) == 0x2810);
    CHECK_FALSE(config.bus_master());
}

TEST_CASE("PCI: what a function cannot do it does not take", "[bridge][pci]") {
    Config config;
    const auto found = config.capabilities();
    const std::uint32_t state = found.at(0x01) + 4;
    for (const std::uint16_t kept : {3, 0}) {
        config.set<std::uint16_t>(state, kept);
        for (const std::uint16_t other : {1, 2}) {  // D1, D2
            config.set<std::uint16_t>(state, other);
            CHECK((config.get<std::uint16_t>(state) & 3) == kept);
        }
    }
    const std::uint32_t express = found.at(0x10);
    CHECK(config.get<std::uint32_t>(express + 0xc) == 0x0040'0044);  // no ASPM
    config.set<std::uint16_t>(express + 8, 0x7fff);
    CHECK(config.get<std::uint16_t>(express + 8) == 0x7cff);
    config.set<std::uint16_t>(express + 0x28, 0xffff);
    CHECK(config.get<std::uint16_t>(express + 0x28) == 0x0010);
}
