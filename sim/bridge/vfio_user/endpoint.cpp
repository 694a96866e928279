#include "sim/bridge/vfio_user/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/wire/bits.hpp"

namespace lmsim::sim::vfio_user {

using wire::load_le;
using wire::store_le;

namespace {

constexpr std::uint32_t msix_entry = 16;
// Commands that a client may send before the answer that is waited for.
constexpr std::size_t max_waiting = 4096;
constexpr std::size_t max_waiting_bytes = 16U << 20;
constexpr std::size_t max_waiting_fds = 64;
// With less every DMA_READ and DMA_WRITE would be cut into messages without number.
constexpr std::uint64_t least_transfer = 4096;

std::uint64_t size_of(std::uint32_t region) {
    return region == bar0_region     ? PciConfig::bar_size
           : region == config_region ? PciConfig::size
                                     : 0;
}

std::string describe(Command command) {
    const std::string_view name = name_of(command);
    return name.empty() ? fmt::format("command {}", static_cast<unsigned>(command))
                        : std::string(name);
}

}  // namespace

Endpoint::Endpoint(DevicePort& port, DmaMap& dma, Pace& pace, std::uint16_t vectors, Say say)
    : port_(port),
      dma_(dma),
      pace_(pace),
      say_(std::move(say)),
      config_(vectors),
      irqs_(vectors),
      msix_table_(std::size_t{vectors} * msix_entry) {
    port_.set_client(this);
    dma_.set_messages(this);
}

Endpoint::~Endpoint() {
    port_.set_client(nullptr);
    dma_.set_messages(nullptr);
}

void Endpoint::connect(Stream& stream) {
    channel_ = std::make_unique<Channel>(stream, Channel::Rest::Keep);
    part_since_.reset();
    agreed_ = false;
    lost_ = false;
    peer_transfer_ = max_data_transfer;
}

void Endpoint::disconnect() {
    channel_.reset();
    waiting_.clear();
    waiting_bytes_ = 0;
    waiting_fds_ = 0;
    dma_.clear();
    irqs_.clear();
    port_.enable_interrupts(false);
    config_.show_msix(false);
}

void Endpoint::lose(const std::string& why) {
    if (!lost_) {
        say_(why);
        lost_ = true;
    }
}

bool Endpoint::serve(Stream::Wait wait) {
    if (channel_ == nullptr) {
        return false;
    }
    if (!waiting_.empty()) {
        message_ = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= message_.size();
        waiting_fds_ -= message_.fds.size();
        handle(message_);
    } else if (!lost_) {  // if not already while another function was served
        switch (channel_->receive(message_, wait)) {
            case Channel::Got::Nothing:
                if (!stalls()) return false;
                lose("the client stops in the middle of a message");
                break;
            case Channel::Got::Message:
                part_since_.reset();
                handle(message_);
                break;
            case Channel::Got::Gone: lose("the client is gone"); break;
            case Channel::Got::Broken:
                lose("the client breaks the protocol: " + channel_->error());
                break;
        }
    }
    if (lost_) {
        disconnect();
    }
    return true;
}

/// Has the rest of a message been due for too long?
bool Endpoint::stalls() {
    if (!channel_->has_part()) {
        part_since_.reset();
        return false;
    }
    const auto now = std::chrono::steady_clock::now();
    part_since_ = part_since_.value_or(now);
    return now - *part_since_ > std::chrono::milliseconds(channel_->stream().limit_ms());
}

void Endpoint::handle(Message& message) {
    ++messages_;
    const Header& header = message.header;
    if (message.is_reply()) {
        return lose(fmt::format("the client breaks the protocol: a reply to {} that nobody asked",
                                describe(header.command)));
    }
    if (!agreed_ && header.command != Command::VERSION) {
        return lose(fmt::format("the client breaks the protocol: {} before VERSION",
                                describe(header.command)));
    }
    // Time first: what a server that was late is asked would else take less time than it does.
    pace_.go_on();
    reply_.clear();
    const int error = perform(message);
    if (lost_ || (header.flags & flag_no_reply) != 0) {
        return;
    }
    Header answer = header;
    answer.flags = type_reply | (error != 0 ? flag_error : 0);
    answer.error = static_cast<std::uint32_t>(error);
    if (error != 0) {
        reply_.clear();
    }
    if (!channel_->send(answer, reply_.data(), reply_.size())) {
        lose("the client is gone, or takes no answer");
    }
}

int Endpoint::perform(Message& message) {
    const Bytes& payload = message.payload;
    switch (message.header.command) {
        case Command::VERSION: return version(payload);
        case Command::DMA_MAP: return dma_map(message);
        case Command::DMA_UNMAP: return dma_unmap(payload);
        case Command::DEVICE_GET_INFO: return device_info(payload);
        case Command::DEVICE_GET_REGION_INFO: return region_info(payload);
        case Command::DEVICE_GET_IRQ_INFO: return irq_info(payload);
        case Command::DEVICE_SET_IRQS: {
            const int error = irqs_.set(payload, message.fds);
            const bool on = irqs_.any(msix_irq);
            port_.enable_interrupts(on);
            config_.show_msix(on);
            return error;
        }
        case Command::REGION_READ: return region_read(payload);
        case Command::REGION_WRITE: return region_write(payload);
        case Command::REGION_WRITE_MULTI: return write_multi(payload);
        case Command::DEVICE_RESET: return reset();
        case Command::DEVICE_FEATURE:
            return payload.size() < feature_size ? EINVAL
                   : migration_ == nullptr       ? ENOTTY
                                                 : migration_->feature(payload, reply_);
        case Command::MIG_DATA_READ: return migration_read(payload);
        case Command::MIG_DATA_WRITE: return migration_write(payload);
        case Command::DEVICE_GET_REGION_IO_FDS:  // optional: no region has any
        case Command::DMA_READ:                  // the server's to send
        case Command::DMA_WRITE: break;
    }
    return EOPNOTSUPP;
}

/// Our capabilities as JSON, of those that the client has proposed: the server's are a subset
/// (vfio-user 0.1, VFIO_USER_VERSION). False if the client is dropped.
bool Endpoint::agree(const Bytes& payload, std::string& ours) {
    using nlohmann::json;
    json answer = {{"capabilities", json::object()}};
    const auto text = payload.begin() + version_size;
    const auto end = std::find(text, payload.end(), 0);
    const json theirs = text == end ? json::object() : json::parse(text, end, nullptr, false);
    if (!theirs.is_object()) {
        lose("the client's VERSION is no JSON object");
        return false;
    }
    const auto proposed = theirs.find("capabilities");
    if (proposed != theirs.end() && proposed->is_object()) {
        const json all = {{"max_msg_fds", max_message_fds},
                          {"max_data_xfer_size", max_data_transfer},
                          {"max_dma_maps", max_dma_maps},
                          {"pgsizes", 4096},
                          {"write_multiple", true}};
        for (const auto& [name, value] : all.items()) {
            if (proposed->contains(name)) answer["capabilities"][name] = value;
        }
        const auto most = proposed->find("max_data_xfer_size");
        if (most != proposed->end() && most->is_number_unsigned()) {
            const auto bytes = most->get<std::uint64_t>();
            if (bytes < least_transfer) {
                lose(fmt::format("the client's max_data_xfer_size is {}; expected at least {}",
                                 bytes, least_transfer));
                return false;
            }
            peer_transfer_ =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, max_data_transfer));
        }
    }
    ours = answer.dump();
    return true;
}

