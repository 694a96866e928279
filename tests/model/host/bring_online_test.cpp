#include "model/host/bring_online.hpp"

#include "model/host/pf_submit.hpp"
#include "model/host/vfio_nvme.hpp"
#include "model/wire/vendor_area.hpp"
#include "tests/catch.hpp"

using namespace lmsim;
using namespace lmsim::host;
using spec::Id;
using spec::Rules;

TEST_CASE("private resources: a VF is brought online by one command (HO-VIRT-01)") {
    const Rules rules;
    const OnlinePlan plan = plan_online({}, 4);
    REQUIRE(online_commands(plan) == 1);
    const wire::Sqe sqe = online_command(plan, 0, 7, rules);
    CHECK(sqe.opcode == 0x1C);
    CHECK(sqe.cdw10 == 0x0007'0009);
    wire::SecondaryController entry;
    CHECK(needs_online(entry, rules));
    entry.online = true;
    CHECK_FALSE(needs_online(entry, rules));
}

TEST_CASE("flexible resources are shared out first, what the primary has left alone") {
    const Rules rules;
    const wire::PrimaryCapabilities caps{0, 0, {true, 20, 0, 4, 5, 5, 1}, {true, 9, 0, 0, 5, 8, 1}};
    const OnlinePlan plan = plan_online(caps, 4);
    CHECK(plan.vqs == 4);
    CHECK(plan.vis == 2);
    CHECK(plan_online(caps, 1).vqs == 5);  // VQFRSM
    CHECK(plan_online(caps, 1).vis == 8);
    CHECK(plan_online(caps, 0).vqs == 0);
    const wire::PrimaryCapabilities in_threes{
        0, 0, {true, 20, 0, 0, 5, 8, 3}, {true, 8, 0, 0, 5, 8, 3}};
    CHECK(plan_online(in_threes, 4).vqs == 3);
    CHECK(plan_online(in_threes, 4).vis == 2);  // fewer than VIGRAN: better than none
    REQUIRE(online_commands(plan) == 3);
    const std::uint32_t cdw10[] = {0x0002'0008, 0x0002'0108, 0x0002'0009};
    const std::uint32_t cdw11[] = {4, 2, 0};
    for (std::uint32_t i = 0; i < 3; ++i) {
        CHECK(online_command(plan, i, 2, rules).cdw10 == cdw10[i]);
        CHECK(online_command(plan, i, 2, rules).cdw11 == cdw11[i]);
    }
    const OnlinePlan vectors{0, 3};
    REQUIRE(online_commands(vectors) == 2);
    CHECK(online_command(vectors, 0, 2, rules).cdw10 == 0x0002'0108);
    CHECK(online_command(vectors, 1, 2, rules).cdw10 == 0x0002'0009);
    const OnlinePlan queues{2, 0};
    REQUIRE(online_commands(queues) == 2);
    CHECK(online_command(queues, 0, 2, rules).cdw10 == 0x0002'0008);
    CHECK(online_command(queues, 1, 2, rules).cdw10 == 0x0002'0009);
}

TEST_CASE("the VF's own CNTLID names it, not the PF's (HO-MIG-01)") {
    Rules rules;
    wire::SecondaryController entry;
    entry.scid = 9;
    entry.pcid = 1;
    entry.vfn = 3;
    CHECK(cntlid_of(entry, rules) == 9);
    rules.set_on(Id::HostUsesCntlidOfVf, false);
    CHECK(cntlid_of(entry, rules) == 1);
}

TEST_CASE("versions and UUIDs are looked up, wherever they stand (HO-MIG-04)") {
    Rules rules;
    std::uint8_t page[wire::identify_size];
    const std::uint16_t versions[] = {1, 0};
    const wire::Uuid uuids[] = {wire::Uuid{1}, wire::Uuid{2}, wire::vendor_area_uuid};
    const auto formats = [&](std::uint8_t versions_listed, std::uint8_t uuids_listed) {
        REQUIRE(wire::encode_state_formats(versions, versions_listed, uuids, uuids_listed, page,
                                           rules));
        return *wire::StateFormatsView::parse(page, sizeof page, rules);
    };
    VfioNvme flow;
    choose_formats(flow, formats(2, 3), rules);
    CHECK(flow.csvi == 2);
    CHECK(flow.csuuidi == 3);
    choose_formats(flow, formats(1, 2), rules);  // neither is known here
    CHECK(flow.csvi == 0);
    CHECK(flow.csuuidi == 0);
    rules.set_on(Id::HostSearchesVersion, false);
    choose_formats(flow, formats(2, 3), rules);
    CHECK(flow.csvi == 1);
    CHECK(flow.csuuidi == 1);
}

TEST_CASE("tags are kept for AERs, one is left for commands (HO-ADM-01)") {
    Rules rules;
    CHECK(tags_for_aers(32, 4, rules) == 4);
    CHECK(tags_for_aers(4, 4, rules) == 3);
    CHECK(tags_for_aers(2, 1, rules) == 1);
    rules.set_on(Id::HostReservesAerTags, false);
    CHECK(tags_for_aers(32, 4, rules) == 0);
    // Without any an AER takes a tag as everybody does.
    ProofPfQueue queue;
    queue.depth = 2;
    PfEvent event;
    event.kind = PfEvent::Kind::SubmitAer;
    event.owner = 5;
    Effects effects;
    step(queue, event, 1'000, effects);
    REQUIRE(effects.size() == 1);  // and no timer
    CHECK(effects[0].kind == EffectKind::Submit);
    CHECK(effects[0].token == 0);
}

TEST_CASE("an AER that an event used up is submitted again (HO-ADM-02)") {
    Rules rules;
    CHECK(resubmits_aer(PfError::None, rules));
    for (const PfError error : {PfError::Again, PfError::TimedOut, PfError::Reset}) {
        CHECK_FALSE(resubmits_aer(error, rules));
    }
    rules.set_on(Id::HostResubmitsAer, false);
    CHECK_FALSE(resubmits_aer(PfError::None, rules));
}
