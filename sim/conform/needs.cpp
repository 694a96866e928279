#include "sim/conform/needs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "sim/conform/build.hpp"

namespace lmsim::sim::conform {

using spec::Id;

namespace {

constexpr spec::Place opcode_at = spec::bytes(0, 0);

/// The number that the command has there; nothing if it says nothing there, or a symbol.
std::optional<std::uint64_t> number_at(const Step& step, spec::Place place) {
    for (const Field& field : step.fields) {
        if (field.place == place && field.value.symbol.empty()) {
            return field.value.number;
        }
    }
    return std::nullopt;
}

bool is(const std::optional<std::uint64_t>& number, Id row) {
    return number && *number == oracle().value(row);
}

bool is_admin(const Step& step) { return step.kind == StepKind::Command && step.queue == 0; }

void need_opcode(std::vector<Need>& needs, std::uint32_t opcode) {
    const std::string symbol = opcode_symbol(opcode);
    const auto same = [&](const Need& need) { return need.symbol == symbol; };
    if (std::none_of(needs.begin(), needs.end(), same)) {
        needs.push_back({symbol, 1, UINT64_MAX,
                         fmt::format("the PF answers {} ({:02x}h) with {}",
                                     spec::admin_opcode_name(static_cast<std::uint8_t>(opcode)),
                                     opcode, spec::status_name(spec::status::InvalidOpcode))});
    }
}

/// TP4159 and what came with it.
void need_migration(const Case& test, std::vector<Need>& needs) {
    bool any = false;
    std::vector<Need> opcodes;
    for (const Step& step : test.steps) {
        const auto opcode = is_admin(step) ? number_at(step, opcode_at) : std::nullopt;
        for (const Id row : migration_opcodes) {
            if (is(opcode, row)) {
                any = true;
                need_opcode(opcodes, oracle().value(row));
            }
        }
        any =
            any ||
            (is(opcode, Id::OpcodeAdminIdentify) &&
             is(number_at(step, oracle().place(Id::IdentifyCns)), Id::CnsControllerStateFormats)) ||
            ((is(opcode, Id::OpcodeAdminSetFeatures) || is(opcode, Id::OpcodeAdminGetFeatures)) &&
             is(number_at(step, oracle().place(Id::FeatureFid)), Id::FeatureCdq));
    }
    if (any) {
        needs.push_back({"mmc.hmlms", 1, UINT64_MAX,
                         "OACS.HMLMS is 0: the PF is no Migration Management Controller"});
    }
    needs.insert(needs.end(), opcodes.begin(), opcodes.end());
}

bool lists_secondaries(const Step& step) {
    const auto cns = number_at(step, oracle().place(Id::IdentifyCns));
    return is_admin(step) && is(number_at(step, opcode_at), Id::OpcodeAdminIdentify) &&
           (is(cns, Id::CnsPrimaryCapabilities) || is(cns, Id::CnsSecondaryControllers));
}

/// What is said to the MC because it is no PF.
bool speaks_to_vf(const Step& step) {
    const auto cns = number_at(step, oracle().place(Id::IdentifyCns));
    return step.controller == "mc" &&
           (lists_secondaries(step) ||
            (is_admin(step) && is(number_at(step, opcode_at), Id::OpcodeAdminIdentify) &&
             is(cns, Id::CnsControllerStateFormats)));
}

/// A VF that is told by its CNTLID, or that is one and another the PF.
bool wants_vf(const Case& test) {
    const auto names_vf = [](const Value& value) {
        return value.symbol == "mc.cntlid" || value.symbol.rfind("mc2.", 0) == 0 ||
               value.symbol.rfind("mc3.", 0) == 0;
    };
    bool ends = false;  // the MC is reset or disabled
    bool asks = false;  // the PF is asked
    for (const Step& step : test.steps) {
        const bool named = std::any_of(step.fields.begin(), step.fields.end(),
                                       [&](const Field& field) { return names_vf(field.value); });
        if (named || speaks_to_vf(step)) {
            return true;
        }
        const bool probes = step.kind == StepKind::Remember || step.kind == StepKind::Unchanged;
        asks = asks || probes || (step.kind == StepKind::Command && step.controller == "mmc");
        ends = ends || (step.controller == "mc" &&
                        (step.kind == StepKind::Disable || step.kind == StepKind::Reset ||
                         step.kind == StepKind::Write));
    }
    return ends && asks;
}

/// Why it may not be done to a device with somebody's data in it; empty if it may.
std::string destroys(const Step& step) {
    if (step.kind != StepKind::Command) {
        return {};
    }
    const auto opcode = number_at(step, opcode_at);
    const auto any_of = [&](std::initializer_list<Id> rows) {
        return std::any_of(rows.begin(), rows.end(), [&](Id row) { return is(opcode, row); });
    };
    const auto code = static_cast<std::uint8_t>(opcode.value_or(0));
    if (step.queue != 0) {
        return any_of(
                   {Id::OpcodeNvmWrite, Id::OpcodeNvmWriteZeroes, Id::OpcodeNvmDatasetManagement})
                   ? fmt::format("{} changes data", spec::nvm_opcode_name(code))
                   : std::string();
    }
    if (any_of({Id::OpcodeAdminFormatNvm, Id::OpcodeAdminSanitize})) {
        return fmt::format("{} destroys data", spec::admin_opcode_name(code));
    }
    if (any_of({Id::OpcodeAdminNamespaceManagement, Id::OpcodeAdminNamespaceAttachment})) {
        return fmt::format("{} changes which namespaces there are", spec::admin_opcode_name(code));
    }
    if (any_of({Id::OpcodeAdminSetFeatures}) &&
        number_at(step, oracle().place(Id::SetFeaturesSv)).value_or(0) != 0) {
        return "Set Features with SV = 1 changes what stays over a reset";
    }
    if (any_of({Id::OpcodeAdminVirtualization}) &&
        is(number_at(step, oracle().place(Id::VirtualizationAct)), Id::ActPrimaryFlexible)) {
        return "Primary Controller Flexible Allocation stays over a reset";
    }
    return {};
}

/// Log pages that not every device has.
void need_logs(const Case& test, std::vector<Need>& needs) {
    bool pages = false;
    bool effects = false;
    bool offsets = false;
    for (const Step& step : test.steps) {
        if (!is_admin(step) || !is(number_at(step, opcode_at), Id::OpcodeAdminGetLogPage)) {
            continue;
        }
        const auto lid = number_at(step, oracle().place(Id::LogLid));
        const auto set = [&](Id row) {
            return number_at(step, oracle().place(row)).value_or(0) != 0;
        };
        pages = pages || is(lid, Id::LogSupportedPages) || is(lid, Id::LogFeatures);
        effects = effects || is(lid, Id::LogCommands);
        offsets = offsets || set(Id::LogLpol) || set(Id::LogLpou) || set(Id::LogOt);
    }
    const auto need = [&](bool wanted, const char* symbol, const char* otherwise) {
        if (wanted) {
            needs.push_back({symbol, 1, UINT64_MAX, otherwise});
        }
    };
    need(pages, "mmc.log.supported",
         "LPA.MLPS is 0, and VS below 2.0: log pages 00h and 12h need not be there");
    need(effects, "mmc.log.effects",
         "LPA.CSES is 0, and VS below 2.0: log page 05h need not be there");
    need(offsets, "mmc.log.offsets", "LPA.LPEDS is 0: no log page can be read from an offset on");
}

bool uses_pair(const Step& step, std::uint64_t id) {
    const auto opcode = number_at(step, opcode_at);
    const bool creates = is_admin(step) && (is(opcode, Id::OpcodeAdminCreateCq) ||
                                            is(opcode, Id::OpcodeAdminCreateSq));
    return creates && number_at(step, oracle().place(Id::QueueQid)).value_or(0) == id &&
           step.answer.statuses.front() == success();
}

}  // namespace

std::string opcode_symbol(std::uint32_t opcode) { return fmt::format("mmc.opcode.{:02x}", opcode); }

void add_needs(Case& test) {
    std::vector<Need> needs;
    need_migration(test, needs);
    if (wants_vf(test)) {
        needs.push_back({"mc.secondary", 1, UINT64_MAX, "there is no VF beside the PF"});
    }
    const auto& steps = test.steps;
    if (std::any_of(steps.begin(), steps.end(), lists_secondaries)) {
        needs.push_back(
            {"mmc.oacs.virtualization", 1, UINT64_MAX, "OACS offers no Virtualization Management"});
    }
    if (std::any_of(steps.begin(), steps.end(), [](const Step& s) { return uses_pair(s, 2); })) {
        needs.push_back({"mc.queues", 2, UINT64_MAX, "the MC has one I/O queue pair"});
    }
    need_logs(test, needs);
    for (const Step& step : steps) {
        const std::string reason = destroys(step);
        if (!reason.empty()) {
            needs.push_back({"destructive", 1, UINT64_MAX, reason + ": only with --destructive"});
            break;
        }
    }
    test.needs.insert(test.needs.begin(), needs.begin(), needs.end());
}

void spare_vfs(Case& test) {
    const auto ends = [](const Step& step) {
        return step.kind == StepKind::Reset && step.controller == "mmc";
    };
    if (std::any_of(test.steps.begin(), test.steps.end(), ends)) {
        test.needs.insert(test.needs.begin(), {"mmc.reset-alone", 1, UINT64_MAX,
                                               "a function level reset of the PF ends its VFs"});
    }
}

}  // namespace lmsim::sim::conform
