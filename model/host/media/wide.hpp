#pragma once

namespace lmsim::host::media {

/// Products of two 64-bit numbers.
__extension__ typedef unsigned __int128 Wide;

}  // namespace lmsim::host::media
