#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sim/guest/fio/source.hpp"
#include "tests/catch.hpp"

namespace lmsim::tests {

struct Step {
    sim::Time at;
    sim::fio::Io io;
};

/// Runs a source against a device that completes everything after `latency`, in order, as deep as
/// the source allows. Stops when the source is finished, or after `most` I/Os.
inline std::vector<Step> run(sim::fio::IoSource& source, sim::Time latency,
                             std::size_t most = 100'000) {
    std::vector<Step> steps;
    std::deque<Step> in_flight;
    sim::Time now;
    while (steps.size() < most) {
        const bool room = in_flight.size() < source.depth();
        const auto planned = room ? source.next(now) : std::nullopt;
        if (planned) {
            CHECK(planned->not_before >= now);
            // What completes before the I/O is submitted completes first.
            while (!in_flight.empty() && in_flight.front().at <= planned->not_before) {
                source.completed(in_flight.front().at, in_flight.front().io);
                in_flight.pop_front();
            }
            now = planned->not_before;
            steps.push_back({now, planned->io});
            in_flight.push_back({now + latency, planned->io});
            continue;
        }
        if (in_flight.empty()) {
            CHECK(source.finished());
            break;
        }
        now = in_flight.front().at;
        source.completed(now, in_flight.front().io);
        in_flight.pop_front();
    }
    return steps;
}

constexpr sim::fio::Target gigabyte{1ULL << 30, 512};

/// The sources of "[a]" with these lines.
inline sim::fio::Sources sources_of(const std::string& lines, std::uint64_t seed = 1) {
    const auto file = sim::fio::parse_job_file("f", "[a]\n" + lines + "\n");
    return sim::fio::make_sources(file, seed, "vm", gigabyte);
}

inline std::vector<Step> run_job(const std::string& lines, sim::Time latency = sim::Time(),
                                 std::size_t most = 100'000) {
    return run(*sources_of(lines).at(0), latency, most);
}

}  // namespace lmsim::tests
