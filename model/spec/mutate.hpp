#pragma once

#include "model/spec/rules.hpp"

namespace lmsim::spec {

/// Changes one row, so that a test which depends on it must fail; each kind has one way:
/// Behaviour, Arc, Condition: off. Defect: on. Switch: the other value. Opcode, Status, Value,
/// Size, Limit: another number. Field, Layout: moved by a bit, a byte or a dword.
void mutate(Rules& rules, Id id);

/// Where mutate() moves a Field or Layout row that stands at `place`.
Place moved(Kind kind, Place place);

}  // namespace lmsim::spec
