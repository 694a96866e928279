#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "model/assert.hpp"

namespace lmsim::sim {

/// A FIFO without allocation once it has grown to what is needed.
template <class T>
class Ring {
  public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    T& front() { return items_[head_ & (capacity_ - 1)]; }

    void push(const T& item) { add() = item; }
    /// Room for one more, which holds whatever was there before. To be filled there, field by
    /// field: what was just put together elsewhere, and is then copied as a whole, a processor
    /// waits for.
    T& add() {
        if (size_ == capacity_) {
            grow();
        }
        return items_[(head_ + size_++) & (capacity_ - 1)];
    }
    T pop() {
        LMSIM_ASSERT(size_ > 0);
        const T item = front();
        // One that ran empty begins anew: it does not walk through all of what a burst has made it.
        head_ = --size_ == 0 ? 0 : head_ + 1;
        return item;
    }
    void clear() { head_ = size_ = 0; }

  private:
    void grow() {
        const std::size_t larger = capacity_ == 0 ? 8 : capacity_ * 2;
        auto next = std::make_unique<T[]>(larger);
        for (std::size_t i = 0; i < size_; ++i) {
            next[i] = items_[(head_ + i) & (capacity_ - 1)];
        }
        items_ = std::move(next);
        capacity_ = larger;
        head_ = 0;
    }

    std::unique_ptr<T[]> items_;
    std::size_t capacity_ = 0;  // a power of two
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

}  // namespace lmsim::sim
