#include "sim/bridge/vfio_user/client_port.hpp"

#include <unistd.h>

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/client_fake_server.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using lmsim::tests::Bytes;
using lmsim::tests::dwords;
using lmsim::tests::FakeServer;
using lmsim::tests::quads;
using lmsim::tests::operator+;

namespace {

constexpr std::uint64_t pages = 64;
constexpr int limit_ms = 50;

struct Sink : PortClient {
    void interrupt(std::uint32_t vector) override { interrupts.push_back(vector); }
    void read_done(std::uint64_t token, std::uint64_t value) override {
        reads.emplace_back(token, value);
    }
    std::vector<std::uint32_t> interrupts;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> reads;
};

/// A port on a server that a test can still change.
struct Setup {
    explicit Setup(bool file = false) : owned(std::make_unique<FakeServer>(file)) {}

    std::unique_ptr<SharedMemory> memory = std::move(SharedMemory::create(pages).value());
    std::unique_ptr<FakeServer> owned;
    FakeServer* server = owned.get();
    Sink sink;

    Result<std::unique_ptr<ClientPort>> open(ClientPort::Options options = {}) {
        options.limit_ms = limit_ms;
        auto port = ClientPort::open(std::move(owned), "fake", *memory, options);
        if (port) {
            port.value()->set_client(&sink);
        }
        return port;
    }
};

ClientPort::Options by_messages() {
    ClientPort::Options options;
    options.share = ClientPort::Share::Messages;
    return options;
}

}  // namespace

TEST_CASE("a client port switches memory space and bus master on", "[vfio-user]") {
    Setup setup;
    const auto port = setup.open();
    REQUIRE(port.ok());
    CHECK((setup.server->config[4] & 6) == 6);
    CHECK(port.value()->function().msix_capability == 0x50);
    CHECK(port.value()->function().msix_vectors == 5);
    CHECK(port.value()->function().class_code == nvme_class);
}

TEST_CASE("a client port's memory goes to the server by descriptor or by messages", "[vfio-user]") {
    for (const bool shared : {true, false}) {
        Setup setup;
        std::size_t fds = 99;
        setup.server->answers[Command::DMA_MAP] = [&](const Bytes& payload) {
            fds = setup.server->fd_counts.back();
            CHECK(payload == dwords({32, 3}) + quads({0, 0, pages * page_size}));
            return tests::FakeReply{};
        };
        const auto port = setup.open(shared ? ClientPort::Options{} : by_messages());
        REQUIRE(port.ok());
        CHECK(fds == (shared ? 1 : 0));
    }
}

