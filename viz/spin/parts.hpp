#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/spec/rules.hpp"
#include "viz/diagram/machines.hpp"
#include "viz/diagram/state_diagram.hpp"

// Pieces of Promela that the models share; nobody outside viz/spin includes it.
namespace lmsim::viz::spin {

/// A name as Promela takes it: letters, digits and underscores ("CSTS.RDY=1": CSTS_RDY_1).
std::string identifier(std::string_view name);

/// The comment that begins a file.
std::string head(std::string_view what, std::string_view name, const Dialect& dialect);

/// `#define NAME code` for each state of the table, in the order of the bytes.
std::string state_numbers(const MachineInfo& machine);

/// Which rows an inline has.
struct EventRows {
    std::string name;      // of the inline
    std::string variable;  // the byte that moves
    std::function<bool(const fsm::Arc&)> wanted;
    std::string asks{};  // the byte that names the target, where the event does not say it
};

/// An inline that takes the first row whose source is the state, and says in `taken` whether there
/// was one. A row's action is the inline of its name.
std::string take_rows(const MachineInfo& machine, const Dialect& dialect, const EventRows& event);

/// take_rows() for each event of the table, called MACHINE_EVENT, on a byte with that name.
std::string take_events(const MachineInfo& machine, const Dialect& dialect,
                        const std::string& variable);

/// One line of a process: `guard -> body` as a step that nothing interrupts.
std::string option(std::string_view guard, std::string_view body, std::string_view comment = "");

/// "1" or "0" for a #define.
std::string define(std::string_view name, bool value, std::string_view comment);

// The models.
std::string vfio_model(const MachineInfo& machine, const Dialect& dialect);
std::string controller_model(const Dialect& dialect);
std::string table_model(const MachineInfo& machine, const Dialect& dialect);

}  // namespace lmsim::viz::spin
