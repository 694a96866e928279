#pragma once

#include <linux/vfio.h>

#include <cstdint>

/// What <linux/vfio.h> of Debian 12 (Linux 6.1) lacks, and <linux/iommufd.h>, which it has not:
/// Linux 6.12, include/uapi/linux/vfio.h and iommufd.h. Names of our own, since newer headers
/// define theirs. Feature indices and states: model/vfio/uapi.hpp.
namespace lmsim::sim::vfio_kernel::uapi {

/// VFIO_MIG_GET_PRECOPY_INFO, on a data_fd.
inline constexpr unsigned long mig_get_precopy_info = _IO(VFIO_TYPE, VFIO_BASE + 21);

/// Its argument (struct vfio_precopy_info).
struct PrecopyInfo {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint64_t initial_bytes;
    std::uint64_t dirty_bytes;
};

/// VFIO_DEVICE_BIND_IOMMUFD, on /dev/vfio/devices/vfioN.
inline constexpr unsigned long device_bind_iommufd = _IO(VFIO_TYPE, VFIO_BASE + 18);

/// Its argument (struct vfio_device_bind_iommufd).
struct BindIommufd {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::int32_t iommufd;
    std::uint32_t out_devid;
    // Since Linux 6.17, with bind_flag_token; older kernels do not look at it.
    std::uint64_t token_uuid_ptr;
};
inline constexpr std::uint32_t bind_size_before_token = 16;
inline constexpr std::uint32_t bind_flag_token = 1;

/// VFIO_DEVICE_ATTACH_IOMMUFD_PT.
inline constexpr unsigned long device_attach_iommufd_pt = _IO(VFIO_TYPE, VFIO_BASE + 19);

/// Its argument (struct vfio_device_attach_iommufd_pt).
struct AttachIommufdPt {
    std::uint32_t argsz;
    std::uint32_t flags;
    std::uint32_t pt_id;
};

// On /dev/iommu; each structure begins with its size.
inline constexpr unsigned long iommu_ioas_alloc = _IO(VFIO_TYPE, 0x81);

/// Its argument (struct iommu_ioas_alloc).
struct IoasAlloc {
    std::uint32_t size;
    std::uint32_t flags;
    std::uint32_t out_ioas_id;
};

inline constexpr unsigned long iommu_ioas_map = _IO(VFIO_TYPE, 0x85);
inline constexpr std::uint32_t ioas_map_fixed_iova = 1;
inline constexpr std::uint32_t ioas_map_writeable = 2;
inline constexpr std::uint32_t ioas_map_readable = 4;

/// Its argument (struct iommu_ioas_map).
struct IoasMap {
    std::uint32_t size;
    std::uint32_t flags;
    std::uint32_t ioas_id;
    std::uint32_t reserved;
    std::uint64_t user_va;
    std::uint64_t length;
    std::uint64_t iova;
};

inline constexpr unsigned long iommu_ioas_unmap = _IO(VFIO_TYPE, 0x86);

/// Its argument (struct iommu_ioas_unmap).
struct IoasUnmap {
    std::uint32_t size;
    std::uint32_t ioas_id;
    std::uint64_t iova;
    std::uint64_t length;
};

}  // namespace lmsim::sim::vfio_kernel::uapi
