#include "model/wire/log_page.hpp"

#include <cstring>
#include <type_traits>

#include "model/wire/fields.hpp"
#include "model/wire/layout.hpp"

namespace lmsim::wire {

using spec::Id;

namespace {

/// Where the n-th entry of a list begins, and how many bytes of the page it has; none: 0.
struct Place {
    std::size_t at = 0;
    std::size_t bytes = 0;
};
Place entry(std::size_t first, Id entry_size, std::size_t n, std::size_t size,
            const spec::Rules& rules) {
    const std::size_t bytes = rules.value(entry_size);
    const std::size_t at = first + n * bytes;
    return at + bytes <= size ? Place{at, bytes} : Place{};
}

/// Any of the structures whose fields are numbers: `fields` visits (row, member).
template <class T, class Fields>
void store(const T& from, std::uint8_t* to, std::size_t size, const spec::Rules& rules,
           Fields fields) {
    LayoutWriter writer(to, size, rules);
    fields(from, [&](Id id, const auto& member) { writer.set(id, member); });
}
template <class T, class Fields>
Result<T> load(const std::uint8_t* from, std::size_t size, std::size_t least,
               const spec::Rules& rules, Fields fields) {
    if (size < least || size == 0) {
        return Fault{Error::Truncated, size};
    }
    const LayoutReader reader(from, size, rules);
    T made;
    fields(made, [&](Id id, auto& member) {
        member = static_cast<std::remove_reference_t<decltype(member)>>(reader.get(id));
    });
    return made;
}

// One list of each structure's fields, for both directions.
constexpr auto supported_log_fields = [](auto& log, auto&& visit) {
    visit(Id::SupportedLogLsupp, log.lsupp);
    visit(Id::SupportedLogIos, log.ios);
    visit(Id::SupportedLogLidsp, log.lidsp);
};
constexpr auto error_fields = [](auto& entry, auto&& visit) {
    visit(Id::ErrorEcnt, entry.ecnt);
    visit(Id::ErrorSqid, entry.sqid);
    visit(Id::ErrorCid, entry.cid);
    visit(Id::ErrorSts, entry.sts);
    visit(Id::ErrorPel, entry.pel);
    visit(Id::ErrorLba, entry.lba);
    visit(Id::ErrorNsid, entry.nsid);
    visit(Id::ErrorVsia, entry.vsia);
    visit(Id::ErrorTrtype, entry.trtype);
    visit(Id::ErrorCsi, entry.csi);
    visit(Id::ErrorOpc, entry.opc);
    visit(Id::ErrorCsinfo, entry.csinfo);
    visit(Id::ErrorTtsi, entry.ttsi);
    visit(Id::ErrorLpver, entry.lpver);
};
constexpr auto health_fields = [](auto& health, auto&& visit) {
    visit(Id::HealthCw, health.cw);
    visit(Id::HealthCtemp, health.ctemp);
    visit(Id::HealthAvsp, health.avsp);
    visit(Id::HealthAvspt, health.avspt);
    visit(Id::HealthPused, health.pused);
    visit(Id::HealthEgcws, health.egcws);
    visit(Id::HealthDur, health.dur);
    visit(Id::HealthDuw, health.duw);
    visit(Id::HealthHrc, health.hrc);
    visit(Id::HealthHwc, health.hwc);
    visit(Id::HealthCbt, health.cbt);
    visit(Id::HealthPwc, health.pwc);
    visit(Id::HealthPoh, health.poh);
    visit(Id::HealthUpl, health.upl);
    visit(Id::HealthMdie, health.mdie);
    visit(Id::HealthNeile, health.neile);
    visit(Id::HealthWctt, health.wctt);
    visit(Id::HealthCctt, health.cctt);
};
constexpr auto firmware_fields = [](auto& slots, auto&& visit) {
    visit(Id::FirmwareCafs, slots.cafs);
    visit(Id::FirmwareNafs, slots.nafs);
};
constexpr auto command_fields = [](auto& effect, auto&& visit) {
    visit(Id::EffectCsupp, effect.csupp);
    visit(Id::EffectLbcc, effect.lbcc);
    visit(Id::EffectNcc, effect.ncc);
    visit(Id::EffectNic, effect.nic);
    visit(Id::EffectCcc, effect.ccc);
    visit(Id::EffectCser, effect.cser);
    visit(Id::EffectCse, effect.cse);
    visit(Id::EffectUss, effect.uss);
    visit(Id::EffectCsp, effect.csp);
};
constexpr auto feature_fields = [](auto& effect, auto&& visit) {
    visit(Id::FeatureEffectFsupp, effect.fsupp);
    visit(Id::FeatureEffectUdcc, effect.udcc);
    visit(Id::FeatureEffectNcc, effect.ncc);
    visit(Id::FeatureEffectNic, effect.nic);
    visit(Id::FeatureEffectCcc, effect.ccc);
    visit(Id::FeatureEffectUss, effect.uss);
    visit(Id::FeatureEffectFsp, effect.fsp);
};

Place command_entry(bool admin, std::uint8_t opcode, std::size_t size, const spec::Rules& rules) {
    const std::size_t first = admin ? 0 : rules.value(Id::CommandEffectsIo);
    return entry(first, Id::CommandEffectSize, opcode, size, rules);
}

/// The n-th of the fields that follow each other, each as wide as the first.
spec::Place following(spec::Place first, std::size_t n) {
    return {first.bit + static_cast<std::uint32_t>(n) * first.width, first.width};
}

}  // namespace

Sqe encode(const GetLogPage& command, const spec::Rules& rules) {
    LMSIM_ASSERT(command.dwords >= 1 && command.dwords <= std::uint64_t{1} << 32);
    Sqe sqe;
    sqe.opcode = static_cast<std::uint8_t>(rules.value(Id::OpcodeAdminGetLogPage));
    sqe.nsid = command.nsid;
    SqeFields fields(sqe, rules);
    fields.set(Id::LogLid, command.lid);
    fields.set(Id::LogLsp, command.lsp);
    fields.set(Id::LogRae, command.rae ? 1 : 0);
    fields.set(Id::LogNumdl, (command.dwords - 1) & 0xffff);
    fields.set(Id::LogNumdu, (command.dwords - 1) >> 16);
    fields.set(Id::LogLsi, command.lsi);
    fields.set(Id::LogLpol, command.offset & 0xffff'ffff);
    fields.set(Id::LogLpou, command.offset >> 32);
    fields.set(Id::LogUidx, command.uidx);
    fields.set(Id::LogOt, command.ot ? 1 : 0);
    fields.set(Id::LogCsi, command.csi);
    return fields.sqe();
}

GetLogPage decode_get_log_page(const Sqe& sqe, const spec::Rules& rules) {
    const SqeFields fields(sqe, rules);
    GetLogPage command;
    command.lid = fields.u8(Id::LogLid);
    command.nsid = sqe.nsid;
    command.dwords = (fields.get(Id::LogNumdl) | fields.get(Id::LogNumdu) << 16) + 1;
    command.offset = fields.get(Id::LogLpol) | fields.get(Id::LogLpou) << 32;
    command.rae = fields.flag(Id::LogRae);
    command.lsp = fields.u8(Id::LogLsp);
    command.lsi = fields.u16(Id::LogLsi);
    command.ot = fields.flag(Id::LogOt);
    command.csi = fields.u8(Id::LogCsi);
    command.uidx = fields.u8(Id::LogUidx);
    return command;
}

void encode(const SupportedLog& log, std::uint8_t lid, std::uint8_t* page, std::size_t size,
            const spec::Rules& rules) {
    const Place place = entry(0, Id::SupportedLogSize, lid, size, rules);
    store(log, page + place.at, place.bytes, rules, supported_log_fields);
}

Result<SupportedLog> decode_supported_log(std::uint8_t lid, const std::uint8_t* page,
                                          std::size_t size, const spec::Rules& rules) {
    const Place place = entry(0, Id::SupportedLogSize, lid, size, rules);
    return load<SupportedLog>(page + place.at, place.bytes, 0, rules, supported_log_fields);
}

void encode(const ErrorEntry& entry, std::uint8_t* to, std::size_t size, const spec::Rules& rules) {
    store(entry, to, size, rules, error_fields);
}

Result<ErrorEntry> decode_error_entry(const std::uint8_t* data, std::size_t size,
                                      const spec::Rules& rules) {
    return load<ErrorEntry>(data, size, rules.value(Id::ErrorEntrySize), rules, error_fields);
}

void encode(const Health& health, std::uint8_t* to, std::size_t size, const spec::Rules& rules) {
    store(health, to, size, rules, health_fields);
    for (std::size_t i = 0; i < health.tsen.size(); ++i) {
        const spec::Place place = following(rules.place(Id::HealthTsen), i);
        if (place.end_byte() <= size) {
            store_bits(to, place, health.tsen[i]);
        }
    }
}

Result<Health> decode_health(const std::uint8_t* data, std::size_t size, const spec::Rules& rules) {
    const Result<Health> loaded =
        load<Health>(data, size, rules.value(Id::HealthSize), rules, health_fields);
    if (!loaded.ok()) {
        return loaded;
    }
    Health health = *loaded;
    for (std::size_t i = 0; i < health.tsen.size(); ++i) {
        const spec::Place place = following(rules.place(Id::HealthTsen), i);
        if (place.end_byte() <= size) {
            health.tsen[i] = static_cast<std::uint16_t>(load_bits(data, place));
        }
    }
    return health;
}

void encode(const FirmwareSlots& slots, std::uint8_t* to, std::size_t size,
            const spec::Rules& rules) {
    store(slots, to, size, rules, firmware_fields);
    for (std::size_t i = 0; i < slots.frs.size(); ++i) {
        const spec::Place place = following(rules.place(Id::FirmwareFrs), i);
        if (place.end_byte() <= size && place.width / 8U <= slots.frs[i].size()) {
            std::memcpy(to + place.byte(), slots.frs[i].data(), place.width / 8U);
        }
    }
}

Result<FirmwareSlots> decode_firmware_slots(const std::uint8_t* data, std::size_t size,
                                            const spec::Rules& rules) {
    const Result<FirmwareSlots> loaded =
        load<FirmwareSlots>(data, size, rules.value(Id::FirmwareSlotsSize), rules, firmware_fields);
    if (!loaded.ok()) {
        return loaded;
    }
    FirmwareSlots slots = *loaded;
    for (std::size_t i = 0; i < slots.frs.size(); ++i) {
        const spec::Place place = following(rules.place(Id::FirmwareFrs), i);
        if (place.end_byte() <= size && place.width / 8U <= slots.frs[i].size()) {
            std::memcpy(slots.frs[i].data(), data + place.byte(), place.width / 8U);
        }
    }
    return slots;
}

void encode(const CommandEffect& effect, bool admin, std::uint8_t opcode, std::uint8_t* page,
            std::size_t size, const spec::Rules& rules) {
    const Place place = command_entry(admin, opcode, size, rules);
    store(effect, page + place.at, place.bytes, rules, command_fields);
}

Result<CommandEffect> decode_command_effect(bool admin, std::uint8_t opcode,
                                            const std::uint8_t* page, std::size_t size,
                                            const spec::Rules& rules) {
    const Place place = command_entry(admin, opcode, size, rules);
    return load<CommandEffect>(page + place.at, place.bytes, 0, rules, command_fields);
}

void encode(const FeatureEffect& effect, std::uint8_t fid, std::uint8_t* page, std::size_t size,
            const spec::Rules& rules) {
    const Place place = entry(0, Id::FeatureEffectSize, fid, size, rules);
    store(effect, page + place.at, place.bytes, rules, feature_fields);
}

Result<FeatureEffect> decode_feature_effect(std::uint8_t fid, const std::uint8_t* page,
                                            std::size_t size, const spec::Rules& rules) {
    const Place place = entry(0, Id::FeatureEffectSize, fid, size, rules);
    return load<FeatureEffect>(page + place.at, place.bytes, 0, rules, feature_fields);
}

}  // namespace lmsim::wire
