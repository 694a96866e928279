#pragma once

#include <string>

#include "model/wire/result.hpp"
#include "sim/bridge/vfio_user/stream.hpp"

namespace lmsim::sim::vfio_user {

/// A stream over a Unix socket. Descriptors that come in are closed on exec.
class SocketStream : public Stream {
  public:
    /// A peer that is silent in the middle of a message for `limit_ms`, or has not taken one by
    /// then, counts as gone.
    explicit SocketStream(Fd socket, int limit_ms = 10'000);

    std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<Fd>& fds,
                        Wait wait) override;
    bool write(const Part* parts, std::size_t count, const std::vector<int>& fds) override;
    int limit_ms() const override { return limit_ms_; }
    int poll_fd() const override { return socket_.get(); }

  private:
    bool write_pieces(const Part* parts, std::size_t count, const std::vector<int>& fds);
    bool ready(short events, Clock::time_point until) const;

    Fd socket_;
    int limit_ms_;
};

/// A socket that listens at `path`, which must not exist, for its owner alone (mode 0600). In words
/// what is wrong: too long, there already, no such folder.
std::string listen_at(const std::string& path, Fd& socket);
/// Connects to a server that listens at `path`.
std::string connect_to(const std::string& path, Fd& socket);

}  // namespace lmsim::sim::vfio_user
