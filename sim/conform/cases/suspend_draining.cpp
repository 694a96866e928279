#include "sim/conform/cases/cases.hpp"

/// Suspend while a completion of the MC waits for room in its queue: nobody fetches or finishes
/// anything for whoever stopped the guest's processors first.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

/// The host frees entries of completion queue 1: its head is now there.
Step ring(std::uint32_t head) {
    Step step = simple(StepKind::Write, "mc");
    step.at = reg::cq_doorbell(1);
    step.fields = {raw("head of the completion queue", {0, 32}, head)};
    return step;
}

Step entry(std::uint64_t slot) {
    return check("cq", slot * 16, {field(Id::CqePhase, 1), field(Id::CqeSqid, 1)});
}

/// Two reads and room for one completion; then the Suspend, as "suspend".
Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft("Suspend", "suspend.cq-full" + id, title, rows);
    const auto read = [](const char* name) { return io(Id::OpcodeNvmRead, "block").runs_on(name); };
    return draft.row(Id::CqFullHoldsCompletions)
        .buffer("data", page_size)
        .buffer("block", page_size, "mc")
        .buffer("cq", page_size, "mc")  // where the driver does not look
        .mc_enabled()
        .steps({create_cq("mc", 1).set("PRP1", spec::bytes(24, 31), "cq").set(Id::QueueQsize, 1),
                create_sq("mc", 1), read("first"), read("second"), entry(0),
                suspend().runs_on("suspend")});
}

Step await_one_of(const char* tag, std::initializer_list<Id> conditions) {
    Step step = await("mmc", tag, success());
    for (const Id condition : conditions) {
        step.answer.statuses.push_back(oracle().status(condition));
    }
    return step;
}

}  // namespace

void add_suspend_draining(List& list) {
    constexpr std::uint64_t header = 48;
    constexpr std::uint64_t cq_at = 80;
    list.push_back(
        begin("", "A Suspend ends when each fetched command has its completion queued",
              {Id::SuspendFinishesFetched, Id::SuspendCompletesAfterDrain})
            .steps({silent("mmc", "suspend"), expects_suspended(false, "data"), ring(1), entry(1),
                    await("mmc", "suspend", success()), expects_suspended(true, "data"),
                    get_state("data", 0, header + 56).set(Id::GetStateCsvi, "formats.csvi")})
            .step(check(
                "data", cq_at,
                {field(Id::CqStateHp, 1), field(Id::CqStateTp, 0), field(Id::CqStateS0pt, 1)}))
            .need("formats.csvi", 1, "version 0 of the state is not in CNS 20h")
            .done());
    list.push_back(begin("-abort", "A Suspend that waits can be aborted, or ends later",
                         {Id::SuspendAborted, Id::AbortCid})
                       .steps({abort(0, "suspend.cid"), ring(1),
                               await_one_of("suspend", {Id::SuspendAborted})})
                       .done());
    list.push_back(begin("-twice",
                         "A second Suspend while the first one waits is refused, or "
                         "waits as well",
                         {Id::SuspendWhileDraining})
                       .steps({suspend().runs_on("again"), silent("mmc", "suspend"), ring(1),
                               await("mmc", "suspend", success()),
                               await_one_of("again", {Id::SuspendWhileDraining}),
                               expects_suspended(true, "data")})
                       .done());
    list.push_back(begin("-reset", "A Suspend that waits ends when its MC is reset",
                         {Id::SuspendOutrunByReset, Id::McResetEndsSuspension})
                       .steps({silent("mmc", "suspend"), simple(StepKind::Disable, "mc"),
                               await_one_of("suspend", {Id::SuspendOutrunByReset}),
                               expects_suspended(false, "data")})
                       .done());
}

}  // namespace lmsim::sim::conform::cases
