#include "sim/bridge/vfio_user/client.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "model/wire/bits.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/client_fake_server.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using lmsim::tests::Bytes;
using lmsim::tests::dwords;
using lmsim::tests::FakeReply;
using lmsim::tests::FakeServer;
using lmsim::tests::quads;
using lmsim::tests::operator+;

namespace {

constexpr int limit_ms = 50;

struct Setup {
    std::unique_ptr<FakeServer> owned = std::make_unique<FakeServer>();
    FakeServer* server = owned.get();
    Client client{std::move(owned), "fake", limit_ms};
};

Bytes text(const std::string& json) { return Bytes(json.begin(), json.end()); }

/// What a client says of a server whose answer to VERSION is this.
std::string opened_with(const Bytes& answer, std::uint32_t error = 0) {
    Setup setup;
    setup.server->answers[Command::VERSION] = [&](const Bytes&) {
        return FakeReply{error, answer};
    };
    const std::string said = setup.client.open();
    CHECK(setup.client.error() == said);
    return said;
}

bool has(const std::string& all, const std::string& part) {
    return all.find(part) != std::string::npos;
}

Header command(Command kind, std::uint16_t id, std::uint32_t flags = 0) {
    Header header;
    header.id = id;
    header.command = kind;
    header.flags = flags;
    return header;
}

}  // namespace

TEST_CASE("a client says what it can and takes what the server says", "[vfio-user]") {
    Setup setup;
    Bytes said;
    setup.server->sees = [&](const Header& header, const Bytes& payload) {
        if (header.command == Command::VERSION) said = payload;
    };
    setup.server->version_data =
        R"({"capabilities":{"max_msg_fds":8,"max_data_xfer_size":65536,"max_dma_maps":12,)"
        R"("pgsizes":4096,"write_multiple":true,"migration":{"pgsize":4096},"new":[]}})";
    REQUIRE(setup.client.open().empty());
    REQUIRE(said.size() > 5);
    CHECK(Bytes(said.begin(), said.begin() + 4) == Bytes{0, 0, 1, 0});
    CHECK(said.back() == 0);
    const std::string json(said.begin() + 4, said.end() - 1);
    CHECK(has(json, R"("max_msg_fds":16)"));
    CHECK(has(json, R"("max_data_xfer_size":1048576)"));
    CHECK(setup.client.capabilities().max_message_fds == 8);
    CHECK(setup.client.capabilities().max_data_transfer == 65536);
    CHECK(setup.client.device().regions == region_count);
}

TEST_CASE("a server may say nothing about its capabilities", "[vfio-user]") {
    for (const Bytes& data : {Bytes{}, Bytes{0}, text("{}"), text(R"({"capabilities":{}})")}) {
        Capabilities got;
        CHECK(parse_capabilities(data.data(), data.size(), got).empty());
        CHECK(got.max_message_fds == 1);
        CHECK(got.max_data_transfer == 1048576);
    }
    Capabilities got;
    const Bytes large =
        text(R"({"capabilities":{"max_msg_fds":1000,"pgsizes":4611686018427387904}})");
    CHECK(parse_capabilities(large.data(), large.size(), got).empty());
    CHECK(got.max_message_fds == max_message_fds);
}

TEST_CASE("version data that is none is told", "[vfio-user]") {
    for (const char* data :
         {"[]", "{", "7", "{\"capabilities\":7}", R"({"capabilities":{"max_msg_fds":-1}})",
          R"({"capabilities":{"max_msg_fds":"8"}})", R"({"capabilities":{"max_data_xfer_size":0}})",
          R"({"capabilities":{"max_data_xfer_size":1.5}})",
          R"({"capabilities":{"max_msg_fds":null}})", "{\"a\":\"\xff\xfe\"}", "\x01\x02"}) {
        INFO(data);
        const std::string said = opened_with(Bytes{0, 0, 1, 0} + text(data));
        CHECK(said.find("fake: the server's answer to VERSION: ") == 0);
    }
    constexpr std::size_t much = 200'000;  // deeper than a stack, longer than a line
    const std::pair<std::string, const char*> values[] = {
        {std::string(much, '[') + std::string(much, ']'), "max_msg_fds is a value of type array;"},
        {'"' + std::string(much, 'x') + '"', "max_msg_fds is a value of type string;"}};
    for (const auto& [value, words] : values) {
        const std::string data = R"({"capabilities":{"max_msg_fds":)" + value + "}}";
        CHECK(has(opened_with(Bytes{0, 0, 1, 0} + text(data.c_str())), words));
    }
}

