#include "sim/host/cdq_program.hpp"

#include <algorithm>
#include <utility>

#include "model/spec/codes.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim {

namespace {

constexpr std::int32_t some_eventfd = 3;  // which it is does not matter

host::CdqIoctl argument_of(const wire::ControllerDataQueue& command) {
    host::CdqIoctl argument;
    if (command.operation == wire::CdqOperation::Create) {
        argument.size = command.dwords * 4;
        argument.entries = command.pc ? command.prp1 : 0;  // a list's ring begins a page as well
        argument.tpt_fd = some_eventfd;
        argument.cqs = command.cntlid;
        argument.mos = command.qt;
    } else {
        argument.id = command.cdqid;
    }
    return argument;
}

}  // namespace

CdqProgram::CdqProgram(sc_core::sc_module_name name, Kernel& kernel, const CdqProgramTiming& timing,
                       AdminQueue& admin, const spec::Rules& rules)
    : Component(name, kernel), timing_(timing), admin_(admin), rules_(rules), lane_(add_lane()) {}

std::uint64_t CdqProgram::pinned_pages() const {
    std::uint64_t pages = 0;
    for (const auto& [cdqid, pinned] : table_) {
        pages += pinned;
    }
    return pages;
}

bool kernel_takes(const host::CdqIoctl& argument, host::CdqAbi abi, const spec::Rules& rules) {
    std::uint8_t bytes[64] = {};
    const std::size_t size = host::ioctl_size(abi);
    LMSIM_ASSERT(size <= sizeof bytes);
    host::encode(argument, abi, bytes);
    const host::CdqCall call = host::enter_kernel(host::ioctl_number(abi), bytes, size, rules);
    return call.error == vfio::Errno::Ok && call.command.entries % page_size == 0;
}

void CdqProgram::submit(const wire::Sqe& sqe, AdminDone done) {
    if (timing_.in_kernel && sqe.opcode == rules_.value(spec::Id::OpcodeAdminSetFeatures)) {
        return admin_.submit(sqe, std::move(done));
    }
    Call call{sqe, std::move(done)};
    ++calls_;
    Ps cost = timing_.ioctl;
    const bool of_queue = sqe.opcode == rules_.value(spec::Id::OpcodeAdminCdq);
    queue_calls_ += of_queue ? 1 : 0;
    if (of_queue && !timing_.in_kernel) {
        const wire::ControllerDataQueue command = wire::decode_cdq(sqe, rules_);
        const host::CdqIoctl argument = argument_of(command);
        call.refused = !kernel_takes(argument, timing_.abi, rules_);
        call.pages = (argument.size + page_size - 1) / page_size;
        cost += call.refused ? 0 : timing_.pin * static_cast<Ps>(call.pages);
    }
    busy_ = std::max(busy_, now()) + cost;
    waiting_.push_back(std::move(call));
    post(lane_, busy_, static_cast<std::uint32_t>(Kind::Call), 0);
}

/// In the kernel now: to the controller, or straight back.
void CdqProgram::forward(Call call) {
    if (call.refused) {
        ++refused_;
        AdminAnswer answer;
        answer.status = spec::status::InvalidField;
        return call.done(answer);
    }
    if (call.sqe.opcode != rules_.value(spec::Id::OpcodeAdminCdq)) {
        return admin_.submit(call.sqe, std::move(call.done));
    }
    const wire::ControllerDataQueue command = wire::decode_cdq(call.sqe, rules_);
    admin_.submit(call.sqe, [this, command, pages = call.pages,
                             done = std::move(call.done)](const AdminAnswer& answer) {
        answered(command, pages, answer);
        done(answer);
    });
}

void CdqProgram::answered(const wire::ControllerDataQueue& command, std::uint64_t pages,
                          const AdminAnswer& answer) {
    if (answer.error != host::PfError::None || answer.status != 0) {
        return;
    }
    if (command.operation == wire::CdqOperation::Create) {
        wire::Cqe cqe;
        cqe.dw0 = answer.dw0;
        table_[wire::decode_created_cdqid(cqe, rules_)] = pages;
        most_pinned_ = std::max(most_pinned_, pinned_pages());
    } else if (command.operation == wire::CdqOperation::Delete) {
        table_.erase(command.cdqid);
    }
}

void CdqProgram::event(const wire::AerResult& event,
                       std::function<void(const wire::AerResult&)> woken) {
    if (table_.count(event.cdqid) == 0) {
        return;
    }
    ++events_;
    woken_.push_back({event, std::move(woken)});
    busy_ = std::max(busy_, now() + timing_.wake);
    post(lane_, busy_, static_cast<std::uint32_t>(Kind::Wake), 0);
}

void CdqProgram::handle(const Event& event) {
    if (static_cast<Kind>(event.kind) == Kind::Call) {
        Call call = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
        forward(std::move(call));
    } else {
        const Woken woken = std::move(woken_.front());
        woken_.erase(woken_.begin());
        woken.woken(woken.event);
    }
}

}  // namespace lmsim::sim
