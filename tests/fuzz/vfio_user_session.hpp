#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/bridge/block_store.hpp"
#include "sim/bridge/paces.hpp"
#include "sim/bridge/vfio_user/endpoint.hpp"
#include "sim/device/nvme_device.hpp"
#include "tests/fuzz/vfio_user_guest.hpp"

namespace lmsim::fuzz {

/// Time goes on by as much as comes to its mind: commands are under way while messages come.
class RandomPace : public sim::Pace {
  public:
    RandomPace(sim::Kernel& kernel, Choices& choices) : kernel_(kernel), choices_(choices) {}
    void go_on() override;
    bool wait(const std::function<bool()>& done) override;
    std::int64_t idle_ns() override { return -1; }

  private:
    sim::Kernel& kernel_;
    Choices& choices_;
};

/// What a device may not do, and what it did: a fuzzer that is always refused finds nothing.
struct Observer : sim::DeviceObserver {
    std::map<std::pair<bool, std::uint8_t>, std::uint64_t> succeeded;  // I/O or admin, opcode

    void state_entered(sim::Ps, std::uint16_t, std::uint32_t) override {}
    void command_posted(sim::Ps, sim::Ps, std::uint16_t, std::uint16_t sqid, std::uint16_t,
                        std::uint8_t opcode, std::uint16_t status) override;
    void broke_suspension(sim::Ps, std::uint16_t) override;
    void interrupt_lost(sim::Ps, std::uint16_t) override {}
};

/// What outlives a session: to make it takes longer than to use it.
struct Peers {
    static constexpr std::uint16_t functions = 3;
    Guest guests[functions];
    StrangeFds strange;
    Observer observer;
};

/// A device whose functions are served to hostile clients, from the beginning of the one to the end
/// of the other.
class Session {
  public:
    /// `mutates`: bytes of messages are changed on their way.
    Session(Peers& peers, std::uint64_t seed, bool mutates);
    ~Session();

    /// At least so many messages; how many there were.
    std::uint64_t run(std::uint64_t messages);

  private:
    using Command = sim::vfio_user::Command;
    struct Client {
        std::unique_ptr<sim::vfio_user::DmaMap> dma;
        std::unique_ptr<ClientStream> stream;
        std::unique_ptr<sim::vfio_user::Endpoint> endpoint;
        std::uint64_t reasons = 0;         // that the server has told why it dropped a client
        std::uint64_t reasons_before = 0;  // when this one came
        std::uint16_t id = 0;
    };

    sim::DeviceTiming device_of(Choices& choices);
    void connect(std::uint16_t function);
    void start(std::uint16_t function);
    void act(std::uint16_t function);
    void serve(std::uint16_t function);

    void send(std::uint16_t function, Command command, Bytes payload,
              std::vector<sim::Fd> fds = {});
    void write(std::uint16_t function, const Guest::Writes& writes);
    void access(std::uint16_t function, Command command, std::uint32_t region, std::uint64_t offset,
                const Bytes& data);
    void config(std::uint16_t function, std::uint32_t offset, const Bytes& data);
    void map_all(std::uint16_t function);
    void map(std::uint16_t function, SharedFile::Kind kind, std::uint64_t address,
             std::uint64_t first, std::uint64_t pages, std::uint32_t flags);
    void map_anything(std::uint16_t function);
    void unmap(std::uint16_t function);
    void set_irqs(std::uint16_t function);
    void ask(std::uint16_t function);
    void touch_registers(std::uint16_t function);
    void write_multi(std::uint16_t function);
    void migrate(std::uint16_t function);
    void anything(std::uint16_t function);

    Peers& peers_;
    Choices choices_;
    bool mutates_;
    sim::BlockStore store_;
    sim::Kernel kernel_;
    sim::NvmeDevice device_;
    RandomPace pace_;
    Client clients_[Peers::functions];
};

}  // namespace lmsim::fuzz
