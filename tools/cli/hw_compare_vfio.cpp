#include "tools/cli/hw_compare_vfio.hpp"

#include <fmt/format.h>

#include <map>

#include "sim/bridge/vfio/mdev.hpp"
#include "sim/conform/migration/compare.hpp"

namespace lmsim::cli {

int compare_vfio(const VfioCompare& request) {
    namespace migration = sim::conform::migration;
    const auto device = sim::vfio::Mdev::open(request.device, request.access);
    if (!device) {
        fmt::print(stderr, "lmsim hw compare: {}\n", device.error());
        return Environment;
    }
    const auto result = migration::compare(device.value()->migration(), device.value()->name(),
                                           device.value()->driver());
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

void add_access_option(CLI::App& verb, sim::vfio::Access& access) {
    using sim::vfio::Access;
    static const std::map<std::string, Access> names{
        {"auto", Access::Auto}, {"group", Access::Group}, {"cdev", Access::Cdev}};
    verb.add_option("--access", access,
                    "how VFIO gives devices away: group, cdev (iommufd), or auto: by cdev where "
                    "the kernel can")
        ->type_name("WAY")
        ->transform(CLI::CheckedTransformer(names));
}

}  // namespace lmsim::cli
