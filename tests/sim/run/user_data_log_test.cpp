#include <fmt/format.h>

#include <map>

#include "model/spec/codes.hpp"
#include "tests/catch.hpp"
#include "tests/sim/run/run_child.hpp"
#include "tests/sim/run/small_vm.hpp"

namespace lmsim::tests {

namespace {

using nlohmann::json;
using sim::Ps;
using spec::Id;

/// What the guest changed and what the logs say of it, as the run goes by.
class Ledger : public sim::trace::TraceSink {
  public:
    void command(const sim::trace::CommandRecord& record) override {
        const bool changes = record.opcode == spec::opcode::NvmWrite ||
                             record.opcode == spec::opcode::NvmWriteZeroes;
        if (record.qid != 0 && changes && record.status == 0) {
            changes_.push_back(record);
        }
    }
    void phase(const sim::trace::PhaseRecord& record) override {
        if (record.name == "DirtyLogStart") {
            (record.begin ? asked_ : started_) = record.at;
        }
    }
    void state(const sim::trace::StateRecord& record) override {
        if (record.side == sim::metrics::Side::Source && record.state == "Suspended" &&
            suspended_.count(record.vf) == 0) {
            suspended_[record.vf] = record.at;
        }
    }
    void log(const sim::trace::LogRecord& record) override {
        if (record.what == "range") {
            ++logged_[{record.vf, record.slba, record.blocks}];
            ++entries_;
        }
    }

    /// Changes that are not in the log though they have to be, and entries that nobody caused.
    json judge(std::uint64_t block) const {
        std::map<Range, std::int64_t> must;
        std::map<Range, std::int64_t> may;
        std::uint64_t musts = 0;
        std::uint64_t blocks_before = 0;
        std::uint64_t blocks = 0;
        for (const auto& change : changes_) {
            const Range range{change.vf, change.slba, change.length / block};
            const bool here = change.post <= suspended_.at(change.vf);
            must[range] += here && change.post >= started_ ? 1 : 0;
            may[range] += here && change.post >= asked_ ? 1 : 0;
            musts += here && change.post >= started_ ? 1 : 0;
            blocks += here && change.post >= started_ ? change.length / block : 0;
            blocks_before +=
                here && change.post >= asked_ && change.post < started_ ? change.length / block : 0;
        }
        json verdict{{"must", musts},       {"blocks", blocks}, {"blocks_before", blocks_before},
                     {"entries", entries_}, {"missing", 0},     {"made_up", 0}};
        for (const auto& [range, count] : must) {
            const auto found = logged_.find(range);
            const std::int64_t logged = found == logged_.end() ? 0 : found->second;
            verdict["missing"] = verdict["missing"].get<int>() + (logged < count ? 1 : 0);
        }
        for (const auto& [range, count] : logged_) {
            const auto found = may.find(range);
            const std::int64_t possible = found == may.end() ? 0 : found->second;
            verdict["made_up"] = verdict["made_up"].get<int>() + (count > possible ? 1 : 0);
        }
        return verdict;
    }

