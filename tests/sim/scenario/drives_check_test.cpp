#include <filesystem>

#include "tests/catch.hpp"
#include "tests/sim/scenario/errors.hpp"

using namespace lmsim::sim;

TEST_CASE("what only a drive with dies knows is refused without", "[scenario][drives]") {
    const char* const lines[] = {
        "media.command = \"1us\"",        "media.read_rate = \"1GB/s\"",
        "media.write_rate = \"1GB/s\"",   "media.cache = \"1MiB\"",
        "media.slice = \"1us\"",          "media.write_command = \"1us\"",
        "media.collection = \"1MiB\"",    "media.registers = true",
        "vf_limit.read_iops = \"1k/s\"",  "vf_limit.write_iops = \"1k/s\"",
        "vf_limit.read_rate = \"1GB/s\"", "vf_limit.write_rate = \"1GB/s\""};
    for (const std::string line : lines) {
        INFO(line);
        const std::string name = line.substr(0, line.find(' '));
        CHECK(errors_of("[hosts.both.device]\n" + line + "\n") ==
              "q.toml:2:" + std::to_string(name.find('.') + 2) + ": hosts.both.device." + name +
                  ": channels know nothing of this; expected media.dies of at least 1\n");
        CHECK(errors_of("[hosts.both.device]\nmedia.dies = 4\n" + line + "\n").empty());
    }
}

TEST_CASE("the parts of a drive have to fit together", "[scenario][drives]") {
    const std::string drive = "[hosts.both.device]\nmedia.dies = 4\n";
    CHECK(errors_of(drive + "media.cache = \"32KiB\"\n") ==
          "q.toml:3:7: hosts.both.device.media.unit: 64KiB is more than the whole cache of "
          "32KiB\n");
    CHECK(errors_of(drive + "media.cache = \"64KiB\"\n").empty());
    CHECK(errors_of(drive + "media.stripe = \"512B\"\nblock = \"4KiB\"\n") ==
          "q.toml:3:7: hosts.both.device.media.stripe: 512B is not a whole number of blocks of "
          "4KiB\n");
    CHECK(errors_of(drive + "media.stall = \"1ms\"\n") ==
          "q.toml:3:7: hosts.both.device.media.stall: a stall has a length and comes now and then; "
          "expected both or neither\n");
    CHECK(errors_of(drive + "media.stall = \"1ms\"\nmedia.stall_interval = \"1s\"\n").empty());
    CHECK(errors_of(drive + "ready_timeout = \"750ms\"\n") ==
          "q.toml:3:1: hosts.both.device.ready_timeout: 750ms is not a multiple of 500ms "
          "(CAP.TO)\n");
}

TEST_CASE("every profile of a device and every published scenario can be loaded",
          "[scenario][drives]") {
    for (const char* folder : {"devices", "published"}) {
        for (const auto& entry : std::filesystem::directory_iterator(
                 std::string(LMSIM_SOURCE_DIR "/scenarios/") + folder)) {
            const std::string file = entry.path().string();
            if (entry.path().extension() == ".toml" &&
                file.find(".rows.toml") == std::string::npos) {
                CHECK(load_scenario(file).error_text().empty());
            }
        }
    }
}
