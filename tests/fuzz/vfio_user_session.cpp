#include "tests/fuzz/vfio_user_session.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "model/nvme/property.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace lmsim::fuzz {

namespace vu = sim::vfio_user;
using sim::Fd;
using Kind = SharedFile::Kind;
using Command = vu::Command;

namespace {

constexpr std::uint32_t both = vu::map_readable | vu::map_writeable;

}  // namespace

void RandomPace::go_on() {
    if (choices_.one_in(3)) {
        kernel_.run_until(sim::ps_never);
    } else {
        kernel_.run_until(kernel_.now() + static_cast<sim::Ps>(choices_.below(200'000'000)));
    }
}

bool RandomPace::wait(const std::function<bool()>& done) {
    while (!done()) {
        if (kernel_.queue().empty()) {
            return false;
        }
        kernel_.run_until(kernel_.queue().next_time());
    }
    return true;
}

void Observer::command_posted(sim::Ps, sim::Ps, std::uint16_t, std::uint16_t sqid, std::uint16_t,
                              std::uint8_t opcode, std::uint16_t status) {
    succeeded[{sqid != 0, opcode}] += status == 0 ? 1 : 0;
}

void Observer::broke_suspension(sim::Ps, std::uint16_t) {
    FUZZ_CHECK(!"a suspended function fetched, wrote or interrupted");
}

sim::DeviceTiming Session::device_of(Choices& choices) {
    constexpr sim::Ps us = 1'000'000;
    sim::DeviceTiming device;
    device.vfs = Peers::functions - 1;
    nvme::Config& config = device.config;
    config.queue_pairs = choices.pick({4U, 1U, 3U, 64U});
    config.queue_size = choices.pick({256U, 1024U, 256U, 16U, 16U, 2U});
    config.contexts = choices.pick({64U, 1024U, 16U, 2U, 1U});
    config.blocks = 4096;
    config.capacity = choices.one_in(2) ? 0 : 8192 * 512;
    config.private_namespaces = choices.one_in(2);
    config.vf_namespaces = choices.pick({1U, 2U});
    config.track_allocation = choices.one_in(2);
    config.vendor_bytes = choices.pick({0U, 64U, 8192U});
    config.mdts = choices.pick({6U, 0U, 2U});
    config.cdq_merge = choices.one_in(2);
    config.mcdqpc = choices.pick({std::uint16_t{1}, std::uint16_t{700}});
    config.vfs_online = !choices.one_in(20);
    if (choices.one_in(10)) {
        config.flexible_vqs = device.vfs * (config.queue_pairs + 1);
        config.flexible_vis = config.flexible_vqs;
    }
    device.channels = choices.pick({1U, 4U});
    const auto time = [&] { return static_cast<sim::Ps>(choices.below(3)) * 20 * us; };
    device.link_latency = time();
    device.memory_latency = time();
    device.enable = time();
    device.function_reset = time();
    for (sim::Distribution* part :
         {&device.media_read, &device.media_write, &device.media_flush, &device.identify,
          &device.features, &device.create_queue, &device.suspend, &device.resume,
          &device.get_state, &device.set_state, &device.cdq, &device.track_send, &device.namespaces,
          &device.format}) {
        *part = sim::Distribution(sim::fixed(sim::Time{time()}));
    }
    return device;
}

Session::Session(Peers& peers, std::uint64_t seed, bool mutates)
    : peers_(peers),
      choices_(seed),
      mutates_(mutates),
      // SystemC keeps the name of a process for good.
      kernel_(((mutates ? "bytes" : "messages") + std::to_string(seed)).c_str()),
      device_("device", kernel_, device_of(choices_), rules(), seed),
      pace_(kernel_, choices_) {
    device_.use_store(store_);
    device_.set_observer(&peers_.observer);
    for (std::uint16_t function = 0; function < Peers::functions; ++function) {
        Client& client = clients_[function];
        client.dma = std::make_unique<vu::DmaMap>();
        device_.attach_dma(function, *client.dma);
        client.endpoint = std::make_unique<vu::Endpoint>(
            device_.port(function), *client.dma, pace_, std::uint16_t{65},
            [&client](const std::string& text) { client.reasons += text.empty() ? 0 : 1; });
    }
}