TEST_CASE("a server of another version is told", "[vfio-user]") {
    CHECK(has(opened_with({1, 0, 0, 0}), "version 1.0 of vfio-user; expected 0.1 or earlier"));
    CHECK(has(opened_with({0, 0, 2, 0}), "version 0.2 of vfio-user"));
    CHECK(opened_with({0, 0, 0, 0}).empty());
    CHECK(opened_with({}, EINVAL) ==
          "fake: no vfio-user server of version 0.1: VERSION: it was refused: Invalid argument");
    CHECK(has(opened_with({}, 0), "an answer to VERSION of 0 bytes; expected at least 4"));
}

TEST_CASE("what is no server of vfio-user is told", "[vfio-user]") {
    Setup greeting;
    greeting.server->send_raw(text(R"({"QMP": {"version": {"qemu": 1}}})"));
    CHECK(has(greeting.client.open(), "no vfio-user server of version 0.1"));

    Setup stranger;
    stranger.server->send(command(Command::VERSION, 4711, type_reply), {0, 0, 1, 0});
    CHECK(has(stranger.client.open(), "answered what was not asked"));

    Setup other;
    other.server->send(command(Command::REGION_READ, 1, type_reply), {0, 0, 1, 0});
    CHECK(has(other.client.open(), "answered what was not asked"));

    Setup kind;
    kind.server->send(command(Command::VERSION, 1, 2), {0, 0, 1, 0});
    CHECK(has(kind.client.open(), "type 2; expected a command or a reply"));
}

TEST_CASE("a device that is no PCI device, or has too little, is told", "[vfio-user]") {
    const auto opened = [](const Bytes& info) {
        Setup setup;
        setup.server->answers[Command::DEVICE_GET_INFO] = [&](const Bytes&) {
            return FakeReply{0, info};
        };
        return setup.client.open();
    };
    CHECK(has(opened(dwords({16, device_reset, 9, 5})), "no PCI device"));
    CHECK(has(opened(dwords({16, 3, 7, 5})), "7 regions"));
    CHECK(has(opened(dwords({16, 3, 9, 2})), "2 kinds of interrupts"));
    CHECK(has(opened(dwords({16, 3, 9})), "an answer to DEVICE_GET_INFO of 12 bytes"));
    CHECK(opened(dwords({20, 3, 9, 5, 0})).empty());
}

TEST_CASE("messages may come in pieces of any size", "[vfio-user]") {
    for (const std::size_t at_once : {1, 7, 16, 17}) {
        Setup setup;
        setup.server->at_once = at_once;
        REQUIRE(setup.client.open().empty());
        const auto info = setup.client.region_info(0);
        REQUIRE(info.ok());
        CHECK(info.value().size == 0x4000);
    }
}

TEST_CASE("long accesses are cut into what the server takes", "[vfio-user]") {
    Setup setup;
    setup.server->version_data = R"({"capabilities":{"max_data_xfer_size":100}})";
    std::vector<std::uint32_t> counts;
    setup.server->sees = [&](const Header& header, const Bytes& payload) {
        if (header.command == Command::REGION_READ || header.command == Command::REGION_WRITE) {
            counts.push_back(wire::load_le<std::uint32_t>(payload.data() + 12));
        }
    };
    REQUIRE(setup.client.open().empty());
    Bytes space(256);
    REQUIRE(setup.client.read_region(config_region, 0, space.data(), space.size()).empty());
    CHECK(space == setup.server->config);
    CHECK(counts == std::vector<std::uint32_t>{100, 100, 56});
    std::fill(space.begin(), space.end(), std::uint8_t{3});
    REQUIRE(setup.client.write_region(config_region, 0, space.data(), space.size()).empty());
    CHECK(space == setup.server->config);
    CHECK(setup.client.read_region(config_region, 200, space.data(), 57) ==
          "fake: REGION_READ: it was refused: Invalid argument");
    CHECK(setup.client.error().empty());
}

