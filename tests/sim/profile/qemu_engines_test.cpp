// What the versions of QEMU decide otherwise, by their own profiles: the same numbers, two answers.
#include <string>

#include "sim/profile/profile.hpp"
#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

spec::Rules engine(const std::string& version) {
    if (version == "10.1") {
        return spec::Rules();
    }
    const sim::Profile profile = sim::load_profile("qemu-" + version);
    INFO(profile.error_text());
    REQUIRE(profile.ok());
    return profile.rules;
}

/// A moment of the loop: what is left, and a window that gave the threshold.
struct Moment {
    std::uint64_t ram_pages = 0;
    std::uint64_t fresh_pages = 0;  // what a synchronization would find
    std::uint64_t stop_copy = 0;    // 0: no device
    bool precopy = false;           // the device has PRE_COPY
    std::uint64_t initial = 0;
    std::uint64_t dirty = 0;
    std::uint64_t window_bytes = 13421772;  // in 100 ms; 0: no window has ended
    std::uint64_t avail = 0;
    std::uint64_t limit_ms = 300;
};

/// What a source asks from that moment on until it sends RAM again or stops the VM.
class Source {
  public:
    Source(const Moment& moment, const std::string& version)
        : moment_(moment), rules_(engine(version)) {
        config_.max_bandwidth = 0;
        config_.avail_switchover_bandwidth = moment.avail;
        config_.downtime_limit_ms = moment.limit_ms;
        if (moment.stop_copy != 0) {
            config_.devices = 1;
            config_.features[0] = static_cast<std::uint8_t>(
                vfio::STOP_COPY_FLAG | (moment.precopy ? vfio::PRE_COPY_FLAG : 0));
        }
        in_moment_ = moment.window_bytes == 0;
        give(occurrence(EventKind::Start, 0));
    }

    std::string decides() {
        for (int i = 0; i < 100; ++i) {
            const Effect asked = asked_;
            const auto call = static_cast<Call>(asked.token);
            if (deciding_) {
                switch (call) {
                    case Call::RamSyncBitmap: said_ += "sync "; break;
                    case Call::QueryStopCopySize: said_ += "size "; break;
                    case Call::RamSendSlice: return said_ + "iterate";
                    case Call::PauseVcpus: return said_ + "complete";
                    default: break;
                }
            }
            give(reply(asked));
        }
        return said_ + "no end";
    }

  private:
    Event reply(const Effect& asked) {
        const auto done = [&](std::uint64_t value0 = 0, std::uint64_t value1 = 0) {
            return answer(asked.ticket, now_, 0, value0, value1);
        };
        const bool serial = rules_.on(spec::Id::VmmSerialIterate) && moment_.ram_pages != 0;
        // One block is read before the moment, unless RAM comes first.
        const std::uint64_t ahead = in_moment_ || serial || !moment_.precopy ? 0 : mib;
        switch (static_cast<Call>(asked.token)) {
            case Call::RamSyncBitmap:
                return done(moment_.ram_pages + (deciding_    ? moment_.fresh_pages
                                                 : in_moment_ ? 0
                                                              : 99));
            case Call::QueryStopCopySize:
                deciding_ = deciding_ || (in_moment_ && !moment_.precopy);  // set-up is over
                return done(moment_.stop_copy + ahead);
            case Call::QueryPrecopyInfo: {
                const std::uint64_t initial = moment_.initial != 0 ? ahead : 0;
                const Event info = done(moment_.initial + initial, moment_.dirty + ahead - initial);
                deciding_ = deciding_ || in_moment_;
                return info;
            }
            case Call::SetDeviceState: return done();
            case Call::RamSendSlice:
                in_moment_ = true;
                now_ += 100;
                deciding_ = true;
                return done(moment_.window_bytes, moment_.ram_pages);
            case Call::ReadDeviceBlock: return done(mib);
            default: return done();
        }
    }

    void give(const Event& event) {
        Effects effects;
        step(source_, event, config_, rules_, effects);
        for (const Effect& effect : effects) {
            if (effect.kind == EffectKind::Call) {
                asked_ = effect;
            }
        }
    }

    Moment moment_;
    spec::Rules rules_;
    Config config_;
    host::vmm::Source<1> source_;
    Effect asked_;
    std::int64_t now_ = 0;
    bool in_moment_ = false;  // the numbers of the moment hold
    bool deciding_ = false;
    std::string said_;
};