Session::~Session() {
    // All functions are reset, and nothing is under way any more.
    for (Client& client : clients_) {
        client.endpoint->disconnect();
    }
    kernel_.run_until(sim::ps_never);
    for (Guest& guest : peers_.guests) {
        FUZZ_CHECK(guest.check());
    }
}

std::uint64_t Session::run(std::uint64_t messages) {
    std::uint64_t count = 0;
    while (count < messages) {
        const auto function = static_cast<std::uint16_t>(choices_.below(Peers::functions));
        if (!clients_[function].endpoint->connected()) {
            connect(function);
        } else {
            act(function);
        }
        serve(function);
        count = 0;
        for (const Client& client : clients_) {
            count += client.endpoint->messages();
        }
    }
    return count;
}

/// All that has been sent is handled; whoever is dropped is told why, and whoever is not has all
/// answers.
void Session::serve(std::uint16_t function) {
    Client& client = clients_[function];
    const bool was = client.endpoint->connected();
    while (client.endpoint->serve(vu::Stream::Wait::No)) {
    }
    for (Client& other : clients_) {  // a device's step may reach any client
        while (other.endpoint->serve(vu::Stream::Wait::No)) {
        }
        if (other.endpoint->connected()) {
            FUZZ_CHECK(other.stream->settled());
        }
    }
    // The reason may have been told earlier, while another function was served.
    FUZZ_CHECK(!was || client.endpoint->connected() || client.reasons > client.reasons_before);
}

void Session::connect(std::uint16_t function) {
    Client& client = clients_[function];
    client.reasons_before = client.reasons;
    client.stream = std::make_unique<ClientStream>(choices_, peers_.guests[function].own());
    client.endpoint->connect(*client.stream);
    if (choices_.one_in(4)) client.stream->drip();
    if (mutates_) client.stream->be_unsure();
    if (choices_.one_in(30)) {
        return act(function);  // before VERSION
    }
    const char* const data =
        choices_.one_in(10)
            ? choices_.pick({"{", "[]", "", "{\"capabilities\":7}", "\xff\xfe",
                             "{\"capabilities\":{\"max_data_xfer_size\":-1}}",
                             "{\"capabilities\":{\"max_data_xfer_size\":0}}"})
            : choices_.pick({"{}", "{\"capabilities\":{\"max_data_xfer_size\":4096}}",
                             "{\"capabilities\":{\"pgsizes\":4096,\"max_msg_fds\":1}}"});
    Bytes payload = fields(std::uint16_t{choices_.one_in(50)}, std::uint16_t{1});
    for (const char* at = data; *at != 0; ++at) {
        payload.push_back(static_cast<std::uint8_t>(*at));
    }
    payload.push_back(0);
    send(function, Command::VERSION, payload);
    set_irqs(function);
    if (!choices_.one_in(8)) {
        start(function);
    }
}

/// As a driver does that knows nothing of what was before.
void Session::start(std::uint16_t function) {
    Guest& guest = peers_.guests[function];
    const auto settle = [&] {
        serve(function);
        kernel_.run_until(sim::ps_never);
        return clients_[function].endpoint->connected();
    };
    config(function, 4, {6, 4});  // Memory Space, Bus Master
    send(function, Command::DMA_UNMAP,
         fields(vu::dma_unmap_size, vu::unmap_all, std::uint64_t{0}, std::uint64_t{0}));
    map_all(function);
    write(function, {{nvme::property::CC, 0}});
    if (!settle()) return;
    write(function, guest.enable(choices_));
    if (!settle()) return;
    write(function, guest.create_queues());
}

void Session::act(std::uint16_t function) {
    Guest& guest = peers_.guests[function];
    const std::uint64_t what = choices_.below(100);
    if (what < 40) return write(function, guest.submit(choices_));
    if (what < 56) {
        return write(
            function,
            guest.reap(choices_, static_cast<std::uint16_t>(choices_.below(Guest::queues))));
    }
    if (what < 64) return touch_registers(function);
    if (what < 72) return map_anything(function);
    if (what < 73) return unmap(function);
    if (what < 77) return map_all(function);
    if (what < 81) return set_irqs(function);
    if (what < 84) return ask(function);
    if (what < 88) return write_multi(function);
    if (what < 92) return migrate(function);
    if (what < 94) return config(function, 4, {6, 4});
    if (what < 95) return start(function);
    switch (choices_.below(8)) {
        case 0: return send(function, Command::DEVICE_RESET, {});
        case 1: return config(function, 0x69, {0xa8});  // Initiate Function Level Reset
        case 2: return guest.file(Kind::Unsealed).shrink(choices_.below(20 * page));
        case 3: return clients_[function].endpoint->disconnect();  // a server does so at its end
        case 4: return anything(function);
        default: return write(function, guest.submit(choices_));
    }
}

