#include <cstdint>
#include <string>

#include "model/spec/table.hpp"
#include "model/vfio/feature.hpp"
#include "model/vfio/machine.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;
using spec::Id;

namespace {

/// What a device does, folded into one number: two rule sets that differ in it differ in behaviour.
struct Digest {
    const spec::Rules& rules;
    std::uint64_t value = 0;

    void add(std::uint64_t number) {
        value = (value ^ number) * 0x9e3779b97f4a7c15;
        value ^= value >> 31;
    }

    void run(Rig& rig, const Event& event) {
        rig.rules = rules;
        rig.step(event);
        for (const Effect& effect : rig.effects) {
            add(static_cast<std::uint64_t>(effect.kind) << 8 | effect.flags);
            add(effect.token);
            add(effect.token2);
            add(effect.token3);
        }
        add(packed_hash(rig.device));
    }

    void walks() {
        for (const std::uint8_t flags : golden::feature_sets) {
            for (std::uint32_t from = 0; from < state_count; ++from) {
                for (std::uint32_t to = 0; to < state_count + 1; ++to) {
                    const NextState next = next_state(from, to, flags, rules);
                    add(static_cast<std::uint64_t>(next.state));
                    if (!golden::exists(from, flags) && from != 0) {
                        continue;
                    }
                    Rig rig = Rig::in(static_cast<MigState>(from), flags);
                    run(rig, set_state(to));
                    for (int hop = 0; walking(rig.device) && hop < 8; ++hop) {
                        run(rig, arc_done(rig.device.hop));
                    }
                }
            }
        }
    }

    /// A descriptor before the last hop: only other overlays lead there.
    void detour() {
        spec::Rules detour = rules;
        detour.set_on(Id::VfioPathNoSavingInterior, false);
        detour.set_on(Id::VfioArcRunningP2pPreCopyP2p, false);
        Digest under{detour, value};
        Rig rig;
        under.run(rig, set_state(MigState::PRE_COPY_P2P));
        under.run(rig, arc_done(rig.device.hop));
        value = under.value;
    }

    void during_a_set() {
        Rig rig;
        run(rig, set_state(MigState::STOP));
        run(rig, get_state());
        run(rig, reset());
        run(rig, arc_done(rig.device.hop, Errno::Io, true));
        run(rig, close_device());
    }

    void failures() {
        Rig rig = Rig::in(MigState::STOP_COPY);
        run(rig, set_state(MigState::STOP));
        run(rig, arc_done(rig.device.hop, Errno::Io, true));
        Rig faulty;
        Event event = set_state(MigState::PRE_COPY);
        event.reply_fault = true;
        run(faulty, event);
        run(faulty, arc_done(faulty.device.hop));
        add(static_cast<std::uint64_t>(check_registration(P2P_FLAG, rules)));
    }

    void streams() {
        for (const MigState state : {MigState::PRE_COPY, MigState::STOP_COPY, MigState::RESUMING}) {
            for (const std::uint32_t wrong : {0U, 1U}) {
                Rig rig = Rig::in(state);
                const std::uint32_t fd = rig.handle() + 100 * wrong;
                Event event = read(fd, 10, 0, true);
                event.nonblocking = true;
                run(rig, event);
                run(rig, read(fd, 10, 0));
                event = read(fd, 10, 5);
                event.positioned = true;
                run(rig, event);
                run(rig, read(fd, 10, 5));
                run(rig, write(fd, 10));
                run(rig, other_fd_ioctl(fd));
                event = precopy_info(fd, 1, 2);
                event.reinit = true;
                run(rig, event);
                event.argsz = 1;
                run(rig, event);
                run(rig, reset());
                run(rig, read(fd, 10, 5));
            }
        }
    }

    void feature(const DeviceState& device, std::uint32_t argsz, std::uint32_t flags,
                 bool fault = false) {
        const FeatureAnswer answer = check_feature(device, {argsz, flags, fault}, rules);
        add(static_cast<std::uint64_t>(answer.error));
        add(answer.execute ? 1 : 0);
    }

    void features() {
        const DeviceState full = make_device(all_mig_flags, true);
        feature(full, 64, feature_get | 1, true);
        feature(full, 4, feature_set | 7);
        for (const std::uint32_t operation :
             {0U, feature_get, feature_set, feature_get | feature_set, feature_get | 1U << 20,
              feature_get | feature_probe}) {
            for (std::uint32_t index = 0; index < 14; ++index) {
                feature(full, 64, operation | index);
                feature(full, 8, operation | index);
                feature(make_device(STOP_COPY_FLAG, false), 64, operation | index);
            }
        }
    }

