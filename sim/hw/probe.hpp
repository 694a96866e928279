#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/wire/identify.hpp"
#include "model/wire/namespace.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/bridge/rig.hpp"
#include "sim/core/result.hpp"

namespace lmsim::sim::hw {

/// What the bus, and Linux, say of a function.
struct BusFacts {
    /// False: nobody tells, as the device is that of a session that is recorded or replayed.
    bool known = false;
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint32_t class_code = 0;
    std::uint32_t vectors = 0;            // MSI-X
    std::string group;                    // of the IOMMU; empty: it has none
    std::vector<std::string> neighbours;  // in that group: "0000:00:01.0 (pcieport)"
    std::optional<unsigned> total_vfs;    // nothing: no SR-IOV capability
    unsigned vfs = 0;
    /// VFIO_DEVICE_FEATURE_MIGRATION's flags; nothing: there is no such feature.
    std::optional<std::uint64_t> migration;
};

/// What Identify says of a namespace.
struct NamespaceFacts {
    std::uint32_t nsid = 0;
    std::uint64_t blocks = 0;
    std::uint64_t block_bytes = 0;
    std::uint16_t metadata = 0;
    bool shared = false;
    std::vector<wire::LbaFormat> formats;
};

/// Something that a device may support: what it says of it, and what it does when it is asked.
struct Ability {
    std::string name;
    bool supported = false;
    /// Identify and the answer are not of one mind.
    bool contradiction = false;
    std::string says;
    std::string answers;  // empty: it was not asked
};

/// What a device is. Nothing of it was changed to learn this.
struct Probe {
    std::string device;
    std::uint16_t functions = 1;
    BusFacts bus;
    std::uint64_t cap = 0;
    std::uint32_t vs = 0;
    wire::IdentifyController id;
    std::optional<std::uint32_t> queue_pairs;  // I/O
    std::uint64_t page_bytes = 4096;           // of CAP.MPSMIN
    std::vector<NamespaceFacts> namespaces;
    std::optional<wire::PrimaryCapabilities> primary;
    std::vector<wire::SecondaryController> secondaries;
    std::vector<std::uint16_t> state_versions;
    std::size_t state_uuids = 0;
    std::vector<Ability> abilities;
};

/// What the bus says of the rig's first function.
BusFacts bus_facts(Rig& rig);

/// Asks the rig's first function. It is enabled for that, and disabled again. In words why it
/// cannot be asked.
Result<Probe> probe(Rig& rig);

/// CAP's fields with their names, as words: {"TO", "7.5 s"}.
std::vector<std::pair<std::string, std::string>> cap_words(std::uint64_t cap);

std::string probe_text(const Probe& probe);
std::string probe_json(const Probe& probe);

}  // namespace lmsim::sim::hw
