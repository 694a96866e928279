#include "sim/bridge/vfio_user/channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

namespace lmsim::sim::vfio_user {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t small_message = 64;
constexpr std::size_t read_at_once = 64 * 1024;

}  // namespace

bool Channel::has_message() const {
    const std::size_t have = end_ - begin_;
    return have >= Header::size && have >= decode_header(buffer_.data() + begin_).message_size;
}

/// Whether the next message can be one; error() says why not.
bool Channel::check_header() {
    if (end_ - begin_ < Header::size) {
        return true;
    }
    const Header header = decode_header(buffer_.data() + begin_);
    if (header.message_size < Header::size || header.message_size > max_message) {
        error_ = fmt::format("a message of {} bytes; expected {} to {}", header.message_size,
                             Header::size, max_message);
        return false;
    }
    return true;
}

bool Channel::take(Message& message) {
    if (!has_message()) {
        return false;
    }
    message.header = decode_header(buffer_.data() + begin_);
    const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    message.payload.assign(first + Header::size,
                           first + static_cast<std::ptrdiff_t>(message.header.message_size));
    message.fds.clear();
    const std::size_t next = begin_ + message.header.message_size;
    while (!attached_.empty() && attached_.front().at < next) {
        std::move(attached_.front().fds.begin(), attached_.front().fds.end(),
                  std::back_inserter(message.fds));
        attached_.pop_front();
    }
    begin_ = next;
    if (begin_ == end_) {
        begin_ = end_ = 0;
        attached_.clear();
    }
    return true;
}

Channel::Got Channel::more(Stream::Wait wait) {
    if (begin_ != 0) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        for (Attached& attached : attached_) {
            attached.at -= std::min(attached.at, begin_);
        }
        end_ -= begin_;
        begin_ = 0;
    }
    // What is read may be far less than a whole message: room for all of it, once it is known.
    std::size_t wanted = read_at_once;
    if (end_ >= Header::size) {
        wanted = std::max<std::size_t>(wanted, decode_header(buffer_.data()).message_size);
    }
    if (buffer_.size() < wanted) {
        buffer_.resize(wanted);
    }
    std::vector<Fd> fds;
    const std::ptrdiff_t got =
        stream_.read(buffer_.data() + end_, buffer_.size() - end_, fds, wait);
    if (got < 0) {
        return Got::Gone;
    }
    if (fds.size() > max_message_fds) {
        error_ = fmt::format("{} file descriptors at once; expected at most {}", fds.size(),
                             max_message_fds);
        return Got::Broken;
    }
    const std::size_t before = end_;
    end_ += static_cast<std::size_t>(got);
    if (!fds.empty()) {
        // A read ends behind the piece of data that brings descriptors (unix(7)): they belong to
        // the last message that begins in it, or to the one under way.
        std::size_t at = begin_;
        for (std::size_t next = at; next < end_;) {
            at = next;
            if (end_ - next < Header::size) break;
            const std::uint32_t size = decode_header(buffer_.data() + next).message_size;
            if (size < Header::size) break;
            next += size;
        }
        if (attached_.size() >= max_message_fds) {
            error_ = "file descriptors with every piece of a message";
            return Got::Broken;
        }
        attached_.push_back(
            {std::max(at, attached_.empty() ? at : attached_.back().at), std::move(fds)});
    }
    return end_ == before ? Got::Nothing : Got::Message;
}

Channel::Got Channel::receive(Message& message, Stream::Wait wait) {
    std::optional<Clock::time_point> begun;
    for (;;) {
        if (!check_header()) {
            return Got::Broken;
        }
        if (take(message)) {
            if (message.fds.size() > max_message_fds) {
                error_ = fmt::format("a message with {} file descriptors; expected at most {}",
                                     message.fds.size(), max_message_fds);
                return Got::Broken;
            }
            return Got::Message;
        }
        if (stream_.is_late()) {
            return Got::Gone;
        }
        const bool rest = end_ != begin_;
        if (rest && !begun) {
            begun = Clock::now();
        } else if (rest && Clock::now() - *begun > std::chrono::milliseconds(stream_.limit_ms())) {
            return Got::Gone;  // it comes byte by byte
        }
        const Got got = more(rest && rest_ == Rest::Await ? Stream::Wait::Block : wait);
        if (got != Got::Message) {
            return got;
        }
    }
}

bool Channel::send(Header header, const std::uint8_t* payload, std::size_t size,
                   const std::uint8_t* data, std::size_t data_size, const std::vector<int>& fds) {
    header.message_size = static_cast<std::uint32_t>(Header::size + size + data_size);
    std::uint8_t head[small_message];
    encode_header(header, head);
    if (header.message_size <= sizeof head && data_size == 0) {
        // Most messages: one piece costs the kernel less than two.
        std::copy_n(payload, size, head + Header::size);
        const Stream::Part whole{head, header.message_size};
        return stream_.write(&whole, 1, fds);
    }
    const Stream::Part parts[] = {{head, Header::size}, {payload, size}, {data, data_size}};
    return stream_.write(parts, std::size(parts), fds);
}

}  // namespace lmsim::sim::vfio_user
