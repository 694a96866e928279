#include "sim/bridge/vfio_user/relay.hpp"

#include <algorithm>
#include <cerrno>

#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio_user/client_fake_server.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using namespace lmsim::sim::vfio_user;
using lmsim::tests::dwords;
using lmsim::tests::FakeReply;
using lmsim::tests::FakeServer;
using lmsim::tests::quads;
using lmsim::tests::operator+;
using Bytes = std::vector<std::uint8_t>;

namespace {

/// A relay between two ends that the test has in its hands.
struct Rig {
    FakeServer* vmm = nullptr;  // its commands are the VMM's
    FakeServer* server = nullptr;
    Relay relay;

    Rig() {
        auto one = std::make_unique<FakeServer>();
        auto other = std::make_unique<FakeServer>();
        vmm = one.get();
        server = other.get();
        relay.begin(std::move(one), std::move(other));
    }
    void send(Command command, const Bytes& payload, std::uint32_t flags = 0) {
        Header header;
        header.id = 7;
        header.command = command;
        header.flags = flags;
        vmm->send(header, payload);
        while (relay.pass()) {
        }
    }
    /// The commands that a second server gets, and what the move says.
    std::vector<Command> move(std::string& error) {
        std::vector<Command> seen;
        auto other = std::make_unique<FakeServer>();
        other->sees = [&seen](const Header& header, const Bytes&) {
            seen.push_back(header.command);
        };
        const auto moved = relay.move(std::move(other));
        error = moved ? std::string() : moved.error();
        return seen;
    }
};

Bytes map_at(std::uint64_t address, std::uint32_t flags) {
    return dwords({dma_map_size, flags}) + quads({0, address, 0x1000});
}

bool has(const std::vector<Command>& all, Command one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

TEST_CASE("a relay tells the next server what the one before has done", "[vfio-user][relay]") {
    Rig rig;
    rig.send(Command::VERSION, {0, 0, 1, 0});
    const bool refused = GENERATE(false, true);
    rig.server->answers[Command::DMA_MAP] = [&](const Bytes&) {
        return FakeReply{refused ? static_cast<std::uint32_t>(EINVAL) : 0U, {}};
    };
    const std::size_t before = rig.vmm->replies.size();
    rig.send(Command::DMA_MAP, map_at(0xfffc0000, map_readable), flag_no_reply);
    CHECK(rig.server->log.back() == Command::DMA_MAP);
    CHECK(rig.vmm->replies.size() == before);  // nobody asked for one
    std::string error;
    CHECK(has(rig.move(error), Command::DMA_MAP) != refused);
}

TEST_CASE("a relay does not move what has its memory by messages", "[vfio-user][relay]") {
    Rig rig;
    rig.send(Command::VERSION, {0, 0, 1, 0});
    rig.send(Command::DMA_MAP, map_at(0, map_readable | map_writeable));
    std::string error;
    CHECK(rig.move(error).empty());
    CHECK(error.find("shares its memory at 0h without a descriptor") != std::string::npos);
    rig.send(Command::DMA_UNMAP, dwords({dma_unmap_size, 0}) + quads({0, 0x1000}));
    CHECK_FALSE(rig.move(error).empty());
}

TEST_CASE("a relay bears numbers that no device has", "[vfio-user][relay]") {
    Rig rig;
    const auto yes = [](const Bytes&) { return FakeReply{}; };
    rig.server->answers[Command::DEVICE_SET_IRQS] = yes;
    rig.server->answers[Command::DMA_UNMAP] = yes;
    for (const std::uint32_t huge : {65536U, UINT32_MAX}) {
        for (const std::uint32_t data : {irq_data_none, irq_data_eventfd}) {
            rig.send(Command::DEVICE_SET_IRQS, dwords({irq_set_size, data, huge, 0, 0}));
            rig.send(Command::DEVICE_SET_IRQS, dwords({irq_set_size, data, msix_irq, huge, huge}));
        }
    }
    rig.send(Command::DMA_MAP, map_at(0x2000, map_readable));
    rig.send(Command::DMA_UNMAP, dwords({dma_unmap_size, 0}) + quads({0x2000, UINT64_MAX}));
    CHECK(rig.relay.ended().empty());
}
