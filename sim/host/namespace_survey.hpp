#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/host/namespace_identity.hpp"
#include "sim/bridge/device_port.hpp"
#include "sim/host/admin_queue.hpp"

namespace lmsim::sim {

/// A namespace as the PF sees it.
struct FoundNamespace {
    std::uint32_t nsid = 0;
    host::NamespaceIdentity identity;
    std::vector<std::uint16_t> cntlids;  // of the controllers that it is attached to
};

/// Asks the PF which namespaces there are (CNS 10h), what they are (CNS 11h) and to whom they are
/// attached (CNS 12h), one command after the other.
class NamespaceSurvey {
  public:
    NamespaceSurvey(AdminQueue& admin, DevicePort& pf, const spec::Rules& rules);

    /// `done(false)` if the PF does not answer as it should.
    void run(std::function<void(bool)> done);
    const std::vector<FoundNamespace>& found() const { return found_; }

  private:
    void ask(spec::Id cns, std::uint32_t nsid);
    bool take_page();
    bool take_list();
    bool take_namespace();
    bool take_controllers();

    AdminQueue& admin_;
    Memory& memory_;
    spec::Rules rules_;
    std::uint64_t page_;
    std::vector<FoundNamespace> found_;
    spec::Id asked_{};
    std::size_t at_ = 0;  // in found_
    std::function<void(bool)> done_;
};

/// Why the controller of a VF cannot find its namespaces on the other host, as a sentence; empty if
/// it can. NSIDs have to be the same, too: the guest knows them. Those in `renewed` were made for a
/// copy: they have another NGUID and EUI-64.
std::string namespace_mismatch(const std::vector<FoundNamespace>& source,
                               std::uint16_t source_cntlid,
                               const std::vector<FoundNamespace>& destination,
                               std::uint16_t destination_cntlid,
                               const std::vector<std::uint32_t>& renewed = {});

/// Those of the controller's namespaces that it does not find there: they are local.
std::vector<FoundNamespace> local_namespaces(const std::vector<FoundNamespace>& source,
                                             std::uint16_t source_cntlid,
                                             const std::vector<FoundNamespace>& destination,
                                             std::uint16_t destination_cntlid);

}  // namespace lmsim::sim
