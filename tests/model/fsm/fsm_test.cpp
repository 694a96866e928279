#include "model/fsm.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/catch.hpp"

using namespace lmsim;
using spec::Id;

namespace {

// A turnstile. The rows borrow ids of the specification: any will do.
struct Visit {
    int coins = 0;
    int opened = 0;
    std::vector<std::string> log;
};
struct TurnstileContext {
    Visit& state;
    const spec::Rules& rules;
};

struct Locked : fsm::State<7> {
    static constexpr std::string_view name = "LOCKED";
};
struct Open : fsm::State<2> {
    static constexpr std::string_view name = "OPEN";
};
struct Broken : fsm::State<0> {
    static constexpr std::string_view name = "BROKEN";
};

struct Coin {
    static constexpr std::string_view name = "coin";
    int value = 1;
};
struct Push {
    static constexpr std::string_view name = "push";
};
struct Kick {
    static constexpr std::string_view name = "kick";
};

struct Take {
    static constexpr std::string_view name = "take";
    void operator()(TurnstileContext& context, const Coin& coin) const {
        context.state.coins += coin.value;
        context.state.log.emplace_back("take");
    }
};
struct GiveBack {
    static constexpr std::string_view name = "give back";
    void operator()(TurnstileContext& context, const Coin&) const {
        context.state.log.emplace_back("give back");
    }
};
struct Count {
    static constexpr std::string_view name = "count";
    template <class Event>
    void operator()(TurnstileContext& context, const Event&) const {
        ++context.state.opened;
    }
};
struct Genuine {
    static constexpr std::string_view name = "value > 0";
    bool operator()(const TurnstileContext&, const Coin& coin) const { return coin.value > 0; }
};

constexpr Id first_rule = Id::VfioArcStopRunning;
constexpr Id second_rule = Id::VfioArcRunningStop;
constexpr Id third_rule = Id::VfioArcReset;

struct Turnstile {
    static constexpr std::string_view name = "turnstile";
    using Context = TurnstileContext;
    using Initial = Locked;
    using Rows = fsm::Rows<fsm::Row<first_rule, Locked, Coin, Open, Take, Genuine>,
                           fsm::Row<second_rule, Locked, Coin, fsm::None, GiveBack>,
                           fsm::Row<third_rule, Open, Push, Locked, Count>,
                           fsm::Row<third_rule, Open, Kick, Broken>>;
};
using Machine = fsm::Machine<Turnstile>;

struct Fixture {
    Visit visit;
    spec::Rules rules = spec::Rules::ratified();
    TurnstileContext context{visit, rules};
    std::uint8_t state = Machine::initial;

    template <class Event>
    const fsm::Arc* send(const Event& event) {
        return Machine::dispatch(state, context, event);
    }
};

// A ring of 25 states and 50 rows, the largest table there is.
template <std::uint8_t Number>
struct Ring : fsm::State<Number> {
    static constexpr std::string_view name = "ring";
};
struct Next {
    static constexpr std::string_view name = "next";
};
struct Previous {
    static constexpr std::string_view name = "previous";
};
struct RingContext {
    const spec::Rules& rules;
};

template <class Numbers>
struct RingRows;
template <std::size_t... Number>
struct RingRows<std::index_sequence<Number...>> {
    using type =
        fsm::Rows<fsm::Row<first_rule, Ring<Number>, Next, Ring<(Number + 1) % 25>>...,
                  fsm::Row<second_rule, Ring<Number>, Previous, Ring<(Number + 24) % 25>>...>;
};
struct RingTable {
    static constexpr std::string_view name = "ring";
    using Context = RingContext;
    using Initial = Ring<0>;
    using Rows = RingRows<std::make_index_sequence<25>>::type;
};

}  // namespace

TEST_CASE("the byte moves as the table says, and the row taken is told") {
    Fixture at;
    CHECK(at.state == 7);
    const fsm::Arc* arc = at.send(Coin{3});
    REQUIRE(arc != nullptr);
    CHECK(arc->action == "take");
    CHECK(arc->rule == first_rule);
    CHECK(at.state == 2);
    CHECK(at.visit.coins == 3);
    CHECK(at.send(Push{}) != nullptr);
    CHECK(at.state == 7);
    CHECK(at.visit.opened == 1);
}

