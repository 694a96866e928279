#include <fmt/format.h>

#include <string>

#include "model/vfio/machine.hpp"
#include "viz/spin/parts.hpp"

namespace lmsim::viz::spin {
namespace {

using spec::Id;
using vfio::MigState;

std::string name_of(MigState state) { return std::string(to_string(state)); }

constexpr std::string_view vfio_variables = R"(
#define SESSION_NONE 0
#define SESSION_SAVING 1
#define SESSION_RESUMING 2

byte state = RUNNING;
bool walking;  /* a SET is under way: */
byte arc_to;  /* where its arc leads, */
byte target;  /* and the SET */
bool reset_pending;  /* a reset came during the SET */
bool reply_fault;  /* the answer of the SET cannot be written */
byte session;
bool fd_open;  /* the user has not closed its data_fd */
bool ended;  /* its read() has answered 0 */
bool logging;  /* of DMA */
bool precopy_info_v2;
hidden byte hop;  /* these three are no part of the state */
hidden byte taken;
hidden byte opened;

inline begin_saving_session() {
    session = SESSION_SAVING; fd_open = true; ended = false; opened = true
}
inline begin_resuming_session() {
    session = SESSION_RESUMING; fd_open = true; ended = false; opened = true
}
inline end_session() { session = SESSION_NONE; fd_open = false; ended = false }

)";

constexpr std::string_view vfio_procedures = R"(
/* The answer of a SET: a reset that waited comes first. `fd`: it hands out a data_fd. */
inline end_set(fd) {
    walking = false;
    if :: reset_pending -> take_reset() :: else fi;
    if :: fd && reply_fault && TESTS_FAULTS -> fd_open = false :: else fi;
    reset_pending = false; reply_fault = false; arc_to = ERROR; target = ERROR
}
inline set(to, fault) {
    if
    :: to == state -> skip
    :: else ->
        next_hop(to);
        if
        :: hop == ERROR -> skip  /* refused */
        :: else -> walking = true; arc_to = hop; target = to; reply_fault = fault
        fi
    fi
}
inline arc_done() {
    opened = false;
    take_arc();
    if
    :: !taken -> end_set(false)
    :: taken && state == target -> end_set(opened)
    :: taken && state != target && opened && DROPS_FD_ON_THE_WAY ->
        fd_open = false; end_set(false)
    :: else ->
        next_hop(target);
        if :: hop == ERROR -> end_set(false) :: else -> arc_to = hop fi
    fi
}
)";

constexpr std::string_view vfio_properties = R"(
#ifdef LIVENESS
/* Under weak fairness (-f): the driver gets to run. */
ltl set_ends { [] (walking -> <> !walking) }
ltl reset_runs { [] (reset_pending -> <> (state == RUNNING && !walking)) }
#endif
)";

/// One row for each target that a hop serves.
std::string hops(const Dialect& dialect, std::uint8_t flags) {
    std::string text =
        "/* vfio_mig_get_next_state(), computed from the arcs under the path rules */\n"
        "inline next_hop(to) {\n    if\n";
    for (std::uint32_t from = 1; from < vfio::state_count; ++from) {
        for (std::uint32_t hop = 1; hop < vfio::state_count; ++hop) {
            std::string targets;
            for (std::uint32_t to = 1; to < vfio::state_count; ++to) {
                const auto found = vfio::next_state(from, to, flags, dialect.rules);
                if (from != to && found.error == vfio::Errno::Ok &&
                    found.state == static_cast<MigState>(hop)) {
                    targets += fmt::format("{}to == {}", targets.empty() ? "" : " || ",
                                           name_of(static_cast<MigState>(to)));
                }
            }
            if (!targets.empty()) {
                text += fmt::format("    :: state == {} && ({}) -> hop = {}\n",
                                    name_of(static_cast<MigState>(from)), targets,
                                    name_of(static_cast<MigState>(hop)));
            }
        }
    }
    return text + "    :: else -> hop = ERROR\n    fi\n}\n";
}

