#pragma once

#include <cstdint>
#include <type_traits>

#include "model/host/lifetimes.hpp"
#include "model/spec/rules.hpp"
#include "model/step.hpp"
#include "model/vfio/errno.hpp"

namespace lmsim::host {

/// What a VFIO driver holds while it saves a state, of one VF: the driver posted in 2025
/// ("vfio-nvme: implement TP4159 live migration cmds"), put right. The commands themselves are
/// VfioNvme's.
struct SavedState {
    enum class Step : std::uint8_t {
        Idle,
        ReadFormats,  // CNS 20h is under way
        ReadHeader,
        ReadState,
        Open,  // the user has the file of the state
    };
    Step step = Step::Idle;
    bool pf_bound = true;
    bool has_state = false;  // the file's pointer to the state is set
};
static_assert(std::is_trivially_copyable_v<SavedState>);

/// What is held, as objects of a ledger.
enum class SavedPart : std::uint8_t { None, PfData, File, Formats, Header, State };
using SavedLedger = Ledger<5>;

/// What happens to a saved state; behind each kind, the members that it uses.
struct SavedEvent {
    enum class Kind : std::uint8_t {
        Begin,   // the arc to STOP_COPY
        Answer,  // well: the command at hand succeeded
        Read,    // the user reads the file
        Close,   // the arc out of STOP_COPY, or the user's close()
        PfGone,  // the PF's driver lets go of it
        PfBack,
    };
    Kind kind = Kind::Begin;
    bool well = true;
};

/// Effects: Submit{token = Step, address = object that the device writes}; Call as Hold says;
/// Reply{token = errno}.
void step(SavedState& saved, const SavedEvent& event, const spec::Rules& rules, Effects& effects);

}  // namespace lmsim::host
