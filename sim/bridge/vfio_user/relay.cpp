#include "sim/bridge/vfio_user/relay.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "model/wire/bits.hpp"

namespace lmsim::sim::vfio_user {

using wire::load_le;
using wire::store_le;

namespace {

constexpr std::uint32_t piece = 256 * 1024;       // of the state, bytes
constexpr std::uint64_t most_state = 1ULL << 30;  // what does not end is no state
constexpr int no_fd = -1;
constexpr std::size_t most_outstanding = 4096;  // a VMM waits for nearly every answer
constexpr std::size_t most_files = 64;          // before those that are gone are looked for
constexpr std::uint32_t most_lines = 65536;     // of an index, more than MSI-X has

/// Bytes that a command has at least; who sends fewer is told so by the server.
std::size_t least_size(Command command) {
    switch (command) {
        case Command::DMA_MAP: return dma_map_size;
        case Command::DMA_UNMAP: return dma_unmap_size;
        case Command::DEVICE_SET_IRQS: return irq_set_size;
        case Command::REGION_WRITE: return region_access_size;
        default: return 0;
    }
}

/// Whether it can be of use to the next server; nothing that a server does is longer.
bool is_kept(const Message& request) {
    constexpr std::size_t longest = 4096;
    const Command command = request.header.command;
    return command == Command::VERSION ||
           (least_size(command) != 0 && request.size() >= least_size(command) &&
            request.size() <= longest);
}

std::vector<int> numbers(const std::vector<Fd>& fds) {
    std::vector<int> all;
    for (const Fd& fd : fds) all.push_back(fd.get());
    return all;
}

}  // namespace

Relay::Side Relay::side(std::unique_ptr<Stream> stream) {
    Side made{std::move(stream), nullptr};
    made.channel = std::make_unique<Channel>(*made.stream);
    return made;
}

void Relay::begin(std::unique_ptr<Stream> vmm, std::unique_ptr<Stream> server) {
    vmm_ = side(std::move(vmm));
    server_ = side(std::move(server));
}

void Relay::end(const std::string& why) {
    if (ended_.empty()) ended_ = why;
}

bool Relay::pass() {
    bool any = false;
    if (ended_.empty()) any = pass_command(message_) || any;
    if (ended_.empty()) any = pass_answer(message_) || any;
    return any;
}

bool Relay::pass_command(Message& message) {
    switch (vmm_.channel->receive(message, Stream::Wait::No)) {
        case Channel::Got::Nothing: return false;
        case Channel::Got::Message: break;
        case Channel::Got::Gone: end("the VMM is gone"); return false;
        case Channel::Got::Broken: end("the VMM: " + vmm_.channel->error()); return false;
    }
    if (!message.is_reply() && outstanding_.size() >= most_outstanding) {
        end(fmt::format("the VMM: {} commands whose answers are missing; expected fewer",
                        outstanding_.size()));
        return false;
    }
    // Whether the server has done it is known only if it answers, whoever wants to hear that.
    Header header = message.header;
    if (!message.is_reply()) header.flags &= ~flag_no_reply;
    if (!server_.channel->send(header, message.payload.data(), message.size(), nullptr, 0,
                               numbers(message.fds))) {
        end("the server is gone");
        return false;
    }
    if (!message.is_reply()) {
        const bool wants_reply = (message.header.flags & flag_no_reply) == 0;
        if (!is_kept(message)) {
            message.payload.clear();
            message.fds.clear();
        }
        outstanding_.push_back({std::move(message), wants_reply});
        message = Message{};
    }
    return true;
}

bool Relay::pass_answer(Message& message) {
    switch (server_.channel->receive(message, Stream::Wait::No)) {
        case Channel::Got::Nothing: return false;
        case Channel::Got::Message: break;
        case Channel::Got::Gone: end("the server is gone"); return false;
        case Channel::Got::Broken: end("the server: " + server_.channel->error()); return false;
    }
    answer(message);
    return true;
}

/// Takes what the server has sent to the VMM, and keeps what it has done.
void Relay::answer(Message& message) {
    if (message.is_reply() && !outstanding_.empty()) {
        Asked asked = std::move(outstanding_.front());
        outstanding_.pop_front();
        if ((message.header.flags & flag_error) == 0) keep(asked.message);
        if (!asked.wants_reply) return;
    }
    if (!vmm_.channel->send(message.header, message.payload.data(), message.size(), nullptr, 0,
                            numbers(message.fds))) {
        end("the VMM is gone");
    }
}

/// Remembers what the next server has to be told, too.
void Relay::keep(Message& request) {
    if (!is_kept(request) || request.size() == 0) {
        return;
    }
    switch (request.header.command) {
        case Command::VERSION: version_ = request.payload; break;
        case Command::DMA_MAP: keep_map(request); break;
        case Command::DMA_UNMAP: forget_maps(request); break;
        case Command::DEVICE_SET_IRQS: keep_irqs(request); break;
        case Command::REGION_WRITE: keep_config(request); break;
        default: break;
    }
}

void Relay::keep_map(Message& request) {
    const auto address = load_le<std::uint64_t>(request.payload.data() + 16);
    std::shared_ptr<Fd> file;
    if (!request.fds.empty()) file = share(std::move(request.fds.front()));
    maps_[address] = {std::move(request.payload), std::move(file)};
}

/// The descriptor that is here already for the same file, or this one.
std::shared_ptr<Fd> Relay::share(Fd fd) {
    struct stat about {};
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fstat(fd.get(), &about) != 0) {
        return std::make_shared<Fd>(std::move(fd));
    }
    std::weak_ptr<Fd>& known = files_[{about.st_dev, about.st_ino, flags & O_ACCMODE}];
    std::shared_ptr<Fd> file = known.lock();
    if (!file) {
        file = std::make_shared<Fd>(std::move(fd));
        known = file;
    }
    return file;
}

