#include "tools/cli/hw_compare_vfio.hpp"

#include <fmt/format.h>

#include "sim/bridge/vfio/mdev.hpp"
#include "sim/conform/migration/compare.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

int compare_vfio(const VfioCompare& request) {
    namespace migration = sim::conform::migration;
    const auto device = sim::vfio::Mdev::open(request.device, request.access);
    if (!device) {
        fmt::print(stderr, "lmsim hw compare: {}\n", device.error());
        return Environment;
    }
    // A device that is left in the midst keeps its state: nobody resets it when it is closed.
    catch_interrupts();
    const auto result = migration::compare(device.value()->migration(), device.value()->name(),
                                           device.value()->driver(), {}, was_interrupted);
    // Without a stream there was nothing to compare: a device that does not migrate.
    if (!result.error.empty() && result.steps.empty()) {
        fmt::print(stderr, "lmsim hw compare: {}\n", result.error);
        return Environment;
    }
    fmt::print("{}", request.json ? migration::comparison_json(result)
                                  : migration::comparison_text(result, request.all));
    if (!result.error.empty()) {
        fmt::print(stderr, "lmsim hw compare: {}\n", result.error);
    }
    return result.passed() ? Ok : Failed;
}

}  // namespace lmsim::cli
