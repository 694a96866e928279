#include <string>

#include "model/assert.hpp"
#include "viz/spin/parts.hpp"

namespace lmsim::viz::spin {
namespace {

using spec::Id;

constexpr std::string_view variables = R"(
#define NONE 0
#define QUEUED 1  /* in the submission queue */
#define FETCHED 2  /* not completed */

byte life = Disabled;
byte migration = Operational;
bool en;  /* CC.EN */
bool shn;  /* CC.SHN is not 00b */
bool owed;  /* the work of CC.EN = 1 waits for a Resume */
byte command;  /* an admin command of the guest */
bool suspend_waits;  /* a Suspend is not completed */
hidden byte taken;  /* no part of the state */

)";

constexpr std::string_view procedures = R"(
/* The controller goes on after a suspension. */
inline awake() {
    if
    :: migration == Operational ->
        owed = false;
        if :: command == QUEUED && life == Ready -> command = FETCHED :: else fi
    :: else
    fi
}
inline level_reset() {
    command = NONE; owed = false;
    if
    :: CLR_ENDS_SUSPENSION -> migration_CLR(); suspend_waits = false
    :: !CLR_ENDS_SUSPENSION && migration == Suspending -> migration_drained(); suspend_waits = false
    :: else
    fi
}
inline function_reset() {
    level_reset(); controller_FLR(); en = false; shn = false
}
inline set_enable(s) {
    en = true; shn = s;
    if
    :: life == ShutDown && s -> skip
    :: else ->
        controller_CC_EN_1();
        if
        :: taken -> owed = migration != Operational && !SUSPENDED_GETS_READY
        :: else
        fi
    fi
}
inline clear_enable(s) {
    en = false; shn = s;
    controller_CC_EN_0();
    if :: taken || life == Disabled -> level_reset() :: else fi
}
inline write_cc(e, s) {
    if
    :: migration == Suspended && !SUSPENDED_TAKES_PROPERTIES -> skip
    :: else ->
        if
        :: e && !en -> set_enable(s)
        :: !e && en -> clear_enable(s)
        :: e == en && s && !shn -> shn = s; controller_CC_SHN()
        :: else -> shn = s
        fi
    fi
}
inline disabled() {
    controller_CSTS_RDY_0();
    if :: shn -> controller_CC_SHN() :: else fi
}
inline submit() {
    if :: migration == Operational -> command = FETCHED :: else -> command = QUEUED fi
}
inline complete() {
    command = NONE;
    if :: migration == Suspending -> migration_drained(); suspend_waits = false :: else fi
}
inline suspend() {
    migration_Suspend();
    if
    :: taken && migration == Suspending && command == FETCHED -> suspend_waits = true
    :: taken && migration == Suspending && command != FETCHED -> migration_drained()
    :: else
    fi
}
/* The state of a controller with this CC; `down`: it was shut down. */
inline commit(e, s, down) {
    command = NONE; owed = false;
    controller_FLR();
    en = e; shn = s;
    if
    :: e ->
        controller_Set_Controller_State();
        if :: down -> controller_CC_SHN(); controller_CSTS_SHST_10b() :: else fi
    :: else
    fi
}
inline check() {
    assert(migration != Suspended || command != FETCHED);
    assert(suspend_waits == (migration == Suspending));
    assert(!owed || (life == Enabling && migration != Operational))
}
)";

constexpr std::string_view properties = R"(
#ifdef LIVENESS
/* Under weak fairness (-f): the controller gets to work. */
ltl suspend_ends { [] (suspend_waits -> <> !suspend_waits) }
#endif
)";

std::string guest() {
    std::string text = "\nactive proctype guest() {\nend:\n    do\n";
    for (const char* cc : {"false, false", "false, true", "true, false", "true, true"}) {
        text += option("true", "write_cc(" + std::string(cc) + ")", "CC.EN, CC.SHN");
    }
    text += option("true", "function_reset()", "FLR");
    text += option("life == Ready && command == NONE", "submit()", "the tail doorbell");
    return text + "    od\n}\n";
}

std::string controller() {
    std::string text = "\nactive proctype controller() {\nend:\n    do\n";
    text += option("life == Enabling && !owed", "controller_CSTS_RDY_1()");
    text += option("life == Disabling", "disabled()");
    text += option("life == ShuttingDown", "controller_CSTS_SHST_10b()");
    text += option("command == FETCHED", "complete()");
    return text + "    od\n}\n";
}

std::string manager() {
    std::string text = "\nactive proctype manager() {\nend:\n    do\n";
    text += option("migration != Suspending", "suspend()", "Migration Send: Suspend");
    text += option("suspend_waits", "suspend_waits = false; migration_Abort(); awake()",
                   "Abort of that Suspend");
    text +=
        option("migration == Suspended", "migration_Resume(); if :: taken -> awake() :: else fi",
               "Migration Send: Resume");
    for (const char* state : {"false, false, false", "true, false, false", "true, true, true"}) {
        text += option("migration == Suspended", "commit(" + std::string(state) + ")",
                       "Set Controller State, to its commit");
    }
    return text + "    od\n}\n";
}

}  // namespace

std::string controller_model(const Dialect& dialect) {
    const MachineInfo* life = find_machine("controller");
    const MachineInfo* migration = find_machine("migration");
    LMSIM_ASSERT(life != nullptr && migration != nullptr);
    const spec::Rules& rules = dialect.rules;
    std::string text =
        head("A migratable controller: its life, and suspend and resume", "controller", dialect);
    text += state_numbers(*life) + state_numbers(*migration);
    text +=
        define("CLR_ENDS_SUSPENSION", rules.value(Id::McResetEndsSuspension) != 0, "LM-SUSP-13");
    text += define("SUSPENDED_GETS_READY", rules.value(Id::SuspendedEnableGetsReady) != 0,
                   "LM-SUSP-11");
    text +=
        define("SUSPENDED_TAKES_PROPERTIES", rules.on(Id::SuspendPropertiesNormal), "LM-SUSP-09");
    text += variables;
    text += take_events(*life, dialect, "life");
    text += take_events(*migration, dialect, "migration");
    text += procedures;
    text += guest();
    text += controller();
    text += manager();
    text += properties;
    return text;
}

}  // namespace lmsim::viz::spin
