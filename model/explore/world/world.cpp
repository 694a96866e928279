#include <algorithm>
#include <string>

#include "model/explore/world/collapsed.hpp"
#include "model/explore/world/config.hpp"
#include "model/explore/world/world_system.hpp"
#include "model/host/rfc/driver_rules.hpp"
#include "model/nvme/controller_state.hpp"
#include "model/vfio/uapi.hpp"

namespace lmsim::explore {

namespace {

using world::Play;
using world::Settings;

/// Empty if `value` is in [least, most].
std::string check_range(std::string_view name, unsigned value, unsigned least, unsigned most) {
    if (value >= least && value <= most) {
        return "";
    }
    return std::string(name) + " is " + std::to_string(value) + ", expected " +
           std::to_string(least) + " to " + std::to_string(most);
}

/// What the driver finds at its start, in the tables of the rules in force.
void choose_formats(host::VfioNvme& flow, const spec::Rules& rules) {
    std::uint8_t page[4096];
    const nvme::StateVersions versions(rules);
    wire::encode_state_formats(versions.number, versions.count, &wire::vendor_area_uuid, 1, page,
                               rules);
    const auto formats = wire::StateFormatsView::parse(page, sizeof page, rules);
    const bool listed = formats.ok() && !rules.on(spec::Id::VendorCommands);
    host::choose_formats(flow, listed ? *formats : wire::StateFormatsView{}, rules);
}

/// The size of a state with one I/O queue pair, as a suspended controller gives it.
std::size_t size_of_state(const Settings& settings) {
    using W = world::World<1, 1>;
    Settings whole = settings;
    whole.piece = world::Scratch::room;
    const auto w = std::make_unique<W>();
    const auto scratch = std::make_unique<world::Scratch>();
    Play<W>(*w, whole, *scratch).set_up();
    w->device[0].controller[1].migration = static_cast<std::uint8_t>(nvme::Migration::Suspended);
    std::uint8_t bytes[world::Scratch::room];
    return nvme::snapshot(w->device[0], 1, whole.device, whole.rules, *scratch, bytes,
                          sizeof bytes);
}

Settings settle(const WorldConfig& config, const spec::Rules& rules) {
    Settings settings;
    settings.config = config;
    settings.rules = rules;
    settings.driver = host::driver_rules(rules);
    settings.device.queue_pairs = 1;
    settings.device.queue_size = 4;
    settings.device.contexts = 2;
    settings.device.blocks = 64;
    settings.device.track_memory = false;
    settings.vmm.devices = config.vfs;
    settings.vmm.return_path = config.return_path;
    settings.vmm.switchover_ack = config.switchover_ack;
    std::fill_n(settings.vmm.features, config.vfs, config.features);
    choose_formats(settings.formats, settings.driver);
    const std::size_t dwords = (size_of_state(settings) + 3) / 4;
    const std::size_t piece = (dwords + config.state_pieces - 1) / config.state_pieces;
    settings.piece = static_cast<std::uint32_t>(std::max<std::size_t>(piece, 1) * 4);
    return settings;
}

std::unique_ptr<world::PartedSystem> make(const Settings& settings) {
    const bool single = settings.config.vfs == 1;
    if (settings.config.hosts == 1) {
        return single ? world::make_free_1(settings) : world::make_free_2(settings);
    }
    return single ? world::make_migration_1(settings) : world::make_migration_2(settings);
}

}  // namespace

const check::Invariant undisturbed_completes = {
    "INV-DONE-01",
    "a migration that nothing disturbs completes",
    "Without a fault and without a cancel the VM arrives at the destination.",
    "The driver or the device cannot migrate at all.",
    "",
    ""};

const check::Invariant undisturbed_set = {
    "INV-DONE-02",
    "a SET that nothing disturbs succeeds",
    "Without a fault each SET succeeds that has a path, and no "
    "other, but for one that would load no sound state.",
    "The driver or the device cannot migrate at all, or user "
    "space takes what did not happen for done.",
    "",
    ""};

std::string_view to_string(Fault fault) {
    switch (fault) {
        case Fault::VfReset: return "vf-reset";
        case Fault::PfReset: return "pf-reset";
        case Fault::AdminTimeout: return "admin-timeout";
        case Fault::Cancel: return "cancel";
        case Fault::Refusal: return "refusal";
        case Fault::StateDamaged: return "state-damaged";
        case Fault::ChannelCut: return "channel-cut";
        case Fault::Count: break;
    }
    return "?";
}

std::string objection(const WorldConfig& config) {
    const std::string ranges[] = {
        check_range("hosts", config.hosts, 1, 2),
        check_range("vfs", config.vfs, 1, 2),
        check_range("commands", config.commands, 0, world::most_commands),
        check_range("queue_entries", config.queue_entries, 1, 3),
        check_range("completion_entries", config.completion_entries, 0, 3),
        check_range("admin_commands", config.admin_commands, 0, 2),
        check_range("state_pieces", config.state_pieces, 1, 4),
        check_range("fault_budget", config.fault_budget, 0, 3),
    };
    for (const std::string& text : ranges) {
        if (!text.empty()) {
            return text;
        }
    }
    if ((config.features & vfio::STOP_COPY_FLAG) == 0 ||
        (config.features & ~vfio::all_mig_flags) != 0) {
        return "features: expected STOP_COPY, with or without P2P and PRE_COPY";
    }
    if (config.faults >= 1U << fault_count) {
        return "faults: there is no such fault";
    }
    const unsigned of_journeys =
        fault_bit(Fault::Cancel) | fault_bit(Fault::StateDamaged) | fault_bit(Fault::ChannelCut);
    if (config.hosts == 1 && (config.faults & of_journeys) != 0) {
        return "faults: cancel, state-damaged and channel-cut need a migration (2 hosts)";
    }
    if (config.hosts == 2 && config.admin_commands != 0) {
        return "admin_commands: no state has them, so a world of one host only";
    }
    if (config.switchover_ack && !config.return_path) {
        return "switchover_ack needs return_path";
    }
    if (config.log) {
        return "log: changes of user data are explored in a world of their own (kind \"log\")";
    }
    return "";
}

std::unique_ptr<System> make_world(const WorldConfig& config, const spec::Rules& rules) {
    LMSIM_ASSERT(objection(config).empty());
    return make(settle(config, rules));
}

SystemFactory world_factory(const WorldConfig& config, const spec::Rules& rules) {
    LMSIM_ASSERT(objection(config).empty());
    const auto one = [settings = settle(config, rules)] { return make(settings); };
    // On one host most actions look at most of the state: then the detour does not pay.
    return config.hosts == 2 ? world::collapsed(one) : SystemFactory(one);
}

}  // namespace lmsim::explore
