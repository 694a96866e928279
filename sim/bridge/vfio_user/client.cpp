#include "sim/bridge/vfio_user/client.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "model/wire/bits.hpp"

namespace lmsim::sim::vfio_user {

using wire::load_le;

namespace {

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Client::Client(std::unique_ptr<Stream> stream, std::string name, int limit_ms)
    : stream_(std::move(stream)), channel_(*stream_), name_(std::move(name)), limit_ms_(limit_ms) {}

Client::~Client() {
    for (Client* other : others_) {
        auto& theirs = other->others_;
        theirs.erase(std::remove(theirs.begin(), theirs.end(), this), theirs.end());
    }
}

void Client::serve_together(Client& other) {
    others_.push_back(&other);
    other.others_.push_back(this);
}

std::string Client::fail(std::string what) {
    if (error_.empty()) {
        error_ = fmt::format("{}: {}", name_, what);
        pending_.clear();
    }
    return error_;
}

std::string Client::refusal(const Message& reply) {
    const int number = static_cast<int>(reply.header.error);
    return number == 0 ? "it was refused without a reason"
                       : fmt::format("it was refused: {}", std::strerror(number));
}

bool Client::send(const Request& request, Answer answer) {
    if (!error_.empty()) {
        return false;
    }
    Header header;
    header.id = next_id_++;
    header.command = request.command;
    header.flags = type_command | (answer ? 0 : flag_no_reply);
    if (answer) {
        pending_.push_back(
            {header.id, request.command, request.least, request.exact, std::move(answer)});
    }
    if (!channel_.send(header, request.payload, request.size, request.data, request.data_size,
                       request.fds)) {
        fail(fmt::format("{} cannot be sent: the server is gone, or has taken nothing for {} ms",
                         name_of(request.command), limit_ms_));
        return false;
    }
    return true;
}

/// Until something has come, or the time is over: then the connection is of no use any more.
bool Client::wait(std::int64_t until_ms, const char* what) {
    const int fd = stream_->poll_fd();
    if (fd < 0 || channel_.has_message()) {
        return true;
    }
    std::vector<pollfd> items{{fd, POLLIN, 0}};
    for (Client* other : others_) {
        other->pump_all();  // what it has read already
        items.push_back({other->error_.empty() ? other->poll_fd() : -1, POLLIN, 0});
    }
    for (;;) {
        const auto left = std::max<std::int64_t>(until_ms - now_ms(), 0);
        const int got = ::poll(items.data(), items.size(), static_cast<int>(left));
        if (got > 0 && items[0].revents != 0) {
            return true;
        }
        for (std::size_t i = 1; got > 0 && i < items.size(); ++i) {
            if (items[i].revents == 0) continue;
            others_[i - 1]->pump_all();
            if (!others_[i - 1]->error_.empty()) items[i].fd = -1;
        }
        if (got <= 0 && left == 0) {
            fail(fmt::format("no answer to {} within {} ms", what, limit_ms_));
            return false;
        }
    }
}

std::string Client::call(const Request& request, Message& reply) {
    bool done = false;
    const bool sent = send(request, [&](const Message& message) {
        reply.header = message.header;
        reply.payload = message.payload;
        done = true;
    });
    const std::string what(name_of(request.command));
    const std::int64_t until = now_ms() + limit_ms_;
    while (sent && !done && error_.empty()) {
        Message& message = incoming_;
        Channel::Got got = channel_.receive(message, Stream::Wait::Briefly);
        if (got == Channel::Got::Nothing) {
            if (!wait(until, what.c_str())) break;
            got = channel_.receive(
                message, stream_->poll_fd() < 0 ? Stream::Wait::Block : Stream::Wait::Briefly);
        } else if (got == Channel::Got::Message && now_ms() > until) {
            fail(fmt::format("no answer to {} within {} ms", what, limit_ms_));
            break;
        }
        if (got == Channel::Got::Message) {
            handle(message);
        } else if (got == Channel::Got::Broken) {
            fail(fmt::format("instead of an answer to {} came {}", what, channel_.error()));
        } else if (got == Channel::Got::Gone) {
            fail(
                fmt::format("no answer to {}: the server closed the connection, or stopped in "
                            "the middle of a message",
                            what));
        }
    }
    if (!done) {
        return error_;
    }
    if ((reply.header.flags & flag_error) != 0) {
        return fmt::format("{}: {}: {}", name_, what, refusal(reply));
    }
    return {};
}

std::string Client::call(const Request& request) {
    Message reply;
    return call(request, reply);
}

bool Client::pump() {
    if (!error_.empty()) {
        return false;
    }
    switch (channel_.receive(incoming_, Stream::Wait::No)) {
        case Channel::Got::Message: return handle(incoming_);
        case Channel::Got::Nothing: return false;
        case Channel::Got::Broken: fail("the server sent " + channel_.error()); return false;
        case Channel::Got::Gone: fail("the server closed the connection"); return false;
    }
    return false;
}

bool Client::pump_all() {
    bool any = false;
    while (pump()) {
        any = true;
    }
    return any;
}

std::string Client::settle(std::size_t count) {
    const std::int64_t until = now_ms() + limit_ms_;
    while (error_.empty() && pending_.size() > count) {
        if (!pump() && error_.empty()) {
            if (stream_->poll_fd() < 0) {
                return fail("the server leaves commands unanswered");
            }
            wait(until, "a write");
        }
    }
    return error_;
}

void Client::settle_others() {
    for (Client* other : others_) {
        other->settle();
    }
}

bool Client::handle(Message& message) {
    switch (message.header.flags & type_mask) {
        case type_reply: return take_reply(message);
        case type_command: return serve(message);
        default:
            fail(fmt::format("the server sent a message of type {}; expected a command or a reply",
                             message.header.flags & type_mask));
            return false;
    }
}

bool Client::take_reply(const Message& message) {
    const auto found = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& pending) {
        return pending.id == message.header.id;
    });
    if (found == pending_.end() || found->command != message.header.command) {
        fail(fmt::format("the server answered what was not asked: {} with message ID {}",
                         static_cast<unsigned>(message.header.command), message.header.id));
        return false;
    }
    const Pending pending = std::move(*found);
    pending_.erase(found);
    const std::size_t size = message.size();
    const bool fits = pending.exact ? size == pending.least : size >= pending.least;
    if ((message.header.flags & flag_error) == 0 && !fits) {
        fail(fmt::format("an answer to {} of {} bytes; expected {}{}", name_of(pending.command),
                         size, pending.exact ? "" : "at least ", pending.least));
        return false;
    }
    pending.answer(message);
    return true;
}

