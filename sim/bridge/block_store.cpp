#include "sim/bridge/block_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lmsim::sim {

namespace {

bool failed_for_good() { return errno != EINTR; }

}  // namespace

BlockStore::~BlockStore() = default;

std::string BlockStore::use_file(std::uint32_t nsid, const std::string& path, std::uint64_t bytes) {
    Fd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    const bool is_new = !file && errno == ENOENT;
    if (is_new) {
        file = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    }
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0) {
        return fmt::format("{}: {}", path, std::strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return fmt::format("{}: not a regular file", path);
    }
    if (static_cast<std::uint64_t>(about.st_size) < bytes &&
        ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
        const std::string error =
            fmt::format("{}: cannot be made {} bytes long: {}", path, bytes, std::strerror(errno));
        if (is_new) {
            ::unlink(path.c_str());
        }
        return error;
    }
    if (is_new) {
        made_.push_back(path);
    }
    backings_[nsid] = std::move(file);
    return {};
}

void BlockStore::remove_made() {
    for (const std::string& path : made_) {
        ::unlink(path.c_str());
    }
    made_.clear();
}

const Fd& BlockStore::backing(std::uint32_t nsid) {
    Fd& fd = backings_[nsid];
    if (!fd) {
        fd = Fd(::memfd_create("namespace", MFD_CLOEXEC));
    }
    return fd;
}

bool BlockStore::read(std::uint32_t nsid, std::uint64_t offset, std::uint8_t* to,
                      std::uint64_t length) {
    const Fd& fd = backing(nsid);
    while (length != 0) {
        const ssize_t got = ::pread(fd.get(), to, length, static_cast<off_t>(offset));
        if (got < 0) {
            if (failed_for_good()) return false;
            continue;
        }
        if (got == 0) {
            std::memset(to, 0, length);  // never written
            return true;
        }
        to += got;
        offset += static_cast<std::uint64_t>(got);
        length -= static_cast<std::uint64_t>(got);
    }
    return true;
}

bool BlockStore::write(std::uint32_t nsid, std::uint64_t offset, const std::uint8_t* from,
                       std::uint64_t length) {
    const Fd& fd = backing(nsid);
    while (length != 0) {
        const ssize_t put = ::pwrite(fd.get(), from, length, static_cast<off_t>(offset));
        if (put <= 0) {
            if (put == 0 || failed_for_good()) return false;
            continue;
        }
        from += put;
        offset += static_cast<std::uint64_t>(put);
        length -= static_cast<std::uint64_t>(put);
    }
    return true;
}

bool BlockStore::deallocate(std::uint32_t nsid, std::uint64_t offset, std::uint64_t length) {
    // What lies behind the end holds nothing, and file systems refuse to look there.
    struct stat about {};
    if (::fstat(backing(nsid).get(), &about) != 0) {
        return false;
    }
    const auto end = static_cast<std::uint64_t>(about.st_size);
    if (length == 0 || offset >= end) {
        return true;
    }
    length = std::min(length, end - offset);
    const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (::fallocate(backing(nsid).get(), how, static_cast<off_t>(offset),
                    static_cast<off_t>(length)) == 0) {
        return true;
    }
    // A file system without holes: zeros, then.
    const std::vector<std::uint8_t> zeros(std::uint64_t{1} << 16);
    while (length != 0) {
        const std::uint64_t part = length < zeros.size() ? length : zeros.size();
        if (!write(nsid, offset, zeros.data(), part)) {
            return false;
        }
        offset += part;
        length -= part;
    }
    return true;
}

bool BlockStore::flush() {
    bool all = true;
    for (const auto& backing : backings_) {
        all = ::fdatasync(backing.second.get()) == 0 && all;
    }
    return all;
}

}  // namespace lmsim::sim
