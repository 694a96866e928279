#include "sim/bridge/vfio/migration.hpp"
#include "sim/bridge/vfio/system.hpp"
#include "sim/bridge/vfio/vfio_rig.hpp"
#include "sim/bridge/vfio_user/user_rig.hpp"
#include "sim/hw/probe.hpp"

namespace lmsim::sim::hw {

namespace {

BusFacts served_facts(vfio_user::UserRig& rig) {
    auto& port = static_cast<vfio_user::ClientPort&>(rig.port(0));
    BusFacts facts;
    facts.known = true;
    facts.vendor = port.function().vendor;
    facts.device = port.function().device;
    facts.class_code = port.function().class_code;
    facts.vectors = port.function().msix_vectors;
    if (const auto flags = port.client().migration_flags()) {
        facts.migration = flags.value();
    }
    return facts;
}

BusFacts vfio_facts(vfio_kernel::VfioRig& rig) {
    BusFacts facts;
    facts.known = true;
    auto& function = static_cast<vfio_kernel::Port&>(rig.port(0)).function();
    facts.vectors = function.vectors();
    if (const auto flags = vfio_kernel::Migration(function.fd()).flags()) {
        facts.migration = flags.value;
    }
    const auto said = vfio_kernel::System().function(function.bdf());
    if (!said) {
        return facts;
    }
    facts.vendor = said.value().vendor;
    facts.device = said.value().device;
    facts.class_code = said.value().class_code;
    facts.group = said.value().group;
    for (const vfio_kernel::Neighbour& each : said.value().neighbours) {
        facts.neighbours.push_back(each.bdf + " (" +
                                   (each.driver.empty() ? "no driver" : each.driver) + ")");
    }
    facts.total_vfs = said.value().sriov_totalvfs;
    facts.vfs = said.value().sriov_numvfs;
    return facts;
}

}  // namespace

BusFacts bus_facts(Rig& rig) {
    if (auto* const served = dynamic_cast<vfio_user::UserRig*>(&rig)) {
        return served_facts(*served);
    }
    if (auto* const real = dynamic_cast<vfio_kernel::VfioRig*>(&rig)) {
        return vfio_facts(*real);
    }
    return {};
}

}  // namespace lmsim::sim::hw