    void logs() {
        constexpr std::uint64_t top = ~std::uint64_t{0};
        const LogRange good{0, 4096};
        LogRange many[257];
        for (std::uint64_t i = 0; i < 257; ++i) {
            many[i] = {i * 4096, 4096};
        }
        const LogRange odd{1, 4096};
        const LogRange high{top - 4095, 4096};
        const LogRange twice[] = {good, good};
        for (const Errno error :
             {check_log_start(4096, &good, 0, rules), check_log_start(4096, many, 257, rules),
              check_log_start(4096, &odd, 1, rules), check_log_start(4096, &high, 1, rules),
              check_log_start(4096, twice, 2, rules), check_log_report(0, 1, 1, rules),
              check_log_report(top, 1, 4096, rules)}) {
            add(static_cast<std::uint64_t>(error));
        }
        Rig rig;
        run(rig, log_report());
        run(rig, log_start());
        run(rig, log_start());
    }
};

std::uint64_t digest(const spec::Rules& rules) {
    Digest digest{rules, 0};
    digest.walks();
    digest.detour();
    digest.during_a_set();
    digest.failures();
    digest.streams();
    digest.features();
    digest.logs();
    return digest.value;
}

template <class Visit>
void for_each_vfio_row(Visit&& visit) {
    for (const spec::Row& row : spec::table) {
        if (row.name.substr(0, 5) == "VFIO-") {
            visit(row);
        }
    }
}

}  // namespace

TEST_CASE("every VFIO row matters: switched off, the device behaves otherwise", "[rows-off]") {
    const std::uint64_t ratified = digest(spec::Rules::ratified());
    CHECK(digest(spec::Rules::ratified()) == ratified);
    int rows = 0;
    for_each_vfio_row([&](const spec::Row& row) {
        spec::Rules rules = spec::Rules::ratified();
        if (row.kind == spec::Kind::Limit) {
            rules.set_value(row.id, row.value + 1);
        } else {
            rules.set_on(row.id, false);
        }
        CAPTURE(std::string(row.name), std::string(row.title));
        CHECK(digest(rules) != ratified);
        ++rows;
    });
    CHECK(rows >= 55);
}

TEST_CASE("every condition answers with the number that an overlay gives it", "[rows-off]") {
    const std::uint64_t ratified = digest(spec::Rules::ratified());
    for_each_vfio_row([&](const spec::Row& row) {
        if (row.kind == spec::Kind::Condition) {
            spec::Rules rules = spec::Rules::ratified();
            rules.set_status_code(row.id, 99);
            CAPTURE(std::string(row.name), std::string(row.title));
            CHECK(digest(rules) != ratified);
        }
    });
}

TEST_CASE("an arc that is switched off is never taken") {
    for (const DriverArc& arc : driver_arcs()) {
        spec::Rules rules;
        rules.set_on(arc.rule, false);
        for (const std::uint8_t flags : golden::feature_sets) {
            for (const MigState from : golden::states(flags)) {
                for (const MigState to : golden::states(flags)) {
                    CAPTURE(int{flags}, arc.from, arc.to, from, to);
                    Rig rig = Rig::in(from, flags);
                    rig.rules = rules;
                    const Answer answer = rig.set(to);
                    for (std::size_t hop = 1; hop < rig.walked.size(); ++hop) {
                        CHECK_FALSE((rig.walked[hop - 1] == arc.from && rig.walked[hop] == arc.to));
                    }
                    CHECK((answer.error == Errno::Ok) == (rig.device.state == to));
                }
            }
        }
    }
}

TEST_CASE("an arc that vanishes during the walk fails the SET where it stands") {
    Rig rig;
    rig.step(set_state(MigState::STOP));
    rig.rules.set_on(Id::VfioArcRunningRunningP2p, false);
    const auto answer = rig.arc();
    REQUIRE(answer);
    CHECK(answer->error == Errno::Invalid);
    CHECK(rig.device.state == MigState::RUNNING);
}

TEST_CASE("without the interior rule a session opens under way, and its descriptor is dropped") {
    Rig rig = Rig::in(MigState::RUNNING);
    rig.rules.set_on(Id::VfioPathNoSavingInterior, false);
    rig.rules.set_on(Id::VfioArcRunningP2pPreCopyP2p, false);
    const Answer answer = rig.set(MigState::PRE_COPY_P2P);
    CHECK(answer.error == Errno::Invalid);
    CHECK(answer.result == -1);
    CHECK(rig.device.state == MigState::PRE_COPY);
    CHECK_FALSE(rig.device.fd_open);
}

TEST_CASE("drivers that answer 0 in PRE_COPY are one rule away, and it is not the end") {
    Rig rig = Rig::in(MigState::PRE_COPY);
    rig.rules.set_on(Id::VfioFdDrained, false);
    const auto answer = rig.step(read(rig.handle(), 10, 0));
    CHECK(answer->error == Errno::Ok);
    CHECK(answer->result == 0);
    CHECK(rig.step(read(rig.handle(), 10, 4))->result == 4);
}
