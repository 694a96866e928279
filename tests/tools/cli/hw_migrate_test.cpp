#include "sim/hw/migrate.hpp"

#include <nlohmann/json.hpp>

#include "model/spec/codes.hpp"
#include "model/wire/migration.hpp"
#include "sim/bridge/open_rig.hpp"
#include "tests/catch.hpp"
#include "tests/tools/cli/serving.hpp"

using namespace lmsim;
using namespace lmsim::tests;
using Json = nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Lets everything through to a PF but one Migration Send, which it makes an unknown command of.
class SpoiltPort : public sim::DevicePort, private sim::PortClient {
  public:
    SpoiltPort(sim::DevicePort& inner, wire::SendOperation operation, int which)
        : inner_(inner), operation_(operation), left_(which) {
        inner_.set_client(this);
    }
    ~SpoiltPort() override { inner_.set_client(nullptr); }
    void write(std::uint64_t offset, std::uint64_t value, unsigned size) override {
        know(offset, value);
        if (offset == sim::reg::sq_doorbell(0)) {
            const std::uint64_t slot = (value + entries_ - 1) % entries_;
            std::uint8_t* const bytes = inner_.memory().bytes(ring_ + 64 * slot, 64);
            const wire::Sqe sqe = wire::decode_sqe(bytes);
            if (sqe.opcode == spec::opcode::AdminMigrationSend &&
                wire::decode_migration_send(sqe, rules_).operation == operation_ && left_-- == 0) {
                bytes[0] = 0xfe;
            }
        }
        inner_.write(offset, value, size);
    }
    void read(std::uint64_t offset, unsigned size, std::uint64_t token) override {
        asked_ = offset;
        inner_.read(offset, size, token);
    }
    void reset(std::function<void()> done) override { inner_.reset(std::move(done)); }
    void enable_interrupts(bool on) override { inner_.enable_interrupts(on); }
    void set_client(sim::PortClient* client) override { client_ = client; }
    sim::Memory& memory() override { return inner_.memory(); }

  private:
    void interrupt(std::uint32_t vector) override {
        if (client_ != nullptr) client_->interrupt(vector);
    }
    void read_done(std::uint64_t token, std::uint64_t value) override {
        know(asked_, value);
        if (client_ != nullptr) client_->read_done(token, value);
    }
    /// Where the admin queue is: written by this driver, or read, as another has left it.
    void know(std::uint64_t offset, std::uint64_t value) {
        if (offset == sim::reg::ASQ) ring_ = value;
        if (offset == sim::reg::AQA) entries_ = (value & 0xfff) + 1;
    }
    const spec::Rules rules_ = spec::Rules::ratified();
    sim::DevicePort& inner_;
    wire::SendOperation operation_;
    int left_;
    sim::PortClient* client_ = nullptr;
    std::uint64_t asked_ = 0;
    std::uint64_t ring_ = 0;
    std::uint64_t entries_ = 1;
};

/// A rig whose PF is spoilt.
class SpoiltRig : public sim::Rig {
  public:
    SpoiltRig(std::unique_ptr<sim::Rig> inner, wire::SendOperation operation, int which)
        : inner_(std::move(inner)), pf_(inner_->port(0), operation, which) {}
    std::string name() const override { return inner_->name(); }
    std::uint16_t functions() const override { return inner_->functions(); }
    sim::DevicePort& port(std::uint16_t function) override {
        return function == 0 ? pf_ : inner_->port(function);
    }
    std::uint64_t no_memory() const override { return inner_->no_memory(); }
    std::string trouble() const override { return inner_->trouble(); }
    sim::Ps now() override { return inner_->now(); }
    bool poll() override { return inner_->poll(); }
    void idle(sim::Ps limit) override { inner_->idle(limit); }

  private:
    std::unique_ptr<sim::Rig> inner_;
    SpoiltPort pf_;
};

}  // namespace

TEST_CASE("a VF moves to another with its commands under way", "[hw]") {
    const Folder folder;
    // The drive is slow enough to have commands under way.
    const Serving serving(folder, "pf,vf0,vf1");
    for (const std::string more : {"", "--write --depth 5"}) {
        const Ended ended = run_lmsim(folder, "hw migrate --source " + serving.target() +
                                                  "/vf0 --destination vf1 --io 400 --json " + more);
        INFO(ended.out << ended.err);
        REQUIRE(ended.exit_code == 0);
        const Json all = Json::parse(ended.out);
        CHECK(all["schema"] == "lmsim/hw-migrate/1");
        CHECK(all["moved"] == true);
        CHECK(all["steps"].size() == 6);
        CHECK(all["state_bytes"] > 0);
        CHECK(all["blackout_us"] > 0);
        CHECK(all["io"]["reads"].get<int>() + all["io"]["writes"].get<int>() == 400);
        CHECK((all["io"]["writes"] == 0) == more.empty());
        for (const char* none : {"lost", "twice", "failed", "wrong"}) CHECK(all["io"][none] == 0);
        const Json& flight = all["in_flight"];
        CHECK(flight["commands"] ==
              flight["by_source"].get<int>() + flight["by_destination"].get<int>());
        CHECK(flight["late"] == 4);
        CHECK(flight["by_destination"] >= 4);
    }
}

