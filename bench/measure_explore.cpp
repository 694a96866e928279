#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "bench/clock.hpp"
#include "bench/rows.hpp"
#include "model/assert.hpp"
#include "model/explore/search/search.hpp"
#include "sim/explore_model/model.hpp"

namespace lmsim::bench {

namespace {

constexpr double floor_transitions = 1.5e6;
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

/// On one core, by the time of the processor: others may use this machine too.
void measure(Rows& rows, const std::string& name, const explore::SystemFactory& make,
             std::uint64_t most_states, bool is_limit) {
    explore::SearchOptions options;
    options.most_states = most_states;
    const double begin = cpu_seconds();
    const explore::SearchReport report = explore::search(make, options);
    const double seconds = cpu_seconds() - begin;
    LMSIM_ASSERT(report.violations.empty());
    fmt::print(stderr, "explore, {}: {} states, {} transitions, {:.2f} s\n", name, report.states,
               report.transitions, seconds);
    rows.push_back({fmt::format("explorer, {}", name),
                    static_cast<double>(report.transitions) / seconds, "transitions/s",
                    floor_transitions});
    rows.push_back({fmt::format("explorer, {}", name), static_cast<double>(report.states) / seconds,
                    "states/s", floor_states});
    if (is_limit) {
        rows.push_back({fmt::format("explorer, {}, limit as baseline", name),
                        report.bytes_per_state(), "bytes/state", most_bytes});
    }
}

}  // namespace

void measure_explore(Rows& rows, bool quick) {
    const unsigned modulus = quick ? 5 : 9;
    measure(
        rows, "the search alone", [modulus] { return std::make_unique<Counters>(modulus); },
        std::uint64_t{1} << 40, true);
    for (const char* name : {"migration-2", "migration-2-timeout", "free-2-faults",
                             "log-two-blocks", "memory-abort"}) {
        const sim::ExploreModel model = sim::load_model(name);
        LMSIM_ASSERT(model.ok());
        measure(rows, name, sim::world_of(model), quick ? 20'000 : 2'000'000, !quick);
    }
}

}  // namespace lmsim::bench
