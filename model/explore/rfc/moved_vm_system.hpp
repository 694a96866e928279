#pragma once

#include <memory>

#include "model/explore/rfc/moved_vm.hpp"
#include "model/explore/system.hpp"

namespace lmsim::explore {

/// Every run of a MovedVm. With a device that is ratified and nothing out of the ordinary the VM
/// arrives; in any case its VF works in the end where the VM is, with the state that it had.
std::unique_ptr<System> make_moved_vm_system(const MoveBounds& bounds, const spec::Rules& rules);

}  // namespace lmsim::explore
