#pragma once

#include <cstdint>
#include <vector>

namespace lmsim::explore::world {

/// Remembers what came of something that was done with some units of a state: the next time with
/// the same units the same will come. What has been done is told by a tag; with which units it is
/// done depends on what is in them, so each tag has the sets of units that were looked at so far.
/// Forgets everything when it is full: nothing but time depends on what it remembers.
class Memo {
  public:
    Memo();

    /// The words that were remembered for this state, which has a number for each unit; null if
    /// none.
    const std::uint32_t* find(std::uint32_t tag, const std::uint32_t* state);
    /// `seen`: the units that were looked at, a bit each. The words stay until the next call.
    const std::uint32_t* put(std::uint32_t tag, std::uint32_t seen, const std::uint32_t* state,
                             const std::uint32_t* words, std::size_t count);

  private:
    static constexpr std::size_t most_places = 1U << 19;
    static constexpr std::size_t most_words = 1U << 23;
    static constexpr std::size_t most_sets = 6;
    struct Tag {
        std::uint32_t tag = 0xffff'ffff;
        std::uint32_t count = 0;
        std::uint32_t seen[most_sets] = {};
    };
    struct Place {
        std::uint64_t key = 0;
        std::uint32_t at = 0;  // in words_; 0: free
    };

    static std::uint64_t key_of(std::uint32_t tag, std::uint32_t seen, const std::uint32_t* state);
    const std::uint32_t* words_of(const Place& place, std::uint32_t tag, std::uint32_t seen,
                                  const std::uint32_t* state) const;
    Tag& tag_at(std::uint32_t tag) {
        return tags_[(tag * 0x9e37'79b1U >> 16) & (tags_.size() - 1)];
    }
    std::uint32_t set_for(std::uint32_t tag, std::uint32_t seen);
    void make_room(std::size_t words);
    Place& free_place(std::uint64_t key);

    std::vector<Tag> tags_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> words_;  // of each entry: tag, units, their numbers, what came of it
    std::size_t used_ = 0;              // of words_; the first is never used
    std::size_t filled_ = 0;            // of places_
};

}  // namespace lmsim::explore::world
