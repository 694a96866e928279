#include <memory>
#include <optional>

#include "model/vfio/uapi.hpp"
#include "sim/bridge/paces.hpp"
#include "sim/bridge/vfio_user/client_port.hpp"
#include "sim/core/reports.hpp"
#include "sim/host/host_driver.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using lmsim::tests::Folder;
using lmsim::tests::Serving;
using vfio_user::ClientPort;
using vfio_user::SharedMemory;

namespace {

constexpr std::uint64_t pages = 4096;

/// The clock's time, in which what the server sends arrives.
class ServedPace : public Pace {
  public:
    ServedPace(Kernel& kernel, const std::vector<ClientPort*>& ports)
        : clock_(kernel), ports_(ports) {}
    void go_on() override {
        clock_.go_on();
        for (ClientPort* port : ports_) port->poll(0);
        clock_.go_on();
    }
    bool wait(const std::function<bool()>& done) override {
        for (int left = 10'000'000; left > 0 && !done(); --left) {
            go_on();
        }
        return done();
    }
    std::int64_t idle_ns() override { return 0; }

  private:
    WallPace clock_;
    std::vector<ClientPort*> ports_;
};

/// The driver that a simulated host has, over the sockets of a server.
class ServedHost {
  public:
    ServedHost(const Serving& server, const spec::Rules& rules) {
        open(pf_memory_, pf_, server.socket() + ".pf");
        open(vf_memory_, vf_, server.socket() + ".vf0");
        HostTiming timing;
        timing.admin_timeout = 0;
        timing.ready_poll = 1'000'000'000;
        timing.copy_rate = Bandwidth::max();
        timing.features = vfio::STOP_COPY_FLAG;
        timing.mdts = 65536;
        timing.state_limit = 65536;
        pace_ =
            std::make_unique<ServedPace>(kernel_, std::vector<ClientPort*>{pf_.get(), vf_.get()});
        driver_ = std::make_unique<HostDriver>("driver", kernel_, timing, *pf_,
                                               std::vector<DevicePort*>{vf_.get()}, rules);
    }
    bool boot() {
        std::optional<bool> ready;
        driver_->boot([&](bool well) { ready = well; });
        return pace_->wait([&] { return ready.has_value(); }) && *ready;
    }
    vfio::Errno set(vfio::MigState state) {
        return ask([&](VfioDone done) { driver_->set_state(0, state, std::move(done)); });
    }
    std::vector<std::uint8_t> read_all() {
        std::vector<std::uint8_t> state;
        for (;;) {
            CHECK(ask([&](VfioDone done) { driver_->read(0, 4096, std::move(done)); }) ==
                  vfio::Errno::Ok);
            const std::vector<std::uint8_t> got = driver_->bytes_read(0).all();
            if (got.empty()) return state;
            state.insert(state.end(), got.begin(), got.end());
        }
    }
    vfio::Errno write(const std::vector<std::uint8_t>& state) {
        return ask([&](VfioDone done) { driver_->write(0, SparseBytes(state), std::move(done)); });
    }

  private:
    static void open(std::unique_ptr<SharedMemory>& memory, std::unique_ptr<ClientPort>& port,
                     const std::string& path) {
        auto made = SharedMemory::create(pages);
        REQUIRE(made);
        memory = std::move(made.value());
        auto opened = ClientPort::open(path, *memory, {});
        INFO((opened ? std::string() : opened.error()));
        REQUIRE(opened);
        port = std::move(opened.value());
    }
    template <class Start>
    vfio::Errno ask(Start&& start) {
        std::optional<vfio::Errno> error;
        start([&](const VfioAnswer& answer) { error = answer.error; });
        pace_->wait([&] { return error.has_value(); });
        return error.value_or(vfio::Errno::TimedOut);
    }

    std::unique_ptr<SharedMemory> pf_memory_;
    std::unique_ptr<SharedMemory> vf_memory_;
    std::unique_ptr<ClientPort> pf_;
    std::unique_ptr<ClientPort> vf_;
    Kernel kernel_{"kernel"};
    std::unique_ptr<ServedPace> pace_;
    std::unique_ptr<HostDriver> driver_;
};

}  // namespace

TEST_CASE("the simulated host's driver migrates a VF of a served device", "[cli][serve]") {
    using vfio::MigState;
    install_report_handler();
    const spec::Rules rules;
    const Folder folder;
    const Serving server(folder, "pf,vf0");
    ServedHost host(server, rules);
    REQUIRE(host.boot());
    REQUIRE(host.set(MigState::STOP_COPY) == vfio::Errno::Ok);
    const std::vector<std::uint8_t> state = host.read_all();
    CHECK(state.size() > 56);  // header and NVMe Controller State, and our area behind them
    CHECK(host.set(MigState::RUNNING) == vfio::Errno::Ok);
    REQUIRE(host.set(MigState::RESUMING) == vfio::Errno::Ok);
    CHECK(host.write(state) == vfio::Errno::Ok);
    CHECK(host.set(MigState::RUNNING) == vfio::Errno::Ok);
}
