#include "sim/bridge/record/host_memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lmsim::sim::record {

namespace {

constexpr std::uint64_t near = 16;  // bytes: a line of its own would be longer

std::uint8_t* map(std::uint64_t bytes) {
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(at);
}

}  // namespace

void compare_page(const std::uint8_t* now, const std::uint8_t* before, std::uint64_t address,
                  const HostMemory::Change& change) {
    constexpr std::uint64_t stride = 64;
    for (std::uint64_t at = 0; at < page_size;) {
        if (at % stride == 0 && std::memcmp(now + at, before + at, stride) == 0) {
            at += stride;
            continue;
        }
        if (now[at] == before[at]) {
            ++at;
            continue;
        }
        std::uint64_t end = at + 1;  // behind the last byte that differs
        for (std::uint64_t i = end; i < page_size && i < end + near; ++i) {
            end = now[i] != before[i] ? i + 1 : end;
        }
        change(address + at, std::string(reinterpret_cast<const char*>(now + at), end - at));
        at = end;
    }
}

Result<std::unique_ptr<HostMemory>> HostMemory::make(std::uint64_t pages, std::uint64_t allocated,
                                                     Fetch fetch) {
    std::unique_ptr<HostMemory> made(new HostMemory);
    made->bytes_ = pages * page_size;
    made->host_ = map(made->bytes_);
    made->common_ = map(made->bytes_);
    if (made->host_ == nullptr || made->common_ == nullptr) {
        return Failure{fmt::format("2 times {} bytes of memory for the host's side: {}",
                                   made->bytes_, std::strerror(errno))};
    }
    made->fetch_ = std::move(fetch);
    made->is_fresh_.assign(pages, false);
    made->ever_.assign(pages, false);
    made->memory_ = std::make_unique<Memory>(pages, made->host_);
    made->memory_->allocate_bytes(allocated * page_size);
    made->memory_->set_watch(made.get());
    return made;
}

HostMemory::~HostMemory() {
    for (std::uint8_t* const at : {host_, common_}) {
        if (at != nullptr) {
            ::munmap(at, bytes_);
        }
    }
}

void HostMemory::reached(std::uint64_t address, std::uint64_t length) {
    if (length == 0) {
        return;
    }
    const std::uint64_t first = address / page_size;
    const std::uint64_t last = (address + length - 1) / page_size;
    fetch_(first, last - first + 1);
    for (std::uint64_t page = first; page <= last; ++page) {
        if (!is_fresh_[page]) {
            is_fresh_[page] = true;
            ever_[page] = true;
            fresh_.push_back(page);
        }
    }
}

void HostMemory::take_changes(const Change& change) {
    std::sort(fresh_.begin(), fresh_.end());
    for (const std::uint64_t page : std::exchange(fresh_, {})) {
        is_fresh_[page] = false;
        const std::uint64_t at = page * page_size;
        if (std::memcmp(host_ + at, common_ + at, page_size) == 0) {
            continue;
        }
        compare_page(host_ + at, common_ + at, at, change);
        std::memcpy(common_ + at, host_ + at, page_size);
    }
}

void HostMemory::put(std::uint64_t address, const std::string& bytes) {
    if (std::memcmp(host_ + address, common_ + address, bytes.size()) == 0) {
        std::memcpy(common_ + address, bytes.data(), bytes.size());
        std::memcpy(host_ + address, bytes.data(), bytes.size());
        return;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        // What is as it was may have been changed by the host, and is a part of this by chance.
        if (common_[address + i] != byte) {
            common_[address + i] = byte;
            host_[address + i] = byte;
        }
    }
}

std::string HostMemory::stray() const {
    for (std::uint64_t page = 0; page < ever_.size(); ++page) {
        const std::uint64_t at = page * page_size;
        if (ever_[page] && !is_fresh_[page] &&
            std::memcmp(host_ + at, common_ + at, page_size) != 0) {
            return fmt::format(
                "memory at {:x}h was changed through a pointer from before a call "
                "of the device",
                at);
        }
    }
    return {};
}

}  // namespace lmsim::sim::record