/// INV: a session is open in the states that have one, and in no other.
std::string assertions(std::uint8_t flags) {
    std::string saving;
    for (std::uint32_t i = 1; i < vfio::state_count; ++i) {
        const auto state = static_cast<MigState>(i);
        if (vfio::is_saving(state) && vfio::supported(state, flags)) {
            saving += fmt::format("{}state == {}", saving.empty() ? "" : " || ", name_of(state));
        }
    }
    return fmt::format(
        "inline check() {{\n"
        "    assert((session == SESSION_SAVING) == ({}));\n"
        "    assert((session == SESSION_RESUMING) == (state == RESUMING));\n"
        "    assert(!ended || state == STOP_COPY);\n"
        "    assert(!fd_open || session != SESSION_NONE);\n"
        "    assert(walking || !reset_pending)\n}}\n",
        saving);
}

std::string user(const spec::Rules& rules, std::uint8_t flags) {
    const std::string idle = rules.on(Id::VfioOneAtATime) ? "!walking" : "true";
    const std::string open = rules.on(Id::VfioFdUnknown) ? " && fd_open" : "";
    std::string text = "\nactive proctype user() {\nend:\n    do\n";
    for (std::uint32_t to = 0; to <= vfio::state_count; ++to) {
        const auto state = static_cast<MigState>(to);
        const bool named = to < vfio::state_count && (to == 0 || vfio::supported(state, flags));
        for (const bool fault : {false, true}) {
            text += option("!walking",
                           fmt::format("set({}, {})", named ? name_of(state) : std::to_string(to),
                                       fault ? "true" : "false"));
        }
    }
    text += option("!walking", "take_reset()", "VFIO_DEVICE_RESET");
    if (rules.on(Id::VfioResetDeferred)) {
        text += option("walking", "reset_pending = true", "the same, during a SET");
    }
    text += option("!walking", "take_reset(); logging = false; precopy_info_v2 = false",
                   "the device is closed");
    text += option("fd_open", "fd_open = false", "close(data_fd)");
    text += option("session == SESSION_SAVING && state == STOP_COPY && !ended" + open,
                   "ended = true", "read(data_fd) answers 0");
    text += option(idle + " && !logging", "logging = true", "DMA_LOGGING_START");
    text += option(idle + " && logging", "logging = false", "DMA_LOGGING_STOP");
    if ((flags & vfio::PRE_COPY_FLAG) != 0 || !rules.on(Id::VfioPrecopyV2NoPrecopy)) {
        text += option("!precopy_info_v2", "precopy_info_v2 = true", "MIG_PRECOPY_INFOv2");
    }
    return text + "    od\n}\n";
}

std::string driver() {
    std::string text = "\nactive proctype driver() {\nend:\n    do\n";
    text += option("walking", "arc_done()");
    text += option("walking", "end_set(false)", "the arc fails and changes nothing");
    text += option("walking", "take_failure(); end_set(false)", "the arc fails beyond repair");
    return text + "    od\n}\n";
}

}  // namespace

std::string vfio_model(const MachineInfo& machine, const Dialect& given) {
    Dialect dialect = given;
    const std::uint8_t flags = given.features.value_or(vfio::all_mig_flags);
    dialect.features = flags;
    const spec::Rules& rules = dialect.rules;
    std::string text =
        head(fmt::format("{}, of a driver with {}", machine.title, feature_names(flags)),
             machine.name(), dialect);
    text += state_numbers(machine);
    text += define("TESTS_FAULTS", rules.on(Id::VfioFeatureFault), "VFIO-FEAT-10");
    text += define("DROPS_FD_ON_THE_WAY", rules.on(Id::VfioSetFdNotLast), "VFIO-SET-04");
    text += vfio_variables;
    text += take_rows(machine, dialect, {"take_reset()", "state", [](const fsm::Arc& arc) {
                                             return arc.event == "VFIO_DEVICE_RESET";
                                         }});
    text += take_rows(machine, dialect, {"take_failure()", "state", [](const fsm::Arc& arc) {
                                             return arc.event == "failure";
                                         }});
    // A driver's arc is asked for by its target.
    text += take_rows(machine, dialect,
                      {"take_arc()", "state",
                       [](const fsm::Arc& arc) { return arc.event == arc.target; }, "arc_to"});
    text += hops(dialect, flags);
    text += vfio_procedures;
    text += assertions(flags);
    text += user(rules, flags);
    text += driver();
    text += vfio_properties;
    return text;
}

}  // namespace lmsim::viz::spin