std::string decides(const Moment& moment, const std::string& version) {
    return Source(moment, version).decides();
}

}  // namespace

TEST_CASE("pending bytes equal to the threshold: four versions, four ways", "[vmm][engines]") {
    Moment moment;
    moment.avail = 40960000;
    moment.limit_ms = 1000;  // 10,000 pages
    moment.ram_pages = 10000;
    moment.fresh_pages = 500;
    CHECK(decides(moment, "8.2") == "iterate");  // counts "exactly" without looking at the bitmap
    CHECK(decides(moment, "10.0") == "iterate");
    CHECK(decides(moment, "10.1") == "complete");
    CHECK(decides(moment, "11.1") == "sync iterate");
}

TEST_CASE("an exact count that equals the threshold completes since 10.1", "[vmm][engines]") {
    Moment moment;
    moment.avail = 40960000;
    moment.limit_ms = 1000;
    moment.ram_pages = 9000;
    moment.fresh_pages = 1000;
    CHECK(decides(moment, "10.0") == "sync iterate");
    CHECK(decides(moment, "10.1") == "sync complete");
}

TEST_CASE("8.2 counts the pre-copy bytes of a device twice", "[vmm][engines]") {
    Moment moment;
    moment.stop_copy = 30 * mib;
    moment.precopy = true;
    moment.dirty = 12 * mib;
    CHECK(decides(moment, "8.2") == "sync size iterate");
    CHECK(decides(moment, "10.0") == "sync size complete");
}

TEST_CASE("10.0 does not ask a device's size when nothing seems to be left", "[vmm][engines]") {
    Moment moment;
    moment.window_bytes = 0;
    moment.stop_copy = 100 * mib;
    CHECK(decides(moment, "8.2") == "size iterate");
    CHECK(decides(moment, "10.0") == "complete");
}

TEST_CASE("11.1 knows what a device keeps for the blackout", "[vmm][engines]") {
    Moment moment;
    moment.stop_copy = 100 * mib;
    moment.ram_pages = 256;
    CHECK(decides(moment, "10.1") == "sync size iterate");
    CHECK(decides(moment, "11.1") == "iterate");
    moment.ram_pages = 0;  // nothing else to do: it looks again in each round, as 10.1 does
    CHECK(decides(moment, "11.1") == "sync size iterate");

    Moment device;
    device.window_bytes = 50 * mib / 3;
    device.stop_copy = 100 * mib;
    device.precopy = true;
    device.initial = 4 * mib;
    CHECK(decides(device, "10.1") == "sync size iterate");
    CHECK(decides(device, "11.1") == "iterate");
}

TEST_CASE("11.1 looks at the bitmap before it completes", "[vmm][engines]") {
    Moment moment;
    moment.window_bytes = 1;
    moment.limit_ms = 1;  // a threshold of 0
    moment.fresh_pages = 200;
    CHECK(decides(moment, "10.1") == "complete");
    CHECK(decides(moment, "11.1") == "sync iterate");
}

TEST_CASE("11.1 keeps the fraction of a stated bandwidth", "[vmm][engines]") {
    Moment moment;
    moment.avail = 125000999;
    moment.stop_copy = 37500200;
    CHECK(decides(moment, "10.1") == "sync size iterate");
    CHECK(decides(moment, "11.1") == "sync size complete");
}

TEST_CASE("a window of 26,068 bytes in 140 ms: one byte less through Mbit/s", "[vmm][engines]") {
    CHECK(threshold_bytes(bandwidth_per_ms(26068, 140), 300) == 55860);
    CHECK(threshold_bytes(switchover_bandwidth_of_mbps(26068, 140, 0), 300) == 55859);
}

TEST_CASE("8.2 reads no device before a pass over RAM has ended", "[vmm][engines]") {
    Toy toy = world(1);
    toy.ram_dirty = 100000;
    toy.config.max_bandwidth = 0;
    const auto reads_before_the_end = [&](const char* version) {
        Toy one = toy;
        one.rules = engine(version);
        one.limit = 1150;  // in the middle of the first pass
        one.run();
        return one.first(Call::ReadDeviceBlock) >= 0;
    };
    CHECK_FALSE(reads_before_the_end("8.2"));
    CHECK(reads_before_the_end("10.0"));
    CHECK(reads_before_the_end("11.1"));
}

