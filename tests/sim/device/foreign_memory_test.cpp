#include <memory>
#include <optional>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/nvm.hpp"
#include "model/wire/track.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/conform/model_target.hpp"
#include "tests/catch.hpp"

// A guest may give any address: the device in time answers, or loses what it wrote, and goes on.

using namespace lmsim;
using namespace lmsim::sim;

namespace {

constexpr Ps second = 1'000'000'000'000;

/// A function of the device and its driver, with a pair of I/O queues.
class Host : private PortClient {
  public:
    Host(conform::Target& target, std::uint16_t function)
        : target_(target), commands_(target.port(function), 16, 1, 16) {
        target.port(function).set_client(this);
        buffer = target.port(function).allocate(4 * page_size);
    }
    std::uint64_t buffer = 0;

    void enable() {
        commands_.enable();
        int reads = 0;
        while ((csts() & 1) == 0) {
            REQUIRE(++reads < 1000);
        }
    }
    std::uint64_t csts() {
        value_.reset();
        commands_.port().read(reg::CSTS, 4, 0);
        target_.wait([&] { return value_.has_value(); }, second);
        return value_.value_or(0);
    }
    CommandPort& commands() { return commands_; }

    /// Its status; nothing if no completion comes.
    std::optional<std::uint16_t> run(std::uint16_t queue, wire::Sqe sqe) {
        commands_.submit(queue, sqe, 0);
        std::optional<std::uint16_t> status;
        const auto done = [&] {
            commands_.reap(
                queue, [&](std::uint64_t, const wire::Cqe& cqe) { status = cqe.status; },
                [](const wire::Cqe&) {});
            return status.has_value();
        };
        target_.wait(done, second);
        return status;
    }
    std::uint16_t create_pair(std::uint64_t sq, std::uint64_t cq) {
        const spec::Rules rules;
        wire::CreateCq create_cq;
        create_cq.qid = 1;
        create_cq.qsize = 15;
        create_cq.prp1 = cq;
        wire::CreateSq create_sq;
        create_sq.qid = 1;
        create_sq.qsize = 15;
        create_sq.cqid = 1;
        create_sq.prp1 = sq;
        const auto first = run(0, wire::encode(create_cq, rules));
        return first == 0 ? run(0, wire::encode(create_sq, rules)).value_or(0xffff) : *first;
    }
    std::uint16_t create_pair() {
        const QueuePair& pair = commands_.queue(1);
        return create_pair(pair.sq_base(), pair.cq_base());
    }

  private:
    void interrupt(std::uint32_t) override {}
    void read_done(std::uint64_t, std::uint64_t value) override { value_ = value; }

    conform::Target& target_;
    CommandPort commands_;
    std::optional<std::uint64_t> value_;
};

struct Rig {
    std::unique_ptr<conform::Target> target = conform::make_model_target(spec::Rules());
    std::uint64_t nowhere = target->no_memory();
    Host mc{*target, 1};

    Rig() { mc.enable(); }
    wire::Sqe identify(std::uint64_t prp1) {
        wire::Identify command;
        command.cns = 1;
        wire::Sqe sqe = wire::encode(command, spec::Rules());
        sqe.prp1 = prp1;
        return sqe;
    }
    wire::Sqe io(std::uint8_t opcode, std::uint32_t pages, std::uint64_t prp1,
                 std::uint64_t prp2 = 0) {
        const auto blocks = static_cast<std::uint16_t>(pages * 8 - 1);
        wire::Sqe sqe = wire::encode_nvm(opcode, 1, {0, blocks, false});
        sqe.prp1 = prp1;
        sqe.prp2 = prp2;
        return sqe;
    }
};

}  // namespace

TEST_CASE("data and lists where there is no memory", "[foreign]") {
    Rig rig;
    REQUIRE(rig.mc.create_pair() == 0);
    CHECK(rig.mc.run(0, rig.identify(rig.nowhere)) == 0x004);
    for (const std::uint8_t opcode : {spec::opcode::NvmRead, spec::opcode::NvmWrite}) {
        for (const std::uint64_t address : {rig.nowhere, ~std::uint64_t{4095}}) {
            CHECK(rig.mc.run(1, rig.io(opcode, 1, address)) == 0x004);
            CHECK(rig.mc.run(1, rig.io(opcode, 2, rig.mc.buffer, address)) == 0x004);
            CHECK(rig.mc.run(1, rig.io(opcode, 3, rig.mc.buffer, address)) == 0x004);
        }
        CHECK(rig.mc.run(1, rig.io(opcode, 1, rig.mc.buffer)) == 0);
    }
    CHECK(rig.mc.run(0, rig.identify(rig.mc.buffer)) == 0);
}

TEST_CASE("memory whose content is only a version takes data and gives zeros", "[foreign]") {
    Rig rig;
    Host mmc(*rig.target, 0);
    mmc.enable();
    const std::uint64_t page = rig.target->port(1).memory().allocate_pages(2);
    CHECK(rig.mc.run(0, rig.identify(page)) == 0);
    wire::Sqe track = wire::encode(wire::TrackMemory{true, 1}, spec::Rules());
    track.prp1 = page;
    CHECK(mmc.run(0, track) == 0x002);  // RNMRTD = 0
}

TEST_CASE("a completion queue where there is no memory", "[foreign]") {
    Rig rig;
    REQUIRE(rig.mc.create_pair(rig.mc.commands().queue(1).sq_base(), rig.nowhere) == 0);
    CHECK_FALSE(rig.mc.run(1, rig.io(spec::opcode::NvmRead, 1, rig.mc.buffer)).has_value());
    CHECK(rig.mc.run(0, rig.identify(rig.mc.buffer)) == 0);
    CHECK(rig.mc.csts() == 1);
}

TEST_CASE("a submission queue where there is no memory", "[foreign]") {
    Rig rig;
    REQUIRE(rig.mc.create_pair(rig.nowhere, rig.mc.commands().queue(1).cq_base()) == 0);
    CHECK_FALSE(rig.mc.run(1, rig.io(spec::opcode::NvmRead, 1, rig.mc.buffer)).has_value());
    CHECK(rig.mc.csts() == 3);  // RDY and CFS
    CHECK_FALSE(rig.mc.run(0, rig.identify(rig.mc.buffer)).has_value());
}
