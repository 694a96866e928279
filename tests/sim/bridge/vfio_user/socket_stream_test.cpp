#include "sim/bridge/vfio_user/socket_stream.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "sim/bridge/vfio_user/channel.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;

namespace {

namespace fs = std::filesystem;

struct Folder {
    std::string path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "lmsim-socket-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
};

struct Pair {
    Fd theirs;
    SocketStream ours;
    Channel channel{ours};

    explicit Pair(int limit_ms = 20) : Pair(limit_ms, make()) {}
    Pair(int limit_ms, std::pair<int, int> ends)
        : theirs(ends.first), ours(Fd(ends.second), limit_ms) {}
    static std::pair<int, int> make() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        return {ends[0], ends[1]};
    }
    /// The peer sends these bytes with so many descriptors.
    void sends(std::vector<std::uint8_t> bytes, std::size_t count) const {
        const Fd event(::eventfd(0, EFD_CLOEXEC));
        const std::vector<int> fds(count, event.get());
        iovec part{bytes.data(), bytes.size()};
        std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (count != 0) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* const c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(count * sizeof(int));
            std::memcpy(CMSG_DATA(c), fds.data(), count * sizeof(int));
        }
        REQUIRE(::sendmsg(theirs.get(), &message, 0) == static_cast<ssize_t>(bytes.size()));
    }
};

std::vector<std::uint8_t> reset_message() {
    std::vector<std::uint8_t> bytes(Header::size);
    Header header;
    header.command = Command::DEVICE_RESET;
    encode_header(header, bytes.data());
    return bytes;
}

}  // namespace

TEST_CASE("socket: a path is its owner's alone, and must be free", "[bridge][socket]") {
    const Folder folder;
    const std::string path = folder.path + "/socket";
    Fd socket;
    REQUIRE(listen_at(path, socket).empty());
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    Fd other;
    CHECK(listen_at(path, other).find("is there already; remove it") != std::string::npos);
    CHECK_FALSE(other);
    Fd client;
    CHECK(connect_to(path, client).empty());
    socket.close();
    CHECK(connect_to(path, client).find("nobody serves it any more") != std::string::npos);
    CHECK(connect_to(folder.path + "/none", client).find("is the server running?") !=
          std::string::npos);
    CHECK(listen_at(folder.path + "/no/such", other).find("No such file") != std::string::npos);
    CHECK(listen_at("", other).find("empty") != std::string::npos);
    // 107 bytes are the longest path there is (unix(7)).
    const std::string longest = folder.path + "/" + std::string(106 - folder.path.size(), 'x');
    CHECK(listen_at(longest, other).empty());
    CHECK(listen_at(longest + "x", other).find("108 bytes are too long") != std::string::npos);
    CHECK(connect_to(longest + "x", client).find("too long") != std::string::npos);
}

TEST_CASE("socket: a peer that stalls at any byte of a message is gone", "[bridge][socket]") {
    const std::vector<std::uint8_t> whole = reset_message();
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        Pair pair;
        if (cut != 0) pair.sends({whole.begin(), whole.begin() + static_cast<long>(cut)}, 0);
        Message message;
        const Channel::Got got = pair.channel.receive(message, Stream::Wait::No);
        CHECK(got == (cut == 0              ? Channel::Got::Nothing
                      : cut == whole.size() ? Channel::Got::Message
                                            : Channel::Got::Gone));
    }
    Pair silent;
    Message message;
    CHECK(silent.channel.receive(message, Stream::Wait::Block) == Channel::Got::Gone);
}

TEST_CASE("socket: a peer that takes nothing is gone", "[bridge][socket]") {
    Pair pair;
    const std::vector<std::uint8_t> much(max_data_transfer);
    int sent = 0;
    while (sent < 1000 && pair.channel.send(Header{}, much.data(), much.size())) ++sent;
    CHECK(sent < 1000);
}

TEST_CASE("socket: descriptors come with their message, or not at all", "[bridge][socket]") {
    Pair pair;
    Message message;
    pair.sends(reset_message(), 0);
    pair.sends(reset_message(), 2);
    pair.sends(reset_message(), 0);
    for (const std::size_t count : {0, 2, 0}) {
        REQUIRE(pair.channel.receive(message, Stream::Wait::No) == Channel::Got::Message);
        CHECK(message.fds.size() == count);
    }
    Pair many;
    many.sends(reset_message(), max_message_fds + 1);
    CHECK(many.channel.receive(message, Stream::Wait::No) == Channel::Got::Broken);
    Pair most;  // more than there is room for: some would be missing
    most.sends(reset_message(), 200);
    CHECK(most.channel.receive(message, Stream::Wait::No) == Channel::Got::Gone);
    Pair full;  // no room in this process
    full.sends(reset_message(), 3);
    const Fd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlimit low = limit;
    low.rlim_cur = static_cast<rlim_t>(next.get()) + 2;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    message.fds.clear();
    const Channel::Got got = full.channel.receive(message, Stream::Wait::No);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(got == Channel::Got::Gone);
}
