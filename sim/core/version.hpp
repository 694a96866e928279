#pragma once

namespace lmsim {

/// The version of the program: results, traces and --version say it. Set by CMake's project().
inline constexpr const char* version = LMSIM_VERSION;

}  // namespace lmsim
