#include "model/explore/world/world_system.hpp"

namespace lmsim::explore::world {

std::unique_ptr<PartedSystem> make_free_1(const Settings& settings) {
    return std::make_unique<WorldSystem<1, 1>>(settings);
}

}  // namespace lmsim::explore::world
