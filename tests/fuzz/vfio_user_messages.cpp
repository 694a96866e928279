#include <algorithm>

#include "model/nvme/property.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/vfio_user_session.hpp"

// What a client sends beside the commands of its driver.

namespace lmsim::fuzz {

namespace vu = sim::vfio_user;
namespace reg = nvme::property;
using sim::Fd;
using Kind = SharedFile::Kind;

void Session::map_anything(std::uint16_t function) {
    const std::uint64_t address =
        choices_.one_in(3)
            ? choices_.number()
            : choices_.pick({Guest::main_at, Guest::own_at}) + choices_.below(80) * page;
    const auto flags = static_cast<std::uint32_t>(choices_.below(4));
    switch (choices_.below(4)) {
        case 0: {
            const std::uint64_t first = choices_.below(Guest::other_pages);
            const std::uint64_t pages = choices_.below(Guest::other_pages - first + 1);
            return map(function, choices_.pick({Kind::Sealed, Kind::Unsealed}), address, first,
                       pages, flags);
        }
        case 1: {  // beyond what is shared, but for reading alone
            const std::uint64_t first = choices_.below(80);
            return map(function, choices_.pick({Kind::Sealed, Kind::Unsealed, Kind::Constant}),
                       address, first, choices_.below(30), flags & vu::map_readable);
        }
        case 2:
            return send(function, Command::DMA_MAP,
                        fields(vu::dma_map_size, choices_.number32(), choices_.number(), address,
                               choices_.number()));
        default: break;
    }
    std::vector<Fd> fds;
    const std::uint64_t offset = choices_.one_in(2) ? choices_.number() : 0;
    for (std::uint64_t left = choices_.one_in(10) ? choices_.below(20) : 1; left > 0; --left) {
        fds.push_back(peers_.strange.any(choices_));
    }
    send(function, Command::DMA_MAP,
         fields(vu::dma_map_size, flags, offset, address,
                choices_.one_in(2) ? choices_.number() : page),
         std::move(fds));
}

void Session::unmap(std::uint16_t function) {
    const bool all = choices_.one_in(4);
    const std::uint64_t address = all ? 0
                                  : choices_.one_in(3)
                                      ? choices_.number()
                                      : choices_.below(Guest::own_at * 2 / page) * page;
    const std::uint64_t size = all                  ? 0
                               : choices_.one_in(3) ? choices_.number()
                                                    : page << choices_.below(40);
    const std::uint32_t flags = all ? vu::unmap_all : choices_.one_in(10) ? choices_.number32() : 0;
    send(function, Command::DMA_UNMAP, fields(vu::dma_unmap_size, flags, address, size));
}

void Session::set_irqs(std::uint16_t function) {
    std::uint32_t flags = vu::irq_data_eventfd | vu::irq_action_trigger;
    std::uint32_t index = vu::msix_irq;
    std::uint32_t start = 0;
    auto count = static_cast<std::uint32_t>(1 + choices_.below(5));
    std::vector<Fd> fds;
    if (choices_.one_in(3)) {
        flags = choices_.one_in(2) ? choices_.number32()
                                   : 1U << choices_.below(3) | 8U << choices_.below(3);
        index = static_cast<std::uint32_t>(choices_.below(7));
        start = choices_.one_in(2) ? choices_.number32() : 0;
        count = choices_.one_in(2) ? choices_.number32() : count;
    }
    const std::uint64_t brought = choices_.one_in(12) ? choices_.below(20) : std::min(count, 16U);
    for (std::uint64_t i = 0; i < brought; ++i) {
        fds.push_back(choices_.one_in(20) ? peers_.strange.any(choices_)
                                          : peers_.strange.eventfd(choices_));
    }
    Bytes payload = fields(vu::irq_set_size + count, flags, index, start, count);
    if ((flags & vu::irq_data_bool) != 0) {
        payload.resize(payload.size() + choices_.below(8), 1);
    }
    send(function, Command::DEVICE_SET_IRQS, payload, std::move(fds));
}

void Session::ask(std::uint16_t function) {
    const auto index = static_cast<std::uint32_t>(choices_.below(11));
    switch (choices_.below(5)) {
        case 0:
            return send(function, Command::DEVICE_GET_INFO,
                        fields(choices_.pick({16U, 15U, 0U, 32U}), 0U, 0U, 0U));
        case 1:
            return send(function, Command::DEVICE_GET_REGION_INFO,
                        fields(choices_.pick({32U, 31U, 64U}), 0U, index, 0U, std::uint64_t{0},
                               std::uint64_t{0}));
        case 2:
            return send(function, Command::DEVICE_GET_IRQ_INFO,
                        fields(choices_.pick({16U, 15U}), 0U, index, 0U));
        case 3:
            return send(function, Command::DEVICE_GET_REGION_IO_FDS, fields(16U, 0U, index, 0U));
        default: return send(function, Command::VERSION, fields(0U));
    }
}

void Session::touch_registers(std::uint16_t function) {
    const std::uint32_t region =
        choices_.pick({vu::bar0_region, vu::bar0_region, vu::config_region, choices_.number32()});
    std::uint64_t offset = choices_.one_in(10) ? choices_.number() : choices_.below(0x3400);
    if (choices_.one_in(2)) {
        offset =
            choices_.one_in(2) ? 4 * choices_.below(26) : reg::doorbells + 4 * choices_.below(140);
    }
    const std::uint32_t bytes =
        choices_.one_in(4) ? choices_.pick({1U, 2U, 3U, 5U, 64U, 4096U}) : choices_.pick({4U, 8U});
    if (choices_.one_in(2)) {
        const Bytes asked =
            fields(offset, region, choices_.one_in(20) ? choices_.number32() : bytes);
        return send(function, Command::REGION_READ, asked);
    }
    Bytes data = fields(choices_.number());
    data.resize(bytes, static_cast<std::uint8_t>(choices_.next() >> 40));
    access(function, Command::REGION_WRITE, region, offset, data);
}

void Session::write_multi(std::uint16_t function) {
    const std::uint64_t count = choices_.below(6);
    Bytes payload = fields(choices_.one_in(10) ? choices_.number() : count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const bool bell = choices_.one_in(2);
        const std::uint64_t offset =
            bell ? reg::doorbells + 4 * choices_.below(2 * Guest::queues) : choices_.number();
        const Bytes one =
            fields(offset, bell ? 0U : choices_.number32(),
                   choices_.one_in(10) ? choices_.number32() : 4U, choices_.below(Guest::entries));
        payload.insert(payload.end(), one.begin(), one.end());
    }
    send(function, Command::REGION_WRITE_MULTI, payload);
}

void Session::migrate(std::uint16_t function) {
    switch (choices_.below(4)) {
        case 0:
            return send(function, Command::MIG_DATA_READ,
                        fields(8U, choices_.one_in(4) ? choices_.number32() : 4096U));
        case 1: {
            const auto size = static_cast<std::uint32_t>(choices_.below(200));
            Bytes payload = fields(8 + size, choices_.one_in(8) ? choices_.number32() : size);
            payload.resize(payload.size() + size, static_cast<std::uint8_t>(choices_.next() >> 40));
            return send(function, Command::MIG_DATA_WRITE, payload);
        }
        default: break;
    }
    const auto feature = static_cast<std::uint32_t>(choices_.below(12));
    const std::uint32_t flags =
        feature | (choices_.one_in(10) ? choices_.number32() : 1U << (16 + choices_.below(3)));
    Bytes payload = fields(choices_.one_in(10) ? choices_.number32() : 16U, flags,
                           static_cast<std::uint32_t>(choices_.below(9)), choices_.number32());
    send(function, Command::DEVICE_FEATURE, payload);
}

void Session::anything(std::uint16_t function) {
    Bytes payload(choices_.below(64));
    for (std::uint8_t& byte : payload) {
        byte = static_cast<std::uint8_t>(choices_.number());
    }
    if (choices_.one_in(50)) {
        payload.resize(choices_.below(vu::max_message));
    }
    send(function,
         static_cast<Command>(choices_.one_in(4) ? choices_.number() : choices_.below(20)),
         payload);
}

}  // namespace lmsim::fuzz
