#include <fmt/format.h>

#include <algorithm>

#include "model/spec/codes.hpp"
#include "model/wire/admin.hpp"
#include "model/wire/identify.hpp"
#include "model/wire/templates.hpp"
#include "sim/host/host_driver.hpp"

namespace lmsim::sim {

// How the driver of a PF begins: what it asks its device for before anybody uses the VFs.

void HostDriver::boot(std::function<void(bool)> ready) {
    ready_ = std::move(ready);
    pf_.set_client(this);
    pf_.enable_interrupts(true);
    next_boot_step();
}

void HostDriver::next_boot_step() {
    using spec::Id;
    if (boot_ == Boot::Enable) {
        admin_.clear();
        admin_.enable();
        pf_.read(reg::CSTS, 4, 0);
        return;
    }
    if (boot_ == Boot::Namespaces) {
        return survey_namespaces();
    }
    if (boot_ == Boot::Online && (probe_vfs() || bring_online())) {
        return;
    }
    if (boot_ == Boot::Done) {
        end_boot(true);
        return;
    }
    if (boot_ == Boot::Template || boot_ == Boot::Configure) {
        wire::Sqe sqe =
            boot_ == Boot::Template ? wire::get_template(rules_) : wire::configure_template(rules_);
        sqe.prp1 = boot_page_;
        submit(sqe, pf_itself, 0);
        return;
    }
    const Id cns = boot_ == Boot::Identify       ? Id::CnsController
                   : boot_ == Boot::Secondary    ? Id::CnsSecondaryControllers
                   : boot_ == Boot::Capabilities ? Id::CnsPrimaryCapabilities
                                                 : Id::CnsControllerStateFormats;
    wire::Identify identify;
    identify.cns = static_cast<std::uint8_t>(rules_.value(cns));
    identify.cntid = boot_ == Boot::Secondary ? next_cntid_ : std::uint16_t{0};
    wire::Sqe sqe = wire::encode(identify, rules_);
    sqe.prp1 = boot_page_;
    submit(sqe, pf_itself, 0);
}

/// Namespaces are there before anybody can use them: the VFs that are offline come online after it.
void HostDriver::survey_namespaces() {
    survey_.run([this](bool well) {
        if (boot_ != Boot::Namespaces) {
            return;  // the PF is being reset, and boots anew
        }
        const auto offline = [](const Vf& vf) { return !vf.online; };
        boot_ = std::any_of(vfs_.begin(), vfs_.end(), offline) ? Boot::Capabilities : Boot::Done;
        if (well || !cannot_migrate_.empty()) {
            next_boot_step();
        } else {
            boot_trouble_ = "the PF does not list its namespaces and to whom they are attached";
            end_boot(false);
        }
    });
}

std::string HostDriver::namespace_mismatch(std::uint16_t vf, const HostDriver& destination,
                                           const std::vector<std::uint32_t>& renewed) const {
    return sim::namespace_mismatch(survey_.found(), vfs_[vf].flow.cntlid,
                                   destination.survey_.found(), destination.vfs_[vf].flow.cntlid,
                                   renewed);
}

/// Does somebody enable the VFs first, who has given them nothing yet? Only once: what comes online
/// after a reset of the PF has its driver already.
bool HostDriver::probe_vfs() {
    if (!probe_ || probed_) {
        return false;
    }
    probed_ = true;
    std::vector<DevicePort*> ports;
    for (const Vf& vf : vfs_) {
        ports.push_back(vf.port);
    }
    probe_->run(ports, [this] { next_boot_step(); });
    return true;
}

/// The next command that brings a VF online (HO-VIRT-01); false if all of them are.
bool HostDriver::bring_online() {
    while (online_vf_ < vfs_.size() && vfs_[online_vf_].online) {
        ++online_vf_;
        online_step_ = 0;
    }
    if (online_vf_ == vfs_.size()) {
        boot_ = Boot::Done;
        return false;
    }
    const std::uint16_t cntlid = vfs_[online_vf_].flow.cntlid;
    submit(host::online_command(online_plan_, online_step_, cntlid, rules_), pf_itself, 0);
    return true;
}

/// The first boot is somebody's; one after a reset of the PF is the driver's own.
void HostDriver::end_boot(bool ok) {
    if (booted_) {
        return;
    }
    booted_ = true;
    if (ok) {
        submit_aers();
    }
    ready_(ok);
}

void HostDriver::read_done(std::uint64_t /*token*/, std::uint64_t value) {
    if ((value & 1) == 0) {
        post_once(now() + timing_.ready_poll, static_cast<std::uint32_t>(Kind::Poll));
        return;
    }
    if (queue_.resetting) {
        if (pins_ != nullptr && stops_enabling(value)) {
            return;
        }
        host::PfEvent done;
        done.kind = host::PfEvent::Kind::ResetDone;
        pf_step(done);
        submit_aers();
        // The reset took the VFs offline (LM-RST-01).
        boot_ = Boot::Secondary;
        next_cntid_ = 0;
        next_boot_step();
        return;
    }
    boot_ = Boot::Identify;
    next_boot_step();
}

void HostDriver::take_cntlid(std::uint16_t vf, std::uint16_t cntlid) {
    vfs_[vf].flow.cntlid = cntlid;
    if (log_) {
        log_->set_cntlid(vf, cntlid);
    }
    if (!trackers_.empty()) {
        trackers_[vf / vfs_each()]->set_cntlid(static_cast<std::uint16_t>(vf % vfs_each()), cntlid);
    }
}

/// What the page at hand says; false if this PF cannot do what we need of it.
bool HostDriver::take_boot_page() {
    const std::uint8_t* page = memory_.bytes(boot_page_, page_size);
    if (boot_ == Boot::Identify) {
        const auto id = wire::decode_identify_controller(page, page_size, rules_);
        boot_ = Boot::Secondary;
        pf_cntlid_ = id.ok() ? id->cntlid : std::uint16_t{0};
        const bool exports = id.ok() && id->ensa_template && id->ensa_migration;
        if (id.ok() && !id->hmlms) {
            cannot_migrate_ =
                "the PF has no Host Managed Live Migration (Identify Controller: OACS, HMLMS)";
        }
        const bool migrates = id.ok() && id->hmlms && (exports || !rules_.on(spec::Id::Templates));
        return migrates || (timing_.any_device && !cannot_migrate_.empty());
    }
    if (boot_ == Boot::Secondary) {
        const auto list = wire::SecondaryListView::parse(page, page_size, rules_);
        // A full page holds 127 of them: there may be more.
        const Boot next = cannot_migrate_.empty() ? Boot::Formats : Boot::Namespaces;
        boot_ = list.ok() && list->count() == 127 ? Boot::Secondary : next;
        if (boot_ == Boot::Formats && rules_.on(spec::Id::VendorCommands)) {
            choose_formats({});  // that dialect has no list of formats
        }
        for (std::size_t i = 0; list.ok() && i < list->count(); ++i) {
            const wire::SecondaryController entry = (*list)[i];
            next_cntid_ = static_cast<std::uint16_t>(entry.scid + 1);
            if (entry.vfn >= 1 && entry.vfn <= vfs_.size()) {
                vfs_[entry.vfn - 1U].online = !host::needs_online(entry, rules_);
                take_cntlid(static_cast<std::uint16_t>(entry.vfn - 1U),
                            host::cntlid_of(entry, rules_));
            }
        }
        return list.ok();
    }
    if (boot_ == Boot::Capabilities) {
        const auto found = wire::decode_primary_capabilities(page, page_size, rules_);
        boot_ = Boot::Online;
        online_vf_ = 0;
        online_step_ = 0;
        if (found.ok()) {
            online_plan_ = host::plan_online(*found, static_cast<std::uint16_t>(vfs_.size()));
        }
        return found.ok();
    }
    if (boot_ == Boot::Template || boot_ == Boot::Configure) {
        template_configured_ = boot_ == Boot::Configure;
        boot_ = template_configured_ ? Boot::Namespaces : Boot::Configure;
        return true;
    }
    const auto formats = wire::StateFormatsView::parse(page, page_size, rules_);
    if (!formats.ok()) {
        return false;
    }
    choose_formats(*formats);
    return vfs_.empty() || host::has_format(vfs_[0].flow.csvi, rules_);
}

void HostDriver::choose_formats(const wire::StateFormatsView& formats) {
    // Once (LM-TPL-43): what is configured outlives a reset of the PF.
    const bool configures = rules_.on(spec::Id::Templates) && !template_configured_;
    boot_ = configures ? Boot::Template : Boot::Namespaces;
    for (Vf& vf : vfs_) {
        host::choose_formats(vf.flow, formats, rules_);
    }
}

/// The device cannot migrate anyway: what it does not know of the rest may be missing as well.
bool HostDriver::boots_without(const Effect& reply) {
    const bool missing = boot_ == Boot::Secondary || boot_ == Boot::Capabilities;
    if (cannot_migrate_.empty() || reply.flags != 0 || !missing) {
        return false;
    }
    boot_ = boot_ == Boot::Secondary ? Boot::Namespaces : Boot::Done;
    next_boot_step();
    return true;
}

void HostDriver::note_trouble(const Effect& reply) {
    constexpr const char* steps[] = {"enabling the controller",
                                     "Identify Controller",
                                     "the list of secondary controllers (CNS 15h)",
                                     "the supported controller state formats (CNS 20h)",
                                     "the template",
                                     "the template's configuration",
                                     "the list of namespaces",
                                     "the primary controller capabilities (CNS 14h)",
                                     "bringing a VF online",
                                     "the end"};
    const char* const step = steps[static_cast<std::size_t>(boot_)];
    const auto status = static_cast<std::uint16_t>(reply.token);
    if (!cannot_migrate_.empty()) {
        boot_trouble_ = cannot_migrate_;
    } else if (reply.flags != 0) {
        boot_trouble_ = fmt::format("PF: {}: no answer", step);
    } else if (status != 0) {
        boot_trouble_ = fmt::format("PF: {}: {} ({:x}h)", step,
                                    spec::status_name(wire::status_code(status), rules_),
                                    wire::status_code(status));
    } else {
        boot_trouble_ =
            fmt::format("PF: {}: the answer is not sound, or lacks what is needed", step);
    }
}

void HostDriver::boot_answered(const Effect& reply) {
    const bool answered = reply.flags == 0 && reply.token == 0;
    if (boot_ == Boot::Online && answered) {
        vfs_[online_vf_].online = ++online_step_ == host::online_commands(online_plan_);
        return next_boot_step();
    }
    if (!answered && boots_without(reply)) {
        return;
    }
    const Boot at = boot_;
    if (!answered || !take_boot_page()) {
        boot_ = at;
        note_trouble(reply);
        end_boot(false);
        return;
    }
    next_boot_step();
}

}  // namespace lmsim::sim
