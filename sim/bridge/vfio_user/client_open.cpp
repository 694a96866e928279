#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/client.hpp"

/// How a connection begins: VERSION with its JSON, and what the device is.
namespace lmsim::sim::vfio_user {

using nlohmann::json;
using wire::load_le;
using wire::store_le;

namespace {

/// What somebody says instead of a number: arrays and objects may nest deeper than the stack bears,
/// strings may be as long as a message.
std::string in_words(const json& value) {
    return value.is_primitive() && !value.is_string()
               ? value.dump()
               : fmt::format("a value of type {}", value.type_name());
}

/// A capability that is a number; in words if it is there and none, or beyond what it can be.
template <class Number>
std::string read_number(const json& from, const char* key, Number least, Number most, Number& to) {
    const auto found = from.find(key);
    if (found == from.end()) {
        return {};
    }
    if (!found->is_number_integer() || (!found->is_number_unsigned()) ||
        found->get<std::uint64_t>() < least) {
        return fmt::format("its capability {} is {}; expected a number from {} on", key,
                           in_words(*found), least);
    }
    to = static_cast<Number>(std::min<std::uint64_t>(found->get<std::uint64_t>(), most));
    return {};
}

std::string our_version_data() {
    const json capabilities = {{"max_msg_fds", max_message_fds},
                               {"max_data_xfer_size", max_data_transfer},
                               {"max_dma_maps", max_dma_maps},
                               {"pgsizes", 4096}};
    return json{{"capabilities", capabilities}}.dump();
}

}  // namespace

std::string parse_capabilities(const std::uint8_t* bytes, std::size_t size, Capabilities& to) {
    if (size != 0 && bytes[size - 1] == 0) {
        --size;
    }
    if (size == 0) {
        return {};
    }
    const json all = json::parse(bytes, bytes + size, nullptr, false);
    if (!all.is_object()) {
        return "its version data is no JSON object";
    }
    const auto found = all.find("capabilities");
    if (found == all.end()) {
        return {};
    }
    if (!found->is_object()) {
        return "\"capabilities\" in its version data is no JSON object";
    }
    std::string error = read_number(*found, "max_msg_fds", 0U, max_message_fds, to.max_message_fds);
    if (error.empty()) {
        error =
            read_number(*found, "max_data_xfer_size", 8U, max_data_transfer, to.max_data_transfer);
    }
    return error;
}

std::string Client::negotiate() {
    std::uint8_t payload[version_size];
    store_le<std::uint16_t>(payload, major_version);
    store_le<std::uint16_t>(payload + 2, minor_version);
    const std::string data = our_version_data();
    Message reply;
    Request request{Command::VERSION, payload, sizeof payload,
                    reinterpret_cast<const std::uint8_t*>(data.c_str()), data.size() + 1};
    request.least = version_size;
    std::string error = call(request, reply);
    if (!error.empty()) {
        error_.clear();
        return fail(fmt::format("no vfio-user server of version {}.{}: {}", major_version,
                                minor_version, error.substr(name_.size() + 2)));
    }
    const auto major = load_le<std::uint16_t>(reply.payload.data());
    const auto minor = load_le<std::uint16_t>(reply.payload.data() + 2);
    if (major != major_version || minor > minor_version) {
        return fail(
            fmt::format("the server speaks version {}.{} of vfio-user; expected {}.{} or "
                        "earlier of {}.x",
                        major, minor, major_version, minor_version, major_version));
    }
    error = parse_capabilities(reply.payload.data() + version_size, reply.size() - version_size,
                               capabilities_);
    return error.empty() ? error : fail("the server's answer to VERSION: " + error);
}

std::string Client::open() {
    std::string error = negotiate();
    if (!error.empty()) {
        return error;
    }
    std::uint8_t payload[device_info_size] = {};
    store_le<std::uint32_t>(payload, device_info_size);
    Message reply;
    Request request{Command::DEVICE_GET_INFO, payload, sizeof payload};
    request.least = device_info_size;
    error = call(request, reply);
    if (!error.empty()) {
        return error;
    }
    device_.flags = load_le<std::uint32_t>(reply.payload.data() + 4);
    device_.regions = load_le<std::uint32_t>(reply.payload.data() + 8);
    device_.irqs = load_le<std::uint32_t>(reply.payload.data() + 12);
    if ((device_.flags & device_pci) == 0) {
        return fail("what it serves is no PCI device");
    }
    if (device_.regions <= config_region || device_.irqs <= msix_irq) {
        return fail(
            fmt::format("its device has {} regions and {} kinds of interrupts; expected "
                        "more than {} and {}, as PCI devices of VFIO have",
                        device_.regions, device_.irqs, config_region, msix_irq));
    }
    return {};
}

}  // namespace lmsim::sim::vfio_user
