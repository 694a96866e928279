#include "sim/bridge/vfio/migration.hpp"

#include "sim/bridge/vfio/migration_features.hpp"
#include "tests/catch.hpp"
#include "tests/sim/conform/migration/model_calls.hpp"

/// Against a kernel's own: tests/lab/mtty.
namespace lmsim::sim::vfio_kernel {

namespace {

constexpr std::size_t stream_bytes = ModelCalls::header_bytes + ModelCalls::body_bytes;

}  // namespace

TEST_CASE("a device moves to another through states and data_fd") {
    const ModelCalls from;
    const ModelCalls to;
    const Migration source(ModelCalls::device_fd, from);
    const Migration destination(ModelCalls::device_fd, to);
    REQUIRE(source.flags());
    CHECK(source.flags().value == lmsim::vfio::all_mig_flags);
    CHECK(source.data_size().value == stream_bytes);

    const auto saving = source.set_state(MigState::PRE_COPY);
    const auto resuming = destination.set_state(MigState::RESUMING);
    REQUIRE(saving);
    REQUIRE(resuming);
    const auto info = source.precopy_info(saving.value);
    CHECK(info);
    CHECK(info.value.initial_bytes == ModelCalls::header_bytes);
    CHECK_FALSE(info.value.reinit);
    std::vector<std::uint8_t> stream;
    // ENOMSG: nothing for now.
    CHECK(source.read_all(saving.value, stream) == Errno::Ok);
    CHECK(stream.size() == ModelCalls::header_bytes);
    CHECK(source.set_state(MigState::STOP_COPY).value == -1);
    CHECK(source.read_all(saving.value, stream) == Errno::Ok);
    CHECK(stream.size() == stream_bytes);

    CHECK(destination.write_all(resuming.value, stream.data(), stream.size()) == Errno::Ok);
    CHECK(destination.set_state(MigState::RUNNING).error == Errno::Ok);
    CHECK(destination.state().value == MigState::RUNNING);
    CHECK(source.set_state(MigState::STOP).error == Errno::Ok);
    CHECK(source.read_all(saving.value, stream) == Errno::NoDevice);
    CHECK(from.close(saving.value) == 0);
    CHECK(to.close(resuming.value) == 0);
}

TEST_CASE("errors of a device are the kernel's, by their names") {
    const ModelCalls calls;
    const Migration device(ModelCalls::device_fd, calls);
    const auto refused = device.set_state(8);
    CHECK(refused.error == Errno::Invalid);
    CHECK(refused.value == -1);
    CHECK(device.log_start(4096, {}).error == Errno::Invalid);
    CHECK(device.log_stop() == Errno::Ok);
    CHECK(device.log_start(4096, {{0, 8192}}).error == Errno::Ok);
    std::vector<std::uint64_t> bitmap;
    CHECK(device.log_report(0, 8192, 4096, bitmap) == Errno::Ok);
    CHECK(device.log_report(0, 8192, 2048, bitmap) == Errno::Invalid);
    CHECK(device.enable_precopy_info_v2() == Errno::Ok);
    CHECK(device.precopy_info(-1).error == Errno::BadFd);
    CHECK(errno_name(Errno::Ok) == "OK");
    CHECK(errno_name(Errno::Invalid) == "EINVAL");
    // One that the model never answers with.
    CHECK(errno_name(static_cast<Errno>(95)) == "EOPNOTSUPP");
    CHECK(errno_name(static_cast<Errno>(9999)) == "errno 9999");
}

TEST_CASE("what a device has of VFIO's migration is told in words") {
    const ModelCalls calls(lmsim::vfio::STOP_COPY_FLAG | lmsim::vfio::PRE_COPY_FLAG, false);
    const auto features = look_at_features(Migration(ModelCalls::device_fd, calls));
    REQUIRE(features.size() == 7);
    CHECK(features[0].name == "MIGRATION");
    CHECK(features[0].words == "STOP_COPY, PRE_COPY");
    CHECK(features[1].words == "RUNNING");
    CHECK(features[2].words == "60 bytes");
    CHECK(features[3].has);
    for (std::size_t i = 4; i < features.size(); ++i) {
        CHECK_FALSE(features[i].has);
        CHECK(features[i].words == "ENOTTY");
    }
    CHECK(flag_words(0) == "none");
}

}  // namespace lmsim::sim::vfio_kernel
