#pragma once

#include <cstdint>
#include <string_view>

namespace lmsim::vfio {

/// What an ioctl, read or write answers: Linux's numbers, without its sign. The C macros cannot be
/// the enumerators' names.
enum class Errno : std::uint16_t {
    Ok = 0,
#define LMSIM_ERRNO(symbol, name, number, title) symbol = number,
#include "model/spec/rows/errno.def"
#undef LMSIM_ERRNO
};

/// "EINVAL"; "OK" for 0; "E?" for a number that no row names.
constexpr std::string_view to_string(Errno error) {
    switch (error) {
        case Errno::Ok: return "OK";
#define LMSIM_ERRNO(symbol, name, number, title) \
    case Errno::symbol:                          \
        return name;
#include "model/spec/rows/errno.def"
#undef LMSIM_ERRNO
    }
    return "E?";
}

}  // namespace lmsim::vfio
