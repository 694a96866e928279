#include "sim/bridge/vfio_user/channel.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>

#include "sim/bridge/vfio_user/socket_stream.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// What comes with each read of the peer.
class Pieces : public Stream {
  public:
    void add(const Bytes& bytes, std::size_t fds = 0) { pieces_.emplace_back(bytes, fds); }
    std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<Fd>& fds,
                        Wait wait) override {
        if (pieces_.empty()) {
            return wait == Wait::Block ? -1 : 0;
        }
        auto& [bytes, count] = pieces_.front();
        const std::size_t size = std::min(most, bytes.size());
        std::copy_n(bytes.begin(), size, to);
        for (; count > 0; --count) {
            fds.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        }
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (bytes.empty()) pieces_.pop_front();
        return static_cast<std::ptrdiff_t>(size);
    }
    bool write(const Part* parts, std::size_t count, const std::vector<int>& /*fds*/) override {
        for (std::size_t i = 0; i < count; ++i) {
            written.insert(written.end(), parts[i].bytes, parts[i].bytes + parts[i].size);
        }
        return true;
    }
    Bytes written;

  private:
    std::deque<std::pair<Bytes, std::size_t>> pieces_;
};

Bytes message(std::uint16_t id, std::size_t payload) {
    Header header;
    header.id = id;
    header.command = Command::REGION_WRITE;
    header.message_size = static_cast<std::uint32_t>(Header::size + payload);
    Bytes bytes(Header::size + payload, static_cast<std::uint8_t>(id));
    encode_header(header, bytes.data());
    return bytes;
}

Bytes sized(std::uint32_t size) {
    Bytes bytes = message(1, 0);
    Header header = decode_header(bytes.data());
    header.message_size = size;
    encode_header(header, bytes.data());
    return bytes;
}

Bytes part(const Bytes& bytes, std::size_t from, std::size_t to) {
    return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                 bytes.begin() + static_cast<std::ptrdiff_t>(to));
}

Bytes joined(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("a message in pieces is one, with the descriptors that came with its first piece",
          "[vfio-user]") {
    const Bytes whole = message(5, 100);
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        Pieces stream;
        stream.add(part(whole, 0, cut), 2);
        stream.add(part(whole, cut, whole.size()));
        stream.add(message(6, 4));
        Channel channel(stream);
        Message got;
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.header.id == 5);
        CHECK(got.payload == Bytes(100, 5));
        CHECK(got.fds.size() == 2);
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.header.id == 6);
        CHECK(got.fds.empty());
        CHECK(channel.receive(got, Stream::Wait::No) == Channel::Got::Nothing);
    }
}

TEST_CASE("a message byte by byte is one", "[vfio-user]") {
    Pieces stream;
    const Bytes whole = joined(message(1, 3), message(2, 0));
    for (const std::uint8_t byte : whole) {
        stream.add({byte});
    }
    Channel channel(stream);
    Message got;
    REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
    CHECK(got.size() == 3);
    REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
    CHECK(got.size() == 0);
}

TEST_CASE("descriptors behind several messages of one read belong to the last", "[vfio-user]") {
    Pieces stream;
    // A read ends behind the piece that brings descriptors: what follows comes with the next one.
    stream.add(joined(joined(message(1, 8), message(2, 0)), message(3, 8)), 3);
    stream.add(message(4, 8));
    Channel channel(stream);
    Message got;
    for (const std::size_t fds : {0, 0, 3, 0}) {
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.fds.size() == fds);
    }
    CHECK_FALSE(channel.has_message());
}

TEST_CASE("descriptors with a message that is under way and behind one that is whole",
          "[vfio-user]") {
    const Bytes second = message(2, 50);
    for (std::size_t cut = 1; cut < second.size(); ++cut) {
        Pieces stream;
        stream.add(joined(message(1, 8), part(second, 0, cut)), 2);
        stream.add(joined(part(second, cut, second.size()), message(3, 0)));
        Channel channel(stream);
        Message got;
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.fds.empty());
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.header.id == 2);
        CHECK(got.fds.size() == 2);
        REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
        CHECK(got.fds.empty());
    }
}