void Relay::forget_maps(const Message& request) {
    const std::uint8_t* at = request.payload.data();
    const auto address = load_le<std::uint64_t>(at + 8);
    const auto last = address + (load_le<std::uint64_t>(at + 16) - 1);
    const bool all = (load_le<std::uint32_t>(at + 4) & unmap_all) != 0;
    if (all) {
        maps_.clear();
    } else if (last >= address) {
        maps_.erase(maps_.lower_bound(address), maps_.upper_bound(last));
    }
    for (auto at = files_.begin(); files_.size() > most_files && at != files_.end();) {
        at = at->second.expired() ? files_.erase(at) : std::next(at);
    }
}

void Relay::keep_irqs(Message& request) {
    const std::uint8_t* at = request.payload.data();
    const auto flags = load_le<std::uint32_t>(at + 4);
    const auto index = load_le<std::uint32_t>(at + 8);
    const auto start = load_le<std::uint32_t>(at + 12);
    const auto count = load_le<std::uint32_t>(at + 16);
    if (index >= irq_count || start >= most_lines || count > most_lines - start) {
        return;  // nothing has so many
    }
    const bool off = (flags & irq_data_none) != 0 && count == 0;
    if (off) {
        irqs_.erase(irqs_.lower_bound({index, 0}), irqs_.lower_bound({index + 1, 0}));
    }
    if ((flags & irq_data_eventfd) == 0) {
        return;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        if (request.fds.empty()) {
            irqs_.erase({index, start + i});
        } else if (i < request.fds.size()) {
            irqs_[{index, start + i}] = std::move(request.fds[i]);
        }
    }
}

void Relay::keep_config(const Message& request) {
    const std::uint8_t* at = request.payload.data();
    const auto offset = load_le<std::uint64_t>(at);
    if (load_le<std::uint32_t>(at + 8) != config_region) {
        return;
    }
    for (std::size_t i = region_access_size; i < request.size(); ++i) {
        const std::size_t to = offset + i - region_access_size;
        if (to < config_.size()) {
            config_[to] = request.payload[i];
            config_written_[to] = true;
        }
    }
}

/// Until the server has answered everything that the VMM has asked.
std::string Relay::drain() {
    while (!outstanding_.empty() && ended_.empty()) {
        Message message;
        const Channel::Got got = server_.channel->receive(message, Stream::Wait::Block);
        if (got != Channel::Got::Message) {
            end("the server does not answer");
            break;
        }
        answer(message);
    }
    return ended_;
}

std::string Relay::call(Side& to, Command command, const Bytes& payload, Message& reply,
                        const std::vector<int>& fds) {
    Header header;
    header.command = command;
    header.id = 0x5152;
    if (!to.channel->send(header, payload.data(), payload.size(), nullptr, 0, fds)) {
        return "the server is gone";
    }
    for (std::size_t left = most_outstanding;; --left) {
        if (left == 0 || to.channel->receive(reply, Stream::Wait::Block) != Channel::Got::Message) {
            return fmt::format("the server does not answer {}", name_of(command));
        }
        if (reply.is_reply()) break;
        // It wants memory by messages, which nobody has for it while the VMM is held.
        Header refusal = reply.header;
        refusal.flags = type_reply | flag_error;
        refusal.error = EFAULT;
        if (!to.channel->send(refusal, nullptr, 0)) {
            return "the server is gone";
        }
    }
    if (reply.header.id != header.id) {
        return fmt::format("the server does not answer {}", name_of(command));
    }
    return (reply.header.flags & flag_error) == 0
               ? std::string()
               : fmt::format("{}: {}", name_of(command),
                             std::strerror(static_cast<int>(reply.header.error)));
}

std::string Relay::set_state(Side& at, vfio::MigState state) {
    Bytes payload(feature_size + 8, 0);
    store_le(payload.data(), static_cast<std::uint32_t>(payload.size()));
    store_le(payload.data() + 4,
             vfio::feature_set | static_cast<std::uint32_t>(vfio::Feature::MIG_DEVICE_STATE));
    store_le(payload.data() + 8, static_cast<std::uint32_t>(state));
    store_le(payload.data() + 12, static_cast<std::uint32_t>(no_fd));
    Message reply;
    const std::string error = call(at, Command::DEVICE_FEATURE, payload, reply);
    return error.empty() ? error : fmt::format("{} ({})", error, vfio::to_string(state));
}

