#include <fmt/format.h>

#include "sim/conform/migration/bench.hpp"

// From each state that the device can reach, in each way in which its session can stand, to each
// state and to numbers that are none.
namespace lmsim::sim::conform::migration {

namespace {

/// What was done with the session of a state, before it is left.
enum class Done : std::uint8_t { Nothing, Half, Whole, Closed, WholeAndClosed };

const char* words_of(MigState state, Done done) {
    const bool resuming = state == MigState::RESUMING;
    switch (done) {
        case Done::Nothing: return resuming ? "nothing written" : "";
        case Done::Half: return resuming ? "half a stream written" : "half read";
        case Done::Whole: return resuming ? "all written" : "all read";
        case Done::Closed: return resuming ? "nothing written, data_fd closed" : "data_fd closed";
        case Done::WholeAndClosed:
            return resuming ? "all written, data_fd closed" : "all read, data_fd closed";
    }
    return "";
}

/// Steps of their own come in compare_streams(): here they only lead to where the SET begins.
void use_session(Bench& bench, MigState state, Done done) {
    const std::size_t size = bench.stream().size();
    const bool whole = done == Done::Whole || done == Done::WholeAndClosed;
    if (state == MigState::RESUMING) {
        if (done == Done::Half || whole) bench.write("the first half", 0, size / 2);
        if (whole) bench.write("the other half", size / 2, size - size / 2);
    } else if (done == Done::Half) {
        bench.read("some of it", 1);
    } else if (whole) {
        while (bench.read("until nothing is left", enough) != 0) {
        }
    }
    if (done == Done::Closed || done == Done::WholeAndClosed) {
        bench.close_fd();
    }
}

void compare_pair(Bench& bench, MigState from, Done done, std::uint32_t to) {
    if (!bench.start_in(from)) {
        return;
    }
    const bool session = bench.sessions() != 0;
    if (session) {
        use_session(bench, from, done);
    }
    const std::size_t before = bench.sessions();
    bench.set(to, words_of(from, done));
    if (session && done != Done::Closed && done != Done::WholeAndClosed) {
        bench.poke(
            fmt::format("the data_fd of {}, in {}", state_words(static_cast<std::uint32_t>(from)),
                        state_words(static_cast<std::uint32_t>(bench.state()))),
            bench.sessions() - before);
    }
}

bool has_session(MigState state) {
    return lmsim::vfio::is_saving(state) || state == MigState::RESUMING;
}

}  // namespace

void compare_states(Bench& bench) {
    constexpr std::uint32_t no_state = lmsim::vfio::state_count;
    for (std::uint32_t from = 0; from < lmsim::vfio::state_count; ++from) {
        const auto state = static_cast<MigState>(from);
        if (!lmsim::vfio::supported(state, bench.flags())) {
            continue;
        }
        std::vector<Done> ways{Done::Nothing};
        if (has_session(state)) {
            ways = {Done::Nothing, Done::Half, Done::Whole, Done::Closed, Done::WholeAndClosed};
        }
        for (const Done done : ways) {
            bench.group("states");
            for (std::uint32_t to = 0; to <= no_state; ++to) {
                compare_pair(bench, state, done, to);
            }
            compare_pair(bench, state, done, 0xffffffff);
        }
        bench.group("in each state");
        if (!bench.start_in(state)) {
            continue;
        }
        bench.get();
        bench.data_size({});
        bench.set(from, "answer not to be written", Place::ReadOnly);
        bench.set(from, "no payload", Place::HalfThere);
        bench.get("answer not to be written", Place::ReadOnly);
        bench.get("no payload", Place::HalfThere);
        bench.reset();
        if (bench.sessions() != 0) {
            bench.poke("after the reset");
        }
    }
}

}  // namespace lmsim::sim::conform::migration
