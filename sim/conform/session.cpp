#include "sim/conform/session.hpp"

#include <fmt/format.h>

#include "model/wire/admin.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/virtualization.hpp"

namespace lmsim::sim::conform {

using spec::Id;

const spec::Rules& oracle() {
    static const spec::Rules rules = spec::Rules::ratified();
    return rules;
}

Session::Session(Target& target) : target_(target) {}

Unit* Session::unit(const std::string& name) {
    if (alone() && name == "mc" && !units_.empty()) {
        return units_.front().get();
    }
    for (const auto& unit : units_) {
        if (unit->name() == name) {
            return unit.get();
        }
    }
    return nullptr;
}

bool Session::complete(Unit& unit, const Pending& pending, Ps limit) {
    return target_.wait([&] { return unit.poll(&pending); }, limit);
}

std::string Session::restore() {
    for (const auto& unit : units_) {
        std::string error = unit->restore();
        if (!error.empty()) {
            return error;
        }
    }
    std::string error = units_.front()->enable();
    return error.empty() && manages_ ? bring_online() : error;
}

std::optional<wire::Cqe> Session::ask(Unit& unit, const wire::Sqe& sqe) {
    std::uint8_t bytes[wire::Sqe::size];
    wire::encode(sqe, bytes);
    const Pending* pending = unit.submit(0, bytes, "session");
    if (pending == nullptr || !complete(unit, *pending, command_limit)) {
        return std::nullopt;
    }
    return wire::decode_cqe(pending->cqe.data());
}

std::string Session::send(Unit& unit, const wire::Sqe& sqe, const std::string& what) {
    const std::optional<wire::Cqe> cqe = ask(unit, sqe);
    if (!cqe) {
        return what + " was not completed within 10 s";
    }
    const std::uint16_t status = wire::status_code(cqe->status);
    return status == 0 ? std::string() : fmt::format("{} ended with status {:03x}h", what, status);
}

std::string Session::identify(Unit& unit, std::uint8_t cns, std::vector<std::uint8_t>& page) {
    const std::optional<std::uint64_t> buffer = unit.allocate(wire::identify_size);
    LMSIM_ASSERT(buffer.has_value());
    wire::Identify command;
    command.cns = cns;
    wire::Sqe sqe = wire::encode(command, oracle());
    sqe.prp1 = *buffer;
    std::string error = send(unit, sqe, fmt::format("Identify with CNS {:02x}h", cns));
    if (error.empty()) {
        const std::uint8_t* from = unit.bytes(*buffer, wire::identify_size);
        page.assign(from, from + wire::identify_size);
    }
    return error;
}

std::string Session::bring_online() {
    Unit& mmc = *units_.front();
    std::vector<std::uint8_t> page;
    const auto cns = static_cast<std::uint8_t>(oracle().value(Id::CnsSecondaryControllers));
    std::string error = identify(mmc, cns, page);
    if (!error.empty()) {
        return error;
    }
    const auto list = wire::SecondaryListView::parse(page.data(), page.size(), oracle());
    for (std::size_t i = 0; list.ok() && i < list->count() && error.empty(); ++i) {
        const wire::SecondaryController entry = (*list)[i];
        const auto resources = resources_.find(entry.scid);
        if (entry.online || resources == resources_.end() || resources->second.first == 0) {
            continue;  // or nobody has opened it, and it had nothing
        }
        const auto manage = [&](Id action, Id type, std::uint16_t number) {
            wire::Sqe empty;
            empty.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminVirtualization));
            wire::SqeFields fields(empty, oracle());
            fields.set(Id::VirtualizationAct, oracle().value(action));
            fields.set(Id::VirtualizationCntlid, entry.scid);
            fields.set(Id::VirtualizationRt, oracle().value(type));
            fields.set(Id::VirtualizationNr, number);
            return send(mmc, fields.sqe(),
                        fmt::format("bringing the controller {} online", entry.scid));
        };
        // Where the resources are private, assigning them is refused, and not needed.
        manage(Id::ActSecondaryAssign, Id::ResourceVq, resources->second.first);
        manage(Id::ActSecondaryAssign, Id::ResourceVi, resources->second.second);
        error = manage(Id::ActSecondaryOnline, Id::ResourceVq, 0);
    }
    return error;
}

}  // namespace lmsim::sim::conform
