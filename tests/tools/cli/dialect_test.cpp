// Commands, states and runs of each profile of the program are told as that dialect has them.
#include <vector>

#include "model/wire/controller_state.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/templates.hpp"
#include "sim/profile/profile.hpp"
#include "tests/catch.hpp"
#include "tests/model/wire/example_area.hpp"
#include "tests/sim/metrics/golden.hpp"
#include "tests/tools/cli/small.hpp"

using namespace lmsim;
using lmsim::tests::Ended;
using lmsim::tests::Folder;
using lmsim::tests::run_lmsim;
using lmsim::tests::Small;
using spec::Id;
using spec::Rules;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// What a driver of the dialect sends in a migration, one entry after the other.
std::string commands_of(const Rules& rules) {
    std::vector<wire::Sqe> entries;
    if (rules.on(Id::Templates)) {
        entries.push_back(wire::get_template(rules));
        entries.push_back(wire::configure_template(rules));
    }
    wire::MigrationReceive receive;
    receive.cntlid = 1;
    receive.csvi = 1;
    receive.dwords = 16;
    const auto only = wire::Seqind::Only;
    entries.push_back(
        wire::encode(wire::MigrationSend::suspend(1, wire::SuspendType::Suspend), rules));
    if (rules.on(Id::VendorCommands)) {
        wire::MigrationReceive query = receive;
        query.query_size = true;
        entries.push_back(wire::encode(query, rules));
    }
    entries.push_back(wire::encode(receive, rules));
    entries.push_back(
        wire::encode(wire::MigrationSend::set_controller_state(1, only, 1, 1, 0, 16), rules));
    entries.push_back(wire::encode(wire::MigrationSend::resume(1), rules));
    std::string bytes(entries.size() * wire::Sqe::size, '\0');
    for (std::size_t i = 0; i < entries.size(); ++i) {
        wire::encode(entries[i],
                     reinterpret_cast<std::uint8_t*>(bytes.data()) + i * wire::Sqe::size);
    }
    return bytes;
}

/// A state of one pair of queues, with all that the dialect's body holds.
std::string state_of(const Rules& rules) {
    wire::StateShape shape;
    shape.cp = true;
    shape.sqs = 1;
    shape.cqs = 1;
    const bool whole = wire::state_body(false, rules) != wire::StateBody::Queues;
    const wire::VendorArea own = wire::example_area();
    shape.aers = whole ? own.aer_count : std::uint16_t{0};
    std::string bytes(wire::state_size(shape, rules), '\0');
    auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
    wire::ControllerStateWriter writer(data, bytes.size(), shape, rules);
    wire::SqState sq;
    sq.qid = 1;
    sq.cqid = 1;
    sq.qsize = 7;
    writer.set_sq(0, sq);
    wire::CqState cq;
    cq.qid = 1;
    cq.qsize = 7;
    writer.set_cq(0, cq);
    if (whole) {
        writer.set_own(own);
    }
    if (rules.on(Id::Templates)) {
        wire::set_state_template(data, wire::vendor_area_uuid, rules);
    }
    return bytes;
}

/// The output without its first line, which names the file.
std::string decoded(const Folder& folder, const std::string& profile, const std::string& bytes,
                    const std::string& as) {
    const std::string file = folder.write("bytes", bytes);
    const Ended ended = run_lmsim(
        folder, "decode --input binary --as " + as + " --profile " + profile + " " + file);
    INFO(profile << ": " << ended.out << ended.err);
    CHECK(ended.exit_code == 0);
    return ended.out.substr(ended.out.find('\n') + 1);
}

}  // namespace

TEST_CASE("commands and states of each profile are decoded as it has them", "[cli]") {
    const Folder folder;
    for (const std::string& name : sim::profile_names()) {
        const Rules rules = sim::load_profile(name).rules;
        lmsim::tests::check_golden("tests/tools/cli/golden/decode-" + name + ".txt",
                                   decoded(folder, name, commands_of(rules), "admin-sqe") + "\n" +
                                       decoded(folder, name, state_of(rules), "controller-state"));
    }
}

