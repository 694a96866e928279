#include <cstdlib>

#include "bench/alternate.hpp"
#include "bench/loops.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

constexpr Shape systemc_points[] = {{16, 32, "randread"}, {16, 32, "randrw"}, {1, 32, "randread"}};
constexpr Shape simpy_points[] = {{16, 32, "randread"}, {16, 32, "randrw"}};

Shape lasting(Shape shape, sim::Ps duration) {
    shape.duration = duration;
    return shape;
}

Tally simpy_or_exit(const CommandPath& path) {
    const sim::Result<Tally> tally = run_simpy(path);
    if (!tally) {
        fmt::print(stderr, "bench: {}\n", tally.error());
        std::exit(4);
    }
    return tally.value();
}

/// SimPy does in 0.05 s of simulated time what takes it seconds; the simulator would be over before
/// its caches are warm. So each runs as long as it needs for a rate, and the short run is the same
/// on all sides.
Row simpy_row(const Shape& shape, bool quick) {
    const CommandPath brief =
        make_command_path(lasting(shape, quick ? ps_per_second / 50 : ps_per_second / 20));
    const CommandPath lengthy =
        make_command_path(lasting(shape, quick ? ps_per_second / 4 : 3 * ps_per_second));
    LMSIM_ASSERT(same_run(in_child([&] { return run_simulated(brief); }),
                          in_child([&] { return run_plain(brief); })));
    const Tally expected = in_child([&] { return run_simulated(brief); });
    std::vector<double> ours;
    std::vector<double> ratios;
    for (int round = 0; round < (quick ? 1 : 3); ++round) {
        const Tally theirs = simpy_or_exit(brief);
        LMSIM_ASSERT(same_run(expected, theirs));
        ours.push_back(rate(in_child([&] { return run_simulated(lengthy); })));
        ratios.push_back(ours.back() / rate(theirs));
        fmt::print(stderr, "simpy, {}: {:.0f} against {:.0f} commands/s\n", brief.name, ours.back(),
                   rate(theirs));
    }
    Row row = compared({"exact and SimPy, " + brief.name, median(ours), "commands/s",
                        median(ours) / median(ratios)});
    row.against = "SimPy";
    row.aim = {Aim::Of::Ratio, 30, 60};
    return row;
}

}  // namespace

void measure_systemc(Rows& rows, bool quick) {
    for (const Shape& shape : systemc_points) {
        const CommandPath path =
            make_command_path(lasting(shape, quick ? ps_per_second / 4 : 3 * ps_per_second / 2));
        Row row = alternate(path, "exact and SystemC", quick ? 1 : 5, run_simulated, run_systemc);
        row.against = "raw SystemC";
        rows.push_back(std::move(row));
    }
}

void measure_simpy(Rows& rows, bool quick) {
    for (const Shape& shape : simpy_points) {
        rows.push_back(simpy_row(shape, quick));
    }
}

}  // namespace lmsim::bench
