#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/host/bring_online.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/bits.hpp"
#include "model/wire/fields.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/conform/needs.hpp"
#include "sim/conform/session.hpp"

/// What a target is: the symbols that cases name, and that tell which of them it can be asked.
namespace lmsim::sim::conform {

using spec::Id;

namespace {

constexpr std::uint16_t first_unknown = 0x7f00;  // where to look for a CNTLID that nobody has
constexpr std::uint32_t mpsmin_shift = 48;       // CAP (NVMe Base 2.3, 3.1.4.1, figure 36)
constexpr std::uint32_t dstrd_shift = 32;
constexpr std::uint64_t base_2_0 = 0x2'00'00;  // VS
constexpr std::uint8_t most_mdts = 22;         // 16 GiB: no NUMD can ask for more

/// Set or Get Features of Number of Queues, with nothing in CDW11.
wire::Sqe number_of_queues(Id opcode) {
    wire::Sqe empty;
    empty.opcode = static_cast<std::uint8_t>(oracle().value(opcode));
    wire::SqeFields fields(empty, oracle());
    fields.set(Id::FeatureFid, oracle().value(Id::FeatureNumberOfQueues));
    return fields.sqe();
}

/// Get Features that asks what can be done with a feature.
wire::Sqe capabilities_of(Id fid) {
    wire::Sqe empty;
    empty.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminGetFeatures));
    wire::SqeFields fields(empty, oracle());
    fields.set(Id::FeatureFid, oracle().value(fid));
    fields.set(Id::GetFeaturesSel, oracle().value(Id::SelectCapabilities));
    return fields.sqe();
}

/// With room behind it: a field is read with up to 8 bytes, as far as the compiler knows.
std::array<std::uint8_t, 8> dword(std::uint32_t value) {
    std::array<std::uint8_t, 8> bytes{};
    wire::store_le(bytes.data(), value);
    return bytes;
}

}  // namespace

std::string Session::detect_mmc() {
    Unit& mmc = *units_.front();
    const std::optional<std::uint64_t> cap = mmc.read(reg::CAP, 8);
    if (!cap) {
        return "a read of CAP was not answered within 10 s";
    }
    if ((*cap >> dstrd_shift & 15) != 0) {
        return fmt::format("CAP.DSTRD is {}: lmsim drives doorbells that stand side by side alone",
                           *cap >> dstrd_shift & 15);
    }
    symbols_["mmc.mqes"] = *cap & 0xffff;
    symbols_["mmc.cqr"] = *cap >> 16 & 1;
    symbols_["mmc.vs"] = mmc.read(reg::VS, 4).value_or(0);
    symbols_["mmc.page"] = std::uint64_t{page_size} << (*cap >> mpsmin_shift & 15);
    std::vector<std::uint8_t> page;
    std::string error =
        identify(mmc, static_cast<std::uint8_t>(oracle().value(Id::CnsController)), page);
    if (error.empty()) {
        note_controller(page);
    }
    return error;
}

/// Identify Controller of the PF.
void Session::note_controller(const std::vector<std::uint8_t>& page) {
    const auto id = wire::decode_identify_controller(page.data(), page.size(), oracle());
    symbols_["mmc.cntlid"] = id->cntlid;
    symbols_["mmc.hmlms"] = id->hmlms ? 1 : 0;
    // MDTS is what the device says: up to 255, and no shift may be as wide.
    const std::uint8_t mdts = id->mdts > most_mdts ? std::uint8_t{0} : id->mdts;
    symbols_["mmc.mdts"] = mdts;
    symbols_["mmc.mdts.dwords"] = (symbols_["mmc.page"] << mdts) / 4;
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
    // What Base 2.0 made mandatory an older device may offer.
    const bool must = symbols_["mmc.vs"] >= base_2_0;
    const auto log = [&](std::uint8_t bit, bool always) {
        return always || (id->lpa & bit) != 0 ? 1U : 0U;
    };
    symbols_["mmc.log.effects"] = log(wire::lpa_effects, must);
    symbols_["mmc.log.supported"] = log(wire::lpa_miscellaneous, must);
    symbols_["mmc.log.offsets"] = log(wire::lpa_extended, false);
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
}