TEST_CASE("answers of the wrong size break the connection", "[vfio-user]") {
    const auto broken = [](Command kind, const Bytes& answer, const auto& use) {
        Setup setup;
        REQUIRE(setup.client.open().empty());
        setup.server->answers[kind] = [&](const Bytes&) { return FakeReply{0, answer}; };
        use(setup.client);
        CHECK(has(setup.client.error(), "an answer to " + std::string(name_of(kind))));
        CHECK_FALSE(setup.client.irq_info(0).ok());
    };
    std::uint8_t data[8] = {};
    const auto read = [&](Client& c) { CHECK_FALSE(c.read_region(0, 0, data, 8).empty()); };
    broken(Command::REGION_READ, Bytes(23), read);
    broken(Command::REGION_READ, Bytes(25), read);
    broken(Command::REGION_READ, Bytes(), read);
    broken(Command::REGION_WRITE, Bytes(15),
           [&](Client& c) { CHECK_FALSE(c.write_region(0, 0, data, 8).empty()); });
    broken(Command::DEVICE_GET_REGION_INFO, Bytes(31),
           [](Client& c) { CHECK_FALSE(c.region_info(0).ok()); });
    broken(Command::DEVICE_GET_IRQ_INFO, Bytes(15),
           [](Client& c) { CHECK_FALSE(c.irq_info(0).ok()); });
    broken(Command::DEVICE_FEATURE, Bytes(7),
           [](Client& c) { CHECK_FALSE(c.migration_state().ok()); });
    broken(Command::DEVICE_FEATURE, Bytes(15),
           [](Client& c) { CHECK_FALSE(c.migration_flags().ok()); });
    broken(Command::DEVICE_FEATURE, Bytes(15),
           [](Client& c) { CHECK_FALSE(c.migration_state().ok()); });
    broken(Command::MIG_DATA_READ, dwords({12, 5}) + Bytes(4),
           [](Client& c) { CHECK_FALSE(c.read_migration_data(8).ok()); });
    broken(Command::MIG_DATA_READ, dwords({17, 9}) + Bytes(9),
           [](Client& c) { CHECK_FALSE(c.read_migration_data(8).ok()); });
}

TEST_CASE("a server that refuses everything is told and stays", "[vfio-user]") {
    Setup setup;
    REQUIRE(setup.client.open().empty());
    for (int kind = 2; kind <= 18; ++kind) {
        setup.server->answers[static_cast<Command>(kind)] = [](const Bytes&) {
            return FakeReply{EIO, {}};
        };
    }
    Client& client = setup.client;
    std::uint8_t byte = 0;
    const std::string end = ": it was refused: Input/output error";
    CHECK(client.region_info(0).error() == "fake: DEVICE_GET_REGION_INFO" + end);
    CHECK(client.irq_info(0).error() == "fake: DEVICE_GET_IRQ_INFO" + end);
    CHECK(client.read_region(0, 0, &byte, 1) == "fake: REGION_READ" + end);
    CHECK(client.write_region(0, 0, &byte, 1) == "fake: REGION_WRITE" + end);
    CHECK(client.map(0, &byte, 1, -1) == "fake: DMA_MAP" + end);
    CHECK(client.unmap(0, 1) == "fake: DMA_UNMAP" + end);
    CHECK(client.set_irqs(msix_irq, {}) == "fake: DEVICE_SET_IRQS" + end);
    CHECK(client.reset() == "fake: DEVICE_RESET" + end);
    CHECK(client.migration_flags().error() == "fake: DEVICE_FEATURE" + end);
    CHECK(client.set_migration_state(1) == "fake: DEVICE_FEATURE" + end);
    CHECK(client.read_migration_data(1).error() == "fake: MIG_DATA_READ" + end);
    CHECK(client.write_migration_data(&byte, 1) == "fake: MIG_DATA_WRITE" + end);
    CHECK(client.error().empty());
}