TEST_CASE("each engine moves a VM of two devices to its end", "[vmm][engines]") {
    for (const char* version : {"8.2", "10.0", "10.1", "11.1"}) {
        INFO(version);
        Toy toy = world(2);
        toy.ram_dirty = 20000;
        toy.config.switchover_ack = true;
        toy.rules = engine(version);
        toy.run();
        CHECK(toy.outcome() == Outcome::Completed);
        CHECK(toy.destination_runs());
        CHECK_FALSE(toy.vcpus_run());
        CHECK(toy.sent(Message::Ack, false) == (std::string(version) == "11.1" ? 2 : 1));
        const bool announces = std::string(version) != "8.2";
        CHECK(toy.sent(Message::SwitchoverStart, true) == (announces ? 1 : 0));
    }
}

TEST_CASE("a device with new initial bytes at the switchover: only 11.1 sees it, and fails",
          "[vmm][engines]") {
    for (const char* version : {"10.1", "11.1"}) {
        INFO(version);
        Toy toy = world(1);
        toy.config.switchover_ack = true;
        toy.reinit = true;
        toy.rules = engine(version);
        toy.run();
        const bool sees = std::string(version) == "11.1";
        CHECK(toy.outcome() == (sees ? Outcome::Failed : Outcome::Completed));
        CHECK(toy.vcpus_run() == sees);
    }
}

TEST_CASE("11.1 synchronizes for the last time before it announces the switchover",
          "[vmm][engines]") {
    const auto last_sync_after_announcement = [](const char* version) {
        Toy toy = world(1);
        toy.rules = engine(version);
        toy.run();
        std::size_t sync = 0;
        std::size_t announcement = 0;
        for (std::size_t i = 0; i < toy.calls.size(); ++i) {
            if (toy.calls[i].call == Call::RamSyncBitmap) {
                sync = i;
            } else if (toy.calls[i].call == Call::SendMessage && toy.calls[i].source &&
                       toy.calls[i].token2 ==
                           static_cast<std::uint64_t>(Message::SwitchoverStart)) {
                announcement = i;
            }
        }
        return sync > announcement;
    };
    CHECK(last_sync_after_announcement("10.1"));
    CHECK_FALSE(last_sync_after_announcement("11.1"));
}

TEST_CASE("the expected downtime of 11.1 has the devices in it", "[vmm][engines]") {
    CHECK(expected_downtime_ms(10 * mib, 134217.728) == 78);
    CHECK(expected_downtime_ms(210 * mib, 134217.728) == 1640);
    const auto most_expected = [](const char* version) {
        Toy toy = world(1);
        toy.src[0].stop_copy = 200 * mib;  // does not fit
        toy.config.max_bandwidth = 0;
        toy.limit = 3000;
        toy.rules = engine(version);
        toy.run();
        std::uint64_t most = 0;
        for (const Figure& one : toy.figures) {
            most = one.what == Report::ExpectedDowntime && one.value > most ? one.value : most;
        }
        return most * toy.bytes_per_ms;
    };
    CHECK(most_expected("11.1") >= 200 * mib);
    CHECK(most_expected("10.1") < 200 * mib);
}

TEST_CASE("8.2 says nothing when it fails to load: the source sees the end of the path",
          "[vmm][engines]") {
    for (const char* version : {"8.2", "10.0"}) {
        INFO(version);
        Toy good = world(1);
        good.rules = engine(version);
        Toy toy = good;
        good.run();
        toy.fail_call = good.first(Call::WriteDeviceBlock, false);
        toy.run();
        CHECK(toy.outcome() == Outcome::Failed);
        CHECK(toy.vcpus_run());
        CHECK(toy.sent(Message::Shut, false) == (std::string(version) == "8.2" ? 0 : 1));
    }
}

TEST_CASE("11.1 counts exact counts", "[vmm][engines]") {
    const auto first_count = [](const char* version) {
        Toy toy = world(0);
        toy.ram_dirty = 20000;
        toy.rules = engine(version);
        toy.run();
        std::uint64_t last = 0;
        int exacts = 0;
        for (const Figure& one : toy.figures) {
            last = one.what == Report::DirtySync ? one.value : last;
            exacts += one.what == Report::PendingExact ? 1 : 0;
        }
        return last - static_cast<std::uint64_t>(exacts);
    };
    CHECK(first_count("10.1") == 2);  // set-up and the last one besides
    CHECK(first_count("11.1") == 1);
}
