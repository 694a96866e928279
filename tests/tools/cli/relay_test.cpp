#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "model/wire/fields.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/bridge/vfio_user/client_port.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using namespace lmsim;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::read_file;
using lmsim::tests::run_lmsim;
using lmsim::tests::Serving;

namespace {

constexpr std::uint32_t depth = 8;

/// A guest with one I/O queue pair, behind a relay or not.
class Guest {
  public:
    explicit Guest(const std::string& socket) {
        auto memory = sim::vfio_user::SharedMemory::create(4096);
        REQUIRE(memory);
        memory_ = std::move(memory.value());
        auto port = sim::vfio_user::ClientPort::open(socket, *memory_, {});
        INFO((port ? std::string() : port.error()));
        REQUIRE(port);
        port_ = std::move(port.value());
        commands_ = std::make_unique<sim::CommandPort>(*port_, depth, 1, depth);
        data_ = port_->allocate(sim::page_size);
        commands_->enable();
        wait([&] { return (csts() & 1) != 0; });
        create(spec::Id::OpcodeAdminCreateCq, commands_->queue(1).cq_base(), 1);
        create(spec::Id::OpcodeAdminCreateSq, commands_->queue(1).sq_base(), 1 | 1U << 16);
    }

    std::uint32_t csts() {
        std::uint8_t bytes[4];
        REQUIRE(port_->client()
                    .read_region(sim::vfio_user::bar0_region, sim::reg::CSTS, bytes, 4)
                    .empty());
        return wire::load_le<std::uint32_t>(bytes);
    }
    void write(std::uint64_t lba, const std::string& text) {
        std::memcpy(port_->memory().bytes(data_, text.size()), text.data(), text.size());
        io(spec::Id::OpcodeNvmWrite, lba);
    }
    std::string read(std::uint64_t lba, std::size_t size) {
        std::memset(port_->memory().bytes(data_, size), 0, size);
        io(spec::Id::OpcodeNvmRead, lba);
        return {reinterpret_cast<const char*>(port_->memory().bytes(data_, size)), size};
    }

  private:
    void io(spec::Id opcode, std::uint64_t lba) {
        wire::Sqe sqe =
            wire::encode_nvm(static_cast<std::uint8_t>(rules_.value(opcode)), 1, {lba, 0, false});
        sqe.prp1 = data_;
        send(1, sqe);
    }
    void create(spec::Id opcode, std::uint64_t base, std::uint32_t cdw11) {
        wire::Sqe sqe;
        sqe.opcode = static_cast<std::uint8_t>(rules_.value(opcode));
        sqe.prp1 = base;
        sqe.cdw10 = 1 | (depth - 1) << 16;
        sqe.cdw11 = cdw11;
        send(0, sqe);
    }
    void send(std::uint16_t queue, wire::Sqe& sqe) {
        std::uint16_t status = 0xffff;
        commands_->submit(queue, sqe, 0);
        wait([&] {
            commands_->reap(
                queue,
                [&](std::uint64_t, const wire::Cqe& cqe) {
                    status = wire::status_code(cqe.status);
                },
                [](const wire::Cqe&) {});
            return status != 0xffff;
        });
        CHECK(status == 0);
    }
    template <class Done>
    void wait(Done&& done) {
        for (int left = 10'000; left > 0 && !done(); --left) {
            port_->poll(1);
        }
        REQUIRE(port_->error().empty());
    }

