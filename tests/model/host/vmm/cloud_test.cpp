#include "model/host/vmm/cloud.hpp"

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "model/host/vmm/cloud_decisions.hpp"
#include "model/pack.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::int64_t ms = 1'000'000;  // ns

struct CloudDevice {
    MigState state = MigState::RUNNING;
    std::uint64_t blob = 0;
    std::uint64_t left = 0;
    std::uint64_t written = 0;
    bool released = false;
};

struct Asked {
    bool source;
    Call call;
    std::uint16_t device;
    std::uint64_t token2;
    std::uint64_t length;
    std::uint64_t address;
};

/// Both sides in a world of plain numbers.
class CloudWorld {
  public:
    explicit CloudWorld(std::uint16_t devices) {
        config.engine = Engine::CloudHypervisor;
        config.devices = devices;
        config.return_path = true;
        cloud_order(0, config.order, devices);
        for (std::uint16_t i = 0; i < devices; ++i) {
            config.features[i] = vfio::STOP_COPY_FLAG;
            src[i].blob = 3 * mib + i;
        }
    }

    Config config;
    spec::Rules rules;
    CloudSourceState<4> source;
    CloudTargetState<4> target;
    CloudDevice src[4];
    CloudDevice dst[4];
    std::uint64_t dirty = 5000;    // pages
    std::uint64_t fresh_each = 3;  // found by each synchronization after the first
    std::uint64_t again = 2;       // of what the last one finds, pages that were dirty
    std::uint64_t pages_per_ms = 100;
    std::int64_t now_ns = 0;
    int fail_call = -1;
    int cancel_at_call = -1;
    bool lose_last_answer = false;
    bool vcpus = true;
    bool target_vcpus = false;
    std::vector<Asked> calls;
    std::vector<Effect> reports;

    void run() {
        give(true, occurrence(EventKind::Start, 0));
        give(false, occurrence(EventKind::Start, 0));
        for (int i = 0; i < 100000 && serve(); ++i) {
        }
    }

    std::uint64_t report(Report what) const {
        for (const Effect& one : reports) {
            if (static_cast<Report>(one.token) == what) {
                return one.token2;
            }
        }
        return ~std::uint64_t{0};
    }
    int count(Call call, bool of_source) const {
        int sum = 0;
        for (const Asked& one : calls) {
            sum += one.call == call && one.source == of_source ? 1 : 0;
        }
        return sum;
    }
    std::string sets(bool of_source) const {
        static constexpr const char* names[] = {"ERROR",    "STOP",        "RUNNING",  "STOP_COPY",
                                                "RESUMING", "RUNNING_P2P", "PRE_COPY", "P2P"};
        std::string text;
        for (const Asked& one : calls) {
            if (one.call == Call::SetDeviceState && one.source == of_source) {
                text += std::to_string(one.device) + ">" + names[one.token2] + " ";
            }
        }
        return text;
    }
    std::string log() const {
        std::string text;
        for (const Asked& one : calls) {
            text += std::string(to_string(one.call)) + std::to_string(one.device) + ":" +
                    std::to_string(one.token2) + "," + std::to_string(one.address) + " ";
        }
        return text + std::to_string(static_cast<int>(source.control.flow.outcome)) +
               std::to_string(target.control.state) + std::to_string(source.control.back);
    }
    Outcome outcome() const { return source.control.flow.outcome; }

  private:
    struct Pending {
        bool there = false;
        Effect effect;
        bool broken = false;
    };
    struct Sent {
        Message message;
        std::uint64_t length;
        std::int32_t error;
    };

