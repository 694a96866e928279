#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "model/nvme/command_effects.hpp"
#include "model/nvme/identity.hpp"
#include "model/wire/log_page.hpp"
#include "model/wire/namespace.hpp"

/// Get Log Page (NVMe Base 2.3, 5.2.12): the pages that an I/O controller must have (3.1.3.5), and
/// the NVMe-MI one, whose zeros belong to LPA.MLPS. All are the controller's or the subsystem's.
/// No event waits for the reading of a page: RAE does nothing.
namespace lmsim::nvme {

constexpr std::size_t error_entries = 1;  // ELPE + 1. Status.M is always 0: no entry is ever made

/// A log page: the rows of its identifier and of its size in bytes.
struct KnownLog {
    spec::Id lid;
    spec::Id size;
};
constexpr KnownLog known_logs[] = {
    {spec::Id::LogSupportedPages, spec::Id::SupportedLogsSize},
    {spec::Id::LogErrors, spec::Id::ErrorEntrySize},
    {spec::Id::LogHealth, spec::Id::HealthSize},
    {spec::Id::LogFirmware, spec::Id::FirmwareSlotsSize},
    {spec::Id::LogCommands, spec::Id::CommandEffectsSize},
    {spec::Id::LogFeatures, spec::Id::FeatureEffectsSize},
    {spec::Id::LogManagement, spec::Id::ManagementEffectsSize},
};

/// The page that the LID names; null if there is none.
inline const KnownLog* find_log(std::uint8_t lid, const spec::Rules& rules) {
    const auto* found =
        std::find_if(std::begin(known_logs), std::end(known_logs),
                     [&](const KnownLog& log) { return rules.value(log.lid) == lid; });
    return found == std::end(known_logs) ? nullptr : found;
}

inline void write_supported_logs(std::uint8_t* page, std::size_t size, const spec::Rules& rules) {
    wire::SupportedLog supported;
    supported.lsupp = true;
    for (const KnownLog& log : known_logs) {
        wire::encode(supported, static_cast<std::uint8_t>(rules.value(log.lid)), page, size, rules);
    }
}

/// A drive that is new and stays so: nothing here wears out or warms up, and nobody counts hours.
inline void write_health(const Config& config, const Usage& usage, std::uint8_t* page,
                         std::size_t size, const spec::Rules& rules) {
    constexpr std::uint64_t unit = 1000 * 512;
    wire::Health health;
    health.ctemp = config.temperature;
    health.avsp = 100;
    health.avspt = 10;
    health.dur = (usage.bytes_read + unit - 1) / unit;
    health.duw = (usage.bytes_written + unit - 1) / unit;
    health.hrc = usage.reads;
    health.hwc = usage.writes;
    health.mdie = usage.media_errors;
    health.pwc = 1;
    wire::encode(health, page, size, rules);
}

template <class Bounds>
void write_log(const Context<Bounds>& ctx, std::uint16_t function, spec::Id lid, std::uint8_t* page,
               std::size_t size) {
    using spec::Id;
    const spec::Rules& rules = ctx.rules;
    switch (lid) {
        case Id::LogSupportedPages: write_supported_logs(page, size, rules); break;
        case Id::LogErrors: {
            wire::ErrorEntry none;
            none.lpver = static_cast<std::uint8_t>(rules.value(Id::ErrorVersion));
            wire::encode(none, page, size, rules);
            break;
        }
        case Id::LogHealth: {
            const Usage* usage = ctx.env.usage(function);
            write_health(ctx.config, usage != nullptr ? *usage : Usage{}, page, size, rules);
            break;
        }
        case Id::LogFirmware: {
            wire::FirmwareSlots slots;
            slots.cafs = 1;
            wire::set_text(slots.frs[0], firmware_revision, ' ');
            wire::encode(slots, page, size, rules);
            break;
        }
        case Id::LogCommands: write_command_effects(ctx, function, page, size); break;
        case Id::LogFeatures: write_feature_effects(ctx, function, page, size); break;
        default: break;  // NVMe-MI: no commands
    }
}

/// Why the page cannot be had as it is asked for; Id::Count if it can.
inline spec::Id check_get_log_page(const wire::GetLogPage& command, const KnownLog* log,
                                   const spec::Rules& rules) {
    using spec::Id;
    if (log == nullptr) {
        return in_any_case(rules, Id::LogUnknown);
    }
    const bool names_namespace = command.nsid != 0 && command.nsid != wire::nsid_broadcast;
    if (names_namespace && rules.on(Id::LogOfNamespace)) return Id::LogOfNamespace;
    if (command.ot && rules.on(Id::LogIndexOffset)) return Id::LogIndexOffset;
    if (command.offset % 4 != 0 && rules.on(Id::LogOffsetUnaligned)) return Id::LogOffsetUnaligned;
    if (command.offset > rules.value(log->size) && rules.on(Id::LogOffsetTooLarge)) {
        return Id::LogOffsetTooLarge;
    }
    return Id::Count;
}

/// What is beyond the end of the page reads as zeros.
template <class Bounds>
Outcome get_log_page(Context<Bounds>& ctx, std::uint16_t function, std::uint32_t slot,
                     const wire::Sqe& sqe) {
    const wire::GetLogPage command = wire::decode_get_log_page(sqe, ctx.rules);
    const KnownLog* log = find_log(command.lid, ctx.rules);
    const spec::Id bad = check_get_log_page(command, log, ctx.rules);
    if (bad != spec::Id::Count) {
        return refuse(ctx, bad);
    }
    std::uint8_t page[wire::largest_log] = {};
    const std::size_t size = std::min<std::size_t>(ctx.rules.value(log->size), sizeof page);
    write_log(ctx, function, log->lid, page, size);
    const auto length = static_cast<std::uint32_t>(command.dwords * 4);
    std::uint8_t* data = ctx.env.data(function, slot, length);
    std::memset(data, 0, length);
    const std::uint64_t offset = command.offset & ~std::uint64_t{3};
    if (offset < size) {
        std::memcpy(data, page + offset, std::min<std::size_t>(size - offset, length));
    }
    return {0, 0, length};
}

}  // namespace lmsim::nvme
