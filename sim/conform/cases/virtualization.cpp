#include <fmt/format.h>

#include "sim/conform/cases/state_image.hpp"

/// Secondary controllers online and offline.
namespace lmsim::sim::conform::cases {

using spec::Id;

namespace {

Command manage(Id action, Value cntlid = "mc.cntlid") {
    Command command(Id::OpcodeAdminVirtualization);
    return command.set(Id::VirtualizationAct, oracle().value(action))
        .set(Id::VirtualizationCntlid, std::move(cntlid));
}

Command offline() { return manage(Id::ActSecondaryOffline); }

/// Resources, which an MC whose own are private does not need.
Command assign(Id type, Value number) {
    return manage(Id::ActSecondaryAssign)
        .set(Id::VirtualizationRt, oracle().value(type))
        .set(Id::VirtualizationNr, std::move(number))
        .or_with(oracle().status(Id::StatusInvalidResourceId));
}

Draft& online(Draft& draft) {
    return draft.steps({assign(Id::ResourceVq, "mc.nvq"), assign(Id::ResourceVi, "mc.nvi"),
                        manage(Id::ActSecondaryOnline)});
}

Draft begin(const std::string& id, const std::string& title, std::initializer_list<Id> rows = {},
            bool enabled = false) {
    Draft draft("Virtualization", "virtual." + id, title, rows);
    draft.need("mmc.oacs.virtualization", 1, "OACS offers no Virtualization Management")
        .buffer("data", page_size);
    return enabled ? draft.mc_enabled() : draft;
}

/// With a state of a controller without queues to set.
Draft with_state(const std::string& id, const std::string& title, std::initializer_list<Id> rows) {
    Draft draft("Virtualization", "virtual." + id, title, rows);
    need_set_state(draft);
    draft.need("mmc.oacs.virtualization", 1, "OACS offers no Virtualization Management");
    store_empty_state(draft);
    return draft;
}

/// What the Secondary Controller list says of the MC.
Draft& expect_online(Draft& draft, int is_online) {
    return draft
        .step(identify(Id::CnsSecondaryControllers, "data").set(Id::IdentifyCntid, "mc.cntlid"))
        .step(check("data", oracle().value(Id::SecondaryHeaderSize),
                    {field(Id::SecondaryScid, "mc.cntlid"), field(Id::SecondaryOls, is_online)}));
}

void add_conditions(List& list) {
    for (const std::uint32_t action : {0U, 2U, 6U, 0xaU, 0xfU}) {
        list.push_back(begin(fmt::format("act-{:x}", action), "A reserved ACT")
                           .refused(offline()
                                        .set(Id::VirtualizationAct, action)
                                        .ends(Id::VirtualizationActReserved))
                           .done());
    }
    for (const std::uint32_t type : {2U, 7U}) {
        list.push_back(begin(fmt::format("rt-{}", type), "A reserved RT")
                           .step(offline())
                           .step(assign(Id::ResourceVq, 2)
                                     .set(Id::VirtualizationRt, type)
                                     .ends(Id::VirtualizationRtReserved))
                           .done());
    }
    for (const Id action :
         {Id::ActSecondaryOffline, Id::ActSecondaryAssign, Id::ActSecondaryOnline}) {
        for (const char* cntlid : {"unknown.cntlid", "mmc.cntlid"}) {
            list.push_back(begin(fmt::format("act-{}-{}", oracle().value(action),
                                             cntlid[0] == 'u' ? "unknown-cntlid" : "own-cntlid"),
                                 "A CNTLID that is no secondary controller")
                               .refused(manage(action, cntlid).ends(Id::NotASecondary))
                               .done());
        }
    }
    list.push_back(begin("flexible-of-mc", "ACT 1h with the CNTLID of a secondary controller")
                       .refused(manage(Id::ActPrimaryFlexible).ends(Id::FlexibleNotThisPrimary))
                       .done());
    list.push_back(begin("assign-online", "Assigning resources to an online controller",
                         {Id::ActSecondaryAssign})
                       .refused(assign(Id::ResourceVq, 2)
                                    .ends(Id::AssignWhileOnline)
                                    .or_with(oracle().status(Id::StatusInvalidResourceId)))
                       .done());
    const struct {
        const char* id;
        std::uint64_t number;
        Id condition;
    } counts[] = {{"assign-one", 1, Id::ResourcesBelowMinimum},
                  {"assign-ffff", 0xffff, Id::ResourcesBeyondMaximum}};
    for (const auto& each : counts) {
        list.push_back(begin(each.id, "A number of VQ resources that cannot be", {Id::ResourceVq})
                           .step(offline())
                           .step(assign(Id::ResourceVq, each.number)
                                     .ends(each.condition)
                                     .or_with(oracle().status(Id::ResourcesTaken)))
                           .done());
    }
    list.push_back(begin("online-bare", "Online without resources", {Id::ActSecondaryOnline})
                       .need("mmc.vq.flexible", 1, "VQ Resources of the MCs are private")
                       .step(offline())
                       .refused(manage(Id::ActSecondaryOnline).ends(Id::OnlineWithoutQueues))
                       .done());
    list.push_back(begin("sent-to-mc", "Virtualization Management sent to an MC", {}, true)
                       .refused(manage(Id::ActSecondaryOffline, "mc2.cntlid")
                                    .to("mc")
                                    .ends(Id::VirtualizationToSecondary))
                       .done());
    list.push_back(begin("list-of-mc", "The Secondary Controller list asked of an MC", {}, true)
                       .buffer("mc-data", page_size, "mc")
                       .step(identify(Id::CnsSecondaryControllers, "mc-data")
                                 .to("mc")
                                 .ends(Id::PrimaryCapabilitiesOfSecondary))
                       .done());
}

void add_states(List& list) {
    Draft there = begin("offline-online", "A controller goes offline, and online again",
                        {Id::ActSecondaryOffline, Id::ActSecondaryOnline}, true);
    expect_online(there, 1).step(offline());
    expect_online(there, 0);
    online(there);
    expect_online(there, 1).step(simple(StepKind::Enable, "mc"));
    list.push_back(there.step(get_features(Id::FeatureNumberOfQueues).to("mc")).done());
    Step fatal = simple(StepKind::Read, "mc");
    fatal.at = reg::CSTS;
    fatal.fields = {raw("CSTS.CFS", {1, 1}, 1), raw("CSTS.RDY", {0, 1}, 0)};
    list.push_back(begin("offline-fatal", "An offline controller shows CSTS.CFS = 1",
                         {Id::OfflineShowsFatal}, true)
                       .steps({offline(), fatal})
                       .done());
    list.push_back(begin("offline-twice", "Offline of an offline controller is no error",
                         {Id::ActSecondaryOffline})
                       .steps({offline(), offline()})
                       .done());
    Draft reset = begin("primary-reset", "A reset of the PF takes the secondaries offline",
                        {Id::PrimaryResetTakesOffline}, true);
    reset.steps({simple(StepKind::Reset, "mmc"), simple(StepKind::Enable, "mmc")});
    list.push_back(expect_online(reset, 0).done());
    Draft disabled =
        begin("primary-disabled", "A PF that is disabled takes its secondaries offline",
              {Id::PrimaryResetTakesOffline}, true);
    disabled.steps({simple(StepKind::Disable, "mmc"), simple(StepKind::Enable, "mmc")});
    list.push_back(expect_online(disabled, 0).done());
}

void add_state_of_offline(List& list) {
    list.push_back(with_state("set-state", "Set Controller State of an offline controller",
                              {Id::SetStateWhileOffline})
                       .steps({offline(), set_state(seqind_only(), "state", 0, empty_state)})
                       .done());
    list.push_back(
        with_state("set-state-online",
                   "The same of an online one, neither enabled nor "
                   "suspended",
                   {Id::SetStateWhileOffline, Id::SetStateWrongState})
            .step(set_state(seqind_only(), "state", 0, empty_state).ends(Id::SetStateWrongState))
            .done());
    list.push_back(with_state("get-state", "Get Controller State of an offline controller",
                              {Id::GetStateAnytime})
                       .steps({offline(), get_state("data", 0, state_header)})
                       .done());
}

}  // namespace

void add_virtualization(List& list) {
    add_conditions(list);
    add_states(list);
    add_state_of_offline(list);
}

}  // namespace lmsim::sim::conform::cases
