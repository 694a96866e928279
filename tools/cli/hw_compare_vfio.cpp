#include "tools/cli/hw_compare_vfio.hpp"

#include <fmt/format.h>

#include "sim/conform/migration/compare.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

int compare_vfio(const VfioCompare& request) {
    namespace migration = sim::conform::migration;
    const auto complain = [](const std::string& words, ExitCode code) {
        fmt::print(stderr, "lmsim hw compare: {}\n", words);
        return code;
    };
    std::string words = sim::vfio_kernel::Migratable::badly_named(request.device);
    if (!words.empty()) {
        return complain(words, Usage);
    }
    const auto opened = sim::vfio_kernel::Migratable::open({request.device}, request.opening);
    if (!opened) {
        return complain(opened.error(), Environment);
    }
    const sim::vfio_kernel::Migratable& device = *opened.value().front();
    words = device.cannot_migrate();
    if (!words.empty()) {
        return complain(words, Environment);
    }
    // A device that is left in the midst may keep its state when it is closed.
    catch_interrupts();
    const auto result =
        migration::compare(device.migration(), device.name(), device.driver(), {}, was_interrupted);
    // Without a stream there was nothing to compare.
    if (!result.error.empty() && result.steps.empty()) {
        return complain(result.error, Environment);
    }
    fmt::print("{}", request.json ? migration::comparison_json(result)
                                  : migration::comparison_text(result, request.all));
    if (!result.error.empty()) {
        complain(result.error, Failed);
    }
    return result.passed() ? Ok : Failed;
}

}  // namespace lmsim::cli
