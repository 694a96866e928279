#include "tests/fuzz/vfio_user_memory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "tests/fuzz/fuzz.hpp"

namespace lmsim::fuzz {

using sim::Fd;

SharedFile::SharedFile(Kind kind, std::uint64_t pages)
    : kind_(kind),
      pages_(pages),
      fd_(::memfd_create("peer", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
      writeable_(pages + 2 * guard) {
    FUZZ_CHECK(fd_);
    const std::vector<std::uint8_t> content(whole(), pattern);
    FUZZ_CHECK(::pwrite(fd_.get(), content.data(), content.size(), 0) ==
               static_cast<ssize_t>(content.size()));
    if (kind != Kind::Unsealed) {
        FUZZ_CHECK(::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    }
}

void SharedFile::write(std::uint64_t at, const void* from, std::uint64_t bytes) {
    if (kind_ == Kind::Constant || at >= size()) {
        return;
    }
    bytes = std::min(bytes, size() - at);
    static_cast<void>(!::pwrite(fd_.get(), from, bytes, static_cast<off_t>(begin() + at)));
}

void SharedFile::read(std::uint64_t at, void* to, std::uint64_t bytes) const {
    std::memset(to, 0, bytes);
    if (at < size()) {
        bytes = std::min(bytes, size() - at);
        static_cast<void>(!::pread(fd_.get(), to, bytes, static_cast<off_t>(begin() + at)));
    }
}

void SharedFile::shrink(std::uint64_t to) {
    shrunk_ = ::ftruncate(fd_.get(), static_cast<off_t>(to)) == 0 || shrunk_;
}

void SharedFile::may_write(std::uint64_t offset, std::uint64_t bytes) {
    if (bytes == 0 || offset >= whole()) {
        return;
    }
    const std::uint64_t last = (offset + std::min(whole() - offset, bytes) - 1) / page;
    for (std::uint64_t number = offset / page; number <= last; ++number) {
        writeable_[number] = true;
    }
}

/// The client writes there itself.
bool SharedFile::is_own(std::uint64_t number) const {
    return number >= guard && number < guard + pages_ && kind_ != Kind::Constant;
}

bool SharedFile::untouched(std::uint64_t number) const {
    std::uint8_t bytes[page];
    const ssize_t got = ::pread(fd_.get(), bytes, sizeof bytes, static_cast<off_t>(number * page));
    return got == static_cast<ssize_t>(page) &&
           std::all_of(bytes, bytes + page, [](std::uint8_t byte) { return byte == pattern; });
}

void SharedFile::restore(std::uint64_t number) {
    const std::vector<std::uint8_t> content(page, pattern);
    FUZZ_CHECK(::pwrite(fd_.get(), content.data(), page, static_cast<off_t>(number * page)) ==
               static_cast<ssize_t>(page));
}

bool SharedFile::check() {
    bool good = true;
    for (std::uint64_t number = 0; number < writeable_.size(); ++number) {
        if (!is_own(number) && !writeable_[number] && !shrunk_) {
            good = good && untouched(number);
        } else if (shrunk_ || !is_own(number)) {
            restore(number);
        }
    }
    writeable_.assign(writeable_.size(), false);
    shrunk_ = false;
    return good;
}

StrangeFds::StrangeFds() {
    int pair[2];
    FUZZ_CHECK(::pipe2(pair, O_CLOEXEC | O_NONBLOCK) == 0);
    all_.emplace_back(pair[0]);
    all_.emplace_back(pair[1]);
    FUZZ_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    all_.emplace_back(pair[0]);
    all_.emplace_back(pair[1]);
    all_.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    all_.emplace_back(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    all_.emplace_back(::open("/dev/null", O_PATH | O_CLOEXEC));
    all_.emplace_back(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
    all_.emplace_back(::epoll_create1(EPOLL_CLOEXEC));
    all_.emplace_back(::memfd_create("empty", MFD_CLOEXEC));
    Fd frozen(::memfd_create("frozen", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    FUZZ_CHECK(::ftruncate(frozen.get(), 16 * page) == 0);
    FUZZ_CHECK(::fcntl(frozen.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
    const std::string link = "/proc/self/fd/" + std::to_string(frozen.get());
    all_.emplace_back(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
    all_.push_back(std::move(frozen));
    Fd huge(::memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    FUZZ_CHECK(::ftruncate(huge.get(), INT64_MAX / 2) == 0);
    FUZZ_CHECK(::fcntl(huge.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
    all_.push_back(std::move(huge));
    eventfds_.emplace_back(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    eventfds_.emplace_back(::eventfd(0, EFD_CLOEXEC));
    Fd full(::eventfd(0, EFD_CLOEXEC));
    const std::uint64_t count = UINT64_MAX - 1;
    FUZZ_CHECK(::write(full.get(), &count, sizeof count) == sizeof count);
    eventfds_.push_back(std::move(full));
}

Fd StrangeFds::any(Choices& choices) const {
    return Fd(::fcntl(choices.pick(all_).get(), F_DUPFD_CLOEXEC, 0));
}

Fd StrangeFds::eventfd(Choices& choices) const {
    return Fd(::fcntl(choices.pick(eventfds_).get(), F_DUPFD_CLOEXEC, 0));
}

std::size_t open_fds() {
    std::size_t count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    FUZZ_CHECK(folder != nullptr);
    while (::readdir(folder) != nullptr) {
        ++count;
    }
    ::closedir(folder);
    return count;
}

}  // namespace lmsim::fuzz
