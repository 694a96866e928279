#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/nvme/registers.hpp"
#include "model/nvme/step.hpp"
#include "model/pack.hpp"
#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::nvme;

namespace {

using Proof = Subsystem<ProofBounds>;

Config one_pair() {
    Config config;
    config.queue_pairs = 1;
    return config;
}

/// Answers a device at once; its admin queue always holds the same command.
class OneCommand : public Env {
  public:
    explicit OneCommand(const wire::Sqe& sqe) { wire::encode(sqe, sqe_.data()); }
    const std::uint8_t* sqe() const { return sqe_.data(); }

    std::uint8_t* data(std::uint16_t, std::uint32_t, std::uint32_t) override {
        return page_.data();
    }
    std::uint8_t* staging(std::uint16_t, std::uint64_t) override { return page_.data(); }
    std::uint8_t* vendor(std::uint16_t) override { return page_.data(); }
    bool reaches(std::uint16_t, std::uint64_t, std::uint64_t) override { return true; }
    std::uint64_t* cdq_pages(std::uint16_t, std::uint32_t) override { return cdq_pages_.data(); }
    LbaMap& allocated(std::uint32_t) override { return allocated_; }
    TrackedMemory& tracked(std::uint16_t) override { return tracked_; }

  private:
    std::array<std::uint8_t, wire::Sqe::size> sqe_{};
    std::array<std::uint8_t, 4096> page_{};
    std::array<std::uint64_t, 16> cdq_pages_{};
    LbaMap allocated_;
    TrackedMemory tracked_;
};

Event write(std::uint16_t function, std::uint64_t address, std::uint64_t value) {
    Event event;
    event.kind = Event::Kind::Register;
    event.function = function;
    event.address = address;
    event.value = value;
    return event;
}

/// All events of a controller's life: enabled, `commands` commands fetched, reset.
std::vector<Event> life(std::uint16_t function, std::uint32_t commands) {
    Event doorbell;
    doorbell.kind = Event::Kind::SqDoorbell;
    doorbell.function = function;
    doorbell.value = commands;
    Event reset;
    reset.kind = Event::Kind::LevelReset;
    reset.function = function;
    return {write(function, property::AQA, 0x0003'0003),
            write(function, property::ASQ, 0x1000),
            write(function, property::ACQ, 0x2000),
            write(function, property::CC, 0x0046'0001),
            doorbell,
            reset};
}

/// Gives each event, then the answers to all that it asks for. `after` sees every state between.
template <class After>
void run(Proof& device, OneCommand& env, const std::vector<Event>& events, After&& after) {
    const Config config = one_pair();
    const spec::Rules rules;
    std::vector<Event> left = events;
    while (!left.empty()) {
        Event event = left.front();
        left.erase(left.begin());
        Effects effects;
        step(device, event, config, rules, env, effects);
        after(device);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::ReadMemory || effect.kind == EffectKind::Execute) {
                Event done;
                done.function = effect.function;
                done.ticket = effect.ticket;
                done.bytes = env.sqe();
                left.insert(left.begin(), done);
            }
        }
    }
}

wire::Sqe aer() {
    wire::Sqe sqe;
    sqe.opcode = spec::opcode::AdminAer;
    return sqe;
}

}  // namespace

TEST_CASE("no field is forgotten: what is not packed is padding", "[nvme][pack]") {
    constexpr std::size_t after_users = 1;
    constexpr std::size_t at_end = 4;
    CHECK(packed_size(Sq{}) == sizeof(Sq));
    CHECK(packed_size(Cq{}) == sizeof(Cq) - after_users - at_end);
    CHECK(packed_size(Slot{}) == sizeof(Slot));

    using One = Controller<ProofBounds>;
    constexpr std::size_t queues = ProofBounds::queues;
    constexpr std::size_t before_cc = 3;
    constexpr std::size_t before_ready = 0;
    constexpr std::size_t before_received = 6;
    constexpr std::size_t before_attached = 2;
    constexpr std::size_t before_ranges = 4;
    constexpr std::size_t after_granules = 4;
    constexpr std::size_t tracking = before_ranges + ProofBounds::ranges * after_granules;
    constexpr std::size_t padding = before_cc + before_ready + before_received + before_attached +
                                    tracking + queues * (after_users + at_end);
    CHECK(max_packed_size<One>() == sizeof(One) - padding);
}

TEST_CASE("a device packs and unpacks at every step", "[nvme][pack]") {
    for (const wire::Sqe& sqe : {aer(), wire::Sqe{}}) {
        OneCommand env(sqe);
        Proof device;
        initialize(device, one_pair(), 2);
        std::size_t states = 0;
        run(device, env, life(1, 2), [&](Proof& at) {
            const Packed<Proof> packed(at);
            Proof back;
            REQUIRE(unpack(packed.bytes.data(), packed.size, back) == packed.size);
            REQUIRE(packed_equal(at, back));
            at = back;  // the run goes on with what was packed
            ++states;
        });
        CHECK(states >= 9);
    }
}

TEST_CASE("a state is as large as its functions in use", "[nvme][pack]") {
    CHECK(max_packed_size<Controller<ProofBounds>>() <= 448);
    Proof device;
    initialize(device, one_pair(), 1);
    const std::size_t one = packed_size(device);
    initialize(device, one_pair(), 2);
    CHECK(packed_size(device) - one == packed_size(device.controller[2]));

    auto large = std::make_unique<Subsystem<SimBounds>>();
    initialize(*large, {}, 256);
    CHECK(packed_size(*large) <= sizeof(*large));
}
