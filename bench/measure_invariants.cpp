#include "bench/alternate.hpp"
#include "bench/parts.hpp"

namespace lmsim::bench {

void measure_invariants(Rows& rows, bool quick) {
    for (const std::uint16_t vfs : {std::uint16_t{1}, std::uint16_t{16}}) {
        for (const char* rw : {"randread", "randrw"}) {
            const CommandPath path =
                make_command_path({vfs, 32, rw, quick ? ps_per_second / 4 : ps_per_second});
            Row row = alternate(path, "invariants", quick ? 1 : 5, run_simulated, run_unwatched);
            row.against = "the same without the monitor";
            rows.push_back(std::move(row));
        }
    }
}

}  // namespace lmsim::bench
