#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "model/spec/rules.hpp"
#include "model/wire/namespace.hpp"
#include "sim/bridge/command_port.hpp"
#include "sim/bridge/rig.hpp"

namespace lmsim::sim::hw {

/// What became of a VF's commands.
struct IoCounts {
    std::uint64_t reads = 0;   // completed
    std::uint64_t writes = 0;  // completed
    std::uint64_t failed = 0;  // with a status other than success
    std::uint64_t wrong = 0;   // reads that brought other data than were there
    std::uint64_t twice = 0;   // completions of which no command waited
    std::uint64_t lost = 0;    // commands that were not completed
    std::string first;         // of what went wrong, in words

    std::uint64_t completed() const { return reads + writes; }
    bool good() const { return failed == 0 && wrong == 0 && twice == 0 && lost == 0; }
};

/// The user of a VF, as the driver in a VM is one: an I/O queue pair, and reads (and writes) of
/// 4 KiB in one part of a namespace, whose content is known and looked at each time. It can be
/// stopped as a VM is, and goes on behind another VF with the same memory.
class VfUser : private PortClient {
  public:
    /// What the user does.
    struct Options {
        std::uint32_t depth = 16;   // commands at a time, 1 to 256
        std::uint32_t late = 4;     // so many more at once, by submit_late(), to 256
        std::uint64_t units = 256;  // of 4 KiB at the begin of the namespace: at most so many
        bool write = false;         // destroys what is there
    };

    /// The rig, the port and the rules outlive it.
    VfUser(Rig& rig, DevicePort& port, const spec::Rules& rules, const Options& options);
    VfUser(const VfUser&) = delete;
    VfUser& operator=(const VfUser&) = delete;
    ~VfUser() override { commands_.port().set_client(nullptr); }

    /// Enables the controller and looks what it is. In words what is wrong; likewise below.
    std::string enable();
    /// Asks for one I/O queue pair, after enable().
    std::string ask_for_queues();
    /// That, and the pair.
    std::string open();
    std::string disable();
    std::uint16_t cntlid() const { return cntlid_; }
    std::uint32_t nsid() const { return nsid_; }
    const wire::IdentifyNamespace& name_space() const { return namespace_; }
    std::uint64_t units() const { return units_; }

    /// Reads, or writes, all of its part once: then it knows what is there.
    std::string learn();
    /// So many commands more, of which as many as possible are always under way, and still are at
    /// the end.
    std::string run(std::uint64_t count);
    /// So many commands now, `late` at most, whatever is under way.
    void submit_late(std::uint64_t count);
    /// Until one more command is complete; at once if none is under way.
    std::string await_completion();
    /// Takes what is still under way.
    std::string drain();
    /// Reads all of its part again.
    std::string read_back();

    /// Commands under way, by queue entries and the completions that nobody has taken yet.
    std::uint32_t outstanding() const { return outstanding_; }
    std::uint32_t waiting_completions() const;
    /// Goes on behind another function, with interrupts on.
    void move(DevicePort& port);

    const IoCounts& counts() const { return counts_; }
    /// When the last completion was taken.
    Ps last_completion() const { return last_completion_; }
    /// The longest time between two of them in run(), while commands were under way.
    Ps longest_gap() const { return longest_gap_; }
    /// What made the longest gap has a name of its own: the longest was this, before.
    void forget_gap(Ps longest_before) { longest_gap_ = longest_before; }

  private:
    struct Slot {
        std::uint64_t buffer = 0;
        std::uint64_t unit = 0;
        bool used = false;
        bool write = false;
    };

    void interrupt(std::uint32_t /*vector*/) override {}
    void read_done(std::uint64_t /*token*/, std::uint64_t value) override { answer_ = value; }
    std::optional<std::uint64_t> read(std::uint64_t property, unsigned size);
    std::string await_ready(bool ready);
    std::string admin(wire::Sqe sqe, const char* what);
    std::string identify(std::uint8_t cns, std::uint32_t nsid);
    std::string find_namespace();
    std::string transfer_all(bool write);
    void submit(std::uint64_t unit, bool write);
    void submit_random();
    void submit_one();
    bool reap();
    void take(std::size_t slot, std::uint16_t status);
    std::string await(const std::function<bool()>& done);
    void note(const std::string& what);
    std::uint64_t lba(std::uint64_t unit) const { return unit * blocks_; }

    Rig& rig_;
    const spec::Rules& rules_;
    Options options_;
    CommandPort commands_;
    std::uint64_t buffer_ = 0;  // data of admin commands
    std::vector<Slot> slots_;
    std::vector<std::uint64_t> known_;  // a digest of each unit's content
    std::vector<bool> busy_;            // units with a command under way
    std::uint64_t units_ = 0;
    std::uint32_t blocks_ = 1;  // of a unit
    std::uint16_t cntlid_ = 0;
    std::uint32_t nsid_ = 0;
    wire::IdentifyNamespace namespace_;
    std::uint32_t outstanding_ = 0;
    std::uint64_t left_ = 0;  // commands that run() has still to send
    bool learning_ = false;
    IoCounts counts_;
    Ps last_completion_ = 0;
    Ps longest_gap_ = 0;
    std::mt19937_64 random_{1};
    std::optional<std::uint64_t> answer_;
};

}  // namespace lmsim::sim::hw
