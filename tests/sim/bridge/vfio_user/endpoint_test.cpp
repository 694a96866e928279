#include "sim/bridge/vfio_user/endpoint.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "model/wire/bits.hpp"
#include "tests/catch.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using lmsim::wire::load_le;
using lmsim::wire::store_le;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A function with registers alone.
struct Registers : DevicePort {
    std::map<std::uint64_t, std::uint64_t> values;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> written;
    PortClient* client = nullptr;
    int resets = 0;
    bool interrupts = false;

    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        CHECK(size == 4);
        written.emplace_back(offset, value);
    }
    void read(std::uint64_t offset, unsigned, std::uint64_t token) override {
        client->read_done(token, values[offset]);
    }
    void reset(std::function<void()> done) override {
        ++resets;
        done();
    }
    void enable_interrupts(bool on) override { interrupts = on; }
    void set_client(PortClient* to) override { client = to; }
    Memory& memory() override { throw std::logic_error("there is none"); }
};

struct NoPace : Pace {
    std::function<void()> on_go_on = [] {};

    void go_on() override { on_go_on(); }
    bool wait(const std::function<bool()>& done) override { return done(); }
    std::int64_t idle_ns() override { return -1; }
};

/// What a client has sent, and what came back.
struct Wire : Stream {
    Bytes in;
    std::vector<Fd> fds;
    std::vector<std::pair<Header, Bytes>> out;
    int limit = 10'000;
    std::size_t message_fds = 0;  // with each header; then all messages are headers alone
    int any_fd = -1;

    int limit_ms() const override { return limit; }
    std::ptrdiff_t read(std::uint8_t* to, std::size_t most, std::vector<Fd>& with,
                        Wait wait) override {
        if (in.empty()) return wait == Wait::Block ? -1 : 0;
        const std::size_t part =
            std::min({most, in.size(), message_fds != 0 ? Header::size : most});
        for (std::size_t i = 0; i < message_fds; ++i) with.emplace_back(::dup(any_fd));
        std::copy_n(in.begin(), part, to);
        in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(part));
        for (Fd& fd : fds) with.push_back(std::move(fd));
        fds.clear();
        return static_cast<std::ptrdiff_t>(part);
    }
    bool write(const Part* parts, std::size_t count, const std::vector<int>&) override {
        Bytes all;
        for (std::size_t i = 0; i < count; ++i) {
            all.insert(all.end(), parts[i].bytes, parts[i].bytes + parts[i].size);
        }
        const Header header = decode_header(all.data());
        CHECK(header.message_size == all.size());
        out.emplace_back(header, Bytes(all.begin() + Header::size, all.end()));
        return true;
    }
};

template <class... T>
Bytes fields(T... values) {
    Bytes bytes;
    const auto add = [&bytes](auto value) {
        bytes.resize(bytes.size() + sizeof value);
        store_le(bytes.data() + bytes.size() - sizeof value, value);
    };
    (add(values), ...);
    return bytes;
}

Bytes text(const char* json) {
    Bytes bytes = fields(std::uint16_t{0}, std::uint16_t{1});
    bytes.insert(bytes.end(), json, json + std::strlen(json) + 1);
    return bytes;
}

struct Rig {
    Registers port;
    DmaMap dma;
    NoPace pace;
    std::vector<std::string> said;
    Endpoint endpoint{port, dma, pace, 9, [this](const std::string& t) { said.push_back(t); }};
    Wire wire;
    std::uint16_t id = 100;

    explicit Rig(bool agrees = true) {
        endpoint.connect(wire);
        if (agrees) {
            REQUIRE(ask(Command::VERSION, text("{}")) == 0);
        }
    }
    void send(Command command, const Bytes& payload, std::uint32_t flags = type_command) {
        Header header;
        header.id = ++id;
        header.command = command;
        header.flags = flags;
        header.message_size = static_cast<std::uint32_t>(Header::size + payload.size());
        Bytes bytes(Header::size);
        encode_header(header, bytes.data());
        wire.in.insert(wire.in.end(), bytes.begin(), bytes.end());
        wire.in.insert(wire.in.end(), payload.begin(), payload.end());
        while (endpoint.serve(Stream::Wait::No)) {
        }
    }
    /// The error of the reply, -1 if there is none.
    int ask(Command command, const Bytes& payload, std::uint32_t flags = type_command) {
        const std::size_t before = wire.out.size();
        send(command, payload, flags);
        if (wire.out.size() == before) return -1;
        REQUIRE(wire.out.size() == before + 1);
        const Header& got = wire.out.back().first;
        CHECK(got.id == id);
        CHECK(got.command == command);
        CHECK((got.flags & type_mask) == type_reply);
        CHECK(((got.flags & flag_error) != 0) == (got.error != 0));
        return static_cast<int>(got.error);
    }
    const Bytes& reply() const { return wire.out.back().second; }
    bool dropped(const std::string& why) const {
        return !endpoint.connected() && said.size() == 1 && said[0].find(why) != std::string::npos;
    }
    int read(std::uint32_t region, std::uint64_t offset, std::uint32_t count) {
        return ask(Command::REGION_READ, fields(offset, region, count));
    }
    int write(std::uint32_t region, std::uint64_t offset, const Bytes& data) {
        Bytes payload = fields(offset, region, static_cast<std::uint32_t>(data.size()));
        payload.insert(payload.end(), data.begin(), data.end());
        return ask(Command::REGION_WRITE, payload);
    }
};

}  // namespace

