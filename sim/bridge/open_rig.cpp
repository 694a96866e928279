#include "sim/bridge/open_rig.hpp"

#include <utility>

#include "sim/bridge/pair_rig.hpp"
#include "sim/bridge/record/recorded_rig.hpp"
#include "sim/bridge/record/replayed_rig.hpp"
#include "sim/bridge/vfio/vfio_rig.hpp"
#include "sim/bridge/vfio_user/user_rig.hpp"

namespace lmsim::sim {

namespace {

constexpr const char* served = "vfio-user:";
constexpr const char* replayed = "replay:";

bool begins(const std::string& text, const char* with) { return text.rfind(with, 0) == 0; }

template <class Kind>
Result<std::unique_ptr<Rig>> as_rig(Result<std::unique_ptr<Kind>> opened) {
    if (!opened) {
        return Failure{opened.error()};
    }
    return std::unique_ptr<Rig>(std::move(opened.value()));
}

Result<std::unique_ptr<Rig>> open_device(const RigRequest& request) {
    if (begins(request.device, served)) {
        if (request.sriov != 0) {
            return Failure{
                request.device +
                ": its VFs are the sockets PATH.vf0, PATH.vf1... that are there; --sriov "
                "is for PCI addresses"};
        }
        vfio_user::UserRig::Options options;
        options.memory_pages = request.memory_pages;
        options.vm_pages = request.vm_pages;
        options.interrupted = request.interrupted;
        for (const std::string& vf : request.vfs) {
            options.functions.push_back(begins(vf, served) ? vf.substr(std::string(served).size())
                                                           : vf);
        }
        return as_rig(
            vfio_user::UserRig::open(request.device.substr(std::string(served).size()), options));
    }
    vfio_kernel::Wanted wanted;
    wanted.bdfs = request.vfs;
    wanted.bdfs.insert(wanted.bdfs.begin(), request.device);
    wanted.sriov = request.sriov;
    wanted.vf_token = request.vf_token;
    vfio_kernel::VfioRig::Options options;
    options.memory_pages = request.memory_pages;
    options.vm_pages = request.vm_pages;
    options.interrupted = request.interrupted;
    options.access = request.access;
    options.complain = request.complain;
    return as_rig(
        vfio_kernel::VfioRig::borrow(std::make_shared<vfio_kernel::System>(), wanted, options));
}

Result<std::unique_ptr<record::ReplayedRig>> open_replay(const RigRequest& request, bool two) {
    if (!request.record.empty()) {
        return Failure{"a session that is replayed is recorded already: expected no --record"};
    }
    record::ReplayOptions options;
    options.subject = request.subject;
    options.two = two;
    options.interrupted = request.interrupted;
    return record::ReplayedRig::open(request.device.substr(std::string(replayed).size()),
                                     request.complain, options);
}

record::SessionHeader about(const RigRequest& request) {
    record::SessionHeader header;
    header.command = request.command;
    header.subject = request.subject;
    return header;
}

/// The whole and its parts; to sleep they ask the devices, if there are.
Rigs split(std::unique_ptr<Rig> whole, const record::SessionHeader& about, const std::string& name,
           Rig* first, Rig* second) {
    const auto from = static_cast<std::uint16_t>(about.second_from);
    const auto behind = static_cast<std::uint16_t>(whole->functions() - from);
    Rigs rigs;
    rigs.source = std::make_unique<RigPart>(*whole, first, name, std::uint16_t{0}, from);
    rigs.destination = std::make_unique<RigPart>(*whole, second, about.second, from, behind);
    rigs.both = std::move(whole);
    return rigs;
}

Result<Rigs> replay_both(const RigRequest& source, bool two) {
    auto rig = open_replay(source, two);
    if (!rig) {
        return Failure{rig.error()};
    }
    Rigs rigs;
    if (rig.value()->header().second_from == 0) {
        rigs.source = std::move(rig.value());
        return rigs;
    }
    const record::SessionHeader header = rig.value()->header();
    return split(std::move(rig.value()), header, header.device, nullptr, nullptr);
}

Result<Rigs> record_both(Rigs rigs, const RigRequest& request) {
    Rig* const first = rigs.source.get();
    Rig* const second = rigs.destination.get();
    record::SessionHeader header = about(request);
    header.second = second->name();
    header.second_from = first->functions();
    auto recorded = record::RecordedRig::open(
        std::make_unique<PairRig>(std::move(rigs.source), std::move(rigs.destination)),
        request.record, header, request.complain);
    if (!recorded) {
        return Failure{recorded.error()};
    }
    return split(std::move(recorded.value()), header, first->name(), first, second);
}

}  // namespace

bool is_replay(const RigRequest& request) { return begins(request.device, replayed); }

bool pins_memory(const RigRequest& request) {
    return !begins(request.device, served) && !is_replay(request);
}

Result<std::unique_ptr<Rig>> open_rig(const RigRequest& request) {
    if (is_replay(request)) {
        return as_rig(open_replay(request, false));
    }
    auto device = open_device(request);
    if (!device || request.record.empty()) {
        return device;
    }
    return as_rig(record::RecordedRig::open(std::move(device.value()), request.record,
                                            about(request), request.complain));
}

Result<Rigs> open_rigs(const RigRequest& source, const RigRequest& destination) {
    const bool two = !destination.device.empty();
    if (is_replay(source)) {
        return replay_both(source, two);
    }
    if (is_replay(destination)) {
        return Failure{destination.device +
                       ": a session is replayed as a whole: expected it as the source's device"};
    }
    RigRequest alone = source;
    if (two) {
        alone.record.clear();
    }
    auto first = open_rig(alone);
    if (!first) {
        return Failure{first.error()};
    }
    Rigs rigs;
    rigs.source = std::move(first.value());
    if (!two) {
        return rigs;
    }
    auto second = open_rig(destination);
    if (!second) {
        return Failure{second.error()};
    }
    rigs.destination = std::move(second.value());
    if (source.record.empty()) {
        return rigs;
    }
    return record_both(std::move(rigs), source);
}

}  // namespace lmsim::sim
