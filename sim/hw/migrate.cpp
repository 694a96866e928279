#include "sim/hw/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lmsim::sim::hw {

namespace {

constexpr Ps reset_limit = 10'000 * ps_per_ms;

class PfMigration {
  public:
    PfMigration(Rig& rig, const spec::Rules& rules, const MigrationPlan& plan)
        : rig_(rig), rules_(rules), plan_(plan) {}

    MigrationReport run() {
        std::string error = set_up();
        if (error.empty()) {
            error = user_->run(plan_.count / 2);
        }
        if (error.empty()) {
            error = move();
            report_.moved = error.empty();
            // Whatever became of the move, the VM goes on where it is.
            const std::string after = go_on();
            report_.source_goes_on = !report_.moved && after.empty();
            error = error.empty() ? after : error;
        }
        finish(error);
        return std::move(report_);
    }

  private:
    /// One step, timed. Whether it was done.
    bool step(const char* name, const std::function<std::string()>& what) {
        const Ps begin = rig_.now();
        std::string error = what();
        if (!error.empty() && !rig_.trouble().empty()) {
            error = rig_.trouble();
        }
        report_.steps.push_back({name, rig_.now() - begin, error});
        return error.empty();
    }
    std::string failure() const {
        const MigrationStep& last = report_.steps.back();
        return fmt::format("{}: {}", last.name, last.error);
    }

    std::uint64_t late() const {
        return std::min<std::uint64_t>(plan_.io.late, plan_.count - plan_.count / 2);
    }
    std::string set_up();
    std::string open_pf(std::uint16_t function, std::unique_ptr<PfDriver>& driver);
    std::string bring_online(PfDriver& pf);
    std::string look_at_destination();
    std::string check_vf(PfDriver& pf, std::uint16_t cntlid, const char* side);
    std::string move();
    std::string stop_source();
    std::string load_destination(const std::vector<std::uint8_t>& state);
    void back_to_source(bool reset_destination);
    std::string reset(std::uint16_t function);
    std::string go_on();
    void finish(const std::string& error);

    PfDriver& source_pf() { return *source_pf_; }
    PfDriver& destination_pf() { return destination_pf_ ? *destination_pf_ : *source_pf_; }

