// Each version of QEMU: a failure of any call and a cancel at any call leave the VM on one side.
#include <string>

#include "sim/profile/profile.hpp"
#include "tests/model/host/vmm/toy.hpp"

using namespace lmsim;
using namespace lmsim::host::vmm;
using namespace lmsim::host::vmm::test;

namespace {

constexpr const char* versions[] = {"8.2", "10.0", "10.1", "11.1"};

spec::Rules engine(const std::string& version) {
    if (version == "10.1") {
        return spec::Rules();
    }
    const sim::Profile profile = sim::load_profile("qemu-" + version);
    REQUIRE(profile.ok());
    return profile.rules;
}

/// All kinds of migrations that this version knows.
std::vector<Toy> worlds(const std::string& version) {
    std::vector<Toy> list;
    for (const std::uint8_t features :
         {std::uint8_t{vfio::all_mig_flags}, std::uint8_t{vfio::STOP_COPY_FLAG | vfio::P2P_FLAG}}) {
        for (const bool ack : {false, true}) {
            for (const bool threads : {false, true}) {
                if (threads && version == "8.2") {
                    continue;
                }
                Toy toy = world(2, features);
                toy.rules = engine(version);
                toy.dirty_per_ms = 1;
                toy.config.switchover_ack = ack;
                toy.config.device_multifd = threads;
                list.push_back(toy);
            }
        }
    }
    return list;
}

void check_one_side(Toy& toy) {
    REQUIRE(toy.source.control.flow.finished);
    const bool here = toy.vcpus_run();
    CHECK(here != toy.destination_runs());
    CHECK((toy.outcome() == Outcome::Completed) == !here);
    for (int i = 0; i < toy.config.devices; ++i) {
        CHECK((here ? toy.src[i] : toy.dst[i]).state == MigState::RUNNING);
    }
}

std::string name_of(const Seen& one) {
    return std::string(to_string(one.call)) +
           (one.source ? " of the source, device " : " of the destination, device ") +
           std::to_string(one.device);
}

}  // namespace

TEST_CASE("a failure of any call leaves the VM on one side, in each version", "[vmm][versions]") {
    for (const char* version : versions) {
        for (const Toy& fresh : worlds(version)) {
            Toy good = fresh;
            good.run();
            REQUIRE(good.outcome() == Outcome::Completed);
            // From the start of the vCPUs on the destination the VM is there; only SHUT is left,
            // and a loss of that is known to start it on the source, too.
            const int started = good.first(Call::ResumeVcpus, false);
            for (int i = 0; i < started; ++i) {
                Toy toy = fresh;
                toy.fail_call = i;
                toy.run();
                INFO(version << ", call " << i << ": "
                             << name_of(good.calls[static_cast<std::size_t>(i)]));
                check_one_side(toy);
            }
        }
    }
}

TEST_CASE("a cancel at any call leaves the VM on one side, in each version", "[vmm][versions]") {
    for (const char* version : versions) {
        for (const Toy& fresh : worlds(version)) {
            Toy good = fresh;
            good.run();
            const int pause = good.first(Call::PauseVcpus);
            const int started = good.first(Call::ResumeVcpus, false);
            for (int i = 0; i < started; ++i) {
                Toy toy = fresh;
                toy.cancel_at_call = i;
                // In the blackout it acts when all is saved, and then starts the VM on the source,
                // whatever the destination does: a hole of QEMU's (QEMU-CNC-02).
                toy.rules.set_on(spec::Id::VmmCancelTakesBack, i < pause);
                toy.run();
                INFO(version << ", call " << i << ": "
                             << name_of(good.calls[static_cast<std::size_t>(i)]));
                check_one_side(toy);
            }
        }
    }
}
