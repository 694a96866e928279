#include <fmt/format.h>

#include <algorithm>

#include "model/host/bring_online.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/namespace.hpp"
#include "model/wire/namespace_lists.hpp"
#include "model/wire/virtualization.hpp"
#include "sim/bridge/ready.hpp"
#include "sim/core/text.hpp"
#include "sim/hw/calibrate_measure.hpp"

namespace lmsim::sim::hw {

using spec::Id;

namespace {

constexpr std::uint16_t first_vf = 1;
constexpr std::size_t most_mdts = 16;  // more is no limit for us

template <std::size_t N>
std::string text_of(const std::array<char, N>& field) {
    std::string text(field.begin(), field.end());
    text.resize(std::min(text.size(), text.find('\0')));
    const std::size_t end = text.find_last_not_of(' ');
    text.resize(end == std::string::npos ? 0 : end + 1);
    return printable(text);
}

}  // namespace

std::string Measurement::open() {
    const bool several = rig_.functions() > 1;
    if (several) {
        pf_ = std::make_unique<Bench>(rig_, std::uint16_t{0}, options_);
        std::string error = pf_->open();
        if (error.empty()) {
            error = bring_online();
        }
        if (!error.empty()) {
            return error;
        }
    }
    own_ = std::make_unique<Bench>(rig_, several ? first_vf : std::uint16_t{0}, options_);
    target_ = own_.get();
    return target_->open();
}

std::string Measurement::identify(Bench& bench, Id cns, std::uint32_t nsid) {
    wire::Identify command;
    command.cns = static_cast<std::uint8_t>(calibration_rules().value(cns));
    wire::Sqe sqe = wire::encode(command, calibration_rules());
    sqe.nsid = nsid;
    sqe.prp1 = bench.page();
    return bench.must(sqe, fmt::format("Identify with CNS {:02x}h", command.cns).c_str());
}

/// A reset of the PF, and opening it was one, takes the VFs offline (NVMe Base 2.3, 8.2.6.3).
std::string Measurement::bring_online() {
    const spec::Rules& rules = calibration_rules();
    std::string error = identify(*pf_, Id::CnsSecondaryControllers);
    if (!error.empty()) {
        return error;
    }
    const auto list = wire::SecondaryListView::parse(page(*pf_), page_size, rules);
    for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
        const wire::SecondaryController vf = (*list)[i];
        if (vf.vfn != first_vf) {
            continue;
        }
        const auto count = static_cast<std::uint16_t>(list->count());
        return vf.online ? std::string() : assign(vf, count);
    }
    return fmt::format(
        "{}: the PF lists no secondary controller of its first VF (Identify, CNS 15h)",
        rig_.name());
}

std::string Measurement::assign(const wire::SecondaryController& vf, std::uint16_t count) {
    const spec::Rules& rules = calibration_rules();
    host::OnlinePlan plan;
    std::string error;
    if (vf.nvq == 0 || vf.nvi == 0) {
        error = identify(*pf_, Id::CnsPrimaryCapabilities);
        const auto has = wire::decode_primary_capabilities(page(*pf_), page_size, rules);
        plan = error.empty() && has.ok() ? host::plan_online(*has, count) : plan;
    }
    for (std::uint32_t i = 0; error.empty() && i < host::online_commands(plan); ++i) {
        error =
            pf_->must(host::online_command(plan, i, vf.scid, rules), "Virtualization Management");
    }
    return error;
}

std::string Measurement::find_facts() {
    const spec::Rules& rules = calibration_rules();
    std::string error = identify(*target_, Id::CnsController);
    if (!error.empty()) {
        return error;
    }
    const auto id = wire::decode_identify_controller(page(*target_), page_size, rules);
    DeviceFacts& facts = result_.facts;
    facts.model = text_of(id->mn);
    facts.firmware = text_of(id->fr);
    facts.serial = text_of(id->sn);
    facts.mdts = id->mdts == 0 || id->mdts > most_mdts ? 0 : page_size << id->mdts;
    facts.queue_size = static_cast<std::uint32_t>(target_->cap() & 0xffff) + 1;
    facts.ready_timeout = ready_timeout(target_->cap());
    vf_ = id->cntlid;
    if (!pf_) {
        return {};
    }
    error = identify(*pf_, Id::CnsController);
    if (!error.empty()) {
        return error;
    }
    const auto pf = wire::decode_identify_controller(page(*pf_), page_size, rules);
    facts.mmc = pf->hmlms;
    trattr_ = pf->trattr;
    minmrtg_ = pf->minmrtg;
    mcudmq_ = pf->mcudmq;
    return {};
}

/// The first one that is active, if any is.
std::string Measurement::find_namespace() {
    const spec::Rules& rules = calibration_rules();
    std::string error = identify(*target_, Id::CnsActiveNamespaces);
    if (!error.empty()) {
        return error;
    }
    const auto list = wire::NamespaceListView::parse(page(*target_), page_size, rules);
    if (!list.ok() || list->count() == 0) {
        return {};
    }
    const std::uint32_t nsid = (*list)[0];
    error = identify(*target_, Id::CnsNamespace, nsid);
    if (!error.empty()) {
        return error;
    }
    const auto found = wire::decode_identify_namespace(page(*target_), page_size, rules);
    const wire::LbaFormat& format = found->lbaf[found->format()];
    if (format.lbads < 9 || format.lbads > 16 || format.ms != 0) {
        // Metadata would go where no buffer of ours is.
        no_blocks_ = fmt::format(
            "namespace {} has blocks of 2^{} and {} bytes; expected 2^9 to 2^16, without metadata",
            nsid, format.lbads, format.ms);
        return {};
    }
    DeviceFacts& facts = result_.facts;
    facts.nsid = nsid;
    facts.blocks = found->nsze;
    facts.block = std::uint64_t{1} << format.lbads;
    return {};
}

}  // namespace lmsim::sim::hw
