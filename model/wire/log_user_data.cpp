#include "model/wire/cdq.hpp"
#include "model/wire/fields.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

LogAction action_of(std::uint8_t lact, const spec::Rules& rules) {
    if (lact == rules.value(Id::LactStop)) return LogAction::Stop;
    if (lact == rules.value(Id::LactStart)) return LogAction::Start;
    return LogAction::Reserved;
}

std::uint32_t lact_of(const LogUserData& command, const spec::Rules& rules) {
    switch (command.action) {
        case LogAction::Stop: return rules.value(Id::LactStop);
        case LogAction::Start: return rules.value(Id::LactStart);
        case LogAction::Reserved: break;
    }
    return command.lact;
}

}  // namespace

bool operator==(const LogUserData& a, const LogUserData& b) {
    const bool reserved = a.action == LogAction::Reserved;
    return a.action == b.action && (!reserved || a.lact == b.lact) && a.cdqid == b.cdqid;
}

Sqe encode(const LogUserData& command, const spec::Rules& rules) {
    Sqe blank;
    blank.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminTrackSend));
    SqeFields fields(blank, rules);
    fields.set(Id::TrackSendSel, rules.value(Id::SelLogUserDataChanges));
    fields.set(Id::LogLact, lact_of(command, rules));
    fields.set(Id::LogCdqid, command.cdqid);
    return fields.sqe();
}

LogUserData decode_log_user_data(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    LogUserData command;
    command.lact = fields.u8(Id::LogLact);
    command.action = action_of(command.lact, rules);
    command.cdqid = fields.u16(Id::LogCdqid);
    return command;
}

}  // namespace lmsim::wire
