#include "sim/bridge/record/recorded_rig.hpp"

#include <atomic>
#include <thread>

#include "sim/bridge/record/replayed_rig.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/record/fake_device.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::record;
using lmsim::tests::FakeDevice;
using lmsim::tests::SessionPath;

namespace {

constexpr Ps ms = 1'000'000'000;

/// Writes down what a host sees.
struct Log : PortClient {
    void interrupt(std::uint32_t vector) override {
        words += " interrupt " + std::to_string(vector);
        if (rings != nullptr) rings->write(0x1004, vector, 4);
    }
    void read_done(std::uint64_t token, std::uint64_t value) override {
        words += " read " + std::to_string(token) + "=" + std::to_string(value);
    }
    DevicePort* rings = nullptr;
    std::string words;
};

struct Recording {
    SessionPath file;
    std::vector<std::string> complaints;
    Complain complain = [this](const std::string& what) { complaints.push_back(what); };

    std::unique_ptr<Rig> record(std::unique_ptr<Rig> device) {
        SessionHeader about;
        about.command = "lmsim hw test";
        auto rig = RecordedRig::open(std::move(device), file.path(), about, complain);
        REQUIRE(rig.ok());
        return std::move(rig.value());
    }
    std::unique_ptr<Rig> replay() {
        auto rig = ReplayedRig::open(file.path(), complain);
        INFO((rig ? "" : rig.error()));
        REQUIRE(rig.ok());
        return std::move(rig.value());
    }
};

/// Some of everything; what the host has seen, in words. `change`: it writes another byte.
std::string host(Rig& rig, std::uint8_t change = 0) {
    Log log;
    DevicePort& port = rig.port(0);
    DevicePort& vf = rig.port(1);
    log.rings = &vf;
    port.set_client(&log);
    vf.set_client(&log);
    const std::uint64_t at = port.allocate(2 * page_size);
    const std::uint64_t of_vf = vf.allocate(page_size);
    std::uint8_t* const bytes = port.memory().bytes(at, 16);
    for (std::uint8_t i = 0; i < 16; ++i) bytes[i] = i;
    bytes[3] = static_cast<std::uint8_t>(bytes[3] + change);
    port.read(0x1c, 4, 5);
    rig.wait([&] { return log.words.find("read 5") != std::string::npos; }, 1000 * ms);
    port.enable_interrupts(true);
    port.write(0x1000, at, 4);
    const auto done = [&] { return *port.memory().bytes(at + page_size, 1) != 0; };
    log.words += rig.wait(done, 1000 * ms) ? " done" : " not done";
    log.words += " " + std::to_string(*port.memory().bytes(at + page_size, 1));
    log.words += " " + std::to_string(*vf.memory().bytes(of_vf, 1));
    log.words += rig.wait([] { return false; }, ms) ? " never" : " over";
    log.words += " at " + std::to_string(rig.now());
    bool reset = false;
    vf.reset([&] { reset = true; });
    rig.wait([&] { return reset; }, 1000 * ms);
    log.words += reset ? " reset" : "";
    log.words += " " + rig.name() + " " + std::to_string(rig.no_memory());
    port.set_client(nullptr);
    vf.set_client(nullptr);
    return log.words + rig.trouble();
}

/// Adds what it is given, in both memories, and interrupts.
std::unique_ptr<FakeDevice> adder() {
    auto device = std::make_unique<FakeDevice>(std::uint16_t{2}, std::size_t{2});
    FakeDevice& it = *device;
    it.on_write = [&it](std::uint16_t, std::uint64_t offset, std::uint64_t value) {
        if (offset != 0x1000) return;
        std::uint8_t sum = 0;
        for (int i = 0; i < 16; ++i) sum = static_cast<std::uint8_t>(sum + it.bytes(value)[i]);
        it.bytes(value + page_size)[0] = sum;
        it.bytes(page_size, 1)[0] = 99;
        it.interrupt(0, 7);
    };
    return device;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a session that is recorded replays with the same result and without its device",
          "[record]") {
    Recording recording;
    const std::string seen = host(*recording.record(adder()));
    CHECK(seen == " read 5=84 done 120 99 interrupt 7 over at 7 reset fake 524288");
    const std::string replayed = host(*recording.replay());
    CHECK(replayed == seen);
    CHECK(recording.complaints.empty());
}

TEST_CASE("a device sees through a recording what it would see without", "[record]") {
    CHECK(host(*adder()) == " read 5=84 done 120 99 interrupt 7 over at 7 reset fake 524288");
}

TEST_CASE("a host that does something else than was recorded is told the line", "[record]") {
    Recording recording;
    host(*recording.record(adder()));
    {
        const auto rig = recording.replay();
        const std::string seen = host(*rig, 1);
        CHECK(has(seen, "line 2: expected the host's change of 15 bytes at 1001h: 0102030405"));
        CHECK(has(seen, ", got the host's change of 15 bytes at 1001h: 010204"));
        CHECK(has(seen, "by: lmsim hw test"));
    }
    REQUIRE(recording.complaints.size() == 1);
    {
        const auto rig = recording.replay();
        rig->port(0).write(0x14, 1, 4);
        CHECK(has(rig->trouble(), "line 2: expected the host's change of 15 bytes"));
        CHECK(has(rig->trouble(), "got a write of 1h (4 bytes) to the property at 14h"));
        CHECK_FALSE(rig->wait([] { return false; }, 1000 * ms));
        const Ps before = rig->now();
        CHECK(before < rig->now());  // whoever waits by the clock comes to an end
    }
    recording.complaints.clear();
    recording.replay();  // and does nothing
    REQUIRE(recording.complaints.size() == 1);
    CHECK(has(recording.complaints[0], "got the end of the session"));
}

TEST_CASE("a replay comes to an end where a host waits for what did not come", "[record]") {
    Recording recording;
    {
        const auto rig = recording.record(adder());
        rig->port(0).read(0x1c, 4, 5);
        rig->port(0).write(0x14, 1, 4);
    }
    const auto rig = recording.replay();
    rig->port(0).read(0x1c, 4, 5);
    CHECK_FALSE(rig->wait([] { return false; }, 1000 * ms));
    CHECK(has(rig->trouble(), "got a wait for something else"));
    const auto other = recording.replay();
    other->port(0).read(0x1c, 4, 5);
    while (other->trouble().empty()) other->poll();
    CHECK(has(other->trouble(), "got a host that polls for something else"));
}

TEST_CASE("a session is replayed as what it was recorded as, and as nothing else", "[record]") {
    Recording recording;
    SessionHeader about;
    about.command = "lmsim hw test";
    about.subject = "scenario a (parameters 1)";
    RecordedRig::open(adder(), recording.file.path(), about, recording.complain);
    const auto says = [&](const ReplayOptions& options) {
        const auto rig = ReplayedRig::open(recording.file.path(), recording.complain, options);
        return rig ? std::string() : rig.error();
    };
    const std::string from = " It was recorded by: lmsim hw test";
    CHECK(says({about.subject, false, {}}).empty());
    CHECK(says({"scenario b (parameters 1)", false, {}}) ==
          recording.file.path() +
              ": it is a session of scenario a (parameters 1), and this is to be one of scenario b "
              "(parameters 1); expected the same." +
              from);
    CHECK(has(says({}), "and this is to be one of no scenario; expected the same." + from));
    CHECK(has(says({about.subject, true, {}}), "there is no second device in this session"));
    CHECK(recording.complaints.empty());
}

TEST_CASE("whoever interrupts a replay is not told that it differs", "[record]") {
    Recording recording;
    host(*recording.record(adder()));
    {
        const auto rig = ReplayedRig::open(recording.file.path(), recording.complain,
                                           {"", false, [] { return true; }});
        REQUIRE(rig.ok());
        CHECK_FALSE(rig.value()->poll());
        CHECK(rig.value()->trouble() == "interrupted");
    }
    CHECK(recording.complaints.empty());
}

TEST_CASE("trouble with a device is replayed where it came", "[record]") {
    Recording recording;
    const auto play = [](Rig& rig, const std::function<void()>& breaks) {
        rig.wait([] { return false; }, ms);
        std::string seen = rig.trouble() + ";";
        breaks();
        seen += rig.wait([] { return false; }, 1000 * ms) ? "yes" : "no";
        return seen + rig.trouble();
    };
    {
        auto device = std::make_unique<FakeDevice>();
        FakeDevice& it = *device;
        const auto rig = recording.record(std::move(device));
        CHECK(play(*rig, [&] { it.broken = "it is gone"; }) == ";noit is gone");
    }
    CHECK(play(*recording.replay(), [] {}) == ";noit is gone");
    CHECK(recording.complaints.empty());
}

TEST_CASE("no completion is seen before its data, whenever the device writes", "[record]") {
    constexpr int commands = 3000;
    Recording recording;
    std::atomic<std::uint64_t> bell{0};
    // Eight pages of data and then the "completion", whose page has more to say behind it.
    const auto work = [&](FakeDevice& device) {
        for (std::uint64_t i = 1; i <= commands; ++i) {
            while (bell.load(std::memory_order_acquire) < i) std::this_thread::yield();
            for (std::uint64_t page = 2; page < 10; ++page) {
                std::memcpy(device.bytes(page * page_size + 8 * (i % 500)), &i, sizeof i);
            }
            std::memcpy(device.bytes(page_size + 64 + 8 * (i % 100)), &i, sizeof i);
            std::atomic_thread_fence(std::memory_order_release);
            std::memcpy(device.bytes(page_size), &i, sizeof i);
        }
    };
    const auto drive = [&](Rig& rig) {
        std::uint64_t wrong = 0;
        DevicePort& port = rig.port(0);
        port.allocate(9 * page_size);
        const auto load = [&](std::uint64_t address) {
            std::uint64_t value = 0;
            std::memcpy(&value, port.memory().bytes(address, sizeof value), sizeof value);
            return value;
        };
        for (std::uint64_t i = 1; i <= commands; ++i) {
            // Looked at early, so that it would be stale.
            wrong += load(5 * page_size + 8 * (i % 500)) == i ? 1 : 0;
            port.write(0x1000, i, 8);
            wrong += rig.wait([&] { return load(page_size) == i; }, 10'000 * ms) ? 0 : 1;
            wrong += load(page_size + 64 + 8 * (i % 100)) == i ? 0 : 1;
            for (std::uint64_t page = 2; page < 10; ++page) {
                wrong += load(page * page_size + 8 * (i % 500)) == i ? 0 : 1;
            }
        }
        return wrong + (rig.trouble().empty() ? 0 : 1);
    };
    {
        auto device = std::make_unique<FakeDevice>();
        FakeDevice& it = *device;
        it.on_write = [&](std::uint16_t, std::uint64_t, std::uint64_t value) {
            bell.store(value, std::memory_order_release);
        };
        const auto rig = recording.record(std::move(device));
        std::thread thread([&] { work(it); });
        CHECK(drive(*rig) == 0);
        thread.join();
    }
    CHECK(drive(*recording.replay()) == 0);
    CHECK(recording.complaints.empty());
}

TEST_CASE("an interrupt shows what was written before it, though it was looked at in that poll",
          "[record]") {
    struct Looks : PortClient {
        explicit Looks(Rig& rig) : port(rig.port(0)), at(port.allocate(page_size)) {
            port.set_client(this);
        }
        ~Looks() override { port.set_client(nullptr); }
        void interrupt(std::uint32_t) override {
            seen += " " + std::to_string(*port.memory().bytes(at, 1));
            port.write(0x1000, at, 4);
        }
        void read_done(std::uint64_t, std::uint64_t) override {}
        DevicePort& port;
        std::uint64_t at;
        std::string seen;
    };
    Recording recording;
    {
        auto device = std::make_unique<FakeDevice>();
        FakeDevice& it = *device;
        it.on_write = [&it](std::uint16_t, std::uint64_t, std::uint64_t at) { ++*it.bytes(at); };
        const auto rig = recording.record(std::move(device));
        Looks looks(*rig);
        for (std::uint32_t vector = 0; vector < 3; ++vector) it.interrupt(0, vector);
        CHECK(rig->poll());
        CHECK(looks.seen == " 0 1 2");
    }
    const auto rig = recording.replay();
    Looks looks(*rig);
    CHECK(rig->poll());
    CHECK(looks.seen == " 0 1 2");
    CHECK(recording.complaints.empty());
}

TEST_CASE("a change through an old pointer makes a recording incomplete, and is said", "[record]") {
    Recording recording;
    {
        const auto rig = recording.record(adder());
        const std::uint64_t at = rig->port(0).allocate(page_size);
        std::uint8_t* const old = rig->port(0).memory().bytes(at, 1);
        rig->port(0).write(0x14, 1, 4);
        *old = 5;
    }
    REQUIRE(recording.complaints.size() == 1);
    CHECK(recording.complaints[0] ==
          "the recording is not complete: memory at 1000h was changed through a pointer from "
          "before a call of the device");
}

TEST_CASE("more memory than a recording can have is refused", "[record]") {
    struct Huge : FakeDevice, DevicePort {
        DevicePort& port(std::uint16_t) override { return *this; }
        void write(std::uint64_t, std::uint64_t, unsigned) override {}
        void read(std::uint64_t, unsigned, std::uint64_t) override {}
        void reset(std::function<void()>) override {}
        void enable_interrupts(bool) override {}
        void set_client(PortClient*) override {}
        Memory& memory() override { return all; }
        Memory all{2 * most_pages, nullptr};  // nobody looks at it
    };
    const SessionPath file;
    const auto rig = RecordedRig::open(std::make_unique<Huge>(), file.path(), {}, {});
    REQUIRE_FALSE(rig.ok());
    CHECK(rig.error() == "the device reaches 8192 MiB of memory, and a recording has 4096 at most");
    CHECK(file.text().empty());
}

TEST_CASE("a recording that cannot be written is not begun, or said to be incomplete", "[record]") {
    Recording recording;
    const auto nowhere = RecordedRig::open(adder(), "/nonexistent/x", {}, recording.complain);
    REQUIRE_FALSE(nowhere.ok());
    CHECK(has(nowhere.error(), "cannot write \"/nonexistent/x\""));
    {
        const auto full = RecordedRig::open(adder(), "/dev/full", {}, recording.complain);
        REQUIRE(full.ok());
    }
    REQUIRE(recording.complaints.size() == 1);
    CHECK(has(recording.complaints[0], "the recording is not complete: cannot write"));
    CHECK(has(recording.complaints[0], "the disk is full"));
}
