#include "sim/bridge/vfio_user/client_port.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "model/wire/bits.hpp"
#include "sim/bridge/vfio_user/socket_stream.hpp"

namespace lmsim::sim::vfio_user {

namespace {

constexpr std::uint32_t most_vectors = 128;  // a file descriptor each
constexpr std::size_t most_writes = 64;      // whose answers nobody has taken
constexpr int looks_for_answer = 50;         // before it sleeps
constexpr std::uint32_t from_socket = UINT32_MAX;

std::uint64_t all_ones(unsigned size) {
    return size >= 8 ? UINT64_MAX : (std::uint64_t{1} << 8 * size) - 1;
}

}  // namespace

Result<std::unique_ptr<ClientPort>> ClientPort::open(const std::string& path, SharedMemory& memory,
                                                     const Options& options) {
    Fd socket;
    std::string error = connect_to(path, socket);
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return open(std::make_unique<SocketStream>(std::move(socket), options.limit_ms), path, memory,
                options);
}

Result<std::unique_ptr<ClientPort>> ClientPort::open(std::unique_ptr<Stream> stream,
                                                     const std::string& name, SharedMemory& memory,
                                                     const Options& options) {
    auto client = std::make_unique<Client>(std::move(stream), name, options.limit_ms);
    std::unique_ptr<ClientPort> port(new ClientPort(std::move(client), memory, options));
    std::string error = port->set_up();
    if (!error.empty()) {
        return Failure{std::move(error)};
    }
    return port;
}

/// What has been written is there before the server sees us leave.
ClientPort::~ClientPort() { client_side_->settle(); }

std::string ClientPort::set_up() {
    Client& client = *client_side_;
    std::string error = client.open();
    if (!error.empty()) {
        return error;
    }
    const auto bar = client.region_info(bar0_region);
    if (!bar) {
        return bar.error();
    }
    if (bar.value().size < reg::doorbells) {
        return fmt::format("{}: BAR 0 has {} bytes; expected the registers of an NVMe controller",
                           client.name(), bar.value().size);
    }
    const auto irqs = client.irq_info(msix_irq);
    if (!irqs) {
        return irqs.error();
    }
    vectors_ = std::min(irqs.value().count, most_vectors);
    auto function = probe_pci(client);
    if (!function) {
        return function.error();
    }
    function_ = function.value();
    if (function_.class_code != nvme_class) {
        return fmt::format("{}: its PCI class is {:06x}h; expected {:06x}h, an NVMe controller",
                           client.name(), function_.class_code, nvme_class);
    }
    const int fd = options_.share == Share::Descriptor ? memory_.fd() : -1;
    error = client.map(0, memory_.bytes(), memory_.size(), fd);
    if (error.empty()) {
        error = enable_function(client);
    }
    return error.empty() ? make_events() : error;
}

std::string ClientPort::make_events() {
    if (client_side_->poll_fd() < 0) {
        return {};
    }
    events_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = from_socket;
    if (!events_ ||
        ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, client_side_->poll_fd(), &event) != 0) {
        return fmt::format("{}: {}", client_side_->name(), std::strerror(errno));
    }
    return {};
}

bool ClientPort::make_eventfds() {
    while (eventfds_.size() < vectors_) {
        Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u32 = static_cast<std::uint32_t>(eventfds_.size());
        if (!fd || (events_ && ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0)) {
            refused_ = fmt::format("{}: file descriptors for {} interrupts: {}",
                                   client_side_->name(), vectors_, std::strerror(errno));
            return false;
        }
        eventfds_.push_back(std::move(fd));
    }
    return true;
}

void ClientPort::write(std::uint64_t offset, std::uint64_t value, unsigned size) {
    const auto answer = [this, offset](const Message& reply) {
        if ((reply.header.flags & flag_error) != 0) {
            refused_ = fmt::format("{}: a write to the property at {:x}h: {}", client_side_->name(),
                                   offset, Client::refusal(reply));
        }
    };
    client_side_->settle_others();
    client_side_->send_write(bar0_region, offset, value, size,
                             options_.writes != Writes::Unanswered, answer);
    if (options_.writes == Writes::Awaited || options_.share == Share::Messages) {
        client_side_->settle();
    } else if (client_side_->outstanding() > most_writes) {
        client_side_->settle(most_writes / 2);
    }
}

