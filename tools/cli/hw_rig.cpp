#include "tools/cli/hw_rig.hpp"

#include <fmt/format.h>

#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

namespace {

bool kept = false;

}  // namespace

void add_rig_options(CLI::App& verb, sim::RigRequest& request) {
    verb.add_option("device", request.device,
                    "PCI address of the PF, or of a function alone; or vfio-user:PATH")
        ->type_name("BDF")
        ->required();
    verb.add_option("--vf", request.vfs,
                    "PCI address of a function that is its VF without SR-IOV; may be repeated")
        ->type_name("BDF")
        ->allow_extra_args(false);
    verb.add_option("--sriov", request.sriov,
                    "let the PF have so many VFs meanwhile, and drive them too")
        ->type_name("N");
    verb.add_option("--vf-token", request.vf_token,
                    "the UUID with which somebody else has the PF of this VF through VFIO")
        ->type_name("UUID");
}

std::unique_ptr<sim::Rig> open_or_complain(const char* verb, const sim::RigRequest& request) {
    catch_interrupts();
    sim::RigRequest interruptible = request;
    interruptible.interrupted = was_interrupted;
    interruptible.complain = [verb](const std::string& words) {
        fmt::print(stderr, "lmsim hw {}: {}\n", verb, words);
        kept = true;
    };
    auto rig = sim::open_rig(interruptible);
    if (!rig) {
        fmt::print(stderr, "lmsim hw {}: {}\n", verb, rig.error());
        return nullptr;
    }
    return std::move(rig.value());
}

bool not_given_back() { return kept; }

}  // namespace lmsim::cli
