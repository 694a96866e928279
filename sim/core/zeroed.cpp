#include "sim/core/zeroed.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_map>
#include <vector>

namespace lmsim::sim {

namespace {

// From this size on the kernel's pages, which take no time before they are touched.
constexpr std::size_t large = std::size_t{128} << 10U;
constexpr std::size_t most_kept = std::size_t{4} << 30U;  // bytes, most of them never touched

struct Kept {
    bool on = false;
    std::size_t bytes = 0;
    std::unordered_map<std::size_t, std::vector<void*>> blocks;  // clean ones, by size
};

Kept& kept() {
    static Kept all;
    return all;
}

void* fresh(std::size_t bytes) {
    if (bytes < large) {
        return std::calloc(bytes, 1);
    }
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

void give_back(void* memory, std::size_t bytes) {
    if (bytes < large) {
        std::free(memory);
    } else {
        ::munmap(memory, bytes);
    }
}

}  // namespace

void ZeroedBlock::keep_blocks() { kept().on = true; }

ZeroedBlock::ZeroedBlock(std::size_t bytes) : size_(bytes), used_(bytes) {
    if (bytes == 0) {
        return;
    }
    if (kept().on && bytes >= large) {
        std::vector<void*>& same = kept().blocks[bytes];
        if (!same.empty()) {
            data_ = static_cast<std::uint8_t*>(same.back());
            same.pop_back();
            kept().bytes -= bytes;
            return;
        }
    }
    data_ = static_cast<std::uint8_t*>(fresh(bytes));
    if (data_ == nullptr) {
        throw std::bad_alloc();
    }
}

void ZeroedBlock::release() {
    if (data_ == nullptr) {
        return;
    }
    if (kept().on && size_ >= large && kept().bytes + size_ <= most_kept) {
        std::memset(data_, 0, used_);
        kept().bytes += size_;
        kept().blocks[size_].push_back(data_);
    } else {
        give_back(data_, size_);
    }
    data_ = nullptr;
}

void ZeroedBytes::grow(std::size_t length) {
    ZeroedBlock larger(std::max(length, 2 * block_.size()));
    larger.set_used(used());
    if (used() != 0) {
        std::memcpy(larger.data(), block_.data(), used());
    }
    block_ = std::move(larger);
}

void ZeroedBytes::put(std::size_t at, const std::uint8_t* from, std::size_t some,
                      std::size_t length) {
    std::uint8_t* const bytes = look(at + length);
    if (some != 0) {
        std::memcpy(bytes + at, from, some);
    }
    const std::size_t end = at + some;
    if (at + length >= used()) {
        if (used() > end) std::memset(bytes + end, 0, used() - end);
        block_.set_used(some != 0 ? end : std::min(used(), at));
    } else {
        std::memset(bytes + end, 0, length - some);
    }
}

void ZeroedBytes::clear_from(std::size_t at) {
    if (used() > at) {
        std::memset(block_.data() + at, 0, used() - at);
        block_.set_used(at);
    }
}

}  // namespace lmsim::sim
