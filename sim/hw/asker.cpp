#include "sim/hw/asker.hpp"

#include <fmt/format.h>

#include <cstring>

#include "model/spec/codes.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/identify.hpp"
#include "sim/bridge/drivable.hpp"

namespace lmsim::sim::hw {

using conform::oracle;
using spec::Id;

std::string Asker::enable() {
    std::string error = unit_.restore();
    if (error.empty()) {
        const auto cap = unit_.read(reg::CAP, 8);
        error = cap ? cannot_drive(*cap) : "a read of CAP was not answered within 10 s";
    }
    if (error.empty()) {
        error = unit_.enable();
    }
    if (error.empty()) {
        buffer_ = *unit_.allocate(2 * page_size);
    }
    return error.empty() || target_.trouble().empty() ? error : target_.trouble();
}

Result<Answered> Asker::ask(wire::Sqe sqe, std::uint64_t bytes) {
    LMSIM_ASSERT(bytes <= 2 * page_size);
    if (bytes != 0) {
        std::memset(unit_.bytes(buffer_, bytes), 0, bytes);
        sqe.prp1 = buffer_;
        sqe.prp2 = bytes > page_size ? buffer_ + page_size : 0;
    }
    std::uint8_t entry[wire::Sqe::size];
    wire::encode(sqe, entry);
    const conform::Pending* pending = unit_.submit(0, entry, "ask");
    if (pending == nullptr ||
        !target_.wait([&] { return unit_.poll(pending); }, conform::command_limit)) {
        const std::string trouble = target_.trouble();
        return Failure{!trouble.empty()
                           ? trouble
                           : fmt::format("{} did not complete {} ({:02x}h) within 10 s",
                                         unit_.name(), spec::admin_opcode_name(sqe.opcode),
                                         sqe.opcode)};
    }
    Answered answered;
    answered.cqe = wire::decode_cqe(pending->cqe.data());
    if (bytes != 0) {
        const std::uint8_t* const from = unit_.bytes(buffer_, bytes);
        answered.data.assign(from, from + bytes);
    }
    return answered;
}

Result<std::vector<std::uint8_t>> Asker::identify(Id cns, std::uint32_t nsid) {
    wire::Sqe empty;
    empty.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminIdentify));
    empty.nsid = nsid;
    wire::SqeFields fields(empty, oracle());
    fields.set(Id::IdentifyCns, oracle().value(cns));
    auto answered = ask(fields.sqe(), wire::identify_size);
    if (!answered) {
        return Failure{answered.error()};
    }
    if (!answered.value().succeeded()) {
        return Failure{fmt::format("Identify with CNS {:02x}h ended with {:03x}h {}",
                                   oracle().value(cns), answered.value().status(),
                                   spec::status_name(answered.value().status()))};
    }
    return std::move(answered.value().data);
}

std::optional<std::uint32_t> Asker::feature(Id fid) {
    wire::Sqe empty;
    empty.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminGetFeatures));
    wire::SqeFields fields(empty, oracle());
    fields.set(Id::FeatureFid, oracle().value(fid));
    const auto answered = ask(fields.sqe());
    if (!answered || !answered.value().succeeded()) {
        return std::nullopt;
    }
    return answered.value().cqe.dw0;
}

}  // namespace lmsim::sim::hw
