#include "sim/check/session_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/spec/codes.hpp"
#include "model/wire/prp.hpp"
#include "model/wire/sqe.hpp"
#include "sim/bridge/device_port.hpp"

namespace lmsim::sim {

using check::Observation;
using check::What;
using record::Kind;
using record::SessionLine;

namespace {

constexpr Ps session_enough = 5'000'000'000'000;  // 5 s: what is not complete by then is lost
constexpr std::uint64_t page_mask = page_size - 1;
constexpr std::size_t longest_state = std::size_t{64} << 20;

}  // namespace

SessionWatch::SessionWatch(const record::SessionHeader& header)
    : memories_(header.memories.size()),
      functions_(header.memory_of.size()),
      second_from_(header.second_from) {
    for (std::size_t i = 0; i < functions_.size(); ++i) {
        functions_[i].memory = header.memory_of[i];
    }
}

std::vector<std::string> SessionWatch::unfollowed() const {
    return {unfollowed_.begin(), unfollowed_.end()};
}

void SessionWatch::store(std::uint32_t memory, std::uint64_t address, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const std::uint64_t within = (address + done) & page_mask;
        const std::size_t piece = std::min<std::size_t>(bytes.size() - done, page_size - within);
        Page& page = memories_[memory][(address + done) / page_size];
        std::memcpy(page.data() + within, bytes.data() + done, piece);
        done += piece;
    }
}

/// What nobody has written is 0.
void SessionWatch::load(std::uint32_t memory, std::uint64_t address, std::uint8_t* to,
                        std::size_t size) {
    const auto& pages = memories_[memory];
    while (size > 0) {
        const std::size_t piece = std::min<std::size_t>(size, page_size - (address & page_mask));
        const auto found = pages.find(address / page_size);
        if (found == pages.end()) {
            std::memset(to, 0, piece);
        } else {
            std::memcpy(to, found->second.data() + (address & page_mask), piece);
        }
        to += piece;
        address += piece;
        size -= piece;
    }
}

std::shared_ptr<SessionWatch::User> SessionWatch::new_user(std::uint32_t memory) {
    auto user = std::make_shared<User>();
    user->number = users_++;
    user->memory = memory;
    all_users_.push_back(user);
    return user;
}

void SessionWatch::observe(const User& user, std::uint64_t effective, const SessionLine& line,
                           Observation seen) {
    SessionObservation one;
    one.effective = effective;
    one.line = line.number;
    one.at = line.at;
    one.user = user.number;
    one.seen = seen;
    observations_.push_back(std::move(one));
}

void SessionWatch::take(const SessionLine& line) {
    switch (line.kind) {
        case Kind::HostWrote: store(line.memory, line.address, line.bytes); break;
        case Kind::DeviceWrote: device_wrote(line); break;
        case Kind::Write: write(line); break;
        case Kind::Reset:
            // A reset of the PF takes the VFs offline (NVMe Base 2.3, 8.2.6.3).
            for (std::uint32_t i = line.function; i < taken_along_to(line.function); ++i) {
                reset(i, line);
            }
            break;
        case Kind::Over: find_lost(line); break;
        default: break;
    }
}

/// What happens to this function happens to those up to there: a PF's VFs.
std::uint32_t SessionWatch::taken_along_to(std::uint32_t number) const {
    const auto all = static_cast<std::uint32_t>(functions_.size());
    if (number == 0) {
        return second_from_ != 0 ? second_from_ : all;
    }
    return number == second_from_ ? all : number + 1;
}

void SessionWatch::write(const SessionLine& line) {
    Function& function = functions_[line.function];
    if (line.address < reg::doorbells) {
        write_property(function, line.function, line);
        return;
    }
    const std::uint64_t index = (line.address - reg::doorbells) / 4;
    if (!function.user || index / 2 > UINT16_MAX) {
        return;
    }
    const auto queue = static_cast<std::uint16_t>(index / 2);
    if (index % 2 == 0) {
        ring_sq(function, line.function, queue, line);
    } else {
        ring_cq(function, queue, line);
    }
}

void SessionWatch::write_property(Function& function, std::uint32_t number,
                                  const SessionLine& line) {
    const auto set = [&](std::uint64_t& property) {
        property =
            line.size == 8 ? line.value : (property & ~std::uint64_t{UINT32_MAX}) | line.value;
    };
    switch (line.address) {
        case reg::AQA: set(function.aqa); break;
        case reg::ASQ: set(function.asq); break;
        case reg::ACQ: set(function.acq); break;
        case reg::CC: {
            const bool on = (line.value & reg::cc::en) != 0 && (line.value & reg::cc::shn) == 0;
            for (std::uint32_t i = number; !on && i < taken_along_to(number); ++i) {
                reset(i, line);
            }
            if (on && !function.enabled) {
                enable(function);
            }
            break;
        }
        case reg::NSSR:
            for (std::uint32_t i = 0; i < functions_.size(); ++i) reset(i, line);
            break;
        default: break;
    }
}

