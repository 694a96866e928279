#pragma once

#include <cstdint>

#include "model/nvme/admin.hpp"
#include "model/wire/templates.hpp"

namespace lmsim::nvme {

/// The one template of a device: the reference template, by the number that its UUID ends with.
inline wire::Template reference_template(const Config& config, const spec::Rules& rules) {
    wire::Template value;
    value.uuid = {0x6C, 0x6D, 0x73, 0x69, 0x6D, 0x2D, 0x45, 0x4E,
                  0xA5, 0x54, 0x4D, 0x50, 0x4C, 0x00, 0x00, config.template_number};
    value.cntlid = static_cast<std::uint16_t>(rules.value(spec::Id::ReferenceCntlid));
    value.nsid = rules.value(spec::Id::ReferenceNsid);
    return value;
}

/// What the states of its controllers name: the template that was configured, 0 if none was.
template <class Bounds>
wire::Uuid exported_after(const Context<Bounds>& ctx) {
    return ctx.subsystem.template_configured ? reference_template(ctx.config, ctx.rules).uuid
                                             : wire::Uuid{};
}

/// LM-TPL-44: is this the state of a subsystem of another template?
template <class Bounds>
bool is_of_other_template(const Context<Bounds>& ctx, const std::uint8_t* state) {
    return ctx.rules.on(spec::Id::Templates) && ctx.rules.on(spec::Id::SetStateOtherTemplate) &&
           wire::state_template(state, ctx.rules) != exported_after(ctx);
}

/// Manage Exported NVM Subsystem, Receive and Send (LM-TPL-02, LM-TPL-03).
template <class Bounds>
Outcome manage_exported(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                        const wire::Sqe& sqe) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    if (!ctx.controller(function).primary) {
        return refuse(ctx, in_any_case(rules, Id::TemplateToMc));
    }
    if (!wire::is_known_template_operation(sqe, rules) && rules.on(Id::TemplateSelReserved)) {
        return refuse(ctx, Id::TemplateSelReserved);
    }
    const std::uint32_t size = rules.value(Id::TemplateSize);
    std::uint8_t* const data = ctx.env.data(function, slot, size);
    const wire::Template own = reference_template(ctx.config, rules);
    if (wire::is_template_receive(sqe, rules)) {
        wire::encode(own, data, rules);
        return {0, 0, size};
    }
    const bool known = *wire::decode_template(data, size, rules) == own;
    if (!known && rules.on(Id::TemplateUnknown)) {
        return refuse(ctx, Id::TemplateUnknown);
    }
    if (ctx.subsystem.template_configured && rules.on(Id::TemplateConfigured)) {
        return refuse(ctx, Id::TemplateConfigured);
    }
    ctx.subsystem.template_configured = true;
    return {};
}

}  // namespace lmsim::nvme
