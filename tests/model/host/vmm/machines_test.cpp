#include "model/host/vmm/machines.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "model/spec/table.hpp"
#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

std::vector<fsm::ArcList> all_arcs() {
    return {precopy_arcs(),   switchover_arcs(), rollback_arcs(),    start_arcs(),
            set_state_arcs(), incoming_arcs(),   save_thread_arcs(), load_thread_arcs()};
}

/// All that both sides asked and reported, as text.
std::string log_of(Toy toy, const spec::Rules& rules) {
    toy.rules = rules;
    toy.limit = 5000;
    toy.run();
    toy.tell_destination(EventKind::Continue);
    std::string text;
    for (const Seen& one : toy.calls) {
        text += std::string(to_string(one.call)) + std::to_string(one.device) + ":" +
                std::to_string(one.token2) + " ";
    }
    for (const Figure& one : toy.figures) {
        text += std::string(to_string(one.what)) + std::to_string(one.value) + " ";
    }
    return text;
}

/// Worlds that between them go through every row.
std::vector<Toy> worlds() {
    std::vector<Toy> list;
    list.push_back(world(2));
    list.back().ram_dirty = 20000;  // several windows
    list.push_back(world(2));
    list.back().config.switchover_ack = true;
    list.push_back(world(0));
    list.push_back(world(1));
    list.back().config.autostart = false;
    const Toy plain = world(1);
    Toy good = plain;
    good.run();
    const auto broken = [&](int call, int times) {
        list.push_back(plain);
        list.back().fail_call = call;
        list.back().fail_times = times;
    };
    for (int times = 1; times <= 3; ++times) {
        broken(good.first_set(MigState::PRE_COPY, true), times);
    }
    broken(good.first_set(MigState::STOP_COPY, true), 1);
    broken(good.first(Call::BlockFlush), 1);
    broken(good.first(Call::WriteDeviceBlock, false), 1);
    broken(good.first_set(MigState::RUNNING_P2P, false), 1);
    for (const std::uint8_t features :
         {std::uint8_t{vfio::all_mig_flags}, std::uint8_t{vfio::STOP_COPY_FLAG}}) {
        list.push_back(world(1, features));
        list.back().config.device_multifd = true;
        list.push_back(list.back());
        list.back().config.config_late = true;
    }
    Toy threaded = list.back();
    threaded.run();
    for (const int call : {threaded.first(Call::QueueDevicePacket),
                           threaded.first(Call::LoadNonIterable, false, 0)}) {
        list.push_back(list[list.size() - 1]);
        list.back().fail_call = call;
    }
    list.push_back(plain);
    list.back().cancel_at_call = good.first(Call::PauseVcpus);
    return list;
}

}  // namespace

TEST_CASE("every state is reached from the first and leads somewhere or ends", "[vmm]") {
    for (const fsm::ArcList& arcs : all_arcs()) {
        std::set<std::uint8_t> reached{0};
        for (std::size_t round = 0; round < arcs.size(); ++round) {
            for (const fsm::Arc& arc : arcs) {
                if (reached.count(arc.from) != 0) {
                    reached.insert(arc.to);
                }
            }
        }
        for (const fsm::Arc& arc : arcs) {
            INFO(arc.source << " --" << arc.event << "--> " << arc.target);
            CHECK(reached.count(arc.from) == 1);
            CHECK(reached.count(arc.to) == 1);
        }
    }
}

TEST_CASE("a move that no row takes changes nothing", "[vmm]") {
    const spec::Rules rules;
    std::uint8_t state = static_cast<std::uint8_t>(Precopy::Ram);
    CHECK_FALSE(advance_precopy(state, Move::Again, rules));
    CHECK(is(state, Precopy::Ram));
    spec::Rules without;
    without.set_on(spec::Id::VmmIterateDevice, false);
    CHECK_FALSE(advance_precopy(state, Move::Next, without));
    CHECK(advance_precopy(state, Move::Next, rules));
    CHECK(is(state, Precopy::Read));
}

TEST_CASE("each rule of the engine makes a difference", "[vmm][rows-off]") {
    std::set<spec::Id> ids{spec::Id::VmmCancelWaits, spec::Id::VmmStartErrorIgnored};
    for (const fsm::ArcList& arcs : all_arcs()) {
        for (const fsm::Arc& arc : arcs) {
            if (spec::row(arc.rule).kind == spec::Kind::Arc) {  // not one of another version
                ids.insert(arc.rule);
            }
        }
    }
    const spec::Rules ratified = spec::Rules::ratified();
    const std::vector<Toy> list = worlds();
    std::vector<std::string> as_ratified;
    for (const Toy& one : list) {
        as_ratified.push_back(log_of(one, ratified));
    }
    for (const spec::Id id : ids) {
        spec::Rules rules = ratified;
        rules.set_on(id, false);
        bool differs = false;
        for (std::size_t i = 0; i < list.size() && !differs; ++i) {
            differs = log_of(list[i], rules) != as_ratified[i];
        }
        INFO("row number " << spec::index(id));
        CHECK(differs);
    }
}