bool Client::reply(const Header& to, std::uint32_t error, const std::uint8_t* payload,
                   std::size_t size, const std::uint8_t* data, std::size_t data_size) {
    if ((to.flags & flag_no_reply) != 0) {
        return true;
    }
    Header header;
    header.id = to.id;
    header.command = to.command;
    header.flags = type_reply | (error != 0 ? flag_error : 0);
    header.error = error;
    if (!channel_.send(header, payload, size, data, data_size)) {
        fail("an answer to the server cannot be sent: it is gone, or takes nothing");
        return false;
    }
    return true;
}

/// A command of the server: it reaches memory that has been mapped, by messages.
bool Client::serve(const Message& message) {
    const Header& header = message.header;
    const bool read = header.command == Command::DMA_READ;
    if (!read && header.command != Command::DMA_WRITE) {
        return reply(header, ENOTSUP);
    }
    if (message.size() < dma_access_size) {
        return reply(header, EINVAL);
    }
    const std::uint8_t* access = message.payload.data();
    const auto address = load_le<std::uint64_t>(access);
    const auto count = load_le<std::uint64_t>(access + 8);
    if (count > max_data_transfer || message.size() != dma_access_size + (read ? 0 : count)) {
        return reply(header, EINVAL);
    }
    for (const Mapping& mapping : mappings_) {
        const std::uint64_t at = address - mapping.address;
        if (address < mapping.address || at > mapping.size || count > mapping.size - at) {
            continue;
        }
        if (read) {
            return reply(header, 0, access, dma_access_size, mapping.bytes + at,
                         static_cast<std::size_t>(count));
        }
        std::memcpy(mapping.bytes + at, access + dma_access_size, count);
        return reply(header, 0, access, dma_access_size);
    }
    return reply(header, EFAULT);
}

}  // namespace lmsim::sim::vfio_user
