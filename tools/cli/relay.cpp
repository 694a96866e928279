#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "sim/bridge/vfio_user/relay.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/interrupts.hpp"
#include "tools/cli/verbs.hpp"

namespace lmsim::cli {

namespace {

using sim::Fd;
using sim::vfio_user::Relay;
using sim::vfio_user::SocketStream;

constexpr int look_ms = 200;  // how often a sleeper looks for a signal

struct RelayArguments {
    std::string socket;
    std::string from;
    std::string to;
};

/// Waits for the VMM.
bool accept(const Fd& listener, Fd& vmm) {
    while (!was_interrupted()) {
        pollfd item{listener.get(), POLLIN, 0};
        if (::poll(&item, 1, look_ms) > 0) {
            vmm = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (vmm) return true;
        }
    }
    return false;
}

/// Between the VMM and where its function is now; each "move" on the standard input takes it to the
/// other of the two servers.
class Session {
  public:
    Session(const RelayArguments& arguments, Relay& relay)
        : here_(arguments.from), there_(arguments.to), relay_(relay) {}

    /// Until the VMM is gone, the input says quit, or a signal comes.
    int run() {
        while (!was_interrupted() && !quit_ && relay_.ended().empty()) {
            pass();
            sleep();
        }
        if (!relay_.ended().empty()) {
            fmt::print("{}\n", relay_.ended());
        }
        fmt::print("{} moves\n", moves_);
        return failed_ ? Failed : Ok;
    }

  private:
    void pass() {
        constexpr int looks = 100;
        for (int left = looks; left > 0 && relay_.ended().empty();) {
            left = relay_.pass() ? looks : left - 1;
        }
    }
    void sleep() {
        if (!relay_.ended().empty()) return;
        pollfd items[] = {{relay_.vmm_fd(), POLLIN, 0},
                          {relay_.server_fd(), POLLIN, 0},
                          {input_open_ ? STDIN_FILENO : -1, POLLIN, 0}};
        if (::poll(items, 3, look_ms) > 0 && (items[2].revents & (POLLIN | POLLHUP)) != 0) {
            read_input();
        }
    }
    void read_input() {
        char bytes[256];
        const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (got <= 0) {
            input_open_ = false;  // nobody will say anything any more: the relay goes on
            return;
        }
        line_.append(bytes, static_cast<std::size_t>(got));
        for (std::size_t end = line_.find('\n'); end != std::string::npos; end = line_.find('\n')) {
            obey(line_.substr(0, end));
            line_.erase(0, end + 1);
        }
    }
    void obey(const std::string& word) {
        if (word == "move") {
            move();
        } else if (word == "quit") {
            quit_ = true;
        } else {
            fmt::print("expected move or quit, not \"{}\"\n", word);
        }
        std::fflush(stdout);
    }
    void move() {
        Fd socket;
        const std::string error = sim::vfio_user::connect_to(there_, socket);
        const auto before = std::chrono::steady_clock::now();
        const auto moved = error.empty()
                               ? relay_.move(std::make_unique<SocketStream>(std::move(socket)))
                               : sim::Result<Relay::Moved>(sim::Failure{error});
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - before);
        if (!moved) {
            failed_ = true;
            fmt::print("not moved to {}: {}\n", there_, moved.error());
            return;
        }
        ++moves_;
        fmt::print("moved to {}: {} bytes of state, {} mappings, {} us\n", there_,
                   moved.value().state_bytes, moved.value().mappings, took.count());
        std::swap(here_, there_);
    }

    std::string here_;
    std::string there_;
    Relay& relay_;
    std::string line_;
    std::uint64_t moves_ = 0;
    bool input_open_ = true;
    bool quit_ = false;
    bool failed_ = false;
};

int relay(const RelayArguments& arguments) {
    catch_interrupts();
    ignore_broken_pipes();
    Fd server;
    std::string error = sim::vfio_user::connect_to(arguments.from, server);
    if (!error.empty()) {
        return complain("relay", "--from " + error, Environment);
    }
    Fd listener;
    error = sim::vfio_user::listen_at(arguments.socket, listener);
    if (!error.empty()) {
        return complain("relay", "--socket " + error, Usage);
    }
    fmt::print("listening at {}\n", arguments.socket);
    std::fflush(stdout);
    Fd vmm;
    const bool came = accept(listener, vmm);
    ::unlink(arguments.socket.c_str());
    if (!came) {
        return Ok;
    }
    Relay relay;
    relay.begin(std::make_unique<SocketStream>(std::move(vmm)),
                std::make_unique<SocketStream>(std::move(server)));
    return Session(arguments, relay).run();
}

}  // namespace

void add_relay(CLI::App& app, int& exit_code) {
    const auto arguments = std::make_shared<RelayArguments>();
    CLI::App* verb = app.add_subcommand(
        "relay", "Stand between a VMM and two served functions, and move it from one to the other");
    verb->add_option("--socket", arguments->socket, "where the VMM connects")
        ->type_name("PATH")
        ->required();
    verb->add_option("--from", arguments->from, "the socket of the function that it has first")
        ->type_name("PATH")
        ->required();
    verb->add_option(
            "--to", arguments->to,
            "of the other: each line \"move\" on the standard input changes over, \"quit\" "
            "ends")
        ->type_name("PATH")
        ->required();
    verb->callback([arguments, &exit_code] { exit_code = relay(*arguments); });
}

}  // namespace lmsim::cli
