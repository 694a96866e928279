#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/wire/identify.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/conform/case.hpp"
#include "sim/conform/target.hpp"

namespace lmsim::sim::conform {

/// The rules that cases are written from: the ratified standard, whatever the target follows.
const spec::Rules& oracle();

constexpr Ps command_limit = 10'000'000'000'000;  // 10 s for any command, reset or enabling
constexpr Ps quiet_time = 20'000'000'000;         // 20 ms in which nothing must come back

/// A command under way or done.
struct Pending {
    std::string tag;
    std::uint16_t queue = 0;
    std::array<std::uint8_t, 64> sqe{};
    std::array<std::uint8_t, 16> cqe{};
    bool done = false;
};

/// One controller of the target as cases name it ("mmc", "mc", "mc2"): its queue driver, and memory
/// that is handed out anew to each case.
class Unit : private PortClient {
  public:
    Unit(Target& target, std::string name, std::uint16_t function);

    const std::string& name() const { return name_; }
    CommandPort& commands() { return commands_; }

    /// CC.EN = 1 with empty queues; an error in words if CSTS.RDY does not follow. Likewise below.
    std::string enable();
    bool enabled() const { return enabled_; }
    std::string disable();
    std::string reset();
    /// Back to what a case may rely on: disabled, no memory handed out.
    std::string restore();

    std::optional<std::uint64_t> read(std::uint64_t property, unsigned size);
    void write(std::uint64_t property, std::uint64_t value, unsigned size);

    /// Whole pages of zeros; nothing if there is no room left.
    std::optional<std::uint64_t> allocate(std::uint64_t bytes);
    std::uint8_t* bytes(std::uint64_t address, std::uint64_t length) {
        return commands_.port().memory().bytes(address, length);
    }

    /// Sends the 64 bytes, with a CID of the queue's own unless `has_cid`: then it must be one of
    /// the queue's. Nothing if the queue has no room.
    Pending* submit(std::uint16_t queue, const std::uint8_t* sqe, const std::string& tag,
                    bool has_cid = false);
    Pending* find(const std::string& tag);
    /// Looks whether `pending` (all, if null) is done.
    bool poll(const Pending* pending);
    /// Tags of what has completed since the last call, in the order of the completions.
    std::vector<std::string> take_completed() { return std::exchange(completed_, {}); }

  private:
    void interrupt(std::uint32_t /*vector*/) override {}
    void read_done(std::uint64_t /*token*/, std::uint64_t value) override { answer_ = value; }
    std::string await_ready(bool ready);

    Target& target_;
    std::string name_;
    CommandPort commands_;
    std::uint64_t pool_ = 0;
    std::uint64_t used_ = 0;
    bool touched_ = true;
    bool enabled_ = false;
    std::vector<std::unique_ptr<Pending>> pending_;
    std::vector<std::string> completed_;
    std::optional<std::uint64_t> answer_;
};

/// What the symbols of cases stand for on this target.
using Symbols = std::map<std::string, std::uint64_t>;

/// The controllers of a target and what has been found out about them.
class Session {
  public:
    explicit Session(Target& target);

    /// Asks the target what it is. An error in words if it cannot be tested at all.
    std::string detect();
    /// All controllers as at the beginning of a case: the MMC enabled, the others not.
    std::string restore();

    /// Is there a PF without VFs? Then it is the controller "mc", too, of cases that can do with
    /// one.
    bool alone() const { return units_.size() == 1; }
    Target& target() { return target_; }
    const Symbols& symbols() const { return symbols_; }
    Unit* unit(const std::string& name);
    /// Lets the target go on until the command is done.
    bool complete(Unit& unit, const Pending& pending, Ps limit);

  private:
    /// Sends a command to the admin queue: its completion; or an error in words unless it succeeds.
    std::optional<wire::Cqe> ask(Unit& unit, const wire::Sqe& sqe);
    std::string send(Unit& unit, const wire::Sqe& sqe, const std::string& what);
    std::string identify(Unit& unit, std::uint8_t cns, std::vector<std::uint8_t>& page);
    /// A reset of the PF takes the VFs offline (NVMe Base 2.3, 8.2.6.3): they come back.
    std::string bring_online();
    std::string detect_mmc();
    void note_controller(const std::vector<std::uint8_t>& page);
    void detect_opcodes();
    std::string detect_resources();
    std::string detect_secondaries();
    void name_secondary(std::uint16_t function, const wire::SecondaryController* entry);
    void detect_formats();  // of states, and of resources
    void detect_mc();
    std::uint32_t first_namespace(Unit& mc);
    std::uint64_t queue_pairs(Unit& mc);

    Target& target_;
    std::vector<std::unique_ptr<Unit>> units_;
    Symbols symbols_;
    std::map<std::uint16_t, std::pair<std::uint16_t, std::uint16_t>> resources_;  // NVQ, NVI
    bool manages_ = false;  // the PF has Virtualization Management, and VFs are open
};

}  // namespace lmsim::sim::conform
