#include "model/vfio/machine.hpp"
#include "tests/model/arc_cover.hpp"
#include "tests/model/vfio/rig.hpp"

using namespace lmsim;
using namespace lmsim::vfio;

TEST_CASE("every row of the device migration machine is taken", "[vfio][arcs]") {
    tests::ArcCover cover;
    for (const std::uint8_t flags : {1, 3, 5, 7}) {
        for (std::uint32_t from = 0; from < state_count; ++from) {
            for (std::uint32_t to = 0; to < state_count; ++to) {
                Rig rig(flags);
                rig.effects.watcher = &cover;
                rig.set(static_cast<MigState>(from));
                rig.set(static_cast<MigState>(to));
                // From there one arc fails for good, then the device is reset.
                if (!rig.step(set_state(static_cast<MigState>(from)))) {
                    rig.step(arc_done(rig.device.hop, Errno::Io, true));
                }
                rig.step(reset());
                CHECK(rig.device.state == MigState::RUNNING);
            }
            Rig rig(flags);
            rig.effects.watcher = &cover;
            rig.set(static_cast<MigState>(from));
            rig.step(reset());
        }
    }
    CHECK(cover.missing(arcs()) == "");
    CHECK(tests::alike(arcs()) == "");
}