TEST_CASE("endpoint: VERSION is agreed on once, and first", "[bridge][endpoint]") {
    Rig rig;
    CHECK(load_le<std::uint16_t>(rig.reply().data()) == 0);
    CHECK(load_le<std::uint16_t>(rig.reply().data() + 2) == 1);
    CHECK(rig.reply().back() == 0);
    CHECK(rig.ask(Command::VERSION, text("{}")) == EINVAL);
    CHECK(rig.endpoint.connected());
    Rig early(false);
    CHECK(early.read(bar0_region, 0, 4) == -1);
    CHECK(early.dropped("REGION_READ before VERSION"));
}

TEST_CASE("endpoint: other versions and other texts are told", "[bridge][endpoint]") {
    Rig major(false);
    CHECK(major.ask(Command::VERSION, fields(std::uint16_t{1}, std::uint16_t{0})) == -1);
    CHECK(major.dropped("speaks vfio-user 1.0; expected 0.1"));
    for (const char* const json : {"{", "[]", "7", "{\"capabilities\":", "\xff"}) {
        CAPTURE(json);
        Rig rig(false);
        CHECK(rig.ask(Command::VERSION, text(json)) == -1);
        CHECK(rig.dropped("no JSON object"));
    }
    for (const char* const json :
         {"", "{}", "{\"capabilities\":[]}", "{\"capabilities\":{\"max_data_xfer_size\":\"x\"}}"}) {
        CAPTURE(json);
        Rig rig(false);
        CHECK(rig.ask(Command::VERSION, text(json)) == 0);
    }
    for (const char* const size : {"0", "1", "4095"}) {
        Rig rig(false);
        const std::string json =
            "{\"capabilities\":{\"max_data_xfer_size\":" + std::string(size) + "}}";
        CHECK(rig.ask(Command::VERSION, text(json.c_str())) == -1);
        CHECK(rig.dropped("expected at least 4096"));
    }
    Rig bare(false);  // not even a text
    CHECK(bare.ask(Command::VERSION, fields(std::uint16_t{0}, std::uint16_t{7})) == 0);
    CHECK(load_le<std::uint16_t>(bare.reply().data() + 2) == 1);
    Rig brief(false);
    CHECK(brief.ask(Command::VERSION, {0, 0, 1}) == EINVAL);
    CHECK(brief.endpoint.connected());
    std::string deep(200'000, '[');
    Rig nested(false);
    CHECK(nested.ask(Command::VERSION, text(("{\"a\":" + deep).c_str())) == -1);
    deep += std::string(200'000, ']');
    Rig closed(false);
    CHECK(closed.ask(Command::VERSION, text(("{\"a\":" + deep + "}").c_str())) == 0);
}

TEST_CASE("endpoint: only capabilities that the client proposes", "[bridge][endpoint]") {
    const auto answer = [](const char* json) {
        Rig rig(false);
        REQUIRE(rig.ask(Command::VERSION, text(json)) == 0);
        return std::string(rig.reply().begin() + version_size, rig.reply().end() - 1);
    };
    CHECK(answer("{}") == "{\"capabilities\":{}}");
    CHECK(answer("{\"capabilities\":{\"pgsizes\":4096,\"other\":1}}") ==
          "{\"capabilities\":{\"pgsizes\":4096}}");
    CHECK(answer("{\"capabilities\":{\"write_multiple\":true,\"max_msg_fds\":1}}").find("write") !=
          std::string::npos);
}

TEST_CASE("endpoint: a message too short for its command is refused", "[bridge][endpoint]") {
    const std::pair<Command, std::uint32_t> sizes[] = {
        {Command::DMA_MAP, dma_map_size},
        {Command::DMA_UNMAP, dma_unmap_size},
        {Command::DEVICE_GET_INFO, device_info_size},
        {Command::DEVICE_GET_REGION_INFO, region_info_size},
        {Command::DEVICE_GET_IRQ_INFO, irq_info_size},
        {Command::DEVICE_SET_IRQS, irq_set_size},
        {Command::REGION_READ, region_access_size},
        {Command::REGION_WRITE, region_access_size},
        {Command::REGION_WRITE_MULTI, write_multi_size},
        {Command::DEVICE_FEATURE, feature_size},
        {Command::MIG_DATA_READ, migration_data_size},
        {Command::MIG_DATA_WRITE, migration_data_size}};
    Rig rig;
    for (const auto& size : sizes) {
        CAPTURE(name_of(size.first));
        CHECK(rig.ask(size.first, {}) == EINVAL);
        CHECK(rig.ask(size.first, Bytes(size.second - 1)) == EINVAL);
        CHECK(rig.reply().empty());
    }
    CHECK(rig.endpoint.connected());
}

TEST_CASE("endpoint: what it is not to do it refuses and goes on", "[bridge][endpoint]") {
    Rig rig;
    for (const std::uint16_t number : {0, 6, 11, 12, 14, 19, 0xffff}) {
        CAPTURE(number);
        CHECK(rig.ask(static_cast<Command>(number), Bytes(64)) == EOPNOTSUPP);
    }
    CHECK(rig.ask(Command::DEVICE_FEATURE, Bytes(16)) == ENOTTY);  // no migration here
    CHECK(rig.ask(Command::MIG_DATA_READ, fields(8U, 4096U)) == ENOTTY);
    CHECK(rig.ask(Command::MIG_DATA_READ, fields(8U, max_data_transfer + 1)) == EINVAL);
    CHECK(rig.ask(Command::MIG_DATA_WRITE, fields(8U, 1U)) == EINVAL);
    CHECK(rig.ask(Command::MIG_DATA_WRITE, fields(8U, 0U)) == ENOTTY);
    CHECK(rig.endpoint.connected());
    CHECK(rig.said.empty());
}

TEST_CASE("endpoint: a reply that nobody asked for, or no message, ends it", "[bridge][endpoint]") {
    Rig reply;
    CHECK(reply.ask(Command::DMA_READ, {}, type_reply) == -1);
    CHECK(reply.dropped("a reply to DMA_READ that nobody asked"));
    Rig tiny;
    tiny.wire.in = fields(std::uint16_t{1}, std::uint16_t{9}, 15U, 0U, 0U);
    while (tiny.endpoint.serve(Stream::Wait::No)) {
    }
    CHECK(tiny.dropped("a message of 15 bytes"));
    Rig huge;
    huge.wire.in = fields(std::uint16_t{1}, std::uint16_t{9}, max_message + 1, 0U, 0U);
    while (huge.endpoint.serve(Stream::Wait::No)) {
    }
    CHECK(huge.dropped("bytes; expected 16 to"));
    Rig many;
    for (int i = 0; i < 17; ++i) {
        many.wire.fds.emplace_back(::eventfd(0, EFD_CLOEXEC));
    }
    CHECK(many.ask(Command::DEVICE_RESET, {}) == -1);
    CHECK(many.dropped("17 file descriptors"));
}

TEST_CASE("endpoint: half a message keeps nobody waiting", "[bridge][endpoint]") {
    Rig stalls;
    stalls.wire.in = fields(std::uint16_t{1}, std::uint16_t{9}, 32U);
    CHECK(!stalls.endpoint.serve(Stream::Wait::No));
    CHECK(stalls.endpoint.connected());
    stalls.wire.limit = -1;  // its time is over
    CHECK(stalls.endpoint.serve(Stream::Wait::No));
    CHECK(stalls.dropped("the client stops in the middle of a message"));
}

TEST_CASE("endpoint: no reply is no reply", "[bridge][endpoint]") {
    Rig rig;
    CHECK(rig.ask(Command::DEVICE_RESET, {}, flag_no_reply) == -1);
    CHECK(rig.port.resets == 1);
    CHECK(rig.ask(Command::DMA_MAP, {}, flag_no_reply) == -1);
    CHECK(rig.ask(static_cast<Command>(99), {}, flag_no_reply) == -1);
    CHECK(rig.endpoint.connected());
}

TEST_CASE("endpoint: it says what it is", "[bridge][endpoint]") {
    Rig rig;
    CHECK(rig.ask(Command::DEVICE_GET_INFO, fields(15U, 0U, 0U, 0U)) == EINVAL);
    REQUIRE(rig.ask(Command::DEVICE_GET_INFO, fields(64U, 0U, 0U, 0U)) == 0);
    CHECK(rig.reply() == fields(16U, device_reset | device_pci, region_count, irq_count));
    for (std::uint32_t index = 0; index < region_count; ++index) {
        const Bytes asked = fields(32U, 0U, index, 0U, std::uint64_t{0}, std::uint64_t{0});
        REQUIRE(rig.ask(Command::DEVICE_GET_REGION_INFO, asked) == 0);
        const std::uint64_t size = index == 0 ? 16384 : index == 7 ? 4096 : 0;
        CHECK(rig.reply() == fields(32U, size != 0 ? 3U : 0U, index, 0U, size, std::uint64_t{0}));
    }
    CHECK(rig.ask(Command::DEVICE_GET_REGION_INFO,
                  fields(32U, 0U, region_count, 0U, std::uint64_t{0}, std::uint64_t{0})) == EINVAL);
    CHECK(rig.ask(Command::DEVICE_GET_REGION_INFO,
                  fields(31U, 0U, 0U, 0U, std::uint64_t{0}, std::uint64_t{0})) == EINVAL);
    REQUIRE(rig.ask(Command::DEVICE_GET_IRQ_INFO, fields(16U, 0U, msix_irq, 0U)) == 0);
    CHECK(rig.reply() == fields(16U, irq_eventfd | irq_noresize, msix_irq, 9U));
    REQUIRE(rig.ask(Command::DEVICE_GET_IRQ_INFO, fields(16U, 0U, 0U, 0U)) == 0);
    CHECK(rig.reply() == fields(16U, 0U, 0U, 0U));
    CHECK(rig.ask(Command::DEVICE_GET_IRQ_INFO, fields(16U, 0U, irq_count, 0U)) == EINVAL);
    CHECK(rig.ask(Command::DEVICE_GET_IRQ_INFO, fields(15U, 0U, 0U, 0U)) == EINVAL);
}

TEST_CASE("endpoint: registers by bytes, within their region", "[bridge][endpoint]") {
    Rig rig;
    rig.port.values = {{0x1c, 0x11223344}, {0x20, 0x55667788}};
    REQUIRE(rig.read(bar0_region, 0x1e, 4) == 0);
    CHECK(Bytes(rig.reply().begin() + 16, rig.reply().end()) == Bytes{0x22, 0x11, 0x88, 0x77});
    CHECK(rig.read(bar0_region, 0, 0) == 0);
    CHECK(rig.read(bar0_region, 16384, 0) == 0);
    CHECK(rig.read(bar0_region, 16381, 4) == EINVAL);
    CHECK(rig.read(bar0_region, ~std::uint64_t{0}, 4) == EINVAL);
    CHECK(rig.read(bar0_region, 0, 16385) == EINVAL);
    CHECK(rig.read(bar0_region, 0, ~0U) == EINVAL);
    CHECK(rig.read(1, 0, 4) == EINVAL);
    CHECK(rig.read(~0U, 0, 4) == EINVAL);
    CHECK(rig.read(config_region, 4093, 4) == EINVAL);
    CHECK(rig.read(config_region, 0, 4096) == 0);
    CHECK(rig.write(bar0_region, 0x1000, {1, 0, 0, 0, 2, 0, 0, 0}) == 0);
    CHECK(rig.write(bar0_region, 0x1002, {1, 0, 0, 0}) == 0);  // not a dword: nothing happens
    CHECK(rig.write(bar0_region, 0x1000, {1, 0}) == 0);
    CHECK(rig.write(bar0_region, 16380, {1, 0, 0, 0, 0}) == EINVAL);
    using Written = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
    CHECK(rig.port.written == Written{{0x1000, 1}, {0x1004, 2}});
    CHECK(rig.ask(Command::REGION_WRITE, fields(std::uint64_t{0}, 0U, 8U, 1U)) == EINVAL);
}

TEST_CASE("endpoint: time that has passed has passed for the device before it is asked anything",
          "[bridge][endpoint]") {
    Rig rig;
    std::vector<std::size_t> written_when_time_went_on;
    rig.pace.on_go_on = [&] { written_when_time_went_on.push_back(rig.port.written.size()); };
    REQUIRE(rig.write(bar0_region, 0x1000, {1, 0, 0, 0}) == 0);
    CHECK(written_when_time_went_on == std::vector<std::size_t>{0, 1});
}

TEST_CASE("endpoint: many writes in one message", "[bridge][endpoint]") {
    Rig rig;
    const auto one = [](std::uint64_t offset, std::uint32_t count, std::uint64_t value) {
        return fields(offset, 0U, count, value);
    };
    const auto multi = [&](std::uint64_t count, std::initializer_list<Bytes> all) {
        Bytes payload = fields(count);
        for (const Bytes& each : all) payload.insert(payload.end(), each.begin(), each.end());
        return rig.ask(Command::REGION_WRITE_MULTI, payload);
    };
    CHECK(multi(2, {one(0x1000, 4, 1), one(0x1008, 4, 2)}) == 0);
    CHECK(rig.reply() == fields(std::uint64_t{2}));
    CHECK(multi(0, {}) == 0);
    CHECK(multi(3, {one(0x1000, 4, 1)}) == EINVAL);
    CHECK(multi(~std::uint64_t{0}, {one(0x1000, 4, 1)}) == EINVAL);
    CHECK(multi(1, {one(0x1000, 9, 1)}) == EINVAL);
    CHECK(multi(1, {one(16384, 4, 1)}) == EINVAL);
    CHECK(rig.port.written.size() == 2);
}

TEST_CASE("endpoint: a reset by message and by configuration space", "[bridge][endpoint]") {
    Rig rig;
    REQUIRE(rig.write(config_region, 4, {6, 0}) == 0);
    CHECK(rig.ask(Command::DEVICE_RESET, {}) == 0);
    CHECK(rig.port.resets == 1);
    CHECK(rig.write(config_region, 0x69, {0xa8}) == 0);
    CHECK(rig.port.resets == 2);
    REQUIRE(rig.read(config_region, 4, 2) == 0);
    CHECK(rig.reply()[16] == 0);  // Bus Master Enable is off again
}

TEST_CASE("endpoint: memory goes with its client", "[bridge][endpoint]") {
    Rig rig;
    REQUIRE(rig.write(config_region, 4, {6, 0}) == 0);
    const auto map = [&](std::uint64_t address, std::uint64_t size) {
        return rig.ask(Command::DMA_MAP, fields(32U, 3U, std::uint64_t{0}, address, size));
    };
    const Fd file(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(::ftruncate(file.get(), 8192) == 0);
    rig.wire.fds.emplace_back(::dup(file.get()));
    CHECK(map(0x1000, 8192) == 0);
    CHECK(rig.dma.reaches(0x1000, 8192));
    rig.wire.fds.emplace_back(::dup(file.get()));
    rig.wire.fds.emplace_back(::dup(file.get()));
    CHECK(map(0x10000, 8192) == EINVAL);
    CHECK(map(0x2000, 4096) == EEXIST);
    CHECK(rig.said.empty());
    const auto unmap = [&](std::uint32_t flags, std::uint64_t address, std::uint64_t size) {
        return rig.ask(Command::DMA_UNMAP, fields(24U, flags, address, size));
    };
    CHECK(unmap(0, 0x1000, 4096) == EINVAL);
    CHECK(unmap(0, 0x100000, std::uint64_t{1} << 40) == 0);
    CHECK(rig.reply().size() == dma_unmap_size);
    CHECK(rig.dma.count() == 1);
    CHECK(unmap(unmap_all, 0, 0) == 0);
    CHECK(rig.dma.count() == 0);
    CHECK(map(0x10000, 4096) == 0);
    rig.endpoint.disconnect();
    CHECK(rig.dma.count() == 0);
    CHECK_FALSE(rig.endpoint.serve(Stream::Wait::No));
}

namespace {

/// Memory at 0x1000 by messages; then the function writes or reads it while a message is handled.
struct ByMessages : Rig {
    ByMessages() {
        REQUIRE(write(config_region, 4, {6, 0}) == 0);
        REQUIRE(ask(Command::DMA_MAP, fields(32U, 3U, std::uint64_t{0}, std::uint64_t{0x1000},
                                             std::uint64_t{4096})) == 0);
        wire.out.clear();
    }
    /// The client's next message, before anybody has asked.
    void answer(Command command, std::uint16_t id, const Bytes& payload,
                std::uint32_t flags = type_reply) {
        Header header;
        header.id = id;
        header.command = command;
        header.flags = flags;
        header.message_size = static_cast<std::uint32_t>(Header::size + payload.size());
        Bytes bytes(Header::size);
        encode_header(header, bytes.data());
        wire.in.insert(wire.in.end(), bytes.begin(), bytes.end());
        wire.in.insert(wire.in.end(), payload.begin(), payload.end());
    }
    bool reads(std::uint32_t count) {
        got.assign(count, 0);
        return dma.read(0x1010, got.data(), count);
    }
    Bytes got;
};

const Bytes four = fields(std::uint64_t{0x1010}, std::uint64_t{4}, 0x44332211U);

}  // namespace

TEST_CASE("endpoint: memory by messages, answered rightly", "[bridge][endpoint]") {
    ByMessages rig;
    rig.answer(Command::DMA_READ, 0, four);
    CHECK(rig.reads(4));
    CHECK(rig.got == Bytes{0x11, 0x22, 0x33, 0x44});
    CHECK(rig.wire.out[0].second == fields(std::uint64_t{0x1010}, std::uint64_t{4}));
    rig.answer(Command::DMA_WRITE, 1, fields(std::uint64_t{0x1010}, std::uint64_t{4}));
    CHECK(rig.dma.write(0x1010, rig.got.data(), 4));
    CHECK(rig.wire.out[1].second == four);
    rig.answer(Command::DMA_READ, 2, {}, type_reply | flag_error);
    CHECK_FALSE(rig.reads(4));
    CHECK(rig.endpoint.connected());
    // A command that comes first waits until the memory has answered.
    rig.answer(Command::DEVICE_RESET, 77, {}, type_command);
    rig.answer(Command::DMA_READ, 3, four);
    CHECK(rig.reads(4));
    CHECK(rig.port.resets == 0);
    while (rig.endpoint.serve(Stream::Wait::No)) {
    }
    CHECK(rig.port.resets == 1);
    CHECK(rig.wire.out.back().first.id == 77);
    CHECK_FALSE(rig.dma.read(0x0fff, rig.got.data(), 4));
    CHECK(rig.wire.out.size() == 5);  // nobody was asked
}

TEST_CASE("endpoint: memory by messages, answered wrongly", "[bridge][endpoint]") {
    const auto dropped = [](ByMessages& rig, const char* why) {
        CHECK_FALSE(rig.reads(4));
        while (rig.endpoint.serve(Stream::Wait::No)) {
        }
        CAPTURE(rig.said.back());
        CHECK_FALSE(rig.endpoint.connected());
        CHECK(rig.said.back().find(why) != std::string::npos);
        CHECK_FALSE(rig.reads(4));
    };
    ByMessages silent;
    dropped(silent, "does not answer a DMA_READ");
    ByMessages other_id;
    other_id.answer(Command::DMA_READ, 9, four);
    dropped(other_id, "a reply to DMA_READ instead of DMA_READ");
    ByMessages other_command;
    other_command.answer(Command::DMA_WRITE, 0, four);
    dropped(other_command, "a reply to DMA_WRITE instead of DMA_READ");
    ByMessages brief;
    brief.answer(Command::DMA_READ, 0, fields(std::uint64_t{0x1010}, std::uint64_t{4}));
    dropped(brief, "answers a DMA_READ of 4 bytes with 16");
    ByMessages floods;
    for (int i = 0; i < 5000; ++i) {
        floods.answer(Command::DEVICE_RESET, 7, {}, type_command);
    }
    dropped(floods, "commands and no answer");
    ByMessages slow;  // one command after the other, in time each
    slow.wire.limit = 0;
    slow.answer(Command::DEVICE_RESET, 7, {}, type_command);
    slow.answer(Command::DMA_READ, 0, four);
    dropped(slow, "does not answer a DMA_READ");
}

TEST_CASE("endpoint: descriptors that wait are counted", "[bridge][endpoint]") {
    ByMessages rig;
    const Fd any(::eventfd(0, EFD_CLOEXEC));
    rig.wire.message_fds = max_message_fds;
    rig.wire.any_fd = any.get();
    for (int i = 0; i < 20; ++i) {
        rig.answer(Command::DEVICE_RESET, 7, {}, type_command);
    }
    rig.answer(Command::DMA_READ, 0, four);
    CHECK_FALSE(rig.reads(4));
    CHECK(rig.said.back().find("commands and no answer") != std::string::npos);
}
