#include "tests/sim/run/closed_form.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;

// Latencies are fixed and no two are alike, so that no term can stand for another.
constexpr const char* one_vf = R"(
[run]
warm_up = "5ms"
cool_down = "5ms"
[vm]
vcpus = 1
ram = "64MiB"
ram_used = "16MiB"
pause = "101us"
resume = "97us"
[vm.dirty]
rate = "0/s"
working_set = "4KiB"
hot = "0B"
[vm.devices]
bytes = "200KiB"
save = "1.7ms"
load = "2.3ms"
[hosts.both.device]
vfs = 1
queue_pairs = 1
queue_size = 64
[hosts.both.device.admin]
identify = "29us"
features = "31us"
create_queue = "37us"
suspend = "71us"
resume = "83us"
get_state = "59us"
set_state = "67us"
[hosts.both.device.media]
read = "61us"
write = "11us"
flush = "13us"
)";

constexpr const char* reader = R"(
[reader]
rw=randread
bs=4k
iodepth=1
size=16m
time_based
runtime=1h
)";

ClosedForm::Parts parts_of(const json& result) {
    ClosedForm::Parts parts;
    for (const json& part : result["downtime"]["parts"]) {
        const int device = part["device"].is_null() ? -1 : part["device"].get<int>();
        parts[{part["name"], part["side"], device}] = part["ps"];
    }
    return parts;
}

std::string text(const ClosedForm::Parts& parts) {
    std::string all;
    for (const auto& [name, ps] : parts) {
        all += std::get<0>(name) + ' ' + std::get<1>(name) + ' ' +
               std::to_string(std::get<2>(name)) + ": " + std::to_string(ps) + '\n';
    }
    return all;
}

/// What a clock that shows whole milliseconds tells from the begin of the blackout to `end` after
/// it.
std::int64_t shown_ms(std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t ms = 1'000'000'000;
    return (begin + end) / ms - begin / ms;
}

void compare(const json& result, const sim::Scenario& scenario, const ClosedForm& expected) {
    CHECK(result["outcome"] == "completed");
    CHECK(text(parts_of(result)) == text(expected.parts()));
    CHECK(result["downtime"]["total_ps"] == expected.total());
    CHECK(result["bytes"]["device_state"] == expected.state_bytes());
    const std::int64_t begin = result["downtime"]["begin_ps"];
    CHECK(result["vmm"]["downtime_ms"] == shown_ms(begin, expected.stream_sent()));
    if (scenario.vmm.return_path) {
        CHECK(result["vmm"]["downtime_return_path_ms"] ==
              shown_ms(begin, expected.answer_received()));
    } else {
        CHECK(result["vmm"]["downtime_return_path_ms"].is_null());
    }
    check_conserved(result);
}

const std::vector<std::vector<std::string>>& variations() {
    static const std::vector<std::vector<std::string>> list = {
        {},
        {"hosts.both.link.generation=3", "hosts.both.link.lanes=8", "hosts.both.link.mps=128B",
         "hosts.both.link.mrrs=256B"},
        {"hosts.src.link.generation=5", "hosts.dst.link.lanes=16", "hosts.dst.link.mps=1KiB",
         "hosts.dst.link.latency=333ns", "hosts.src.link.memory=411ns"},
        {"channel.rtt=9ms", "channel.bandwidth=10Gbit/s"},
        {"channel.rtt=1us", "channel.stream_limit=3Gbit/s"},
        {"hosts.both.device.vendor_bytes=3000000B", "hosts.src.device.mdts=128KiB",
         "hosts.dst.device.mdts=2MiB", "hosts.dst.driver.copy_rate=300MB/s"},
        {"hosts.both.driver.p2p=false"},
        {"hosts.both.driver.pre_copy=true", "hosts.both.device.vendor_bytes=100000B"},
        {"vmm.return_path=false", "vmm.switchover_ack=false"},
        {"hosts.src.driver.ioctl=5us", "hosts.dst.driver.submit=7us", "hosts.src.driver.irq=9us",
         "hosts.dst.driver.msix=23us", "hosts.both.device.state_rate=100MB/s"},
        {"vm.ram=1GiB", "vmm.bitmap_sync=3ms", "vmm.block_flush=17ms", "vm.devices.load=0s"},
    };
    return list;
}

std::string name_of(const std::vector<std::string>& options) {
    std::string name = "set:";
    for (const std::string& option : options) {
        name += ' ' + option;
    }
    return name;
}

/// When the source's last command of the guest was submitted.
class LastSubmission : public sim::trace::TraceSink {
  public:
    void command(const sim::trace::CommandRecord& command) override {
        if (command.qid != 0 && command.side == sim::metrics::Side::Source) {
            at_ = std::max(at_, command.submit);
        }
    }
    sim::Ps at() const { return at_; }

  private:
    sim::Ps at_ = 0;
};

}  // namespace

TEST_CASE("without I/O every part of the downtime is its closed form") {
    for (const auto& options : variations()) {
        INFO(name_of(options));
        Run run;
        run.scenario = one_vf;
        run.options = options;
        const sim::Scenario scenario = scenario_of(run);
        compare(run_in_child(run).result, scenario, ClosedForm(scenario, {}));
    }
}

TEST_CASE("with a read at a time every part of the downtime is its closed form") {
    for (const auto& options : variations()) {
        INFO(name_of(options));
        Run run;
        run.scenario = one_vf;
        run.options = options;
        run.jobs = {{reader, {}}};
        const sim::Scenario scenario = scenario_of(run);
        ClosedForm::Guest guest;
        guest.dirty_pages = 3;  // submission queue, completion queue, data
        const ClosedForm expected(scenario, guest);
        const json result = run_in_child(run).result;
        compare(result, scenario, expected);
        CHECK(result["bytes"]["ram"] == scenario.vm.ram_used.count + guest.dirty_pages * 4096);
        CHECK(result["guest"]["longest_gap_ps"] >= expected.total());
    }
}

TEST_CASE("a read in the media is drained, and the longest gap is the blackout around it") {
    for (const char* latency : {"600us", "1.3ms", "17ms"}) {
        INFO("media.read " << latency);
        LastSubmission last;
        Run run;
        run.scenario = one_vf;
        run.options = {std::string("hosts.both.device.media.read=") + latency, "vm.pause=10us",
                       "run.warm_up=50ms"};
        run.jobs = {{reader, {}}};
        run.sink = &last;
        run.look = [&last](const sim::Simulation&, json& more) { more["submitted"] = last.at(); };
        const sim::Scenario scenario = scenario_of(run);
        const Seen seen = run_in_child(run);
        const std::int64_t begin = seen.result["downtime"]["begin_ps"];
        const std::int64_t submitted = seen.more["submitted"];
        ClosedForm::Guest guest;
        guest.dirty_pages = 3;
        guest.reading = true;
        guest.read_submitted = submitted - begin;
        const ClosedForm expected(scenario, guest);
        compare(seen.result, scenario, expected);
        CHECK(part_ps(seen.result, "drain") > 0);
        // The guest had nothing under way before the read; it sees the end when the vCPUs run.
        CHECK(seen.result["guest"]["longest_gap_ps"] == begin + expected.total() - submitted);
    }
}

}  // namespace lmsim::tests
