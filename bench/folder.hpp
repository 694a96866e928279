#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "model/assert.hpp"

namespace lmsim::bench {

/// A folder of its own that is gone afterwards.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lmsim-bench-XXXXXX").string();
        LMSIM_ASSERT(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path;
};

}  // namespace lmsim::bench
