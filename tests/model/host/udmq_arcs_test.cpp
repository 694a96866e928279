#include <set>

#include "model/spec/table.hpp"
#include "tests/model/arc_cover.hpp"
#include "tests/model/host/udmq_rig.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using spec::Id;

TEST_CASE("each row of the log's machine has an arc that needs it", "[udmq]") {
    std::set<Id> rules;
    for (const fsm::Arc& arc : udmq_arcs()) {
        rules.insert(arc.rule);
    }
    // Switched off one by one, the walk below must come to another end.
    const auto walk = [](const spec::Rules& rules_in_force) {
        std::string seen;
        const auto note = [&seen](const Rig& rig) {
            seen += std::to_string(static_cast<int>(rig.log.state)) + "/" +
                    std::to_string(rig.sent.size()) + "/" + std::to_string(rig.replies.size()) +
                    "/" + std::to_string(rig.released) + " ";
        };
        for (int kind = 0; kind < 8; ++kind) {
            Rig rig(8, 3);
            rig.rules = rules_in_force;
            rig.log.poll = kind == 1 ? 1000 : 0;
            rig.log.dudmq = kind == 2;
            rig.give(UdmqEvent::Kind::Start, start_ticket);
            if (kind == 3 || kind == 4) {
                for (int i = 0; i < (kind == 3 ? 0 : 2); ++i) rig.answer();
                rig.answer(0x138);
            }
            rig.settle();
            note(rig);
            for (std::uint64_t block = 1; block <= (kind == 5 ? 9U : 1U); ++block) rig.post(block);
            if (kind == 5) rig.settle();
            if (kind == 6) rig.give(UdmqEvent::Kind::Reset);
            note(rig);
            if (kind != 7) {
                rig.suspend();
                note(rig);
                rig.settle();
                note(rig);
                rig.logging = true;
                rig.give(UdmqEvent::Kind::Resumed);
                note(rig);
                if (kind == 0 || kind == 5) {
                    rig.log.lost = rig.log.full = kind == 5;
                    rig.give(UdmqEvent::Kind::Suspended, 21);
                    note(rig);
                }
            }
            rig.give(UdmqEvent::Kind::Stop, stop_ticket);
            rig.settle();
            note(rig);
        }
        return seen;
    };
    const std::string expected = walk(spec::Rules::ratified());
    for (const Id rule : rules) {
        spec::Rules without = spec::Rules::ratified();
        without.set_on(rule, false);
        INFO(spec::row(rule).name);
        CHECK(walk(without) != expected);
    }
}

namespace {

/// A log in each of its states, some by more than one way.
std::vector<Rig> logs(fsm::Watcher& watcher) {
    std::vector<Rig> list;
    const auto add = [&](bool poll = false, bool dudmq = false) -> Rig& {
        list.emplace_back(8, 3);
        list.back().watcher = &watcher;
        list.back().log.poll = poll ? 1000 : 0;
        list.back().log.dudmq = dudmq;
        list.back().give(UdmqEvent::Kind::Start, start_ticket);
        return list.back();
    };
    add();               // Creating
    add().answer();      // Arming
    add(true).answer();  // Starting
    add().start();       // Logging
    add().start();       // Tail
    list.back().suspend();
    add().start();  // Closed
    list.back().suspend();
    list.back().settle();
    add(false, true).start();  // Closed, without a queue
    list.back().suspend();
    list.back().settle();
    add().start();  // Stopping
    list.back().give(UdmqEvent::Kind::Stop, stop_ticket);
    add().start();  // Deleting
    list.back().give(UdmqEvent::Kind::Stop, stop_ticket);
    list.back().answer();
    add().start();  // full
    for (std::uint64_t block = 1; block < 9; ++block) list.back().post(block);
    return list;
}

}  // namespace

TEST_CASE("every row of the log's machine is taken", "[udmq][arcs]") {
    tests::ArcCover cover;
    const auto each = [&cover](const auto& what) {
        for (Rig& rig : logs(cover)) {
            what(rig);
        }
    };
    each([](Rig& rig) { rig.settle(); });
    each([](Rig& rig) {
        rig.answer(0x138);
        rig.settle();
    });
    each([](Rig& rig) { rig.give(UdmqEvent::Kind::Reset); });
    each([](Rig& rig) { rig.suspend(); });
    each([](Rig& rig) {
        rig.log.lost = true;
        rig.suspend();
    });
    each([](Rig& rig) { rig.give(UdmqEvent::Kind::Resumed); });
    each([](Rig& rig) {
        rig.rules.set_on(Id::HostDeletesDrained, false);
        rig.give(UdmqEvent::Kind::Stop, stop_ticket);
        rig.settle();
    });
    CHECK(cover.missing(udmq_arcs()) == "");
    CHECK(tests::alike(udmq_arcs()) == "");
}
