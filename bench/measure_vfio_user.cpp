#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>

#include "bench/parts.hpp"
#include "model/wire/fields.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/bridge/vfio_user/client_port.hpp"
#include "sim/bridge/vfio_user/server.hpp"

namespace lmsim::bench {

namespace {

using namespace sim;
using namespace sim::vfio_user;

// What a REGION_READ of 4 bytes and its answer take.
constexpr std::size_t request_bytes = Header::size + region_access_size;
constexpr std::size_t answer_bytes = request_bytes + 4;
constexpr int looks = 200;  // before either side sleeps
constexpr std::uint32_t depth = 32;

double seconds_of(const std::function<void()>& work) {
    const auto before = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
}

/// A process that does `work` until it is killed.
class Child {
  public:
    explicit Child(const std::function<void()>& work) : pid_(::fork()) {
        LMSIM_ASSERT(pid_ >= 0);
        if (pid_ == 0) {
            work();
            ::_exit(0);
        }
    }
    ~Child() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

  private:
    pid_t pid_;
};

/// Spins briefly, then sleeps: as both sides of the bridge do.
bool receive(int socket, std::uint8_t* to, std::size_t size) {
    for (int left = looks;;) {
        const ssize_t got = ::recv(socket, to, size, MSG_DONTWAIT);
        if (got == static_cast<ssize_t>(size)) return true;
        if (got >= 0) return false;
        if (--left > 0) continue;
        pollfd item{socket, POLLIN, 0};
        ::poll(&item, 1, -1);
        left = 1;
    }
}

double ping_pongs_per_s(std::uint64_t count) {
    int ends[2];
    LMSIM_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    std::uint8_t bytes[answer_bytes] = {};
    const Child echo([&] {
        while (receive(ends[1], bytes, request_bytes)) {
            if (::send(ends[1], bytes, answer_bytes, MSG_NOSIGNAL) < 0) return;
        }
    });
    const double took = seconds_of([&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            LMSIM_ASSERT(::send(ends[0], bytes, request_bytes, 0) == request_bytes);
            LMSIM_ASSERT(receive(ends[0], bytes, answer_bytes));
        }
    });
    ::close(ends[0]);
    ::close(ends[1]);
    return static_cast<double>(count) / took;
}

ServerOptions server_options(const std::string& socket) {
    ServerOptions options;
    options.socket = socket;
    options.device.vfs = 1;
    options.device.config.blocks = 1U << 20;
    options.say = [](const std::string&) {};
    return options;
}

std::unique_ptr<ClientPort> connect(const std::string& socket, SharedMemory& memory) {
    constexpr int tries = 1000;
    for (int i = 0; i < tries; ++i) {
        auto port = ClientPort::open(socket, memory, {});
        if (port) return std::move(port.value());
        ::usleep(1000);  // the server is not there yet
    }
    LMSIM_ASSERT(!"the server does not come");
    return nullptr;
}

double register_reads_per_s(ClientPort& port, std::uint64_t count) {
    std::uint8_t bytes[4];
    const double took = seconds_of([&] {
        for (std::uint64_t i = 0; i < count; ++i) {
            LMSIM_ASSERT(
                port.client().read_region(bar0_region, reg::CSTS, bytes, sizeof bytes).empty());
        }
    });
    return static_cast<double>(count) / took;
}

/// One I/O queue pair, kept full of reads of a block of 4 KiB.
class Reader {
  public:
    explicit Reader(ClientPort& port)
        : port_(port), commands_(port, depth, 1, depth + 1), data_(port.allocate(page_size)) {}

    void start() {
        commands_.enable();
        const auto ready = [&] {
            std::uint8_t csts[4];
            LMSIM_ASSERT(port_.client().read_region(bar0_region, reg::CSTS, csts, 4).empty());
            return (csts[0] & 1) != 0;
        };
        while (!ready()) {
        }
        create(spec::Id::OpcodeAdminCreateCq, commands_.queue(1).cq_base(), 1);
        create(spec::Id::OpcodeAdminCreateSq, commands_.queue(1).sq_base(), 1 | 1U << 16);
    }
    double reads_per_s(std::uint64_t count) {
        std::uint64_t sent = 0;
        std::uint64_t done = 0;
        const double took = seconds_of([&] {
            while (done < count) {
                for (; sent < count && sent - done < depth; ++sent) {
                    wire::Sqe sqe;
                    sqe.opcode = static_cast<std::uint8_t>(rules_.value(spec::Id::OpcodeNvmRead));
                    sqe.nsid = 1;
                    sqe.prp1 = data_;
                    sqe.cdw10 = static_cast<std::uint32_t>(sent * 8 % 65536);
                    sqe.cdw12 = 7;  // 8 blocks
                    commands_.submit(1, sqe, 0);
                }
                port_.poll(0);
                done += reap(1);
            }
        });
        return static_cast<double>(count) / took;
    }

  private:
    void create(spec::Id opcode, std::uint64_t base, std::uint32_t cdw11) {
        wire::Sqe sqe;
        sqe.opcode = static_cast<std::uint8_t>(rules_.value(opcode));
        sqe.prp1 = base;
        sqe.cdw10 = 1 | depth << 16;
        sqe.cdw11 = cdw11;
        commands_.submit(0, sqe, 0);
        while (reap(0) == 0) {
            port_.poll(1);
        }
    }
    std::uint32_t reap(std::uint16_t queue) {
        return commands_.reap(
            queue,
            [](std::uint64_t, const wire::Cqe& cqe) {
                LMSIM_ASSERT(wire::status_code(cqe.status) == 0);
            },
            [](const wire::Cqe&) {});
    }

    ClientPort& port_;
    CommandPort commands_;
    std::uint64_t data_;
    spec::Rules rules_;
};

}  // namespace

void measure_vfio_user(Rows& rows, bool quick) {
    const std::uint64_t count = quick ? 1000 : 200'000;
    const std::string socket =
        std::filesystem::temp_directory_path() / fmt::format("lmsim-bench-{}", ::getpid());
    std::vector<double> bare;
    std::vector<double> served;
    double reads = 0;
    {
        const Child server([&] {
            Server server(server_options(socket));
            LMSIM_ASSERT(server.open().empty());
            server.run([] { return false; }, true);
        });
        auto memory = SharedMemory::create(4096);
        LMSIM_ASSERT(memory);
        const auto port = connect(socket, *memory.value());
        for (int turn = 0; turn < (quick ? 1 : 5); ++turn) {
            bare.push_back(ping_pongs_per_s(count));
            served.push_back(register_reads_per_s(*port, count));
        }
        Reader reader(*port);
        reader.start();
        reads = reader.reads_per_s(count);
    }
    ::unlink(socket.c_str());
    rows.push_back(compared({"register reads over vfio-user", median(served), "1/s", median(bare),
                             "a bare ping-pong of as many bytes"}));
    rows.push_back({"4 KiB reads over vfio-user, queue depth 32", reads, "1/s", 0, "nothing"});
}

}  // namespace lmsim::bench
