#include "sim/hw/migrate_vfio.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "sim/bridge/vfio/migratable.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/vfio/fake_kernel.hpp"
#include "tests/sim/conform/migration/model_calls.hpp"

/// Against a kernel's own: tests/lab/mtty.
namespace lmsim::sim::vfio_kernel {

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

namespace {

constexpr const char* vf = "0000:01:00.1";

/// Opens whatever is asked for; its file descriptor is the model's.
class OpenContainer : public Container {
  public:
    explicit OpenContainer(std::vector<std::string>& opened) : opened_(opened) {}
    Result<Fd> open_device(const std::string& device, const std::string& vf_token) override {
        opened_.push_back(device + (vf_token.empty() ? "" : " with its token"));
        const Fd any(::open("/dev/null", O_RDWR | O_CLOEXEC));
        return Fd(::fcntl(any.get(), F_DUPFD_CLOEXEC, ModelCalls::device_fd));
    }
    Result<std::uint64_t> unmap(std::uint64_t, std::uint64_t size) override { return size; }
    Access access() const override { return Access::Group; }

  protected:
    bool map_piece(std::uint64_t, std::uint8_t*, std::uint64_t) override { return true; }

  private:
    std::vector<std::string>& opened_;
};

/// A machine with a VF that a VFIO driver has, and what was opened of it.
struct Machine {
    std::shared_ptr<FakeKernel> kernel = std::make_shared<FakeKernel>();
    std::vector<std::string> opened;
    int containers = 0;
    std::string token;

    Machine() {
        kernel->add(vf, "mlx5_vfio_pci", 7, "0x020000");
        kernel->add("0000:01:00.2", "mlx5_vfio_pci", 7, "0x020000");
        kernel->add("0000:01:00.3", "mlx5_vfio_pci", 8, "0x020000");
        kernel->add("0000:01:00.0", "mlx5_core", 6, "0x020000");
        kernel->point(std::string("sys/bus/pci/devices/") + vf + "/physfn", "../0000:01:00.0");
    }
    Result<std::vector<std::unique_ptr<Migratable>>> open(const std::vector<std::string>& devices,
                                                          const Calls& calls) {
        const auto container = [this](Access) -> Result<std::unique_ptr<Container>> {
            ++containers;
            return std::unique_ptr<Container>(new OpenContainer(opened));
        };
        return Migratable::open(devices, {Access::Auto, token, kernel, container, calls});
    }
    /// The only reason; nothing was opened and nothing written.
    std::string refused(const std::string& device = std::string("vfio:") + vf) {
        const auto devices = open({device}, system_calls());
        CHECK(opened.empty());
        CHECK(kernel->log().empty());
        return devices ? "it was not refused" : devices.error();
    }
};

}  // namespace

TEST_CASE("a PCI function moves as the VFIO driver that has it serves it", "[hw]") {
    Machine machine;
    const ModelCalls from;
    const ModelCalls to;
    const auto source = machine.open({"vfio:01:00.1"}, from);
    REQUIRE(source.ok());
    const Migratable& device = *source.value().front();
    CHECK(device.driver() == "mlx5_vfio_pci");
    CHECK(device.name() == "vfio:01:00.1");
    CHECK(device.fd() == ModelCalls::device_fd);
    CHECK(device.cannot_migrate() == "");
    const Migration destination(ModelCalls::device_fd, to);
    CHECK(hw::migrate_vfio(device.migration(), destination).moved);
    CHECK(machine.opened == std::vector<std::string>{vf});
    CHECK(machine.kernel->log().empty());
}

TEST_CASE("functions of one IOMMU group are opened in one container", "[hw]") {
    Machine machine;
    REQUIRE(machine.open({"vfio:01:00.1", "vfio:01:00.2"}, system_calls()).ok());
    CHECK(machine.containers == 1);
    REQUIRE(machine.open({"vfio:01:00.1", "vfio:01:00.3"}, system_calls()).ok());
    CHECK(machine.containers == 3);
    const auto twice = machine.open({"vfio:01:00.1", "vfio:0000:01:00.1"}, system_calls());
    CHECK(twice.error() == "vfio:0000:01:00.1: it is named twice");
}

TEST_CASE("a function whose VFIO driver has no migration is told", "[hw]") {
    Machine machine;
    const auto devices = machine.open({"vfio:01:00.1"}, system_calls());
    REQUIRE(devices.ok());
    const std::string words = devices.value().front()->cannot_migrate();
    CHECK(words.find("vfio:01:00.1: its driver mlx5_vfio_pci has no VFIO migration "
                     "(VFIO_DEVICE_FEATURE_MIGRATION: ENOTTY)") == 0);
}

TEST_CASE("a function that cannot be had as it is is told, and nothing is bound", "[hw]") {
    Machine machine;
    const std::string bdf = vf;
    CHECK(machine.refused("vfio:0000:09:00.0").find("there is no such PCI function") !=
          std::string::npos);
    CHECK(machine.refused("vfio:0000:01:00.0")
              .find("0000:01:00.0: the driver mlx5_core has it, which is none of VFIO's") == 0);
    machine.kernel->add("0000:02:00.0", "", 9);
    CHECK(machine.refused("vfio:0000:02:00.0").find("0000:02:00.0: it has no driver; ") == 0);
    machine.kernel->add("0000:03:00.0", "vfio-pci", 10);
    machine.kernel->add("0000:03:00.1", "nvme", 10);
    CHECK(machine.refused("vfio:0000:03:00.0")
              .find("its IOMMU group 10 can only be taken as a whole, and in it are 0000:03:00.1 "
                    "(nvme)") != std::string::npos);
    machine.kernel->open_group(7);
    CHECK(machine.refused() == bdf + ": somebody else has it, or its group, open (/dev/vfio/7)");
    machine.kernel->close_group(7);
    machine.kernel->forbidden["dev/vfio/7"] = EACCES;
    CHECK(machine.refused() == bdf +
                                   ": /dev/vfio/7: Permission denied; run this as root, or let "
                                   "root give you that file");
}

TEST_CASE("a VF of a PF that VFIO has, too, opens with the PF's token alone", "[hw]") {
    Machine machine;
    machine.kernel->add("0000:01:00.0", "vfio-pci", 6);
    CHECK(machine.refused().find("opens only with the VF token of whoever has the PF") !=
          std::string::npos);
    machine.token = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
    REQUIRE(machine.open({"vfio:01:00.1", "vfio:01:00.3"}, system_calls()).ok());
    CHECK(machine.opened ==
          std::vector<std::string>{std::string(vf) + " with its token", "0000:01:00.3"});
}

}  // namespace lmsim::sim::vfio_kernel
