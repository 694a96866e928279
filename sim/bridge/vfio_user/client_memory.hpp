#pragma once

#include <memory>
#include <string>

#include "sim/bridge/fd.hpp"
#include "sim/core/result.hpp"
#include "sim/host/memory.hpp"

namespace lmsim::sim::vfio_user {

/// Memory of a host whose bytes another process can map. Its first page is nobody's: address 0 is
/// never that of a queue.
class SharedMemory {
  public:
    static Result<std::unique_ptr<SharedMemory>> create(std::uint64_t pages);
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    Memory& memory() { return *memory_; }
    int fd() const { return file_.get(); }
    std::uint8_t* bytes() { return bytes_; }
    std::uint64_t size() const { return size_; }

  private:
    SharedMemory() = default;

    Fd file_;
    std::uint8_t* bytes_ = nullptr;
    std::uint64_t size_ = 0;
    std::unique_ptr<Memory> memory_;
};

}  // namespace lmsim::sim::vfio_user