void SessionWatch::enable(Function& function) {
    function.enabled = true;
    function.user = new_user(function.memory);
    function.side = check::source;
    Sq sq;
    sq.base = function.asq;
    sq.entries = static_cast<std::uint32_t>(function.aqa & 0xfff) + 1;
    Cq cq;
    cq.base = function.acq;
    cq.entries = static_cast<std::uint32_t>(function.aqa >> 16 & 0xfff) + 1;
    function.user->sqs[0] = sq;
    function.user->cqs[0] = cq;
}

void SessionWatch::reset(std::uint32_t number, const SessionLine& line) {
    Function& function = functions_[number];
    if (function.user) {
        Observation seen;
        seen.vf = 0;
        seen.host = function.side;
        if (members(*function.user).size() == 1) {
            seen.what = What::Abandoned;
            seen.cid = check::every_cid;
            observe(*function.user, line.number, line, seen);
        }
        seen.what = What::Reset;
        observe(*function.user, line.number, line, seen);
    }
    function.user = nullptr;
    function.enabled = false;
    function.suspended = function.before = 0;
    function.loaded = false;
    function.loading.clear();
}

std::vector<SessionWatch::Function*> SessionWatch::members(const User& user) {
    std::vector<Function*> all;
    for (Function& function : functions_) {
        if (function.user.get() == &user) all.push_back(&function);
    }
    return all;
}

void SessionWatch::ring_sq(Function& function, std::uint32_t number, std::uint16_t queue,
                           const SessionLine& line) {
    const std::shared_ptr<User> user = function.user;
    const auto found = user->sqs.find(queue);
    if (found == user->sqs.end()) {
        return;
    }
    Sq& sq = found->second;
    if (line.value >= sq.entries) {
        user->known = false;  // the host's fault: nobody knows what is fetched now
        return;
    }
    look_for_names(number);
    while (sq.tail != line.value) {
        std::uint8_t bytes[wire::Sqe::size];
        load(user->memory, sq.base + std::uint64_t{wire::Sqe::size} * sq.tail, bytes, sizeof bytes);
        sq.tail = (sq.tail + 1) % sq.entries;
        submit(function, number, queue, wire::decode_sqe(bytes), line);
    }
}

void SessionWatch::submit(Function& function, std::uint32_t number, std::uint16_t queue,
                          const wire::Sqe& sqe, const SessionLine& line) {
    User& user = *function.user;
    const Key key{queue, sqe.cid};
    Observation seen;
    seen.vf = 0;
    seen.host = function.side;
    seen.queue = queue;
    seen.cid = sqe.cid;
    for (auto& [id, cq] : user.cqs) {
        const auto at = std::find(cq.posted.begin(), cq.posted.end(), key);
        if (at != cq.posted.end()) {
            took(user, cq, static_cast<std::size_t>(at - cq.posted.begin()) + 1, line);
        }
    }
    const auto open = user.commands.find(key);
    if (open != user.commands.end()) {
        ++open->second.copies;  // the host's fault
        seen.what = What::Abandoned;
        observe(user, line.number, line, seen);
        return;
    }
    Command command;
    command.sqe = sqe;
    command.line = line.number;
    command.at = line.at;
    command.function = number;
    for (const std::uint64_t prp : {sqe.prp1, sqe.prp2}) {
        if (queue != 0 && prp != 0) user.pages.insert(prp / page_size);
    }
    if (queue == 0) {
        begin_admin(number, command);
    }
    ++submitted_;
    seen.what = What::Submitted;
    seen.flags = queue == 0 && sqe.opcode == spec::opcode::AdminAer ? check::flag::may_wait : 0;
    observe(user, line.number, line, seen);
    user.commands.emplace(key, std::move(command));
}