TEST_CASE("memory is read and written by messages, and nothing but it", "[vfio-user]") {
    Setup setup;
    REQUIRE(setup.client.open().empty());
    Bytes bytes(64);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    REQUIRE(setup.client.map(0x1000, bytes.data(), bytes.size(), -1).empty());
    const auto ask = [&](Command kind, const Bytes& payload, std::uint32_t flags = 0) {
        setup.server->replies.clear();
        setup.server->send(command(kind, 77, flags), payload);
        CHECK(setup.client.pump());
        CHECK(setup.client.error().empty());
        return setup.server->replies;
    };
    auto got = ask(Command::DMA_READ, quads({0x1010, 4}));
    REQUIRE(got.size() == 1);
    CHECK(got[0].first.id == 77);
    CHECK(got[0].first.command == Command::DMA_READ);
    CHECK(got[0].first.error == 0);
    CHECK(got[0].second == quads({0x1010, 4}) + Bytes{16, 17, 18, 19});
    got = ask(Command::DMA_WRITE, quads({0x103e, 2}) + Bytes{98, 99});
    REQUIRE(got.size() == 1);
    CHECK(got[0].second == quads({0x103e, 2}));
    CHECK(bytes[62] == 98);
    CHECK(bytes[63] == 99);
    CHECK(ask(Command::DMA_WRITE, quads({0x1000, 1}) + Bytes{5}, flag_no_reply).empty());
    CHECK(bytes[0] == 5);

    const Bytes before = bytes;
    const auto refused = [&](Command kind, const Bytes& payload) {
        const auto replies = ask(kind, payload);
        REQUIRE(replies.size() == 1);
        CHECK((replies[0].first.flags & flag_error) != 0);
        CHECK(replies[0].second.empty());
        return replies[0].first.error;
    };
    CHECK(refused(Command::DMA_READ, quads({0xfff, 1})) == EFAULT);
    CHECK(refused(Command::DMA_READ, quads({0x1040, 1})) == EFAULT);
    CHECK(refused(Command::DMA_READ, quads({0x103f, 2})) == EFAULT);
    CHECK(refused(Command::DMA_WRITE, quads({0x103f, 2}) + Bytes{1, 2}) == EFAULT);
    CHECK(refused(Command::DMA_READ, quads({UINT64_MAX, 1})) == EFAULT);
    CHECK(refused(Command::DMA_READ, quads({0x1000, UINT64_MAX})) == EINVAL);
    CHECK(refused(Command::DMA_READ, quads({0x1000})) == EINVAL);
    CHECK(refused(Command::DMA_READ, quads({0x1000, 1}) + Bytes{1}) == EINVAL);
    CHECK(refused(Command::DMA_WRITE, quads({0x1000, 2}) + Bytes{1}) == EINVAL);
    CHECK(refused(Command::DMA_WRITE, {}) == EINVAL);
    CHECK(refused(Command::REGION_READ, Bytes(16)) == ENOTSUP);
    CHECK(bytes == before);
    REQUIRE(setup.client.unmap(0x1000, 64).empty());
    CHECK(refused(Command::DMA_READ, quads({0x1000, 1})) == EFAULT);
}

TEST_CASE("the server's own commands are answered while an answer is waited for", "[vfio-user]") {
    Setup setup;
    REQUIRE(setup.client.open().empty());
    Bytes bytes(16, 9);
    REQUIRE(setup.client.map(0, bytes.data(), bytes.size(), -1).empty());
    setup.server->sees = [&](const Header& header, const Bytes&) {
        if (header.command == Command::REGION_WRITE) {
            setup.server->send(command(Command::DMA_READ, header.id), quads({0, 16}));
            setup.server->send(command(Command::DMA_WRITE, header.id), quads({8, 1}) + Bytes{1});
        }
    };
    const std::uint8_t doorbell[4] = {};
    REQUIRE(setup.client.write_region(0, 0x1000, doorbell, 4).empty());
    REQUIRE(setup.server->replies.size() == 2);
    CHECK(setup.server->replies[0].second.size() == 32);
    CHECK(bytes[8] == 1);
}

TEST_CASE("descriptors go to the server as many at once as it takes", "[vfio-user]") {
    const auto counts = [](const char* most, std::size_t vectors) {
        Setup setup;
        setup.server->version_data =
            std::string(R"({"capabilities":{"max_msg_fds":)") + most + "}}";
        REQUIRE(setup.client.open().empty());
        const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const std::size_t before = setup.server->fd_counts.size();
        setup.client.set_irqs(msix_irq, std::vector<int>(vectors, file.get()));
        const auto& all = setup.server->fd_counts;
        return std::vector<std::size_t>(all.begin() + static_cast<std::ptrdiff_t>(before),
                                        all.end());
    };
    using Counts = std::vector<std::size_t>;
    CHECK(counts("8", 17) == Counts{8, 8, 1});
    CHECK(counts("100", 17) == Counts{16, 1});
    CHECK(counts("8", 8) == Counts{8});
    CHECK(counts("8", 0) == Counts{0});
    CHECK(counts("0", 1).empty());
}

