#include <algorithm>
#include <utility>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/controller_state.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/check/session_watch.hpp"

/// What the device has done, by the bytes that it has changed.
namespace lmsim::sim {

using check::Observation;
using check::What;
using record::SessionLine;
using spec::Id;

void SessionWatch::device_wrote(const SessionLine& line) {
    store(line.memory, line.address, line.bytes);
    const std::uint64_t end = line.address + line.bytes.size();
    bool is_queue = false;
    for (const auto& weak : all_users_) {
        const std::shared_ptr<User> user = weak.lock();
        if (!user || user->memory != line.memory) {
            continue;
        }
        std::vector<std::uint16_t> touched;
        for (const auto& [id, cq] : user->cqs) {
            const std::uint64_t size = std::uint64_t{wire::Cqe::size} * cq.entries;
            if (line.address < cq.base + size && cq.base < end) touched.push_back(id);
        }
        for (const std::uint16_t id : touched) {
            is_queue = true;
            scan(*user, id, line);
        }
    }
    all_users_.erase(std::remove_if(all_users_.begin(), all_users_.end(),
                                    [](const auto& user) { return user.expired(); }),
                     all_users_.end());
    if (!is_queue) {
        written_while_suspended(line);
    }
}

/// All entries that are new.
void SessionWatch::scan(User& user, std::uint16_t queue, const SessionLine& line) {
    for (;;) {
        // A completion may end the queue.
        const auto found = user.cqs.find(queue);
        if (found == user.cqs.end()) {
            return;
        }
        Cq& cq = found->second;
        std::uint8_t entry[wire::Cqe::size];
        load(user.memory, cq.base + std::uint64_t{wire::Cqe::size} * cq.next, entry, sizeof entry);
        if (wire::phase_of(entry) != cq.phase) {
            return;
        }
        cq.next = (cq.next + 1) % cq.entries;
        cq.phase = cq.phase != (cq.next == 0);
        post(user, cq, wire::decode_cqe(entry), line);
    }
}

void SessionWatch::post(User& user, Cq& cq, const wire::Cqe& cqe, const SessionLine& line) {
    if (!user.known || user.sqs.count(cqe.sqid) == 0) {
        return;
    }
    const Key key{cqe.sqid, cqe.cid};
    Observation seen;
    seen.what = What::Posted;
    seen.vf = 0;
    seen.queue = cqe.sqid;
    seen.cid = cqe.cid;
    const auto found = user.commands.find(key);
    if (found == user.commands.end()) {
        Command nobodys;
        nobodys.line = line.number;
        cq.posted.push_back(key);
        post_of(user, nobodys, seen, line);
        return;
    }
    if (found->second.copies > 1) {
        --found->second.copies;
        return;
    }
    const Command command = found->second;
    user.commands.erase(found);
    if (command.copies != 1) {
        return;
    }
    ++completed_;
    cq.posted.push_back(key);
    post_of(user, command, seen, line);
    if (cqe.sqid == 0) {
        complete_admin(command.function, command, cqe, line);
    }
}

/// Who may have done it when, so that nothing is wrong with it; if nobody: that.
void SessionWatch::post_of(User& user, const Command& command, Observation seen,
                           const SessionLine& line) {
    const std::uint64_t earliest = std::max(line.since, command.line);
    const auto all = members(user);
    for (const Function* function : all) {
        if (function->suspended == 0) {
            seen.host = function->side;
            observe(user, std::max(earliest, function->resumed), line, seen);
            return;
        }
    }
    for (const Function* function : all) {
        if (earliest < function->suspended) {
            seen.host = function->side;
            observe(user, earliest, line, seen);
            return;
        }
    }
    seen.host = all.empty() ? check::source : all.front()->side;
    observe(user, line.number, line, seen);
}

/// Data of somebody whose controllers are suspended, and were when it was looked at before.
void SessionWatch::written_while_suspended(const SessionLine& line) {
    const std::uint64_t page = line.address / page_size;
    const User* guilty = nullptr;
    std::uint8_t side = check::source;
    for (const auto& weak : all_users_) {
        const std::shared_ptr<User> user = weak.lock();
        const bool there = user && (user->memory == line.memory || user->left == line.memory);
        if (!there || user->pages.count(page) == 0) {
            continue;
        }
        auto all = members(*user);
        all.erase(std::remove_if(all.begin(), all.end(),
                                 [&](const Function* one) { return one->memory != line.memory; }),
                  all.end());
        const bool innocent = std::any_of(all.begin(), all.end(), [&](const Function* function) {
            return function->suspended == 0 || line.since < function->suspended;
        });
        if (innocent || all.empty()) {
            return;
        }
        guilty = user.get();
        side = all.front()->side;
    }
    if (guilty != nullptr) {
        Observation seen;
        seen.what = What::Writes;
        seen.vf = 0;
        seen.host = side;
        observe(*guilty, line.number, line, seen);
    }
}

void SessionWatch::complete_admin(std::uint32_t number, const Command& command,
                                  const wire::Cqe& cqe, const SessionLine& line) {
    const wire::Sqe& sqe = command.sqe;
    const bool ok = wire::status_code(cqe.status) == 0;
    if (wire::is_migration_send(sqe, rules_)) {
        complete_send(number, command, ok, line);
        return;
    }
    if (!ok) {
        return;
    }
    if (functions_[number].user) {
        complete_queue(*functions_[number].user, sqe, line);
    }
    if (sqe.opcode == spec::opcode::AdminIdentify && sqe.prp1 % page_size == 0) {
        const std::uint8_t cns = wire::decode_identify(sqe, rules_).cns;
        const bool is_list = cns == rules_.value(Id::CnsSecondaryControllers);
        if (is_list || cns == rules_.value(Id::CnsController)) {
            looks_.push_back({number, sqe.prp1, is_list});
        }
    }
    if (sqe.opcode == spec::opcode::AdminVirtualization) {
        const auto manage = wire::decode_virtualization(sqe, rules_);
        const auto target = function_of(number, manage.cntlid);
        if (target && manage.action == wire::VirtualizationAction::SecondaryOffline) {
            reset(*target, line);
        }
    }
}

void SessionWatch::complete_queue(User& user, const wire::Sqe& sqe, const SessionLine& line) {
    switch (sqe.opcode) {
        case spec::opcode::AdminCreateCq: {
            const auto create = wire::decode_create_cq(sqe, rules_);
            Cq cq;
            cq.base = create.prp1;
            cq.entries = create.qsize + 1U;
            if (create.pc) user.cqs[create.qid] = cq;
            break;
        }
        case spec::opcode::AdminCreateSq: {
            const auto create = wire::decode_create_sq(sqe, rules_);
            Sq sq;
            sq.base = create.prp1;
            sq.entries = create.qsize + 1U;
            sq.cqid = create.cqid;
            if (create.pc) user.sqs[create.qid] = sq;
            break;
        }
        case spec::opcode::AdminDeleteCq:
            user.cqs.erase(wire::decode_delete_cq(sqe, rules_).qid);
            break;
        case spec::opcode::AdminDeleteSq: {
            const std::uint16_t qid = wire::decode_delete_sq(sqe, rules_).qid;
            user.sqs.erase(qid);
            for (auto at = user.commands.begin(); at != user.commands.end();) {
                if (at->first.first != qid) {
                    ++at;
                    continue;
                }
                Observation seen;
                seen.what = What::Abandoned;
                seen.vf = 0;
                seen.queue = qid;
                seen.cid = at->first.second;
                observe(user, line.number, line, seen);
                at = user.commands.erase(at);
            }
            break;
        }
        default: break;
    }
}

void SessionWatch::complete_send(std::uint32_t number, const Command& command, bool ok,
                                 const SessionLine& line) {
    const auto send = wire::decode_migration_send(command.sqe, rules_);
    const auto target = function_of(number, send.cntlid);
    if (!target) {
        if (ok) {
            unfollowed_.insert("which function has CNTLID " + std::to_string(send.cntlid) +
                               " is not known: it was not seen to be suspended or resumed");
        }
        return;
    }
    Function& function = functions_[*target];
    switch (send.operation) {
        case wire::SendOperation::Suspend:
            if (ok && send.type == wire::SuspendType::Suspend && function.suspended == 0) {
                function.suspended = line.number;
                ++suspends_;
                Observation seen;
                seen.what = What::Suspended;
                seen.vf = 0;
                seen.host = function.side;
                if (function.user) observe(*function.user, line.number, line, seen);
            }
            break;
        case wire::SendOperation::Resume:
            if (!ok && function.before != 0) {
                function.suspended = function.before;
                if (function.resumes != 0) {
                    observations_[function.resumes - 1].seen.what = What::Suspended;
                }
            }
            function.before = 0;
            function.resumes = 0;
            if (ok && function.loaded) take_over(*target);
            break;
        case wire::SendOperation::SetControllerState:
            if (ok && (send.seqind == wire::Seqind::Last || send.seqind == wire::Seqind::Only)) {
                function.loaded = true;
            }
            break;
        default: break;
    }
}

/// The controller has the queues of another now, whose user goes on with it; or nobody knows which.
void SessionWatch::take_over(std::uint32_t number) {
    Function& function = functions_[number];
    function.loaded = false;
    const std::vector<std::uint8_t> state = std::exchange(function.loading, {});
    const auto view = wire::ControllerStateView::parse(state.data(), state.size(), rules_);
    for (std::uint32_t i = 0; view.ok() && i < functions_.size(); ++i) {
        const Function& other = functions_[i];
        if (i == number || !other.user || other.suspended == 0) {
            continue;
        }
        std::size_t same = 0;
        for (std::uint16_t q = 0; q < view->sq_count(); ++q) {
            const wire::SqState sq = view->sq(q);
            const auto found = other.user->sqs.find(sq.qid);
            same += found != other.user->sqs.end() && found->second.base == sq.prp1 &&
                            found->second.tail == sq.tp
                        ? 1
                        : 0;
        }
        if (same != 0 && same == view->sq_count()) {
            function.user = other.user;
            if (function.user->memory != function.memory) {
                // The VM has moved, with all that stood in its memory.
                function.user->left = std::exchange(function.user->memory, function.memory);
            }
            function.side = other.side == check::source ? check::destination : check::source;
            function.enabled = true;
            ++taken_over_;
            return;
        }
    }
    if (function.user) {
        function.user->known = false;
    }
    unfollowed_.insert("function " + std::to_string(number) +
                       " went on with a state of its host's own making: not followed until its "
                       "reset");
}

std::optional<std::uint32_t> SessionWatch::function_of(std::uint32_t pf,
                                                       std::uint16_t cntlid) const {
    for (const auto* names : {&cntlids_, &listed_}) {
        for (const auto& [function, name] : *names) {
            const bool known_otherwise = names == &listed_ && cntlids_.count(function) != 0;
            const bool of_pf = function > pf && (pf != 0 || function < taken_along_to(0));
            if (of_pf && name == cntlid && !known_otherwise) {
                return function;
            }
        }
    }
    return std::nullopt;
}

/// What controllers say who they are: a function's host has looked at the answer by the time that
/// it sends the next command. Another function's host may send one before.
void SessionWatch::look_for_names(std::uint32_t number) {
    const auto learn = [&](const Look& look) {
        std::vector<std::uint8_t> page(page_size);
        load(functions_[look.function].memory, look.address, page.data(), page.size());
        if (std::all_of(page.begin(), page.end(), [](std::uint8_t byte) { return byte == 0; })) {
            return;
        }
        if (!look.is_list) {
            const auto id = wire::decode_identify_controller(page.data(), page.size(), rules_);
            if (id.ok()) cntlids_[look.function] = id->cntlid;
            return;
        }
        // The list has all VFs of the device; those that nobody opened are no functions here.
        const auto list = wire::SecondaryListView::parse(page.data(), page.size(), rules_);
        for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
            const std::uint32_t function = look.function + (*list)[i].vfn;
            if (function < taken_along_to(look.function)) listed_[function] = (*list)[i].scid;
        }
    };
    std::vector<Look> others;
    for (const Look& look : std::exchange(looks_, {})) {
        if (look.function == number) {
            learn(look);
        } else {
            others.push_back(look);
        }
    }
    looks_ = std::move(others);
}

}  // namespace lmsim::sim
