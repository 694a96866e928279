#include "sim/host/namespace_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/wire/admin.hpp"
#include "model/wire/namespace_lists.hpp"

namespace lmsim::sim {

using spec::Id;

NamespaceSurvey::NamespaceSurvey(AdminQueue& admin, DevicePort& pf, const spec::Rules& rules)
    : admin_(admin), memory_(pf.memory()), rules_(rules), page_(pf.allocate(page_size)) {}

void NamespaceSurvey::run(std::function<void(bool)> done) {
    done_ = std::move(done);
    found_.clear();
    ask(Id::CnsAllocatedNamespaces, 0);
}

void NamespaceSurvey::ask(Id cns, std::uint32_t nsid) {
    asked_ = cns;
    wire::Identify identify;
    identify.cns = static_cast<std::uint8_t>(rules_.value(cns));
    wire::Sqe sqe = wire::encode(identify, rules_);
    sqe.nsid = nsid;
    sqe.prp1 = page_;
    admin_.submit(sqe, [this](const AdminAnswer& answer) {
        const bool well = answer.error == host::PfError::None && answer.status == 0;
        if (!well || !take_page()) {
            std::exchange(done_, nullptr)(false);
        }
    });
}

/// What the page at hand says, and the next question; false if it is not sound.
bool NamespaceSurvey::take_page() {
    const bool sound = asked_ == Id::CnsAllocatedNamespaces  ? take_list()
                       : asked_ == Id::CnsAllocatedNamespace ? take_namespace()
                                                             : take_controllers();
    if (!sound) {
        return false;
    }
    if (asked_ == Id::CnsAllocatedNamespace) {
        ask(Id::CnsAttachedControllers, found_[at_].nsid);
        return true;
    }
    at_ = asked_ == Id::CnsAllocatedNamespaces ? 0 : at_ + 1;
    if (at_ < found_.size()) {
        ask(Id::CnsAllocatedNamespace, found_[at_].nsid);
    } else {
        std::exchange(done_, nullptr)(true);
    }
    return true;
}

bool NamespaceSurvey::take_list() {
    const auto list =
        wire::NamespaceListView::parse(memory_.bytes(page_, page_size), page_size, rules_);
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        found_.push_back({(*list)[i], {}, {}});
    }
    return list.ok();
}

bool NamespaceSurvey::take_namespace() {
    const auto page =
        wire::decode_identify_namespace(memory_.bytes(page_, page_size), page_size, rules_);
    if (page.ok()) {
        found_[at_].identity = host::identity_of(*page);
    }
    return page.ok();
}

bool NamespaceSurvey::take_controllers() {
    const auto list =
        wire::ControllerListView::parse(memory_.bytes(page_, page_size), page_size, rules_);
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        found_[at_].cntlids.push_back((*list)[i]);
    }
    return list.ok();
}

namespace {

bool attached(const FoundNamespace& ns, std::uint16_t cntlid) {
    return std::find(ns.cntlids.begin(), ns.cntlids.end(), cntlid) != ns.cntlids.end();
}

/// The namespace as a controller sees it: one that is not attached has no blocks.
host::NamespaceIdentity seen_by(const std::vector<FoundNamespace>& found, std::uint32_t nsid,
                                std::uint16_t cntlid) {
    for (const FoundNamespace& ns : found) {
        if (ns.nsid == nsid && attached(ns, cntlid)) {
            return ns.identity;
        }
    }
    return {};
}

}  // namespace

std::string namespace_mismatch(const std::vector<FoundNamespace>& source,
                               std::uint16_t source_cntlid,
                               const std::vector<FoundNamespace>& destination,
                               std::uint16_t destination_cntlid,
                               const std::vector<std::uint32_t>& renewed) {
    for (const FoundNamespace& ns : source) {
        if (!attached(ns, source_cntlid)) {
            continue;
        }
        host::NamespaceIdentity there = seen_by(destination, ns.nsid, destination_cntlid);
        if (std::find(renewed.begin(), renewed.end(), ns.nsid) != renewed.end()) {
            there.nguid = ns.identity.nguid;
            there.eui64 = ns.identity.eui64;
        }
        const auto differences = host::compare(ns.identity, there);
        std::string what;
        for (std::size_t i = 0; i < differences.count; ++i) {
            what += i == 0 ? "" : i + 1 == differences.count ? " and " : ", ";
            what += host::to_string(differences.item[i]);
        }
        if (!what.empty()) {
            return fmt::format("namespace {} has {} on the destination", ns.nsid, what);
        }
    }
    return {};
}

std::vector<FoundNamespace> local_namespaces(const std::vector<FoundNamespace>& source,
                                             std::uint16_t source_cntlid,
                                             const std::vector<FoundNamespace>& destination,
                                             std::uint16_t destination_cntlid) {
    std::vector<FoundNamespace> local;
    for (const FoundNamespace& ns : source) {
        const host::NamespaceIdentity there = seen_by(destination, ns.nsid, destination_cntlid);
        if (attached(ns, source_cntlid) && !host::compare(ns.identity, there).same()) {
            local.push_back(ns);
        }
    }
    return local;
}

}  // namespace lmsim::sim