int Endpoint::version(const Bytes& payload) {
    if (agreed_ || payload.size() < version_size) {
        return EINVAL;
    }
    const auto major = load_le<std::uint16_t>(payload.data());
    const auto minor = load_le<std::uint16_t>(payload.data() + 2);
    if (major != major_version) {
        lose(fmt::format("the client speaks vfio-user {}.{}; expected {}.{}", major, minor,
                         major_version, minor_version));
        return EINVAL;
    }
    std::string out;
    if (!agree(payload, out)) {
        return EINVAL;
    }
    reply_.resize(version_size);
    store_le(reply_.data(), major_version);
    store_le(reply_.data() + 2, std::min(minor, minor_version));
    reply_.insert(reply_.end(), out.begin(), out.end());
    reply_.push_back(0);
    agreed_ = true;
    return 0;
}

int Endpoint::dma_map(Message& message) {
    const Bytes& payload = message.payload;
    if (payload.size() < dma_map_size || message.fds.size() > 1) {
        return EINVAL;
    }
    DmaMap::Mapping mapping;
    mapping.flags = load_le<std::uint32_t>(payload.data() + 4);
    mapping.offset = load_le<std::uint64_t>(payload.data() + 8);
    mapping.address = load_le<std::uint64_t>(payload.data() + 16);
    mapping.size = load_le<std::uint64_t>(payload.data() + 24);
    return dma_.map(mapping, message.fds.empty() ? Fd() : std::move(message.fds.front()));
}

