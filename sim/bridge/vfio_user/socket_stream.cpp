#include "sim/bridge/vfio_user/socket_stream.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "model/assert.hpp"
#include "sim/bridge/vfio_user/protocol.hpp"

namespace lmsim::sim::vfio_user {

namespace {

// How often a read looks_to_send again before it sleeps: waking up costs more than a short wait.
constexpr int looks_to_send = 200;
constexpr std::size_t most_fds = 64;  // of one recvmsg(): what is beyond is closed by the kernel

/// The address; in words why there can be none.
std::string address_of(const std::string& path, sockaddr_un& address) {
    address = {};
    address.sun_family = AF_UNIX;
    if (path.empty()) {
        return "the path of a socket is empty";
    }
    if (path.size() >= sizeof address.sun_path) {
        return fmt::format(
            "{}: {} bytes are too long for the path of a socket; expected at most {}", path,
            path.size(), sizeof address.sun_path - 1);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return {};
}

}  // namespace

SocketStream::SocketStream(Fd socket, int limit_ms)
    : socket_(std::move(socket)), limit_ms_(limit_ms) {}

bool SocketStream::ready(short events, Clock::time_point until) const {
    pollfd item{socket_.get(), events, 0};
    int got = 0;
    do {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) {
            return false;
        }
        got = ::poll(&item, 1, static_cast<int>(left.count()));
    } while (got < 0 && errno == EINTR);
    return got > 0;
}

std::ptrdiff_t SocketStream::read(std::uint8_t* to, std::size_t most, std::vector<Fd>& fds,
                                  Wait wait) {
    iovec part{to, most};
    alignas(cmsghdr) char control[CMSG_SPACE(most_fds * sizeof(int))];
    const int tries = wait == Wait::No ? 1 : looks_to_send;
    ssize_t got = -1;
    msghdr message{};
    for (int left = tries;;) {
        message = {};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got >= 0) {
            break;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            return -1;
        }
        if (--left > 0) {
            continue;
        }
        if (wait != Wait::Block) {
            return 0;
        }
        if (!ready(POLLIN, end_of_limit())) {
            return -1;
        }
        left = 1;
    }
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            fds.emplace_back(fd);
        }
    }
    // Descriptors that did not come, more than there is room for here or in this process, would be
    // missed without a word.
    return got == 0 || (message.msg_flags & MSG_CTRUNC) != 0 ? -1 : got;
}

bool SocketStream::write(const Part* parts, std::size_t count, const std::vector<int>& fds) {
    if (count == 1 && fds.empty()) {
        // Most messages: send() costs less than sendmsg().
        const ssize_t put =
            ::send(socket_.get(), parts->bytes, parts->size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put == static_cast<ssize_t>(parts->size)) return true;
        const std::size_t done = put > 0 ? static_cast<std::size_t>(put) : 0;
        const Part rest{parts->bytes + done, parts->size - done};
        return write_pieces(&rest, 1, fds);
    }
    return write_pieces(parts, count, fds);
}

bool SocketStream::write_pieces(const Part* parts, std::size_t count, const std::vector<int>& fds) {
    iovec pieces[4];
    LMSIM_ASSERT(count <= 4 && fds.size() <= max_message_fds);
    for (std::size_t i = 0; i < count; ++i) {
        pieces[i] = {const_cast<std::uint8_t*>(parts[i].bytes), parts[i].size};
    }
    alignas(cmsghdr) char control[CMSG_SPACE(max_message_fds * sizeof(int))];
    bool attach = !fds.empty();
    const Clock::time_point until = end_of_limit();  // of all of it: it may be taken byte by byte
    for (std::size_t at = 0; at < count;) {
        if (pieces[at].iov_len == 0) {
            ++at;
            continue;
        }
        msghdr message{};
        message.msg_iov = pieces + at;
        message.msg_iovlen = count - at;
        if (attach) {
            const std::size_t bytes = fds.size() * sizeof(int);
            std::memset(control, 0, sizeof control);
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(bytes);
            cmsghdr* c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(bytes);
            std::memcpy(CMSG_DATA(c), fds.data(), bytes);
        }
        ssize_t put = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0) {
            if (errno == EINTR) continue;
            const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
            if (!full || !ready(POLLOUT, until)) return false;
            continue;
        }
        attach = false;
        for (; put > 0 && at < count;) {
            const std::size_t part =
                std::min<std::size_t>(pieces[at].iov_len, static_cast<std::size_t>(put));
            pieces[at].iov_base = static_cast<std::uint8_t*>(pieces[at].iov_base) + part;
            pieces[at].iov_len -= part;
            put -= static_cast<ssize_t>(part);
            if (pieces[at].iov_len == 0) ++at;
        }
    }
    return true;
}

std::string listen_at(const std::string& path, Fd& socket) {
    sockaddr_un address{};
    std::string error = address_of(path, address);
    if (!error.empty()) {
        return error;
    }
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // The mode of the file comes from the socket's own: never open to others, not even shortly.
    const bool made = fd && ::fchmod(fd.get(), 0600) == 0 &&
                      ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!made) {
        if (errno == EADDRINUSE) {
            return fmt::format(
                "{}: is there already; remove it if no server uses it, or take "
                "another path",
                path);
        }
        return fmt::format("{}: {}", path, std::strerror(errno));
    }
    if (::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 1) != 0) {
        error = fmt::format("{}: {}", path, std::strerror(errno));
        ::unlink(path.c_str());
        return error;
    }
    socket = std::move(fd);
    return {};
}

std::string connect_to(const std::string& path, Fd& socket) {
    sockaddr_un address{};
    std::string error = address_of(path, address);
    if (!error.empty()) {
        return error;
    }
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        const char* hint = errno == ENOENT         ? "; is the server running?"
                           : errno == ECONNREFUSED ? "; nobody serves it any more"
                                                   : "";
        return fmt::format("{}: {}{}", path, std::strerror(errno), hint);
    }
    socket = std::move(fd);
    return {};
}

}  // namespace lmsim::sim::vfio_user
