#include "sim/hw/calibrate_profile.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/hw/calibrate_report.hpp"
#include "tests/sim/hw/calibrated.hpp"

using namespace lmsim::sim;
using namespace lmsim::sim::hw;
using lmsim::tests::calibrated_apart;
using lmsim::tests::known_times;
using lmsim::tests::scenario_of;
using lmsim::tests::simulated_options;

namespace {

constexpr Ps ns = 1000;
const Provenance from{"0000:01:00.0", "lmsim hw calibrate 0000:01:00.0", "0.0", "Linux 6.12",
                      "2026-01-01 00:00 UTC"};

DeviceProfile profile_of(const Calibration& measured) {
    auto profile = derive_profile(measured, LinkFacts{}, from);
    INFO((profile ? std::string() : profile.error()));
    REQUIRE(profile);
    return profile.value();
}

bool near(Quantiles found, Ps known) {
    const Ps off = found.highest().ps - known;
    return found.is_fixed() && off >= -2 * ns && off <= 2 * ns;
}

}  // namespace

TEST_CASE("the profile of a device with known times has these times", "[hw][calibrate]") {
    CalibrateOptions options = simulated_options(9);
    options.write = true;
    const DeviceProfile profile = profile_of(calibrated_apart(known_times, 2, options));
    INFO(profile.toml);
    const Scenario known = scenario_of(known_times);
    const Scenario found = scenario_of(profile.toml);
    const DeviceParams& a = known.hosts.src.device;
    const DeviceParams& b = found.hosts.src.device;
    const AdminParams& admin = b.admin;
    const std::pair<Quantiles, Quantiles> all[] = {
        {a.admin.identify, admin.identify},
        {a.admin.features, admin.features},
        {*a.admin.set_features, *admin.set_features},
        {a.admin.create_queue, admin.create_queue},
        {*a.admin.create_sq, *admin.create_sq},
        {*a.admin.delete_sq, *admin.delete_sq},
        {*a.admin.delete_cq, *admin.delete_cq},
        {a.admin.suspend, admin.suspend},
        {a.admin.resume, admin.resume},
        {a.admin.get_state, admin.get_state},
        {a.admin.set_state, admin.set_state},
        {a.admin.cdq, admin.cdq},
        {*a.admin.delete_cdq, *admin.delete_cdq},
        {a.admin.track_send, admin.track_send},
        {a.admin.track_receive, admin.track_receive},
        {a.media.flush, b.media.flush},
        {*a.media.sizes[0].read, *b.media.sizes[0].read},
        {*a.media.sizes[0].write, *b.media.sizes[0].write},
        {*a.media.sizes[1].read, *b.media.sizes[1].read},
        {*a.media.sizes[1].write, *b.media.sizes[1].write},
    };
    for (std::size_t i = 0; i < std::size(all); ++i) {
        CAPTURE(i, format(all[i].first.highest()), format(all[i].second.highest()));
        CHECK(near(all[i].second, all[i].first.highest().ps));
    }
    CHECK(b.reset.ps - a.reset.ps < 2 * ns);
    CHECK(b.block == a.block);
    CHECK(b.capacity == a.capacity);
    CHECK(b.media.channels == 4);
    // What the simulator itself was charged for the way is its own link again.
    CHECK(found.hosts.src.link.latency.ps - known.hosts.src.link.latency.ps < 2 * ns);
    CHECK(known.hosts.src.link.latency.ps - found.hosts.src.link.latency.ps < 2 * ns);
}

TEST_CASE("the simulator with a profile takes what was measured", "[hw][calibrate]") {
    const std::string wide = R"(
[hosts.both.device]
vfs = 1
[hosts.both.link]
latency = "3us"
)";
    CalibrateOptions options = simulated_options(2000);
    options.write = true;
    const Calibration measured = calibrated_apart(wide, 2, options);
    const DeviceProfile profile = profile_of(measured);
    const auto all = compare(measured, profile);
    INFO((all ? comparison_table(all.value()) : all.error()));
    REQUIRE(all);
    CHECK(all.value().size() > 20);
    CHECK(agree(all.value()));
    for (const Compared& one : all.value()) {
        CAPTURE(one.kind, one.measured, one.simulated);
        const bool hosts = one.kind.find("interrupt") != std::string::npos || one.measured == 0;
        CHECK((hosts || (one.difference() < 10 && one.difference() > -10)));
    }
}

TEST_CASE("ten per cent are the limit of what agrees", "[hw][calibrate]") {
    std::vector<Compared> all{{"identify", 1000, 1100, true}, {"reset", 1000, 900, true}};
    CHECK(agree(all));
    all.push_back({"register read", 1000, 5000, false});
    CHECK(agree(all));
    CHECK_THAT(comparison_table(all), Catch::Contains("(not judged)"));
    all.push_back({"flush", 1000, 1101, true});
    CHECK_FALSE(agree(all));
    CHECK_THAT(comparison_table(all), Catch::Contains("beyond 10 %"));
}

