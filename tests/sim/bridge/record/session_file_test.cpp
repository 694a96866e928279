#include "sim/bridge/record/session_file.hpp"

#include <algorithm>
#include <random>

#include "sim/bridge/record/replayed_rig.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/record/fake_device.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::record;
using lmsim::tests::FakeDevice;
using lmsim::tests::SessionPath;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A session of many kinds of lines, played against a device or its recording.
void host(Rig& rig) {
    DevicePort& port = rig.port(0);
    const std::uint64_t at = port.allocate(4 * page_size);
    for (std::uint64_t i = 0; i < 40; ++i) {
        std::memset(port.memory().bytes(at + 50 * i, 20), static_cast<int>(i + 1), 20);
        port.write(0x1000, i, 4);
        port.read(0x1c, 4, i);
        rig.poll();
        rig.now();
        (void)*port.memory().bytes(at + page_size * (i % 4), 1);
    }
    port.reset({});
    rig.wait([] { return false; }, 1'000'000'000);
}

void record_into(const SessionPath& file) {
    auto device = std::make_unique<FakeDevice>();
    FakeDevice& it = *device;
    it.on_write = [&](std::uint16_t, std::uint64_t, std::uint64_t value) {
        std::memset(it.bytes(page_size * (1 + value % 4) + 99 * value % 3000), 0xa5, 40);
    };
    const auto rig = RecordedRig::open(std::move(device), file.path(), {}, {});
    REQUIRE(rig.ok());
    host(*rig.value());
}

/// The text with sums that fit, whatever stands in front of them.
std::string with_sums(const std::string& text) {
    RunningSum sum;
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string line = text.substr(at, end - at);
        const std::string content = line.substr(0, line.rfind(",\"sum\":"));
        sum.add(content);
        result += content + ",\"sum\":\"" + sum.hex() + "\"}\n";
        at = end + 1;
    }
    return result;
}

}  // namespace

TEST_CASE("a changed byte in a session is found, and its line", "[record]") {
    const SessionPath file;
    record_into(file);
    const std::string text = file.text();
    REQUIRE(verify_session(file.path()).empty());
    std::mt19937 random(7);
    for (int i = 0; i < 200; ++i) {
        const std::size_t at = random() % text.size();
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ (1 + random() % 255));
        file.write(changed);
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
        const std::string error = verify_session(file.path());
        INFO("byte " << at << " of line " << line << ": " << error);
        REQUIRE_FALSE(error.empty());
        // A line that no longer ends has become one with the next.
        CHECK(has(error, file.path() + ":" + std::to_string(line) + ": "));
        CHECK(ReplayedRig::open(file.path(), {}).ok() == false);
    }
}

TEST_CASE("a session that is cut short is told apart from one that was changed", "[record]") {
    const SessionPath file;
    record_into(file);
    const std::string text = file.text();
    for (std::size_t size = 0; size < text.size(); size += 1 + size / 50) {
        file.write(text.substr(0, size));
        const std::string error = verify_session(file.path());
        INFO("after " << size << ": " << error);
        CHECK(has(error, "the file ends here, without the line that ends a session"));
        auto reader = SessionReader::open(file.path());
        SessionLine line;
        while (reader && reader.value().next(line)) {
        }
        CHECK((!reader || reader.value().cut_short()));
    }
    file.write(text + "x");
    CHECK(has(verify_session(file.path()), "something stands behind the line that ends"));
    // A line that is missing in the middle.
    const std::size_t line = text.find('\n', text.size() / 2) + 1;
    file.write(text.substr(0, line) + text.substr(text.find('\n', line) + 1));
    CHECK(has(verify_session(file.path()), "this line is not as it was written"));
}

TEST_CASE("what is no session is refused with words", "[record]") {
    const SessionPath file;
    CHECK(has(verify_session(file.path()), "cannot read"));
    file.write("{\"schema\":\"lmsim/trace/1\"}\n{}\n");
    CHECK(has(verify_session(file.path()), ":1: this is no recorded session: the first line"));
    file.write(std::string(3 << 20, 'x'));
    CHECK_FALSE(verify_session(file.path()).empty());
    const std::string head = "{\"schema\":\"lmsim/session/1\",";
    const auto says = [&](const std::string& lines) {
        file.write(with_sums(lines));
        return verify_session(file.path());
    };
    CHECK(has(says(head + "\"x\":1"), "the first line names no function"));
    CHECK(has(says("{\"schema\":\"lmsim/session/2\",\"x\":1"), "A newer lmsim than "));
    CHECK(has(says(head + "\"memories\":[{\"pages\":99999999,\"allocated\":0}],\"memory_of\":[0]"),
              "a memory of 99999999 pages, 0 of them in use; expected at most 1048576"));
    CHECK(has(says(head + "\"memories\":[{\"pages\":2,\"allocated\":3}],\"memory_of\":[0]"),
              "a memory of 2 pages, 3 of them in use"));
    CHECK(has(says(head + "\"memories\":[{\"pages\":2,\"allocated\":1}],\"memory_of\":[1]"),
              "a function's memory is none of those"));
    CHECK(has(says(head + "\"memories\":[{\"pages\":2,\"allocated\":1}],\"memory_of\":[0,0],"
                          "\"second\":\"x\",\"second_from\":2"),
              "the second device has no functions"));
    const std::string first =
        head + "\"memories\":[{\"pages\":2,\"allocated\":1}],\"memory_of\":[0]\n";
    CHECK(has(says(first + "{\"kind\":\"dance\""), ":2: \"kind\" is none of host-wrote, write,"));
    CHECK(has(says(first + "{\"kind\":\"write\",\"value\":\"x\""), "\"value\" is no number"));
    CHECK(has(says(first + "{\"kind\":\"write\",\"function\":1"), "there is no function 1"));
    CHECK(has(says(first + "{\"kind\":\"device-wrote\",\"memory\":1"), "there is no memory 1"));
    CHECK(has(says(first + "{\"kind\":\"device-wrote\",\"address\":8191,\"bytes\":\"0102\""),
              "2 bytes at 1fffh are not within the memory"));
    CHECK(has(says(first + "{\"kind\":\"device-wrote\",\"bytes\":\"0g\""), "hexadecimal"));
    CHECK(
        has(says(first + "{\"kind\":\"end\",\"value\":7"), "the session has 2 lines; expected 7"));
}

TEST_CASE("hostile sessions whose sums fit harm nobody", "[record]") {
    const SessionPath file;
    record_into(file);
    const std::string text = file.text();
    std::mt19937 random(11);
    std::size_t played = 0;
    for (int i = 0; i < 400; ++i) {
        std::string changed = text;
        for (std::uint32_t left = 1 + random() % 4; left > 0; --left) {
            const std::size_t at = random() % changed.size();
            if (random() % 3 == 0) {
                const std::size_t from = random() % changed.size();
                changed.insert(at, changed.substr(from, random() % 300));
            } else if (random() % 2 == 0) {
                changed.erase(at, random() % 300);
            } else {
                changed[at] = static_cast<char>("0123456789\"{}:,xafw\n"[random() % 20]);
            }
        }
        file.write(with_sums(changed));
        auto rig = ReplayedRig::open(file.path(), {});
        if (rig) {
            ++played;
            host(*rig.value());
        } else {
            CHECK_FALSE(rig.error().empty());
        }
    }
    CHECK(played > 10);
}