void ClientPort::read(std::uint64_t offset, unsigned size, std::uint64_t token) {
    client_side_->settle_others();
    client_side_->send_read(
        bar0_region, offset, size, [this, offset, size, token](const Message& reply) {
            if ((reply.header.flags & flag_error) != 0) {
                refused_ = fmt::format("{}: a read of the property at {:x}h: {}",
                                       client_side_->name(), offset, Client::refusal(reply));
                reads_.push_back({token, all_ones(size)});
                return;
            }
            const std::uint8_t* data = reply.payload.data() + region_access_size;
            reads_.push_back({token, size == 8 ? wire::load_le<std::uint64_t>(data)
                                               : wire::load_le<std::uint32_t>(data)});
        });
}

void ClientPort::reset(std::function<void()> done) {
    reset_done_ = std::move(done);
    client_side_->send_reset([this](const Message& reply) {
        was_reset_ = (reply.header.flags & flag_error) == 0;
        if (!was_reset_) {
            refused_ = fmt::format("{}: a reset: {}", client_side_->name(), Client::refusal(reply));
        }
    });
}

void ClientPort::enable_interrupts(bool on) {
    if (on == interrupts_on_ || vectors_ == 0 || (on && !make_eventfds())) {
        return;
    }
    interrupts_on_ = on;
    std::vector<int> fds;
    for (const Fd& fd : eventfds_) {
        if (on) fds.push_back(fd.get());
    }
    std::string error = client_side_->set_irqs(msix_irq, fds);
    if (error.empty()) {
        error = enable_msix(*client_side_, function_, on);
    }
    if (!error.empty()) {
        refused_ = std::move(error);
    }
}

/// Interrupts that have been raised; true if something has come, over the socket too.
bool ClientPort::take_interrupts(int timeout_ms) {
    epoll_event events[16];
    const int count = ::epoll_wait(events_.get(), events, 16, timeout_ms);
    for (int i = 0; i < count; ++i) {
        const std::uint32_t vector = events[i].data.u32;
        std::uint64_t raised = 0;
        if (vector != from_socket &&
            ::read(eventfds_[vector].get(), &raised, sizeof raised) == sizeof raised) {
            interrupts_.push_back(vector);
        }
    }
    return count > 0;
}

bool ClientPort::look() {
    bool any = false;
    if (!events_ || take_interrupts(0) || client_side_->has_message()) {
        any = client_side_->pump_all();
    }
    if (!error().empty() && events_) {
        events_.close();  // the socket of a peer that is gone is readable for ever
    }
    return any || !interrupts_.empty() || !reads_.empty() || was_reset_;
}

void ClientPort::deliver() {
    // Whoever gets something may ask for the next thing.
    for (const std::uint32_t vector : std::exchange(interrupts_, {})) {
        if (client_ != nullptr && interrupts_on_) client_->interrupt(vector);
    }
    for (const Read& read : std::exchange(reads_, {})) {
        if (client_ != nullptr) client_->read_done(read.token, read.value);
    }
    if (!std::exchange(was_reset_, false)) {
        return;
    }
    // Configuration space has been reset, too, and MSI-X with it.
    interrupts_on_ = false;
    std::string error = enable_function(*client_side_);
    if (!error.empty()) {
        refused_ = std::move(error);
    }
    const std::function<void()> done = std::exchange(reset_done_, nullptr);
    if (done) {
        done();
    }
}

bool ClientPort::poll(int timeout_ms) {
    bool any = look();
    for (int left = timeout_ms > 0 ? looks_for_answer : 0; !any && left > 0 && error().empty();
         --left) {
        any = look();
    }
    if (!any && timeout_ms > 0 && events_) {
        take_interrupts(timeout_ms);
        any = look();
    }
    deliver();
    return any;
}

}  // namespace lmsim::sim::vfio_user