int Endpoint::dma_unmap(const Bytes& payload) {
    if (payload.size() < dma_unmap_size) {
        return EINVAL;
    }
    const auto flags = load_le<std::uint32_t>(payload.data() + 4);
    const auto address = load_le<std::uint64_t>(payload.data() + 8);
    const auto size = load_le<std::uint64_t>(payload.data() + 16);
    if ((flags & unmap_all) != 0) {
        dma_.clear();
    } else if (const int error = dma_.unmap(address, size)) {
        return error;
    }
    reply_.assign(payload.begin(), payload.begin() + dma_unmap_size);
    return 0;
}

int Endpoint::device_info(const Bytes& payload) {
    if (payload.size() < device_info_size ||
        load_le<std::uint32_t>(payload.data()) < device_info_size) {
        return EINVAL;
    }
    reply_.resize(device_info_size);
    store_le(reply_.data(), device_info_size);
    store_le(reply_.data() + 4, device_reset | device_pci);
    store_le(reply_.data() + 8, region_count);
    store_le(reply_.data() + 12, irq_count);
    return 0;
}

int Endpoint::region_info(const Bytes& payload) {
    if (payload.size() < region_info_size ||
        load_le<std::uint32_t>(payload.data()) < region_info_size) {
        return EINVAL;
    }
    const auto index = load_le<std::uint32_t>(payload.data() + 8);
    if (index >= region_count) {
        return EINVAL;
    }
    const std::uint64_t size = size_of(index);
    reply_.assign(region_info_size, 0);
    store_le(reply_.data(), region_info_size);
    store_le(reply_.data() + 4, size != 0 ? region_readable | region_writeable : 0U);
    store_le(reply_.data() + 8, index);
    store_le(reply_.data() + 16, size);
    return 0;
}

int Endpoint::irq_info(const Bytes& payload) {
    if (payload.size() < irq_info_size || load_le<std::uint32_t>(payload.data()) < irq_info_size) {
        return EINVAL;
    }
    const auto index = load_le<std::uint32_t>(payload.data() + 8);
    if (index >= irq_count) {
        return EINVAL;
    }
    reply_.resize(irq_info_size);
    store_le(reply_.data(), irq_info_size);
    store_le(reply_.data() + 4, Irqs::flags(index));
    store_le(reply_.data() + 8, index);
    store_le(reply_.data() + 12, irqs_.count(index));
    return 0;
}

int Endpoint::region_read(const Bytes& payload) {
    if (payload.size() < region_access_size) {
        return EINVAL;
    }
    const auto offset = load_le<std::uint64_t>(payload.data());
    const auto region = load_le<std::uint32_t>(payload.data() + 8);
    const auto count = load_le<std::uint32_t>(payload.data() + 12);
    if (count > max_data_transfer) {
        return EINVAL;
    }
    reply_.assign(payload.begin(), payload.begin() + region_access_size);
    reply_.resize(region_access_size + std::size_t{count});
    return read_region(region, offset, reply_.data() + region_access_size, count);
}

int Endpoint::region_write(const Bytes& payload) {
    if (payload.size() < region_access_size) {
        return EINVAL;
    }
    const auto offset = load_le<std::uint64_t>(payload.data());
    const auto region = load_le<std::uint32_t>(payload.data() + 8);
    const auto count = load_le<std::uint32_t>(payload.data() + 12);
    if (count != payload.size() - region_access_size) {
        return EINVAL;
    }
    reply_.assign(payload.begin(), payload.begin() + region_access_size);
    return write_region(region, offset, payload.data() + region_access_size, count);
}

int Endpoint::write_multi(const Bytes& payload) {
    if (payload.size() < write_multi_size) {
        return EINVAL;
    }
    const auto writes = load_le<std::uint64_t>(payload.data());
    if (writes != (payload.size() - write_multi_size) / write_multi_entry ||
        (payload.size() - write_multi_size) % write_multi_entry != 0) {
        return EINVAL;
    }
    std::uint64_t done = 0;
    for (; done < writes; ++done) {
        const std::uint8_t* at = payload.data() + write_multi_size + done * write_multi_entry;
        const auto count = load_le<std::uint32_t>(at + 12);
        if (count > 8 || write_region(load_le<std::uint32_t>(at + 8), load_le<std::uint64_t>(at),
                                      at + region_access_size, count) != 0) {
            break;
        }
    }
    reply_.resize(write_multi_size);
    store_le(reply_.data(), done);
    return done == writes ? 0 : EINVAL;
}

int Endpoint::read_region(std::uint32_t region, std::uint64_t offset, std::uint8_t* to,
                          std::uint32_t count) {
    const std::uint64_t size = size_of(region);
    if (offset > size || count > size - offset) {
        return EINVAL;
    }
    if (region == config_region) {
        config_.read(static_cast<std::uint32_t>(offset), to, count);
    } else {
        read_bar(offset, to, count);
    }
    return 0;
}

