#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/wire/result.hpp"
#include "sim/bridge/fd.hpp"

namespace lmsim::sim {

/// What the namespaces of a served device hold: each a memory or a file of its own, sparse, in
/// bytes from the namespace's first block on.
class BlockStore {
  public:
    BlockStore() = default;
    ~BlockStore();
    BlockStore(const BlockStore&) = delete;
    BlockStore& operator=(const BlockStore&) = delete;

    /// Backs the namespace with this file, which is created or made longer as needed; an error in
    /// words if that fails. Before the namespace's first use.
    std::string use_file(std::uint32_t nsid, const std::string& path, std::uint64_t bytes);

    /// Files that use_file() has made are no more: something else went wrong before their first
    /// use.
    void remove_made();

    /// False if the medium failed. What was never written reads as zeros, beyond the end too.
    bool read(std::uint32_t nsid, std::uint64_t offset, std::uint8_t* to, std::uint64_t length);
    bool write(std::uint32_t nsid, std::uint64_t offset, const std::uint8_t* from,
               std::uint64_t length);
    /// Makes the bytes zeros and gives their room back.
    bool deallocate(std::uint32_t nsid, std::uint64_t offset, std::uint64_t length);
    bool flush();

  private:
    const Fd& backing(std::uint32_t nsid);

    std::vector<std::string> made_;
    std::map<std::uint32_t, Fd> backings_;  // by NSID: a file, or a memory that is one
};

}  // namespace lmsim::sim