  private:
    using Range = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;
    std::vector<sim::trace::CommandRecord> changes_;
    std::map<std::uint32_t, Ps> suspended_;
    std::map<Range, std::int64_t> logged_;
    std::uint64_t entries_ = 0;
    Ps asked_ = 0;
    Ps started_ = 0;
};

Run writers() {
    Run run;
    run.scenario = std::string(small_vm) + R"(
[hosts.both.device]
vfs = 3
queue_pairs = 2
[hosts.both.driver]
log_user_data = true
user_data = { entries = 256, batch = 40 }
)";
    run.jobs = {
        {"[a]\nrw=randrw\nrwmixread=30\nbssplit=4k/70:64k/30\niodepth=8\nsize=64m\n"
         "time_based\nruntime=1h\n",
         {}},
        {"[b]\nrw=randtrim\nbs=16k\nrate_iops=9000\nsize=8m\ntime_based\nruntime=1h\n", {1}}};
    return run;
}

struct Judged {
    json result;
    json log;
    json queues;  // that the source's device has in the end
};

Judged judge(Run run) {
    Ledger ledger;
    run.sink = &ledger;
    run.look = [&ledger](const sim::Simulation& simulation, json& more) {
        more["log"] = ledger.judge(512);
        int queues = 0;
        for (const auto& queue : simulation.device(sim::VmmSide::Source).subsystem().cdq) {
            queues += queue.entries != 0 ? 1 : 0;
        }
        more["queues"] = queues;
    };
    const Seen seen = run_in_child(run);
    check_conserved(seen.result);
    return {seen.result, seen.more["log"], seen.more["queues"]};
}

void check_exact(const Run& run) {
    const Judged judged = judge(run);
    CHECK(judged.result["outcome"] == "completed");
    CHECK(judged.log["must"].get<int>() > 500);
    CHECK(judged.log["missing"] == 0);
    CHECK(judged.log["made_up"] == 0);
    CHECK(judged.queues == 0);
    const json& cdq = judged.result["cdq"];
    INFO(cdq.dump(1));
    CHECK(cdq["ranges"] == judged.log["entries"]);
    CHECK(cdq["lost"] == 0);
    CHECK(cdq["full_events"] == 0);
    CHECK(cdq["head_updates"].get<int>() > 0);
}

}  // namespace

TEST_CASE("each change of every VF is in its log, once: seeds and sizes of the queue") {
    // 127 slots: no divisor of anything, and wraps many times; 4096: never wraps.
    const std::pair<int, int> sizes[] = {{127, 13}, {256, 40}, {4096, 100}};
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        for (const auto& [entries, batch] : sizes) {
            INFO("seed " << seed << ", " << entries << " slots");
            Run run = writers();
            run.seed = seed;
            run.options = {fmt::format("hosts.both.driver.user_data.entries={}", entries),
                           fmt::format("hosts.both.driver.user_data.batch={}", batch)};
            check_exact(run);
        }
    }
}

TEST_CASE("each change is in the log, once: polled, in pieces, deleted by the Suspend") {
    const std::vector<std::string> ways[] = {
        {"hosts.both.driver.user_data.poll=100us"},
        {"hosts.both.driver.user_data.contiguous=false", "hosts.both.driver.user_data.entries=400"},
        {"hosts.both.driver.user_data.delete_at_suspend=true"},
        {"hosts.both.device.admin.parallel=4", "hosts.both.device.tracking.user_data_cost=3us"},
    };
    for (const std::vector<std::string>& way : ways) {
        INFO(way.front());
        Run run = writers();
        run.options = way;
        check_exact(run);
    }
}

TEST_CASE("logging runs the same with one kernel activation for each event") {
    Run run = writers();
    run.options = {"hosts.both.driver.track_memory=true"};
    const json horizon = run_in_child(run).result;
    run.stride = sim::Stride::Event;
    CHECK(run_in_child(run).result.dump(1) == horizon.dump(1));
}

TEST_CASE("adjacent changes that share entries lose no block") {
    Run run = writers();
    run.options = {"hosts.both.device.tracking.merge=true"};
    run.jobs = {{"[a]\nrw=write\nbs=4k\niodepth=8\nsize=64m\ntime_based\nruntime=1h\n", {}}};
    const Judged merged = judge(run);
    CHECK(merged.result["cdq"]["lost"] == 0);
    const auto logged = merged.result["cdq"]["blocks"].get<std::int64_t>();
    CHECK(logged >= merged.log["blocks"].get<std::int64_t>());
    CHECK(logged <= merged.log["blocks"].get<std::int64_t>() +
                        merged.log["blocks_before"].get<std::int64_t>());
    CHECK(merged.result["cdq"]["ranges"].get<int>() < merged.log["must"].get<int>());
}