TEST_CASE("a VF moves from one PF's to another's, and the session replays", "[hw]") {
    const Folder a;
    const Folder b;
    const std::string media = a.file("media");
    const Serving from(a, "pf,vf0,vf1", {"--media", media});
    const std::string session = a.file("session");
    Ended recorded;
    {
        const Serving to(b, "pf,vf0,vf1", {"--media", media});
        recorded = run_lmsim(a, "hw migrate --source " + from.target() + "/vf0 --destination " +
                                    to.target() + "/vf1 --io 200 --write --record " + session);
        INFO(recorded.out << recorded.err);
        REQUIRE(recorded.exit_code == 0);
        CHECK(has(recorded.out, "\nmoved\n"));
        CHECK(has(recorded.out, "from CNTLID 1 to CNTLID 2"));
    }
    const std::string replay = "hw migrate --source replay:" + session +
                               " --source-vf a --destination x --destination-vf b ";
    const Ended again = run_lmsim(a, replay + "--io 200 --write");
    CHECK(again.out == recorded.out);
    CHECK(again.err.empty());
    CHECK(again.exit_code == 0);
    const Ended other = run_lmsim(a, replay + "--io 201 --write");
    CHECK(other.exit_code == 1);
    CHECK(has(other.err, "The host's side does not do what it did when this was recorded by: "));
    const Ended judged = run_lmsim(a, "check --json " + session);
    INFO(judged.out << judged.err);
    CHECK(judged.exit_code == 0);
    const Json verdict = Json::parse(judged.out);
    CHECK(verdict["schema"] == "lmsim/check-session/1");
    CHECK(verdict["suspended"] == 2);
    CHECK(verdict["taken_over"] == 1);
    CHECK(verdict["unfollowed"].empty());
    CHECK(verdict["commands"]["submitted"] == verdict["commands"]["completed"]);
    CHECK(has(run_lmsim(a, "check " + session).out, ": ok, 5 invariants hold"));
    std::string text = read_file(session);
    a.write("short", text.substr(0, text.size() - 10));
    const Ended shortened = run_lmsim(a, "check " + a.file("short"));
    CHECK(shortened.exit_code == 1);
    CHECK(has(shortened.out, "The session has no end"));
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    a.write("session", text);
    const Ended changed = run_lmsim(a, replay + "--io 200 --write");
    CHECK(changed.exit_code == 4);
    CHECK(has(changed.err, "this line is not as it was written"));
    CHECK(run_lmsim(a, "check " + session).exit_code == 2);
}

TEST_CASE("where a migration fails, the source goes on", "[hw]") {
    struct Step {
        wire::SendOperation operation;
        int which;  // of those with this
        const char* what;
    };
    const Step steps[] = {
        {wire::SendOperation::Suspend, 0, "suspend-destination: Suspend ends with"},
        {wire::SendOperation::Suspend, 1, "suspend-source: Suspend ends with"},
        {wire::SendOperation::SetControllerState, 0, "set-state: Set Controller State ends with"},
        {wire::SendOperation::Resume, 0, "resume-destination: Resume ends with"},
    };
    const Folder folder;
    const Serving serving(folder, "pf,vf0,vf1");
    const spec::Rules rules = spec::Rules::ratified();
    for (const Step& step : steps) {
        INFO(step.what);
        sim::RigRequest request;
        request.device = serving.target();
        SpoiltRig rig(std::move(sim::open_rig(request).value()), step.operation, step.which);
        sim::hw::MigrationPlan plan;
        plan.count = 100;
        const auto report = sim::hw::migrate(rig, rules, plan);
        CHECK_FALSE(report.moved);
        CHECK(report.source_goes_on);
        CHECK(has(report.error, step.what));
        CHECK(report.io.good());
        CHECK(report.io.completed() == 100);
        // Nothing is left suspended: the next one moves.
    }
    const Ended ended = run_lmsim(
        folder, "hw migrate --source " + serving.target() + "/vf0 --destination vf1 --io 100");
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 0);
}

TEST_CASE("what cannot be migrated is refused before anything is done", "[hw]") {
    const Folder folder;
    const Serving serving(folder, "pf,vf0,vf1");
    const Folder other_folder;
    const Serving other(other_folder, "pf,vf0", {"--size", "32MiB"});
    const auto says = [&](const std::string& arguments, int exit_code) {
        const Ended ended = run_lmsim(folder, "hw migrate --source " + arguments);
        INFO(ended.out << ended.err);
        CHECK(ended.exit_code == exit_code);
        return ended.out + ended.err;
    };
    const std::string target = serving.target();
    CHECK(has(says(target + "/vf0 --destination vf0", 2), "are the same VF"));
    CHECK(has(says(target + " --destination vf0", 2), "which VF moves where?"));
    CHECK(has(says(target + "/vf0 --destination vf7", 4), "has 2 VFs; expected vf0 and vf7"));
    CHECK(has(says("vfio-user:/nonexistent/x/vf0 --destination vf1", 4), "there is no socket"));
    CHECK(has(says(target + "/vf0 --destination " + other.target() + "/vf0", 4),
              "expected the same one on both sides"));
    CHECK(has(says("replay:/nonexistent/vf0 --destination vf1", 4), "cannot read"));
    CHECK(has(
        says("0000:01:00.0 --source-vf 0000:02:00.0 --destination-vf 0000:03:00.0 --sriov 2", 2),
        "or addresses without --sriov"));
}
