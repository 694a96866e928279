#include <algorithm>

#include "sim/conform/migration/compare.hpp"

namespace lmsim::sim::conform::migration {

namespace {

// Read in Linux 6.12.107.
constexpr KnownDifference known[] = {
    {"mtty", "VFIO-FD-05", "", "OK: 0 bytes",
     "its read() has one answer for a stream that has ended and for one that is drained",
     "samples/vfio-mdev/mtty.c, mtty_save_read()"},
    {"mtty", "VFIO-LOG-07", "", "OK", "its log_start() keeps nothing: it can be called again",
     "samples/vfio-mdev/mtty.c, mtty_log_start()"},
    {"mtty", "VFIO-LOG-10", "", "OK", "its log_read_and_clear() does nothing, active or not",
     "samples/vfio-mdev/mtty.c, mtty_log_read_and_clear()"},
    {nullptr, "VFIO-LOG-10", "", "EOPNOTSUPP",
     "this kernel cannot hand out bitmaps: it is built without CONFIG_IOMMUFD_DRIVER",
     "include/linux/iova_bitmap.h, iova_bitmap_alloc()"},
    {nullptr, nullptr, "MIG_PRECOPY_INFOv2", "ENOTTY",
     "a kernel before 7.2 does not know the feature",
     "include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2"},
};

}  // namespace

const KnownDifference* find_known(const std::string& driver, const Step& step) {
    for (const KnownDifference& entry : known) {
        const bool here = entry.driver == nullptr || driver == entry.driver;
        const bool row = entry.row == nullptr || std::find(step.rows.begin(), step.rows.end(),
                                                           entry.row) != step.rows.end();
        if (here && row && step.asked.find(entry.asked) != std::string::npos &&
            step.device.rfind(entry.device, 0) == 0) {
            return &entry;
        }
    }
    return nullptr;
}

}  // namespace lmsim::sim::conform::migration
