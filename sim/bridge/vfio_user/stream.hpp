#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/bridge/fd.hpp"

namespace lmsim::sim::vfio_user {

/// How bytes and file descriptors go to a peer and come from it: a socket, or what a test or a
/// fuzzer makes of it.
class Stream {
  public:
    enum class Wait : std::uint8_t { No, Briefly, Block };

    virtual ~Stream() = default;
    /// Reads at most `most` bytes; descriptors that came with the last of them are appended to
    /// `fds`. 0 if there is nothing now (never with Wait::Block), -1 if the peer is gone or says
    /// nothing within the limit of a blocking read.
    virtual std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<Fd>& fds,
                                Wait wait) = 0;

    /// Bytes of a message that stand apart from the others.
    struct Part {
        const std::uint8_t* bytes = nullptr;
        std::size_t size = 0;
    };
    /// Writes all parts, with the descriptors at the first byte. False if the peer is gone, or
    /// does not take all of it within the limit.
    virtual bool write(const Part* parts, std::size_t count, const std::vector<int>& fds) = 0;
    /// How long a message may take that has begun.
    virtual int limit_ms() const { return 10'000; }
    /// What a poll() looks at, or -1.
    virtual int poll_fd() const { return -1; }

    using Clock = std::chrono::steady_clock;
    /// Until when reads and writes may wait, all together; without one each has its limit.
    void set_deadline(std::optional<Clock::time_point> deadline) { deadline_ = deadline; }
    bool is_late() const { return deadline_ && Clock::now() >= *deadline_; }

  protected:
    /// When what begins now has to be done.
    Clock::time_point end_of_limit() const {
        return deadline_.value_or(Clock::now() + std::chrono::milliseconds(limit_ms()));
    }

  private:
    std::optional<Clock::time_point> deadline_;
};

}  // namespace lmsim::sim::vfio_user