/// Tells a new server all that the one before it knows.
std::string Relay::replay(Side& to) {
    Message reply;
    std::string error = call(to, Command::VERSION, version_, reply);
    // Whoever had it before: a VMM resets a function that it takes.
    if (error.empty()) error = call(to, Command::DEVICE_RESET, {}, reply);
    for (auto at = maps_.begin(); at != maps_.end() && error.empty(); ++at) {
        std::vector<int> fds;
        if (at->second.file) fds.push_back(at->second.file->get());
        error = call(to, Command::DMA_MAP, at->second.payload, reply, fds);
    }
    for (std::size_t i = 0; i < config_.size() && error.empty(); ++i) {
        if (!config_written_[i]) continue;
        Bytes payload(region_access_size + 1);
        store_le<std::uint64_t>(payload.data(), i);
        store_le(payload.data() + 8, config_region);
        store_le<std::uint32_t>(payload.data() + 12, 1);
        // A reset that the guest asked for has happened long ago.
        payload.back() = PciConfig::without_reset(static_cast<std::uint32_t>(i), config_[i]);
        error = call(to, Command::REGION_WRITE, payload, reply);
    }
    for (auto at = irqs_.begin(); at != irqs_.end() && error.empty(); ++at) {
        Bytes payload(irq_set_size);
        store_le(payload.data(), irq_set_size);
        store_le(payload.data() + 4, irq_data_eventfd | irq_action_trigger);
        store_le(payload.data() + 8, at->first.index);
        store_le(payload.data() + 12, at->first.start);
        store_le<std::uint32_t>(payload.data() + 16, 1);
        error = call(to, Command::DEVICE_SET_IRQS, payload, reply, {at->second.get()});
    }
    return error;
}

Result<Relay::Bytes> Relay::read_state(Side& from) {
    Bytes state;
    for (;;) {
        Bytes payload(migration_data_size);
        store_le(payload.data(), migration_data_size + piece);
        store_le(payload.data() + 4, piece);
        Message reply;
        const std::string error = call(from, Command::MIG_DATA_READ, payload, reply);
        if (!error.empty()) {
            return Failure{error};
        }
        if (reply.size() < migration_data_size || state.size() > most_state) {
            return Failure{"MIG_DATA_READ: no stream that ends"};
        }
        const std::size_t got = reply.size() - migration_data_size;
        state.insert(state.end(), reply.payload.begin() + migration_data_size, reply.payload.end());
        if (got < piece) {
            return state;
        }
    }
}

std::string Relay::write_state(Side& to, const Bytes& state) {
    std::string error;
    for (std::size_t done = 0; done < state.size() && error.empty();) {
        const std::size_t part = std::min<std::size_t>(state.size() - done, piece);
        Bytes payload(migration_data_size + part);
        store_le(payload.data(), static_cast<std::uint32_t>(payload.size()));
        store_le(payload.data() + 4, static_cast<std::uint32_t>(part));
        std::memcpy(payload.data() + migration_data_size, state.data() + done, part);
        Message reply;
        error = call(to, Command::MIG_DATA_WRITE, payload, reply);
        done += part;
    }
    return error;
}

/// Memory by messages comes from the VMM, which is held during a move. A ROM has no descriptor
/// either, and no function needs one.
std::string Relay::cannot_move() const {
    for (const auto& [address, kept] : maps_) {
        const auto flags = load_le<std::uint32_t>(kept.payload.data() + 4);
        if (!kept.file && (flags & map_writeable) != 0) {
            return fmt::format(
                "the VMM shares its memory at {:x}h without a descriptor; expected memory that a "
                "server maps (QEMU: share=on)",
                address);
        }
    }
    return {};
}

Result<Relay::Moved> Relay::move(std::unique_ptr<Stream> other) {
    using vfio::MigState;
    Side to = side(std::move(other));
    std::string error = drain();
    if (error.empty()) error = cannot_move();
    if (error.empty()) error = replay(to);
    if (!error.empty()) {
        return Failure{"before the function was stopped: " + error};
    }
    error = set_state(server_, MigState::STOP_COPY);
    if (!error.empty()) {
        return Failure{"the function could not be stopped: " + error};
    }
    Result<Bytes> state = read_state(server_);
    error = state ? set_state(to, MigState::RESUMING) : state.error();
    if (error.empty()) error = write_state(to, state.value());
    if (error.empty()) error = set_state(to, MigState::RUNNING);
    if (!error.empty()) {
        const std::string back = set_state(server_, MigState::RUNNING);
        return Failure{back.empty() ? error + "; it runs on where it was"
                                    : error + "; and it does not run on either: " + back};
    }
    server_ = std::move(to);
    return Moved{state.value().size(), maps_.size()};
}

}  // namespace lmsim::sim::vfio_user
