#include <algorithm>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/client.hpp"

/// Device features and the migration stream.
namespace lmsim::sim::vfio_user {

using wire::load_le;
using wire::store_le;

namespace {

// struct vfio_device_feature of VFIO, and the two features that migration needs.
constexpr std::uint32_t feature_get = 1U << 16;
constexpr std::uint32_t feature_set = 1U << 17;
constexpr std::uint32_t feature_migration = 1;
constexpr std::uint32_t feature_device_state = 2;
constexpr std::uint32_t device_state_size = 8;

}  // namespace

Result<std::vector<std::uint8_t>> Client::feature(std::uint32_t flags,
                                                  const std::vector<std::uint8_t>& data,
                                                  std::uint32_t room) {
    std::uint8_t payload[feature_size];
    store_le<std::uint32_t>(payload, feature_size + room);
    store_le<std::uint32_t>(payload + 4, flags);
    Message reply;
    Request request{Command::DEVICE_FEATURE, payload, sizeof payload, data.data(), data.size()};
    request.least = feature_size;
    std::string error = call(request, reply);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return std::vector<std::uint8_t>(reply.payload.begin() + feature_size, reply.payload.end());
}

Result<std::uint64_t> Client::migration_flags() {
    auto data = feature(feature_get | feature_migration, {}, sizeof(std::uint64_t));
    if (!data) {
        return Failure{data.error()};
    }
    if (data.value().size() < sizeof(std::uint64_t)) {
        return Failure{fail("an answer to DEVICE_FEATURE without the flags of migration")};
    }
    return load_le<std::uint64_t>(data.value().data());
}

Result<std::uint32_t> Client::migration_state() {
    auto data = feature(feature_get | feature_device_state, {}, device_state_size);
    if (!data) {
        return Failure{data.error()};
    }
    if (data.value().size() < device_state_size) {
        return Failure{fail("an answer to DEVICE_FEATURE without the device state")};
    }
    return load_le<std::uint32_t>(data.value().data());
}

std::string Client::set_migration_state(std::uint32_t state) {
    std::vector<std::uint8_t> data(device_state_size, 0xff);  // data_fd: none
    store_le<std::uint32_t>(data.data(), state);
    const auto set = feature(feature_set | feature_device_state, data, device_state_size);
    return set ? std::string() : set.error();
}

Result<std::vector<std::uint8_t>> Client::read_migration_data(std::uint32_t most) {
    most = std::min(most, capabilities_.max_data_transfer);
    std::uint8_t payload[migration_data_size];
    store_le<std::uint32_t>(payload, migration_data_size + most);
    store_le<std::uint32_t>(payload + 4, most);
    Message reply;
    Request request{Command::MIG_DATA_READ, payload, sizeof payload};
    request.least = migration_data_size;
    std::string error = call(request, reply);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    const auto size = load_le<std::uint32_t>(reply.payload.data() + 4);
    if (size > most || reply.size() != migration_data_size + size) {
        return Failure{fail("an answer to MIG_DATA_READ with another size than it says")};
    }
    return std::vector<std::uint8_t>(reply.payload.begin() + migration_data_size,
                                     reply.payload.end());
}

std::string Client::write_migration_data(const std::uint8_t* bytes, std::size_t size) {
    for (std::size_t at = 0; at < size;) {
        const std::size_t piece = std::min<std::size_t>(size - at, capabilities_.max_data_transfer);
        std::uint8_t payload[migration_data_size];
        store_le<std::uint32_t>(payload, static_cast<std::uint32_t>(migration_data_size + piece));
        store_le<std::uint32_t>(payload + 4, static_cast<std::uint32_t>(piece));
        std::string error =
            call(Request(Command::MIG_DATA_WRITE, payload, sizeof payload, bytes + at, piece));
        if (!error.empty()) {
            return error;
        }
        at += piece;
    }
    return {};
}

}  // namespace lmsim::sim::vfio_user
