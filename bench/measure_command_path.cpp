#include "bench/alternate.hpp"
#include "bench/loops.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

namespace {

struct Point {
    Shape shape;
    Aim aim;
};

// A machine that has room for 1 M IOPS: 16 lanes, 32 vCPUs, channels.
constexpr std::uint32_t room = 128;  // of channels; the jobs' rate is the limit
constexpr std::uint32_t limit = 71;  // of channels, which are the limit

std::vector<Point> command_path_points(bool quick) {
    const sim::Ps span = quick ? ps_per_second / 4 : 2 * ps_per_second;
    constexpr Aim aim{Aim::Of::Ratio, 0.6, 0.8};
    std::vector<Point> points{{{16, 32, "randread", span}, aim},
                              {{16, 32, "randrw", span}, aim},
                              {{1, 32, "randread", span}, aim},
                              {{1, 32, "randrw", span}, aim},
                              {{256, 32, "randread", span / 2, 1'000'000, room}, aim}};
    if (!quick) {
        points.push_back({{256, 512, "randread", ps_per_second, 0, limit}, aim});
    }
    return points;
}

}  // namespace

void measure_command_path(Rows& rows, bool quick) {
    for (const Point& point : command_path_points(quick)) {
        Row row = alternate(make_command_path(point.shape), "exact", quick ? 1 : 5, run_simulated,
                            run_plain);
        row.against = "plain C++ loop";
        row.aim = point.aim;
        rows.push_back(std::move(row));
    }
}

}  // namespace lmsim::bench
