#include "sim/bridge/vfio_user/client_pci.hpp"

#include <fmt/format.h>

#include "model/wire/bits.hpp"

namespace lmsim::sim::vfio_user {

using wire::load_le;
using wire::store_le;

namespace {

// PCI Local Bus 3.0, 6.1 and 6.8.2.
constexpr std::uint64_t command_register = 0x04;
constexpr std::uint16_t command_memory_space = 1U << 1;
constexpr std::uint16_t command_bus_master = 1U << 2;
constexpr std::uint16_t command_no_intx = 1U << 10;
constexpr std::size_t status_register = 0x06;
constexpr std::uint16_t status_capabilities = 1U << 4;
constexpr std::size_t capabilities_pointer = 0x34;
constexpr std::size_t configuration = 256;
constexpr std::size_t first_capability = 0x40;
constexpr std::uint8_t capability_msix = 0x11;
constexpr std::uint16_t msix_enable = 1U << 15;
constexpr std::uint16_t msix_function_mask = 1U << 14;

std::string write_config(Client& client, std::uint64_t at, std::uint16_t value) {
    std::uint8_t bytes[2];
    store_le(bytes, value);
    return client.write_region(config_region, at, bytes, sizeof bytes);
}

Result<std::uint16_t> read_config(Client& client, std::uint64_t at) {
    std::uint8_t bytes[2];
    std::string error = client.read_region(config_region, at, bytes, sizeof bytes);
    return error.empty() ? Result<std::uint16_t>(load_le<std::uint16_t>(bytes))
                         : Result<std::uint16_t>(Failure{std::move(error)});
}

}  // namespace

Result<PciFunction> probe_pci(Client& client) {
    std::uint8_t space[configuration];
    std::string error = client.read_region(config_region, 0, space, sizeof space);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    PciFunction function;
    function.vendor = load_le<std::uint16_t>(space);
    function.device = load_le<std::uint16_t>(space + 2);
    function.class_code = load_le<std::uint32_t>(space + 8) >> 8;
    if ((load_le<std::uint16_t>(space + status_register) & status_capabilities) == 0) {
        return function;
    }
    std::size_t at = space[capabilities_pointer] & 0xfcU;
    // As many as there is room for: a list that goes round ends, too.
    for (std::size_t left = configuration / 4; at >= first_capability && left > 0; --left) {
        if (space[at] == capability_msix) {
            function.msix_capability = static_cast<std::uint16_t>(at);
            const auto control = load_le<std::uint16_t>(space + at + 2);
            function.msix_vectors = static_cast<std::uint16_t>((control & 0x7ff) + 1);
            break;
        }
        at = space[at + 1] & 0xfcU;
    }
    return function;
}

std::string enable_function(Client& client) {
    const auto before = read_config(client, command_register);
    if (!before) {
        return before.error();
    }
    const auto command = static_cast<std::uint16_t>(before.value() | command_memory_space |
                                                    command_bus_master | command_no_intx);
    return write_config(client, command_register, command);
}

std::string enable_msix(Client& client, const PciFunction& function, bool on) {
    if (function.msix_capability == 0) {
        return {};
    }
    const std::uint64_t at = function.msix_capability + std::uint64_t{2};
    const auto before = read_config(client, at);
    if (!before) {
        return before.error();
    }
    const int others = before.value() & ~(msix_enable | msix_function_mask);
    return write_config(client, at, static_cast<std::uint16_t>(others | (on ? msix_enable : 0)));
}

}  // namespace lmsim::sim::vfio_user
