#include "sim/bridge/open_rig.hpp"

#include <utility>

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
    vfio::Wanted wanted;
    wanted.bdfs = request.vfs;
    wanted.bdfs.insert(wanted.bdfs.begin(), request.device);
    wanted.sriov = request.sriov;
    wanted.vf_token = request.vf_token;
    vfio::VfioRig::Options options;
    options.memory_pages = request.memory_pages;
    options.vm_pages = request.vm_pages;
    options.interrupted = request.interrupted;
    options.access = request.access;
    options.complain = request.complain;
    return as_rig(vfio::VfioRig::borrow(std::make_shared<vfio::System>(), wanted, options));
}

}  // namespace

bool pins_memory(const RigRequest& request) {
    return !begins(request.device, served) && !begins(request.device, replayed);
}

Result<std::unique_ptr<Rig>> open_rig(const RigRequest& request) {
    if (begins(request.device, replayed)) {
        if (!request.record.empty()) {
            return Failure{"a session that is replayed is recorded already: expected no --record"};
        }
        return as_rig(record::ReplayedRig::open(request.device.substr(std::string(replayed).size()),
                                                request.complain));
    }
    auto device = open_device(request);
    if (!device || request.record.empty()) {
        return device;
    }
    return as_rig(record::RecordedRig::open(std::move(device.value()), request.record,
                                            request.command, request.complain));
}

}  // namespace lmsim::sim