TEST_CASE("the way is taken off by the formula of docs/hardware.md", "[hw][calibrate]") {
    const DeviceProfile profile =
        profile_of(calibrated_apart(known_times, 1, simulated_options(3)));
    // Generation 4, 4 lanes, 8 % for DLLPs: 130/128 * 8 bits / (64 GT/s * 0.92) = 138 ps a byte.
    const auto wire = [](double bytes) { return bytes * 8 * 130 / 128 / (64e9 * 0.92) * 1e12; };
    const double latency = static_cast<double>(profile.link_latency);
    // The doorbell, behind that of the last completion; request for the entry, host memory, the
    // entry; the completion.
    const double features =
        2 * wire(28) + wire(24) + wire(64 + 20) + wire(16 + 24) + 4 * latency + 250e3;
    const auto is = [&](const char* kind, double expected) {
        CAPTURE(kind, profile.path.at(kind), expected);
        CHECK(static_cast<double>(profile.path.at(kind)) == Approx(expected).margin(20));
    };
    is("get features", features);
    // And a page, in TLPs of 256 bytes, ahead of the completion.
    is("identify", features + wire(4096 + 16 * 24));
    is("read 4KiB", features + wire(4096 + 16 * 24));
}

TEST_CASE("a profile says where it comes from and what was left out", "[hw][calibrate]") {
    const DeviceProfile profile =
        profile_of(calibrated_apart(known_times, 1, simulated_options(3)));
    for (const char* const part :
         {"# Measured by `lmsim hw calibrate 0000:01:00.0`", "lmsim 0.0, kernel Linux 6.12",
          "2026-01-01", "# Left out: write: writes destroy data: only with --write",
          "# Left out: suspend: it takes a PF and a VF of it", "identify, 3 samples: p50 ",
          "generation = 4  # not measured: the simulator's default"}) {
        CAPTURE(part);
        CHECK_THAT(profile.toml, Catch::Contains(part));
    }
    CHECK(profile.toml.find("suspend =") == std::string::npos);
    CHECK(profile.toml.find("write =") == std::string::npos);
}

TEST_CASE("all figures as JSON", "[hw][calibrate]") {
    const Calibration measured = calibrated_apart(known_times, 1, simulated_options(3));
    const DeviceProfile profile = profile_of(measured);
    const auto json = nlohmann::json::parse(
        calibration_json(measured, from, &profile, {{"identify", 1000, 1300, true}}));
    CHECK(json["schema"] == "lmsim/calibration/1");
    CHECK(json["time_base"] == "wall");
    CHECK(json["kinds"].size() == measured.series.size());
    CHECK(json["kinds"][0]["kind"] == "register read");
    CHECK(json["kinds"][0]["samples"] == 3);
    CHECK(json["verified"] == false);
    CHECK(json["comparison"][0]["difference_percent"] == 30.0);
}

TEST_CASE("a function's link is found however its address is written", "[hw][calibrate]") {
    const std::string folder = "/sys/bus/pci/devices/0000:0a:00.0";
    CHECK(link_folder("0000:0a:00.0") == folder);
    CHECK(link_folder("0a:00.0") == folder);
    CHECK(link_folder("0000:0A:00.0") == folder);
    CHECK_FALSE(read_link(link_folder("vfio-user:/tmp/d")).lanes);
}

TEST_CASE("what Linux tells of a link", "[hw][calibrate]") {
    std::string folder = (std::filesystem::temp_directory_path() / "lmsim-link-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const auto put = [&](const char* name, const std::string& text) {
        std::ofstream(folder + "/" + name, std::ios::binary) << text;
    };
    CHECK_FALSE(read_link(folder).generation());
    put("current_link_speed", "16.0 GT/s PCIe\n");
    put("current_link_width", "8\n");
    std::string config(256, '\0');
    config[0x34] = 0x40;
    config[0x40] = 0x11;  // MSI-X, and behind it PCI Express
    config[0x41] = 0x60;
    config[0x60] = 0x10;
    config[0x68] = 0x2 << 5;  // MPS 512
    config[0x69] = 0x5 << 4;  // MRRS 4096
    put("config", config);
    const LinkFacts facts = read_link(folder);
    CHECK(facts.generation() == 4U);
    CHECK(facts.lanes == 8U);
    CHECK(facts.mps == 512U);
    CHECK(facts.mrrs == 4096U);
    put("config", config.substr(0, 64));  // what others than root see
    CHECK_FALSE(read_link(folder).mps);
    put("current_link_speed", "Unknown\n");
    put("current_link_width", "0\n");
    CHECK_FALSE(read_link(folder).generation());
    CHECK_FALSE(read_link(folder).lanes);
    std::filesystem::remove_all(folder);
}
