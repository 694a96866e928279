#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "model/assert.hpp"
#include "sim/conform/migration/bench.hpp"

namespace lmsim::sim::conform::migration {

/// A structure for the kernel to read and write, in a place of which part may be missing.
class Guarded {
  public:
    /// `header` bytes of it can be read when it is HalfThere.
    Guarded(const void* bytes, std::size_t size, Place place, std::size_t header = 0) {
        void* const all =
            ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        LMSIM_ASSERT(all != MAP_FAILED && size <= page);
        base_ = static_cast<std::uint8_t*>(all);
        data_ = base_;
        if (place == Place::Unreadable) {
            data_ = base_ + page;
        } else if (place == Place::HalfThere) {
            data_ = base_ + page - header;
        }
        std::memcpy(data_, bytes, size);
        if (place == Place::Unreadable || place == Place::HalfThere) {
            ::mprotect(base_ + page, page, PROT_NONE);
        } else if (place == Place::ReadOnly) {
            ::mprotect(base_, page, PROT_READ);
        }
    }
    ~Guarded() { ::munmap(base_, 2 * page); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    void* data() const { return data_; }
    /// What is there now; only of one that is Here.
    template <class T>
    T at(std::size_t offset) const {
        T value;
        std::memcpy(&value, data_ + offset, sizeof(value));
        return value;
    }

  private:
    static constexpr std::size_t page = 4096;

    std::uint8_t* base_ = nullptr;
    std::uint8_t* data_ = nullptr;
};

}  // namespace lmsim::sim::conform::migration