TEST_CASE("an event without a row is an answer and changes nothing") {
    Fixture at;
    CHECK(at.send(Push{}) == nullptr);
    CHECK(at.send(Kick{}) == nullptr);
    CHECK(at.state == 7);
    at.send(Coin{});
    at.send(Kick{});
    REQUIRE(at.state == 0);
    CHECK(at.send(Coin{}) == nullptr);
    CHECK(at.send(Push{}) == nullptr);
    CHECK(at.state == 0);
}

TEST_CASE("rows of one state and event are tried in the order of the table") {
    Fixture at;
    const fsm::Arc* arc = at.send(Coin{0});
    REQUIRE(arc != nullptr);
    CHECK(arc->internal);
    CHECK(at.state == 7);
    CHECK(at.visit.log == std::vector<std::string>{"give back"});
    at.send(Coin{1});
    CHECK(at.visit.log == std::vector<std::string>{"give back", "take"});
}

TEST_CASE("a row whose rule is off does not exist") {
    Fixture at;
    at.rules.set_on(first_rule, false);
    CHECK(at.send(Coin{1})->rule == second_rule);
    at.rules.set_on(second_rule, false);
    CHECK(at.send(Coin{1}) == nullptr);
    CHECK(at.state == 7);
    CHECK(at.visit.coins == 0);
    at.rules.set_on(first_rule, true);
    CHECK(at.send(Coin{1}) != nullptr);
}

TEST_CASE("the table reads out as data, row by row") {
    const fsm::ArcList arcs = Machine::arcs();
    REQUIRE(arcs.size() == 4);
    CHECK(arcs[0].source == "LOCKED");
    CHECK(arcs[0].event == "coin");
    CHECK(arcs[0].target == "OPEN");
    CHECK(arcs[0].action == "take");
    CHECK(arcs[0].guard == "value > 0");
    CHECK(arcs[0].from == 7);
    CHECK(arcs[0].to == 2);
    CHECK(arcs[1].target == "LOCKED");
    CHECK(arcs[1].internal);
    CHECK(arcs[1].guard.empty());
    CHECK(arcs[3].action.empty());
    CHECK(arcs[3].rule == third_rule);
    std::size_t seen = 0;
    for (const fsm::Arc& arc : arcs) {
        CHECK(&arc == &arcs[seen++]);
    }
}

TEST_CASE("the row that dispatch returns is the row of the list, for coverage") {
    Fixture at;
    const fsm::ArcList arcs = Machine::arcs();
    CHECK(at.send(Coin{1}) == &arcs[0]);
    CHECK(at.send(Push{}) == &arcs[2]);
    CHECK(at.send(Coin{0}) == &arcs[1]);
}

TEST_CASE("the table can be walked at compile time") {
    constexpr std::size_t guarded = [] {
        std::size_t count = 0;
        fsm::for_each_row(Turnstile::Rows{}, [&count](auto row) {
            count += std::is_same_v<typename decltype(row)::Guard, fsm::None> ? 0 : 1;
        });
        return count;
    }();
    static_assert(guarded == 1);
    SUCCEED();
}

TEST_CASE("a table of 50 rows and 25 states works from every state") {
    using Large = fsm::Machine<RingTable>;
    const spec::Rules rules = spec::Rules::ratified();
    RingContext context{rules};
    REQUIRE(Large::arcs().size() == 50);
    for (std::uint8_t number = 0; number < 25; ++number) {
        std::uint8_t state = number;
        CHECK(Large::dispatch(state, context, Next{}) != nullptr);
        CHECK(int{state} == (number + 1) % 25);
        Large::dispatch(state, context, Previous{});
        Large::dispatch(state, context, Previous{});
        CHECK(int{state} == (number + 24) % 25);
    }
}