    Rig& rig_;
    const spec::Rules& rules_;
    const MigrationPlan& plan_;
    MigrationReport report_;
    std::unique_ptr<PfDriver> source_pf_;
    std::unique_ptr<PfDriver> destination_pf_;  // nullptr: the source's
    std::unique_ptr<VfUser> user_;
    std::unique_ptr<VfUser> there_;  // the destination's, until the user comes
};

std::string PfMigration::open_pf(std::uint16_t function, std::unique_ptr<PfDriver>& driver) {
    driver = std::make_unique<PfDriver>(
        rig_.port(function), rules_,
        [this](const std::function<bool()>& done, Ps limit) { return rig_.wait(done, limit); });
    std::string error = driver->open();
    if (error.empty()) {
        error = bring_online(*driver);
    }
    return error.empty() || rig_.trouble().empty() ? error : rig_.trouble();
}

/// All VFs: a reset of the PF, by whoever had it before, takes them offline (NVMe Base 2.3,
/// 8.2.6.3).
std::string PfMigration::bring_online(PfDriver& pf) {
    const auto list = pf.secondaries();
    if (!list) {
        return list.error();
    }
    std::string error;
    for (const wire::SecondaryController& entry : list.value()) {
        if (!entry.online && entry.vfn != 0 && entry.vfn < rig_.functions()) {
            const std::string one =
                pf.bring_online(entry, static_cast<std::uint16_t>(list.value().size()));
            error = error.empty() ? one : error;
        }
    }
    return error;
}

/// The controller is one of the PF's, and online.
std::string PfMigration::check_vf(PfDriver& pf, std::uint16_t cntlid, const char* side) {
    const auto list = pf.secondaries();
    if (!list) {
        return list.error();
    }
    const auto found = std::find_if(list.value().begin(), list.value().end(),
                                    [&](const auto& entry) { return entry.scid == cntlid; });
    if (found == list.value().end()) {
        return fmt::format("the {} (CNTLID {}) is no secondary controller of its PF", side, cntlid);
    }
    return found->online ? std::string()
                         : fmt::format("the {} (CNTLID {}) is offline", side, cntlid);
}

/// What it is, before anybody relies on it. It stays enabled: version 0 of the state has the I/O
/// queues and nothing else (NVMe Base 2.3, 5.2.17.1.3, figure 375), so properties, admin queue and
/// the number of queues are for the destination's host to set.
std::string PfMigration::look_at_destination() {
    VfUser::Options options = plan_.io;
    options.depth = 1;
    there_ = std::make_unique<VfUser>(rig_, rig_.port(plan_.destination), rules_, options);
    std::string error = there_->enable();
    if (!error.empty()) {
        return "the destination: " + error;
    }
    report_.destination_cntlid = there_->cntlid();
    error = there_->ask_for_queues();
    return error.empty() ? check_vf(destination_pf(), report_.destination_cntlid, "destination")
                         : "the destination: " + error;
}

std::string PfMigration::set_up() {
    std::string error = open_pf(plan_.source_pf, source_pf_);
    if (error.empty() && plan_.destination_pf != plan_.source_pf) {
        error = open_pf(plan_.destination_pf, destination_pf_);
    }
    if (error.empty()) {
        error = look_at_destination();
    }
    if (!error.empty()) {
        return error;
    }
    user_ = std::make_unique<VfUser>(rig_, rig_.port(plan_.source), rules_, plan_.io);
    error = user_->enable();
    if (error.empty()) {
        error = user_->open();
    }
    if (!error.empty()) {
        return "the source: " + error;
    }
    report_.source_cntlid = user_->cntlid();
    report_.nsid = user_->nsid();
    error = check_vf(source_pf(), report_.source_cntlid, "source");
    const wire::IdentifyNamespace& here = user_->name_space();
    const wire::IdentifyNamespace& there = there_->name_space();
    const bool alike = there_->nsid() == user_->nsid() && there.nsze == here.nsze &&
                       there.lbaf[there.format()] == here.lbaf[here.format()];
    if (error.empty() && !alike) {
        error = fmt::format(
            "the source has namespace {} with {} blocks, the destination {} with {}; expected the "
            "same one on both sides",
            user_->nsid(), here.nsze, there_->nsid(), there.nsze);
    }
    return error.empty() ? user_->learn() : error;
}

std::string PfMigration::reset(std::uint16_t function) {
    bool done = false;
    rig_.port(function).reset([&done] { done = true; });
    return rig_.wait([&done] { return done; }, reset_limit)
               ? std::string()
               : "a function level reset is not over within 10 s";
}

/// The VM stands still from here on: nobody takes completions, and after some last commands nobody
/// submits. Those reach a suspended controller: it has their doorbell, but does not fetch them
/// (LM-SUSP-10), so that the destination does.
std::string PfMigration::stop_source() {
    report_.in_flight = user_->outstanding();
    if (step("suspend-source", [&] { return source_pf().suspend(report_.source_cntlid); })) {
        report_.by_source = user_->waiting_completions();
        user_->submit_late(late());
        report_.late = user_->outstanding() - report_.in_flight;
        report_.in_flight = user_->outstanding();
        return {};
    }
    const std::string error = failure();
    if (source_pf().unanswered()) {
        // It may come to its end later.
        step("resume-source", [&] { return source_pf().resume(report_.source_cntlid); });
    }
    return error;
}

void PfMigration::back_to_source(bool reset_destination) {
    if (reset_destination) {
        // Never both: what may run there is stopped first.
        step("reset-destination", [&] { return reset(plan_.destination); });
    } else {
        step("resume-destination",
             [&] { return destination_pf().resume(report_.destination_cntlid); });
    }
    step("resume-source", [&] { return source_pf().resume(report_.source_cntlid); });
}

std::string PfMigration::load_destination(const std::vector<std::uint8_t>& state) {
    const std::uint16_t cntlid = report_.destination_cntlid;
    if (!step("set-state", [&] { return destination_pf().set_state(cntlid, state); })) {
        const std::string error = failure();
        back_to_source(true);
        return error;
    }
    there_.reset();
    user_->move(rig_.port(plan_.destination));
    if (!step("resume-destination", [&] { return destination_pf().resume(cntlid); })) {
        const std::string error = failure();
        user_->move(rig_.port(plan_.source));
        back_to_source(true);
        return error;
    }
    return {};
}

std::string PfMigration::move() {
    const std::uint16_t destination = report_.destination_cntlid;
    if (!step("suspend-destination", [&] { return destination_pf().suspend(destination); })) {
        const std::string error = failure();
        if (destination_pf().unanswered()) {
            step("resume-destination", [&] { return destination_pf().resume(destination); });
        }
        return error;
    }
    std::string error = stop_source();
    if (!error.empty()) {
        step("resume-destination", [&] { return destination_pf().resume(destination); });
        return error;
    }
    std::vector<std::uint8_t> state;
    const bool got = step("get-state", [&]() -> std::string {
        auto result = source_pf().get_state(report_.source_cntlid);
        if (!result) {
            return result.error();
        }
        state = std::move(result.value());
        return {};
    });
    if (!got) {
        error = failure();
        back_to_source(false);
        return error;
    }
    report_.state_bytes = state.size();
    return load_destination(state);
}

/// The rest of the commands, and all data once more.
std::string PfMigration::go_on() {
    const Ps before = user_->last_completion();
    const Ps usual = user_->longest_gap();
    std::string error = user_->await_completion();
    if (error.empty()) {
        report_.blackout = user_->last_completion() - before;
        user_->forget_gap(usual);
        if (report_.moved) {
            report_.by_destination = report_.in_flight - report_.by_source;
            // The source has a suspended controller whose queues are the VM's memory.
            if (!step("reset-source", [&] { return reset(plan_.source); })) {
                error = failure();
            }
        }
    }
    if (error.empty()) error = user_->run(plan_.count - plan_.count / 2 - report_.late);
    if (error.empty()) error = user_->drain();
    report_.longest_gap = user_->longest_gap();
    if (error.empty()) error = user_->read_back();
    return error;
}

void PfMigration::finish(const std::string& error) {
    if (user_) {
        report_.io = user_->counts();
        user_->disable();
    }
    if (there_) {
        there_->disable();
    }
    report_.error = error;
    if (report_.error.empty() && !report_.io.good()) {
        report_.error = report_.io.first;
    }
}

}  // namespace

MigrationReport migrate(Rig& rig, const spec::Rules& rules, const MigrationPlan& plan) {
    return PfMigration(rig, rules, plan).run();
}

}  // namespace lmsim::sim::hw
