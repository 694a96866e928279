#include <fmt/format.h>

#include "sim/fault/fault_params.hpp"

namespace lmsim::sim {

namespace {

std::string how_text(FaultHow how) {
    switch (how) {
        case FaultHow::Chance: return "at an occasion";
        case FaultHow::Act: return "at a moment";
        case FaultHow::Setup: break;
    }
    return "from the beginning";
}

std::string where_text(FaultPlace place) {
    switch (place) {
        case FaultPlace::Vf: return "host, VF";
        case FaultPlace::Guest: return "`guest.vfN`";
        case FaultPlace::Host: return "host";
        case FaultPlace::Source: return "`source`";
        case FaultPlace::Nowhere: break;
    }
    return "";
}

std::string harm_text(FaultHarm harm) {
    switch (harm) {
        case FaultHarm::Harmless: return "time";
        case FaultHarm::Recovered: return "the migration, commands";
        case FaultHarm::Caught: break;
    }
    return "**data**";
}

constexpr const char* head = R"(# Faults

What goes wrong in a run is part of its scenario:

```toml
[[fault]]
what = "completion.lost"      # its class, see below
where = "source.vf0"          # a host, or a VF of it; without it: wherever it can happen
when = "3rd"                  # the third occasion since the migration began

[[fault]]
what = "vf.reset"
where = "destination.vf0"
when = "destination.vf0 Resume Executed"   # after an effect by its name: docs/explore.md, "Pins"

[[fault]]
what = "msix.lost"
probability = "1%"            # of each occasion

[[fault]]
what = "channel.stall"
when = "2ms"                  # after the migration's begin
length = "50ms"
```

Faults strike from the migration's begin to its end, or for `run.fault_time`. What comes after
(`run.cool_down`, `run.rest`) shows whether all comes to rest: one host runs the VM, each of its VFs
works there, no command is lost. `times` limits how often; `length` and `value` mean what the table
says. Each fault draws from a stream of its own: the same seed gives the same run.

`lmsim run` prints, and `result.json` has in `faults[]`, of each: the occasions on which it could
have struck, how often it did (`injected`), how often somebody then noticed something that it leads
to (`detected`), and whether the run came through (`survived`: all that struck, if nothing was lost
or doubled and no invariant fell, else none).

In runs with faults the guest's drivers do what Linux does about commands that do not come back:
after `vm.io_timeout` they look for the completion, then they reset the controller and submit all
that was under way again. (Linux aborts a command first; a command that the controller has lost
cannot be aborted.)

What a class may cost: *time*; *the migration, commands*: drivers or VMMs have to get over it, and
the migration may be given up; ***data***: a promise of the standard is broken, and if nobody who
takes part can find that, an invariant of `lmsim check` does. `lmsim swarm` draws the first two
kinds, and all must be well in the end ([swarm.md](swarm.md)); the third kind shows that the
invariants see what they are for.

| class | id | happens | where | uses | costs | what | found by | seen in |
|---|---|---|---|---|---|---|---|---|
)";

}  // namespace

std::string fault_docs() {
    std::string out = head;
    for (const FaultClass& one : fault_classes()) {
        const std::string uses = (one.knobs & knob::length) != 0  ? "`length`"
                                 : (one.knobs & knob::value) != 0 ? "`value`"
                                                                  : "";
        out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |\n", one.name, one.id,
                           how_text(one.how), where_text(one.place), uses, harm_text(one.harm),
                           one.what, one.found, one.document);
    }
    return out;
}

}  // namespace lmsim::sim
