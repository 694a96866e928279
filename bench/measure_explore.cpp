#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <unordered_set>

#include "bench/clock.hpp"
#include "bench/forked.hpp"
#include "bench/parts.hpp"
#include "model/explore/search/search.hpp"
#include "sim/explore_model/model.hpp"

namespace lmsim::bench {

namespace {

constexpr double floor_transitions = 1.5e6;
constexpr double goal_transitions = 6e6;
constexpr double floor_states = 0.25e6;
constexpr double most_bytes = 24;

/// Counters that cost next to nothing: what is left is the search itself.
class Counters final : public explore::System {
  public:
    static constexpr unsigned count = 7;

    explicit Counters(unsigned modulus) : modulus_(modulus) {}
    std::size_t state_bytes() const override { return count; }
    void initial(std::uint8_t* state) override { std::memset(state, 0, count); }
    std::size_t actions(const std::uint8_t*, explore::Action* out, std::size_t) override {
        for (unsigned i = 0; i < count; ++i) out[i] = {0, static_cast<std::uint8_t>(i), 0};
        return count;
    }
    explore::Outcome apply(std::uint8_t* state, explore::Action action) override {
        std::uint8_t& mine = state[action.a];
        mine = static_cast<std::uint8_t>(mine + 1u == modulus_ ? 0 : mine + 1);
        return {};
    }
    std::uint64_t fingerprint(const std::uint8_t* state) override {
        std::uint64_t value = 0;
        for (unsigned i = 0; i < count; ++i) value = value * modulus_ + state[i];
        return value;
    }
    bool at_rest(const std::uint8_t*) override { return false; }
    std::string describe(const std::uint8_t*, explore::Action) override { return "count"; }

  private:
    unsigned modulus_;
};

struct Searched {
    double seconds = 0;  // of CPU
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    double bytes_per_state = 0;

    double rate() const { return static_cast<double>(transitions) / seconds; }
};

/// The counters again, as one writes it first: a breadth-first search over numbers, with a set.
Searched search_plainly(unsigned modulus) {
    const double begin = cpu_seconds();
    std::unordered_set<std::uint64_t> seen{0};
    std::vector<std::uint64_t> layer{0};
    Searched searched;
    while (!layer.empty()) {
        std::vector<std::uint64_t> next;
        for (const std::uint64_t state : layer) {
            std::uint64_t place = 1;
            for (unsigned i = 0; i < Counters::count; ++i, place *= modulus) {
                const bool wraps = state / place % modulus == modulus - 1;
                const std::uint64_t after = wraps ? state - (modulus - 1) * place : state + place;
                ++searched.transitions;
                if (seen.insert(after).second) {
                    next.push_back(after);
                }
            }
        }
        layer = std::move(next);
    }
    searched.states = seen.size();
    searched.seconds = cpu_seconds() - begin;
    return searched;
}

/// On one core, by the time of the processor: others may use this machine too.
Searched search(const explore::SystemFactory& make, std::uint64_t most_states) {
    explore::SearchOptions options;
    options.most_states = most_states;
    const double begin = cpu_seconds();
    const explore::SearchReport report = explore::search(make, options);
    LMSIM_ASSERT(report.violations.empty());
    return {cpu_seconds() - begin, report.states, report.transitions, report.bytes_per_state()};
}

void tell(const std::string& name, const Searched& searched) {
    fmt::print(stderr, "explore, {}: {} states, {} transitions, {:.2f} s\n", name, searched.states,
               searched.transitions, searched.seconds);
}

void add(Rows& rows, const std::string& name, const Searched& searched, const Searched& baseline,
         const char* against) {
    rows.push_back(compared({"explorer, " + name,
                             searched.rate(),
                             "transitions/s",
                             baseline.rate(),
                             against,
                             {Aim::Of::Value, floor_transitions, goal_transitions}}));
    rows.push_back({"explorer, " + name, static_cast<double>(searched.states) / searched.seconds,
                    "states/s", floor_states});
}

void add_bytes(Rows& rows, const std::string& name, const Searched& searched) {
    Row row{"explorer, " + name, searched.bytes_per_state, "bytes/state", most_bytes};
    row.less_is_better = true;
    rows.push_back(std::move(row));
}

}  // namespace

void measure_explore(Rows& rows, bool quick) {
    const unsigned modulus = quick ? 5 : 8;
    const auto counters = [modulus] { return std::make_unique<Counters>(modulus); };
    const auto alone = [&] { return search(counters, std::uint64_t{1} << 40); };
    const Searched plain = in_child([&] { return search_plainly(modulus); });
    const Searched bare = in_child(alone);
    LMSIM_ASSERT(plain.states == bare.states && plain.transitions == bare.transitions);
    tell("plainly", plain);
    tell("the search alone", bare);
    add(rows, "the search alone", bare, plain, "the same with std::unordered_set");
    add_bytes(rows, "the search alone", bare);
    for (const char* name : {"migration-2", "migration-2-timeout", "free-2-faults",
                             "log-two-blocks", "memory-abort"}) {
        const sim::ExploreModel model = sim::load_model(name);
        LMSIM_ASSERT(model.ok());
        const Searched again = in_child(alone);
        const Searched world =
            in_child([&] { return search(sim::world_of(model), quick ? 20'000 : 500'000); });
        tell(name, world);
        add(rows, name, world, again, "the search alone");
        if (!quick) {
            add_bytes(rows, name, world);
        }
    }
}

}  // namespace lmsim::bench
