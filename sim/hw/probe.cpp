#include "sim/hw/probe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/namespace.hpp"
#include "model/wire/namespace_lists.hpp"
#include "sim/hw/asker.hpp"

namespace lmsim::sim::hw {

using conform::oracle;
using spec::Id;

namespace {

constexpr std::size_t most_namespaces = 64;  // that are asked about one by one
constexpr std::uint32_t mpsmin_shift = 48;   // CAP (NVMe Base 2.3, 3.1.4.1, figure 36)
constexpr std::uint16_t oacs_virtualization = 1U << 7;
constexpr std::uint32_t reserved_sel = 0xff;   // of all commands of migration
constexpr std::uint32_t reserved_act = 0;      // of Virtualization Management
constexpr std::uint32_t reserved_nm_sel = 15;  // of Namespace Management and Attachment

/// A command that does nothing where it is known: its selector is reserved.
Result<Answered> ask_reserved(Asker& asker, Id opcode, std::uint32_t selector) {
    wire::Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(oracle().value(opcode));
    sqe.cdw10 = selector;
    return asker.ask(sqe);
}

/// "OACS.HMLMS is 1" and what the device did with the command.
Result<Ability> ability(Asker& asker, const char* name, Id opcode, std::uint32_t selector,
                        const char* field, std::uint64_t says) {
    const auto answered = ask_reserved(asker, opcode, selector);
    if (!answered) {
        return Failure{answered.error()};
    }
    const std::uint16_t status = answered.value().status();
    const bool known = status != oracle().status(Id::StatusInvalidOpcode);
    Ability result;
    result.name = name;
    result.supported = known;
    result.contradiction = known != (says != 0);
    result.says = fmt::format("{} is {}", field, says);
    result.answers =
        fmt::format("{} ({:02x}h) with a reserved selector: {:03x}h {}",
                    spec::admin_opcode_name(static_cast<std::uint8_t>(oracle().value(opcode))),
                    oracle().value(opcode), status, spec::status_name(status));
    return result;
}

Ability said(const char* name, bool supported, std::string says) {
    Ability result;
    result.name = name;
    result.supported = supported;
    result.says = std::move(says);
    return result;
}

std::string ask_abilities(Asker& asker, Probe& to) {
    const wire::IdentifyController& id = to.id;
    const std::uint64_t hmlms = id.hmlms ? 1 : 0;
    const bool tracks = (id.trattr & (wire::trattr_thmcs | wire::trattr_tudcs)) != 0;
    const bool memory = (id.trattr & wire::trattr_thmcs) != 0;
    const struct {
        const char* name;
        Id opcode;
        std::uint32_t selector;
        const char* field;
        std::uint64_t says;
    } asked[] = {
        {"TP4159: suspend, resume, set state", Id::OpcodeAdminMigrationSend, reserved_sel,
         "OACS.HMLMS", hmlms},
        {"TP4159: get state", Id::OpcodeAdminMigrationReceive, reserved_sel, "OACS.HMLMS", hmlms},
        {"Controller Data Queues", Id::OpcodeAdminCdq, reserved_sel, "MCUDMQ", id.mcudmq},
        {"tracking: start, stop, log", Id::OpcodeAdminTrackSend, reserved_sel,
         "TRATTR.THMCS or TUDCS", tracks ? 1U : 0U},
        {"tracking: report", Id::OpcodeAdminTrackReceive, reserved_sel, "TRATTR.THMCS",
         memory ? 1U : 0U},
        {"Virtualization Management", Id::OpcodeAdminVirtualization, reserved_act, "OACS.VMS",
         id.oacs & oacs_virtualization ? 1U : 0U},
        {"Namespace Management", Id::OpcodeAdminNamespaceManagement, reserved_nm_sel, "OACS.NMS",
         id.oacs & wire::oacs_namespaces ? 1U : 0U},
        {"Namespace Attachment", Id::OpcodeAdminNamespaceAttachment, reserved_nm_sel, "OACS.NMS",
         id.oacs & wire::oacs_namespaces ? 1U : 0U},
    };
    for (const auto& each : asked) {
        auto result = ability(asker, each.name, each.opcode, each.selector, each.field, each.says);
        if (!result) {
            return result.error();
        }
        to.abilities.push_back(std::move(result.value()));
    }
    // These would destroy something if a device took what is reserved for something else.
    to.abilities.push_back(said("Format NVM", (id.oacs & wire::oacs_format) != 0,
                                fmt::format("OACS.FNVMS is {}", id.oacs >> 1 & 1)));
    to.abilities.push_back(
        said("Sanitize", (id.sanicap & 7) != 0, fmt::format("SANICAP is {:08x}h", id.sanicap)));
    to.abilities.push_back(said("Get LBA Status", (id.oacs & wire::oacs_lba_status) != 0,
                                fmt::format("OACS.GLSS is {}", id.oacs >> 9 & 1)));
    return {};
}

std::string ask_formats(Asker& asker, Probe& to) {
    if (!to.id.hmlms) {
        to.abilities.push_back(said("Controller State formats", false, "OACS.HMLMS is 0"));
        return {};
    }
    const auto page = asker.identify(Id::CnsControllerStateFormats);
    if (!page) {
        to.abilities.push_back(said("Controller State formats", false, page.error()));
        return {};
    }
    const auto formats =
        wire::StateFormatsView::parse(page.value().data(), page.value().size(), oracle());
    for (std::size_t i = 1; formats.ok() && i <= formats->version_count(); ++i) {
        to.state_versions.push_back(formats->version(i));
    }
    to.state_uuids = formats.ok() ? formats->uuid_count() : 0;
    std::string versions;
    for (const std::uint16_t version : to.state_versions) {
        versions += fmt::format("{}{}", versions.empty() ? "" : ", ", version);
    }
    to.abilities.push_back(said("Controller State formats", !to.state_versions.empty(),
                                fmt::format("NVMe Controller State versions {}; {} vendor formats",
                                            versions.empty() ? "none" : versions, to.state_uuids)));
    return {};
}

std::string ask_namespaces(Asker& asker, Probe& to) {
    const auto list = asker.identify(Id::CnsActiveNamespaces);
    if (!list) {
        return {};  // a controller without an NVM command set has none to list
    }
    for (std::size_t i = 0; i < most_namespaces; ++i) {
        const auto nsid = wire::load_le<std::uint32_t>(list.value().data() + 4 * i);
        if (nsid == 0) {
            break;
        }
        const auto page = asker.identify(Id::CnsNamespace, nsid);
        if (!page) {
            return page.error();
        }
        const auto id =
            wire::decode_identify_namespace(page.value().data(), page.value().size(), oracle());
        const wire::LbaFormat& format = id->lbaf[id->format()];
        NamespaceFacts facts;
        facts.nsid = nsid;
        facts.blocks = id->nsze;
        facts.block_bytes = std::uint64_t{1} << std::min<unsigned>(format.lbads, 63);
        facts.metadata = format.ms;
        facts.shared = (id->nmic & wire::nmic_shared) != 0;
        const std::size_t formats = std::min<std::size_t>(id->nlbaf + 1U, wire::lba_formats);
        facts.formats.assign(id->lbaf.begin(),
                             id->lbaf.begin() + static_cast<std::ptrdiff_t>(formats));
        to.namespaces.push_back(facts);
    }
    return {};
}

std::string ask_secondaries(Asker& asker, Probe& to) {
    // Asked whatever OACS says: some have it and do not say so.
    const auto primary = asker.identify(Id::CnsPrimaryCapabilities);
    if (primary) {
        const auto has = wire::decode_primary_capabilities(primary.value().data(),
                                                           primary.value().size(), oracle());
        if (has.ok()) {
            to.primary = *has;
        }
    }
    const auto page = asker.identify(Id::CnsSecondaryControllers);
    if (!page) {
        return {};
    }
    const auto list =
        wire::SecondaryListView::parse(page.value().data(), page.value().size(), oracle());
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        to.secondaries.push_back((*list)[i]);
    }
    return {};
}

}  // namespace

Result<Probe> probe(Rig& rig) {
    Probe result;
    result.device = rig.name();
    result.functions = rig.functions();
    result.bus = bus_facts(rig);
    Asker asker(rig, 0);
    std::string error = asker.enable();
    if (!error.empty()) {
        return Failure{error};
    }
    result.cap = asker.read(reg::CAP, 8).value_or(0);
    result.vs = static_cast<std::uint32_t>(asker.read(reg::VS, 4).value_or(0));
    result.page_bytes = std::uint64_t{page_size} << (result.cap >> mpsmin_shift & 15);
    const auto page = asker.identify(Id::CnsController);
    if (!page) {
        return Failure{page.error()};
    }
    result.id =
        *wire::decode_identify_controller(page.value().data(), page.value().size(), oracle());
    if (const auto queues = asker.feature(Id::FeatureNumberOfQueues)) {
        result.queue_pairs = std::min(*queues & 0xffff, *queues >> 16) + 1;
    }
    for (const auto ask : {ask_namespaces, ask_secondaries, ask_abilities, ask_formats}) {
        error = ask(asker, result);
        if (!error.empty()) {
            return Failure{error};
        }
    }
    return result;
}

}  // namespace lmsim::sim::hw