int Endpoint::write_region(std::uint32_t region, std::uint64_t offset, const std::uint8_t* from,
                           std::uint32_t count) {
    const std::uint64_t size = size_of(region);
    if (offset > size || count > size - offset) {
        return EINVAL;
    }
    if (region == config_region) {
        write_config(static_cast<std::uint32_t>(offset), from, count);
    } else {
        write_bar(offset, from, count);
    }
    return 0;
}

void Endpoint::write_config(std::uint32_t offset, const std::uint8_t* from, std::uint32_t count) {
    config_.write(offset, from, count);
    if (config_.take_reset_request()) {
        reset();
        config_.reset();
        config_.show_msix(irqs_.any(msix_irq));
    }
    dma_.enable(config_.bus_master());
}

/// Registers are read as whole dwords, of which the bytes that were asked for are kept.
void Endpoint::read_bar(std::uint64_t offset, std::uint8_t* to, std::uint32_t count) {
    while (count != 0) {
        const std::uint64_t dword = offset & ~std::uint64_t{3};
        const auto skip = static_cast<std::uint32_t>(offset - dword);
        const std::uint32_t part = std::min(count, 4 - skip);
        std::uint8_t bytes[4] = {};
        if (dword >= PciConfig::msix_table) {
            const std::uint64_t at = dword - PciConfig::msix_table;
            if (at + 4 <= msix_table_.size()) {
                std::memcpy(bytes, msix_table_.data() + at, 4);
            }
        } else if (dword < reg::doorbells) {  // doorbells read as 0
            answer_.reset();
            port_.read(dword, 4, 0);
            if (pace_.wait([this] { return answer_.has_value(); })) {
                store_le(bytes, static_cast<std::uint32_t>(*answer_));
            }
        }
        std::memcpy(to, bytes + skip, part);
        to += part;
        offset += part;
        count -= part;
    }
}

/// Only whole dwords: what else a write would do is not defined (NVMe Base 2.3, 3.1.4).
void Endpoint::write_bar(std::uint64_t offset, const std::uint8_t* from, std::uint32_t count) {
    if ((offset & 3) != 0 || (count & 3) != 0) {
        return;
    }
    for (std::uint32_t done = 0; done < count; done += 4) {
        const std::uint64_t at = offset + done;
        if (at < PciConfig::msix_table) {
            port_.write(at, load_le<std::uint32_t>(from + done), 4);
        } else if (at - PciConfig::msix_table + 4 <= msix_table_.size()) {
            std::memcpy(msix_table_.data() + (at - PciConfig::msix_table), from + done, 4);
        }
    }
    pace_.go_on();
    if (dma_.take_blank_entry() && !told_blank_) {
        told_blank_ = true;
        say_(
            "a submission queue entry is all zeros: is the client's memory private? Then what it "
            "writes never gets here (QEMU: give its memory share=on)");
    }
}

void Endpoint::read_done(std::uint64_t /*token*/, std::uint64_t value) { answer_ = value; }

int Endpoint::reset() {
    bool done = false;
    port_.reset([&done] { done = true; });
    pace_.wait([&done] { return done; });
    if (migration_ != nullptr) {
        migration_->was_reset();
    }
    // The client's eventfds stay its own, as with VFIO.
    port_.enable_interrupts(irqs_.any(msix_irq));
    return done ? 0 : EIO;
}

int Endpoint::migration_read(const Bytes& payload) {
    if (payload.size() < migration_data_size) {
        return EINVAL;
    }
    const auto size = load_le<std::uint32_t>(payload.data() + 4);
    if (size > max_data_transfer) {
        return EINVAL;
    }
    if (migration_ == nullptr) {
        return ENOTTY;
    }
    reply_.resize(migration_data_size);
    const int error = migration_->read(size, reply_);
    store_le(reply_.data(), static_cast<std::uint32_t>(reply_.size()));
    store_le(reply_.data() + 4, static_cast<std::uint32_t>(reply_.size() - migration_data_size));
    return error;
}

int Endpoint::migration_write(const Bytes& payload) {
    if (payload.size() < migration_data_size ||
        load_le<std::uint32_t>(payload.data() + 4) != payload.size() - migration_data_size) {
        return EINVAL;
    }
    return migration_ == nullptr ? ENOTTY
                                 : migration_->write(payload.data() + migration_data_size,
                                                     payload.size() - migration_data_size);
}

