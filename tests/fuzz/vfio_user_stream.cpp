#include "tests/fuzz/vfio_user_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "model/wire/bits.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace lmsim::fuzz {

using sim::Fd;
using sim::vfio_user::Command;
using sim::vfio_user::Header;
using wire::load_le;
using wire::store_le;
namespace vu = sim::vfio_user;

Bytes message(Command command, std::uint16_t id, const Bytes& payload, std::uint32_t flags) {
    Header header;
    header.id = id;
    header.command = command;
    header.flags = flags;
    header.message_size = static_cast<std::uint32_t>(Header::size + payload.size());
    Bytes bytes(Header::size);
    vu::encode_header(header, bytes.data());
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

void ClientStream::send(Bytes bytes, std::vector<Fd> fds) {
    if (!bytes.empty()) {
        pieces_.push_back({std::move(bytes), std::move(fds)});
    }
}

/// As a Unix socket: what came without descriptors may come together, and a read ends behind a
/// piece that has some.
std::ptrdiff_t ClientStream::read(std::uint8_t* to, std::size_t most, std::vector<Fd>& fds,
                                  Wait wait) {
    if (pieces_.empty()) {
        return wait == Wait::Block ? -1 : 0;
    }
    std::size_t room = drips_ ? std::min<std::size_t>(most, 1 + choices_.below(40)) : most;
    std::size_t done = 0;
    while (room != 0 && !pieces_.empty()) {
        Piece& piece = pieces_.front();
        const bool brings = !piece.fds.empty();
        const std::size_t part = std::min(room, piece.bytes.size() - piece.at);
        std::memcpy(to + done, piece.bytes.data() + piece.at, part);
        note(to + done, part, piece.fds.size());
        std::move(piece.fds.begin(), piece.fds.end(), std::back_inserter(fds));
        piece.fds.clear();
        done += part;
        room -= part;
        piece.at += part;
        if (piece.at == piece.bytes.size()) {
            pieces_.pop_front();
        }
        if (brings) {
            break;
        }
    }
    return static_cast<std::ptrdiff_t>(done);
}

/// Cuts what the server reads into messages.
void ClientStream::note(const std::uint8_t* bytes, std::size_t size, std::size_t fds) {
    if (broken_) {
        return;
    }
    seen_.insert(seen_.end(), bytes, bytes + size);
    seen_fds_ += fds;
    std::size_t at = 0;
    while (seen_.size() - at >= Header::size) {
        const Header header = vu::decode_header(seen_.data() + at);
        if (header.message_size < Header::size || header.message_size > vu::max_message) {
            broken_ = true;
            break;
        }
        if (seen_.size() - at < header.message_size) {
            break;
        }
        take_note(header, seen_.data() + at + Header::size, header.message_size - Header::size);
        seen_fds_ = 0;
        at += header.message_size;
    }
    seen_.erase(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(at));
}

void ClientStream::take_note(const Header& header, const std::uint8_t* payload, std::size_t size) {
    if ((header.flags & vu::type_mask) == vu::type_reply) {
        return;
    }
    Expected expected;
    expected.header = header;
    expected.payload = size;
    const bool access =
        header.command == Command::REGION_READ || header.command == Command::REGION_WRITE;
    if (access && size >= vu::region_access_size) {
        expected.count = load_le<std::uint32_t>(payload + 12);
    }
    const bool maps = header.command == Command::DMA_MAP || header.command == Command::DMA_UNMAP;
    if (maps) {
        expected.map.assign(payload, payload + size);
        expected.by_messages = seen_fds_ == 0;
    }
    if ((header.flags & vu::flag_no_reply) == 0) {
        expected_.push_back(std::move(expected));
    } else if (maps) {
        unsure_ = true;
    }
}

bool ClientStream::write(const Part* parts, std::size_t count, const std::vector<int>& fds) {
    FUZZ_CHECK(fds.empty());
    Bytes bytes;
    for (std::size_t i = 0; i < count; ++i) {
        bytes.insert(bytes.end(), parts[i].bytes, parts[i].bytes + parts[i].size);
    }
    FUZZ_CHECK(bytes.size() >= Header::size && bytes.size() <= vu::max_message);
    const Header header = vu::decode_header(bytes.data());
    FUZZ_CHECK(header.message_size == bytes.size());
    const Bytes payload(bytes.begin() + Header::size, bytes.end());
    if ((header.flags & vu::type_mask) == vu::type_reply) {
        check_reply(header, payload);
    } else {
        check_dma(header, payload);
    }
    return honest_ || !choices_.one_in(5000);
}

/// Exactly one reply to each command, in the order of the commands.
void ClientStream::check_reply(const Header& header, const Bytes& payload) {
    FUZZ_CHECK(!expected_.empty());
    const Expected expected = std::move(expected_.front());
    expected_.pop_front();
    FUZZ_CHECK(header.id == expected.header.id && header.command == expected.header.command);
    ++answers_;
    if ((header.flags & vu::flag_error) != 0) {
        FUZZ_CHECK(header.flags == (vu::type_reply | vu::flag_error));
        FUZZ_CHECK(header.error != 0 && header.error < 4096 && payload.empty());
        return;
    }
    FUZZ_CHECK(header.flags == vu::type_reply && header.error == 0);
    check_payload(expected, payload);
    learn(expected);
}

void ClientStream::check_payload(const Expected& expected, const Bytes& payload) {
    switch (expected.header.command) {
        case Command::VERSION:
            FUZZ_CHECK(payload.size() > vu::version_size && payload.back() == 0);
            break;
        case Command::DMA_UNMAP: FUZZ_CHECK(payload.size() == vu::dma_unmap_size); break;
        case Command::DEVICE_GET_INFO: FUZZ_CHECK(payload.size() == vu::device_info_size); break;
        case Command::DEVICE_GET_REGION_INFO:
            FUZZ_CHECK(payload.size() == vu::region_info_size);
            break;
        case Command::DEVICE_GET_IRQ_INFO: FUZZ_CHECK(payload.size() == vu::irq_info_size); break;
        case Command::REGION_READ:
            FUZZ_CHECK(payload.size() == vu::region_access_size + expected.count);
            FUZZ_CHECK(load_le<std::uint32_t>(payload.data() + 12) == expected.count);
            break;
        case Command::REGION_WRITE:
            FUZZ_CHECK(payload.size() == vu::region_access_size);
            FUZZ_CHECK(load_le<std::uint32_t>(payload.data() + 12) == expected.count);
            break;
        case Command::REGION_WRITE_MULTI: FUZZ_CHECK(payload.size() == 8); break;
        case Command::DEVICE_FEATURE:
            FUZZ_CHECK(payload.size() >= vu::feature_size);
            FUZZ_CHECK(load_le<std::uint32_t>(payload.data()) <= payload.size());
            break;
        case Command::MIG_DATA_READ:
            FUZZ_CHECK(payload.size() >= vu::migration_data_size);
            FUZZ_CHECK(load_le<std::uint32_t>(payload.data() + 4) ==
                       payload.size() - vu::migration_data_size);
            break;
        case Command::DMA_MAP:
        case Command::DEVICE_SET_IRQS:
        case Command::MIG_DATA_WRITE:
        case Command::DEVICE_RESET: FUZZ_CHECK(payload.empty()); break;
        default: FUZZ_CHECK(!"a command that has to be refused");
    }
}

/// What the server now may ask for.
void ClientStream::learn(const Expected& expected) {
    const std::uint8_t* const at = expected.map.data();
    if (expected.header.command == Command::DMA_MAP && expected.by_messages) {
        by_messages_[load_le<std::uint64_t>(at + 16)] = {load_le<std::uint64_t>(at + 24),
                                                         load_le<std::uint32_t>(at + 4)};
    } else if (expected.header.command == Command::DMA_UNMAP) {
        const auto address = load_le<std::uint64_t>(at + 8);
        const auto size = load_le<std::uint64_t>(at + 16);
        const bool all = (load_le<std::uint32_t>(at + 4) & vu::unmap_all) != 0;
        for (auto it = by_messages_.begin(); it != by_messages_.end();) {
            it = all || it->first - address < size ? by_messages_.erase(it) : std::next(it);
        }
    }
}

bool ClientStream::may(std::uint64_t address, std::uint64_t count, std::uint32_t flag) const {
    const auto next = by_messages_.upper_bound(address);
    if (next == by_messages_.begin()) {
        return false;
    }
    const auto& [base, mapped] = *std::prev(next);
    const std::uint64_t skip = address - base;
    return skip < mapped.size && count <= mapped.size - skip && (mapped.flags & flag) != 0;
}

/// The server asks for what is mapped alone, in pieces that the client takes.
void ClientStream::check_dma(const Header& header, const Bytes& payload) {
    const bool reads = header.command == Command::DMA_READ;
    FUZZ_CHECK(reads || header.command == Command::DMA_WRITE);
    FUZZ_CHECK(header.flags == vu::type_command);
    FUZZ_CHECK(payload.size() >= vu::dma_access_size);
    const auto address = load_le<std::uint64_t>(payload.data());
    const auto count = load_le<std::uint64_t>(payload.data() + 8);
    FUZZ_CHECK(count != 0 && count <= vu::max_data_transfer);
    FUZZ_CHECK(payload.size() == vu::dma_access_size + (reads ? 0 : count));
    FUZZ_CHECK(unsure_ || may(address, count, reads ? vu::map_readable : vu::map_writeable));
    Bytes reply(payload.begin(), payload.begin() + vu::dma_access_size);
    const std::uint64_t at = address - memory_.address;
    const bool inside = at < memory_.bytes.size() && count <= memory_.bytes.size() - at;
    if (reads) {
        reply.resize(reply.size() + count);
    }
    if (inside && reads) {
        std::memcpy(reply.data() + vu::dma_access_size, memory_.bytes.data() + at, count);
    } else if (inside) {
        std::memcpy(memory_.bytes.data() + at, payload.data() + vu::dma_access_size, count);
    }
    answer(header, std::move(reply));
}

/// Mostly right.
void ClientStream::answer(const Header& header, Bytes payload) {
    std::uint32_t flags = vu::type_reply;
    std::uint16_t id = header.id;
    Command command = header.command;
    switch (honest_ ? 99 : choices_.below(600)) {
        case 0: return;
        case 1: ++id; break;
        case 2: payload.resize(choices_.below(payload.size() + 8)); break;
        case 3: command = Command::DMA_MAP; break;
        case 4: flags = vu::type_command; break;
        case 5: flags |= vu::flag_error; break;
        default: break;
    }
    if (!honest_ && choices_.one_in(20)) {
        Bytes other(vu::region_access_size);
        store_le<std::uint32_t>(other.data() + 12, 4);
        send(message(Command::REGION_READ, static_cast<std::uint16_t>(choices_.next()), other));
    }
    send(message(command, id, payload, flags));
}

}  // namespace lmsim::fuzz
