#include "model/explore/world/log_config.hpp"

#include "model/explore/search/liveness.hpp"
#include "tests/catch.hpp"
#include "tests/model/explore/world/small_worlds.hpp"

using namespace lmsim;
using namespace lmsim::explore;
using spec::Id;

namespace {

/// One block, and a VMM that does not give up: tens of thousands of states.
LogConfig small() {
    LogConfig config;
    config.blocks = 1;
    config.abort = false;
    return config;
}

SystemFactory factory(const LogConfig& config, const spec::Rules& rules) {
    return [config, rules] { return make_log_world(config, rules); };
}

std::vector<Counted<LogConfig>> counted() {
    LogConfig dudmq = small();
    dudmq.dudmq = true;
    LogConfig polled = small();
    polled.polled = true;
    polled.contiguous = false;
    LogConfig batched = small();
    batched.entries = 4;
    batched.batch = 2;
    return {{small(), 46'234, 126'144, 63},
            {dudmq, 33'730, 95'576, 62},
            {polled, 42'874, 143'092, 53},
            {batched, 71'334, 195'660, 73}};
}

}  // namespace

TEST_CASE("every change of user data is copied, whatever the order of things", "[explore]") {
    check_counts(factory, counted());
}

TEST_CASE("a suspended VF's log is read to its end in the end", "[explore]") {
    const LivenessReport report = check_liveness(factory(small(), {}), {});
    CHECK(report.complete());
    CHECK_FALSE(report.violation);
    // Without its last entry the host waits until its patience is at an end, which need not be.
    spec::Rules rules;
    rules.set_on(Id::LogSuspendIsLast, false);
    CHECK(check_liveness(factory(small(), rules), {}).violation);
}

TEST_CASE("planted defects of log, queue and host are found", "[explore]") {
    LogConfig again = small();
    again.abort = true;
    LogConfig deleted = again;
    deleted.dudmq = true;
    check_planted(factory, {
                               {Id::HostZeroesCdqp, small(), "INV-CDQ-03"},
                               {Id::HostReleasesConsumed, small(), "INV-CDQ-03"},
                               {Id::HostCopiesWhenLogged, small(), "INV-LOG-01"},
                               {Id::HostRecopiesAfterFull, small(), "INV-LOG-01"},
                               {Id::HostDrainsTail, small(), "INV-LOG-01"},
                               {Id::HostDeletesIdle, again, "INV-CDQ-03"},
                               {Id::CdqPhaseInverts, small(), "INV-CDQ-01"},
                               {Id::CdqOneSlotStaysFree, small(), "INV-CDQ-02"},
                               {Id::LogFullIsLast, small(), "INV-LOG-01"},
                               {Id::LogEveryChange, small(), "INV-LOG-01"},
                               {Id::CdqDeletedOnSuspend, deleted, "INV-LIFE-02"},
                               {Id::UdmqTailRead, small(), "deadlock"},
                               {Id::UdmqDeleted, small(), "deadlock"},
                           });
}

TEST_CASE("each step of a counterexample says what happens", "[explore]") {
    spec::Rules rules;
    rules.set_on(Id::HostDrainsTail, false);
    check_steps(factory(small(), rules), "INV-LOG-01");
}

TEST_CASE("a log that is too large or too small is refused", "[explore]") {
    LogConfig config;
    CHECK(objection(config) == "");
    config.entries = 5;
    CHECK(objection(config) == "entries is 5, expected 2 to 4");
    config = {};
    config.batch = 3;
    CHECK(objection(config) == "batch is 3, expected 1 to 2");
    config = {};
    config.blocks = 4;
    CHECK(objection(config) == "blocks is 4, expected 1 to 3");
    config = {};
    config.commands = 0;
    CHECK(objection(config) == "commands is 0, expected 1 to 2");
}