    void give(bool to_source, Event event) {
        event.now_ms = now_ns / ms;
        event.now_ns = now_ns;
        Effects effects;
        if (to_source) {
            step(source, event, config, rules, effects);
        } else {
            step(target, event, config, rules, effects);
        }
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Report) {
                reports.push_back(effect);
            } else if (effect.kind == EffectKind::Call) {
                Pending& pending = to_source ? source_ : target_;
                REQUIRE_FALSE(pending.there);
                const int number = static_cast<int>(calls.size());
                pending = {true, effect, number == fail_call};
                calls.push_back({to_source, static_cast<Call>(effect.token), effect.function,
                                 effect.token2, effect.length, effect.address});
                cancel_ = cancel_ || number == cancel_at_call;
            }
        }
    }

    bool serve() {
        if (cancel_) {
            cancel_ = false;
            give(true, occurrence(EventKind::Cancel, 0));
        }
        if (target_.there) {
            const Pending asked = target_;
            target_.there = false;
            give(false, on_target(asked));
            return true;
        }
        if (ready_for_message(target.control) && !wire_.empty()) {
            Event event = occurrence(EventKind::Message, 0);
            event.message = wire_.front().message;
            event.length = wire_.front().length;
            wire_.pop_front();
            give(false, event);
            return true;
        }
        if (closed_ && !told_) {
            told_ = true;
            give(false, occurrence(EventKind::ChannelClosed, 0));
            return true;
        }
        if (!back_.empty()) {
            Event event = occurrence(EventKind::ReturnPath, 0);
            event.message = back_.front().message;
            event.error = back_.front().error;
            back_.pop_front();
            give(true, event);
            return true;
        }
        if (!source_.there) {
            return false;
        }
        const Pending asked = source_;
        source_.there = false;
        give(true, on_source(asked));
        return true;
    }

    Event done(const Pending& asked, std::int64_t ns, std::uint64_t value0 = 0,
               std::uint64_t value1 = 0) {
        now_ns += ns;
        return answer(asked.effect.ticket, 0, 0, value0, value1);
    }

    Event on_source(const Pending& asked) {
        const Effect& effect = asked.effect;
        CloudDevice& device = src[effect.function & 3];
        if (asked.broken) {
            vcpus = vcpus && static_cast<Call>(effect.token) != Call::PauseVcpus;
            return answer(effect.ticket, 0, 5);
        }
        switch (static_cast<Call>(effect.token)) {
            case Call::SetDeviceState:
                device.state = static_cast<MigState>(effect.token2);
                device.left = device.state == MigState::STOP_COPY ? device.blob : 0;
                return done(asked, ms);
            case Call::ResetDevice: device.state = MigState::RUNNING; return done(asked, ms);
            case Call::PauseVcpus: vcpus = false; return done(asked, ms);
            case Call::ResumeVcpus: vcpus = true; return done(asked, ms);
            case Call::RamSyncBitmap: {
                const bool first = !synced_;
                synced_ = true;
                dirty += first ? 0 : fresh_each;
                Event event = done(asked, ms, dirty, first ? dirty : fresh_each);
                event.length = effect.token2 != 0 ? again : 0;
                return event;
            }
            case Call::RamSendSlice: {
                const std::uint64_t bytes = dirty * 4096 + effect.address;
                const auto ns = static_cast<std::int64_t>(dirty * 1'000'000 / pages_per_ms);
                dirty = 0;
                wire_.push_back({Message::Ram, bytes, 0});
                return done(asked, ns, bytes);
            }
            case Call::ReadDeviceBlock: {
                const std::uint64_t bytes =
                    device.left < effect.length ? device.left : effect.length;
                device.left -= bytes;
                return done(asked, ms, bytes);
            }
            case Call::SendState: wire_.push_back({Message::State, effect.length, 0}); break;
            case Call::SendMessage:
                wire_.push_back({static_cast<Message>(effect.token2), 0, 0});
                break;
            case Call::CloseChannel: closed_ = true; break;
            default: break;
        }
        return done(asked, ms);
    }

    Event on_target(const Pending& asked) {
        const Effect& effect = asked.effect;
        CloudDevice& device = dst[effect.function & 3];
        if (asked.broken) {
            if (static_cast<Call>(effect.token) == Call::SendMessage) {
                back_.push_back({Message::Shut, 0, 5});  // the connection broke
                closed_ = true;
            }
            return answer(effect.ticket, 0, 5);
        }
        switch (static_cast<Call>(effect.token)) {
            case Call::SetDeviceState: device.state = static_cast<MigState>(effect.token2); break;
            case Call::ResetDevice: device.state = MigState::RUNNING; break;
            case Call::ReleaseDevice: device.released = true; break;
            case Call::WriteDeviceBlock: {
                const std::uint64_t blob = src[effect.function & 3].blob;
                const std::uint64_t left = blob - device.written;
                device.written += left < mib ? left : mib;
                return done(asked, ms, 0, blob - device.written);
            }
            case Call::ResumeVcpus: target_vcpus = true; break;
            case Call::SendMessage: {
                const bool lost = lose_last_answer && target_vcpus;
                back_.push_back({static_cast<Message>(effect.token2), 0,
                                 lost ? 5 : static_cast<std::int32_t>(effect.token3)});
                break;
            }
            default: break;
        }
        return done(asked, ms);
    }

    Pending source_;
    Pending target_;
    std::deque<Sent> wire_;
    std::deque<Sent> back_;
    bool synced_ = false;
    bool closed_ = false;
    bool told_ = false;
    bool cancel_ = false;
};

}  // namespace

