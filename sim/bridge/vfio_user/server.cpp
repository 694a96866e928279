#include "sim/bridge/vfio_user/server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "model/nvme/queue_commands.hpp"

namespace lmsim::sim::vfio_user {

namespace {

constexpr int looks = 100;             // before a sleep: waking up costs more than a short wait
constexpr int at_once = 64;            // messages of one client before the next has its turn
constexpr int busy_rounds = 1000;      // before a look whether a client comes
constexpr std::int64_t stop_ms = 200;  // how often a sleeper looks whether it is to stop
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr auto accept_pause = std::chrono::milliseconds(100);  // while descriptors are short

std::unique_ptr<Pace> make_pace(bool paced, Kernel& kernel) {
    if (paced) {
        return std::make_unique<WallPace>(kernel);
    }
    return std::make_unique<FreePace>(kernel);
}

/// As many as BAR 0 has room for, of those that the controller has.
std::uint16_t vectors_of(const nvme::Config& config) {
    return static_cast<std::uint16_t>(
        std::min<std::uint32_t>(nvme::private_vectors(config), PciConfig::most_vectors));
}

/// Identify names the same vendor as the configuration space (NVMe Base 2.3, 5.2.13.2.1: VID,
/// SSVID).
ServerOptions with_vendor(ServerOptions options) {
    options.device.config.vid = PciConfig::vendor_id;
    options.device.config.ssvid = PciConfig::vendor_id;
    return options;
}

}  // namespace

std::string function_name(std::uint16_t function) {
    return function == 0 ? "pf" : fmt::format("vf{}", function - 1);
}

Server::Server(ServerOptions options)
    : options_(with_vendor(std::move(options))),
      kernel_("kernel"),
      device_("device", kernel_, options_.device, options_.rules, options_.seed),
      pace_(make_pace(options_.paced, kernel_)) {
    device_.use_store(store_);
    const auto& wanted = options_.functions;
    for (std::uint16_t function = 0; function <= options_.device.vfs; ++function) {
        // Who is not served reaches nothing; the PF then has a driver here.
        if (function != 0 && std::find(wanted.begin(), wanted.end(), function) == wanted.end()) {
            unserved_.push_back(std::make_unique<DmaMap>());
            device_.attach_dma(function, *unserved_.back());
        }
    }
    if (std::find(wanted.begin(), wanted.end(), 0) == wanted.end()) {
        migration_ = std::make_unique<MigrationService>("driver", kernel_, device_, options_.device,
                                                        options_.rules, *pace_);
    }
    for (const std::uint16_t function : wanted) {
        auto served = std::make_unique<Served>();
        served->name = function_name(function);
        served->function = function;
        device_.attach_dma(function, served->dma);
        const auto say = [this, name = served->name](const std::string& text) {
            options_.say(name + ": " + text);
        };
        served->endpoint = std::make_unique<Endpoint>(device_.port(function), served->dma, *pace_,
                                                      vectors_of(options_.device.config), say);
        served_.push_back(std::move(served));
        paths_.push_back(wanted.size() == 1 ? options_.socket
                                            : options_.socket + "." + function_name(function));
    }
}

Server::~Server() {
    for (const std::string& path : made_) {
        ::unlink(path.c_str());
    }
}

/// A file is kept for a namespace that there is: one that is made later has its data in memory.
std::string Server::check_backings() const {
    const auto& all = device_.subsystem().ns;
    for (const ServerOptions::Backing& backing : options_.backings) {
        const bool known = backing.nsid >= 1 && backing.nsid <= nvme::SimBounds::namespaces;
        if (known && all[backing.nsid - 1].blocks != 0) {
            continue;
        }
        std::string there;
        for (std::uint32_t nsid = 1; nsid <= nvme::SimBounds::namespaces; ++nsid) {
            if (all[nsid - 1].blocks == 0) continue;
            there += fmt::format("{}{}", there.empty() ? "" : ", ", nsid);
        }
        return fmt::format("{}: the device has no namespace with NSID {}; expected one of {}",
                           backing.file, backing.nsid, there.empty() ? "none" : there);
    }
    return {};
}

std::string Server::open() {
    if (std::string error = check_backings(); !error.empty()) {
        return error;
    }
    for (std::size_t i = 0; i < served_.size(); ++i) {
        std::string error = listen_at(paths_[i], served_[i]->listener);
        if (!error.empty()) {
            return error;
        }
        made_.push_back(paths_[i]);
    }
    const nvme::Config& config = options_.device.config;
    for (const ServerOptions::Backing& backing : options_.backings) {
        std::string error =
            store_.use_file(backing.nsid, backing.file, config.blocks * config.block_bytes);
        if (!error.empty()) {
            store_.remove_made();
            return error;
        }
    }
    open_migration();
    return {};
}

/// VFs that cannot be migrated are served nevertheless.
void Server::open_migration() {
    const std::string error = migration_ ? migration_->open() : std::string();
    if (!error.empty()) {
        options_.say("the VFs offer no migration: " + error);
    }
    for (const auto& served : served_) {
        const bool offers = migration_ && error.empty();
        served->endpoint->set_migration(
            offers ? &migration_->vf(static_cast<std::uint16_t>(served->function - 1)) : nullptr);
    }
}

void Server::accept(Served& served) {
    Fd client(::accept4(served.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        // It goes on waiting: nobody is to look after it in a circle.
        accept_after_ = Clock::now() + accept_pause;
        if (!std::exchange(told_full_, true)) {
            options_.say(fmt::format("{}: a client waits that cannot come in: {}", served.name,
                                     std::strerror(errno)));
        }
        return;
    }
    if (!client) {
        return;  // it has gone already
    }
    // The last client's end may not have been seen yet.
    for (int left = at_once; left > 0 && served.endpoint->serve(Stream::Wait::No); --left) {
    }
    if (served.endpoint->connected()) {
        options_.say(served.name + ": another client wants in and is turned away");
        return;
    }
    anybody_came_ = true;
    served.stream = std::make_unique<SocketStream>(std::move(client));
    served.endpoint->connect(*served.stream);
}

/// With one function, and nothing that the device has to do by itself, nobody else waits.
bool Server::alone() { return served_.size() == 1 && pace_->idle_ns() < 0; }

bool Server::serve_all() {
    bool any = false;
    const Stream::Wait wait = alone() ? Stream::Wait::Briefly : Stream::Wait::No;
    for (const auto& served : served_) {
        for (int left = at_once; left > 0 && served->endpoint->serve(wait); --left) {
            any = true;
        }
        if (!served->endpoint->connected()) {
            served->stream.reset();
        }
    }
    pace_->go_on();
    return any;
}

bool Server::all_gone() const {
    return anybody_came_ && std::none_of(served_.begin(), served_.end(), [](const auto& served) {
               return served->endpoint->connected();
           });
}

/// Until a client says something, one comes, the device has something to do, or for `longest`
/// nanoseconds.
void Server::sleep(const std::function<bool()>& stop, std::int64_t longest) {
    std::vector<pollfd> items;
    const bool accepts = Clock::now() >= accept_after_;
    for (const auto& served : served_) {
        items.push_back({accepts ? served->listener.get() : -1, POLLIN, 0});
        items.push_back({served->stream ? served->stream->poll_fd() : -1, POLLIN, 0});
    }
    const std::int64_t due = pace_->idle_ns();
    const std::int64_t wait = due < 0 ? longest : std::min(due, longest);
    const timespec limit{wait / 1'000'000'000, wait % 1'000'000'000};
    if (stop() || ::ppoll(items.data(), items.size(), &limit, nullptr) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < served_.size(); ++i) {
        if ((items[2 * i].revents & POLLIN) != 0) {
            accept(*served_[i]);
        }
    }
}

void Server::run(const std::function<bool()>& stop, bool once) {
    while (!stop()) {
        int rounds = 0;
        int left = looks;
        for (; left > 0 && rounds < busy_rounds && !stop(); ++rounds) {
            left = serve_all() ? looks : alone() ? 0 : left - 1;
        }
        if (once && all_gone()) {
            return;
        }
        // Who is busy with a client still looks whether another comes.
        sleep(stop, left > 0 ? 0 : stop_ms * ns_per_ms);
    }
}

std::vector<std::uint64_t> Server::messages() const {
    std::vector<std::uint64_t> counts;
    for (const auto& served : served_) {
        counts.push_back(served->endpoint->messages());
    }
    return counts;
}

}  // namespace lmsim::sim::vfio_user