/// One message, whole or nearly so.
void Session::send(std::uint16_t function, Command command, Bytes payload, std::vector<Fd> fds) {
    Client& client = clients_[function];
    const std::uint32_t no_reply = choices_.one_in(40) ? vu::flag_no_reply : 0;
    if (choices_.one_in(100)) {
        payload.resize(choices_.below(payload.size() + 16));
        client.stream->be_unsure();
    }
    if (choices_.one_in(60)) {
        fds.push_back(peers_.strange.any(choices_));
        client.stream->be_unsure();
    }
    Bytes bytes = message(command, client.id++, payload, no_reply);
    if (mutates_ && choices_.one_in(4)) {
        for (std::uint64_t left = 1 + choices_.below(3); left > 0; --left) {
            const auto byte = static_cast<std::uint8_t>(choices_.number());
            const std::uint64_t at = choices_.below(bytes.size() + 8);
            switch (choices_.below(12)) {
                case 0: bytes.resize(at); break;
                case 1:
                    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(
                                                     std::min<std::uint64_t>(at, bytes.size())),
                                 byte);
                    break;
                default:
                    if (at < bytes.size()) bytes[at] = byte;
            }
        }
    }
    client.stream->send(std::move(bytes), std::move(fds));
}

void Session::access(std::uint16_t function, Command command, std::uint32_t region,
                     std::uint64_t offset, const Bytes& data) {
    Bytes payload = fields(offset, region, static_cast<std::uint32_t>(data.size()));
    if (command == Command::REGION_WRITE) {
        payload.insert(payload.end(), data.begin(), data.end());
    }
    send(function, command, payload);
}

void Session::config(std::uint16_t function, std::uint32_t offset, const Bytes& data) {
    access(function, Command::REGION_WRITE, vu::config_region, offset, data);
}

void Session::write(std::uint16_t function, const Guest::Writes& writes) {
    for (const auto& [offset, value] : writes) {
        access(function, Command::REGION_WRITE, vu::bar0_region, offset, fields(value));
    }
}

void Session::map(std::uint16_t function, Kind kind, std::uint64_t address, std::uint64_t first,
                  std::uint64_t pages, std::uint32_t flags) {
    SharedFile& file = peers_.guests[function].file(kind);
    const std::uint64_t offset = file.begin() + first * page;
    if (mutates_) {
        file.may_write(0, file.whole());  // nobody knows what the message will say
    } else if ((flags & vu::map_writeable) != 0) {
        file.may_write(offset, pages * page);
    }
    std::vector<Fd> fds;
    fds.emplace_back(::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0));
    send(function, Command::DMA_MAP, fields(vu::dma_map_size, flags, offset, address, pages * page),
         std::move(fds));
}

/// What a client has: in one piece, or in many.
void Session::map_all(std::uint16_t function) {
    const std::uint64_t piece = choices_.pick<std::uint64_t>({64, 64, 64, 16, 7});
    for (std::uint64_t at = 0; at < Guest::main_pages; at += piece) {
        map(function, Kind::Sealed, Guest::main_at + at * page, at,
            std::min(piece, Guest::main_pages - at), both);
    }
    map(function, Kind::Unsealed, Guest::unsealed_at, 0, Guest::other_pages, both);
    map(function, Kind::Constant, Guest::constant_at, 0, Guest::other_pages, vu::map_readable);
    send(function, Command::DMA_MAP,
         fields(vu::dma_map_size, choices_.one_in(8) ? vu::map_readable : both, std::uint64_t{0},
                Guest::own_at, Guest::other_pages * page));
}

}  // namespace lmsim::fuzz