TEST_CASE("reads of a client port are answered by poll and never before", "[vfio-user]") {
    Setup setup;
    const auto opened = setup.open();
    REQUIRE(opened.ok());
    ClientPort& port = *opened.value();
    port.write(0x20, 0x1122'3344'5566'7788, 8);
    port.read(0x20, 8, 7);
    port.read(0x20, 4, 8);
    port.write(0x24, 1, 4);
    CHECK(setup.sink.reads.empty());
    CHECK(port.poll(0));
    CHECK(setup.sink.reads ==
          decltype(setup.sink.reads){{7, 0x1122'3344'5566'7788}, {8, 0x5566'7788}});
    CHECK_FALSE(port.poll(0));
    CHECK(port.error().empty());
    CHECK(port.refused().empty());
}

TEST_CASE("writes of a client port are answered or not, as it is told", "[vfio-user]") {
    for (const auto writes : {ClientPort::Writes::Awaited, ClientPort::Writes::Pipelined,
                              ClientPort::Writes::Unanswered}) {
        Setup setup;
        std::uint32_t flags = 0;
        setup.server->sees = [&](const Header& header, const Bytes&) { flags = header.flags; };
        ClientPort::Options options;
        options.writes = writes;
        const auto port = setup.open(options);
        REQUIRE(port.ok());
        for (int i = 0; i < 1000; ++i) {
            port.value()->write(0x1000, 1, 4);
        }
        CHECK((flags & flag_no_reply) ==
              (writes == ClientPort::Writes::Unanswered ? flag_no_reply : 0));
        CHECK(port.value()->client().outstanding() <= 64);
        CHECK(
            (writes == ClientPort::Writes::Pipelined || port.value()->client().outstanding() == 0));
    }
}

TEST_CASE("an access that the server refuses reads as ones and is told", "[vfio-user]") {
    Setup setup;
    const auto opened = setup.open();
    REQUIRE(opened.ok());
    ClientPort& port = *opened.value();
    setup.server->answers[Command::REGION_READ] = [](const Bytes&) {
        return tests::FakeReply{EINVAL, {}};
    };
    port.read(0x1c, 4, 1);
    port.poll(0);
    CHECK(setup.sink.reads == decltype(setup.sink.reads){{1, 0xffff'ffff}});
    CHECK(port.refused() ==
          "fake: a read of the property at 1ch: it was refused: Invalid argument");
    CHECK(port.error().empty());
}

TEST_CASE("interrupts of a client port come from poll while they are on", "[vfio-user]") {
    Setup setup(true);
    const auto opened = setup.open();
    REQUIRE(opened.ok());
    ClientPort& port = *opened.value();
    port.enable_interrupts(true);
    REQUIRE(setup.server->eventfds.size() == 5);  // in three messages: two descriptors at most
    CHECK(setup.server->config[0x53] == 0x80);
    const std::uint64_t one = 1;
    for (const int vector : {3, 3, 0}) {
        REQUIRE(::write(setup.server->eventfds[vector].get(), &one, sizeof one) == sizeof one);
    }
    CHECK(setup.sink.interrupts.empty());
    CHECK(port.poll(0));
    std::sort(setup.sink.interrupts.begin(), setup.sink.interrupts.end());
    CHECK(setup.sink.interrupts == std::vector<std::uint32_t>{0, 3});
    CHECK_FALSE(port.poll(1));

    port.enable_interrupts(false);
    CHECK(setup.server->config[0x53] == 0);
    REQUIRE(::write(setup.server->eventfds[1].get(), &one, sizeof one) == sizeof one);
    port.poll(0);
    CHECK(setup.sink.interrupts.size() == 2);
}

TEST_CASE("after a reset a client port has its bus master back and interrupts are off",
          "[vfio-user]") {
    Setup setup;
    const auto opened = setup.open();
    REQUIRE(opened.ok());
    ClientPort& port = *opened.value();
    port.enable_interrupts(true);
    setup.server->answers[Command::DEVICE_RESET] = [&](const Bytes&) {
        setup.server->config[4] = 0;
        setup.server->config[0x53] = 0;
        return tests::FakeReply{};
    };
    bool done = false;
    port.reset([&] { done = true; });
    CHECK_FALSE(done);
    port.poll(0);
    CHECK(done);
    CHECK((setup.server->config[4] & 6) == 6);
    setup.server->eventfds.clear();
    port.enable_interrupts(true);
    CHECK(setup.server->eventfds.size() == 5);
}

TEST_CASE("a server that dies at any step is told in a sentence", "[vfio-user]") {
    std::size_t steps = 0;
    {
        Setup setup;
        const auto port = setup.open();  // owns the server
        REQUIRE(port.ok());
        steps = setup.server->log.size();
    }
    REQUIRE(steps >= 7);
    for (std::size_t i = 0; i < 2 * steps; ++i) {
        Setup setup(i >= steps);
        setup.server->lives_for = i % steps;
        const auto port = setup.open();
        REQUIRE_FALSE(port.ok());
        INFO(port.error());
        CHECK(port.error().find("fake: ") == 0);
        CHECK(port.error().find("the server") != std::string::npos);
    }
}

TEST_CASE("a server that stalls at any step is told in a sentence", "[vfio-user]") {
    for (const Command step : {Command::VERSION, Command::DEVICE_GET_INFO,
                               Command::DEVICE_GET_REGION_INFO, Command::DEVICE_GET_IRQ_INFO,
                               Command::REGION_READ, Command::DMA_MAP, Command::REGION_WRITE}) {
        for (const bool file : {true, false}) {
            Setup setup(file);
            setup.server->answers[step] = [](const Bytes&) {
                return tests::FakeReply{0, {}, true};
            };
            const auto port = setup.open();
            REQUIRE_FALSE(port.ok());
            INFO(port.error());
            CHECK(port.error().find("fake: ") == 0);
            CHECK(port.error().find("no answer to " + std::string(name_of(step))) !=
                  std::string::npos);
        }
    }
}

TEST_CASE("what is no NVMe controller is refused", "[vfio-user]") {
    Setup setup;
    setup.server->config[0xb] = 2;
    const auto port = setup.open();
    REQUIRE_FALSE(port.ok());
    CHECK(port.error() == "fake: its PCI class is 020802h; expected 010802h, an NVMe controller");
}

TEST_CASE("a list of capabilities that goes round ends", "[vfio-user]") {
    Setup setup;
    setup.server->config[0x41] = 0x40;
    const auto port = setup.open();
    REQUIRE(port.ok());
    CHECK(port.value()->function().msix_capability == 0);
}

TEST_CASE("a connection that breaks leaves reads unanswered and is told once", "[vfio-user]") {
    Setup setup;
    const auto opened = setup.open();
    REQUIRE(opened.ok());
    ClientPort& port = *opened.value();
    setup.server->lives_for = 0;
    port.read(0x1c, 4, 1);
    port.write(0x14, 1, 4);
    port.enable_interrupts(true);
    bool done = false;
    port.reset([&] { done = true; });
    CHECK_FALSE(port.poll(1));
    CHECK(setup.sink.reads.empty());
    CHECK_FALSE(done);
    CHECK(port.error().find("fake: ") == 0);
}
