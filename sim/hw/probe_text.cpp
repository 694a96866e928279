#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/bridge/vfio/migration_features.hpp"
#include "sim/core/schemas.hpp"
#include "sim/core/text.hpp"
#include "sim/hw/probe.hpp"
#include "sim/metrics/text_table.hpp"

namespace lmsim::sim::hw {

namespace {

using Json = nlohmann::ordered_json;
using metrics::TextTable;

constexpr const char* not_told =
    "not told while a session is recorded or replayed, which has registers and memory alone";

template <std::size_t N>
std::string field_text(const std::array<char, N>& field) {
    std::string text(field.begin(), std::find(field.begin(), field.end(), '\0'));
    text.erase(std::find_if(text.rbegin(), text.rend(), [](char c) { return c != ' '; }).base(),
               text.end());
    return printable(text);
}

std::string version_of(std::uint32_t vs) {
    return fmt::format("{}.{}.{}", vs >> 16, vs >> 8 & 0xff, vs & 0xff);
}

std::string size_of(std::uint64_t bytes) {
    const char* const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < std::size(units)) {
        bytes /= 1024;
        ++unit;
    }
    return fmt::format("{} {}", bytes, units[unit]);
}

/// Bytes of the longest transfer; 0: no limit.
std::uint64_t longest_transfer(const Probe& probe) {
    return probe.id.mdts == 0 ? 0 : probe.page_bytes << std::min<unsigned>(probe.id.mdts, 40);
}

std::string format_text(const wire::LbaFormat& format) {
    const std::uint64_t bytes = std::uint64_t{1} << std::min<unsigned>(format.lbads, 63);
    return format.ms == 0 ? fmt::format("{}", bytes) : fmt::format("{}+{}", bytes, format.ms);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

/// Rows of the table, whose first cell stands in the first of a group alone.
class Rows {
  public:
    explicit Rows(TextTable& table) : table_(table) {}
    void group(const char* name) { group_ = name; }
    void add(std::string name, std::string value) {
        table_.rows.push_back({group_, std::move(name), std::move(value)});
        group_ = "";
    }

  private:
    TextTable& table_;
    std::string group_;
};

void add_bus(const Probe& probe, Rows& rows) {
    const BusFacts& bus = probe.bus;
    rows.group("function");
    if (!bus.known) {
        rows.add("what the bus says", std::string(not_told));
        rows.add("functions that were opened", fmt::format("{}", probe.functions));
        return;
    }
    rows.add("vendor:device",
             fmt::format("{:04x}:{:04x}, class {:06x}h", bus.vendor, bus.device, bus.class_code));
    rows.add("MSI-X vectors", fmt::format("{}", bus.vectors));
    rows.add("IOMMU group",
             bus.group.empty() ? "none: it is not a function of this machine's bus" : bus.group);
    if (!bus.group.empty()) {
        rows.add("beside it there", bus.neighbours.empty() ? "nothing" : joined(bus.neighbours));
    }
    if (!bus.group.empty()) {
        rows.add("SR-IOV", bus.total_vfs
                               ? fmt::format("{} VFs of {} were there", bus.vfs, *bus.total_vfs)
                               : "no");
    }
    rows.add("functions that were opened", fmt::format("{}", probe.functions));
}

void add_controller(const Probe& probe, Rows& rows) {
    const wire::IdentifyController& id = probe.id;
    rows.group("controller");
    rows.add("serial number", field_text(id.sn));
    rows.add("model", field_text(id.mn));
    rows.add("firmware", field_text(id.fr));
    rows.add("CNTLID", fmt::format("{}", id.cntlid));
    rows.add("NVMe version (VS)", version_of(probe.vs));
    const std::uint64_t mdts = longest_transfer(probe);
    rows.add("longest transfer (MDTS)", mdts == 0 ? "no limit" : size_of(mdts));
    rows.add("I/O queue pairs",
             probe.queue_pairs ? fmt::format("{}", *probe.queue_pairs) : "it does not say");
    rows.group("CAP");
    for (const auto& [name, words] : cap_words(probe.cap)) {
        rows.add(name, words);
    }
}

void add_namespaces(const Probe& probe, Rows& rows) {
    rows.group("namespaces");
    if (probe.namespaces.empty()) {
        rows.add("none", "no namespace is active for this controller");
    }
    for (const NamespaceFacts& ns : probe.namespaces) {
        std::vector<std::string> formats;
        for (const wire::LbaFormat& format : ns.formats) {
            formats.push_back(format_text(format));
        }
        rows.add(
            fmt::format("NSID {}", ns.nsid),
            fmt::format("{} in {} blocks of {} bytes{}{}; formats {}",
                        size_of(ns.blocks * ns.block_bytes), ns.blocks, ns.block_bytes,
                        ns.metadata == 0 ? "" : fmt::format(" and {} of metadata", ns.metadata),
                        ns.shared ? ", can be shared" : "", joined(formats)));
    }
}

std::string resources(const wire::FlexibleResources& of) {
    if (!of.supported) {
        return fmt::format("all private, {} of the primary", of.privately);
    }
    return fmt::format(
        "{} flexible ({} with secondaries, {} with the primary), {} private; a secondary has at "
        "most {}, in steps of {}",
        of.total, of.assigned, of.primary, of.privately, of.secondary, of.granularity);
}

void add_secondaries(const Probe& probe, Rows& rows) {
    rows.group("secondaries");
    if (probe.primary) {
        rows.add("VQ Resources", resources(probe.primary->vq));
        rows.add("VI Resources", resources(probe.primary->vi));
    }
    if (probe.secondaries.empty()) {
        rows.add("none", "no secondary controller is listed");
    }
    for (const wire::SecondaryController& each : probe.secondaries) {
        rows.add(fmt::format("CNTLID {}", each.scid),
                 fmt::format("VF {}, {}, {} VQ and {} VI Resources", each.vfn,
                             each.online ? "online" : "offline", each.nvq, each.nvi));
    }
}

void add_abilities(const Probe& probe, Rows& rows) {
    rows.group("supported");
    for (const Ability& each : probe.abilities) {
        rows.add(each.name, fmt::format("{}: {}{}{}", each.supported ? "yes" : "no", each.says,
                                        each.answers.empty() ? "" : "; ", each.answers) +
                                (each.contradiction ? " - these contradict each other" : ""));
    }
    rows.add("VFIO migration", !probe.bus.known ? std::string(not_told)
                               : probe.bus.migration
                                   ? "yes: " + vfio_kernel::flag_words(
                                                   static_cast<std::uint8_t>(*probe.bus.migration))
                                   : "no: whoever drives the bus has no such feature for it");
}

Json json_of(const wire::FlexibleResources& of) {
    return {{"flexible", of.supported},     {"total", of.total},
            {"assigned", of.assigned},      {"primary", of.primary},
            {"private", of.privately},      {"secondary_most", of.secondary},
            {"granularity", of.granularity}};
}

Json json_of(const NamespaceFacts& ns) {
    Json formats = Json::array();
    for (const wire::LbaFormat& format : ns.formats) {
        formats.push_back({{"bytes", std::uint64_t{1} << std::min<unsigned>(format.lbads, 63)},
                           {"metadata", format.ms}});
    }
    return {{"nsid", ns.nsid},         {"blocks", ns.blocks}, {"block_bytes", ns.block_bytes},
            {"metadata", ns.metadata}, {"shared", ns.shared}, {"formats", std::move(formats)}};
}

Json json_of(const BusFacts& bus) {
    if (!bus.known) {
        return {};
    }
    Json json = {{"vendor", bus.vendor},
                 {"device", bus.device},
                 {"class", bus.class_code},
                 {"msix_vectors", bus.vectors}};
    json["iommu_group"] = bus.group.empty() ? Json() : Json(bus.group);
    json["group_neighbours"] = bus.neighbours;
    json["sriov_totalvfs"] = bus.total_vfs ? Json(*bus.total_vfs) : Json();
    json["sriov_numvfs"] = bus.vfs;
    json["vfio_migration_flags"] = bus.migration ? Json(*bus.migration) : Json();
    return json;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> cap_words(std::uint64_t cap) {
    // NVMe Base 2.3, 3.1.4.1, figure 36.
    const auto bits = [&](unsigned msb, unsigned lsb) {
        return cap >> lsb & ((std::uint64_t{1} << (msb - lsb + 1)) - 1);
    };
    const auto yes = [&](unsigned bit) {
        return std::string((cap >> bit & 1) != 0 ? "yes" : "no");
    };
    const auto page = [&](unsigned msb, unsigned lsb) {
        return size_of(std::uint64_t{4096} << bits(msb, lsb));
    };
    std::vector<std::string> sets;
    if (bits(37, 37) != 0) {
        sets.emplace_back("NVM");
    }
    if (bits(43, 43) != 0) {
        sets.emplace_back("as Identify says (I/O Command Sets)");
    }
    if (bits(44, 44) != 0) {
        sets.emplace_back("none: admin commands alone");
    }
    std::vector<std::string> arbitration{"round robin"};
    if (bits(17, 17) != 0) {
        arbitration.emplace_back("weighted with urgent");
    }
    if (bits(18, 18) != 0) {
        arbitration.emplace_back("vendor's own");
    }
    std::vector<std::pair<std::string, std::string>> words{
        {"MQES", fmt::format("queues of at most {} entries", bits(15, 0) + 1)},
        {"CQR", bits(16, 16) != 0 ? "queues must be contiguous" : "queues need not be contiguous"},
        {"AMS", joined(arbitration)},
        {"TO", fmt::format("ready within {:g} s", static_cast<double>(bits(31, 24)) / 2)},
        {"DSTRD", fmt::format("a doorbell every {} bytes", 4 << bits(35, 32))},
        {"NSSRS", "NVM Subsystem Reset: " + yes(36)},
        {"CSS", sets.empty() ? "no command set" : joined(sets)},
        {"BPS", "boot partitions: " + yes(45)},
        {"MPSMIN, MPSMAX", "memory pages of " + page(51, 48) + " to " + page(55, 52)},
        {"PMRS, CMBS",
         "persistent memory region: " + yes(56) + "; controller memory buffer: " + yes(57)}};
    return words;
}

std::string probe_text(const Probe& probe) {
    TextTable table;
    table.columns = {{probe.device, TextTable::Align::Left},
                     {"what", TextTable::Align::Left},
                     {"it says", TextTable::Align::Left}};
    Rows rows(table);
    add_bus(probe, rows);
    add_controller(probe, rows);
    add_namespaces(probe, rows);
    add_secondaries(probe, rows);
    add_abilities(probe, rows);
    return table.terminal();
}

std::string probe_json(const Probe& probe) {
    const wire::IdentifyController& id = probe.id;
    Json all = {{"schema", schema::HwProbe},
                {"time_base", "wall"},
                {"device", probe.device},
                {"functions", probe.functions},
                {"bus", json_of(probe.bus)}};
    Json controller = {{"serial", field_text(id.sn)},
                       {"model", field_text(id.mn)},
                       {"firmware", field_text(id.fr)},
                       {"cntlid", id.cntlid},
                       {"version", version_of(probe.vs)},
                       {"cap", fmt::format("{:016x}h", probe.cap)},
                       {"longest_transfer", longest_transfer(probe)}};
    controller["io_queue_pairs"] = probe.queue_pairs ? Json(*probe.queue_pairs) : Json();
    for (const auto& [name, words] : cap_words(probe.cap)) {
        controller["cap_fields"][name] = words;
    }
    all["controller"] = std::move(controller);
    all["namespaces"] = Json::array();
    for (const NamespaceFacts& ns : probe.namespaces) {
        all["namespaces"].push_back(json_of(ns));
    }
    if (probe.primary) {
        all["resources"] = {{"vq", json_of(probe.primary->vq)}, {"vi", json_of(probe.primary->vi)}};
    }
    all["secondaries"] = Json::array();
    for (const wire::SecondaryController& each : probe.secondaries) {
        all["secondaries"].push_back({{"cntlid", each.scid},
                                      {"vf", each.vfn},
                                      {"online", each.online},
                                      {"vq", each.nvq},
                                      {"vi", each.nvi}});
    }
    all["state_versions"] = probe.state_versions;
    all["state_vendor_formats"] = probe.state_uuids;
    all["supported"] = Json::array();
    for (const Ability& each : probe.abilities) {
        all["supported"].push_back({{"name", each.name},
                                    {"supported", each.supported},
                                    {"contradiction", each.contradiction},
                                    {"says", each.says},
                                    {"answers", each.answers}});
    }
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lmsim::sim::hw