TEST_CASE("a queue that is drained too seldom becomes full, and the result says so") {
    Run run = writers();
    run.options = {"hosts.both.driver.user_data.poll=20ms",
                   "hosts.both.driver.user_data.entries=64", "expect.log_complete=true"};
    const Judged judged = judge(run);
    CHECK(judged.result["outcome"] == "completed");
    CHECK(judged.result["cdq"]["full_events"].get<int>() > 0);
    CHECK(judged.result["cdq"]["lost"].get<int>() > 0);
    CHECK(judged.log["missing"].get<int>() > 0);
    CHECK(judged.log["made_up"] == 0);
}

TEST_CASE("a migration that fails leaves no log behind on its source") {
    Run run = writers();
    run.options = {"vmm.return_path=true", "hosts.src.device.admin.get_state=50ms",
                   "hosts.src.driver.admin_timeout=20ms", "hosts.both.device.reset=1ms"};
    const Seen seen = run_in_child(run);
    CHECK(seen.result["outcome"] == "failed");
    CHECK(seen.result["cdq"]["entries"].get<int>() > 0);
}

TEST_CASE("a host that does not arm its trigger again fills the queue") {
    Run run = writers();
    run.rules.set_on(Id::HostRearms, false);
    run.options = {"hosts.both.driver.user_data.entries=64"};
    CHECK(run_in_child(run).result["cdq"]["full_events"].get<int>() > 0);
}

TEST_CASE("logs cost the migration admin commands and the guest some time") {
    Run run = writers();
    const json with = run_in_child(run).result;
    run.options = {"hosts.both.driver.log_user_data=false"};
    const json without = run_in_child(run).result;
    CHECK(without["cdq"]["entries"] == 0);
    CHECK(with["admin"]["source"]["commands"].get<int>() >
          without["admin"]["source"]["commands"].get<int>() + 20);
    CHECK(with["admin"]["destination"]["commands"] == without["admin"]["destination"]["commands"]);
    run.options = {"hosts.both.device.tracking.user_data_cost=50us"};
    const json slow = run_in_child(run).result;
    CHECK(slow["guest"]["during"]["iops"].get<int>() <
          with["guest"]["during"]["iops"].get<int>() * 9 / 10);
}

TEST_CASE("what the VFs write to memory arrives when the device tells of it") {
    const std::vector<std::string> ways[] = {
        {},
        {"hosts.both.driver.memory.granule=64KiB", "hosts.both.driver.memory.report=64B"},
        {"hosts.both.device.tracking.finest=2MiB", "hosts.both.device.tracking.power_of_two=true",
         "vm.ram=66MiB"},
        {"hosts.both.device.tracking.granules=100"},
        {"hosts.both.device.tracking.descriptors=1"},  // VFs that cannot be tracked: all is written
    };
    for (const std::vector<std::string>& way : ways) {
        Run run = writers();
        run.options = way;
        run.options.emplace_back("hosts.both.driver.track_memory=true");
        run.options.emplace_back("hosts.both.driver.log_user_data=false");
        INFO(run.options.front());
        const Seen seen = run_in_child(run);
        CHECK(seen.result["outcome"] == "completed");
        check_conserved(seen.result);
        CHECK(seen.result["tracking"]["reports"].get<int>() > 0);
        const bool all = run.options.front().find("descriptors") != std::string::npos;
        CHECK((seen.result["tracking"]["failed"].get<int>() > 0) == all);
        CHECK((seen.result["tracking"]["commands"].get<int>() >
               seen.result["tracking"]["reports"].get<int>()) ==
              (run.options.size() > 1 && run.options[1].find("report") != std::string::npos));
    }
}

TEST_CASE("planted: a device that does not track all it writes leaves pages behind") {
    Run run = writers();
    run.options = {"hosts.both.driver.track_memory=true"};
    run.rules.set_on(Id::TrackIncludesData, false);
    CHECK(run_in_child(run).result["conservation"]["page_mismatch"].get<int>() > 0);
    run.rules = spec::Rules();
    run.rules.set_on(Id::TrackIncludesCompletions, false);
    CHECK(run_in_child(run).result["conservation"]["page_mismatch"].get<int>() > 0);
}

}  // namespace lmsim::tests
