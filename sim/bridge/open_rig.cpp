#include "sim/bridge/open_rig.hpp"

#include <utility>

#include "sim/bridge/vfio/vfio_rig.hpp"
#include "sim/bridge/vfio_user/user_rig.hpp"

namespace lmsim::sim {

namespace {

constexpr const char* served = "vfio-user:";

template <class Kind>
Result<std::unique_ptr<Rig>> as_rig(Result<std::unique_ptr<Kind>> opened) {
    if (!opened) {
        return Failure{opened.error()};
    }
    return std::unique_ptr<Rig>(std::move(opened.value()));
}

}  // namespace

Result<std::unique_ptr<Rig>> open_rig(const RigRequest& request) {
    if (request.device.rfind(served, 0) == 0) {
        vfio_user::UserRig::Options options;
        options.memory_pages = request.memory_pages;
        options.vm_pages = request.vm_pages;
        options.interrupted = request.interrupted;
        return as_rig(
            vfio_user::UserRig::open(request.device.substr(std::string(served).size()), options));
    }
    std::vector<std::string> bdfs = request.vfs;
    bdfs.insert(bdfs.begin(), request.device);
    vfio::VfioRig::Options options;
    options.memory_pages = request.memory_pages;
    options.vm_pages = request.vm_pages;
    options.interrupted = request.interrupted;
    return as_rig(vfio::VfioRig::open(bdfs, options));
}

}  // namespace lmsim::sim
