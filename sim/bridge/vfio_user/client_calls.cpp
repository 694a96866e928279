#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/assert.hpp"
#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/client.hpp"

/// The commands of a client: regions, memory, interrupts, reset.
namespace lmsim::sim::vfio_user {

using wire::load_le;
using wire::store_le;

namespace {

constexpr unsigned widest_access = 8;

}  // namespace

/// GET_REGION_INFO and GET_IRQ_INFO ask alike: argsz and an index in a structure of `size` bytes.
std::string Client::ask_about(Command what, std::uint32_t index, std::uint32_t size,
                              Message& reply) {
    std::vector<std::uint8_t> payload(size, 0);
    store_le<std::uint32_t>(payload.data(), size);
    store_le<std::uint32_t>(payload.data() + 8, index);
    Request request{what, payload.data(), payload.size()};
    request.least = size;
    return call(request, reply);
}

Result<RegionInfo> Client::region_info(std::uint32_t index) {
    Message reply;
    std::string error = ask_about(Command::DEVICE_GET_REGION_INFO, index, region_info_size, reply);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    const std::uint8_t* at = reply.payload.data();
    return RegionInfo{load_le<std::uint32_t>(at + 4), load_le<std::uint64_t>(at + 16)};
}

Result<IrqInfo> Client::irq_info(std::uint32_t index) {
    Message reply;
    std::string error = ask_about(Command::DEVICE_GET_IRQ_INFO, index, irq_info_size, reply);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    const std::uint8_t* at = reply.payload.data();
    return IrqInfo{load_le<std::uint32_t>(at + 4), load_le<std::uint32_t>(at + 12)};
}

std::string Client::read_region(std::uint32_t region, std::uint64_t offset, std::uint8_t* to,
                                std::size_t size) {
    for (std::size_t at = 0; at < size;) {
        const std::size_t piece = std::min<std::size_t>(size - at, capabilities_.max_data_transfer);
        std::uint8_t payload[region_access_size];
        store_le<std::uint64_t>(payload, offset + at);
        store_le<std::uint32_t>(payload + 8, region);
        store_le<std::uint32_t>(payload + 12, static_cast<std::uint32_t>(piece));
        Message reply;
        Request request{Command::REGION_READ, payload, sizeof payload};
        request.least = region_access_size + piece;
        request.exact = true;
        std::string error = call(request, reply);
        if (!error.empty()) {
            return error;
        }
        std::memcpy(to + at, reply.payload.data() + region_access_size, piece);
        at += piece;
    }
    return {};
}

std::string Client::write_region(std::uint32_t region, std::uint64_t offset,
                                 const std::uint8_t* from, std::size_t size) {
    for (std::size_t at = 0; at < size;) {
        const std::size_t piece = std::min<std::size_t>(size - at, capabilities_.max_data_transfer);
        std::uint8_t payload[region_access_size];
        store_le<std::uint64_t>(payload, offset + at);
        store_le<std::uint32_t>(payload + 8, region);
        store_le<std::uint32_t>(payload + 12, static_cast<std::uint32_t>(piece));
        Request request{Command::REGION_WRITE, payload, sizeof payload, from + at, piece};
        request.least = region_access_size;
        std::string error = call(request);
        if (!error.empty()) {
            return error;
        }
        at += piece;
    }
    return {};
}

void Client::send_read(std::uint32_t region, std::uint64_t offset, unsigned size, Answer answer) {
    LMSIM_ASSERT(size <= widest_access);
    std::uint8_t payload[region_access_size];
    store_le<std::uint64_t>(payload, offset);
    store_le<std::uint32_t>(payload + 8, region);
    store_le<std::uint32_t>(payload + 12, size);
    Request request{Command::REGION_READ, payload, sizeof payload};
    request.least = region_access_size + size;
    request.exact = true;
    send(request, std::move(answer));
}

void Client::send_write(std::uint32_t region, std::uint64_t offset, std::uint64_t value,
                        unsigned size, bool reply, Answer answer) {
    LMSIM_ASSERT(size <= widest_access);
    std::uint8_t payload[region_access_size];
    std::uint8_t data[widest_access];
    store_le<std::uint64_t>(payload, offset);
    store_le<std::uint32_t>(payload + 8, region);
    store_le<std::uint32_t>(payload + 12, size);
    store_le<std::uint64_t>(data, value);
    Request request{Command::REGION_WRITE, payload, sizeof payload, data, size};
    request.least = region_access_size;
    send(request, reply ? std::move(answer) : Answer());
}

void Client::send_reset(Answer answer) { send(Request(Command::DEVICE_RESET), std::move(answer)); }

std::string Client::reset() { return call(Request(Command::DEVICE_RESET)); }

std::string Client::map(std::uint64_t address, std::uint8_t* bytes, std::uint64_t size, int fd,
                        std::uint64_t offset) {
    if (capabilities_.max_message_fds == 0) {
        fd = -1;
    }
    std::uint8_t payload[dma_map_size] = {};
    store_le<std::uint32_t>(payload, dma_map_size);
    store_le<std::uint32_t>(payload + 4, map_readable | map_writeable);
    store_le<std::uint64_t>(payload + 8, fd < 0 ? 0 : offset);
    store_le<std::uint64_t>(payload + 16, address);
    store_le<std::uint64_t>(payload + 24, size);
    Request request{Command::DMA_MAP, payload, sizeof payload};
    if (fd >= 0) {
        request.fds.push_back(fd);
    }
    // The server may look at it before it answers.
    mappings_.push_back({address, size, bytes});
    std::string error = call(request);
    if (!error.empty()) {
        mappings_.pop_back();
    }
    return error;
}

std::string Client::unmap(std::uint64_t address, std::uint64_t size) {
    std::uint8_t payload[dma_unmap_size] = {};
    store_le<std::uint32_t>(payload, dma_unmap_size);
    store_le<std::uint64_t>(payload + 8, address);
    store_le<std::uint64_t>(payload + 16, size);
    std::string error = call(Request(Command::DMA_UNMAP, payload, sizeof payload));
    const auto same = [&](const Mapping& m) { return m.address == address && m.size == size; };
    mappings_.erase(std::remove_if(mappings_.begin(), mappings_.end(), same), mappings_.end());
    return error;
}

std::string Client::set_irqs(std::uint32_t index, const std::vector<int>& eventfds) {
    const std::size_t most = std::min(capabilities_.max_message_fds, max_message_fds);
    if (most == 0 && !eventfds.empty()) {
        return fmt::format("{}: the server takes no file descriptors: no interrupts", name_);
    }
    std::size_t at = 0;
    do {
        const std::size_t count = std::min(most, eventfds.size() - at);
        std::uint8_t payload[irq_set_size];
        store_le<std::uint32_t>(payload, irq_set_size);
        store_le<std::uint32_t>(
            payload + 4, (count == 0 ? irq_data_none : irq_data_eventfd) | irq_action_trigger);
        store_le<std::uint32_t>(payload + 8, index);
        store_le<std::uint32_t>(payload + 12, static_cast<std::uint32_t>(at));
        store_le<std::uint32_t>(payload + 16, static_cast<std::uint32_t>(count));
        Request request{Command::DEVICE_SET_IRQS, payload, sizeof payload};
        const auto first = eventfds.begin() + static_cast<std::ptrdiff_t>(at);
        request.fds.assign(first, first + static_cast<std::ptrdiff_t>(count));
        std::string error = call(request);
        if (!error.empty()) {
            return error;
        }
        at += count;
    } while (at < eventfds.size());
    return {};
}

}  // namespace lmsim::sim::vfio_user