/// Does the PF know the commands of live migration? With a SEL that is reserved in all of them
/// none does anything.
void Session::detect_opcodes() {
    constexpr std::uint32_t reserved_sel = 0xff;
    for (const Id row : migration_opcodes) {
        wire::Sqe sqe;
        sqe.opcode = static_cast<std::uint8_t>(oracle().value(row));
        sqe.cdw10 = reserved_sel;
        const std::optional<wire::Cqe> cqe = ask(*units_.front(), sqe);
        const bool unknown =
            cqe && wire::status_code(cqe->status) == oracle().status(Id::StatusInvalidOpcode);
        symbols_[opcode_symbol(sqe.opcode)] = unknown ? 0 : 1;
    }
    // Some have it and do not say so: with an ACT that is reserved it does nothing.
    wire::Sqe manage;
    manage.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminVirtualization));
    const std::optional<wire::Cqe> cqe = ask(*units_.front(), manage);
    if (cqe && wire::status_code(cqe->status) != oracle().status(Id::StatusInvalidOpcode)) {
        symbols_["mmc.oacs.virtualization"] = 1;
    }
}

/// What each secondary has, or where it is offline and has nothing its share of what there is: a
/// driver may find a device so. Only VFs that are open get a share.
std::string Session::detect_resources() {
    manages_ = symbols_["mmc.oacs.virtualization"] != 0 && target_.functions() > 1;
    if (!manages_) {
        return {};
    }
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
    if (identify(mmc, cns, primary).empty()) {
        const auto has =
            wire::decode_primary_capabilities(primary.data(), primary.size(), oracle());
        const auto open_vfs = static_cast<std::uint16_t>(target_.functions() - 1U);
        const auto plan = has.ok() ? host::plan_online(*has, open_vfs) : host::OnlinePlan();
        for (std::size_t i = 0; has.ok() && i < list->count(); ++i) {
            const wire::SecondaryController entry = (*list)[i];
            const bool open = entry.vfn != 0 && entry.vfn < target_.functions();
            if (open && !entry.online && entry.nvq == 0 && entry.nvi == 0) {
                resources_[entry.scid] = {plan.vqs, plan.vis};
            }
        }
    }
    return bring_online();
}

/// A VF that is open, with what the Secondary Controller list says of it, if there is one.
void Session::name_secondary(std::uint16_t function, const wire::SecondaryController* entry) {
    const char* const names[] = {"mc", "mc2"};
    if (units_.size() > std::size(names) || function >= target_.functions()) {
        return;
    }
    const std::string name = names[units_.size() - 1];
    units_.push_back(std::make_unique<Unit>(target_, name, function));
    if (entry != nullptr) {
        symbols_[name + ".cntlid"] = entry->scid;
        symbols_[name + ".online"] = entry->online ? 1 : 0;
        symbols_[name + ".nvq"] = entry->nvq;
        symbols_[name + ".nvi"] = entry->nvi;
        return;
    }
    std::vector<std::uint8_t> page;
    const auto cns = static_cast<std::uint8_t>(oracle().value(Id::CnsController));
    if (units_.back()->enable().empty() && identify(*units_.back(), cns, page).empty()) {
        symbols_[name + ".cntlid"] =
            wire::load_le<std::uint16_t>(page.data() + oracle().offset(Id::IdCntlid));
    }
}

