#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "model/nvme/lba_map.hpp"

namespace lmsim::sim {

/// The content of a namespace: a token for each block, 0 where nothing was written. All blocks that
/// hold what was there from the start have the token 1 and cost next to nothing.
class MediaContent {
  public:
    static constexpr std::uint64_t first_token = 1;

    std::uint64_t token(std::uint64_t lba) const;
    /// The same token for all of them.
    void put(std::uint64_t lba, std::uint64_t blocks, std::uint64_t token);
    void put(std::uint64_t lba, const std::uint64_t* tokens, std::uint64_t blocks);
    /// Of `blocks` blocks from `lba` on.
    void read(std::uint64_t lba, std::uint64_t blocks, std::uint64_t* to) const;
    /// Holds any of them data?
    bool holds_data(std::uint64_t lba, std::uint64_t blocks) const;
    /// Blocks whose tokens differ, of the first `blocks`.
    std::uint64_t differences(const MediaContent& other, std::uint64_t blocks) const;

  private:
    static constexpr std::uint64_t group = 64;
    using Group = std::array<std::uint64_t, group>;  // 0: as first_ says

    const Group* find(std::uint64_t index) const {
        const auto found = written_.find(index);
        return found == written_.end() ? nullptr : &found->second;
    }

    nvme::LbaMap first_;  // blocks with the first token
    std::unordered_map<std::uint64_t, Group> written_;
};

}  // namespace lmsim::sim