TEST_CASE("the migration stream of a client is cut and ends", "[vfio-user]") {
    Setup setup;
    setup.server->version_data = R"({"capabilities":{"max_data_xfer_size":10}})";
    REQUIRE(setup.client.open().empty());
    Bytes stream(25, 4);
    Bytes loaded;
    std::uint32_t state = 2;
    setup.server->answers[Command::DEVICE_FEATURE] = [&](const Bytes& payload) {
        const auto flags = wire::load_le<std::uint32_t>(payload.data() + 4);
        if (flags == ((1U << 16) | 1)) return FakeReply{0, dwords({16, flags}) + quads({5})};
        if (flags == ((1U << 17) | 2)) state = wire::load_le<std::uint32_t>(payload.data() + 8);
        return FakeReply{0, dwords({16, flags, state, 0})};
    };
    setup.server->answers[Command::MIG_DATA_READ] = [&](const Bytes& payload) {
        const auto asked = wire::load_le<std::uint32_t>(payload.data() + 4);
        CHECK(asked == 10);
        const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(asked, stream.size()));
        const Bytes piece(stream.begin(), stream.begin() + size);
        stream.erase(stream.begin(), stream.begin() + size);
        return FakeReply{0, dwords({8 + size, size}) + piece};
    };
    setup.server->answers[Command::MIG_DATA_WRITE] = [&](const Bytes& payload) {
        CHECK(payload.size() <= 18);
        loaded.insert(loaded.end(), payload.begin() + 8, payload.end());
        return FakeReply{};
    };
    REQUIRE(setup.client.migration_flags().ok());
    CHECK(setup.client.migration_flags().value() == 5);
    REQUIRE(setup.client.set_migration_state(3).empty());
    CHECK(setup.client.migration_state().value() == 3);
    std::vector<std::size_t> sizes;
    do {
        const auto got = setup.client.read_migration_data(1U << 20);
        REQUIRE(got.ok());
        sizes.push_back(got.value().size());
    } while (sizes.back() == 10);
    CHECK(sizes == std::vector<std::size_t>{10, 10, 5});
    const Bytes all(33, 6);
    REQUIRE(setup.client.write_migration_data(all.data(), all.size()).empty());
    CHECK(loaded == all);
}

TEST_CASE("answers in another order find their commands", "[vfio-user]") {
    Setup setup;
    REQUIRE(setup.client.open().empty());
    std::vector<Header> asked;
    setup.server->answers[Command::REGION_READ] = [](const Bytes&) {
        return FakeReply{0, {}, true};
    };
    setup.server->sees = [&](const Header& header, const Bytes&) { asked.push_back(header); };
    std::vector<int> order;
    setup.client.send_read(0, 0, 4, [&](const Message&) { order.push_back(1); });
    setup.client.send_read(0, 8, 4, [&](const Message&) { order.push_back(2); });
    REQUIRE(asked.size() == 2);
    CHECK(setup.client.outstanding() == 2);
    for (const std::size_t i : {1, 0}) {
        setup.server->send(command(Command::REGION_READ, asked[i].id, type_reply), Bytes(20));
    }
    CHECK(setup.client.settle().empty());
    CHECK(order == std::vector<int>{2, 1});
}

TEST_CASE("a client answers for another function while it waits", "[vfio-user]") {
    auto pf_server = std::make_unique<FakeServer>(true);
    auto vf_server = std::make_unique<FakeServer>(true);
    FakeServer* pf_end = pf_server.get();
    FakeServer* vf_end = vf_server.get();
    auto pf = std::make_unique<Client>(std::move(pf_server), "pf", limit_ms);
    auto vf = std::make_unique<Client>(std::move(vf_server), "vf", limit_ms);
    REQUIRE(pf->open().empty());
    REQUIRE(vf->open().empty());
    pf->serve_together(*vf);
    Bytes bytes(16, 3);
    REQUIRE(vf->map(0, bytes.data(), bytes.size(), -1).empty());
    // The one process behind both answers the PF once it has the memory of the VF.
    pf_end->answers[Command::REGION_WRITE] = [](const Bytes&) { return FakeReply{0, {}, true}; };
    std::uint16_t id = 0;
    pf_end->sees = [&](const Header& header, const Bytes&) {
        id = header.id;
        vf_end->send(command(Command::DMA_READ, 5), quads({0, 16}));
    };
    vf_end->replied = [&] {
        pf_end->send(command(Command::REGION_WRITE, id, type_reply), Bytes(16));
    };
    const std::uint8_t doorbell[4] = {};
    CHECK(pf->write_region(0, 0x1000, doorbell, 4).empty());
    REQUIRE(vf_end->replies.size() == 1);
    CHECK(vf_end->replies[0].second.size() == 32);
    vf.reset();
    pf_end->sees = nullptr;
    pf_end->answers.clear();
    CHECK(pf->write_region(0, 0x1000, doorbell, 4).empty());
}

TEST_CASE("what a client has sent to other functions is done before it goes on", "[vfio-user]") {
    auto one = std::make_unique<FakeServer>();
    auto two = std::make_unique<FakeServer>();
    Client first(std::move(one), "first", limit_ms);
    Client second(std::move(two), "second", limit_ms);
    first.serve_together(second);
    first.send_write(0, 0x1000, 1, 4, true, [](const Message&) {});
    first.send_write(0, 0x1000, 2, 4, true, [](const Message&) {});
    CHECK(first.outstanding() == 2);
    second.settle_others();
    CHECK(first.outstanding() == 0);
}
