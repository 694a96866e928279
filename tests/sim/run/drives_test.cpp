#include <algorithm>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

// Published measurements of drives, a part of each; `lmsim validate` has all rows.

namespace lmsim::tests {

namespace {

using nlohmann::json;

const std::string published = LMSIM_SOURCE_DIR "/scenarios/published/";

json run_file(const std::string& file, std::vector<std::string> options) {
    Run run;
    run.file = published + file;
    run.options = std::move(options);
    return run_in_child(run).result;
}

struct Row {
    int depth;
    double iops;
    double mean_us;
};

}  // namespace

TEST_CASE("P2: random reads of a ZNS drive against their queue depth", "[drives]") {
    const Row rows[] = {
        {1, 13'703, 72.6}, {16, 174'320, 91.5}, {64, 365'005, 175.0}, {256, 437'369, 585.1}};
    for (const Row& row : rows) {
        INFO("queue depth " << row.depth);
        const json result =
            run_file("p2-zns-a.toml",
                     {"workload[0].depth=" + std::to_string(row.depth), "run.warm_up=100ms"});
        const json& window = result.at("guest").at("before");
        CHECK(window.at("iops").get<double>() == Approx(row.iops).epsilon(0.1));
        CHECK(window.at("under_way").get<double>() ==
              Approx(row.iops * row.mean_us * 1e-6).epsilon(0.006));
        CHECK(result.at("littles_law").at("error").get<double>() < 1e-9);
        CHECK(result.at("outcome") == "completed");
    }
}

TEST_CASE("P2: writes of conventional drives saturate where theirs do", "[drives]") {
    const auto iops = [](const char* file, int depth) {
        return run_file(file, {"workload[0].depth=" + std::to_string(depth), "run.warm_up=50ms"})
            .at("guest")
            .at("before")
            .at("iops")
            .get<double>();
    };
    CHECK(iops("p2-nvme-a.toml", 16) == Approx(267'269).epsilon(0.1));
    CHECK(iops("p2-nvme-b.toml", 8) == Approx(654'171).epsilon(0.1));
    CHECK(iops("p2-nvme-b.toml", 64) == Approx(739'018).epsilon(0.1));
}

TEST_CASE("P4: slices of a drive get their share, and the whole of it what it can", "[drives]") {
    const auto iops = [](const std::string& what, const std::string& drive, const char* share) {
        return run_file("p4-" + what + ".toml",
                        {"include=\"" + published + "../devices/" + drive + ".toml\"",
                         std::string("hosts.both.device.vf_limit.share=") + share})
            .at("guest")
            .at("before")
            .at("iops")
            .get<double>();
    };
    CHECK(iops("read", "i4i", "12.5%") == Approx(54'987).epsilon(0.02));
    CHECK(iops("read", "i4i", "50%") == Approx(218'786).epsilon(0.02));
    CHECK(iops("read", "i4i", "100%") == Approx(385'400).epsilon(0.02));
    CHECK(iops("read", "i7i", "50%") == Approx(328'246).epsilon(0.02));
    CHECK(iops("read", "c6gd", "75%") == Approx(353'691).epsilon(0.02));
    CHECK(iops("write", "c6gd", "50%") == Approx(98'884).epsilon(0.05));
    CHECK(iops("write", "c6gd", "100%") == Approx(166'021).epsilon(0.02));
    CHECK(iops("write-128k", "c6gd", "100%") * 0.131072 == Approx(1063).epsilon(0.02));
}

TEST_CASE("P6: a VF that is enabled before its resources holds its host up for CAP.TO",
          "[drives]") {
    const auto ready = [](const std::vector<std::string>& options) {
        const json result = run_file("p6.toml", options);
        CHECK(result.at("outcome") == "completed");
        CHECK(result.at("guest").at("before").at("commands") == 0);
        return result.at("bring_up").at("destination_ps").get<double>() * 1e-12;
    };
    CHECK(ready({}) == Approx(0.2).epsilon(0.1));
    const std::string wrong = "hosts.dst.driver.bring_up=enable-first";
    CHECK(ready({wrong}) == Approx(30.77).epsilon(0.01));
    CHECK(ready({wrong, "hosts.both.device.ready_timeout=10s"}) == Approx(10.7).epsilon(0.02));
}

TEST_CASE("P1: the largest latency of a drive bounds the drain of a suspend", "[drives]") {
    struct Load {
        const char* drive;
        const char* writes;  // of each of 384 copies beside those that measure; 0: all it can
        const char* stalls;  // how often the controller stands still
        double largest_us;   // SSD-iq at this load or below
    };
    const Load loads[] = {{"pm9a3", "13", "0s", 1854},
                          {"pm9a3", "0", "0s", 8057},
                          {"d7-p5520", "13", "0s", 1490},
                          {"cm7-r", "13", "20ms", 9221},
                          {"cm7-r", "508", "1000s", 10231}};
    double longest = 0;
    for (const Load& load : loads) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            INFO(load.drive << " " << load.writes << ", seed " << seed);
            Run run;
            run.file = published + "p1-" + load.drive + ".toml";
            run.seed = seed;
            run.options = {std::string("workload[1].iops=") + load.writes, "run.migrate=true",
                           "run.warm_up=130ms", "run.cool_down=1ms"};
            if (load.drive == std::string("cm7-r")) {
                run.options.push_back(std::string("hosts.both.device.media.stall_interval=") +
                                      load.stalls);
            }
            const json result = run_in_child(run).result;
            check_conserved(result);
            const double drain = static_cast<double>(part_ps(result, "drain")) * 1e-6;
            longest = std::max(longest, drain);
            CHECK(drain <= load.largest_us);
            CHECK(drain * 1000 <= result.at("guest").at("during").at("max_ns").get<double>());
        }
    }
    CHECK(longest > 1000);
}

TEST_CASE("P1: a drive that collects in turns stalls its writes below saturation", "[drives]") {
    const auto p99_us = [](const char* writes) {
        return run_file("p1-cm7-r.toml", {std::string("workload[1].iops=") + writes})
                   .at("guest")
                   .at("before")
                   .at("p99_ns")
                   .get<double>() *
               1e-3;
    };
    CHECK(p99_us("169") < 300);
    CHECK(p99_us("247") == Approx(1950).epsilon(0.15));
    CHECK(p99_us("508") == Approx(5664).epsilon(0.15));
}

TEST_CASE("a scenario says depth and rate of a job instead of its file", "[drives]") {
    const json result = run_file("p1.toml", {"workload[0].iops=30", "workload[0].depth=2",
                                             "workload[1].iops=1", "run.warm_up=500ms"});
    const json& window = result.at("guest").at("before");
    CHECK(window.at("iops").get<double>() == Approx(64 * 30).epsilon(0.05));
    CHECK(window.at("under_way").get<double>() < 0.5);
}

}  // namespace lmsim::tests
