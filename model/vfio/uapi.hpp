#pragma once

#include <cstdint>
#include <string_view>

// Numbers of Linux 7.3 include/uapi/linux/vfio.h: an ABI, never renumbered.
namespace lmsim::vfio {

/// enum vfio_device_mig_state.
enum class MigState : std::uint8_t {
    ERROR = 0,
    STOP = 1,
    RUNNING = 2,
    STOP_COPY = 3,
    RESUMING = 4,
    RUNNING_P2P = 5,
    PRE_COPY = 6,
    PRE_COPY_P2P = 7,
};
inline constexpr std::uint32_t state_count = 8;

std::string_view to_string(MigState state);

/// VFIO_MIGRATION_*: what a driver supports. STOP_COPY is not optional.
enum MigFlag : std::uint8_t {
    STOP_COPY_FLAG = 1,
    P2P_FLAG = 2,
    PRE_COPY_FLAG = 4,
};
inline constexpr std::uint8_t all_mig_flags = STOP_COPY_FLAG | P2P_FLAG | PRE_COPY_FLAG;

/// The flags without which a state does not exist. ERROR needs more than any driver has: it can be
/// neither asked for nor left by a SET.
constexpr std::uint8_t flags_needed(MigState state) {
    switch (state) {
        case MigState::STOP:
        case MigState::RUNNING:
        case MigState::STOP_COPY:
        case MigState::RESUMING: return STOP_COPY_FLAG;
        case MigState::RUNNING_P2P: return STOP_COPY_FLAG | P2P_FLAG;
        case MigState::PRE_COPY: return STOP_COPY_FLAG | PRE_COPY_FLAG;
        case MigState::PRE_COPY_P2P: return all_mig_flags;
        case MigState::ERROR: break;
    }
    return 0xff;
}

constexpr bool supported(MigState state, std::uint8_t flags) {
    return (flags_needed(state) & flags) == flags_needed(state);
}

/// The states in which a saving session is open.
constexpr bool is_saving(MigState state) {
    return state == MigState::STOP_COPY || state == MigState::PRE_COPY ||
           state == MigState::PRE_COPY_P2P;
}

/// VFIO_DEVICE_FEATURE_*: the index in the low 16 bits of vfio_device_feature.flags.
enum class Feature : std::uint16_t {
    MIGRATION = 1,
    MIG_DEVICE_STATE = 2,
    DMA_LOGGING_START = 6,
    DMA_LOGGING_STOP = 7,
    DMA_LOGGING_REPORT = 8,
    MIG_DATA_SIZE = 9,
    MIG_PRECOPY_INFOv2 = 12,
};

inline constexpr std::uint32_t feature_mask = 0xffff;
inline constexpr std::uint32_t feature_get = 1U << 16;
inline constexpr std::uint32_t feature_set = 1U << 17;
inline constexpr std::uint32_t feature_probe = 1U << 18;

/// Bytes of struct vfio_device_feature before the payload, and of the structures.
inline constexpr std::uint32_t feature_header_size = 8;
inline constexpr std::uint32_t precopy_info_size = 24;

/// VFIO_PRECOPY_INFO_REINIT: initial_bytes was armed again.
inline constexpr std::uint32_t precopy_info_reinit = 1;

}  // namespace lmsim::vfio
