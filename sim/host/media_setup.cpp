#include "sim/host/media_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/wire/lba_status.hpp"
#include "model/wire/namespace_commands.hpp"
#include "model/wire/namespace_lists.hpp"

namespace lmsim::sim {

using wire::NamespaceSelect;

MediaSetup::MediaSetup(HostDriver& source, HostDriver& destination, const Wish& wish,
                       const spec::Rules& source_rules, const spec::Rules& destination_rules)
    : source_(source),
      destination_(destination),
      wish_(wish),
      source_rules_(source_rules),
      destination_rules_(destination_rules),
      source_page_(source.pf().allocate(memory_bytes)),
      destination_page_(destination.pf().allocate(memory_bytes)) {}

void MediaSetup::run(std::function<void(const std::string&)> done) {
    done_ = std::move(done);
    list_namespaces();
    if (namespaces_.empty()) {
        return fail("no VF of the source has a namespace of its own");
    }
    const auto& there = destination_.namespaces();
    first_format_shift_ = there.empty() ? namespaces_[0].data_shift : there[0].identity.data_shift;
    prepare_source(0);
}

/// Those of the source that are attached to a VF, in the order of the VFs.
void MediaSetup::list_namespaces() {
    for (std::uint16_t vf = 0; vf < source_.vfs(); ++vf) {
        const std::vector<FoundNamespace> local =
            local_namespaces(source_.namespaces(), source_.cntlid(vf), destination_.namespaces(),
                             destination_.cntlid(vf));
        for (const FoundNamespace& ns : local) {
            namespaces_.push_back({vf, ns.nsid, ns.identity.blocks, ns.identity.data_shift, {}});
        }
        for (const FoundNamespace& ns : source_.namespaces()) {
            const auto is_it = [&](const FoundNamespace& other) { return other.nsid == ns.nsid; };
            const auto& ids = ns.cntlids;
            if (std::find(ids.begin(), ids.end(), source_.cntlid(vf)) != ids.end() &&
                std::none_of(local.begin(), local.end(), is_it)) {
                shared_.emplace_back(vf, ns.nsid);
            }
        }
    }
}

bool MediaSetup::is_shared(std::uint32_t nsid) const {
    return std::any_of(shared_.begin(), shared_.end(),
                       [nsid](const auto& one) { return one.second == nsid; });
}

void MediaSetup::submit(HostDriver& driver, const wire::Sqe& sqe, const char* what,
                        std::uint32_t nsid, std::function<void(const AdminAnswer&)> then) {
    ++commands_;
    const char* side = &driver == &source_ ? "source" : "destination";
    driver.admin().submit(sqe, [this, what, nsid, side, then](const AdminAnswer& answer) {
        if (answer.error != host::PfError::None || answer.status != 0) {
            return fail(fmt::format("{} of namespace {} on the {} failed with status {:#05x}", what,
                                    nsid, side, answer.status));
        }
        then(answer);
    });
}

/// A controller list of the PF, and of the namespace's VF if `vf`.
std::uint64_t MediaSetup::write_list(HostDriver& driver, std::uint64_t page, bool vf,
                                     std::uint16_t index, const spec::Rules& rules) {
    wire::ControllerListWriter list(driver.pf().memory().bytes(page, page_size), rules);
    list.add(driver.pf_cntlid());
    if (vf) {
        list.add(driver.cntlid(index));
    }
    return page;
}

/// The source's host reads through its PF: the namespace is attached to that, too.
void MediaSetup::prepare_source(std::size_t index) {
    if (index == namespaces_.size()) {
        return clear_destination();
    }
    LocalNamespace& ns = namespaces_[index];
    wire::Sqe sqe =
        encode(wire::NamespaceAttachment{NamespaceSelect::Attach, ns.nsid}, source_rules_);
    sqe.prp1 = write_list(source_, source_page_, false, ns.vf, source_rules_);
    submit(source_, sqe, "Namespace Attachment", ns.nsid,
           [this, index](const AdminAnswer&) { prepare_source(index + 1); });
}

void MediaSetup::learn_allocated(std::size_t index, std::function<void(const std::string&)> done) {
    done_ = std::move(done);
    LocalNamespace& ns = namespaces_[index];
    ns.allocated.clear();
    if (wish_.allocated_only) {
        return ask_allocated(index, 0);
    }
    ns.allocated = {{0, ns.blocks}};
    std::exchange(done_, nullptr)("");
}

void MediaSetup::ask_allocated(std::size_t index, std::uint64_t from) {
    wire::GetLbaStatus ask;
    ask.nsid = namespaces_[index].nsid;
    ask.slba = from;
    ask.dwords = page_size / 4;
    wire::Sqe sqe = encode(ask, source_rules_);
    sqe.prp1 = source_page_;
    submit(source_, sqe, "Get LBA Status", ask.nsid, [this, index](const AdminAnswer&) {
        std::uint64_t next = 0;
        if (!take_allocated(index, next)) {
            return fail("an LBA Status Descriptor List of the source is malformed");
        }
        if (next != 0) {
            ask_allocated(index, next);
        } else {
            std::exchange(done_, nullptr)("");
        }
    });
}

/// `next`: from where on to ask again; 0: the list was the last.
bool MediaSetup::take_allocated(std::size_t index, std::uint64_t& next) {
    LocalNamespace& ns = namespaces_[index];
    const auto list = wire::LbaStatusView::parse(
        source_.pf().memory().bytes(source_page_, page_size), page_size, source_rules_);
    if (!list.ok()) {
        return false;
    }
    for (std::size_t i = 0; i < list->count(); ++i) {
        const wire::LbaRange range = (*list)[i];
        if (range.slba >= ns.blocks || range.blocks > ns.blocks - range.slba) {
            return false;
        }
        ns.allocated.push_back({range.slba, range.blocks});
        next = list->whole() ? 0 : range.slba + range.blocks;
    }
    return list->whole() || next != 0;
}

/// What the destination's VFs had is of no use: all goes, so that NSIDs are given out anew; but for
/// what both hosts reach.
void MediaSetup::clear_destination() {
    if (!shared_.empty()) {
        return delete_one(0);
    }
    wire::NamespaceManagement command;
    command.select = NamespaceSelect::Delete;
    command.nsid = wire::nsid_broadcast;
    submit(destination_, encode(command, destination_rules_), "Namespace Management (Delete)",
           command.nsid, [this](const AdminAnswer&) { create(0); });
}

void MediaSetup::delete_one(std::size_t index) {
    const std::vector<FoundNamespace>& there = destination_.namespaces();
    while (index < there.size() && is_shared(there[index].nsid)) {
        ++index;
    }
    if (index == there.size()) {
        return create(0);
    }
    wire::NamespaceManagement command;
    command.select = NamespaceSelect::Delete;
    command.nsid = there[index].nsid;
    submit(destination_, encode(command, destination_rules_), "Namespace Management (Delete)",
           command.nsid, [this, index](const AdminAnswer&) { delete_one(index + 1); });
}

void MediaSetup::create(std::size_t index) {
    if (index == namespaces_.size()) {
        return check();
    }
    const LocalNamespace& ns = namespaces_[index];
    wire::NamespaceCreate data;
    data.nsze = ns.blocks;
    data.ncap = ns.blocks;
    data.flbas = ns.data_shift == first_format_shift_ ? 0 : 1;
    data.nmic = wire::nmic_shared;  // the PF writes what the VF will read
    encode(data, destination_.pf().memory().bytes(destination_page_, page_size),
           destination_rules_);
    wire::NamespaceManagement command;
    command.select = NamespaceSelect::Create;
    wire::Sqe sqe = encode(command, destination_rules_);
    sqe.prp1 = destination_page_;
    submit(destination_, sqe, "Namespace Management (Create)", ns.nsid,
           [this, index](const AdminAnswer& answer) {
               const std::uint32_t wanted = namespaces_[index].nsid;
               if (answer.dw0 != wanted) {
                   return fail(
                       fmt::format("the destination made namespace {} where the guest "
                                   "knows namespace {}",
                                   answer.dw0, wanted));
               }
               if (wish_.format) {
                   format(index);
               } else {
                   attach(index);
               }
           });
}

void MediaSetup::format(std::size_t index) {
    const LocalNamespace& ns = namespaces_[index];
    wire::FormatNvm command;
    command.nsid = ns.nsid;
    command.format = ns.data_shift == first_format_shift_ ? 0 : 1;
    submit(destination_, encode(command, destination_rules_), "Format NVM", ns.nsid,
           [this, index](const AdminAnswer&) { attach(index); });
}

void MediaSetup::attach(std::size_t index) {
    const LocalNamespace& ns = namespaces_[index];
    wire::Sqe sqe =
        encode(wire::NamespaceAttachment{NamespaceSelect::Attach, ns.nsid}, destination_rules_);
    sqe.prp1 = write_list(destination_, destination_page_, true, ns.vf, destination_rules_);
    submit(destination_, sqe, "Namespace Attachment", ns.nsid,
           [this, index](const AdminAnswer&) { create(index + 1); });
}

/// Each VF finds its namespaces, but for the identifiers of those that were made.
void MediaSetup::check() {
    std::vector<std::uint32_t> renewed;
    for (const LocalNamespace& ns : namespaces_) {
        renewed.push_back(ns.nsid);
    }
    destination_.survey_again([this, renewed](bool well) {
        std::string why = well ? "" : "the destination does not tell its namespaces";
        for (std::uint16_t vf = 0; why.empty() && vf < source_.vfs(); ++vf) {
            const std::string differs = source_.namespace_mismatch(vf, destination_, renewed);
            why = differs.empty() ? "" : fmt::format("VF {}: {}", vf, differs);
        }
        std::exchange(done_, nullptr)(why);
    });
}

}  // namespace lmsim::sim
