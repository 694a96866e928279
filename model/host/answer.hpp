#pragma once

#include <cstdint>

#include "model/host/pf_submit.hpp"
#include "model/vfio/errno.hpp"

namespace lmsim::host {

/// What a driver's caller gets for an admin command that ended like this.
inline vfio::Errno errno_of(PfError error, std::uint16_t status) {
    switch (error) {
        case PfError::TimedOut: return vfio::Errno::TimedOut;
        case PfError::Again: return vfio::Errno::Again;
        case PfError::Reset: return vfio::Errno::Io;
        case PfError::None: break;
    }
    return status == 0 ? vfio::Errno::Ok : vfio::Errno::Io;
}

}  // namespace lmsim::host