/// Sends a command to the client and waits for its answer; what else comes meanwhile waits.
bool Endpoint::exchange(Header header, const std::uint8_t* payload, std::size_t size,
                        const std::uint8_t* data, std::size_t data_size, Message& reply) {
    if (channel_ == nullptr || lost_) {
        return false;
    }
    if (!told_messages_) {
        told_messages_ = true;
        say_(
            "the client maps memory without a file descriptor: every access to it is a message, "
            "which not every client bears (QEMU: give its memory share=on)");
    }
    header.id = next_id_++;
    if (!channel_->send(header, payload, size, data, data_size)) {
        lose(fmt::format("the client takes no {}", describe(header.command)));
        return false;
    }
    if (!await_reply(header.command, reply)) {
        return false;
    }
    const Header& got = reply.header;
    if (got.id != header.id || got.command != header.command) {
        lose(fmt::format("the client breaks the protocol: a reply to {} instead of {}",
                         describe(got.command), describe(header.command)));
        return false;
    }
    return (got.flags & flag_error) == 0;
}

bool Endpoint::await_reply(Command command, Message& reply) {
    for (;;) {
        const bool late = channel_->stream().is_late();
        switch (late ? Channel::Got::Gone : channel_->receive(reply, Stream::Wait::Block)) {
            case Channel::Got::Message: break;
            case Channel::Got::Broken:
                lose("the client breaks the protocol: " + channel_->error());
                return false;
            case Channel::Got::Nothing:
            case Channel::Got::Gone:
                lose(
                    fmt::format("the client is gone, or does not answer a {} (QEMU does not when "
                                "it waits itself: give its memory share=on)",
                                describe(command)));
                return false;
        }
        if (reply.is_reply()) {
            return true;
        }
        if (!keep_waiting(std::move(reply))) {
            return false;
        }
        reply = Message{};
    }
}

/// A command that comes before the answer that is waited for.
bool Endpoint::keep_waiting(Message&& message) {
    waiting_bytes_ += message.size();
    waiting_fds_ += message.fds.size();
    waiting_.push_back(std::move(message));
    if (waiting_.size() > max_waiting || waiting_bytes_ > max_waiting_bytes ||
        waiting_fds_ > max_waiting_fds) {
        lose("the client sends commands and no answer");
        return false;
    }
    return true;
}

/// Nobody else is served while a client's memory is asked for: that has one limit for all of its
/// messages, or a client could stretch it with each of them.
class Endpoint::Deadline {
  public:
    explicit Deadline(Endpoint& endpoint)
        : stream_(endpoint.channel_ ? &endpoint.channel_->stream() : nullptr) {
        if (stream_ != nullptr) {
            stream_->set_deadline(Stream::Clock::now() +
                                  std::chrono::milliseconds(stream_->limit_ms()));
        }
    }
    ~Deadline() {
        if (stream_ != nullptr) stream_->set_deadline(std::nullopt);
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

  private:
    Stream* stream_;
};

/// A DMA_READ, or with `data` a DMA_WRITE.
bool Endpoint::ask_dma(Command command, std::uint64_t address, std::uint32_t length,
                       const std::uint8_t* data, Message& reply) {
    std::uint8_t ask[dma_access_size];
    store_le<std::uint64_t>(ask, address);
    store_le<std::uint64_t>(ask + 8, length);
    Header header;
    header.command = command;
    return exchange(header, ask, sizeof ask, data, data == nullptr ? 0 : length, reply);
}

bool Endpoint::dma_read(std::uint64_t address, std::uint8_t* to, std::uint32_t length) {
    const Deadline deadline(*this);
    for (std::uint32_t done = 0; done < length;) {
        const std::uint32_t part = std::min(length - done, peer_transfer_);
        Message reply;
        if (!ask_dma(Command::DMA_READ, address + done, part, nullptr, reply)) {
            return false;
        }
        if (reply.size() != dma_access_size + std::size_t{part}) {
            lose(fmt::format("the client answers a DMA_READ of {} bytes with {}", part,
                             reply.size()));
            return false;
        }
        std::memcpy(to + done, reply.payload.data() + dma_access_size, part);
        done += part;
    }
    return true;
}

bool Endpoint::dma_write(std::uint64_t address, const std::uint8_t* from, std::uint32_t length) {
    const Deadline deadline(*this);
    for (std::uint32_t done = 0; done < length;) {
        const std::uint32_t part = std::min(length - done, peer_transfer_);
        Message reply;
        if (!ask_dma(Command::DMA_WRITE, address + done, part, from + done, reply)) {
            return false;
        }
        done += part;
    }
    return true;
}

}  // namespace lmsim::sim::vfio_user