TEST_CASE("messages of impossible sizes break a channel and are told", "[vfio-user]") {
    for (const std::uint32_t size : {0U, 15U, max_message + 1, 0xffff'ffffU}) {
        Pieces stream;
        stream.add(sized(size));
        Channel channel(stream);
        Message got;
        CHECK(channel.receive(got, Stream::Wait::No) == Channel::Got::Broken);
        CHECK(channel.error().find(std::to_string(size)) != std::string::npos);
    }
}

TEST_CASE("the longest message goes through a channel", "[vfio-user]") {
    Pieces stream;
    stream.add(message(9, max_message - Header::size));
    stream.add(message(1, 0));
    Channel channel(stream);
    Message got;
    REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
    CHECK(got.size() == max_message - Header::size);
    REQUIRE(channel.receive(got, Stream::Wait::No) == Channel::Got::Message);
}

TEST_CASE("too many descriptors break a channel", "[vfio-user]") {
    Pieces at_once;
    at_once.add(message(1, 0), max_message_fds + 1);
    Channel one(at_once);
    Message got;
    CHECK(one.receive(got, Stream::Wait::No) == Channel::Got::Broken);

    Pieces bit_by_bit;
    const Bytes whole = message(1, 8);
    bit_by_bit.add(part(whole, 0, 20), max_message_fds);
    bit_by_bit.add(part(whole, 20, 24), 1);
    Channel other(bit_by_bit);
    CHECK(other.receive(got, Stream::Wait::No) == Channel::Got::Broken);
    CHECK(other.error().find("17") != std::string::npos);
}

TEST_CASE("a peer that ends in the middle of a message is gone", "[vfio-user]") {
    const Bytes whole = message(1, 8);
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
        Pieces stream;
        stream.add(part(whole, 0, cut));
        Channel channel(stream);
        Message got;
        CHECK(channel.receive(got, Stream::Wait::No) == Channel::Got::Gone);
    }
}

TEST_CASE("messages and descriptors go over a socket", "[vfio-user]") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    SocketStream here{Fd(ends[0]), 1000};
    SocketStream there{Fd(ends[1]), 1000};
    Channel from(here);
    Channel to(there);
    const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Header header;
    header.command = Command::DMA_MAP;
    const Bytes payload(40, 7);
    for (std::uint16_t id = 0; id < 20; ++id) {
        header.id = id;
        const std::vector<int> fds(id % 3, file.get());
        REQUIRE(from.send(header, payload.data(), 32, payload.data() + 32, 8, fds));
    }
    Message got;
    for (std::uint16_t id = 0; id < 20; ++id) {
        REQUIRE(to.receive(got, Stream::Wait::Block) == Channel::Got::Message);
        CHECK(got.header.id == id);
        CHECK(got.payload == payload);
        REQUIRE(got.fds.size() == id % 3);
        for (const Fd& fd : got.fds) {
            CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
        }
    }
    CHECK(to.receive(got, Stream::Wait::No) == Channel::Got::Nothing);
}

TEST_CASE("a peer that takes nothing, or stops in a message, counts as gone after the limit",
          "[vfio-user]") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    SocketStream here{Fd(ends[0]), 20};
    const Fd there(ends[1]);
    Channel channel(here);
    const Bytes whole = message(1, 8);
    REQUIRE(::write(there.get(), whole.data(), 20) == 20);
    Message got;
    CHECK(channel.receive(got, Stream::Wait::No) == Channel::Got::Gone);
    const Bytes much(max_data_transfer, 1);
    bool taken = true;
    for (int i = 0; i < 64 && taken; ++i) {
        taken = channel.send(Header(), much.data(), much.size());
    }
    CHECK_FALSE(taken);
}

TEST_CASE("a socket is made for its owner alone, and what is wrong with its path is told",
          "[vfio-user]") {
    char folder[] = "/tmp/lmsim-socket-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/s";
    Fd socket;
    CHECK(connect_to(path, socket).find("is the server running") != std::string::npos);
    REQUIRE(listen_at(path, socket).empty());
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    Fd other;
    CHECK(listen_at(path, other).find("is there already") != std::string::npos);
    CHECK(connect_to(path, other).empty());
    socket.close();
    CHECK(connect_to(path, other).find("nobody serves it") != std::string::npos);
    CHECK(listen_at(path + "/x", other).find(path) == 0);
    CHECK(listen_at("", other) == "the path of a socket is empty");
    CHECK(listen_at(std::string(200, 'x'), other).find("too long") != std::string::npos);
    ::unlink(path.c_str());
    ::rmdir(folder);
}
