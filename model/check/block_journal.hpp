#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/check/block_ranges.hpp"

namespace lmsim::check {

/// A set of blocks of which most are taken out as they were put in: the same pieces, in the same
/// order. While that is so it is a list of these pieces, and no set has to be kept. What was taken
/// out may lie in younger pieces as well: it is remembered until these are gone.
class BlockJournal {
  public:
    void add(std::uint64_t first, std::uint64_t count) {
        if (!in_order_) {
            ranges_.add(first, count);
        } else if (count != 0) {
            added_.push({first, count, 0});
        }
    }
    void remove(std::uint64_t first, std::uint64_t count) {
        if (in_order_ && added_.empty()) {
            return;
        }
        if (!in_order_ || !added_.front().is(first, count)) {
            return remove_any(first, count);
        }
        added_.pop();
        ++gone_;
        if (!added_.empty()) {
            removed_.push({first, count, gone_ + added_.size()});
        }
        while (!removed_.empty() && removed_.front().older <= gone_) {
            removed_.pop();
        }
    }
    void clear();
    bool empty() const { return in_order_ ? added_.empty() || ranges().empty() : ranges_.empty(); }

  private:
    struct Piece {
        std::uint64_t first;
        std::uint64_t count;
        std::uint64_t older;  // of what was taken out: pieces that had been put in by then

        bool is(std::uint64_t at, std::uint64_t blocks) const {
            return first == at && count == blocks;
        }
    };
    /// First in, first out.
    class Pieces {
      public:
        void push(const Piece& piece) {
            if (head_ == items_.size()) {
                clear();
            } else if (items_.size() == items_.capacity() && head_ > items_.size() / 2) {
                drop_gone();
            }
            items_.push_back(piece);
        }
        void pop() { ++head_; }
        const Piece& front() const { return items_[head_]; }
        const Piece& operator[](std::size_t i) const { return items_[head_ + i]; }
        std::size_t size() const { return items_.size() - head_; }
        bool empty() const { return head_ == items_.size(); }
        void clear() {
            items_.clear();
            head_ = 0;
        }

      private:
        void drop_gone();

        std::vector<Piece> items_;
        std::size_t head_ = 0;
    };

    void remove_any(std::uint64_t first, std::uint64_t count);
    BlockRanges ranges() const;

    Pieces added_;
    Pieces removed_;
    std::uint64_t gone_ = 0;  // how many pieces were taken out, in order
    bool in_order_ = true;
    BlockRanges ranges_;  // otherwise
};

}  // namespace lmsim::check
