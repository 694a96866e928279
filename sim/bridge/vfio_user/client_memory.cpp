#include "sim/bridge/vfio_user/client_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace lmsim::sim::vfio_user {

Result<std::unique_ptr<SharedMemory>> SharedMemory::create(std::uint64_t pages) {
    std::unique_ptr<SharedMemory> made(new SharedMemory);
    made->size_ = pages * page_size;
    made->file_ = Fd(::memfd_create("lmsim", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const bool sized =
        made->file_ && ::ftruncate(made->file_.get(), static_cast<off_t>(made->size_)) == 0;
    // A server may map only what cannot become shorter under its hands.
    const bool sealed =
        sized && ::fcntl(made->file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0;
    void* at = sealed ? ::mmap(nullptr, made->size_, PROT_READ | PROT_WRITE, MAP_SHARED,
                               made->file_.get(), 0)
                      : MAP_FAILED;
    if (at == MAP_FAILED) {
        return Failure{
            fmt::format("{} bytes of shared memory: {}", made->size_, std::strerror(errno))};
    }
    made->bytes_ = static_cast<std::uint8_t*>(at);
    made->memory_ = std::make_unique<Memory>(pages, made->bytes_);
    made->memory_->allocate_bytes(page_size);
    return made;
}

SharedMemory::~SharedMemory() {
    if (bytes_ != nullptr) {
        ::munmap(bytes_, size_);
    }
}

}  // namespace lmsim::sim::vfio_user
