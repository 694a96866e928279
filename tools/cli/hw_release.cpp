#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/bridge/vfio/changes.hpp"
#include "sim/core/schemas.hpp"
#include "tools/cli/complain.hpp"
#include "tools/cli/hw_rig.hpp"
#include "tools/cli/interrupts.hpp"

namespace lmsim::cli {

namespace {

using Json = nlohmann::ordered_json;

struct HwReleaseArguments {
    std::string device;
    bool json = false;
};

int release(const HwReleaseArguments& arguments) {
    const auto bdf = sim::vfio_kernel::pci_address(arguments.device);
    if (!bdf) {
        return complain("hw release", bdf.error(), Environment);
    }
    const sim::vfio_kernel::System system;
    std::vector<std::string> said;
    sim::vfio_kernel::Changes::Limits limits;
    limits.closing = std::chrono::seconds(1);
    const std::string error = sim::vfio_kernel::release(system, bdf.value(), limits, said);
    if (!arguments.json) {
        for (const std::string& words : said) {
            fmt::print("{}: {}\n", bdf.value(), words);
        }
    }
    if (!error.empty()) {
        return complain("hw release", error, Environment);
    }
    const std::string driver = system.driver(bdf.value());
    if (arguments.json) {
        const Json result = {{"schema", sim::schema::HwRelease},
                             {"device", bdf.value()},
                             {"time_base", "wall"},
                             {"done", said},
                             {"driver", driver}};
        fmt::print("{}\n", result.dump(2));
        return Ok;
    }
    fmt::print("{}: {}{}\n", bdf.value(), said.empty() ? "nothing to give back: " : "",
               driver.empty() ? "it has no driver" : fmt::format("the driver {} has it", driver));
    return Ok;
}

}  // namespace

void add_hw_release(CLI::App& hw, int& exit_code) {
    const auto arguments = std::make_shared<HwReleaseArguments>();
    CLI::App* verb =
        hw.add_subcommand("release", "Give the kernel a function back that was left with vfio-pci");
    verb->add_option("device", arguments->device, "its PCI address")->type_name("BDF")->required();
    verb->add_flag("--json", arguments->json, "print what was done as JSON");
    verb->callback([arguments, &exit_code] {
        // It goes on to its end: half of it would be worse.
        catch_interrupts();
        exit_code = release(*arguments);
    });
}

}  // namespace lmsim::cli
