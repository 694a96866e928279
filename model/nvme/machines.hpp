#pragma once

#include <cstdint>
#include <string_view>

#include "model/arc.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::nvme {

/// The controller between reset and shutdown (CC.EN, CSTS.RDY, CSTS.SHST; NVMe Base 2.3, 3.5, 3.6).
enum class Life : std::uint8_t { Disabled, Enabling, Ready, Disabling, ShuttingDown, ShutDown };
enum class LifeEvent : std::uint8_t {
    SetEnable,
    EnableDone,
    ClearEnable,
    DisableDone,
    Shutdown,
    ShutdownDone,
    FunctionReset,
    CommitState,
};

/// A migratable controller under Migration Send (NVMe Base 2.3, 5.2.17).
enum class Migration : std::uint8_t { Operational, Suspending, Suspended };
enum class MigrationEvent : std::uint8_t { Suspend, Drained, Abort, Resume, LevelReset };

/// Moves the machine's byte as its table says. Returns the arc, nullptr if none takes the event,
/// which changes nothing.
const fsm::Arc* advance(std::uint8_t& life, LifeEvent event, const spec::Rules& rules);
const fsm::Arc* advance(std::uint8_t& migration, MigrationEvent event, const spec::Rules& rules);

std::string_view to_string(Life life);
std::string_view to_string(Migration migration);

/// The tables' arcs, for diagrams and coverage.
fsm::ArcList life_arcs();
fsm::ArcList migration_arcs();

constexpr bool is(std::uint8_t state, Life life) {
    return state == static_cast<std::uint8_t>(life);
}
constexpr bool is(std::uint8_t state, Migration migration) {
    return state == static_cast<std::uint8_t>(migration);
}

}  // namespace lmsim::nvme
