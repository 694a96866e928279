#include "tools/cli/hw_rig.hpp"

#include <fmt/format.h>

namespace lmsim::cli {

void add_rig_options(CLI::App& verb, sim::RigRequest& request) {
    verb.add_option("device", request.device,
                    "PCI address of the PF, or of a function alone; or vfio-user:PATH")
        ->type_name("BDF")
        ->required();
    verb.add_option("--vf", request.vfs,
                    "PCI address of a function that is its VF without SR-IOV; may be repeated")
        ->type_name("BDF")
        ->allow_extra_args(false);
}

std::unique_ptr<sim::Rig> open_or_complain(const char* verb, const sim::RigRequest& request) {
    auto rig = sim::open_rig(request);
    if (!rig) {
        fmt::print(stderr, "lmsim hw {}: {}\n", verb, rig.error());
        return nullptr;
    }
    return std::move(rig.value());
}

}  // namespace lmsim::cli
