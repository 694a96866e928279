#include "sim/check/session_check.hpp"

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/nvm.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/bridge/record/recorded_rig.hpp"
#include "tests/catch.hpp"
#include "tests/sim/bridge/record/fake_device.hpp"

using namespace lmsim;
using namespace lmsim::sim;
using lmsim::tests::FakeDevice;
using lmsim::tests::SessionPath;

namespace {

constexpr Ps ms = 1'000'000'000;
const spec::Rules rules = spec::Rules::ratified();

/// As much of a PF and a VF as a session needs: every command succeeds at once, unless the VF's are
/// kept back.
struct FakeController {
    explicit FakeController(FakeDevice& it) : device(it) {
        device.on_write = [this](std::uint16_t function, std::uint64_t offset,
                                 std::uint64_t value) { write(function, offset, value); };
    }
    struct Queue {
        std::uint64_t sq = 0;
        std::uint64_t cq = 0;
        std::uint32_t entries = 0;
        std::uint32_t head = 0;
        std::uint32_t tail = 0;
        bool phase = true;
    };
    void write(std::uint16_t function, std::uint64_t offset, std::uint64_t value) {
        Queue& admin = queues[function];
        if (offset == reg::AQA) admin.entries = (value & 0xfff) + 1;
        if (offset == reg::ASQ) admin.sq = value;
        if (offset == reg::ACQ) admin.cq = value;
        if (offset != reg::sq_doorbell(0)) return;
        for (; admin.head != value; admin.head = (admin.head + 1) % admin.entries) {
            const wire::Sqe sqe = wire::decode_sqe(device.bytes(admin.sq + 64 * admin.head));
            if (sqe.opcode == spec::opcode::AdminIdentify) {
                wire::IdentifyController id;
                id.cntlid = static_cast<std::uint16_t>(40 + function);
                wire::encode(id, device.bytes(sqe.prp1), rules);
            }
            if (function == 0 || !keep) post(function, sqe.cid);
            kept = sqe.cid;
        }
    }
    void post(std::uint16_t function, std::uint16_t cid) {
        Queue& queue = queues[function];
        wire::Cqe cqe;
        cqe.cid = cid;
        cqe.sqhd = static_cast<std::uint16_t>((queue.head + 1) % queue.entries);
        cqe.phase = queue.phase;
        wire::encode(cqe, device.bytes(queue.cq + 16 * queue.tail));
        queue.tail = (queue.tail + 1) % queue.entries;
        queue.phase = queue.phase != (queue.tail == 0);
    }
    FakeDevice& device;
    Queue queues[2];
    bool keep = false;
    std::uint16_t kept = 0;
};

/// A session with a PF and a VF.
struct Session {
    SessionPath file;
    FakeDevice* device = nullptr;
    std::unique_ptr<FakeController> controller;
    std::unique_ptr<record::RecordedRig> rig;
    std::unique_ptr<CommandPort> pf;
    std::unique_ptr<CommandPort> vf;
    std::uint64_t buffer = 0;

