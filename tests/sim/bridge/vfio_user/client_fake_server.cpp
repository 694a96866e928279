#include "tests/sim/bridge/vfio_user/client_fake_server.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "model/nvme/property.hpp"
#include "model/wire/bits.hpp"
#include "tests/catch.hpp"

namespace lmsim::tests {

using namespace sim::vfio_user;
using wire::load_le;
using wire::store_le;

namespace {

constexpr std::size_t msix_at = 0x50;
constexpr std::uint32_t vectors = 5;
constexpr std::uint64_t bar_size = 0x4000;

Bytes nvme_configuration() {
    Bytes space(256, 0);
    store_le<std::uint32_t>(space.data(), 0x1234'1b36);
    space[6] = 0x10;  // there are capabilities
    store_le<std::uint32_t>(space.data() + 8, 0x01'08'02'01);
    space[0x34] = 0x40;
    space[0x40] = 0x01;  // power management comes first
    space[0x41] = msix_at;
    space[msix_at] = 0x11;
    space[msix_at + 2] = vectors - 1;
    return space;
}

}  // namespace

Bytes dwords(std::initializer_list<std::uint32_t> values) {
    Bytes bytes(4 * values.size());
    std::size_t at = 0;
    for (const std::uint32_t value : values) {
        store_le(bytes.data() + at, value);
        at += 4;
    }
    return bytes;
}

Bytes quads(std::initializer_list<std::uint64_t> values) {
    Bytes bytes(8 * values.size());
    std::size_t at = 0;
    for (const std::uint64_t value : values) {
        store_le(bytes.data() + at, value);
        at += 8;
    }
    return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

FakeServer::FakeServer(bool file)
    : config(nvme_configuration()),
      version_data(R"({"capabilities":{"max_msg_fds":2,"max_data_xfer_size":4096}})") {
    if (file) {
        wake_ = sim::Fd(::eventfd(0, EFD_NONBLOCK));
    }
}

/// The file is readable as long as there is something to read, or nobody any more.
void FakeServer::wake() {
    if (wake_) {
        std::uint64_t count = 1;
        if (!out_.empty() || gone_) {
            REQUIRE(::write(wake_.get(), &count, sizeof count) == sizeof count);
        } else {
            (void)!::read(wake_.get(), &count, sizeof count);
        }
    }
}

std::ptrdiff_t FakeServer::read(std::uint8_t* to, std::size_t most, std::vector<sim::Fd>& /*fds*/,
                                Wait wait) {
    if (out_.empty()) {
        // Whoever would wait for ever is told that the time is over.
        return gone_ || wait == Wait::Block ? -1 : 0;
    }
    const std::size_t size = std::min({most, out_.size(), at_once});
    std::copy_n(out_.begin(), size, to);
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(size));
    wake();
    return static_cast<std::ptrdiff_t>(size);
}

bool FakeServer::write(const Part* parts, std::size_t count, const std::vector<int>& fds) {
    if (gone_) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        in_.insert(in_.end(), parts[i].bytes, parts[i].bytes + parts[i].size);
    }
    for (const int fd : fds) {
        fds_.emplace_back(::dup(fd));
    }
    while (in_.size() >= Header::size) {
        const Header header = decode_header(in_.data());
        if (in_.size() < header.message_size) {
            break;
        }
        const auto end = in_.begin() + header.message_size;
        const Bytes payload(in_.begin() + Header::size, end);
        in_.erase(in_.begin(), end);
        take(header, payload);
    }
    return true;
}

void FakeServer::send_raw(const Bytes& bytes) {
    out_ = out_ + bytes;
    wake();
}

void FakeServer::send(const Header& header, const Bytes& payload) {
    Header whole = header;
    whole.message_size = static_cast<std::uint32_t>(Header::size + payload.size());
    Bytes bytes(Header::size);
    encode_header(whole, bytes.data());
    send_raw(bytes + payload);
}

void FakeServer::take(const Header& header, const Bytes& payload) {
    if ((header.flags & type_mask) == type_reply) {
        replies.emplace_back(header, payload);
        if (replied) {
            replied();
        }
        return;
    }
    if (given_ >= lives_for) {
        gone_ = true;
        wake();
        return;
    }
    ++given_;
    log.push_back(header.command);
    fd_counts.push_back(fds_.size());
    if (sees) {
        sees(header, payload);
    }
    const auto found = answers.find(header.command);
    const FakeReply reply =
        found != answers.end() ? found->second(payload) : answer(header.command, payload);
    fds_.clear();
    if (reply.silent || (header.flags & flag_no_reply) != 0) {
        return;
    }
    Header back = header;
    back.flags = type_reply | (reply.error != 0 ? flag_error : 0);
    back.error = reply.error;
    send(back, reply.error != 0 ? Bytes() : reply.payload);
}

FakeReply FakeServer::answer(Command command, const Bytes& payload) {
    switch (command) {
        case Command::VERSION:
            return {0, Bytes{0, 0, 1, 0} + Bytes(version_data.begin(), version_data.end())};
        case Command::DEVICE_GET_INFO:
            return {0, dwords({16, device_reset | device_pci, region_count, irq_count})};
        case Command::DEVICE_GET_REGION_INFO:
            return {0, dwords({32, 3, payload.at(8), 0}) + quads({bar_size, 0})};
        case Command::DEVICE_GET_IRQ_INFO:
            return {0, dwords({16, irq_eventfd, payload.at(8), vectors})};
        case Command::DEVICE_SET_IRQS:
            for (sim::Fd& fd : fds_) eventfds.push_back(std::move(fd));
            return {};
        case Command::REGION_READ: return read_region(payload);
        case Command::REGION_WRITE: return write_region(payload);
        case Command::DMA_MAP:
        case Command::DEVICE_RESET: return {};
        case Command::DMA_UNMAP: return {0, payload};
        default: return {ENOTSUP, {}};
    }
}

FakeReply FakeServer::read_region(const Bytes& payload) {
    const auto offset = load_le<std::uint64_t>(payload.data());
    const auto size = load_le<std::uint32_t>(payload.data() + 12);
    Bytes data(size, 0);
    if (load_le<std::uint32_t>(payload.data() + 8) == config_region) {
        if (offset + size > config.size()) {
            return {EINVAL, {}};
        }
        std::copy_n(config.begin() + static_cast<std::ptrdiff_t>(offset), size, data.begin());
    } else {
        Bytes value = quads({registers[offset]});
        std::copy_n(value.begin(), std::min<std::size_t>(size, value.size()), data.begin());
    }
    return {0, payload + data};
}

FakeReply FakeServer::write_region(const Bytes& payload) {
    const auto offset = load_le<std::uint64_t>(payload.data());
    const auto size = load_le<std::uint32_t>(payload.data() + 12);
    if (load_le<std::uint32_t>(payload.data() + 8) == config_region) {
        if (offset + size > config.size()) {
            return {EINVAL, {}};
        }
        std::copy_n(payload.begin() + region_access_size, size,
                    config.begin() + static_cast<std::ptrdiff_t>(offset));
    } else {
        Bytes value(8, 0);
        std::copy_n(payload.begin() + region_access_size, size, value.begin());
        registers[offset] = load_le<std::uint64_t>(value.data());
    }
    return {0, Bytes(payload.begin(), payload.begin() + region_access_size)};
}

}  // namespace lmsim::tests