std::string Session::detect_secondaries() {
    std::set<std::uint64_t> known{symbols_["mmc.cntlid"]};
    if (symbols_["mmc.oacs.virtualization"] != 0) {
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
        for (std::size_t i = 0; i < list->count(); ++i) {
            const wire::SecondaryController entry = (*list)[i];
            known.insert(entry.scid);
            resources_[entry.scid] = {entry.nvq, entry.nvi};
            if (entry.vfn == 3) {
                symbols_["mc3.cntlid"] = entry.scid;  // as a name alone: no case drives it
            }
            if (entry.vfn != 0) {
                name_secondary(entry.vfn, &entry);
            }
        }
    } else {
        for (std::uint16_t i = 1; i < target_.functions(); ++i) {
            name_secondary(i, nullptr);
        }
    }
    std::uint64_t unknown = first_unknown;
    while (known.count(unknown) != 0) {
        ++unknown;
    }
    symbols_["unknown.cntlid"] = unknown;
    symbols_["mc.secondary"] = alone() ? 0 : 1;
    return {};
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
    if (symbols_["mmc.hmlms"] == 0 || !identify(*units_.front(), cns, page).empty()) {
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
    symbols_["mc.queues"] = 1;
    Unit& mc = *unit("mc");
    std::vector<std::uint8_t> page;
    if (!mc.enabled() && !mc.enable().empty()) {
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
    // Bits 1:0 of a PRP need not be looked at (NVMe Base 2.3, 4.3.1).
    wire::Sqe offset;
    offset.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminIdentify));
    offset.cdw10 = controller;
    offset.prp1 = mc.allocate(2 * page_size).value_or(page_size) + 2;
    offset.prp2 = offset.prp1 / page_size * page_size + page_size;
    const std::optional<wire::Cqe> unaligned = ask(mc, offset);
    symbols_["mc.prp-offsets"] = unaligned && unaligned->status != 0 ? 1 : 0;
    symbols_["mc.queues"] = queue_pairs(mc);
    for (const Id fid : {Id::FeatureInterruptCoalescing, Id::FeatureInterruptVector}) {
        const std::optional<wire::Cqe> can = ask(mc, capabilities_of(fid));
        const bool constant =
            can && wire::status_code(can->status) == 0 &&
            wire::load_bits(dword(can->dw0).data(), oracle().place(Id::CapabilityChangeable)) == 0;
        symbols_[fmt::format("mc.feature.{:02x}", oracle().value(fid))] = constant ? 0 : 1;
    }
    // "The value may not match the number requested" (NVMe Base 2.3, 5.2.26.2.1).
    const std::optional<wire::Cqe> one =
        ask(mc, number_of_queues(Id::OpcodeAdminSetFeatures));  // one of each: 0's based
    symbols_["mc.queues.as-asked"] = one && one->status == 0 && one->dw0 == 0 ? 1 : 0;
    // An Abort is best effort (NVMe Base 2.3, 5.2.1).
    std::uint8_t waits[wire::Sqe::size];
    wire::Sqe aer;
    aer.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminAer));
    wire::encode(aer, waits);
    const Pending* const waiting = mc.submit(0, waits, "session");
    wire::SqeFields abort(wire::Sqe(), oracle());
    abort.set(Id::AbortCid, waiting != nullptr ? wire::decode_sqe(waiting->sqe.data()).cid : 0);
    wire::Sqe sent = abort.sqe();
    sent.opcode = static_cast<std::uint8_t>(oracle().value(Id::OpcodeAdminAbort));
    const std::optional<wire::Cqe> aborted = ask(mc, sent);
    symbols_["mc.aborts"] = aborted && aborted->status == 0 && (aborted->dw0 & 1) == 0 ? 1 : 0;
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

/// I/O queue pairs of an MC, 1 where it does not say.
std::uint64_t Session::queue_pairs(Unit& mc) {
    const std::optional<wire::Cqe> cqe = ask(mc, number_of_queues(Id::OpcodeAdminGetFeatures));
    if (!cqe || wire::status_code(cqe->status) != 0) {
        return 1;
    }
    return std::min(cqe->dw0 & 0xffff, cqe->dw0 >> 16) + std::uint64_t{1};
}

std::string Session::detect() {
    units_.push_back(std::make_unique<Unit>(target_, "mmc", std::uint16_t{0}));
    symbols_["page"] = page_size;
    symbols_["mc.trackable"] = target_.trackable();
    symbols_["destructive"] = target_.destructive() ? 1 : 0;
    if (target_.no_memory() != 0) {
        symbols_["nowhere"] = target_.no_memory();
    }
    std::string error = restore();
    if (error.empty()) {
        error = detect_mmc();
    }
    if (error.empty()) {
        detect_opcodes();
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
