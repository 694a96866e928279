#include <fmt/format.h>

#include "bench/forked.hpp"
#include "bench/migration.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

struct Seen {
    double cpu_seconds = 0;
    double total_s = 0;
    double bytes = 0;
    double rounds = 0;
    double queue = 0;
};

Seen run(const std::string& scenario, const std::vector<std::string>& set) {
    const auto [seconds, result] =
        migrate(LMSIM_SOURCE_FOLDER "/scenarios/questions/" + scenario, set);
    LMSIM_ASSERT(result.media.size() == 1);
    const sim::metrics::MediaResult& media = result.media[0];
    const Seen seen{seconds, static_cast<double>(result.total_time) * 1e-12,
                    static_cast<double>(media.use.bytes),
                    static_cast<double>(media.use.rounds_to_ready),
                    static_cast<double>(media.queue_peak)};
    fmt::print(stderr, "{}: {:.2f} s of CPU, {:.2f} s, {:.0f} bytes, {:.0f} rounds, {:.0f} slots\n",
               scenario, seen.cpu_seconds, seen.total_s, seen.bytes, seen.rounds, seen.queue);
    return seen;
}

}  // namespace

/// A copy of 10 TB by rates, with its limit; and 10 GB of the same by rates and exactly.
void measure_media(Rows& rows, bool quick) {
    const std::vector<std::string> by_rates{"run.fidelity=hybrid"};
    const Seen large = in_child([&] { return run("media-10tb.toml", {}); });
    rows.push_back({"10 TB of media by rates", large.cpu_seconds, "s of CPU", 60});
    if (quick) {
        return;
    }
    const Seen exact = in_child([&] { return run("media-10gb.toml", {}); });
    const Seen rates = in_child([&] { return run("media-10gb.toml", by_rates); });
    rows.push_back({"10 GB of media by rates: total", rates.total_s, "s", exact.total_s, "exact"});
    rows.push_back({"its bytes", rates.bytes, "bytes", exact.bytes, "exact"});
    rows.push_back({"its rounds", rates.rounds, "", exact.rounds, "exact"});
    rows.push_back({"its queue at most", rates.queue, "slots", exact.queue, "exact"});
}

}  // namespace lmsim::bench