    std::unique_ptr<sim::vfio_user::SharedMemory> memory_;
    std::unique_ptr<sim::vfio_user::ClientPort> port_;
    std::unique_ptr<sim::CommandPort> commands_;
    std::uint64_t data_ = 0;
    spec::Rules rules_;
};

/// `lmsim relay` in a process of its own, and a line to it.
class Relaying {
  public:
    Relaying(const Folder& folder, const std::string& from, const std::string& to)
        : socket_(folder.file("guest")), output_(folder.file("relay")) {
        const std::string orders = folder.file("orders");
        REQUIRE(::mkfifo(orders.c_str(), 0600) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            const std::string command = "exec " LMSIM_BINARY_DIR "/lmsim relay --socket " +
                                        socket_ + " --from " + from + " --to " + to + " < " +
                                        orders + " > " + output_ + " 2>&1";
            ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
            ::_exit(127);
        }
        orders_ = ::open(orders.c_str(), O_WRONLY);
        says("listening at");
    }
    ~Relaying() {
        ::close(orders_);
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    Relaying(const Relaying&) = delete;
    Relaying& operator=(const Relaying&) = delete;

    const std::string& socket() const { return socket_; }
    void order(const std::string& word) {
        REQUIRE(::write(orders_, word.data(), word.size()) == static_cast<ssize_t>(word.size()));
    }
    /// Waits until the relay has said this.
    bool says(const std::string& text) const {
        for (int left = 1000; left > 0; --left) {
            if (read_file(output_).find(text) != std::string::npos) return true;
            ::usleep(10'000);
        }
        UNSCOPED_INFO(read_file(output_));
        return false;
    }

  private:
    std::string socket_;
    std::string output_;
    int orders_ = -1;
    pid_t pid_ = -1;
};

}  // namespace

TEST_CASE("a relay moves a function to another server and back, queues and all", "[cli][relay]") {
    const Folder folder;
    const Folder here;
    const Folder there;
    const std::vector<std::string> media{"--media", folder.file("disk")};
    const Serving a(here, "vf0", media);
    const Serving b(there, "vf0", media);
    Relaying relay(folder, a.socket(), b.socket());
    Guest guest(relay.socket());
    guest.write(3, "before");
    relay.order("move\n");
    REQUIRE(relay.says("moved to " + b.socket()));
    CHECK(guest.read(3, 6) == "before");
    CHECK((guest.csts() & 1) != 0);
    guest.write(4, "between");
    relay.order("move\n");
    REQUIRE(relay.says("moved to " + a.socket()));
    CHECK(guest.read(4, 7) == "between");
    relay.order("jump\n");
    CHECK(relay.says("expected move or quit, not \"jump\""));
}

TEST_CASE("a relay that finds no second server leaves the function where it is", "[cli][relay]") {
    const Folder folder;
    const Folder here;
    const Serving a(here, "vf0");
    Relaying relay(folder, a.socket(), folder.file("nobody"));
    Guest guest(relay.socket());
    guest.write(1, "stays");
    relay.order("move\n");
    CHECK(relay.says("not moved to " + folder.file("nobody")));
    CHECK(guest.read(1, 5) == "stays");
}

TEST_CASE("a relay to a server whose PF somebody has leaves the function running", "[cli][relay]") {
    const Folder folder;
    const Folder here;
    const Folder there;
    const Serving a(here, "vf0");
    const Serving b(there, "pf,vf0");
    Relaying relay(folder, a.socket(), b.socket() + ".vf0");
    Guest guest(relay.socket());
    relay.order("move\n");
    CHECK(relay.says("it runs on where it was"));
    guest.write(1, "runs");
    CHECK(guest.read(1, 4) == "runs");
}

TEST_CASE("a relay says where it cannot connect or listen", "[cli][relay]") {
    const Folder folder;
    const Ended nobody = run_lmsim(folder, "relay --socket " + folder.file("g") + " --from " +
                                               folder.file("a") + " --to " + folder.file("b"));
    CHECK(nobody.exit_code == 4);
    CHECK(nobody.err.find("is the server running?") != std::string::npos);
    const Folder here;
    const Serving a(here, "vf0");
    const std::string taken = folder.write("taken", "");
    const Ended there =
        run_lmsim(folder, "relay --socket " + taken + " --from " + a.socket() + " --to x");
    CHECK(there.exit_code == 2);
    CHECK(there.err.find("is there already") != std::string::npos);
}
