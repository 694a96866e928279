#include "sim/conform/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/virtualization.hpp"

namespace lmsim::sim::conform {

using spec::Id;

namespace {

constexpr std::uint16_t first_unknown = 0x7f00;  // where to look for a CNTLID that nobody has

}  // namespace

const spec::Rules& oracle() {
    static const spec::Rules rules = spec::Rules::ratified();
    return rules;
}

Session::Session(Target& target) : target_(target) {}

Unit* Session::unit(const std::string& name) {
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
    return error.empty() && units_.size() > 1 ? bring_online() : error;
}

std::string Session::send(Unit& unit, const wire::Sqe& sqe, const std::string& what) {
    std::uint8_t bytes[wire::Sqe::size];
    wire::encode(sqe, bytes);
    const Pending* pending = unit.submit(0, bytes, "session");
    if (pending == nullptr || !complete(unit, *pending, command_limit)) {
        return what + " was not completed within 10 s";
    }
    const std::uint16_t status = wire::status_code(wire::decode_cqe(pending->cqe.data()).status);
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
        if (entry.online || resources == resources_.end()) {
            continue;
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

std::string Session::detect_mmc() {
    Unit& mmc = *units_.front();
    const std::optional<std::uint64_t> cap = mmc.read(reg::CAP, 8);
    if (!cap) {
        return "a read of CAP was not answered within 10 s";
    }
    symbols_["mmc.mqes"] = *cap & 0xffff;
    symbols_["mmc.cqr"] = *cap >> 16 & 1;
    std::vector<std::uint8_t> page;
    std::string error =
        identify(mmc, static_cast<std::uint8_t>(oracle().value(Id::CnsController)), page);
    if (!error.empty()) {
        return error;
    }
    const auto id = wire::decode_identify_controller(page.data(), page.size(), oracle());
    symbols_["mmc.cntlid"] = id->cntlid;
    symbols_["mmc.hmlms"] = id->hmlms ? 1 : 0;
    symbols_["mmc.mdts"] = id->mdts;
    symbols_["mmc.mdts.dwords"] = (std::uint64_t{page_size} << id->mdts) / 4;
    symbols_["mmc.aerl"] = id->aerl;
    symbols_["mmc.acl"] = id->acl;
    symbols_["mmc.oacs"] = id->oacs;
    symbols_["mmc.oacs.format"] = id->oacs >> 1 & 1;
    symbols_["mmc.oacs.namespaces"] = id->oacs >> 3 & 1;
    symbols_["mmc.oacs.lba-status"] = id->oacs >> 9 & 1;
    symbols_["mmc.oacs.virtualization"] = id->oacs >> 7 & 1;
    symbols_["mmc.oncs"] = id->oncs;
    symbols_["mmc.ana"] = page[oracle().offset(Id::IdCmic)] >> 3 & 1;
    symbols_["mmc.unvmcap"] =
        wire::load_le<std::uint64_t>(page.data() + oracle().offset(Id::IdUnvmcap));
    symbols_["mmc.sanicap.bes"] = page[oracle().offset(Id::IdSanicap)] >> 1 & 1;
    symbols_["mmc.thmcs"] = (id->trattr & wire::trattr_thmcs) != 0 ? 1 : 0;
    symbols_["mmc.tudcs"] = (id->trattr & wire::trattr_tudcs) != 0 ? 1 : 0;
    symbols_["mmc.mrtll"] = (id->trattr & wire::trattr_mrtll) != 0 ? 1 : 0;
    symbols_["mmc.cmmrtd"] = id->cmmrtd;
    symbols_["mmc.nmmrtd"] = id->nmmrtd;
    symbols_["mmc.minmrtg"] = id->minmrtg;
    symbols_["mmc.maxmrtg"] = id->maxmrtg;
    symbols_["mmc.mcudmq"] = id->mcudmq;
    symbols_["mmc.mnsudmq"] = id->mnsudmq;
    symbols_["mmc.mcmr"] = id->mcmr;
    symbols_["mmc.nmcmr"] = id->nmcmr;
    symbols_["mmc.mcdqpc"] = id->mcdqpc;
    return id->hmlms ? std::string()
                     : "OACS.HMLMS of the PF is 0: it is no Migration Management Controller";
}

/// What each secondary has, or where it is offline and has nothing its share of what there is: a
/// driver may find a device so.
std::string Session::detect_resources() {
    Unit& mmc = *units_.front();
    std::vector<std::uint8_t> page;
    std::string error =
        identify(mmc, static_cast<std::uint8_t>(oracle().value(Id::CnsSecondaryControllers)), page);
    if (!error.empty()) {
        return error;
    }
    const auto list = wire::SecondaryListView::parse(page.data(), page.size(), oracle());
    bool any_offline = false;
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        const wire::SecondaryController entry = (*list)[i];
        resources_[entry.scid] = {entry.nvq, entry.nvi};
        any_offline = any_offline || !entry.online;
    }
    if (!any_offline) {
        return {};
    }
    std::vector<std::uint8_t> primary;
    const auto cns = static_cast<std::uint8_t>(oracle().value(Id::CnsPrimaryCapabilities));
    const auto share = [&](const wire::FlexibleResources& of) {
        const std::uint32_t each = of.total / static_cast<std::uint32_t>(list->count());
        const std::uint32_t most = std::min<std::uint32_t>(of.secondary, each);
        return static_cast<std::uint16_t>(of.granularity > 1 ? most - most % of.granularity : most);
    };
    if (identify(mmc, cns, primary).empty()) {
        const auto has =
            wire::decode_primary_capabilities(primary.data(), primary.size(), oracle());
        for (std::size_t i = 0; has.ok() && i < list->count(); ++i) {
            const wire::SecondaryController entry = (*list)[i];
            if (!entry.online && entry.nvq == 0 && entry.nvi == 0) {
                resources_[entry.scid] = {share(has->vq), share(has->vi)};
            }
        }
    }
    return bring_online();
}

std::string Session::detect_secondaries() {
    std::vector<std::uint8_t> page;
    std::string error =
        identify(*units_.front(),
                 static_cast<std::uint8_t>(oracle().value(Id::CnsSecondaryControllers)), page);
    if (!error.empty()) {
        return error;
    }
    const auto list = wire::SecondaryListView::parse(page.data(), page.size(), oracle());
    if (!list.ok()) {
        return "the Secondary Controller list does not decode";
    }
    std::set<std::uint64_t> known{symbols_["mmc.cntlid"]};
    const char* const names[] = {"mc", "mc2"};
    for (std::size_t i = 0; i < list->count(); ++i) {
        const wire::SecondaryController entry = (*list)[i];
        known.insert(entry.scid);
        resources_[entry.scid] = {entry.nvq, entry.nvi};
        if (entry.vfn == 3) {
            symbols_["mc3.cntlid"] = entry.scid;  // as a name alone: no case drives it
        }
        if (units_.size() <= 2 && entry.vfn != 0 && entry.vfn < target_.functions()) {
            const std::string name = names[units_.size() - 1];
            symbols_[name + ".cntlid"] = entry.scid;
            symbols_[name + ".online"] = entry.online ? 1 : 0;
            symbols_[name + ".nvq"] = entry.nvq;
            symbols_[name + ".nvi"] = entry.nvi;
            units_.push_back(std::make_unique<Unit>(target_, name, entry.vfn));
        }
    }
    std::uint64_t unknown = first_unknown;
    while (known.count(unknown) != 0) {
        ++unknown;
    }
    symbols_["unknown.cntlid"] = unknown;
    return units_.size() > 1 ? std::string() : "the PF has no secondary controller to migrate";
}

void Session::detect_formats() {
    std::vector<std::uint8_t> page;
    symbols_["mmc.vq.flexible"] = 0;
    const auto primary = static_cast<std::uint8_t>(oracle().value(Id::CnsPrimaryCapabilities));
    if (symbols_["mmc.oacs.virtualization"] != 0 &&
        identify(*units_.front(), primary, page).empty()) {
        symbols_["mmc.vq.flexible"] = wire::load_bits(page.data(), oracle().place(Id::PrimaryVqrs));
    }
    const auto cns = static_cast<std::uint8_t>(oracle().value(Id::CnsControllerStateFormats));
    symbols_["formats.nv"] = 0;
    symbols_["formats.nuuid"] = 0;
    symbols_["formats.csvi"] = 0;
    if (!identify(*units_.front(), cns, page).empty()) {
        return;
    }
    const auto formats = wire::StateFormatsView::parse(page.data(), page.size(), oracle());
    if (formats.ok()) {
        symbols_["formats.nv"] = formats->version_count();
        symbols_["formats.nuuid"] = formats->uuid_count();
        const auto version = static_cast<std::uint16_t>(oracle().value(Id::NvmeStateVersion));
        symbols_["formats.csvi"] = formats->find_version(version);
    }
}

/// What the MC offers: how many AERs it takes and its first active namespace, 1 where it does not
/// say.
void Session::detect_mc() {
    symbols_["mc.nsid"] = 1;
    symbols_["mc2.nsid"] = 1;
    symbols_["mc.aerl"] = 0;
    symbols_["mc.sgls"] = 1;  // unless it says that it is not so
    symbols_["mc.oacs.namespaces"] = 1;
    Unit& mc = *units_[1];
    std::vector<std::uint8_t> page;
    if (!mc.enable().empty()) {
        return;
    }
    const auto controller = static_cast<std::uint8_t>(oracle().value(Id::CnsController));
    if (identify(mc, controller, page).empty()) {
        const auto id = wire::decode_identify_controller(page.data(), page.size(), oracle());
        symbols_["mc.aerl"] = id->aerl;
        symbols_["mc.sgls"] = id->sgls & 3;
        symbols_["mc.oacs.namespaces"] = id->oacs >> 3 & 1;
        symbols_["mc.oncs.dsm"] = id->oncs >> 2 & 1;
        symbols_["mc.oncs.write-zeroes"] = id->oncs >> 3 & 1;
    }
    symbols_["mc.nsid"] = first_namespace(mc);
    if (units_.size() > 2 && units_[2]->enable().empty()) {
        symbols_["mc2.nsid"] = first_namespace(*units_[2]);
    }
}

/// The first active namespace of an MC, 1 where it does not say.
std::uint32_t Session::first_namespace(Unit& mc) {
    std::vector<std::uint8_t> page;
    const auto cns = static_cast<std::uint8_t>(oracle().value(Id::CnsActiveNamespaces));
    const std::uint32_t first =
        identify(mc, cns, page).empty() ? wire::load_le<std::uint32_t>(page.data()) : 0;
    return first != 0 ? first : 1;
}

std::string Session::detect() {
    units_.push_back(std::make_unique<Unit>(target_, "mmc", std::uint16_t{0}));
    symbols_["page"] = page_size;
    symbols_["mc.trackable"] = target_.trackable();
    if (target_.no_memory() != 0) {
        symbols_["nowhere"] = target_.no_memory();
    }
    std::string error = restore();
    if (error.empty()) {
        error = detect_mmc();
    }
    if (error.empty()) {
        error = detect_resources();
    }
    if (error.empty()) {
        error = detect_secondaries();
    }
    if (error.empty()) {
        detect_formats();
        detect_mc();
        error = restore();
    }
    return error;
}

}  // namespace lmsim::sim::conform