TEST_CASE("memory alone, at the rate of the last round, has to fit", "[vmm][cloud]") {
    // 60 MiB, the last round 120 MiB in 0.5 s: 250 ms, whatever the devices have.
    const CloudEstimate fits = cloud_estimate(60 * mib, 120 * mib, 500 * ms);
    CHECK(fits.known);
    CHECK(fits.ns == 250 * ms);
    CHECK(cloud_decides(fits, 300 * ms, 0, 3600'000, false) == CloudVerdict::Pause);
    // The last round 1 MiB in 20 ms, bound by the round trip; 16 MiB now: 320 ms.
    const CloudEstimate slow = cloud_estimate(16 * mib, mib, 20 * ms);
    CHECK(slow.ns == 320 * ms);
    CHECK(cloud_decides(slow, 300 * ms, 0, 3600'000, false) == CloudVerdict::Iterate);
    CHECK(cloud_decides(slow, 320 * ms, 0, 3600'000, false) == CloudVerdict::Pause);
    CHECK(cloud_decides(slow, 320 * ms - 1, 0, 3600'000, false) == CloudVerdict::Iterate);
}

TEST_CASE("before the first round nothing is known, and nothing dirty is ready", "[vmm][cloud]") {
    CHECK_FALSE(cloud_estimate(mib, 0, 0).known);
    CHECK_FALSE(cloud_estimate(mib, mib, 0).known);
    CHECK(cloud_estimate(0, 0, 0).ns == 0);
    CHECK(cloud_decides(cloud_estimate(mib, 0, 0), 300 * ms, 0, 1, false) == CloudVerdict::Iterate);
}

TEST_CASE("an hour of rounds is cancelled, or what is left ignored", "[vmm][cloud]") {
    const CloudEstimate never = cloud_estimate(1000 * mib, mib, 20 * ms);
    CHECK(cloud_decides(never, 300 * ms, 3599'999, 3600'000, false) == CloudVerdict::Iterate);
    CHECK(cloud_decides(never, 300 * ms, 3600'000, 3600'000, false) == CloudVerdict::Cancel);
    CHECK(cloud_decides(never, 300 * ms, 3600'000, 3600'000, true) == CloudVerdict::Pause);
}

TEST_CASE("400 MiB of device state are 533 MiB of base64", "[vmm][cloud]") {
    CHECK(base64_bytes(400 * mib) == 559240536);
    CHECK(base64_bytes(0) == 0);
    CHECK(base64_bytes(1) == 4);
}

TEST_CASE("orders of devices are permutations, one a seed", "[vmm][cloud]") {
    std::set<std::string> seen;
    for (std::uint32_t seed = 0; seed < 50; ++seed) {
        std::uint16_t order[4];
        cloud_order(seed, order, 4);
        CHECK(std::set<int>(order, order + 4) == std::set<int>{0, 1, 2, 3});
        seen.insert(std::to_string(order[0]) + std::to_string(order[1]) + std::to_string(order[2]) +
                    std::to_string(order[3]));
    }
    CHECK(seen.size() > 12);
    CHECK(seen.count("0123") == 1);
}

TEST_CASE("devices stop, are read and go back to STOP before the VM moves", "[vmm][cloud]") {
    CloudWorld world(2);
    world.run();
    REQUIRE(world.outcome() == Outcome::Completed);
    CHECK(world.sets(true) == "0>STOP 1>STOP 0>STOP_COPY 0>STOP 1>STOP_COPY 1>STOP ");
    CHECK(world.sets(false) == "0>RESUMING 1>RESUMING 0>RUNNING 1>RUNNING ");
    CHECK(world.target_vcpus);
    CHECK_FALSE(world.vcpus);
    CHECK(world.dst[0].written == world.src[0].blob);
    for (const Asked& one : world.calls) {
        if (one.call == Call::SendState) {
            CHECK(one.length == base64_bytes(6 * mib + 1));
        }
    }
    CHECK(vm_runs(world.target.control));
    CHECK_FALSE(vm_runs(world.source.control));
}

TEST_CASE("the order of devices is the hash map's, on both sides", "[vmm][cloud]") {
    CloudWorld world(2);
    world.config.order[0] = 1;
    world.config.order[1] = 0;
    world.run();
    CHECK(world.sets(true) == "1>STOP 0>STOP 1>STOP_COPY 1>STOP 0>STOP_COPY 0>STOP ");
    CHECK(world.sets(false) == "1>RESUMING 0>RESUMING 1>RUNNING 0>RUNNING ");
}

TEST_CASE("a page of both last tables is sent twice, and memory goes three times in the blackout",
          "[vmm][cloud]") {
    CloudWorld world(1);
    world.run();
    std::vector<std::uint64_t> extra;
    for (const Asked& one : world.calls) {
        if (one.call == Call::RamSendSlice) {
            extra.push_back(one.address);
        }
    }
    // One round, and in the blackout the last table and what the snapshot dirtied.
    REQUIRE(extra.size() == 3);
    CHECK(extra[1] == 2 * 4096);
    CHECK(extra[2] == 0);
    CHECK(world.count(Call::RamSyncBitmap, true) == 4);
    CloudWorld once(1);
    once.rules.set_on(spec::Id::CloudSendsTwice, false);
    once.run();
    CHECK(once.log() != world.log());
}

TEST_CASE("a guest that never fits: cancelled at the timeout and runs on", "[vmm][cloud]") {
    CloudWorld world(1);
    world.fresh_each = 100000;
    world.config.timeout_ms = 60'000;
    CloudWorld ignores = world;
    world.run();
    CHECK(world.outcome() == Outcome::Failed);
    CHECK(world.vcpus);
    CHECK(world.count(Call::PauseVcpus, true) == 0);
    CHECK(world.report(Report::FirstError) == 110);
    ignores.config.ignore_timeout = true;
    ignores.run();
    CHECK(ignores.outcome() == Outcome::Completed);
    CHECK(ignores.report(Report::SrcDowntimeEnd) > 1000);
}

TEST_CASE("a failure at any call: the VM runs on one side, but for the known holes",
          "[vmm][cloud]") {
    CloudWorld good(2);
    good.run();
    REQUIRE(good.outcome() == Outcome::Completed);
    int strands = 0;
    int hangs = 0;
    for (int i = 0; i < static_cast<int>(good.calls.size()); ++i) {
        CloudWorld world(2);
        world.fail_call = i;
        world.run();
        const Asked& broken = good.calls[static_cast<std::size_t>(i)];
        INFO("call " << i << " " << to_string(broken.call) << " " << broken.token2
                     << (broken.source ? " src" : " dst"));
        REQUIRE(world.source.control.flow.finished);
        const bool stops = broken.source && (broken.call == Call::PauseVcpus ||
                                             (broken.call == Call::SetDeviceState &&
                                              good.calls[static_cast<std::size_t>(i)].token2 == 1 &&
                                              world.count(Call::RamSendSlice, true) == 1));
        const bool complete_lost =
            !broken.source && broken.call == Call::SendMessage && world.target_vcpus;
        if (stops) {  // the pause fails: nobody runs
            ++hangs;
            CHECK_FALSE(world.vcpus);
            CHECK_FALSE(world.target_vcpus);
            CHECK(world.outcome() == Outcome::Failed);
        } else if (complete_lost) {  // two run
            CHECK(world.vcpus);
            CHECK(world.outcome() == Outcome::Failed);
        } else {
            CHECK(world.vcpus != world.target_vcpus);
            for (const CloudDevice& device : {world.src[0], world.src[1]}) {
                CHECK((world.target_vcpus || device.state == MigState::RUNNING));
            }
        }
        const bool stranded = is(world.target.control.state, CloudTarget::Stranded);
        if (!broken.source && !complete_lost) {  // its VM is dropped, or nobody's
            CHECK((stranded || is(world.target.control.state, CloudTarget::Failed)));
        }
        strands += stranded ? 1 : 0;
    }
    CHECK(hangs == 3);
    CHECK(strands >= 1);
}

TEST_CASE("without the hole a pause that fails is taken back", "[vmm][cloud]") {
    CloudWorld good(2);
    good.run();
    CloudWorld world(2);
    world.rules.set_on(spec::Id::CloudPauseHole, false);
    for (std::size_t i = 0; i < good.calls.size(); ++i) {
        if (good.calls[i].call == Call::SetDeviceState && good.calls[i].token2 == 1) {
            world.fail_call = static_cast<int>(i);
            break;
        }
    }
    world.run();
    CHECK(world.vcpus);
    CHECK(world.src[0].state == MigState::RUNNING);
    CHECK(world.src[1].state == MigState::RUNNING);
}

TEST_CASE("an answer to Complete that is lost leaves two running VMs", "[vmm][cloud]") {
    CloudWorld world(1);
    world.lose_last_answer = true;
    world.run();
    CHECK(world.vcpus);
    CHECK(world.target_vcpus);
    CHECK(world.outcome() == Outcome::Failed);
}

TEST_CASE("a cancel at any call changes nothing: there is none", "[vmm][cloud]") {
    CloudWorld good(1);
    good.run();
    for (int i = 0; i < static_cast<int>(good.calls.size()); ++i) {
        CloudWorld world(1);
        world.cancel_at_call = i;
        world.run();
        CHECK(world.outcome() == Outcome::Completed);
        CHECK(world.log() == good.log());
    }
}

TEST_CASE("a VM without VFIO devices moves, too", "[vmm][cloud]") {
    CloudWorld world(0);
    world.run();
    CHECK(world.outcome() == Outcome::Completed);
    CHECK(world.target_vcpus);
}

TEST_CASE("each rule of Cloud Hypervisor makes a difference", "[vmm][cloud][rows-off]") {
    std::set<spec::Id> ids{spec::Id::CloudSendsTwice, spec::Id::CloudPauseHole};
    for (const fsm::ArcList& arcs : {cloud_source_arcs(), cloud_back_arcs(), cloud_target_arcs()}) {
        for (const fsm::Arc& arc : arcs) {
            ids.insert(arc.rule);
        }
    }
    std::vector<CloudWorld> worlds{CloudWorld(2), CloudWorld(0)};
    CloudWorld good(2);
    good.run();
    for (int i = 0; i < static_cast<int>(good.calls.size()); ++i) {
        worlds.emplace_back(2);
        worlds.back().fail_call = i;
    }
    std::vector<std::string> as_read;
    for (CloudWorld world : worlds) {
        world.run();
        as_read.push_back(world.log());
    }
    for (const spec::Id id : ids) {
        bool differs = false;
        for (std::size_t i = 0; i < worlds.size() && !differs; ++i) {
            CloudWorld world = worlds[i];
            world.rules.set_on(id, false);
            world.run();
            differs = world.log() != as_read[i];
        }
        INFO("row number " << spec::index(id));
        CHECK(differs);
    }
}

TEST_CASE("a state of Cloud Hypervisor is packed and unpacked", "[vmm][cloud][pack]") {
    CloudWorld world(2);
    world.run();
    std::vector<std::uint8_t> bytes(max_packed_size<CloudSourceState<4>>());
    const std::size_t size = pack(world.source, bytes.data(), bytes.size());
    CloudSourceState<4> copy;
    CHECK(unpack(bytes.data(), size, copy) == size);
    CHECK(copy.control.blob == world.source.control.blob);
}
