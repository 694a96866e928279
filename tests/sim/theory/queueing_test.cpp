#include <cmath>

#include "model/wire/admin.hpp"
#include "sim/core/reports.hpp"
#include "sim/run/convert.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"

namespace lmsim::tests {

namespace {

using namespace sim;

constexpr Ps service = 100'000'000;  // 100 us of the admin processor

/// Identify commands on the PF's queue that come one by one, with exponential times in between.
class Arrivals : public Component {
  public:
    Arrivals(Kernel& kernel, HostDriver& driver, double load, int count)
        : Component("arrivals", kernel),
          driver_(driver),
          buffer_(driver.pf().allocate(page_size)),
          random_(7, "arrivals"),
          gap_(static_cast<double>(service) / load),
          left_(count) {}

    /// One command when nothing else is there, then all of them.
    void begin() { send(true); }
    double mean() const { return sum_ / count_; }
    double alone() const { return alone_; }

    void handle(const Event&) override {
        send(false);
        next();
    }

  private:
    void next() {
        if (left_-- == 0) {
            kernel().stop();
            return;
        }
        const double uniform = (static_cast<double>(random_.next() >> 11U) + 0.5) * 0x1p-53;
        post_once(now() + static_cast<Ps>(-std::log(uniform) * gap_), 0);
    }
    void send(bool first) {
        wire::Identify identify;
        identify.cns = 1;
        wire::Sqe sqe = wire::encode(identify, spec::Rules());
        sqe.prp1 = buffer_;
        const Ps asked = now();
        driver_.admin().submit(sqe, [this, asked, first](const AdminAnswer& answer) {
            REQUIRE(answer.status == 0);
            const auto stayed = static_cast<double>(now() - asked);
            if (first) {
                alone_ = stayed;
                next();
                return;
            }
            sum_ += stayed;
            count_ += 1;
        });
    }

    HostDriver& driver_;
    std::uint64_t buffer_;
    Random random_;
    double gap_;
    int left_;
    double sum_ = 0;
    double count_ = 0;
    double alone_ = 0;
};

/// Mean time in the queue, with so much of the admin processor in use, in units of its service.
double mean_wait(double load) {
    install_report_handler();
    const LoadedScenario loaded = load_scenario_text(
        "hosts.both.device.vfs = 1\nhosts.both.device.admin.identify = \"100us\"\n", "run.toml");
    REQUIRE(loaded.ok());
    const Scenario& scenario = loaded.scenario;
    const HostParams& host = scenario.hosts.src;
    Kernel kernel("kernel");
    Memory memory(host_pages(scenario, host) + 1);
    Memory vm(256);
    NvmeDevice device("device", kernel, device_timing(scenario, host), spec::Rules(), 1);
    device.attach(0, memory);
    device.attach(1, vm);
    HostDriver driver("driver", kernel, host_timing(scenario, host), device.port(0),
                      {&device.port(1)}, spec::Rules());
    Arrivals arrivals(kernel, driver, load, 120'000);
    struct Boot : Component {
        using Component::Component;
        std::function<void()> begin;
        void handle(const Event&) override { begin(); }
        void at_once() { post_once(0, 0); }
    } boot("boot", kernel);
    boot.begin = [&] {
        driver.boot([&](bool ok) {
            REQUIRE(ok);
            arrivals.begin();
        });
    };
    boot.at_once();
    sc_core::sc_start();
    return (arrivals.mean() - arrivals.alone()) / static_cast<double>(service);
}

}  // namespace

// M/D/1 (Pollaczek and Khinchine): with the share rho of the server in use, a command waits
// rho / (2 (1 - rho)) times the service that each of them takes.
TEST_CASE("admin commands that come at random wait as in an M/D/1 queue, half load", "[rows-off]") {
    CHECK(mean_wait(0.5) == Approx(0.5).epsilon(0.02));
}

TEST_CASE("admin commands that come at random wait as in an M/D/1 queue, 80 %", "[rows-off]") {
    CHECK(mean_wait(0.8) == Approx(2.0).epsilon(0.02));
}

}  // namespace lmsim::tests