TEST_CASE("what one dialect says is not what another hears", "[cli]") {
    const Folder folder;
    const Rules rfc = sim::load_profile("rfc-2025").rules;
    const std::string file = folder.write("bytes", commands_of(rfc));
    const Ended heard = run_lmsim(folder, "decode --input binary --as admin-sqe " + file);
    CHECK(has(heard.out, "Migration Send, Set Controller State"));
    CHECK_FALSE(has(heard.out, "Migration Send, Resume"));
    const Rules vendor = sim::load_profile("vendor-2022").rules;
    const std::string other = folder.write("other", commands_of(vendor));
    const Ended unknown = run_lmsim(folder, "decode --input binary --as admin-sqe " + other);
    CHECK(unknown.exit_code == 1);
    CHECK(has(unknown.out, "no admin command has opcode 0xc8"));
}

TEST_CASE("a run is drawn in the dialect that it was made in, without being told", "[cli]") {
    struct Case {
        const char* profile;
        std::vector<const char*> shown;
    };
    const Case cases[] = {
        {"ratified", {"Migration Send: Suspend, CNTLID 1", "Migration Send: Resume, CNTLID 1"}},
        {"rfc-2025", {"Migration Send: Suspend, CNTLID 1", "Migration Send: Resume, CNTLID 1"}},
        {"cdq-rfc-2026", {"Migration Receive: Get Controller State, CNTLID 1"}},
        {"vendor-2022",
         {"suspend the VF, CNTLID 1", "query the data size, CNTLID 1",
          "save the device data, CNTLID 1", "load the device data, CNTLID 1",
          "resume the VF, CNTLID 1"}},
        {"tp4193",
         {"Manage Exported NVM Subsystem Receive: Get Template",
          "Manage Exported NVM Subsystem Send: Configure Template"}},
        {"self-describing", {"Migration Send: Set Controller State, CNTLID 1"}},
        // Engines: their devices speak the standard.
        {"qemu-8.2", {"Migration Send: Suspend, CNTLID 1"}},
        {"qemu-10.0", {"Migration Send: Suspend, CNTLID 1"}},
        {"qemu-11.1", {"Migration Send: Suspend, CNTLID 1"}},
    };
    REQUIRE(std::size(cases) == sim::profile_names().size());
    const Small folder;
    for (const Case& each : cases) {
        const std::string run = folder.file(each.profile);
        const Ended ran = run_lmsim(
            folder, "run " + folder.scenario + " --profile " + each.profile + " --out " + run);
        INFO(each.profile << ": " << ran.err);
        REQUIRE(ran.exit_code == 0);
        const Ended drawn =
            run_lmsim(folder, "sequence --format plantuml --from run --to run --rows 5000 " + run);
        CHECK(drawn.exit_code == 0);
        for (const char* words : each.shown) {
            INFO(words);
            CHECK(has(drawn.out, words));
        }
        CHECK_FALSE(has(drawn.out, "opcode "));
        CHECK_FALSE(has(drawn.out, ": SEL "));
    }
    const std::string rfc = folder.file("rfc-2025");
    const Ended misread = run_lmsim(
        folder,
        "sequence --format plantuml --from run --to run --rows 5000 --profile ratified " + rfc);
    CHECK_FALSE(has(misread.out, "Migration Send: Resume"));
    CHECK(run_lmsim(folder, "sequence --profile rfc-2052 " + rfc).exit_code == 2);
}

TEST_CASE("a run whose profile cannot be read any more says so, and takes another", "[cli]") {
    const Small folder;
    const std::string own = folder.write("own.toml", "base = \"vendor-2022\"\n");
    const std::string run = folder.file("run");
    const Ended ran =
        run_lmsim(folder, "run " + folder.scenario + " --profile " + own + " --out " + run);
    INFO(ran.err);
    REQUIRE(ran.exit_code == 0);
    CHECK(has(run_lmsim(folder, "sequence --format plantuml " + run).out, "suspend the VF"));
    std::filesystem::remove(own);
    const Ended gone = run_lmsim(folder, "sequence " + run);
    CHECK(gone.exit_code == 2);
    CHECK(has(gone.err, "name another with --profile"));
    CHECK(run_lmsim(folder, "sequence --profile vendor-2022 " + run).exit_code == 0);
    std::filesystem::remove(run + "/config.toml");
    CHECK(has(run_lmsim(folder, "sequence --format plantuml " + run).out, "opcode C8h"));
}
