#pragma once

#include <memory>

#include "model/explore/system.hpp"
#include "model/spec/rules.hpp"

namespace lmsim::explore {

/// Rings of a program's memory, scattered as an IOMMU may show it to the device: the driver writes
/// the PRP list (model/host/cdq_list.hpp), a controller reads it, and posts entries page by page.
std::unique_ptr<System> make_cdq_list_system(const spec::Rules& rules);

}  // namespace lmsim::explore
