#include "model/check/block_journal.hpp"

namespace lmsim::check {

void BlockJournal::clear() {
    added_.clear();
    removed_.clear();
    ranges_.clear();
    gone_ = 0;
    in_order_ = true;
}

void BlockJournal::Pieces::drop_gone() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
}

void BlockJournal::remove_any(std::uint64_t first, std::uint64_t count) {
    if (count == 0) {
        return;
    }
    if (in_order_) {
        ranges_ = ranges();
        in_order_ = false;
    }
    ranges_.remove(first, count);
    if (ranges_.empty()) {
        clear();
    }
}

/// The set that it is: pieces in the order in which they were put in and taken out.
BlockRanges BlockJournal::ranges() const {
    BlockRanges all;
    std::size_t next = 0;
    for (std::size_t i = 0; i < added_.size(); ++i) {
        for (; next < removed_.size() && removed_[next].older <= gone_ + i; ++next) {
            all.remove(removed_[next].first, removed_[next].count);
        }
        all.add(added_[i].first, added_[i].count);
    }
    for (; next < removed_.size(); ++next) {
        all.remove(removed_[next].first, removed_[next].count);
    }
    return all;
}

}  // namespace lmsim::check
