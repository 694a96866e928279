#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/check/monitor.hpp"
#include "model/wire/cqe.hpp"
#include "model/wire/migration.hpp"
#include "model/wire/sqe.hpp"
#include "sim/bridge/record/session_file.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

/// An observation of a session, and the line that shows it.
struct SessionObservation {
    std::uint64_t effective = 0;  // the line at which it counts as having happened
    std::uint64_t line = 0;
    Ps at = 0;
    std::size_t user = 0;  // whose: each has a Monitor
    check::Observation seen;
    const check::Invariant* broken = nullptr;  // already known
    std::string words;                         // then: what was seen
};

/// Follows the lines of a session: what stands in memory, which queues there are and where they
/// stand, which controller is suspended, which goes on for another.
class SessionWatch {
  public:
    explicit SessionWatch(const record::SessionHeader& header);

    void take(const record::SessionLine& line);

    std::vector<SessionObservation>& observations() { return observations_; }
    std::uint64_t submitted() const { return submitted_; }
    std::uint64_t completed() const { return completed_; }
    std::uint64_t suspended() const { return suspends_; }
    std::uint64_t taken_over() const { return taken_over_; }
    std::size_t users() const { return users_; }
    std::vector<std::string> unfollowed() const;

  private:
    struct Sq {
        std::uint64_t base = 0;
        std::uint32_t entries = 0;
        std::uint32_t tail = 0;
        std::uint16_t cqid = 0;
    };
    using Key = std::pair<std::uint16_t, std::uint16_t>;  // queue, CID
    struct Cq {
        std::uint64_t base = 0;
        std::uint32_t entries = 0;
        std::uint32_t head = 0;  // as the host has told
        std::uint32_t next = 0;  // where the device writes
        bool phase = true;       // that it writes there
        std::deque<Key> posted;  // that the host has not taken, as far as it has told
        std::uint32_t waiting() const { return (next + entries - head) % entries; }
    };
    struct Command {
        wire::Sqe sqe;
        std::uint64_t line = 0;  // submitted
        Ps at = 0;
        std::uint32_t function = 0;
        std::uint32_t copies = 1;  // more: its identifier was used twice, and tells nothing
        bool lost = false;         // said
    };
    /// Whoever uses a controller, and goes on with another if that takes over.
    struct User {
        std::size_t number = 0;
        std::uint32_t memory = 0;
        std::optional<std::uint32_t> left;  // the memory from which it has moved to this one
        std::map<std::uint16_t, Sq> sqs;
        std::map<std::uint16_t, Cq> cqs;
        std::map<Key, Command> commands;  // that are not complete
        std::set<std::uint64_t> pages;    // that its commands name for data
        bool known = true;                // false: its queues are not all known
    };
    struct Function {
        std::uint32_t memory = 0;
        std::uint64_t aqa = 0;
        std::uint64_t asq = 0;
        std::uint64_t acq = 0;
        bool enabled = false;
        std::shared_ptr<User> user;
        std::uint8_t side = check::source;
        std::uint64_t suspended = 0;  // the line since when, 0: it is not
        std::uint64_t before = 0;     // the same, before the Resume that is under way
        std::size_t resumes = 0;      // its observation, from 1
        std::uint64_t resumed = 0;    // the line of the last Resume
        Ps resumed_at = 0;
        std::vector<std::uint8_t> loading;  // a state, piece by piece
        bool loaded = false;
    };
    /// Data that name a controller, where the host has yet to look at them.
    struct Look {
        std::uint32_t function = 0;
        std::uint64_t address = 0;
        bool is_list = false;
    };
    using Page = std::array<std::uint8_t, page_size>;

    // Memory.
    void store(std::uint32_t memory, std::uint64_t address, const std::string& bytes);
    void load(std::uint32_t memory, std::uint64_t address, std::uint8_t* to, std::size_t size);
    std::vector<std::uint8_t> data_of(const Command& command, std::size_t size);

    // The host's side.
    void write(const record::SessionLine& line);
    void write_property(Function& function, std::uint32_t number, const record::SessionLine& line);
    void enable(Function& function);
    void reset(std::uint32_t number, const record::SessionLine& line);
    void ring_sq(Function& function, std::uint32_t number, std::uint16_t queue,
                 const record::SessionLine& line);
    void ring_cq(Function& function, std::uint16_t queue, const record::SessionLine& line);
    void submit(Function& function, std::uint32_t number, std::uint16_t queue, const wire::Sqe& sqe,
                const record::SessionLine& line);
    void begin_admin(std::uint32_t number, Command& command);
    void look_for_names(std::uint32_t number);

    // The device's.
    void device_wrote(const record::SessionLine& line);
    void scan(User& user, std::uint16_t queue, const record::SessionLine& line);
    void post(User& user, Cq& cq, const wire::Cqe& cqe, const record::SessionLine& line);
    void post_of(User& user, const Command& command, check::Observation seen,
                 const record::SessionLine& line);
    void took(const User& user, Cq& cq, std::size_t count, const record::SessionLine& line);
    void written_while_suspended(const record::SessionLine& line);
    void complete_admin(std::uint32_t number, const Command& command, const wire::Cqe& cqe,
                        const record::SessionLine& line);
    void complete_queue(User& user, const wire::Sqe& sqe, const record::SessionLine& line);
    void complete_send(std::uint32_t number, const Command& command, bool ok,
                       const record::SessionLine& line);
    std::vector<Function*> members(const User& user);
    std::uint32_t taken_along_to(std::uint32_t number) const;
    void take_over(std::uint32_t number);
    void find_lost(const record::SessionLine& line);

    std::optional<std::uint32_t> function_of(std::uint32_t pf, std::uint16_t cntlid) const;
    std::shared_ptr<User> new_user(std::uint32_t memory);
    void observe(const User& user, std::uint64_t effective, const record::SessionLine& line,
                 check::Observation seen);

    const spec::Rules rules_ = spec::Rules::ratified();
    std::vector<std::map<std::uint64_t, Page>> memories_;
    std::vector<Function> functions_;
    std::uint32_t second_from_ = 0;  // the second device's PF; 0: there is one device
    std::vector<std::weak_ptr<User>> all_users_;
    std::map<std::uint32_t, std::uint16_t> cntlids_;  // by function, from itself
    std::map<std::uint32_t, std::uint16_t> listed_;   // by function, from its PF's list
    std::vector<Look> looks_;
    std::vector<SessionObservation> observations_;
    std::set<std::string> unfollowed_;
    std::size_t users_ = 0;
    std::uint64_t submitted_ = 0;
    std::uint64_t completed_ = 0;
    std::uint64_t suspends_ = 0;
    std::uint64_t taken_over_ = 0;
};

}  // namespace lmsim::sim