    Session() {
        auto made = std::make_unique<FakeDevice>(std::uint16_t{2});
        device = made.get();
        controller = std::make_unique<FakeController>(*device);
        rig =
            std::move(record::RecordedRig::open(std::move(made), file.path(), {}, {}).value());
        pf = std::make_unique<CommandPort>(rig->port(0), 8);
        vf = std::make_unique<CommandPort>(rig->port(1), 8);
        buffer = rig->port(0).allocate(page_size);
        pf->enable();
        vf->enable();
        // So that its name is known.
        wire::Sqe sqe = identify();
        CHECK(send(*vf, sqe));
        (void)*rig->port(0).memory().bytes(buffer, page_size);
        sqe = identify();
        CHECK(send(*vf, sqe));
    }
    wire::Sqe identify() const {
        wire::Identify command;
        command.cns = static_cast<std::uint8_t>(rules.value(spec::Id::CnsController));
        wire::Sqe sqe = wire::encode(command, rules);
        sqe.prp1 = buffer;
        return sqe;
    }
    /// A command of the VF that is not completed by itself.
    void keep_back() {
        controller->keep = true;
        wire::Sqe sqe = identify();
        vf->submit(0, sqe, 0);
    }
    bool reap(CommandPort& port) {
        bool any = false;
        port.reap(
            0, [&](std::uint64_t, const wire::Cqe&) { any = true; },
            [&](const wire::Cqe&) { any = true; });
        return any;
    }
    bool send(CommandPort& port, wire::Sqe sqe) {
        port.submit(0, sqe, 0);
        return rig->wait([&] { return reap(port); }, ms);
    }
    bool suspend() {
        return send(
            *pf, wire::encode(wire::MigrationSend::suspend(41, wire::SuspendType::Suspend), rules));
    }
    bool resume() { return send(*pf, wire::encode(wire::MigrationSend::resume(41), rules)); }
    bool look() {
        return rig->wait([&] { return reap(*vf); }, ms);
    }
    SessionVerdict verdict() {
        pf.reset();
        vf.reset();
        rig.reset();
        const auto result = check_session(file.path());
        INFO((result ? "" : result.error()));
        REQUIRE(result.ok());
        return result.value();
    }
};

std::vector<std::string> broken(const SessionVerdict& verdict) {
    std::vector<std::string> ids;
    for (const TraceBreach& breach : verdict.breaches) ids.emplace_back(breach.invariant->id);
    return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a session in which a device does what it must breaks nothing", "[check]") {
    Session session;
    CHECK(session.suspend());
    CHECK(session.resume());
    CHECK(session.send(*session.vf, session.identify()));
    const SessionVerdict verdict = session.verdict();
    CHECK(broken(verdict) == Ids{});
    CHECK(verdict.unfollowed.empty());
    CHECK(verdict.submitted == 5);
    CHECK(verdict.completed == 5);
    CHECK(verdict.suspended == 1);
    CHECK_FALSE(verdict.cut_short);
}

TEST_CASE("a second completion of a command is seen in a session", "[check]") {
    Session session;
    CHECK(session.send(*session.vf, session.identify()));
    session.controller->post(1, session.controller->kept);
    CHECK(session.look());
    const SessionVerdict verdict = session.verdict();
    CHECK(broken(verdict) == Ids{"INV-CMD-01"});
    CHECK(verdict.breaches[0].line > 10);
}

TEST_CASE("a completion that is written while its controller is suspended is seen", "[check]") {
    Session session;
    session.keep_back();
    CHECK(session.suspend());
    CHECK_FALSE(session.look());  // it is not there after the Suspend
    session.controller->post(1, session.controller->kept);
    CHECK(session.look());
    CHECK(broken(session.verdict()) == Ids{"INV-SUSP-02"});
}

TEST_CASE("a completion that may be older than a Suspend breaks nothing", "[check]") {
    for (const bool resumed : {false, true}) {
        Session session;
        session.keep_back();
        if (!resumed) session.controller->post(1, session.controller->kept);
        CHECK(session.suspend());
        if (resumed) {
            CHECK_FALSE(session.look());
            CHECK(session.resume());
            session.controller->post(1, session.controller->kept);
        }
        CHECK(session.look());
        CHECK(broken(session.verdict()) == Ids{});
    }
}

TEST_CASE("a command that is not completed for 5 s is lost, and said once", "[check]") {
    Session session;
    session.keep_back();
    CHECK_FALSE(session.look());
    CHECK_FALSE(session.look());
    CHECK(broken(session.verdict()) == Ids{});
    // The same, an hour later.
    const std::string text = session.file.text();
    std::string result;
    record::RunningSum sum;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        std::string line = text.substr(at, end - at);
        line = line.substr(0, line.rfind(",\"sum\":"));
        if (line.find("\"over\"") != std::string::npos) {
            const std::size_t digits = line.find("\"at\":") + 5;
            line.replace(digits, line.find_first_not_of("0123456789", digits) - digits,
                         "3600000000000000");
        }
        sum.add(line);
        result += line + ",\"sum\":\"" + sum.hex() + "\"}\n";
        at = end + 1;
    }
    session.file.write(result);
    const auto verdict = check_session(session.file.path());
    REQUIRE(verdict.ok());
    CHECK(broken(verdict.value()) == Ids{"INV-CMD-02"});
    CHECK(verdict.value().breaches[0].times == 1);
    CHECK(verdict.value().breaches[0].seen.find("of queue 0, submitted in line") !=
          std::string::npos);
    // Cut short, it is judged as far as it goes; changed, it is none.
    session.file.write(result.substr(0, result.size() - 20));
    CHECK(check_session(session.file.path()).value().cut_short);
    CHECK(broken(check_session(session.file.path()).value()) == Ids{"INV-CMD-02"});
    result[result.size() / 2] = static_cast<char>(result[result.size() / 2] ^ 2);
    session.file.write(result);
    CHECK_FALSE(check_session(session.file.path()).ok());
}

TEST_CASE("a piece of a state whose place is beyond 64 bits is not followed", "[check]") {
    Session session;
    constexpr std::uint64_t dwords = 2;
    constexpr std::uint64_t offset = ~std::uint64_t{0} - 3;  // with its length: 4
    wire::Sqe sqe = wire::encode(
        wire::MigrationSend::set_controller_state(41, wire::Seqind::First, 1, 0, offset, dwords),
        rules);
    sqe.prp1 = session.buffer;
    CHECK(session.send(*session.pf, sqe));
    CHECK(broken(session.verdict()) == Ids{});
}
