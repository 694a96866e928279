#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sim/bridge/vfio_user/protocol.hpp"
#include "sim/bridge/vfio_user/stream.hpp"

namespace lmsim::sim::vfio_user {

/// One message, whole.
struct Message {
    Header header;
    std::vector<std::uint8_t> payload;
    std::vector<Fd> fds;

    bool is_reply() const { return (header.flags & type_mask) == type_reply; }
    /// Bytes of payload that are there.
    std::size_t size() const { return payload.size(); }
};

/// Messages over a stream: cuts the bytes into messages, and no message is longer than max_message
/// or brings more descriptors than max_message_fds.
class Channel {
  public:
    /// What becomes of a message that is here in part while nothing waits for it: Await waits for
    /// the rest of it, Keep lets others have their turn.
    enum class Rest : std::uint8_t { Await, Keep };
    explicit Channel(Stream& stream, Rest rest = Rest::Await) : stream_(stream), rest_(rest) {}

    enum class Got : std::uint8_t { Message, Nothing, Gone, Broken };
    /// The next message, which may take Stream::limit_ms() once it has begun. Broken: the peer does
    /// not keep to the framing; error() says how.
    Got receive(Message& message, Stream::Wait wait);
    /// Is a whole message here that was read together with an earlier one?
    bool has_message() const;
    /// Has one begun that is not whole yet?
    bool has_part() const { return end_ != begin_ && !has_message(); }

    /// `header.message_size` is filled in. False if the peer is gone.
    bool send(Header header, const std::uint8_t* payload, std::size_t size,
              const std::uint8_t* data = nullptr, std::size_t data_size = 0,
              const std::vector<int>& fds = {});
    Stream& stream() { return stream_; }
    const std::string& error() const { return error_; }

  private:
    bool take(Message& message);
    Got more(Stream::Wait wait);
    bool check_header();

    Stream& stream_;
    Rest rest_;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;  // of the bytes that belong to no message yet
    std::size_t end_ = 0;
    // Descriptors, and at which byte of buffer_ the message begins that they came with.
    struct Attached {
        std::size_t at = 0;
        std::vector<Fd> fds;
    };
    std::deque<Attached> attached_;
    std::string error_;
};

}  // namespace lmsim::sim::vfio_user
