#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sim/bridge/vfio_user/client_port.hpp"
#include "sim/bridge/vfio_user/server.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/migration_rig.hpp"
#include "tests/sim/trace/temporary.hpp"

// A VM moves from one server process to another, by what its client sends them and nothing else.

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using vfio::MigState;

namespace {

constexpr Ps us = 1'000'000;
constexpr std::uint64_t medium_bytes = 1U << 20;

std::uint32_t number(MigState state) { return static_cast<std::uint32_t>(state); }

/// A folder for sockets and the medium that both servers have.
struct Folder : tests::TemporaryFolder {
    Folder() { std::ofstream(file("medium"), std::ios::binary) << std::string(medium_bytes, 'm'); }
};

ServerOptions serves_vf0(const Folder& folder, const std::string& socket, bool paced) {
    ServerOptions options;
    options.socket = folder.file(socket);
    options.functions = {1};
    options.device = two_vfs();
    options.device.config.blocks = medium_bytes / 512;
    options.backings.push_back({1, folder.file("medium")});
    options.paced = paced;
    options.say = [](const std::string&) {};
    if (paced) {  // with times, and VFs that somebody has to bring online
        options.device.config.vfs_online = false;
        options.device.enable = 200 * us;
        options.device.link_latency = us;
        options.device.suspend = Distribution(fixed(Time{300 * us}));
        options.device.get_state = Distribution(fixed(Time{100 * us}));
    }
    return options;
}

/// A server in a process of its own, until its client has gone.
class ServerProcess {
  public:
    explicit ServerProcess(const ServerOptions& options) : socket(options.socket) {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            Server server(options);
            const bool well = server.open().empty() && ::write(ready[1], "", 1) == 1;
            ::close(ready[0]);
            ::close(ready[1]);
            if (well) server.run([parent] { return ::getppid() != parent; }, true);
            ::_exit(well ? 0 : 1);
        }
        ::close(ready[1]);
        char byte = 0;
        open = ::read(ready[0], &byte, 1) == 1;
        ::close(ready[0]);
    }
    /// It ends with its client, well.
    bool ended() {
        int status = -1;
        const bool there = pid_ > 0 && ::waitpid(pid_, &status, 0) == pid_;
        pid_ = -1;
        return there && status == 0;
    }
    ~ServerProcess() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ended();
        }
    }

    std::string socket;
    bool open = false;

  private:
    pid_t pid_ = -1;
};

/// The clock of a client: what comes from its servers, until nothing has come for long.
class Polls : public Pace {
  public:
    void look_at(ClientPort& port) { ports_.push_back(&port); }
    void go_on() override { poll(0); }
    bool wait(const std::function<bool()>& done) override {
        for (int left = 1000; left > 0; --left) {
            if (done()) {
                return true;
            }
            poll(5);
        }
        return false;
    }
    std::int64_t idle_ns() override { return -1; }

  private:
    void poll(int timeout_ms) {
        for (ClientPort* const port : ports_) {
            port->poll(timeout_ms);
        }
    }
    std::vector<ClientPort*> ports_;
};

void move_a_vm(bool paced) {
    const Folder folder;
    auto memory = std::move(SharedMemory::create(64).value());
    ServerProcess server_a(serves_vf0(folder, "a", paced));
    ServerProcess server_b(serves_vf0(folder, "b", paced));
    REQUIRE(server_a.open);
    REQUIRE(server_b.open);
    auto opened_a = ClientPort::open(server_a.socket, *memory, {});
    auto opened_b = ClientPort::open(server_b.socket, *memory, {});
    REQUIRE(opened_a.ok());
    REQUIRE(opened_b.ok());
    auto& a = opened_a.value()->client();
    auto& b = opened_b.value()->client();
    REQUIRE(a.migration_flags().ok());
    CHECK(a.migration_flags().value() == vfio::STOP_COPY_FLAG);

    Polls polls;
    polls.look_at(*opened_a.value());
    polls.look_at(*opened_b.value());
    VmDriver driver(polls, *opened_a.value());
    REQUIRE(driver.start());
    REQUIRE(driver.reads());
    const std::uint8_t* data = memory->memory().bytes(driver.buffer(), page_size);
    CHECK(data[0] == 'm');

    REQUIRE(a.set_migration_state(number(MigState::STOP)).empty());
    memory->memory().bytes(driver.buffer(), page_size)[0] = 0;
    driver.submit_read();
    REQUIRE(a.set_migration_state(number(MigState::STOP_COPY)).empty());
    REQUIRE(b.set_migration_state(number(MigState::RESUMING)).empty());
    std::size_t moved = 0;
    for (std::size_t piece = 1; piece != 0; moved += piece) {
        const auto bytes = a.read_migration_data(50);
        REQUIRE(bytes.ok());
        piece = bytes.value().size();
        REQUIRE(b.write_migration_data(bytes.value().data(), piece).empty());
    }
    CHECK(moved > 100);
    REQUIRE(b.set_migration_state(number(MigState::STOP)).empty());
    CHECK(driver.reap() == 0);

    driver.move(*opened_b.value());
    REQUIRE(b.set_migration_state(number(MigState::RUNNING)).empty());
    CHECK(b.migration_state().value() == number(MigState::RUNNING));
    CHECK(polls.wait([&] { return driver.reap() == 1; }));
    CHECK(data[0] == 'm');
    CHECK(driver.reads());

    REQUIRE(a.reset().empty());
    CHECK(a.migration_state().value() == number(MigState::RUNNING));
    opened_a.value().reset();
    opened_b.value().reset();
    CHECK(server_a.ended());
    CHECK(server_b.ended());
}

}  // namespace

TEST_CASE("a VM moves from one server to another", "[serve]") { move_a_vm(false); }

TEST_CASE("a VM moves between servers that take their time", "[serve]") { move_a_vm(true); }

TEST_CASE("no VF can be migrated by its client where another has the PF", "[serve]") {
    const Folder folder;
    ServerOptions options = serves_vf0(folder, "both", false);
    options.functions = {0, 1};
    const std::string socket = options.socket + ".vf0";
    ServerProcess server(options);
    REQUIRE(server.open);
    auto memory = std::move(SharedMemory::create(16).value());
    auto opened = ClientPort::open(socket, *memory, {});
    REQUIRE(opened.ok());
    auto& client = opened.value()->client();
    CHECK_FALSE(client.migration_flags().ok());
    CHECK_FALSE(client.set_migration_state(number(MigState::STOP)).empty());
    CHECK_FALSE(client.read_migration_data(1).ok());
    CHECK(client.error().empty());  // refused, and that is all
    opened.value().reset();
    CHECK(server.ended());
}
