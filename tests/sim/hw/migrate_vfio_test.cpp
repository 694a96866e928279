#include "sim/hw/migrate_vfio.hpp"

#include "tests/catch.hpp"
#include "tests/sim/conform/migration/model_calls.hpp"

/// Against a kernel's own: tests/lab/mtty.
namespace lmsim::sim::vfio {

namespace {

/// Fails the calls that write to a data_fd.
class ReadOnlyCalls : public ModelCalls {
  public:
    long write(int, const void*, std::size_t) const override { return -5; }
};

}  // namespace

TEST_CASE("a device of VFIO moves to another by states and data_fd", "[hw]") {
    const ModelCalls from;
    const ModelCalls to;
    const Migration source(ModelCalls::device_fd, from);
    const Migration destination(ModelCalls::device_fd, to);
    const auto report = hw::migrate_vfio(source, destination);
    CHECK(report.error == "");
    CHECK(report.precopy_bytes == ModelCalls::header_bytes);
    CHECK(report.stopcopy_bytes == ModelCalls::body_bytes);
    CHECK(report.moved);
    REQUIRE(report.steps.size() == 8);
    CHECK(report.steps.back().name == "source: reset");
    // Either may be a source or a destination again.
    CHECK(source.state().value == MigState::RUNNING);
    CHECK(destination.state().value == MigState::RUNNING);
    CHECK(hw::migrate_vfio(destination, source).error == "");
    REQUIRE(source.set_state(MigState::STOP));
    CHECK(hw::migrate_vfio(source, destination).error ==
          "the source is in the state STOP; expected RUNNING");
}

TEST_CASE("a source that cannot be reset after its move is told, and the move counts", "[hw]") {
    ModelCalls from;
    from.resets = false;
    const ModelCalls to;
    const Migration source(ModelCalls::device_fd, from);
    const Migration destination(ModelCalls::device_fd, to);
    const auto report = hw::migrate_vfio(source, destination);
    CHECK(report.moved);
    CHECK(report.error == "source: reset: EINVAL; the source stays in STOP");
    CHECK_FALSE(report.source_goes_on);
    CHECK(source.state().value == MigState::STOP);
    CHECK(destination.state().value == MigState::RUNNING);
}

TEST_CASE("where a device of VFIO does not move, the source goes on", "[hw]") {
    const ModelCalls from;
    const ReadOnlyCalls to;
    const Migration source(ModelCalls::device_fd, from);
    const Migration destination(ModelCalls::device_fd, to);
    const auto report = hw::migrate_vfio(source, destination);
    CHECK(report.error == "data in PRE_COPY: EIO");
    CHECK(report.source_goes_on);
    CHECK(source.state().value == MigState::RUNNING);
    CHECK(destination.state().value == MigState::RUNNING);
}

TEST_CASE("a device of VFIO whose move is interrupted goes on, at whatever step", "[hw]") {
    for (int steps = 0; steps < 7; ++steps) {
        const ModelCalls from;
        const ModelCalls to;
        const Migration source(ModelCalls::device_fd, from);
        const Migration destination(ModelCalls::device_fd, to);
        int asked = 0;
        const auto report = hw::migrate_vfio(source, destination, [&] { return asked++ == steps; });
        INFO(steps);
        CHECK(report.error.find(": interrupted") != std::string::npos);
        CHECK_FALSE(report.moved);
        CHECK(report.source_goes_on);
        CHECK(source.state().value == MigState::RUNNING);
        CHECK(destination.state().value == MigState::RUNNING);
    }
}

TEST_CASE("an interruption after the destination runs keeps nothing from being done", "[hw]") {
    const ModelCalls from;
    const ModelCalls to;
    const Migration source(ModelCalls::device_fd, from);
    const Migration destination(ModelCalls::device_fd, to);
    const auto report = hw::migrate_vfio(source, destination, [&] {
        return source.state().value == MigState::STOP &&
               destination.state().value == MigState::RUNNING;
    });
    CHECK(report.moved);
    CHECK(report.error == "");
    CHECK(source.state().value == MigState::RUNNING);
}

}  // namespace lmsim::sim::vfio