/// What takes effect, as far as the device can be blamed, when it is sent.
void SessionWatch::begin_admin(std::uint32_t number, Command& command) {
    if (!wire::is_migration_send(command.sqe, rules_)) {
        return;
    }
    const auto send = wire::decode_migration_send(command.sqe, rules_);
    const auto target = function_of(number, send.cntlid);
    if (!target) {
        return;
    }
    Function& function = functions_[*target];
    if (send.operation == wire::SendOperation::Resume && function.suspended != 0) {
        function.before = function.suspended;
        function.suspended = 0;
        function.resumed = command.line;
        function.resumed_at = command.at;
        if (function.user) {
            SessionLine line;
            line.number = command.line;
            line.at = command.at;
            Observation seen;
            seen.what = What::Resumed;
            seen.vf = 0;
            seen.host = function.side;
            observe(*function.user, command.line, line, seen);
            function.resumes = observations_.size();
        }
    }
    if (send.operation == wire::SendOperation::SetControllerState) {
        const std::uint64_t size = 4 * send.dwords;
        // The sum of both may be too large for 64 bits: a session may have been made by anybody.
        if (size <= longest_state && send.offset <= longest_state - size) {
            const auto data = data_of(command, static_cast<std::size_t>(size));
            function.loading.resize(
                std::max<std::size_t>(function.loading.size(), send.offset + size));
            std::copy(data.begin(), data.end(),
                      function.loading.begin() + static_cast<std::ptrdiff_t>(send.offset));
        }
    }
}

std::vector<std::uint8_t> SessionWatch::data_of(const Command& command, std::size_t size) {
    const std::uint32_t memory = functions_[command.function].memory;
    std::vector<std::uint8_t> data;
    const auto take = [&](const wire::PrpSegment& segment) {
        const std::size_t at = data.size();
        data.resize(at + segment.length);
        load(memory, segment.address, data.data() + at, segment.length);
    };
    wire::PrpWalk walk = wire::begin_prp(command.sqe.prp1, command.sqe.prp2, size, page_size, take);
    while (walk.needs_list()) {
        std::vector<std::uint8_t> list(walk.list_bytes);
        load(memory, walk.list, list.data(), list.size());
        walk = wire::continue_prp(walk, list.data(), list.size(), take);
    }
    data.resize(size);
    return data;
}

/// The host has told how far it has taken completions.
void SessionWatch::ring_cq(Function& function, std::uint16_t queue, const SessionLine& line) {
    const std::shared_ptr<User> user = function.user;
    const auto found = user->cqs.find(queue);
    if (found == user->cqs.end() || line.value >= found->second.entries) {
        return;
    }
    Cq& cq = found->second;
    const std::uint32_t head = static_cast<std::uint32_t>(line.value);
    const std::uint32_t left = (cq.next + cq.entries - head) % cq.entries;
    cq.head = head;
    if (cq.posted.size() > left) {
        took(*user, cq, cq.posted.size() - left, line);
    }
}

void SessionWatch::took(const User& user, Cq& cq, std::size_t count, const SessionLine& line) {
    for (; count > 0; --count) {
        const Key key = cq.posted.front();
        cq.posted.pop_front();
        Observation seen;
        seen.what = What::Completed;
        seen.vf = 0;
        seen.queue = key.first;
        seen.cid = key.second;
        observe(user, line.number, line, seen);
    }
}

void SessionWatch::find_lost(const SessionLine& line) {
    for (const auto& weak : all_users_) {
        const std::shared_ptr<User> user = weak.lock();
        if (!user || !user->known) {
            continue;
        }
        const auto all = members(*user);
        const bool runs = std::any_of(all.begin(), all.end(), [&](const Function* function) {
            return function->suspended == 0 && line.at - function->resumed_at > session_enough;
        });
        for (auto& [key, command] : user->commands) {
            const auto sq = user->sqs.find(key.first);
            const auto cq =
                sq == user->sqs.end() ? user->cqs.end() : user->cqs.find(sq->second.cqid);
            const bool waits = key.first == 0 && command.sqe.opcode == spec::opcode::AdminAer;
            if (!runs || waits || command.lost || command.copies != 1 ||
                line.at - command.at <= session_enough || cq == user->cqs.end() ||
                cq->second.waiting() + 1 >= cq->second.entries) {
                continue;
            }
            command.lost = true;
            Observation seen;
            seen.vf = 0;
            seen.queue = key.first;
            seen.cid = key.second;
            observe(*user, line.number, line, seen);
            observations_.back().broken = check::invariant(check::Inv::CompletesAtAll);
            observations_.back().words = fmt::format(
                "function {}: command {} of queue {}, submitted in line {}, is not "
                "complete after {} s",
                command.function, key.second, key.first, command.line,
                (line.at - command.at) / 1'000'000'000'000);
        }
    }
}

}  // namespace lmsim::sim
