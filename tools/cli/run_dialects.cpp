#include "tools/cli/run_dialects.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "model/host/rfc/driver_rules.hpp"
#include "sim/run/dialects.hpp"

namespace lmsim::cli {

bool find_dialects(const std::string& directory, std::array<spec::Rules, 2>& dialect) {
    const std::string config = directory + "/config.toml";
    std::error_code ignored;
    if (!std::filesystem::exists(config, ignored)) {
        return true;
    }
    sim::LoadedScenario loaded = sim::load_scenario(config);
    const sim::Dialects dialects = loaded.ok() ? sim::load_dialects(loaded) : sim::Dialects{};
    if (!loaded.ok()) {
        fmt::print(stderr, "{}", loaded.error_text());
        return false;
    }
    for (std::size_t side = 0; side < dialect.size(); ++side) {
        dialect[side] = host::driver_rules(dialects.driver[side]);
    }
    return true;
}

}  // namespace lmsim::cli
